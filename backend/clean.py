"""Text from outside made safe to print, and measured in the cells a terminal gives it."""

from __future__ import annotations

import re
import unicodedata
from typing import List

CUT = ".."

# Letters and marks that Python calls printable and that nobody sees: they make two names look
# like one. Fillers, blanks, the joiner of graphemes, selectors of variants.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(chr(code) for code in range(0xFE00, 0xFE10))
    + "".join(chr(code) for code in range(0xE0100, 0xE01F0))
)
# Marks that stack on the letter before; more than this many run over the lines around.
_STACKED = 2


def clean(text: str) -> str:
    r"""Return ``text`` on one line with nothing in it that a terminal would obey or hide.

    What is no visible character (controls C0 and C1 with escape and newline, bidi marks and
    overrides, zero-width and format characters, lone surrogates, private and unassigned code
    points, stacks of combining marks) is shown as its escape: ``\n``, ``\x1b``, ``\u202e``. Other
    spaces become a space. Letters of any script stay.
    """
    if text.isascii() and text.isprintable():
        return text
    out: List[str] = []
    stacked = 0
    for character in text:
        if unicodedata.category(character) in ("Mn", "Me", "Mc"):
            stacked += 1
            is_shown = bool(out) and stacked <= _STACKED and character not in _UNSEEN
            out.append(character if is_shown else _escape(character))
            continue
        stacked = 0
        out.append(_shown(character))
    return "".join(out)


def _shown(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    if character.isprintable() and character not in _UNSEEN and _cells_of(character) > 0:
        return character
    return _escape(character)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def cells(text: str) -> int:
    """Return how many cells of a terminal a cleaned text takes: a wide character takes two."""
    return len(text) if text.isascii() else sum(_cells_of(character) for character in text)


def _cells_of(character: str) -> int:
    from wcwidth import wcwidth  # its tables are not read where all is ASCII

    return max(0, wcwidth(character))


def cut(text: str, width: int) -> str:
    """Return a cleaned text cut to ``width`` cells; ``..`` at its end says that there was more."""
    if cells(text) <= width:
        return text
    if width <= len(CUT):
        return CUT[: max(0, width)]
    return _head(text, width - len(CUT)) + CUT


def shorten(text: str, width: int) -> str:
    """Return a cleaned text cut to ``width`` cells after a sentence, or else after a whole word."""
    if cells(text) <= width or width <= len(CUT):
        return cut(text, width)
    head = wrap(text, width - len(CUT))[0]
    said, end, _ = f"{head} ".rpartition(". ")
    if end and cells(said) >= cells(head) // 3:
        head = said
    return head.rstrip(" ,;:(.") + CUT


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return a cleaned text in exactly ``width`` cells, cut or filled with spaces."""
    text = cut(text, width)
    space = " " * (width - cells(text))
    return space + text if right else text + space


def wrap(text: str, width: int) -> List[str]:
    """Return a cleaned text as lines of at most ``width`` cells, broken at spaces where it can."""
    width = max(1, width)
    lines: List[str] = []
    line = ""
    for word in re.findall(r"\s*\S+", text):
        if cells(line + word) <= width:
            line += word
            continue
        if line:
            lines.append(line.rstrip())
        line = word.lstrip()
        while cells(line) > width:
            head = _head(line, width) or line[0]
            lines.append(head)
            line = line[len(head) :]
    if line or not lines:
        lines.append(line)
    return lines


def _head(text: str, width: int) -> str:
    """Return the longest start of ``text`` that takes at most ``width`` cells."""
    if text.isascii():
        return text[:width]
    taken = 0
    for index, character in enumerate(text):
        taken += _cells_of(character)
        if taken > width:
            return text[:index]
    return text
