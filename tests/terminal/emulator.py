"""A terminal emulator to read our bytes with: pyte, and its cells as plain values."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

import pyte


class Seen(NamedTuple):
    """One cell as it is seen: on a blank only what shows on a blank."""

    text: str
    bold: bool = False
    underline: bool = False
    reverse: bool = False
    ink: str = "default"
    ground: str = "default"


class _Screen(pyte.Screen):
    """pyte's screen; it keeps what the terminal answers."""

    answers = b""

    def erase_in_display(self, how: int = 0, *_: Any, **__: Any) -> None:
        """As pyte's, but cells nothing was ever written to take the ground's colour too."""
        y = self.cursor.y
        rows = (range(y + 1, self.lines), range(y), range(self.lines), range(self.lines))[how]
        for row in rows:
            self.buffer[row].update(dict.fromkeys(range(self.columns), self.cursor.attrs))
        if how < 2:
            self.erase_in_line(how)

    def write_process_input(self, data: str) -> None:
        self.answers += data.encode()


class Emulator:
    """feed() it bytes; `text()` and `cells()` are what a person would see."""

    def __init__(self, width: int = 80, height: int = 24, *, utf8: bool = True) -> None:
        self.screen = _Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        if not utf8:
            self._stream.select_other_charset("@")
        self.width, self.height = width, height

    def feed(self, data: bytes) -> None:
        self._stream.feed(data)

    def answers(self) -> bytes:
        """What the terminal says by itself since it was last asked."""
        said, self.screen.answers = self.screen.answers, b""
        return said

    def text(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    def cells(self, *, colours: bool = True) -> list[list[Seen]]:
        columns = range(self.width)
        rows = (self.screen.buffer[y] for y in range(self.height))
        return [[_seen(row[x], colours) for x in columns] for row in rows]


@lru_cache(maxsize=65536)
def _seen(cell: Any, colours: bool) -> Seen:
    text = unicodedata.normalize("NFC", cell.data)
    ink, ground = (cell.fg, cell.bg) if colours else ("default", "default")
    if text == " ":
        shown = cell.reverse or cell.underscore
        bold = cell.bold and shown and ink != "default"
        return Seen(" ", bold, cell.underscore, cell.reverse, ink if shown else "default", ground)
    return Seen(text, cell.bold, cell.underscore, cell.reverse, ink, ground)
