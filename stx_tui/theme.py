"""How tones and marks look: the only place of colours; all of it is legible without them."""

from __future__ import annotations

from functools import cache
from typing import Dict, Final

from rich.style import Style

from backend.tone import Look, Mark, Tone

# The theme of the library that sends the terminal's own colours and nothing else.
GROUND: Final = "ansi-dark"

PLAIN: Final = Style.null()
BOLD: Final = Style(bold=True)
HEAD: Final = Style(underline=True)
HERE: Final = Style(bold=True, underline=True)
REVERSE: Final = Style(reverse=True)
# What stands out of a row that is reverse itself.
HOLE: Final = Style(bold=True, reverse=False)

CURSOR: Final = ">"
PICKED: Final = "*"
RULE: Final = "-"

_INK: Dict[Tone, Style] = {
    Tone.GOOD: Style(color="green"),
    Tone.BUSY: Style(color="cyan"),
    Tone.WARN: Style(color="yellow"),
    Tone.BAD: Style(color="red"),
    Tone.PLAIN: PLAIN,
}
_SIGN: Dict[Tone, str] = {
    Tone.GOOD: " ",
    Tone.BUSY: Mark.BUSY.value,
    Tone.WARN: Mark.BAD.value,
    Tone.BAD: Mark.BAD.value,
    Tone.PLAIN: " ",
}


@cache
def word(tone: Tone) -> Style:
    """The verdict's word: bold, with its tone's ink where there are colours."""
    return BOLD + _INK[tone]


@cache
def letter(tone: Tone) -> Style:
    """A letter that says how bad: its tone's ink alone."""
    return _INK[tone]


def mark(look: Look) -> Style:
    """The mark in column 2."""
    return word(look.tone) if look.mark is not Mark.NONE else PLAIN


def sign(tone: Tone) -> str:
    """The one character that says of a line of text what colour would say."""
    return _SIGN[tone]
