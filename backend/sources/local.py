"""Programs of this machine: argv lists with a deadline, an output limit and their own group."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Callable, List, Mapping, Optional, Sequence, Union, cast

from backend.errors import Absent, Forbidden, Unreachable
from backend.sources import programs

# Where an operator's programs are, also for who has no sbin in his PATH.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# How long a program that was killed may take to be gone, and one whose children live on to be
# heard out, in seconds.
_GONE_S, _CHILDREN_S = 2.0, 0.5


@dataclass(frozen=True)
class Printed:
    r"""What a program printed, as text, and its exit code; ``is_cut``: it was ended for too much.

    Bytes that are no UTF-8 are shown as ``\xff``: what they were can still be read.
    """

    out: str
    err: str
    code: int
    is_cut: bool = False


def environment(base: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """Return what a program sees: ours, in the language that parsers read."""
    path = ":".join(filter(None, (base.get("PATH"), PATH)))
    return {**base, "LC_ALL": "C", "LANGUAGE": "", "PATH": path, "SYSTEMD_PAGER": ""}


async def run(
    argv: Sequence[str],
    *,
    deadline_s: float,
    most_bytes: int,
    given: bytes = b"",
    env: Optional[Mapping[str, str]] = None,
) -> Printed:
    """Run a program to its end and return what it printed, ``most_bytes`` of it at most.

    Raises ``Absent`` where there is no such program, ``Forbidden`` where it may not be run, and
    ``Unreachable`` where it did not end within ``deadline_s``; then its whole group is killed.
    """
    listening = _Listening(asyncio.get_running_loop(), most_bytes)
    process = await begin(lambda: listening, argv, reads=bool(given), env=env)
    try:
        if given:
            _give(process, given)
        if not await listening.over(deadline_s):
            words = f"did not end within {deadline_s:g} s, and was stopped"
            raise Unreachable(argv[0], words, sent=True)
    finally:
        await _end(process, listening)
    return listening.printed(process.get_returncode() or 0)


async def begin(
    listening: Callable[[], asyncio.SubprocessProtocol],
    argv: Sequence[str],
    *,
    reads: bool = True,
    env: Optional[Mapping[str, str]] = None,
) -> asyncio.SubprocessTransport:
    """Start a program in a group of its own; whoever listens is to end it.

    Raises ``Absent`` where there is no such program, ``Forbidden`` where it may not be run.
    """
    try:
        return await programs.start(
            listening(), argv, reads=reads, env=environment() if env is None else env
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Absent(f"{argv[0]} is not on this machine") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Forbidden(argv[0], error.errno or 0, reason, "see who may run it") from error


class _Listening(asyncio.SubprocessProtocol):
    """Takes what a program prints, and ends it where that is too much."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most_bytes: int) -> None:
        self._room = most_bytes
        self._said: Mapping[int, List[bytes]] = {1: [], 2: []}
        self._open = {1, 2}
        self.exited = loop.create_future()
        self.silent = loop.create_future()
        self.full = loop.create_future()

    def pipe_data_received(self, fd: int, data: Union[bytes, str]) -> None:
        taken = cast("bytes", data)[: self._room]
        self._said[fd].append(taken)
        self._room -= len(taken)
        if len(taken) < len(data) and not self.full.done():
            self.full.set_result(None)

    def pipe_connection_lost(self, fd: int, exc: Optional[Exception]) -> None:  # noqa: ARG002
        self._open.discard(fd)
        if not self._open and not self.silent.done():
            self.silent.set_result(None)

    def process_exited(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)

    async def over(self, deadline_s: float) -> bool:
        """Return whether it ended in time, and was heard out, or printed too much."""
        await asyncio.wait(
            (self.exited, self.full), timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED
        )
        if self.full.done() or not self.exited.done():
            return self.full.done()
        # A child that went on by itself may hold the pipe for ever.
        await asyncio.wait(
            (self.silent, self.full), timeout=_CHILDREN_S, return_when=asyncio.FIRST_COMPLETED
        )
        return True

    def printed(self, code: int) -> Printed:
        out, err = (b"".join(self._said[fd]).decode("utf-8", "backslashreplace") for fd in (1, 2))
        return Printed(out=out, err=err, code=code, is_cut=self.full.done())


def _give(process: asyncio.SubprocessTransport, given: bytes) -> None:
    pipe = cast("asyncio.WriteTransport", process.get_pipe_transport(0))
    pipe.write(given)
    pipe.close()


async def _end(process: asyncio.SubprocessTransport, listening: _Listening) -> None:
    """Leave nothing of it behind: its group is killed, its pipes are closed."""
    try:
        if not listening.exited.done() or listening.full.done():
            process.kill()
            await asyncio.wait((listening.exited,), timeout=_GONE_S)
    finally:  # cancelled once more too
        process.close()
