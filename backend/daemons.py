"""Daemon threads for what blocks: so many, gone when idle, and nobody's end waits for them.

The pools of the library are joined when the event loop ends, and once more when the interpreter
does, however long that takes: a disk that hangs would keep the console open.
"""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Callable, List, Optional, TypeVar

T = TypeVar("T")
Work = Callable[[], None]

MOST, IDLE_S = 32, 10.0
LEAVE_S = 2.0
"""So long a pool that is closed waits for what is under way."""


class Daemons:
    """Runs work on at most ``most`` daemon threads; one that finds none for a while ends."""

    def __init__(self, name: str, most: int = MOST, idle_s: float = IDLE_S) -> None:
        """Nothing is started before the first work."""
        self._name = name
        self._most = most
        self._idle_s = idle_s
        self._work: queue.SimpleQueue[Optional[Work]] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._waiting = 0
        self._is_over = False
        self._alive: List[threading.Thread] = []

    @property
    def alive(self) -> int:
        """How many threads there are now."""
        return len(self._alive)

    def put(self, work: Work) -> None:
        """Have it run, after what was put before; it raises nothing."""
        with self._guard:
            if self._is_over:
                raise RuntimeError(f"{self._name}: it was closed")
            self._work.put(work)
            if self._work.qsize() > self._waiting and len(self._alive) < self._most:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._alive.append(thread)
                thread.start()

    def end(self, within_s: float) -> bool:
        """Take no more; return whether what was put before was done within so many seconds."""
        with self._guard:
            self._is_over = True
            alive = list(self._alive)
            for _ in alive:
                self._work.put(None)
        ends_s = time.monotonic() + within_s
        for thread in alive:
            thread.join(max(ends_s - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in alive)

    def _run(self) -> None:
        while True:
            work = self._next()
            if work is None:
                return
            work()
            del work

    def _next(self) -> Optional[Work]:
        """Return the next work, None where there was none for a while: the thread is to end."""
        with self._guard:
            self._waiting += 1
        work: Optional[Work] = None
        with suppress(queue.Empty):
            work = self._work.get(timeout=self._idle_s)
        with self._guard:
            self._waiting -= 1
            if work is None and not self._is_over:
                # It may have come in the last moment. Not waited for: who puts it wants the guard,
                # and another thread may have taken it since.
                with suppress(queue.Empty):
                    work = self._work.get_nowait()
            if work is None:
                self._alive = [one for one in self._alive if one is not threading.current_thread()]
        return work


class Pool(ThreadPoolExecutor):
    """What an event loop, or whoever wants a future, has its calls run by; left after LEAVE_S."""

    def __init__(self, name: str = "worker", most: int = MOST) -> None:
        """``most`` calls are run at a time."""
        super().__init__(max_workers=1)  # a loop takes no other sort; no thread of it is begun
        self._daemons = Daemons(name, most)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Return what ``fn`` returns or raises, when a thread has run it."""
        told: Future[T] = Future()

        def work() -> None:
            if not told.set_running_or_notify_cancel():
                return  # nobody waits any more
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - raised where it is awaited
                told.set_exception(error)
            else:
                told.set_result(result)

        self._daemons.put(work)
        return told

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with ``wait`` those under way are waited for, ``LEAVE_S`` at most."""
        del cancel_futures
        self._daemons.end(LEAVE_S if wait else 0.0)
