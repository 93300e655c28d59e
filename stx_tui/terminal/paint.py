"""From what the far screen shows to what is wanted, in the fewest bytes, a chunk at a time."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import accumulate
from operator import is_not, ne
from typing import Iterator, NamedTuple, Optional, Sequence

from stx_tui.terminal.cells import CORNER, PLAIN, Row, Style, blank, spliced
from stx_tui.terminal.motion import UNKNOWN, motion
from stx_tui.terminal.profile import Profile
from stx_tui.terminal.rows import Place, RowPainter

ERASE_BELOW, ERASE_ABOVE = b"\x1b[J", b"\x1b[1J"
LOST = Place(UNKNOWN, UNKNOWN, None)
_SCROLLS_FROM, _ERASES_FROM = 3, 6  # rows that must change before either is thought about
_SHIFTS = 3  # scrolls tried for a frame
_GO = 4  # bytes, about, to come to a row or over a gap in it
_DOUBT = 24  # bytes by which a guess at what an erasure saves may be wrong
_PATIENCE = 8  # frames dropped, one after the other, until the rows below get their turn

Rows = list[Optional[Row]]


class Step(NamedTuple):
    """Bytes, and what the far screen shows once they are there."""

    data: bytes
    rows: Rows
    place: Place


class Written(NamedTuple):
    """A row as it will be written: the bytes, and where the cursor is after them."""

    y: int
    data: bytes
    place: Place


class Painter:
    """Keeps the model of the far screen and sends what it lacks.

    The model is exact at every chunk that frame() yields, if what was yielded is sent whole: a
    frame may be dropped after any chunk, and the next frame() starts from there.
    """

    def __init__(self, profile: Profile, width: int, height: int) -> None:
        self._profile = profile
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Take a new size; nothing of the far screen is known then."""
        self.width, self.height = width, height
        self._painter = RowPainter(self._profile, width)
        self._next = self._dropped = 0
        self.forget()

    def forget(self) -> None:
        """Take it that nothing is known of the far screen: the next frame paints all."""
        self.rows: Rows = [None] * self.height
        self.place = LOST

    def forget_row(self, y: int) -> None:
        """Take it that one row, the cursor and the style may not be what they should be."""
        self.rows[y] = None
        self.place = LOST

    def shows(self, wanted: Sequence[Row]) -> bool:
        """Whether the far screen shows these rows."""
        return self.rows == list(self._cornerless(wanted))

    def frame(self, wanted: Sequence[Row]) -> Iterator[bytes]:
        """Chunks that make the far screen show `wanted`; a row is never cut in two.

        From the top down: the cursor before what is said of its row. Where frame after frame is
        dropped, rows start where the last one was, so that none waits for ever.
        """
        wanted = self._cornerless(wanted)
        first = self._next if self._dropped >= _PATIENCE else 0
        step, rows = self._best(wanted, first)
        self._dropped += 1
        if step.data:
            self.rows, self.place = list(step.rows), step.place
            yield step.data
        for y, data, place in rows:
            self.rows[y], self.place = wanted[y], place
            self._next = (y + 1) % self.height
            if data:
                yield data
        self._next = self._dropped = 0

    def _cornerless(self, wanted: Sequence[Row]) -> Sequence[Row]:
        """The last cell of the last row is never written: a VT100 would scroll."""
        if self.height == 0 or self.width == 0:
            return wanted
        return [*wanted[:-1], _cornerless(wanted[-1])]

    def _row(self, y: int, old: Optional[Row], new: Row, at: Place) -> tuple[bytes, Place]:
        limit = self.width - 1 if y == self.height - 1 else self.width
        return self._painter.paint(y, old, new, limit, at)

    def _best(self, wanted: Sequence[Row], first: int) -> tuple[Step, list[Written]]:
        """The rows to write, after the scroll or erasure that saves most, where one does."""
        best = Step(b"", self.rows, self.place)
        least, rows = self._written(best, wanted, first)
        if len(rows) < _SCROLLS_FROM:
            return best, rows
        erasures = self._erasures(wanted) if len(rows) >= _ERASES_FROM else ()
        for step in (*self._scrolls(wanted), *erasures):
            cost, found = self._written(step, wanted, first)
            if cost < least:
                best, least, rows = step, cost, found
        return best, rows

    def _written(self, step: Step, wanted: Sequence[Row], first: int) -> tuple[int, list[Written]]:
        """The rows to be written after a step, from `first` on, and the bytes of it all."""
        cost, place, found = len(step.data), step.place, []
        for y in (*range(first, self.height), *range(first)):
            old, new = step.rows[y], wanted[y]
            if old is not new and old != new:
                data, place = self._row(y, old, new, place)
                cost += len(data)
                found.append(Written(y, data, place))
        return cost, found

    def _erasures(self, wanted: Sequence[Row]) -> Iterator[Step]:
        """Erasing from some row down, and from some row up, each where it promises most."""
        grounds = Counter(self._painter.ground(row) for row in wanted)
        ground = grounds.most_common(1)[0][0]
        bare = blank(self.width, ground)
        gain = [_guess(old, new) - _guess(bare, new) for old, new in zip(self.rows, wanted)]
        up = list(accumulate(gain))
        down = [up[-1] - above for above in (0, *up[:-1])]
        below = max(range(self.height), key=down.__getitem__)
        if down[below] > len(ERASE_BELOW) - _DOUBT:
            data = self._go(below, 0, ground) + ERASE_BELOW
            rows = [*self.rows[:below], *[bare] * (self.height - below)]
            yield Step(data, rows, Place(below, 0, ground))
        above = max(range(self.height), key=up.__getitem__)
        if above < self.height - 1 and up[above] > len(ERASE_ABOVE) - _DOUBT:
            # From the first column of the row below, which must be blank or be written again.
            data = self._go(above, self.width - 1, ground) + ERASE_ABOVE
            rows = [*[bare] * (above + 1), *self.rows[above + 1 :]]
            yield Step(data, rows, Place(above, UNKNOWN, ground))

    def _go(self, y: int, x: int, style: Style) -> bytes:
        pens = self._painter.pens
        go = motion(self.place.y, self.place.x, y, x, falls=self._profile.falls)
        return go + pens.change(self.place.pen, style)

    def _scrolls(self, wanted: Sequence[Row]) -> Iterator[Step]:
        """Moves of rows up or down that bring some where they are wanted."""
        able = self._profile.abilities
        if not (able.scroll_region or able.insert_line):
            return
        for shift, top, bottom in _moves(self.rows, wanted, blank(self.width)):
            rows = list(self.rows)
            part = rows[top : bottom + 1]
            gap: Rows = [blank(self.width)] * abs(shift)
            part = part[shift:] + gap if shift > 0 else gap + part[:shift]
            rows[top : bottom + 1] = part
            if able.scroll_region:
                yield Step(self._region(shift, top, bottom), rows, Place(UNKNOWN, UNKNOWN, PLAIN))
            if able.insert_line:
                yield self._lines(shift, top, bottom, rows)

    def _region(self, shift: int, top: int, bottom: int) -> bytes:
        pen = self._painter.pens.change(self.place.pen, PLAIN)
        whole = top == 0 and bottom == self.height - 1
        edge = bottom if shift > 0 else top
        go = motion(UNKNOWN, UNKNOWN, edge, 0)
        data = go + (b"\n" * shift if shift > 0 else b"\x1bM" * -shift)
        if whole:
            return pen + data
        # Setting the region moves the cursor home on some terminals only: it is placed anew.
        return pen + b"\x1b[%d;%dr" % (top + 1, bottom + 1) + data + b"\x1b[r"

    def _lines(self, shift: int, top: int, bottom: int, rows: Rows) -> Step:
        count = b"%d" % abs(shift) if abs(shift) > 1 else b""
        gone, come = (top, bottom - shift + 1) if shift > 0 else (bottom + shift + 1, top)
        data = self._go(gone, 0, PLAIN) + b"\x1b[" + count + b"M"
        at = Place(gone, 0, PLAIN)
        if bottom < self.height - 1 or shift < 0:
            data += motion(gone, 0, come, 0) + b"\x1b[" + count + b"L"
            at = Place(come, 0, PLAIN)
        return Step(data, rows, at)


