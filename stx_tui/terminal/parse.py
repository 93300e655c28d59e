"""What Textual writes, read into the screen that is wanted."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Iterator

from stx_tui.terminal import glyphs
from stx_tui.terminal.cells import (
    BOLD,
    DEFAULT,
    DIM,
    ITALIC,
    PLAIN,
    REVERSE,
    RGB,
    STRIKE,
    UNDERLINE,
    Row,
    Style,
    blank,
    on_blank,
    spliced,
    width_of,
)
from stx_tui.terminal.colour import is_darker, is_light, reduced
from stx_tui.terminal.profile import MONO, PALETTE, Profile

_PLACE = re.compile(r"\x1b\[(\d*);?(\d*)H")
_TOKEN = re.compile(
    r"\x1b\[([\d;:]*)m"  # a style
    r"|\x1b\[[\d;:<=>?$]*[@-~]"  # any other sequence: nothing of it is for the screen
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # a link, a title, a pointer's shape
    r"|\x1b.?"
    r"|([^\x1b]+)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KEPT = 4096  # pieces of lines remembered; Textual writes the same ones over and over
_MARKS_MAX = 4  # combining characters kept on one cell; more is noise or malice
_ON = {1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 7: REVERSE, 9: STRIKE, 21: UNDERLINE}
_OFF = {22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 27: REVERSE, 29: STRIKE}
CONCEAL = 64


class Wanted:
    """The screen as Textual wants it: feed() it what is written, read `rows`.

    `rows` are immutable and shared: a frame is kept by copying the list.
    """

    def __init__(self, profile: Profile, width: int, height: int) -> None:
        self._reader = Reader(profile)
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rows: list[Row] = [blank(width)] * height

    def feed(self, data: str) -> bool:
        """Put what one write() says into the rows; False if there was no text in it."""
        parts = _PLACE.split(data)
        y, x, put = 0, 0, False
        for at in range(0, len(parts), 3):
            if at:
                y, x = int(parts[at - 2] or 1) - 1, int(parts[at - 1] or 1) - 1
            if parts[at]:
                for down, line in enumerate(parts[at].split("\n")):
                    put = self._put(y + down, 0 if down else x, line) or put
        return put

    def _put(self, y: int, x: int, line: str) -> bool:
        if not line or not 0 <= y < self.height:
            return False
        piece = self._reader.piece(line)
        if not piece.text:
            return False
        if x == 0 and len(piece.text) == self.width:
            self.rows[y] = piece
        else:
            self.rows[y] = spliced(self.rows[y], x, piece.text, piece.style)
        return True


class Reader:
    """Reads pieces of styled text into cells as one profile shows them, each piece once."""

    def __init__(self, profile: Profile) -> None:
        self._glyphs = profile.glyphs
        self._depth = profile.colours
        self._attrs = BOLD | UNDERLINE | REVERSE
        if profile.colours >= PALETTE:
            self._attrs |= STRIKE
        if profile.colours != MONO and profile.abilities.dim:
            self._attrs |= DIM
        if profile.colours != MONO and profile.abilities.italic:
            self._attrs |= ITALIC
        self._pieces: dict[str, Row] = {}
        self._styles: dict[str, tuple[Style, bool]] = {}

    def piece(self, line: str) -> Row:
        found = self._pieces.get(line)
        if found is None:
            if len(self._pieces) >= _KEPT:
                self._pieces.clear()
            found = self._pieces[line] = Row(*self._cells(line))
        return found

    def _cells(self, line: str) -> tuple[tuple[str, ...], tuple[Style, ...]]:
        text: list[str] = []
        styles: list[Style] = []
        style, hidden, codes = PLAIN, False, ""
        for match in _TOKEN.finditer(line):
            if match.lastindex == 1:
                code = match[1]
                codes = "" if code in {"", "0"} else f"{codes};{code}" if codes else code
                style, hidden = self._style(codes)
            elif match.lastindex == 2:
                said = _CONTROL.sub("?", match[2])
                if hidden:
                    said = " " * sum(max(0, width_of(char)) for char in said)
                self._add(said, style, text, styles)
        return tuple(text), tuple(styles)

    def _add(self, said: str, style: Style, text: list[str], styles: list[Style]) -> None:
        if said.isascii():
            text.extend(said)
            if " " in said:
                bare = on_blank(style)
                if bare != style:
                    styles.extend([bare if char == " " else style for char in said])
                    return
            styles.extend([style] * len(said))
            return
        for char in said:
            width = width_of(char)
            if width == 0:
                if text and self._glyphs == "utf8":
                    self._mark(char, text)
            elif width < 0:
                self._cell("?", style, text, styles)
            else:
                self._cell(char, style, text, styles)
                if width == 2 and self._glyphs == "utf8":
                    text.append("")
                    styles.append(styles[-1])

    def _mark(self, char: str, text: list[str]) -> None:
        at = len(text) - 1
        if text[at] == "" and at:
            at -= 1
        if text[at] not in {"", " "} and len(text[at]) < _MARKS_MAX:
            text[at] += char

    def _cell(self, char: str, style: Style, text: list[str], styles: list[Style]) -> None:
        if not char.isascii() and self._glyphs != "utf8":
            drawn = glyphs.DEC.get(char) if self._glyphs == "dec" else None
            if drawn is not None:
                text.append(drawn)
                styles.append(style._replace(drawn=True))
                return
            char = glyphs.ascii_of(char)
        for each in char:
            text.append(each)
            styles.append(on_blank(style) if each == " " else style)

    def _style(self, codes: str) -> tuple[Style, bool]:
        found = self._styles.get(codes)
        if found is None:
            if len(self._styles) >= _KEPT:
                self._styles.clear()
            found = self._styles[codes] = self._shown(*parsed(codes))
        return found

    def _shown(self, attrs: int, ink: int, ground: int) -> tuple[Style, bool]:
        """A style as this profile shows it.

        In monochrome colours are gone, bold, underline and reverse stay, and dark ink on a light
        ground is shown in reverse, so that a cursor told by its colours is still seen.
        """
        hidden = bool(attrs & CONCEAL)
        kept = attrs & self._attrs
        if self._depth == MONO:
            if is_light(ground) and is_darker(ink, ground):
                kept ^= REVERSE
            return Style(kept), hidden
        if self._depth == 8:
            # Bright ink is bold there; bright black would be black on black.
            if 8 < ink < 16:
                kept, ink = kept | BOLD, ink - 8
            elif ink == 8:
                ink = DEFAULT
            ground = ground - 8 if 8 <= ground < 16 else ground
        return Style(kept, reduced(ink, self._depth), reduced(ground, self._depth)), hidden


@lru_cache(maxsize=4096)
def parsed(codes: str) -> tuple[int, int, int]:
    """SGR parameters as attribute bits, ink and ground."""
    attrs, ink, ground = 0, DEFAULT, DEFAULT
    numbers = iter([int(part or 0) for part in codes.replace(":", ";").split(";")])
    for code in numbers:
        if code == 0:
            attrs, ink, ground = 0, DEFAULT, DEFAULT
        elif code in _ON:
            attrs |= _ON[code]
        elif code in _OFF:
            attrs &= ~_OFF[code]
        elif code == 8:
            attrs |= CONCEAL
        elif code == 28:
            attrs &= ~CONCEAL
        elif 30 <= code <= 39 or 90 <= code <= 97:
            ink = _colour(code, numbers)
        elif 40 <= code <= 49 or 100 <= code <= 107:
            ground = _colour(code - 10, numbers)
        elif code == 58:
            _colour(38, numbers)
    return attrs, ink, ground


def _colour(code: int, numbers: Iterator[int]) -> int:
    if code >= 90:
        return code - 90 + 8
    if code == 39:
        return DEFAULT
    if code != 38:
        return code - 30
    kind = next(numbers, 0)
    if kind == 5:
        return next(numbers, 0) & 255
    if kind == 2:
        red, green, blue = (next(numbers, 0) & 255 for _ in range(3))
        return RGB | red << 16 | green << 8 | blue
    return DEFAULT
