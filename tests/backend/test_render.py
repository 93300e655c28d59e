"""Rows as text: every output, of rows that mean well and of rows that do not."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Dict, Optional, Tuple

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from backend.clean import cells, clean, cut, pad, wrap
from backend.kind import Column, Kind, Rest, Row
from backend.known import Known
from backend.place import Place
from backend.render import OUTPUTS, rows_text
from backend.tone import Look, Mark

KNOWN = Known(cloud="x", now_ms=1, place=Place())


class Thing(Row):
    uuid: str
    name: str
    size: Optional[float] = None


THINGS: Kind[Thing] = Kind(
    name="things",
    singular="thing",
    model=Thing,
    read=Rest(service="x", path="/things"),
    label=lambda thing: thing.name,
    columns=(
        Column(heading="NAME", value=lambda thing: thing.name, most=12),
        Column(heading="SIZE", value=lambda thing: thing.size, right=True),
        Column(heading="UUID", value=lambda thing: thing.uuid, wide=True),
    ),
    look=lambda thing, _known: (
        Look(mark=Mark.BAD, notes=("too big\nby far",)) if (thing.size or 0) > 9 else Look()
    ),
    secret=frozenset({"password"}),
)


def _rows(*bodies: Dict[str, Any]) -> Tuple[Thing, ...]:
    rows = []
    for index, body in enumerate(bodies):
        row = Thing.read({"uuid": f"u-{index}", "name": "n", **body})
        assert isinstance(row, Thing)
        rows.append(row)
    return tuple(rows)


def _text(output: str, *bodies: Dict[str, Any]) -> str:
    return rows_text(THINGS, _rows(*bodies), KNOWN, output)


# --- for people --------------------------------------------------------------------------------


def test_a_table_has_marks_headings_notes_and_no_blank_ends() -> None:
    text = _text("table", {"name": "small", "size": 1}, {"name": "a-name-too-long", "size": 10.25})
    assert text.splitlines() == [
        "  NAME          SIZE",
        "  small          1.0",
        "! a-name-too..  10.2",
        r"    too big\nby far",
    ]


def test_wide_shows_all_columns_and_cuts_nothing() -> None:
    text = _text("wide", {"name": "a-name-much-too-long", "size": 1})
    assert "a-name-much-too-long" in text
    assert "u-0" in text
    assert text == rows_text(
        THINGS, _rows({"name": "a-name-much-too-long", "size": 1}), KNOWN, "table", wide=True
    )


def test_what_is_not_known_is_a_dash_in_a_table_and_empty_in_csv() -> None:
    assert _text("table", {"size": None}).splitlines()[1] == "  n        -"
    assert _text("csv", {"size": None}).splitlines()[1] == "u-0,n,,u-0"


def test_no_rows_is_a_heading_an_empty_list_or_a_line_of_headings() -> None:
    assert _text("table") == "  NAME  SIZE\n"
    assert _text("json") == "[]\n"
    assert _text("yaml") == "[]\n"
    assert _text("csv") == "_id,NAME,SIZE,UUID\n"


def test_wide_characters_take_two_cells() -> None:
    lines = _text("table", {"name": "\u63a7\u5236\u53f0"}, {"name": "abcdefgh"}).splitlines()
    assert len({cells(line) for line in lines}) == 1
    long = _text("table", {"name": "\u63a7" * 9}).splitlines()
    assert long[1].split()[0] == "\u63a7" * 5 + ".."


def test_an_output_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="xml is none of table wide json yaml csv"):
        _text("xml")


# --- for programs ------------------------------------------------------------------------------


def test_json_is_what_the_service_sent_with_what_it_is_and_without_secrets() -> None:
    body = {
        "id": 7,
        "size": 1.5,
        "password": "hunter2",
        "links": [1],
        "deep": [{"password": "hunter2", "a": 1}],
    }
    (thing,) = json.loads(_text("json", body))
    assert thing == {
        "uuid": "u-0",
        "name": "n",
        "id": 7,
        "size": 1.5,
        "deep": [{"a": 1}],
        "_kind": "things",
        "_id": "u-0",
        "_label": "n",
    }


def test_yaml_says_the_same_as_json() -> None:
    body = {"size": 2, "deep": {"list": [1, None, True], "alarm_id": "100.110"}}
    assert yaml.safe_load(_text("yaml", body)) == json.loads(_text("json", body))
    assert "100.110" in _text("yaml", body)


def test_a_row_that_came_from_no_service_is_told_by_its_fields() -> None:
    (thing,) = json.loads(rows_text(THINGS, [Thing(uuid="u", name="n")], KNOWN, "json"))
    assert (thing["uuid"], thing["_id"]) == ("u", "u")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-x", "'-x"),
        ("\t=1", r"\t=1"),
        (" =1+1", "'=1+1"),
        ("-5", "-5"),
        ("+12.5%", "+12.5%"),
        ("a,b", "a,b"),
        ('say "hi"', 'say "hi"'),
        ("two\nlines", r"two\nlines"),
        ("", ""),
    ],
)
def test_csv_holds_no_formula_and_one_line_a_row(name: str, cell: str) -> None:
    text = _text("csv", {"name": name})
    assert len(text.splitlines()) == 2
    assert list(csv.reader(io.StringIO(text)))[1] == ["u-0", cell, "", "u-0"]


# --- text that means harm ------------------------------------------------------------------------

HARM = {
    "escape sequences": "\x1b[2J\x1b]0;owned\x07\x9b31m\x90q\x9c",
    "markup": "[bold red]x[/] [@click=app.quit]y[/]",
    "bidi marks": "a\u202eb\u2066c\u200fd\u061ce",
    "zero width": "a\u200bb\u200dc\ufeffd\u00ade\u2060f",
    "lines": "a\nb\rc\u2028d\u2029e\x0bf\x0cg\x85h",
    "surrogates": "a\ud800b\udfff",
    "private and unassigned": "a\ue000b\U000e0001c\U0003ffffd",
    "stacked marks": "a" + "\u0301" * 500,
    "unseen letters": "a\u3164b\u115fc\u2800d\ufe0fe\u034ff",
    "10 kB": "x" * 10_000,
}


@pytest.mark.parametrize("text", HARM.values(), ids=HARM)
@pytest.mark.parametrize("output", OUTPUTS)
def test_no_output_lets_a_name_steer_a_terminal(output: str, text: str) -> None:
    said = _text(output, {"name": text, "size": 10})
    said.encode("utf-8")
    assert all(line.isprintable() for line in said.split("\n"))
    if output == "table":
        assert all(cells(line) < 40 for line in said.splitlines())
    if output == "json":
        assert json.loads(said)[0]["name"] == text


@pytest.mark.parametrize("text", HARM.values(), ids=HARM)
def test_what_is_made_safe_is_one_line_that_shows_what_was_there(text: str) -> None:
    safe = clean(text)
    assert safe.isprintable()
    assert clean(safe) == safe
    assert len(safe) >= len(text)


def test_what_is_replaced_can_be_read() -> None:
    assert clean("a\x1b[0m\n\u202e") == r"a\x1b[0m\n\u202e"
    assert clean("\u00a0\u3000x") == "  x"


@pytest.mark.parametrize(
    "text", ["Z\u00fcrich", "e\u0301te\u0301", "\u0421\u0442", "\u63a7", "plain"]
)
def test_letters_of_any_script_stay(text: str) -> None:
    assert clean(text) == text


@given(st.text(max_size=60))
def test_any_text_at_all_is_made_safe(text: str) -> None:
    safe = clean(text)
    assert safe.isprintable()
    assert clean(safe) == safe


@given(st.text(max_size=60), st.integers(min_value=0, max_value=40))
def test_cut_pad_and_wrap_keep_to_the_cells(text: str, width: int) -> None:
    safe = clean(text)
    assert cells(cut(safe, width)) <= width
    assert cells(pad(safe, width)) == width
    lines = wrap(safe, max(width, 2))
    assert all(cells(line) <= max(width, 2) for line in lines)
    assert "".join("".join(lines).split()) == "".join(safe.split())


def test_a_text_is_wrapped_at_its_spaces() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("", 4) == [""]
