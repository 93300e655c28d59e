"""From what the far screen shows to what is wanted, in the fewest bytes, a chunk at a time."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Iterator, NamedTuple, Optional, Sequence

from stx_tui.terminal.cells import CORNER, PLAIN, Row, Style, blank, spliced
from stx_tui.terminal.motion import UNKNOWN, motion
from stx_tui.terminal.profile import Profile
from stx_tui.terminal.rows import Place, RowPainter

ERASE_BELOW, ERASE_ABOVE = b"\x1b[J", b"\x1b[1J"
LOST = Place(UNKNOWN, UNKNOWN, None)
_SCROLLS_FROM, _ERASES_FROM = 3, 6  # rows that must change before either is thought about
_SHIFTS = 3  # scrolls tried for a frame

Rows = list[Optional[Row]]


class Step(NamedTuple):
    """Bytes, and what the far screen shows once they are there."""

    data: bytes
    rows: Rows
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
        self._next = 0
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
        wanted = self._cornerless(wanted)
        return all(self._same(y, wanted[y]) for y in range(self.height))

    def frame(self, wanted: Sequence[Row]) -> Iterator[bytes]:
        """Chunks that make the far screen show `wanted`; a row is never cut in two.

        Rows start where the last frame was dropped, so that no row waits for ever.
        """
        wanted = self._cornerless(wanted)
        first, self._next = self._next, 0
        changes = self._changes(self.rows, wanted)
        if changes >= _SCROLLS_FROM:
            step = self._best_start(wanted, erase=changes >= _ERASES_FROM)
            if step is not None:
                self.rows, self.place = list(step.rows), step.place
                yield step.data
        for offset in range(self.height):
            y = (first + offset) % self.height
            if not self._same(y, wanted[y]):
                data, place = self._row(y, self.rows[y], wanted[y], self.place)
                self.rows[y], self.place = wanted[y], place
                self._next = (y + 1) % self.height
                if data:
                    yield data
        self._next = 0

    def _cornerless(self, wanted: Sequence[Row]) -> Sequence[Row]:
        """The last cell of the last row is never written: a VT100 would scroll."""
        if self.height == 0 or self.width == 0:
            return wanted
        return [*wanted[:-1], _cornerless(wanted[-1])]

    def _same(self, y: int, row: Row) -> bool:
        known = self.rows[y]
        return known is row or known == row

    def _changes(self, rows: Rows, wanted: Sequence[Row]) -> int:
        return sum(1 for one, two in zip(rows, wanted) if one is not two and one != two)

    def _row(self, y: int, old: Optional[Row], new: Row, at: Place) -> tuple[bytes, Place]:
        limit = self.width - 1 if y == self.height - 1 else self.width
        return self._painter.paint(y, old, new, limit, at)

    def _best_start(self, wanted: Sequence[Row], *, erase: bool) -> Optional[Step]:
        """The scroll or erasure that saves most, or None where rows alone are shortest."""
        best: Optional[Step] = None
        steps = list(self._scrolls(wanted))
        if not (steps or erase):
            return None
        least = self._cost(Step(b"", self.rows, self.place), wanted)
        for step in steps:
            cost = self._cost(step, wanted)
            if cost < least:
                best, least = step, cost
        for step in self._erasures(wanted, least) if erase else ():
            cost = self._cost(step, wanted)
            if cost < least:
                best, least = step, cost
        return best

    def _cost(self, step: Step, wanted: Sequence[Row]) -> int:
        """Bytes of a step and of all rows after it."""
        cost, place = len(step.data), step.place
        for y, (old, new) in enumerate(zip(step.rows, wanted)):
            if old is not new and old != new:
                data, place = self._row(y, old, new, place)
                cost += len(data)
        return cost

    def _erasures(self, wanted: Sequence[Row], least: int) -> list[Step]:
        """Erasing from some row down, and from some row up, each where it promises most."""
        grounds = Counter(self._painter.ground(row) for row in wanted)
        ground = grounds.most_common(1)[0][0]
        bare: Rows = [blank(self.width, ground)]
        known = [self._alone(y, self.rows[y], row) for y, row in enumerate(wanted)]
        fresh = [self._alone(y, bare[0], row) for y, row in enumerate(wanted)]
        gain = [one - two for one, two in zip(known, fresh)]
        found = []
        below = max(range(self.height), key=lambda y: sum(gain[y:]))
        if sum(gain[below:]) > len(ERASE_BELOW):
            data = self._go(below, 0, ground) + ERASE_BELOW
            rows = self.rows[:below] + bare * (self.height - below)
            found.append(Step(data, rows, Place(below, 0, ground)))
        above = max(range(self.height), key=lambda y: sum(gain[: y + 1]))
        if above < self.height - 1 and sum(gain[: above + 1]) > len(ERASE_ABOVE) + 6:
            # From the first column of the row below, which must be blank or be written again.
            data = self._go(above, self.width - 1, ground) + ERASE_ABOVE
            rows = bare * (above + 1) + self.rows[above + 1 :]
            found.append(Step(data, rows, Place(above, UNKNOWN, ground)))
        return found if min(sum(known), sum(fresh)) <= least + 8 * self.height else []

    def _alone(self, y: int, old: Optional[Row], new: Row) -> int:
        if old is new or old == new:
            return 0
        return len(self._row(y, old, new, Place(y, 0, PLAIN))[0]) + 2

    def _go(self, y: int, x: int, style: Style) -> bytes:
        pens = self._painter.pens
        return motion(self.place.y, self.place.x, y, x) + pens.change(self.place.pen, style)

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
