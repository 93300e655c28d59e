"""Lines of several logs merged by time, around where one looks; blocking, one call at a time."""

from __future__ import annotations

import heapq
from dataclasses import replace
from itertools import islice
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from backend.errors import StxError
from backend.logs.line import Extent, Find, Log, LogLine, Position

# Lines kept around where one looks; what is further off is read again when it is wanted.
KEPT, AROUND = 4000, 200

Step = Callable[[int], None]


class View:
    """What is read of the logs now: ``lines``, and whether that reaches their ends.

    ``lines`` is another list after each call and never changed in place: the screen may hold one.

    A log that cannot be read is left out, and ``troubles`` says why; the others go on.
    """

    def __init__(self, logs: Sequence[Log], *, kept: int = KEPT) -> None:
        self.logs = tuple(logs)
        self.lines: List[LogLine] = []
        self.is_from_first = self.is_to_last = False
        self.find: Optional[Find] = None
        self.troubles: Dict[str, StxError] = {}
        self.notes: Tuple[str, ...] = ()
        # The only log that is looked at, "" for all.
        self.only = ""
        self._kept = kept
        self._above: Dict[str, Position] = {}
        self._below: Dict[str, Position] = {}

    # --- where one looks -----------------------------------------------------------------------

    def to_last(self, count: int, step: Step) -> None:
        """Look at the last ``count`` lines."""
        self._look_at(lambda log: log.last())
        self.is_to_last = True
        self.more_up(count, step)

    def to_first(self, count: int, step: Step) -> None:
        """Look at the first ``count`` lines."""
        self._look_at(lambda log: log.first())
        self.is_from_first = True
        self.more_down(count, step)

    def to_time(self, ms: int, count: int, step: Step) -> int:
        """Look at the first line of ``ms`` or later, with some before it; return its index."""
        notes: List[str] = []

        def land(log: Log) -> Position:
            landing = log.at(ms)
            notes.extend(landing.notes)
            return landing.position

        self._look_at(land)
        self.notes = tuple(notes)
        self.more_down(count, step)
        before = self.more_up(count, step)
        return before if before < len(self.lines) else max(len(self.lines) - 1, 0)

    def search(
        self, find: Optional[Find], anchor: Optional[LogLine], count: int, step: Step
    ) -> int:
        """Keep only what ``find`` finds, around ``anchor`` (None: the last line); return an index.

        It is that of the first line found from ``anchor`` on, or of the last one before it.
        """
        self.find = find
        if anchor is None:
            self.to_last(count, step)
            return max(len(self.lines) - 1, 0)
        self._go(self._places(anchor))
        self.more_down(count, step)
        before = self.more_up(count, step)
        # Others of the same moment may stand before it.
        same = (anchor.log, anchor.start)
        at = (n for n in range(before, len(self.lines)) if _is(self.lines[n], *same))
        return next(at, min(before, max(len(self.lines) - 1, 0)))

    def _places(self, line: LogLine) -> Dict[str, Position]:
        """Return where each log is when ``line`` was written."""
        places: Dict[str, Position] = {}
        for log in self._there():
            places[log.name] = line.start if log.name == line.log else log.at(line.at_ms).position
        return places

    def _go(self, places: Dict[str, Position]) -> None:
        self.lines = []
        self._above, self._below = dict(places), dict(places)
        self.is_from_first = self.is_to_last = False

    def _look_at(self, where: Callable[[Log], Position]) -> None:
        self.lines, self.notes = [], ()
        self.is_from_first = self.is_to_last = False
        self._above.clear()
        for log in self.logs:
            try:
                self._above[log.name] = where(log)
                self.troubles.pop(log.name, None)
            except StxError as error:
                self.troubles[log.name] = error
        self._below = dict(self._above)

    # --- more of it ----------------------------------------------------------------------------

    def more_down(self, count: int, step: Step) -> int:
        """Read ``count`` more lines below; return how many there were."""
        streams = [self._down(log, self._below, self.find, step) for log in self._readable()]
        came = list(islice(_merged(streams), count))
        for line in came:
            self._below[line.log] = line.end
        self.is_to_last = len(came) < count
        lines = [*self.lines, *came]
        over = max(len(lines) - self._kept, 0)
        for line in lines[:over]:
            self._above[line.log] = line.end
            self.is_from_first = False
        self.lines = lines[over:]
        return len(came)

    def more_up(self, count: int, step: Step) -> int:
        """Read ``count`` more lines above; return how many there were."""
        logs = tuple(reversed(self._readable()))
        streams = [self._up(log, self._above, self.find, step) for log in logs]
        came = list(islice(_merged(streams, -1), count))
        for line in came:
            self._above[line.log] = line.start
        self.is_from_first = len(came) < count
        lines = [*reversed(came), *self.lines]
        for line in reversed(lines[self._kept :]):
            self._below[line.log] = line.start
            self.is_to_last = False
        self.lines = lines[: self._kept]
        return len(came)

    def _there(self) -> Tuple[Log, ...]:
        return tuple(log for log in self.logs if log.name in self._above)

    def _readable(self) -> Tuple[Log, ...]:
        return tuple(log for log in self._there() if self.only in ("", log.name))

    def _down(
        self, log: Log, where: Dict[str, Position], find: Optional[Find], step: Step
    ) -> Iterator[LogLine]:
        return self._safe(log, log.down(where[log.name], find, step))

    def _up(
        self, log: Log, where: Dict[str, Position], find: Optional[Find], step: Step
    ) -> Iterator[LogLine]:
        return self._safe(log, log.up(where[log.name], find, step))

    def _safe(self, log: Log, lines: Iterator[LogLine]) -> Iterator[LogLine]:
        try:
            yield from lines
        except StxError as error:
            self.troubles[log.name] = error

    # --- what is asked of it -------------------------------------------------------------------

    def next(self, find: Find, line: Optional[LogLine], *, back: bool, step: Step) -> Optional[int]:
        """Go to the next line behind ``line`` (before it with ``back``) that ``find`` finds too.

        Return its index in ``lines``, None where there is none; then it stays where it was.
        """
        at = self.lines.index(line) if line is not None else -1
        near = range(at - 1, -1, -1) if back else range(at + 1, len(self.lines))
        for index in near:
            if find(self.lines[index].raw):
                return index
        wanted = find if self.find is None else Both(find, self.find)
        go, where = (self._up, self._above) if back else (self._down, self._below)
        streams = [go(log, where, wanted, step) for log in self._readable()]
        found = next(_merged(streams, -1 if back else 1), None)
        return self._around(found, step) if found is not None else None

    def _around(self, found: LogLine, step: Step, count: int = AROUND) -> int:
        """Look at a line far away, and what is around it."""
        self._go(self._places(found))
        self.more_down(count, step)
        before = self.more_up(count, step)
        for index, line in enumerate(self.lines[before:], before):
            if (line.log, line.start) == (found.log, found.start):
                return index
        return before

    def count(self, find: Find, step: Step) -> int:
        """Return how many lines of all logs there are to find."""
        total = 0
        for log in self._readable():
            try:
                total += log.count(find, step)
            except StxError as error:
                self.troubles[log.name] = error
        return total

    def between(
        self, first: LogLine, last: LogLine, find: Optional[Find], step: Step
    ) -> Iterator[LogLine]:
        """Go through the lines from ``first`` to ``last``, both among ``lines`` or not any more."""
        places = self._places(first)
        streams = [self._down(log, places, find, step) for log in self._readable()]
        for line in _merged(streams):
            yield line
            if (line.log, line.start) == (last.log, last.start):
                return

    def measure(self) -> Tuple[Extent, Tuple[str, ...]]:
        """Return from when to when all logs go, and what is not whole about them."""
        extents: List[Extent] = []
        notes: List[str] = []
        for log in self._readable():
            try:
                extents.append(log.extent())
                notes += log.notes()
            except StxError as error:
                self.troubles[log.name] = error
        first = [one.from_ms for one in extents if one.from_ms is not None]
        last = [one.to_ms for one in extents if one.to_ms is not None]
        size = sum(one.size for one in extents)
        whole = Extent(from_ms=min(first, default=None), to_ms=max(last, default=None), size=size)
        return whole, tuple(notes)

    def news(self) -> Tuple[str, ...]:
        """Return what became of the logs since they were asked last."""
        notes: List[str] = []
        for log in self._readable():
            try:
                notes += log.news()
            except StxError as error:
                self.troubles[log.name] = error
        return tuple(notes)

    def whole(self, line: LogLine) -> LogLine:
        """Return a line with all its bytes: a long one is read again."""
        if line.size <= len(line.raw):
            return line
        log = next(log for log in self.logs if log.name == line.log)
        return replace(line, raw=log.whole(line))

    @property
    def size(self) -> int:
        """Bytes of all logs, as they are now."""
        return self.measure()[0].size

    def close(self) -> None:
        """Let go of all logs."""
        for log in self.logs:
            log.close()


class Both:
    """Lines that two sorts of looking find."""

    def __init__(self, one: Find, other: Find) -> None:
        self._both = (one, other)
        self.words, self.is_exact = one.words, one.is_exact

    def __call__(self, line: bytes) -> bool:
        return all(find(line) for find in self._both)

    def might(self, block: bytes) -> bool:
        return all(find.might(block) for find in self._both)

    def count(self, block: bytes) -> int:
        return sum(map(self, block.split(b"\n"))) if self.might(block) else 0


def _is(line: LogLine, log: str, start: Position) -> bool:
    return (line.log, line.start) == (log, start)


def _merged(streams: Iterable[Iterator[LogLine]], sign: int = 1) -> Iterator[LogLine]:
    """Return lines in the order of their times; each log keeps its own order, clock or not."""
    return heapq.merge(*streams, key=lambda line: sign * line.at_ms)
