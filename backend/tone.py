"""How a thing stands, said without colour: Tone, Mark and Look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Tuple


class Tone(Enum):
    """How well a thing is; ``theme`` alone knows what that looks like."""

    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"
    PLAIN = "plain"


class Mark(Enum):
    """What the second column says of a row: one character, the same in every pane."""

    NONE = " "
    BAD = "!"
    BUSY = "~"
    OUT = "-"
    NEW = "+"
    GONE = "x"
    SEEN = "a"
    UNKNOWN = "?"


@dataclass(frozen=True)
class Look:
    """How a row looks: its tone, its mark, and lines that say why where it is not well."""

    tone: Tone = Tone.PLAIN
    mark: Mark = Mark.NONE
    notes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Is it well? ``word`` is WELL, WARN, NOT WELL or a running verb; ``more`` a second line."""

    word: str
    text: str
    more: str = ""
    tone: Tone = Tone.GOOD


WELL = Look(tone=Tone.GOOD)
