"""Text that only arrives (a pod's log, a BMC's event log) as a log one can go back and forth in."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from itertools import count as endless
from typing import Any, AsyncIterator, Callable, Iterator, List, Optional, Sequence, Tuple

from backend.errors import StxError
from backend.logs.formats import stamp
from backend.logs.line import LONGEST, Extent, Find, Landing, LogLine, Position
from backend.tone import Tone

# Lines that are kept; the oldest go first, and that is said.
KEPT = 100_000
# Bytes that are kept of them: as many lines of a stack trace in JSON would be 400 MB a log.
KEPT_BYTES = 64 * 1024 * 1024
# Lines that are counted between two words of how far it is: a few ms.
_BATCH = 1000
# Lines that are taken in one turn of the event loop where all of them have come: some 5 ms.
_TURN = 150


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
        kept_bytes: int = KEPT_BYTES,
        tone_of: Optional[Callable[[bytes], Tone]] = None,
    ) -> None:
        self.name = name
        self.error: Optional[StxError] = None
        self._arrives = arrives
        self._kept = kept
        self._kept_bytes = kept_bytes
        self._held_bytes = 0
        self._tone_of = tone_of
        # The kept lines with the number of the first, taken together: others read them meanwhile.
        self._part: Tuple[List[LogLine], int] = ([], 0)
        self._said: List[str] = []
        self._is_said = False

    @property
    def arrived(self) -> int:
        """How many lines came so far."""
        lines, first = self._part
        return first + len(lines)

    def say(self, words: str) -> None:
        """Have it told, once, what became of it."""
        self._said.append(f"{self.name}: {words}")

    async def gather(self) -> None:
        """Take what arrives until it ends; what went wrong is in ``error``."""
        began_ms = round(time.time() * 1000)
        try:
            async for whole in self._arrives():
                self._take(whole.rstrip(b"\r\n"), self._last_ms(began_ms))
                # What lies in a buffer is read without a wait: a flood would have the loop alone.
                if self.arrived % _TURN == 0:
                    await asyncio.sleep(0)
        except StxError as error:
            self.error = error

    def _last_ms(self, began_ms: int) -> int:
        """Return when the last line was written, for those that say no year."""
        lines, _first = self._part
        return max(lines[-1].at_ms, began_ms) if lines else began_ms

    def _take(self, whole: bytes, changed_ms: int) -> None:
        lines, first = self._part
        at, index = stamp(whole, changed_ms), first + len(lines)
        before_ms = lines[-1].at_ms if lines else 0
        line = LogLine(
            raw=whole[:LONGEST],
            at_ms=at.ms if at is not None else before_ms,
            log=self.name,
            start=(0, index),
            end=(0, index + 1),
            size=len(whole),
            changed_ms=changed_ms,
            said=self._tone_of(whole) if self._tone_of is not None else None,
        )
        # Beneath both limits by a tenth, lest a list of them is made anew for every line.
        drop = max(self._kept // 10, 1) if len(lines) >= self._kept else 0
        self._held_bytes += len(line.raw) - sum(len(old.raw) for old in lines[:drop])
        if self._held_bytes > self._kept_bytes:
            while drop < len(lines) and self._held_bytes > self._kept_bytes * 0.9:
                self._held_bytes -= len(lines[drop].raw)
                drop += 1
        if drop:
            lines, first = lines[drop:], first + drop
        lines.append(line)
        self._part = lines, first

    def extent(self) -> Extent:
        """Return from when to when the kept lines go."""
        lines, _first = self._checked()
        timed = [line.at_ms for line in (*lines[:1], *lines[-1:]) if line.at_ms]
        size = sum(line.size + 1 for line in lines)
        return Extent(
            from_ms=timed[0] if timed else None, to_ms=timed[-1] if timed else None, size=size
        )

    def first(self) -> Position:
        """Return where the oldest kept line begins."""
        return 0, self._checked()[1]

    def last(self) -> Position:
        """Return where it ends now."""
        lines, first = self._checked()
        return 0, first + len(lines)

    def at(self, ms: int) -> Landing:
        """Return where the first line of that time or later begins."""
        lines, first = self._part
        # A clock that was set back leaves an earlier time behind a later one: the first counts.
        return Landing(position=(0, first + bisect_left(_Times(lines), ms)))

    def down(
        self, position: Position, find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        """Go through the lines from ``position`` on."""
        lines, first = self._part
        for index in endless(max(_index(position) - first, 0)):
            if index >= len(lines):
                return
            line = lines[index]
            step(line.size)
            if find is None or find(line.raw):
                yield line

    def up(
        self, position: Position, find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        """Go through the lines before ``position``, the nearest first."""
        lines, first = self._part
        for index in range(min(_index(position) - first, len(lines)) - 1, -1, -1):
            step(lines[index].size)
            if find is None or find(lines[index].raw):
                yield lines[index]

    def count(self, find: Find, step: Callable[[int], None]) -> int:
        """Return how many of the kept lines there are to find."""
        lines, _first = self._checked()
        total = 0
        for begin in range(0, len(lines), _BATCH):
            batch = lines[begin : begin + _BATCH]
            step(sum(line.size for line in batch))
            total += sum(1 for line in batch if find(line.raw))
        return total

    def whole(self, line: LogLine) -> bytes:
        """Return what was kept of a line."""
        return line.raw

    def news(self) -> Tuple[str, ...]:
        """Return what became of it: its source failed, its oldest lines were dropped."""
        notes, self._said = self._said, []
        if self.error is not None and not self._is_said:
            self._is_said = True
            notes.append(f"{self.name}: {self.error}")
        return tuple(notes)

    def notes(self) -> Tuple[str, ...]:
        """Return what is not whole about it."""
        dropped = self._part[1]
        return (f"{self.name}: its first {dropped} lines were dropped",) * bool(dropped)

    def close(self) -> None:
        """Let go of the lines."""
        self._part, self._held_bytes = ([], 0), 0

    def _checked(self) -> Tuple[List[LogLine], int]:
        if self.error is not None and not self._part[0]:
            raise self.error
        return self._part


class _Times(Sequence[int]):
    """The times of lines, to be searched without a list of them."""

    def __init__(self, lines: Sequence[LogLine]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: Any) -> Any:
        return self._lines[index].at_ms


def _index(position: Position) -> int:
    assert isinstance(position, tuple)
    return position[1]
