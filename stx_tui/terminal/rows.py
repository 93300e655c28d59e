"""The fewest bytes that turn one row of the far screen into another, found by trying all ways."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby, repeat
from typing import NamedTuple, Optional

from stx_tui.terminal.cells import (
    LONG_BLANK,
    PLAIN,
    SHORT,
    Row,
    Style,
    doubtful,
    on_blank,
)
from stx_tui.terminal.motion import UNKNOWN, motion
from stx_tui.terminal.pens import Pens
from stx_tui.terminal.profile import Profile

ERASE_RIGHT, ERASE_LEFT = b"\x1b[K", b"\x1b[1K"
_KEPT = 512  # changes of rows remembered
_STATES = 3  # ways from one segment to the next that are kept, however long
_DETOUR = 12  # bytes: more than a motion and a change of style take together


class Place(NamedTuple):
    """Where the far cursor is and how it writes; `pen` is None where that is not known."""

    y: int
    x: int
    pen: Optional[Style]


class Segment:
    """Cells that are written together or moved over together, all of them changed or none.

    A short blank belongs to the text before it; a long one is a `gap`, better moved over or erased.
    """

    __slots__ = ("blank", "changed", "data", "doubt", "gap", "ground", "style", "x0", "x1")

    def __init__(
        self, x0: int, x1: int, style: Style, ground: Style, *, changed: bool, gap: bool
    ) -> None:
        self.x0, self.x1 = x0, x1
        self.style = style
        self.ground = ground
        self.changed = changed
        self.gap = gap
        self.blank = self.doubt = False
        self.data = b""

    @property
    def bare(self) -> bool:
        """What an erased cell looks like."""
        return self.blank and self.style == self.ground


# A way: its cost in bytes, and its pieces as a chain (pieces before, piece). Told apart by whether
# the row is erased from here on, and by the place: flat, for these are looked up all the time.
Chain = Optional[tuple]  # type: ignore[type-arg]
_Key = tuple[bool, int, int, Optional[Style]]
_Ways = dict[_Key, tuple[int, Chain]]


class RowPainter:
    """Finds the bytes for one row after the other, for one profile and width."""

    def __init__(self, profile: Profile, width: int) -> None:
        self._pens = Pens(profile)
        self._width = width
        self._erase_chars = profile.abilities.erase_chars
        self._falls = profile.falls
        self._erase_ground = profile.abilities.erase_ground
        # A cursor that goes up and down, a page that opens and closes: the same rows change alike.
        self.paint = lru_cache(maxsize=_KEPT)(self._paint)

    @property
    def pens(self) -> Pens:
        return self._pens

    def ground(self, row: Row) -> Style:
        """What erased cells of this row should look like, if the terminal can erase like that."""
        return row.ground if self._erase_ground else PLAIN

    def _paint(
        self, y: int, old: Optional[Row], new: Row, limit: int, at: Place
    ) -> tuple[bytes, Place]:
        """Bytes that make row y show `new` left of column `limit`, and where the cursor is then.

        `old` is what the row shows, None if that is not known.
        """
        segments = _segments(old, new, limit, self.ground(new))
        if not segments:
            return b"", at
        erase = old is None or _blanked(segments) >= len(ERASE_RIGHT)
        lead = _lead(segments, new) if erase else 0
        ways: _Ways = {(False, *at): (0, None)}
        for number, segment in enumerate(segments):
            if number and number == lead:
                self._erased_left(y, at, segment, ways)
            if erase and (number == 0 or (segment.bare and segment.changed)):
                self._erased_right(y, segment, ways)
            ways = self._over(y, segment, ways)
        (_, y, x, pen), (_, chain) = min(ways.items(), key=lambda way: way[1][0])
        return _joined(chain), Place(y, x, pen)

    def _over(self, y: int, segment: Segment, ways: _Ways) -> _Ways:
        """Every way, brought behind a segment."""
        found: _Ways = {}
        x0, x1, style, data = segment.x0, segment.x1, segment.style, segment.data
        short, falls, change = x1 - x0 <= SHORT, self._falls, self._pens.change
        x = UNKNOWN if segment.doubt or x1 >= self._width else x1
        bare = segment.bare
        stays = not segment.changed, bare  # as it is; once the row is erased
        erases = self._erase_chars and bare and not short
        for key, (cost, chain) in ways.items():
            erased, y0, x_before, pen = key
            if stays[erased]:
                known = found.get(key)
                if known is None or cost < known[0]:
                    found[key] = cost, chain
                if not short:
                    continue
            go = motion(y0, x_before, y, x0, falls=falls)
            if segment.blank and pen and on_blank(pen) == style:
                piece, after = go + data, (erased, y, x, pen)
            else:
                piece, after = go + change(pen, style) + data, (erased, y, x, style)
            size = cost + len(piece)
            known = found.get(after)
            if known is None or size < known[0]:
                found[after] = size, (chain, piece)
            if erases and not erased:
                piece = go + change(pen, style) + b"\x1b[%dX" % (x1 - x0)
                _keep(found, (erased, y, x0, style), cost + len(piece), (chain, piece))
        return _pruned(found) if len(found) > _STATES else found

    def _erased_right(self, y: int, segment: Segment, ways: _Ways) -> None:
        """Adds the ways that erase from here to the end of the row and write the rest anew."""
        after = (True, y, segment.x0, segment.ground)
        for (erased, y0, x0, pen), (cost, chain) in list(ways.items()):
            if not erased:
                piece = self._gone(y, Place(y0, x0, pen), segment) + ERASE_RIGHT
                _keep(ways, after, cost + len(piece), (chain, piece))

    def _erased_left(self, y: int, at: Place, segment: Segment, ways: _Ways) -> None:
        """Adds the way that erases all before here, where nothing but blanks is wanted."""
        piece = self._gone(y, at, segment) + ERASE_LEFT
        if segment.changed:
            _keep(ways, (False, y, segment.x0, segment.ground), len(piece), (None, piece))

    def _gone(self, y: int, place: Place, segment: Segment) -> bytes:
        """What leads to a segment, with the pen that erases."""
        go = motion(place.y, place.x, y, segment.x0, falls=self._falls)
        return go + self._pens.change(place.pen, segment.ground)


def _keep(ways: _Ways, key: _Key, cost: int, chain: Chain) -> None:
    known = ways.get(key)
    if known is None or cost < known[0]:
        ways[key] = cost, chain


def _pruned(ways: _Ways) -> _Ways:
    """The ways that may still be the shortest: a few bytes lead from any place to any other."""
    least = min([cost for cost, _ in ways.values()]) + _DETOUR
    return {key: way for key, way in ways.items() if way[0] <= least}


def _joined(chain: Chain) -> bytes:
    pieces: list[bytes] = []
    while chain is not None:
        chain, piece = chain
        pieces.append(piece)
    return b"".join(reversed(pieces))


def _blanked(segments: list[Segment]) -> int:
    """How many cells are to become plain blanks."""
    return sum(each.x1 - each.x0 for each in segments if each.changed and each.bare)


def _lead(segments: list[Segment], new: Row) -> int:
    """The number of the first segment that is not blank, if all before it are to become blank."""
    ground, start = segments[0].ground, segments[0].x0
    if start and not (new.is_blank(0, start) and set(new.style[:start]) == {ground}):
        return 0
    for number, segment in enumerate(segments):
        if not segment.bare:
            return number if any(each.changed for each in segments[:number]) else 0
    return 0


@lru_cache(maxsize=512)  # the same change is weighed after every scroll that is thought about
def _segments(old: Optional[Row], new: Row, limit: int, ground: Style) -> list[Segment]:
    """The row cut where change, style or a long blank begins; [] if nothing has to be done."""
    differs = _differs(old, new, limit)
    end = new.end if ground == new.ground else limit
    if True not in differs:
        return []
    first = differs.index(True)
    # A short way to the first change may be cheaper written than jumped over.
    start = 0 if first <= 2 * SHORT else first
    stop = max(limit - differs[::-1].index(True), min(limit, end))
    gaps = _gaps(new, limit, ground, end)
    doubts = _doubts(new)[start:stop] if new.wide else repeat(0)
    looks = zip(differs[start:stop], gaps[start:stop], new.style[start:stop], doubts)
    found: list[Segment] = []
    x = start
    for (changed, gap, style, doubt), cells in groupby(looks):
        segment = Segment(x, x + len(list(cells)), style, ground, changed=changed, gap=gap)
        segment.doubt = doubt > 0
        segment.blank = new.is_blank(x, segment.x1)
        x = segment.x1
        if not (found and _joined_to(found[-1], segment)):
            _join(found)
            if not (found and _joined_to(found[-1], segment)):
                found.append(segment)
    _join(found)
    for segment in found:
        segment.data = "".join(new.text[segment.x0 : segment.x1]).encode()
    return found


def _doubts(new: Row) -> list[int]:
    """For each cell 0, or a number of its own if the cursor must be placed anew after it."""
    doubts: list[int] = []
    for x, cell in enumerate(new.text):
        doubts.append((doubts[-1] if x else 0) if cell == "" else (x + 1) * doubtful(cell))
    return doubts


def _gaps(new: Row, limit: int, ground: Style, end: int) -> list[bool]:
    """Which cells are in a long blank of the ground, or in the one the row ends with."""
    gaps = [False] * limit
    if end < limit:
        gaps[end:] = [True] * (limit - end)
    line = "".join([cell[0] if cell else "." for cell in new.text]) if new.wide else new.line
    for match in LONG_BLANK.finditer(line, 0, min(end, limit)):
        x0, x1 = match.span()
        gaps[x0:x1] = [style == ground for style in new.style[x0:x1]]
    return gaps


def _joined_to(last: Segment, segment: Segment) -> bool:
    """Makes a segment part of the one before it, if they are written alike."""
    if last.changed != segment.changed or last.gap != segment.gap or last.doubt or segment.doubt:
        return False
    if segment.style == last.style:
        last.blank = last.blank and segment.blank
    elif segment.gap:
        return False
    elif last.blank and on_blank(segment.style) == last.style:
        last.style, last.blank = segment.style, segment.blank
    elif not (segment.blank and on_blank(last.style) == segment.style):
        return False
    last.x1 = segment.x1
    return True


def _join(found: list[Segment]) -> None:
    """Joins the segment just ended with the one before, where a few cells lie unchanged between."""
    if len(found) < 2:
        return
    before, last = found[-2:]
    short = last.changed or last.x1 - last.x0 <= SHORT
    same = last.style == before.style or (last.blank and on_blank(before.style) == last.style)
    whole = not (before.gap or last.gap or before.doubt or last.doubt)
    if before.changed and short and same and whole:
        before.x1, before.blank = last.x1, before.blank and last.blank
        found.pop()


def _differs(old: Optional[Row], new: Row, limit: int) -> list[bool]:
    if old is None:
        return [True] * limit
    pairs = zip(old.text[:limit], new.text, old.style, new.style)
    differs = [one != two or three != four for one, two, three, four in pairs]
    if new.wide:
        for x in range(1, limit):
            # Both halves of a wide character are written at once.
            if new.text[x] == "":
                differs[x] = differs[x - 1] = differs[x] or differs[x - 1]
    return differs
