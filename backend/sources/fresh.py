"""What is asked by several at once is asked once: an answer that came just now is one."""

from __future__ import annotations

import asyncio
from typing import Awaitable, Callable, Dict, Generic, Tuple, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """Answers by key, each under way or no older than it may be; a failure is asked anew."""

    def __init__(self, for_s: float) -> None:
        """``for_s`` is how long an answer is one, in seconds."""
        self._for_s = for_s
        self._asked: Dict[str, Tuple[float, asyncio.Future[T]]] = {}

    async def ask(self, key: str, asking: Callable[[], Awaitable[T]]) -> T:
        """Return what is answered under that key: join who asked it just now, or ask."""
        last = self._asked.get(key)
        if last is not None and self._is_fresh(last):
            return await asyncio.shield(last[1])
        task = asyncio.ensure_future(asking())
        # Whoever waits hears of an error; where nobody does any more it is no news.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._asked = {key: one for key, one in self._asked.items() if self._is_fresh(one)}
        self._asked[key] = (asyncio.get_running_loop().time(), task)
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Ask all anew: something was changed."""
        self._asked.clear()

    def _is_fresh(self, asked: Tuple[float, asyncio.Future[T]]) -> bool:
        at_s, task = asked
        if not task.done():
            return True
        is_new = asyncio.get_running_loop().time() - at_s < self._for_s
        return is_new and not task.cancelled() and task.exception() is None
