"""Which host keys are taken: the person's ``known_hosts``, and keys shown once and accepted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Optional, Protocol, Sequence

from backend.errors import Unreachable, Untrusted
from backend.sources import local
from backend.sources.tls import Pins

_PROBE_S = 15.0
_SHOWN = re.compile(r"key sent by the remote host is\s+(\S+?)\.?\s")
_OFFENDING = re.compile(r"(?:Offending|Add correct host key in) .*?(/\S+:\d+)")


class Host(Protocol):
    """What is to be known of a host to speak of its key."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def endpoint(self) -> str:
        """How its key is named among the pins."""


def fingerprint(blob: str) -> str:
    """Return the fingerprint of a key in base64 as ``ssh-keygen -l`` prints it."""
    digest = hashlib.sha256(base64.b64decode(blob)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def is_changed(said: str) -> bool:
    """Whether ssh refused a host because its key is another than before."""
    return "HOST IDENTIFICATION HAS CHANGED" in said


def is_unknown(said: str) -> bool:
    """Whether ssh refused a host because nobody vouches for its key."""
    return "host key is known for" in said and not is_changed(said)


class HostKeys:
    """The files that ssh compares with, and what a person accepted (``pins``)."""

    def __init__(self, pins: Pins, room: Path, folder: Optional[Path] = None) -> None:
        """``room`` is a folder of ours alone; ``folder`` replaces the account's ``~/.ssh``."""
        self._pins = pins
        self._ours = room / "known"
        self._folder = folder
        self._held: dict[str, str] = {}

    @property
    def files(self) -> str:
        """What ``UserKnownHostsFile`` is set to."""
        home = str(self._folder) if self._folder is not None else "~/.ssh"
        return f"{home}/known_hosts {home}/known_hosts2 {self._ours}"

    async def prepare(self, endpoint: str) -> None:
        """Forget a key whose pin somebody took back."""
        if endpoint in self._held and self._pins.get(endpoint) is None:
            del self._held[endpoint]
            self._write()

    async def learn(self, host: Host, probe: Sequence[str]) -> None:
        """Ask a host for its key and take it where it is the one that was accepted.

        ``probe`` is the ssh that offers nothing of ours. Raises ``Untrusted`` where it is new, or
        another than the pinned one.
        """
        with self._heard() as heard:
            lines = await self._shown(host, probe, heard)
        shown = _fingerprint_of(host, lines[0])
        pinned = self._pins.get(host.endpoint)
        if pinned != shown:
            raise Untrusted(host.name, host.endpoint, shown, pinned, what="host key")
        self._held[host.endpoint] = lines[0]
        self._write()

    @contextmanager
    def _heard(self) -> Iterator[Path]:
        """Give a file for one host's key: of many asked together none is taken for another."""
        handle, name = tempfile.mkstemp(dir=self._ours.parent, prefix="heard-")
        os.close(handle)
        heard = Path(name)
        try:
            yield heard
        finally:
            heard.unlink()

    async def _shown(self, host: Host, probe: Sequence[str], heard: Path) -> List[str]:
        """Return what a host shows of its keys, as lines of ``known_hosts``."""
        argv = (
            *(probe[0], "-o", "StrictHostKeyChecking=accept-new"),
            *("-o", f"UserKnownHostsFile={heard}", "-o", "GlobalKnownHostsFile=/dev/null"),
            *("-o", "HashKnownHosts=no"),
            *probe[1:],
        )
        printed = await local.run(argv, deadline_s=_PROBE_S, most_bytes=65536)
        lines = _lines_of(heard)
        if not lines:
            words = " ".join(printed.err.split())[:300]
            raise Unreachable(host.name, words or "it showed no host key")
        return lines

    def changed(self, host: Host, said: str) -> Untrusted:
        """Return the error of a key that is another than ``known_hosts`` says."""
        shown, place = _SHOWN.search(said), _OFFENDING.search(said)
        return Untrusted(
            host.name,
            host.endpoint,
            shown.group(1) if shown else "?",
            f"in {place.group(1)}" if place else "in known_hosts",
            what="host key",
            advice=f"if it was re-installed on purpose: ssh-keygen -R {host.name}",
        )

    def _write(self) -> None:
        self._ours.write_text("".join(f"{line}\n" for line in self._held.values()), "utf-8")


def _lines_of(file: Path) -> List[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _fingerprint_of(host: Host, line: str) -> str:
    try:
        return fingerprint(line.split()[2])
    except (IndexError, binascii.Error) as error:
        raise Unreachable(host.name, f"its host key cannot be read: {line[:80]}") from error
