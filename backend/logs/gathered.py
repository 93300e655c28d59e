"""Text that only arrives (a pod's log, a BMC's event log) as a log one can go back and forth in."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timezone
from itertools import count as endless
from typing import AsyncIterator, Callable, Iterator, List, Optional, Tuple

from backend.errors import StxError
from backend.logs.formats import stamp
from backend.logs.line import LONGEST, Extent, Find, Landing, LogLine, Position
from backend.tone import Tone

# Lines that are kept; the oldest go first, and that is said.
KEPT = 100_000


class Gathered:
    """Keeps the last lines of a stream while ``gather`` runs on the event loop.

    ``arrives`` is the stream: bytes of one line each, with or without a newline.
    """

    def __init__(
        self,
        name: str,
        arrives: Callable[[], AsyncIterator[bytes]],
        *,
        kept: int = KEPT,
        tone_of: Optional[Callable[[bytes], Tone]] = None,
    ) -> None:
        self.name = name
        self.error: Optional[StxError] = None
        self._arrives = arrives
        self._kept = kept
        self._tone_of = tone_of
        self._lines: List[LogLine] = []
        self._times: List[int] = []
        self._dropped = 0
        self._is_said = False

    async def gather(self) -> None:
        """Take what arrives until it ends; what went wrong is in ``error``."""
        year = datetime.now(tz=timezone.utc).year
        try:
            async for whole in self._arrives():
                self._take(whole.rstrip(b"\r\n"), year)
        except StxError as error:
            self.error = error

    def _take(self, whole: bytes, year: int) -> None:
        at, index = stamp(whole, year), self._dropped + len(self._lines)
        before_ms = self._lines[-1].at_ms if self._lines else 0
        line = LogLine(
            raw=whole[:LONGEST],
            at_ms=at.ms if at is not None else before_ms,
            log=self.name,
            start=(0, index),
            end=(0, index + 1),
            size=len(whole),
            year=year,
            said=self._tone_of(whole) if self._tone_of is not None else None,
        )
        if len(self._lines) >= self._kept:
            drop = max(self._kept // 10, 1)
            del self._lines[:drop]
            del self._times[:drop]
            self._dropped += drop
        self._times.append(max(line.at_ms, self._times[-1] if self._times else 0))
        self._lines.append(line)

    def extent(self) -> Extent:
        """Return from when to when the kept lines go."""
        self._check()
        timed = [line.at_ms for line in (*self._lines[:1], *self._lines[-1:]) if line.at_ms]
        size = sum(line.size + 1 for line in self._lines)
        return Extent(
            from_ms=timed[0] if timed else None, to_ms=timed[-1] if timed else None, size=size
        )

    def first(self) -> Position:
        """Return where the oldest kept line begins."""
        self._check()
        return 0, self._dropped

    def last(self) -> Position:
        """Return where it ends now."""
        self._check()
        return 0, self._dropped + len(self._lines)

    def at(self, ms: int) -> Landing:
        """Return where the first line of that time or later begins."""
        return Landing(position=(0, self._dropped + bisect_left(self._times, ms)))

    def down(
        self, position: Position, find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        """Go through the lines from ``position`` on."""
        for index in endless(max(_index(position) - self._dropped, 0)):
            if index >= len(self._lines):
                return
            line = self._lines[index]
            step(line.size)
            if find is None or find(line.raw):
                yield line

    def up(
        self, position: Position, find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        """Go through the lines before ``position``, the nearest first."""
        lines, begin = list(self._lines), _index(position) - self._dropped
        for line in reversed(lines[: max(begin, 0)]):
            step(line.size)
            if find is None or find(line.raw):
                yield line

    def count(self, find: Find, step: Callable[[int], None]) -> int:
        """Return how many of the kept lines there are to find."""
        return sum(1 for _line in self.down(self.first(), find, step))

    def whole(self, line: LogLine) -> bytes:
        """Return what was kept of a line."""
        return line.raw

    def news(self) -> Tuple[str, ...]:
        """Return what became of it: its source failed, its oldest lines were dropped."""
        notes = []
        if self.error is not None and not self._is_said:
            self._is_said = True
            notes.append(f"{self.name}: {self.error}")
        return tuple(notes)

    def notes(self) -> Tuple[str, ...]:
        """Return what is not whole about it."""
        return (f"{self.name}: its first {self._dropped} lines were dropped",) * bool(self._dropped)

    def close(self) -> None:
        """Let go of the lines."""
        self._lines = []
        self._times = []

    def _check(self) -> None:
        if self.error is not None and not self._lines:
            raise self.error


def _index(position: Position) -> int:
    assert isinstance(position, tuple)
    return position[1]
