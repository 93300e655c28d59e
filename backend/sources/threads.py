"""Threads for a library that blocks: a bounded number of daemons, gone again when idle."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import suppress
from typing import Any, Callable, Optional, Tuple, TypeVar

T = TypeVar("T")

Work = Tuple[Callable[[], Any], "asyncio.Future[Any]", asyncio.AbstractEventLoop]

MOST = 32
IDLE_S = 10.0


class Threads:
    """Runs calls on at most ``most`` daemon threads; one that finds nothing to do for a while ends.

    The loop's own executor is joined when the interpreter ends: a machine that answers no more
    would hold up the leaving of the console.
    """

    def __init__(self, name: str, most: int = MOST, idle_s: float = IDLE_S) -> None:
        self._name = name
        self._most = most
        self._idle_s = idle_s
        self._work: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._waiting = self._alive = 0

    @property
    def alive(self) -> int:
        """How many threads there are now."""
        return self._alive

    def run(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Return what ``call`` returns or raises, when a thread has run it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._guard:
            self._work.put((call, future, loop))
            if self._work.qsize() > self._waiting and self._alive < self._most:
                self._alive += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def _run(self) -> None:
        while True:
            work = self._next()
            if work is None:
                return
            call, future, loop = work
            try:
                result, error = call(), None
            except BaseException as raised:  # noqa: BLE001 - raised where it is awaited
                result, error = None, raised
            # The loop may have ended meanwhile: then nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, future, result, error)
            del work, call, future, result, error

    def _next(self) -> Any:
        """Return the next work, None where there was none for a while: the thread is to end."""
        with self._guard:
            self._waiting += 1
        try:
            work: Any = self._work.get(timeout=self._idle_s)
        except queue.Empty:
            work = None
        with self._guard:
            self._waiting -= 1
            if work is None:
                # It may have come in the last moment. Not waited for: who puts it wants the guard,
                # and another thread may have taken it since.
                with suppress(queue.Empty):
                    work = self._work.get_nowait()
            if work is None:
                self._alive -= 1
        return work


def settle(future: asyncio.Future[Any], result: Any, error: Optional[BaseException]) -> None:
    """Say how it ended to whoever still waits."""
    if future.done():
        return  # nobody waits any more
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
