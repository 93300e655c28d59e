"""How many rows each part of a listing gets, from 160x50 down to 10x3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Mapping, Optional, Sequence, Tuple

from textual.screen import Screen

# What parts of a screen get: columns and rows by selector; None is all that is left.
Sizes = Mapping[str, Tuple[Optional[int], Optional[int]]]

# From this width on the strip stands beside the table.
BESIDE = 120
# Where the screen has more, the strip has so many cells; a table that can use more of them gets
# what the strip can read without.
WIDE, STRIP_WIDTH, STRIP_WIDTH_LEAST = 160, 72, 52
# The table keeps so many rows, its heading among them, before the strip gets more than one.
TABLE_LEAST = 9
STRIP_LEAST, STRIP_MOST = 4, 9
# Bytes of a cursor step that are not the strip's lines: two names, the end of the rule.
STEP_BYTES = 90
# The screen it is made for; a smaller one leaves things out, and says so where there is room.
FULL, NOTE_LEAST = (80, 24), 24


@dataclass(frozen=True)
class Shape:
    """Rows of the status, the strip and the footer, and cells of a strip that stands beside."""

    status: int
    strip: int
    beside: int
    foot: int


@dataclass(frozen=True)
class Wants:
    """What the parts of a listing want: rows of the strip and the table, cells of its columns."""

    strip: int = 0
    least: int = TABLE_LEAST
    table: int = 0
    is_whole: bool = False

    def told(self, rows: int, cells: int, *, has_more: bool) -> Wants:
        """Return it where the strip takes so many rows and the table's columns so many cells.

        It grows with what it has to say and stays so: a screen that jumps costs bytes. What stands
        after a rule (``has_more``) is drawn for a strip of the full width.
        """
        is_whole = self.is_whole or has_more
        return replace(
            self, strip=max(rows, self.strip), table=0 if is_whole else cells, is_whole=is_whole
        )


def table_least(taken: Sequence[int], summary: int) -> int:
    """Return the rows a table keeps; ``taken`` are the lines that each of its rows takes.

    Below a summary one of a few rows needs no more than they take, else there is room for both.
    """
    if not summary or not taken or len(taken) >= TABLE_LEAST:
        return TABLE_LEAST
    return min(1 + sum(taken), TABLE_LEAST)


def small(width: int, height: int) -> str:
    """Return what is said of a screen that does not show all: ``  40x12 of 80x24``, or nothing."""
    if width >= FULL[0] and height >= FULL[1]:
        return ""
    return f"  {width}x{height} of {FULL[0]}x{FULL[1]}" if width >= NOTE_LEAST else ""


def strip_most(width: int, key_room: Optional[int]) -> int:
    """Return how many rows the strip may take, its rule among them, where a key has that room."""
    if key_room is None:
        return STRIP_MOST
    return max(STRIP_LEAST, min(STRIP_MOST, 1 + (key_room - STEP_BYTES) // width))


def shape(
    width: int,
    height: int,
    wanted: int,
    *,
    most: int = STRIP_MOST,
    summary: int = 0,
    table: int = 0,
    least: int = TABLE_LEAST,
) -> Shape:
    """Return the shape for a screen of ``width`` x ``height``; ``wanted`` rows suit the strip.

    It gets ``most`` at most. The table has what is left, the rows of a summary taken off: always
    a row, and ``least`` before the strip gets what it wants. ``table`` is how many cells its
    columns would fill.
    """
    if height < 6:
        return Shape(status=1 if height > 1 else 0, strip=0, beside=0, foot=1 if height > 3 else 0)
    if height < 14:
        return Shape(status=2, strip=0, beside=0, foot=1)
    status = 5 if height >= 20 else 3
    if width >= BESIDE:
        return Shape(status=status, strip=0, beside=_beside(width, table), foot=1)
    spare = height - status - summary - 1 - least
    strip = max(min(wanted, most, spare), min(STRIP_LEAST, max(spare, 0)))
    return Shape(status=status, strip=strip, beside=0, foot=1)


def _beside(width: int, table: int) -> int:
    if width < WIDE:
        return width - 80
    return max(min(STRIP_WIDTH, width - table), STRIP_WIDTH_LEAST)


def arrange(screen: Screen[Any], body: str, sizes: Sizes, *, is_beside: bool) -> bool:
    """Give each part its size, those in ``body`` side by side or not; return whether it changed."""
    styles = screen.query_one(body).styles
    layout = "horizontal" if is_beside else "vertical"
    changed = getattr(styles.layout, "name", "") != layout
    styles.layout = layout
    for selector, (columns, rows) in sizes.items():
        part = screen.query_one(selector).styles
        before = (part.width, part.height)
        part.width = columns or "1fr"
        part.height = rows if rows is not None else "1fr"
        changed = changed or before != (part.width, part.height)
    return changed