def _guess(old: Optional[Row], new: Row) -> int:
    """About how many bytes one row takes, if it stood alone."""
    if old is new or old == new:
        return 0
    if old is None:
        return new.weight + _GO
    texts: Iterator[bool] = map(ne, old.text, new.text)
    differs = sum(texts) + sum(map(is_not, old.style, new.style))
    return _GO + min(differs, new.weight + _GO)


@lru_cache(maxsize=64)
def _cornerless(row: Row) -> Row:
    return spliced(row, len(row.text) - 1, (CORNER,), row.style[-1:])


def _moves(old: Rows, new: Sequence[Row], bare: Row) -> list[tuple[int, int, int]]:
    """Shifts worth trying, as (rows up, first row, last row), by how many rows they bring."""
    where: dict[Row, list[int]] = {}
    for y, row in enumerate(old):
        if row is not None and row != bare:
            where.setdefault(row, []).append(y)
    found: dict[int, list[int]] = {}
    for y, row in enumerate(new):
        if old[y] is row or old[y] == row:
            continue
        for before in where.get(row, ()):
            found.setdefault(before - y, []).append(y)
    ranked = sorted(found.items(), key=lambda item: -len(item[1]))[:_SHIFTS]
    return [
        (shift, min(ys[0], ys[0] + shift), max(ys[-1], ys[-1] + shift))
        for shift, ys in ranked
        if len(ys) > 1
    ]
