"""What is printed: lines of printable ASCII, never longer than the paper is wide."""

from __future__ import annotations

from typing import IO, Iterable

from backend.clean import clean, cut, wrap
from backend.figure import Line
from backend.tone import Tone, Verdict

# The narrowest that is written for; narrower paper wraps.
NARROWEST = 20
# What a heading takes beside its text.
HEADING = 11

_SIGNS = {Tone.BAD: "!", Tone.WARN: "!", Tone.BUSY: "~"}


def plain(text: str) -> str:
    """Return text on one line in printable ASCII; other letters stand as their escapes."""
    if text.isascii() and text.isprintable():
        return text
    return clean(text).encode("ascii", "backslashreplace").decode("ascii")


def sign(tone: Tone) -> str:
    """Return the one character that says a tone."""
    return _SIGNS.get(tone, " ")


class Paper:
    """Goes on line by line: nothing that was printed is ever printed over."""

    def __init__(self, stream: IO[str], width: int) -> None:
        """``width`` is of the paper; its last cell stays free, for there some terminals wrap."""
        self._stream = stream
        self.width = max(width - 1, NARROWEST)

    def row(self, text: str = "") -> None:
        """Print one line, cut where it is too long."""
        self._stream.write(cut(plain(text), self.width).rstrip() + "\n")
        self._stream.flush()

    def say(self, text: str, *, indent: int = 0, hang: int = 2) -> None:
        """Print text on as many lines as it takes, all but the first ``hang`` further in."""
        text = plain(text)
        first = wrap(text, max(self.width - indent, NARROWEST // 2))[0]
        self.row(" " * indent + first)
        rest = text[len(first) :].strip()
        for part in wrap(rest, max(self.width - indent - hang, NARROWEST // 2)) if rest else ():
            self.row(" " * (indent + hang) + part)

    def rule(self) -> None:
        """Print a line across the paper."""
        self.row("-" * self.width)

    def verdict(self, verdict: Verdict) -> None:
        """Print a verdict: its word, its sentence, what else there is."""
        self.say("  ".join(filter(None, (verdict.word, verdict.text))))
        if verdict.more:
            self.say(verdict.more, indent=2)

    def lines(self, lines: Iterable[Line]) -> None:
        """Print lines that are laid out already, headings to their left."""
        for one in lines:
            if one.rule:
                self.rule()
                continue
            if one.heading and one.text:
                self._headed(one)
                continue
            text = plain(f"{sign(one.tone)} {one.text}" if one.text else one.heading)
            # What is laid out stays so; only letters that had to be spelled make it longer.
            if len(text) <= self.width:
                self.row(text)
            else:
                self.say(text)

    def prompt(self, text: str) -> None:
        """Print what is asked, and stay on its line."""
        self._stream.write(cut(plain(text), self.width - 1) + " ")
        self._stream.flush()

    def _headed(self, one: Line) -> None:
        heading = plain(one.heading)
        lead = f"{heading:<{HEADING - 1}} "
        parts = wrap(plain(one.text), max(self.width - len(lead), NARROWEST // 2))
        for index, part in enumerate(parts):
            self.row((lead if not index else " " * len(lead)) + part)
