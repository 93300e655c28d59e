from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.figure import Line
from backend.tone import Tone, Verdict
from stx_tui.plain.paper import Paper, plain
from tests.plain.spoken import assert_plain


def printed(*lines: Line, width: int = 80) -> str:
    out = io.StringIO()
    Paper(out, width).lines(lines)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caf\u00e9", "caf\\xe9"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("one\rtwo\nthree", "one\\rtwo\\nthree"),
        ("\u202eevil", "\\u202eevil"),
        ("[bold]x[/]", "[bold]x[/]"),
    ],
)
def test_what_is_no_ascii_stands_as_its_escape(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(some.text(max_size=400), some.text(max_size=30), some.sampled_from(Tone))
def test_whatever_is_said_is_printable_ascii_and_not_too_long(
    text: str, heading: str, tone: Tone
) -> None:
    out = io.StringIO()
    paper = Paper(out, 80)
    paper.row(text)
    paper.say(text, indent=4, hang=7)
    paper.verdict(Verdict(word=heading, text=text, more=text))
    paper.lines((Line(text=text, heading=heading, tone=tone), Line(rule=True)))
    paper.prompt(text)
    assert_plain(out.getvalue())
    assert max(map(len, out.getvalue().split("\n"))) < 80


def test_a_text_longer_than_the_paper_goes_on_further_in_and_loses_nothing() -> None:
    out = io.StringIO()
    Paper(out, 40).say("one two three four five six seven eight nine ten eleven", hang=3)
    assert out.getvalue().split("\n") == [
        "one two three four five six seven eight",
        "   nine ten eleven",
        "",
    ]


def test_a_tone_is_said_without_colour() -> None:
    assert printed(Line(text="full", tone=Tone.BAD)) == "! full\n"
    assert printed(Line(text="full")) == "  full\n"


def test_headings_stand_left_and_texts_below_each_other() -> None:
    said = printed(Line(heading="SENDS", text="PATCH " + "x" * 40), width=40)
    assert said.split("\n")[0] == "SENDS      PATCH"
    assert said.split("\n")[1].startswith("           xxx")


def test_the_line_mode_loads_no_screen() -> None:
    from tests.test_fence import imported_by

    assert not {"textual", "rich"} & imported_by("import stx_tui.plain")
