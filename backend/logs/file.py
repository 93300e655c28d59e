"""A log in files: what rotation cut is one stream again, and what happens to it is said."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

from backend.errors import StxError
from backend.logs.files import Bytes, Files
from backend.logs.formats import stamp
from backend.logs.line import Extent, Find, Landing, LogLine, Position
from backend.logs.lines import MOST, Span, Step, down, down_found, up, up_found
from backend.logs.rotation import Part, Parts
from backend.logs.when import WIDE, Times
from backend.units import clock

# Packed parts that are held unpacked at once.
HELD = 2
# Lines without a time that are kept back until the one they belong to is met.
PENDING = 500


class FileLog:
    """A log by the path of the file that is written to."""

    def __init__(self, files: Files, path: str, name: str, *, wide: int = WIDE) -> None:
        """Open nothing yet; ``name`` is what people call it."""
        self.name = name
        self.path = path
        self._parts = Parts(files, path)
        self._files = files
        self._wide = wide
        self._times: Dict[int, Times] = {}
        self._held: List[Part] = []
        # Bytes of the part that is written to when it was read last.
        self._seen: Tuple[int, int] = (0, 0)

    # --- how far it goes -----------------------------------------------------------------------

    def extent(self) -> Extent:
        """Return from when to when it goes, and the bytes of all parts as they lie there."""
        parts = self._parts.all()
        ends = [self._of(part) for part in (parts[0], parts[-1])] if parts else []
        size = sum(part.facts.size for part in parts[:-1])
        if not ends:
            return Extent(from_ms=None, to_ms=None)
        current = ends[1]
        first, last = self._first_ms(parts[0]), None
        for part in reversed(parts[-2:]):
            last = last or self._timed(part).before(self._of(part).size())
        to_ms = last[1] if last is not None else None
        return Extent(from_ms=first, to_ms=to_ms, size=size + current.size())

    def first(self) -> Position:
        """Return where the oldest part begins."""
        return self._parts.all()[0].serial, 0

    def last(self) -> Position:
        """Return where the part that is written to ends now."""
        part = self._parts.current
        size = self._of(part).size()
        self._seen = (part.serial, size)
        return part.serial, size

    def at(self, ms: int) -> Landing:
        """Return where the first line of that time or later begins, in the newest part with it."""
        parts = self._parts.all()
        firsts = [self._first_ms(part) for part in parts]
        holders = [i for i, first in enumerate(firsts) if first is not None and first <= ms]
        if not holders:
            return Landing(position=self.first())
        at = holders[-1]
        found = self._timed(parts[at]).find(ms)
        serial, offset = parts[at].serial, found[-1]
        if offset >= self._of(parts[at]).size() and at + 1 < len(parts):
            serial, offset = parts[at + 1].serial, 0
        return Landing(position=(serial, offset), notes=self._doubts(ms, len(found)))

    def _doubts(self, ms: int, times: int) -> Tuple[str, ...]:
        if times < 2:
            return ()
        often = "twice" if times == 2 else f"{times} times"
        return (f"{self.name}: its clock was set back: {clock(ms)} is in it {often}, last here",)

    # --- its lines -----------------------------------------------------------------------------

    def down(self, position: Position, find: Optional[Find], step: Step) -> Iterator[LogLine]:
        """Go through the lines from ``position`` on, part after part."""
        serial, offset = _place(position)
        parts = [part for part in self._parts.all() if part.serial >= serial]
        before_ms: Optional[int] = None
        for part in parts:
            source = self._of(part)
            begin = offset if part.serial == serial else 0
            if begin > source.size():  # truncated: what is there now is new
                begin = 0
            for span in _down(source, begin, find, step):
                if before_ms is None or find is not None:
                    before_ms = self._time_of(part, span)
                line = self._line(part, span, before_ms)
                before_ms = line.at_ms
                yield line
            if part is parts[-1]:
                self._seen = (part.serial, source.size())

    def up(self, position: Position, find: Optional[Find], step: Step) -> Iterator[LogLine]:
        """Go through the lines before ``position``, part before part."""
        serial, offset = _place(position)
        for part in reversed([one for one in self._parts.all() if one.serial <= serial]):
            source = self._of(part)
            end = min(offset, source.size()) if part.serial == serial else source.size()
            pending: List[Span] = []
            for span in _up(source, end, find, step):
                at = stamp(span.raw, part.facts.changed_ms)
                if at is None and find is not None:
                    yield self._line(part, span, self._time_of(part, span))
                elif at is None and len(pending) < PENDING:
                    pending.append(span)
                else:
                    yield from self._up_to(part, pending, span)
                    pending = []
            yield from self._up_to(part, pending, None)

    def _up_to(self, part: Part, pending: List[Span], head: Optional[Span]) -> Iterator[LogLine]:
        """Return the lines that belong to ``head``, and it."""
        ms = self._time_of(part, head) if head is not None else 0
        for span in pending:
            yield self._line(part, span, ms)
        if head is not None:
            yield self._line(part, head, ms)

    def count(self, find: Find, step: Step) -> int:
        """Return how many lines of all parts there are to find."""
        return sum(part.count(find, step) for part in self._parts.all())

    def whole(self, line: LogLine) -> bytes:
        """Return all bytes of a line, without its newline."""
        serial, offset = _place(line.start)
        part = next((one for one in self._parts.known if one.serial == serial), None)
        if part is None:
            return line.raw
        return self._of(part).read(offset, min(line.size, MOST)).rstrip(b"\r\n")

    def _time_of(self, part: Part, span: Span) -> int:
        """Return when a line was written: its own time, else that of the one it continues."""
        at = stamp(span.raw, part.facts.changed_ms)
        if at is not None:
            return at.ms
        before = self._timed(part).before(span.start)
        return before[1] if before is not None else 0

    def _line(self, part: Part, span: Span, before_ms: int) -> LogLine:
        at = stamp(span.raw, part.facts.changed_ms)
        return LogLine(
            raw=span.raw,
            at_ms=at.ms if at is not None else before_ms,
            log=self.name,
            start=(part.serial, span.start),
            end=(part.serial, span.end),
            size=span.size,
            changed_ms=part.facts.changed_ms,
        )

    # --- what becomes of it --------------------------------------------------------------------

    def news(self) -> Tuple[str, ...]:
        """Return what became of it since it was asked last."""
        part = self._parts.current
        facts = self._files.facts(self.path)
        notes: List[str] = []
        if facts is None:
            if part.note != _DELETED:
                part.note = _DELETED
                kept = "; what is open of it can still be read" * self._files.keeps_open
                notes.append(f"{self.name} was deleted{kept}")
        elif facts.identity != part.identity:
            notes.append(f"{self.name} rotated: it goes on in a new file")
            self._parts.look_again()
        elif part.serial == self._seen[0] and facts.size < self._seen[1]:
            notes.append(f"{self.name} was truncated: what is there now is new")
            self._seen = (part.serial, 0)
            self._times.pop(part.serial, None)
            part.forget()
        return tuple(notes)

    def notes(self) -> Tuple[str, ...]:
        """Return what is not as it should be with its parts."""
        return tuple(f"{part.name.path}: {part.note}" for part in self._parts.all() if part.note)

    def close(self) -> None:
        """Let go of all parts."""
        for part in self._parts.known:
            part.close()
        self._times.clear()

    # --- its parts -----------------------------------------------------------------------------

    def _of(self, part: Part) -> Bytes:
        """Return the bytes of a part; of the packed ones only a few are held unpacked."""
        source = part.source()
        if part.name.packed and part not in self._held:
            self._held.append(part)
            if len(self._held) > HELD:
                self._held.pop(0).close()
        return source

    def _timed(self, part: Part) -> Times:
        source = self._of(part)
        times = self._times.get(part.serial)
        if times is None or times.source is not source:
            times = self._times[part.serial] = Times(source, part.facts.changed_ms, self._wide)
        return times

    def _first_ms(self, part: Part) -> Optional[int]:
        """Return when a part begins; of a packed one only its first bytes are unpacked."""
        try:
            for line in part.head().split(b"\n"):
                at = stamp(line, part.facts.changed_ms)
                if at is not None:
                    return at.ms
            found = self._timed(part).after(0)
        except StxError as error:
            part.note = str(error)
            return None
        return found[1] if found is not None else None


_DELETED = "deleted; what is open of it can still be read"


def _down(source: Bytes, offset: int, find: Optional[Find], step: Step) -> Iterator[Span]:
    if find is None:
        return down(source, offset, None, step)
    return down_found(source, offset, find, step)


def _up(source: Bytes, offset: int, find: Optional[Find], step: Step) -> Iterator[Span]:
    if find is None:
        return up(source, offset, None, step)
    return up_found(source, offset, find, step)


def _place(position: Position) -> Tuple[int, int]:
    assert isinstance(position, tuple)
    return position
