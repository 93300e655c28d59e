"""A line to a terminal at the far end of SSH: what a baseboard's serial console is behind."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Optional

from backend.channel import Heard, Notice
from backend.errors import StxError, Unreachable
from backend.sources.ssh import SshHosts

BLOCK = 4096
AGAIN_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses between the tries to open it again; the last one goes on for ever."""
GONE_S = 2.0
"""How long ssh may take to end."""
_LOST = 255  # what ssh itself ends with where the connection is gone


class SshLine:
    """One open line; where the connection drops it is opened again, and both are said."""

    def __init__(self, service: str, hosts: SshHosts, name: str, entry: str = "") -> None:
        """``name`` is one of ``hosts``; ``entry`` is run there ("": what the port leads to)."""
        self._service = service
        self._hosts = hosts
        self._name = name
        self._words = (entry,) if entry else ()
        self._process: Optional[asyncio.subprocess.Process] = None
        self._closing: Optional[asyncio.Future[None]] = None
        self._tries = 0

    async def begin(self) -> None:
        """Open it. Raises the errors of the way there."""
        self._closing = asyncio.get_running_loop().create_future()
        await self._start()

    async def read(self) -> Heard:
        """Return what came next; ``b""`` once it is over."""
        while not self._is_closed:
            if self._process is None:
                await self._pause()
                with suppress(StxError):
                    await self._start()
                    return Notice(words="reconnected")
                continue
            process = self._process
            assert process.stdout is not None
            data = await process.stdout.read(BLOCK)
            return data or await self._ended(process)
        return b""

    async def write(self, data: bytes) -> None:
        """Send what was typed."""
        stdin = self._process.stdin if self._process is not None else None
        if stdin is None or stdin.is_closing():
            raise Unreachable(self._service, "the console is down; nothing was sent")
        stdin.write(data)
        with suppress(ConnectionError):  # read() tells why
            await stdin.drain()

    def resize(self, columns: int, rows: int) -> None:
        """A serial line has no size."""

    async def close(self) -> None:
        """End it, and the connection with it."""
        if self._closing is not None and not self._closing.done():
            self._closing.set_result(None)
        process, self._process = self._process, None
        try:
            if process is not None:
                await _end(process)
        finally:
            await self._hosts.close()

    @property
    def _is_closed(self) -> bool:
        return self._closing is None or self._closing.done()

    async def _start(self) -> None:
        argv, env = await self._hosts.line(self._name, *self._words)
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=pipe,
            stdout=pipe,
            stderr=asyncio.subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
        self._tries = 0

    async def _ended(self, process: asyncio.subprocess.Process) -> Heard:
        code = await process.wait()
        self._process = None
        if self._is_closed:
            return b""
        if code == _LOST:
            return Notice(words="dropped: the connection is gone; trying again", is_down=True)
        assert self._closing is not None
        self._closing.set_result(None)
        return Notice(words="it was closed there", is_down=True)

    async def _pause(self) -> None:
        assert self._closing is not None
        pause = AGAIN_S[min(self._tries, len(AGAIN_S) - 1)]
        self._tries += 1
        await asyncio.wait([self._closing], timeout=pause)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End an ssh and what it started: by force where it does not go when it is asked to."""
    for end in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, end)
        gone = asyncio.ensure_future(process.wait())
        await asyncio.wait({gone}, timeout=GONE_S)
        gone.cancel()
