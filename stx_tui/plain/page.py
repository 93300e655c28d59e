"""One place of the line mode: what it prints, and what can be typed there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Mapping, Optional, Tuple, Union

from backend.figure import Jump
from backend.known import Key, Known, Reading
from stx_tui.plain.talk import Talk

Help = Tuple[Tuple[str, str], ...]


class Page(ABC):
    """What stands on top of the walk; it speaks through ``talk``."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk

    @property
    @abstractmethod
    def prompt(self) -> str:
        """What can be typed here, in one line."""

    @property
    @abstractmethod
    def help(self) -> Help:
        """What can be typed here, and what it does."""

    @abstractmethod
    def keys(self) -> Tuple[Key, ...]:
        """Return the readings it rests on."""

    async def read(self) -> None:
        """Read what it shows beside its keys; most have nothing."""
        return

    async def close(self) -> None:
        """Let go of what it holds; most hold nothing."""
        return

    @abstractmethod
    def show(self) -> None:
        """Print it as it is now."""

    @abstractmethod
    async def hear(self, text: str) -> Union[Page, Jump, bool]:
        """Return where to go, True where it was done here, False where it says nothing here."""

    @abstractmethod
    def stands(self, known: Known) -> Mapping[str, str]:
        """Return what a watcher wants to hear of when it differs, by what it is about."""

    def news(self, before: Known, reading: Optional[Reading[Any]]) -> Tuple[str, ...]:
        """Return what a reading changed here, one line each."""
        del before, reading
        return ()


def number(text: str) -> Optional[int]:
    """Return the number that was typed, None where it is none that anybody would mean."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def upto(last: int) -> str:
    """Return the numbers that can be typed, as ``1-7``."""
    return f"1-{last}" if last > 1 else "1"
