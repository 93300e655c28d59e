"""What a screen shows: styles, and rows of cells that never change once made."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, Optional

from wcwidth import wcwidth

BOLD, DIM, ITALIC, UNDERLINE, REVERSE, STRIKE = 1, 2, 4, 8, 16, 32
_BLANKS = (" ", "\0")
SHORT = 4
"""Cells that are cheaper written again than moved over: ESC [ 4 C is as long."""
LONG_BLANK = re.compile(f" {{{SHORT + 1},}}")
SEEN_ON_BLANK = UNDERLINE | REVERSE | STRIKE

DEFAULT = -1
"""The terminal's own colour; 0..255 is its palette, RGB + 0xRRGGBB a full colour."""
RGB = 1 << 24


class Style(NamedTuple):
    """How a cell looks: attribute bits, two colours, and whether it is DEC line drawing."""

    attrs: int = 0
    fg: int = DEFAULT
    bg: int = DEFAULT
    drawn: bool = False


PLAIN = Style()


@lru_cache(maxsize=4096)
def on_blank(style: Style) -> Style:
    """What of a style can be seen on a space: bold, italic and ink cannot."""
    attrs = style.attrs & SEEN_ON_BLANK
    if not attrs:
        return Style(0, DEFAULT, style.bg)
    if style.attrs & BOLD and style.fg != DEFAULT:
        # Many terminals brighten the ink of a bold cell, which reverse makes the ground.
        attrs |= BOLD
    return Style(attrs, style.fg, style.bg)


CORNER = "\0"
"""The last cell of the last row, which is never written and of which nothing is known."""


class Row:
    """One row of cells: `text[x]` is a cell's characters ("" is the right half of a wide one).

    `ground` is the style of the blanks the row ends with, as far as it is but a colour; `end` is
    the column where they begin.
    """

    __slots__ = ("_hash", "_weight", "end", "ground", "line", "style", "text", "wide")

    def __init__(self, text: tuple[str, ...], style: tuple[Style, ...]) -> None:
        self.text = text
        self.style = style
        ends_blank = bool(text) and text[-1] in _BLANKS and style[-1].attrs == 0
        self.ground = style[-1] if ends_blank else PLAIN
        self.end = _end(text, style, self.ground)
        self.line = "".join(text)
        self.wide = not self.line.isascii()
        self._hash: Optional[int] = None
        self._weight: Optional[int] = None

    @property
    def weight(self) -> int:
        """About how many bytes it takes to write it on an erased row: long blanks are jumped."""
        if self._weight is None:
            self._weight = len(LONG_BLANK.sub("jump", self.line[: self.end]))
        return self._weight

    def is_blank(self, x0: int, x1: int) -> bool:
        """Whether there are only spaces from column x0 to before x1."""
        if not self.wide:
            return self.line[x0:x1].isspace()
        return all(cell == " " for cell in self.text[x0:x1])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Row) and self.text == other.text and self.style == other.style

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.text, self.style))
        return self._hash

    def __repr__(self) -> str:
        return f"Row({self.line!r})"


def _end(text: tuple[str, ...], style: tuple[Style, ...], ground: Style) -> int:
    """The column after the last cell that is not a blank of this ground."""
    end = len(text)
    while end and text[end - 1] in _BLANKS and style[end - 1] == ground:
        end -= 1
    return end


@lru_cache(maxsize=64)
def blank(width: int, ground: Style = PLAIN) -> Row:
    return Row((" ",) * width, (ground,) * width)


def spliced(row: Row, x: int, text: tuple[str, ...], style: tuple[Style, ...]) -> Row:
    """`row` with cells put over it from column x on; what hangs over either edge is cut off.

    A wide character that loses a half leaves a blank, as terminals do.
    """
    width = len(row.text)
    if x < 0 or x >= width:
        return row
    room = width - x
    if len(text) >= room and x == 0:
        return Row(*_whole(text[:room], style[:room], text[room : room + 1]))
    cut_text, cut_style = _whole(text[:room], style[:room], text[room : room + 1])
    end = x + len(cut_text)
    left, left_style = _whole(row.text[:x], row.style[:x], row.text[x : x + 1])
    right, right_style = row.text[end:], row.style[end:]
    if right and right[0] == "":
        right = (" ", *right[1:])
    return Row(left + cut_text + right, left_style + cut_style + right_style)


def _whole(
    text: tuple[str, ...], style: tuple[Style, ...], after: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[Style, ...]]:
    """Cells without the left half of a wide character whose right half is not among them."""
    if after and after[0] == "" and text:
        return (*text[:-1], " "), (*style[:-1], on_blank(style[-1]))
    return text, style


@lru_cache(maxsize=8192)
def width_of(char: str) -> int:
    """Columns a character takes: 0 combining, 1, 2, or -1 for what must not be sent."""
    return wcwidth(char)


@lru_cache(maxsize=8192)
def doubtful(cell: str) -> bool:
    """Whether terminals may disagree about a cell's width, so the cursor must be placed anew."""
    if cell.isascii():
        return False
    return len(cell) > 1 or width_of(cell) != 1 or cell >= "\U0001f000" or "☀" <= cell <= "➿"
