"""Random successions of screens, as Textual would write them, for hypothesis to try."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hypothesis import strategies as st
from wcwidth import wcswidth, wcwidth

WORDS = ("host", "controller-0", "a", " ", "   ", "            ", "-----------", "92%", "|", "x  y")
WIDE = ("漢字", "日本", "e\u0301te\u0301", "─────────", "│", "█", "é", "→", "ｗ")
MONO_CODES = ("", "1", "7", "4", "1;7", "4;7")
COLOUR_CODES = (*MONO_CODES, "31", "32;44", "1;33", "97;41", "38;5;123", "38;2;1;2;3", "7;36;40")


@dataclass(frozen=True)
class Part:
    """A styled piece of text at a place."""

    y: int
    x: int
    text: str
    codes: str


def whole(parts: list[Part], width: int, height: int) -> str:
    """All rows of a screen on which the parts lie over each other, as Textual composes it."""
    rows = [[(" ", "")] * width for _ in range(height)]
    for part in parts:
        _lay(rows[part.y], part)
    return "".join(_written(y, row) for y, row in enumerate(rows))[:-1]


def _lay(row: list[tuple[str, str]], part: Part) -> None:
    x = part.x
    for char in part.text:
        columns = wcwidth(char)
        if columns == 0:
            at = x - 1 if x == part.x or row[x - 1][0] else x - 2
            if at >= part.x and row[at][0] != " ":
                row[at] = row[at][0] + char, part.codes
            continue
        _free(row, x)
        row[x] = char, part.codes
        if columns == 2:
            _free(row, x + 1)
            row[x + 1] = "", part.codes
        x += columns


def _free(row: list[tuple[str, str]], x: int) -> None:
    """Half a wide character is a blank."""
    if row[x][0] == "":
        row[x - 1] = " ", ""
    if x + 1 < len(row) and row[x + 1][0] == "":
        row[x + 1] = " ", ""


def _written(y: int, row: list[tuple[str, str]]) -> str:
    said = f"\x1b[{y + 1};1H"
    for codes, cells in groupby(row, key=lambda cell: cell[1]):
        text = "".join(char for char, _ in cells)
        said += f"\x1b[{codes}m{text}\x1b[0m" if codes else text
    return said + "\n"


def cut(part: Part, width: int) -> Part:
    """A part that ends at the right edge: no terminal agrees with another beyond it."""
    text = part.text
    while text and part.x + wcswidth(text) > width:
        text = text[:-1]
    return Part(part.y, part.x, text, part.codes)


@st.composite
def successions(
    draw: Any, *, width: int, height: int, words: tuple[str, ...], codes: tuple[str, ...]
) -> list[list[Part]]:
    """Screens one after the other: changed here and there, scrolled, emptied, all new."""
    text = st.lists(st.sampled_from(words), min_size=1, max_size=8).map("".join)
    parts = st.builds(
        Part,
        st.integers(0, height - 1),
        st.integers(0, width - 1),
        text,
        st.sampled_from(codes),
    ).map(lambda part: cut(part, width))
    said = st.sampled_from(("bar".ljust(width), " " * width, "a long one".center(width)))
    bars = st.builds(Part, st.integers(0, height - 1), st.just(0), said, st.sampled_from(codes))
    under = draw(st.sampled_from(codes))
    ground = [Part(y, 0, " " * width, under) for y in range(height)] if draw(st.booleans()) else []
    screens = [ground + draw(st.lists(st.one_of(parts, bars), max_size=height * 2))]
    for _ in range(draw(st.integers(1, 5))):
        before = screens[-1]
        way = draw(st.sampled_from(("more", "scroll", "region", "fewer", "new", "same")))
        if way == "more":
            after = before + draw(st.lists(parts, min_size=1, max_size=4))
        elif way in {"scroll", "region"}:
            by = draw(st.integers(-3, 3))
            top, bottom = (0, height - 1) if way == "scroll" else (2, height - 3)
            after = [_moved(part, by, top, bottom) for part in before]
            after += draw(st.lists(parts, max_size=2))
        elif way == "fewer":
            after = before[: len(before) // 2]
        elif way == "new":
            after = ground + draw(st.lists(st.one_of(parts, bars), max_size=height * 2))
        else:
            after = before
        screens.append(after)
    return screens


def _moved(part: Part, by: int, top: int, bottom: int) -> Part:
    if not top <= part.y <= bottom:
        return part
    y = part.y + by
    return Part(y, part.x, part.text, part.codes) if top <= y <= bottom else part
