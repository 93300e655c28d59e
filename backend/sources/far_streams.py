"""Streams of a machine behind SSH: its files at offsets, its journal by its own journalctl."""

from __future__ import annotations

import asyncio
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Sequence, Union

from typing_extensions import assert_never

from backend.errors import Unreachable
from backend.logs.journal import JournalLog
from backend.logs.line import Log
from backend.logs.opening import open_file
from backend.sources.far_files import FRESH_S, LOOK_S, Far, Reached
from backend.streams import Journal, LogFile

if TYPE_CHECKING:
    from backend.sources.ssh import SshHosts

# Places of a survey of a file: each is a way there and back.
WIDE = 8


async def open_there(stream: Union[LogFile, Journal], hosts: SshHosts) -> Log:
    """Open a stream of ``stream.machine``: what it asks there is run from the threads that look."""
    await hosts.reached(("true",), stream.machine)
    loop = asyncio.get_running_loop()

    def reached(argv: Sequence[str]) -> Sequence[str]:
        there = asyncio.run_coroutine_threadsafe(hosts.reached(argv, stream.machine), loop)
        try:
            return there.result(LOOK_S)
        except FutureTimeout as error:
            there.cancel()
            words = f"the connection was not made within {LOOK_S:g} s"
            raise Unreachable(stream.machine, words) from error

    return await asyncio.to_thread(open_far, stream, reached)


def open_far(stream: Union[LogFile, Journal], reached: Reached, fresh_s: float = FRESH_S) -> Log:
    """Open a stream there; blocking, on a thread. Raises ``StxError``."""
    far = Far(stream.machine, reached, fresh_s)
    if isinstance(stream, LogFile):
        return open_file(stream, far, wide=WIDE)
    if isinstance(stream, Journal):
        log = JournalLog(stream, far.lines)
        log.last()
        return log
    assert_never(stream)
