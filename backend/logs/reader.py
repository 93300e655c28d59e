"""A view of logs for the event loop: every look runs on a thread, and gives way to the next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, AsyncIterator, Callable, Coroutine, Optional, Sequence, Tuple, TypeVar

from backend.logs.find import Bad, find_of
from backend.logs.line import Log, LogLine, Stopped
from backend.logs.view import View

T = TypeVar("T")
Step = Callable[[int], None]

# How often it is looked whether a log grew, in seconds.
PACE_S = 0.5
# Lines read at once beside those that are looked at.
BATCH, MOST = 200, 2000


@dataclass(frozen=True)
class Progress:
    """How far a search is: bytes gone over, of so many."""

    done: int
    whole: int

    @property
    def percent(self) -> int:
        """How far, of a hundred."""
        return min(100 * self.done // self.whole, 100) if self.whole else 100


class Reader:
    """Several logs merged, as the console and the command line look at them.

    A look that is under way ends when another begins: then it returns None.
    """

    def __init__(self, logs: Sequence[Log]) -> None:
        self.view = View(logs)
        self.text = ""
        self.progress: Optional[Progress] = None
        # How many lines match, None while that is not known.
        self.matching: Optional[int] = None
        self.counted: Optional[Progress] = None
        self._turn: Optional[asyncio.Lock] = None
        # A look ends when another is wanted: each has a number.
        self._wanted = self._mine = self._counting = self._done = 0

    # --- looking -------------------------------------------------------------------------------

    async def to_last(self, count: int = BATCH) -> bool:
        """Look at the last lines; return whether it was done."""
        return await self._look(lambda: self.view.to_last(count, self._step))

    async def to_first(self, count: int = BATCH) -> bool:
        """Look at the first lines."""
        return await self._look(lambda: self.view.to_first(count, self._step))

    async def to_time(self, ms: int, count: int = BATCH) -> Optional[int]:
        """Look at a time; return the index of its line."""
        return await self._run(lambda: self.view.to_time(ms, count, self._step))

    async def search(
        self, text: str, anchor: Optional[LogLine] = None, count: int = BATCH
    ) -> Optional[int]:
        """Keep only lines with ``text`` ("": all) around ``anchor``; return the cursor's index."""
        self.text, self.matching = text, None
        self._counting += 1
        find = find_of(text)
        index = await self._run(
            lambda: self.view.search(find, anchor, count, self._step), is_long=find is not None
        )
        if index is not None and self.view.is_from_first and self.view.is_to_last:
            self.matching = len(self.view.lines)
        return index

    async def only(self, name: str, anchor: Optional[LogLine] = None) -> Optional[int]:
        """Look at one of the logs alone ("": at all) around ``anchor``; return the cursor's index.

        It is that of ``search``, whose text stays.
        """
        self.view.only = name
        return await self.search(self.text, anchor)

    async def count(self) -> Optional[int]:
        """Return how many lines match, going through all; None where it was stopped.

        It goes on while one looks about: only another search, or ``stop``, ends it.
        """
        find = find_of(self.text)
        if find is None or self.matching is not None:
            return self.matching
        self._counting += 1
        mine, done = self._counting, 0
        whole = await asyncio.to_thread(lambda: self.view.size)

        def step(count: int) -> None:
            nonlocal done
            done += count
            if self._counting != mine:
                raise Stopped
            self.counted = Progress(done=done, whole=whole)

        try:
            total = await _waited(asyncio.to_thread(self.view.count, find, step), self.stop)
        except Stopped:
            return None
        if self._counting == mine:
            self.matching, self.counted = total, None
        return self.matching

    async def next_bad(self, line: Optional[LogLine], *, back: bool = False) -> Optional[int]:
        """Go to the next line that says it is bad; return its index, None where there is none."""
        return await self._run(
            lambda: self.view.next(Bad(), line, back=back, step=self._step), is_long=True
        )

    async def more_up(self, count: int = BATCH) -> int:
        """Read more lines above; return how many came."""
        return await self._run(lambda: self.view.more_up(count, self._step)) or 0

    async def more_down(self, count: int = BATCH) -> int:
        """Read more lines below; return how many came."""
        return await self._run(lambda: self.view.more_down(count, self._step)) or 0

    async def grow(self) -> Tuple[int, Tuple[str, ...]]:
        """Return how many lines came below the last, and what became of the logs meanwhile."""

        def look() -> Tuple[int, Tuple[str, ...]]:
            news = self.view.news()
            # Far from the end nothing is read: it would be what one scrolls to.
            return self.view.more_down(MOST, self._step) if self.view.is_to_last else 0, news

        return await self._run(look, gives_way=True) or (0, ())

    async def lines(self) -> AsyncIterator[LogLine]:
        """Follow: give each line that arrives behind the last, for ever."""
        while True:
            came, _news = await self.grow()
            for line in self.view.lines[len(self.view.lines) - came :]:
                yield line
            if not came:
                await asyncio.sleep(PACE_S)

    def stop(self) -> None:
        """End the look that is under way, and the count."""
        self._wanted += 1
        self._counting += 1
        self.counted = None

    async def close(self) -> None:
        """End what is under way and let go of the logs."""
        self.stop()
        await self._run(self.view.close)

    # --- turns ---------------------------------------------------------------------------------

    async def run(self, look: Callable[[Step], T]) -> Optional[T]:
        """Do something else with the view, on the thread that may; None where it was stopped."""
        return await self._run(lambda: look(self._step), is_long=True)

    async def _look(self, look: Callable[[], None]) -> bool:
        def whole() -> bool:
            look()
            return True

        return await self._run(whole) or False

    async def _run(
        self, look: Callable[[], T], *, is_long: bool = False, gives_way: bool = False
    ) -> Optional[T]:
        """Have one look on a thread when those before it ended; they are told to."""
        if self._turn is None:
            self._turn = asyncio.Lock()
        if gives_way and self._turn.locked():
            return None
        self._wanted += 1
        mine = self._wanted
        async with self._turn:
            self._mine, self._done = mine, 0
            try:
                if is_long:
                    whole = await asyncio.to_thread(lambda: self.view.size)
                    self.progress = Progress(done=0, whole=whole)
                return await _waited(asyncio.to_thread(look), self.stop)
            except Stopped:
                return None
            finally:
                self.progress = None

    def _step(self, count: int) -> None:
        self._done += count
        if self._wanted != self._mine:
            raise Stopped
        if self.progress is not None:
            self.progress = Progress(done=self._done, whole=self.progress.whole)


async def _waited(work: Coroutine[Any, Any, T], stop: Callable[[], None]) -> T:
    """Wait for a thread; where the waiting is cancelled, it is stopped and waited for all the same.

    Else the next look would begin beside it.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait({task})
        task.exception()
        raise
