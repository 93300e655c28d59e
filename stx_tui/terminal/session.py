"""What is said to the terminal before the first screen, at a repaint, and after the last."""

from __future__ import annotations

from stx_tui.terminal.profile import Profile


def start(profile: Profile) -> bytes:
    """Takes the screen: only modes that the terminal has, each undone by farewell()."""
    able = profile.abilities
    said = b""
    if able.alternate:
        said += b"\x1b[?1049h"
    if able.hide_cursor:
        said += b"\x1b[?25l"
    if able.bracketed_paste:
        said += b"\x1b[?2004h"
    return said + _no_wrap() + _line_drawing(profile)


def setup(profile: Profile) -> bytes:
    """Brings what noise may have changed back: colours, character set, margins, wrapping."""
    region = b"\x1b[r" if profile.abilities.scroll_region else b""
    cursor = b"\x1b[?25l" if profile.abilities.hide_cursor else b""
    return b"\x0f\x1b[m" + region + cursor + _no_wrap() + _line_drawing(profile)


def farewell(profile: Profile, height: int) -> bytes:
    """Gives the terminal back: the screen it had, or an empty last row to go on from."""
    able = profile.abilities
    said = b"\x0f" if profile.glyphs == "dec" else b""
    if able.bracketed_paste:
        said += b"\x1b[?2004l"
    said += b"\x1b[m\x1b[?7h\x1b[%dH\x1b[K" % height
    if able.alternate:
        said += b"\x1b[?1049l"
    if able.hide_cursor:
        said += b"\x1b[?25h"
    return said


def _no_wrap() -> bytes:
    # What the model cannot know (a wide character narrower here) then spoils one row, not all.
    return b"\x1b[?7l"


def _line_drawing(profile: Profile) -> bytes:
    return b"\x1b)0" if profile.glyphs == "dec" else b""
