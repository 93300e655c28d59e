"""The fewest bytes that change what the next character will look like."""

from __future__ import annotations

from typing import Optional

from stx_tui.terminal.cells import (
    BOLD,
    DEFAULT,
    DIM,
    ITALIC,
    REVERSE,
    RGB,
    STRIKE,
    UNDERLINE,
    Style,
)
from stx_tui.terminal.profile import MONO, Profile

_ON = ((BOLD, 1), (DIM, 2), (ITALIC, 3), (UNDERLINE, 4), (REVERSE, 7), (STRIKE, 9))
_OFF = ((BOLD | DIM, 22), (ITALIC, 23), (UNDERLINE, 24), (REVERSE, 27), (STRIKE, 29))
SHIFT_OUT, SHIFT_IN = b"\x0e", b"\x0f"


class Pens:
    """Transitions between styles for one profile, each worked out once."""

    def __init__(self, profile: Profile) -> None:
        self._off = profile.abilities.attribute_off
        self._coloured = profile.colours != MONO
        self._known: dict[tuple[Optional[Style], Style], bytes] = {}

    def change(self, old: Optional[Style], new: Style) -> bytes:
        """Bytes from one style to another; `old` is None where it is not known."""
        if old == new:
            return b""
        found = self._known.get((old, new))
        if found is None:
            if len(self._known) >= 4096:
                self._known.clear()
            found = self._known[old, new] = self._worked_out(old, new)
        return found

    def _worked_out(self, old: Optional[Style], new: Style) -> bytes:
        shift = b""
        if old is None or old.drawn != new.drawn:
            shift = SHIFT_OUT if new.drawn else SHIFT_IN
        ways = [["", *_codes(new)]]
        if old is not None:
            if old[:3] == new[:3]:
                return shift
            ways += self._steps(old, new)
        # An empty first parameter is the 0 that resets: ESC [ ; 7 m.
        return shift + min((f"\x1b[{';'.join(way)}m".encode() for way in ways), key=len)

    def _steps(self, old: Style, new: Style) -> list[list[str]]:
        """Changes that start from the old style, where the terminal has them."""
        gone = old.attrs & ~new.attrs
        off = [str(code) for bits, code in _OFF if gone & bits]
        if off and not self._off:
            return []
        if not self._coloured and (old.fg, old.bg) != (new.fg, new.bg):
            return []
        kept = old.attrs & new.attrs
        if gone & (BOLD | DIM):
            kept &= ~(BOLD | DIM)  # 22 ends both
        on = [str(code) for bit, code in _ON if new.attrs & ~kept & bit]
        colours = []
        if old.fg != new.fg:
            colours += _colour(new.fg, 30)
        if old.bg != new.bg:
            colours += _colour(new.bg, 40)
        return [off + on + colours]


def _codes(style: Style) -> list[str]:
    codes = [str(code) for bit, code in _ON if style.attrs & bit]
    if style.fg != DEFAULT:
        codes += _colour(style.fg, 30)
    if style.bg != DEFAULT:
        codes += _colour(style.bg, 40)
    return codes


def _colour(colour: int, base: int) -> list[str]:
    if colour == DEFAULT:
        return [str(base + 9)]
    if colour < 8:
        return [str(base + colour)]
    if colour < 16:
        return [str(base + 60 + colour - 8)]
    if colour < RGB:
        return [str(base + 8), "5", str(colour)]
    return [str(base + 8), "2", *(str(colour >> bits & 255) for bits in (16, 8, 0))]
