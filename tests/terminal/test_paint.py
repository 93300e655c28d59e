"""What an emulator shows after our bytes is what it shows after Textual's own."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stx_tui.terminal.paint import Painter
from stx_tui.terminal.parse import Wanted
from stx_tui.terminal.profile import EIGHT, FULL, MONO, SIXTEEN, Profile, named
from tests.terminal.emulator import Emulator, Seen
from tests.terminal.screens import COLOUR_CODES, MONO_CODES, WIDE, WORDS, Part, successions, whole

WIDTH, HEIGHT = 40, 12
PROFILES = {
    "vt100 mono": named("vt100"),
    "vt220 mono": named("vt220"),
    "linux mono": named("linux"),
    "xterm mono": named("xterm"),
    "linux full": named("linux", colours=FULL, glyphs="utf8"),
    "screen full": named("screen", colours=FULL, glyphs="utf8"),
    "xterm full": named("xterm", colours=FULL, glyphs="utf8"),
}
TRIED = settings(
    max_examples=int(os.environ.get("STX_TUI_EXAMPLES", "30")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class Pair:
    """One emulator that gets Textual's bytes and one that gets ours."""

    def __init__(self, profile: Profile) -> None:
        self.wanted = Wanted(profile, WIDTH, HEIGHT)
        self.painter = Painter(profile, WIDTH, HEIGHT)
        self.far = Emulator(WIDTH, HEIGHT, utf8=profile.glyphs != "dec")
        self.far.feed(b"leftover\r\n\x1b[7mrubbish\x1b[K\x1b[?7l")
        self.stock = Emulator(WIDTH, HEIGHT)
        self.stock.feed(b"\x1b[?7l")

    def show(self, parts: list[Part], *, chunks: int | None = None) -> None:
        data = whole(parts, WIDTH, HEIGHT)
        self.wanted.feed(data)
        self.stock.screen.reset()
        self.stock.feed(b"\x1b[?7l" + data.replace("\n", "\r\n").encode())
        for number, chunk in enumerate(self.painter.frame(self.wanted.rows)):
            self.far.feed(chunk)
            if chunks is not None and number + 1 >= chunks:
                return

    def differences(self, *, colours: bool) -> list[tuple[int, int, Seen, Seen]]:
        pairs = zip(self.far.cells(colours=colours), self.stock.cells(colours=colours))
        return [
            (y, x, one, two)
            for y, (ours, theirs) in enumerate(pairs)
            if ours != theirs
            for x, (one, two) in enumerate(zip(ours, theirs))
            # Where the last cell is half a wide character, neither half can be shown.
            if one != two and not (y == HEIGHT - 1 and x >= WIDTH - 1 - (two.text > "\u2fff"))
        ]


@pytest.mark.parametrize("name", PROFILES)
@given(data=st.data())
@TRIED
def test_far_screen_is_what_was_wanted(name: str, data: st.DataObject) -> None:
    profile = PROFILES[name]
    colours = profile.colours == FULL
    words = WORDS + WIDE if profile.glyphs == "utf8" else WORDS
    codes = COLOUR_CODES if colours else MONO_CODES
    pair = Pair(profile)
    screens = successions(width=WIDTH, height=HEIGHT, words=words, codes=codes)
    for parts in data.draw(screens):
        pair.show(parts)
        assert pair.differences(colours=colours) == []
        assert pair.painter.shows(pair.wanted.rows)


@pytest.mark.parametrize("name", ["vt100 mono", "xterm full"])
@given(data=st.data())
@TRIED
def test_last_screen_is_right_when_frames_are_dropped_half_sent(
    name: str, data: st.DataObject
) -> None:
    profile = PROFILES[name]
    colours = profile.colours == FULL
    codes = COLOUR_CODES if colours else MONO_CODES
    pair = Pair(profile)
    screens = data.draw(successions(width=WIDTH, height=HEIGHT, words=WORDS, codes=codes))
    for parts in screens[:-1]:
        pair.show(parts, chunks=data.draw(st.integers(1, 6)))
    pair.show(screens[-1])
    assert pair.differences(colours=colours) == []


@given(data=st.data())
@TRIED
def test_rows_that_were_forgotten_are_made_right_whatever_is_on_them(data: st.DataObject) -> None:
    pair = Pair(PROFILES["vt100 mono"])
    screens = successions(width=WIDTH, height=HEIGHT, words=WORDS, codes=MONO_CODES)
    parts = data.draw(screens)[-1]
    pair.show(parts)
    y = data.draw(st.integers(0, HEIGHT - 1))
    pair.far.feed(b"\x1b[%d;4H\x1b[7mprintk: all is lost" % (y + 1))
    pair.painter.forget_row(y)
    pair.show(parts)
    assert pair.differences(colours=False) == []


@pytest.mark.parametrize("term", ["vt100", "linux", "xterm"])
@given(data=st.data())
@TRIED
def test_last_cell_is_never_written(term: str, data: st.DataObject) -> None:
    """A VT100 scrolls; so would this emulator, with wrapping left on."""
    profile = named(term)
    pair = Pair(profile)
    screens = successions(width=WIDTH, height=HEIGHT, words=WORDS, codes=MONO_CODES)
    pair.far.feed(b"\x1b[?7h")
    for parts in data.draw(screens):
        pair.show([*parts, Part(HEIGHT - 1, 0, "z" * WIDTH, "7")])
        assert pair.differences(colours=False) == []
        assert pair.far.cells()[-1][-1].text == " "


def test_idle_screen_costs_nothing() -> None:
    pair = Pair(PROFILES["vt100 mono"])
    parts = [Part(3, 2, "controller-0", "7")]
    pair.show(parts)
    pair.wanted.feed(whole(parts, WIDTH, HEIGHT))
    assert list(pair.painter.frame(pair.wanted.rows)) == []


@pytest.mark.parametrize(("colours", "reset"), [(MONO, 0), (EIGHT, 8), (SIXTEEN, 16)])
def test_no_colour_is_sent_that_the_terminal_lacks(colours: int, reset: int) -> None:
    profile = named("xterm", colours=colours)
    wanted, painter = Wanted(profile, WIDTH, HEIGHT), Painter(profile, WIDTH, HEIGHT)
    parts = [Part(y, 0, "text", codes) for y, codes in enumerate(COLOUR_CODES[:HEIGHT])]
    wanted.feed(whole(parts, WIDTH, HEIGHT))
    sent = b"".join(painter.frame(wanted.rows))
    assert b"38;" not in sent
    assert b"48;" not in sent
    assert (b"[31m" in sent or b";31m" in sent) == bool(reset)
    assert (b"97;" in sent) == (colours == SIXTEEN)
