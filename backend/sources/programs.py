"""How a program is started, heard and ended without holding the event loop for it.

To start one suspends whoever does it until the new process runs its program: a ms on an idle
machine, 100 ms where fifty are started on a busy one. So a few threads do it, and the loop goes on;
asyncio's own ``subprocess_exec`` does it on the loop.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from functools import partial
from typing import Dict, Mapping, Optional, Sequence

from backend.sources.threads import Threads

STARTING = Threads("program", most=2)
"""That start programs; what they start goes on without them.

Each holds the interpreter while it forks, and where fifty start together it may lose its processor
meanwhile: with four of them the loop was held for 40 ms on two busy cores, with two for 15, and the
fifty were as fast.
"""
ENDING = Threads("program's end", most=4)
"""That wait for what was killed: it may take its time, and no start waits for that."""


class Program(asyncio.SubprocessTransport):
    """A program that was started, in a group of its own; who listens hears its pipes and end."""

    def __init__(
        self, process: subprocess.Popen[bytes], listening: asyncio.SubprocessProtocol
    ) -> None:
        super().__init__()
        self._process = process
        self._listening = listening
        self._pipes: Dict[int, asyncio.BaseTransport] = {}
        self._exit: Optional[int] = None

    async def listen(self) -> None:
        """Begin to listen to its pipes, and for its end."""
        loop = asyncio.get_running_loop()
        for fd, pipe in ((1, self._process.stdout), (2, self._process.stderr)):
            told = partial(_Told, self._listening, fd)
            self._pipes[fd], _ = await loop.connect_read_pipe(told, pipe)
        if self._process.stdin is not None:
            told = partial(_Told, self._listening, 0)
            self._pipes[0], _ = await loop.connect_write_pipe(told, self._process.stdin)
        self._listen_for_its_end(loop)

    def _listen_for_its_end(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._exit = os.pidfd_open(self._process.pid)
        except OSError:
            # No such call before Linux 5.3, nor in some containers: a thread waits.
            waiting = Threads("program's end", most=1, idle_s=0.0).run(self._process.wait)
            waiting.add_done_callback(lambda _ended: self._listening.process_exited())
        else:
            loop.add_reader(self._exit, self._exited)

    def _exited(self) -> None:
        self._process.wait()
        self._forget_its_end()
        self._listening.process_exited()

    def _forget_its_end(self) -> None:
        if self._exit is not None:
            asyncio.get_running_loop().remove_reader(self._exit)
            os.close(self._exit)
            self._exit = None

    def get_pid(self) -> int:
        """Return its number, which is its group's."""
        return self._process.pid

    def get_returncode(self) -> Optional[int]:
        """Return what it ended with, minus the signal; None while it runs."""
        return self._process.returncode

    def get_pipe_transport(self, fd: int) -> Optional[asyncio.BaseTransport]:
        """Return the transport of its input (0), what it prints (1) or complains (2)."""
        return self._pipes.get(fd)

    def kill(self) -> None:
        """Kill its whole group."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Listen no more; where it runs still it is killed, and waited for on a thread."""
        for pipe in self._pipes.values():
            pipe.close()
        self.kill()
        if self._process.returncode is None and self._exit is not None:
            ENDING.run(self._process.wait)
        self._forget_its_end()


class _Told(asyncio.Protocol):
    """Tells who listens what comes through one pipe."""

    def __init__(self, listening: asyncio.SubprocessProtocol, fd: int) -> None:
        self._listening = listening
        self._fd = fd

    def data_received(self, data: bytes) -> None:
        self._listening.pipe_data_received(self._fd, data)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._listening.pipe_connection_lost(self._fd, exc)


async def start(
    listening: asyncio.SubprocessProtocol,
    argv: Sequence[str],
    *,
    reads: bool,
    env: Mapping[str, str],
) -> Program:
    """Start a program; raises the ``OSError`` of that. One nobody awaits any more is killed."""
    started = STARTING.run(lambda: _started(argv, reads, env))
    try:
        process = await asyncio.shield(started)
    except asyncio.CancelledError:
        started.add_done_callback(_drop)
        raise
    program = Program(process, listening)
    try:
        await program.listen()
    except BaseException:  # cancelled too: nobody else knows of the process yet
        program.close()
        raise
    return program


def _started(argv: Sequence[str], reads: bool, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=dict(env),
        start_new_session=True,
    )


def _drop(started: asyncio.Future[subprocess.Popen[bytes]]) -> None:
    """End what was started when nobody waited any more."""
    if not started.cancelled() and started.exception() is None:
        process = started.result()
        for pipe in (process.stdout, process.stderr, process.stdin):
            if pipe is not None:
                pipe.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        ENDING.run(process.wait)
