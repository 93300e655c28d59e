"""Where a time is in a file: a sparse index of offsets and times, read only as far as needed.

A clock that was set back makes a time be in a file more than once. So the search surveys the file
at evenly spaced places before it goes closer, and finds every place where the times pass the one
that is looked for; what goes there and back between two neighbouring places (a 512th of the file)
is not seen.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from backend.logs.files import Bytes
from backend.logs.formats import stamp
from backend.logs.lines import down, line_start, up

# Places of a survey of all, and of each closer one; bytes below which lines are read one by one.
WIDE, CLOSE, FINE = 512, 32, 64 * 1024
# Bytes in which a line with a time is mostly found.
NEAR = 4096
# Bytes gone over for a line that says when it was written, before a place says nothing.
REACH = 1024 * 1024
# Lines of several threads overtake each other by less than this.
JITTER_MS = 2000
# More places than this are no clock that was set back, but a file without order.
MANY = 16

Mark = Tuple[int, int]  # where a line begins, and when it was written


class Enough(Exception):
    """A line with a time was not found near enough."""


class Times:
    """When the lines of one file were written."""

    def __init__(self, source: Bytes, changed_ms: int = 0, wide: int = WIDE) -> None:
        """``changed_ms``: see ``stamp``; ``wide`` are the places of a survey of all."""
        self.source = source
        self._changed_ms = changed_ms
        self._wide = wide
        self._marks: Dict[int, Mark] = {}

    def after(self, offset: int) -> Optional[Mark]:
        """Return the first line from ``offset`` on that says when; None where none near does."""
        if offset not in self._marks:
            found = self._near(offset) or self._scan_down(line_start(self.source, offset))
            if found is None:
                return None
            if len(self._marks) > 8 * WIDE:
                self._marks.clear()
            self._marks[offset] = found
        return self._marks[offset]

    def _near(self, offset: int) -> Optional[Mark]:
        """Return the first line with a time in the few bytes that mostly hold one."""
        begin = max(offset - 1, 0)
        chunk = self.source.read(begin, NEAR)
        start = 0 if not offset else chunk.find(b"\n") + 1
        while offset == 0 or start:
            end = chunk.find(b"\n", start)
            if end < 0:
                return None
            at = stamp(chunk[start:end], self._changed_ms)
            if at is not None:
                return begin + start, at.ms
            start = end + 1
        return None

    def before(self, offset: int) -> Optional[Mark]:
        """Return the last line before ``offset`` that says when; None where none near does."""
        try:
            for span in up(self.source, offset, None, _Limit()):
                at = stamp(span.raw, self._changed_ms)
                if at is not None:
                    return span.start, at.ms
        except Enough:
            return None
        return None

    def _scan_down(self, start: int) -> Optional[Mark]:
        try:
            for span in down(self.source, start, None, _Limit()):
                at = stamp(span.raw, self._changed_ms)
                if at is not None:
                    return span.start, at.ms
        except Enough:
            return None
        return None

    def find(self, ms: int) -> Tuple[int, ...]:
        """Return where lines of ``ms`` or later begin after earlier ones; several where the clock
        was set back; the end of the file where all is earlier, or no line says when.
        """
        size = self.source.size()
        first, last = self.after(0), self.before(size)
        if first is None or last is None:
            return (size,)
        marks = [first, *self._survey(first[0], size, self._wide)]
        if last[0] > marks[-1][0]:
            marks.append(last)
        found = [0] if first[1] >= ms else []
        found += self._crossings(ms, marks)
        return self._apart(ms, found) or (size,)

    def _survey(self, begin: int, end: int, places: int) -> List[Mark]:
        stride = max((end - begin) // places, FINE // 2)
        marks: List[Mark] = []
        for offset in range(begin + stride, end, stride):
            mark = self.after(offset)
            if mark is not None and mark[0] < end and (not marks or mark[0] > marks[-1][0]):
                marks.append(mark)
        return marks

    def _crossings(self, ms: int, marks: List[Mark]) -> List[int]:
        found: List[int] = []
        for (begin, before_ms), (end, after_ms) in zip(marks, marks[1:]):
            if before_ms < ms <= after_ms and len(found) < MANY:
                found += self._closer(ms, (begin, before_ms), (end, after_ms))
        return found

    def _closer(self, ms: int, begin: Mark, end: Mark) -> List[int]:
        if end[0] - begin[0] <= FINE:
            return self._by_line(ms, begin, end[0])
        between = [mark for mark in self._survey(begin[0], end[0], CLOSE) if mark[0] > begin[0]]
        if not between:
            return self._by_line(ms, begin, end[0])
        return self._crossings(ms, [begin, *between, end])

    def _by_line(self, ms: int, begin: Mark, end: int) -> List[int]:
        found, before_ms = [], begin[1]
        for span in down(self.source, begin[0], None, lambda _bytes: None):
            at = stamp(span.raw, self._changed_ms)
            if at is not None:
                if before_ms < ms <= at.ms:
                    found.append(span.start)
                before_ms = at.ms
            if span.start >= end:
                break
        return found

    def _apart(self, ms: int, found: List[int]) -> Tuple[int, ...]:
        """Return the first of those that are only lines overtaking each other."""
        apart: List[int] = []
        for offset in found:
            if not apart or self._was_beyond(ms + JITTER_MS, apart[-1], offset):
                apart.append(offset)
        return tuple(apart)

    def _was_beyond(self, ms: int, begin: int, end: int) -> bool:
        """Whether the clock was past ``ms`` somewhere between two places."""
        before = self.before(end)
        if before is not None and before[0] > begin:
            for span in up(self.source, end, None, lambda _bytes: None):
                at = stamp(span.raw, self._changed_ms)
                if at is not None and at.ms >= ms:
                    return True
                if span.start <= begin or end - span.start > FINE:
                    break
        places = sorted(mark for mark in self._marks.values() if begin < mark[0] < end)
        return any(at_ms >= ms for _offset, at_ms in places)


class _Limit:
    """Counts what was gone over, and says when it is enough."""

    def __init__(self) -> None:
        self._gone = 0

    def __call__(self, count: int) -> None:
        self._gone += count
        if self._gone > REACH:
            raise Enough
