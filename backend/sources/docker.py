"""Docker's daemon on its socket: HTTP over a file; logs come in frames that say which pipe."""

from __future__ import annotations

import json
import os
import ssl
import stat
from pathlib import Path
from typing import AsyncIterator, Callable, Mapping, Optional
from urllib.parse import urlencode

import httpx

from backend.docker import SOCKET, URL, DockerLog
from backend.errors import Absent, Forbidden, Malformed, Unreachable
from backend.settings import CloudSettings
from backend.sources.arriving import Arriving
from backend.sources.flow import flow, lines
from backend.sources.refusals import refusal
from backend.sources.tls import Pins
from backend.sources.wire import Wire

SERVICE = "docker"
# A frame: which pipe, three bytes of nothing, the length of what follows.
_HEAD, _LENGTH = 8, slice(4, 8)
# A line that does not end is cut after so many bytes.
LONGEST = 1 << 20


class Engine:
    """The daemon of this machine; that there is none is no fault of it."""

    def __init__(
        self, settings: CloudSettings, pins: Pins, env: Mapping[str, str] = os.environ
    ) -> None:
        """``DOCKER_HOST`` in ``env`` names the socket, where it names one."""
        scheme, _, path = env.get("DOCKER_HOST", "").partition("://")
        self._socket = Path(path if scheme == "unix" and path else SOCKET)
        self._wire = _Wire(self._socket, settings, pins)

    async def ask(self, path: str) -> bytes:
        """Return the body of an answer, unread. Raises ``Absent`` where there is no socket."""
        self._look()
        try:
            answer = await self._wire.cross("GET", URL + path, {})
        except Unreachable as error:
            if error.sent:
                raise
            words = f"nobody answers on {self._socket}"
            raise Unreachable(SERVICE, words, "is it running? systemctl status docker") from error
        if answer.status != httpx.codes.OK:
            raise refusal(SERVICE, answer.status, answer.body)
        return answer.body

    async def open(self, stream: DockerLog) -> Arriving:
        """Open the log of a container; raises ``StxError`` where it cannot be had."""
        log = Arriving(stream.called, lambda: self._arriving(stream, log.say), kept=stream.tail)
        await log.begun()
        return log

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    def _look(self) -> None:
        try:
            mode = self._socket.stat().st_mode
        except OSError as error:
            raise Absent(f"docker has no socket here: {self._socket}") from error
        if not stat.S_ISSOCK(mode):
            raise Absent(f"docker has no socket here: {self._socket} is none")
        if not os.access(self._socket, os.R_OK | os.W_OK):
            words = f"{self._socket}: permission denied"
            raise Forbidden(SERVICE, 0, words, "root may, and the group docker")

    async def _arriving(
        self, stream: DockerLog, say: Callable[[str], None]
    ) -> AsyncIterator[bytes]:
        """Yield lines with the time of each before it, until the container ends."""
        has_terminal = _has_terminal(await self.ask(f"{stream.path}/json"))
        query = {"stdout": "1", "stderr": "1", "timestamps": "1", "follow": "1"}
        query["tail"] = str(stream.tail)
        parts = flow(self._wire, f"{URL}{stream.path}/logs?{urlencode(query)}", {})
        async for line in lines(parts if has_terminal else unframed(parts), most=LONGEST):
            yield line
        say("the container does not run (any more); these were its last lines")


class _Wire(Wire):
    """The way to a socket of this machine."""

    def __init__(self, socket: Path, settings: CloudSettings, pins: Pins) -> None:
        super().__init__(SERVICE, settings, pins)
        self._socket = socket

    def transport(self, tls: Optional[ssl.SSLContext]) -> httpx.AsyncBaseTransport:
        """Return a way of its own, without authorities: there is nothing to verify."""
        verify = False if tls is None else tls
        return httpx.AsyncHTTPTransport(uds=str(self._socket), verify=verify, trust_env=False)


def _has_terminal(raw: bytes) -> bool:
    """Return whether what a container writes comes as it is: a terminal has one pipe, no frames."""
    try:
        return bool(json.loads(raw)["Config"]["Tty"])
    except (ValueError, LookupError, TypeError) as error:
        raise Malformed(SERVICE, "Config.Tty", "a container of a sort not known here") from error


async def unframed(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what frames carry, whichever pipe it came from, as it comes."""
    rest, wanted = b"", 0
    async for part in parts:
        rest += part
        while rest:
            if not wanted:
                if len(rest) < _HEAD:
                    break
                wanted, rest = int.from_bytes(rest[_LENGTH], "big"), rest[_HEAD:]
            carried, rest = rest[:wanted], rest[wanted:]
            wanted -= len(carried)
            if carried:
                yield carried
