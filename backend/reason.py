"""Why something is refused, and what it would stop: what is said before an act."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional

from backend.figure import Jump
from backend.tone import Tone


class Answer(Enum):
    """What a check found."""

    PASSES = "ok"
    NO = "no"
    CANT_TELL = "?"


class Asker(Enum):
    """Who asks a check: the service too, only we, or only the server (we can't)."""

    SERVICE = "service"
    OURS = "ours"
    SERVER = "server"


@dataclass(frozen=True)
class Reason:
    """What one check says of one action: ``check`` names it, ``words`` say why.

    NO blocks, with a ``jump`` to where it is mended; CANT_TELL never blocks and is shown. What is
    ``of_form`` comes of the answers alone: before anybody was asked it says nothing.
    """

    check: str
    answer: Answer
    words: str = ""
    jump: Optional[Jump] = None
    asker: Asker = Asker.SERVICE
    of_form: bool = False

    @classmethod
    def passes(cls, check: str) -> Reason:
        """Return that a check of the service's was asked here, and passes."""
        return cls(check=check, answer=Answer.PASSES)

    @classmethod
    def no(cls, check: str, words: str, jump: Optional[Jump] = None) -> Reason:
        """Return why the service would refuse, and where that is mended."""
        return cls(check=check, answer=Answer.NO, words=words, jump=jump)

    @classmethod
    def cant_tell(cls, check: str, words: str = "", jump: Optional[Jump] = None) -> Reason:
        """Return that only the server knows, or that what was to be looked at was not read."""
        return cls(check=check, answer=Answer.CANT_TELL, words=words, jump=jump, asker=Asker.SERVER)

    @property
    def blocks(self) -> bool:
        """Whether the action must not be sent."""
        return self.answer is Answer.NO


@dataclass(frozen=True)
class Consequence:
    """What will stop or come, in words; BAD tone is what has nowhere else to go."""

    words: str
    tone: Tone = Tone.PLAIN
    jump: Optional[Jump] = None
