"""What Textual writes, read as the terminal will show it."""

from __future__ import annotations

import pytest

from stx_tui.terminal.cells import (
    BOLD,
    DEFAULT,
    PLAIN,
    REVERSE,
    RGB,
    UNDERLINE,
    Style,
    blank,
    spliced,
)
from stx_tui.terminal.colour import reduced
from stx_tui.terminal.parse import Wanted
from stx_tui.terminal.profile import EIGHT, FULL, MONO, SIXTEEN, Profile, named

MONO_PROFILE = named("vt100")
UTF8 = named("xterm", glyphs="utf8", colours=FULL)


def row(profile: Profile, data: str, y: int = 0) -> tuple[str, tuple[Style, ...]]:
    wanted = Wanted(profile, 10, 4)
    wanted.feed(data)
    return "".join(wanted.rows[y].text), wanted.rows[y].style


def test_text_goes_where_it_is_placed() -> None:
    wanted = Wanted(MONO_PROFILE, 10, 4)
    assert wanted.feed("\x1b[2;3Habc\n\x1b[3;1Hd\ne")
    assert ["".join(each.text).rstrip() for each in wanted.rows] == ["", "  abc", "d", "e"]


def test_what_does_not_fit_is_cut_off() -> None:
    assert row(MONO_PROFILE, "\x1b[1;8Habcdef")[0] == "       abc"
    assert row(MONO_PROFILE, "\x1b[9;1Habc")[0] == " " * 10
    assert row(UTF8, "\x1b[1;10H漢")[0] == " " * 10


@pytest.mark.parametrize(
    "data",
    [
        "\x1b[?1049h",
        "\x1b[?2026$p",
        "\x1b[>25u",
        "\x1b]22;default\x07",
        "\x1b]8;id=1;http://x\x1b\\\x1b]8;;\x1b\\",
        "\x1b[1;1H",
    ],
)
def test_what_is_no_text_changes_nothing(data: str) -> None:
    wanted = Wanted(MONO_PROFILE, 10, 4)
    assert not wanted.feed(data)
    assert wanted.rows == [blank(10)] * 4


def test_control_characters_of_the_data_never_get_through() -> None:
    assert row(MONO_PROFILE, "a\tb\x07c\x9bd\x7f")[0] == "a?b?c?d?  "
    assert row(UTF8, "a\x9bb\x00")[0] == "a?b?      "


@pytest.mark.parametrize(
    ("codes", "attrs"),
    [
        ("1", BOLD),
        ("4", UNDERLINE),
        ("7", REVERSE),
        ("1;7", BOLD | REVERSE),
        ("1;0", 0),
        ("2", 0),
        ("3", 0),
        ("5", 0),
        ("31", 0),
        ("38;2;200;0;0;48;2;10;10;10", 0),
        ("97;44", 0),
        ("30;47", REVERSE),
        ("38;2;0;0;0;48;2;220;220;220", REVERSE),
        ("7;30;47", 0),
        ("21", UNDERLINE),
    ],
)
def test_monochrome_keeps_what_it_can_show(codes: str, attrs: int) -> None:
    _, style = row(MONO_PROFILE, f"\x1b[{codes}mx\x1b[0m")
    assert style[0] == Style(attrs)
    assert style[1] == PLAIN


def test_a_bar_of_blanks_is_reverse_and_a_bold_blank_is_plain() -> None:
    _, style = row(MONO_PROFILE, "\x1b[1;7ma b\x1b[0m\x1b[1mc d\x1b[0m")
    assert style[1] == Style(REVERSE)
    assert style[4] == PLAIN


def test_hidden_text_is_not_sent() -> None:
    assert row(UTF8, "a\x1b[8msecret\x1b[0mb")[0] == "a      b  "


def test_wide_and_combining_characters_have_their_cells() -> None:
    wanted = Wanted(UTF8, 10, 1)
    wanted.feed("a漢e\u0301b")
    assert wanted.rows[0].text[:5] == ("a", "漢", "", "e\u0301", "b")
    assert row(MONO_PROFILE, "a漢e\u0301b│é—█")[0] == "a??eb|e-# "


def test_boxes_are_drawn_with_dec_graphics_where_asked() -> None:
    text, style = row(named("vt100", glyphs="dec"), "┌─é→")
    assert text[:4] == "lqe>"
    assert [each.drawn for each in style[:4]] == [True, True, False, False]


@pytest.mark.parametrize(
    ("depth", "ink"),
    [(MONO, DEFAULT), (EIGHT, 1), (SIXTEEN, 1), (256, 124), (FULL, RGB | 170 << 16)],
)
def test_colours_come_down_to_what_there_is(depth: int, ink: int) -> None:
    assert reduced(RGB | 170 << 16, depth) == ink


def test_eight_colours_make_bright_ink_bold() -> None:
    _, style = row(named("linux", colours=EIGHT), "\x1b[91mx\x1b[90my\x1b[0m")
    assert style[0] == Style(BOLD, 1)
    assert style[1] == PLAIN


def test_half_a_wide_character_becomes_a_blank() -> None:
    wanted = Wanted(UTF8, 6, 1)
    wanted.feed("漢字")
    cut = spliced(wanted.rows[0], 1, ("x",), (PLAIN,))
    assert cut.text == (" ", "x", "字", "", " ", " ")
    cut = spliced(wanted.rows[0], 2, ("x",), (PLAIN,))
    assert cut.text == ("漢", "", "x", " ", " ", " ")
