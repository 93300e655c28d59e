"""Threads for what blocks: one that ends holds nobody who has work for another."""

from __future__ import annotations

import queue
import threading
from typing import Any, Optional

from backend.sources.threads import Threads


class Taken:
    """A queue whose last work another thread took in the last moment."""

    def get(self, timeout: Optional[float] = None) -> Any:
        assert timeout is not None, "waits with the guard held: nobody could put anything any more"
        raise queue.Empty

    def get_nowait(self) -> Any:
        raise queue.Empty

    def empty(self) -> bool:
        return False


def test_a_thread_that_ends_waits_for_no_work_that_another_took() -> None:
    threads = Threads("test")
    threads._work = Taken()  # type: ignore[assignment]
    threads._alive = [threading.current_thread()]
    assert threads._next() is None
    assert threads.alive == 0
