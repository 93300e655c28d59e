"""Threads for a library that blocks: a bounded number of daemons, gone again when idle."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Callable, Optional, TypeVar

from backend.daemons import Daemons

T = TypeVar("T")


class Threads(Daemons):
    """Runs calls on daemon threads, and says on the loop how they ended."""

    def run(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Return what ``call`` returns or raises, when a thread has run it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            try:
                result, error = call(), None
            except BaseException as raised:  # noqa: BLE001 - raised where it is awaited
                result, error = None, raised
            # The loop may have ended meanwhile: then nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, future, result, error)
            del result, error

        self.put(work)
        return future


def settle(future: asyncio.Future[Any], result: Any, error: Optional[BaseException]) -> None:
    """Say how it ended to whoever still waits."""
    if future.done():
        return  # nobody waits any more
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
