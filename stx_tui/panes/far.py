"""The emulator that a session's bytes end in: noise ends no session, and swallows none."""

from __future__ import annotations

from collections import deque
from inspect import signature
from typing import Callable, Deque, Iterator, Optional
from unicodedata import combining

import pyte

from backend.clean import cells, clean

KEPT = 5000
"""Lines that are kept after they left the top of the screen."""

MARKS_MOST = 4
"""Combining characters that are put on one letter."""

LONGEST = 4096
"""Characters of one sequence: a longer one is noise, and what follows is text again."""

# The mode in which arrows are sent as an application wants them (DECCKM, private, as pyte has it).
_CURSOR_KEYS = 1 << 5
# What a text has never in it.
_ESC, _ENDS_ANY = "\x1b", "\r\n\x18\x1a"
# How a sequence goes on that takes numbers, and one that takes text, after ESC or by itself.
_NUMBERS, _TEXT = ("[", "\x9b"), ("]", "\x9d")


class Far(pyte.Screen):
    """What the far end believes to write on; lines that leave its top are kept."""

    def __init__(self, columns: int, lines: int, answer: Callable[[bytes], None]) -> None:
        """``answer`` sends what the emulator says of itself: where its cursor is, what it is."""
        self.past: Deque[str] = deque(maxlen=KEPT)
        self.passed = self._marks = 0
        self._answer = answer
        super().__init__(columns, lines)

    def index(self) -> None:
        """Scroll; the line that goes is kept where the whole screen scrolls."""
        top, bottom = self.margins or (0, self.lines - 1)
        if self.cursor.y == bottom and top == 0:
            self.past.append(self.text(0))
            self.passed += 1
        super().index()

    def draw(self, data: str) -> None:
        """Put text; of marks on one letter, of which noise may send thousands, a few are kept."""
        super().draw(data if data.isascii() else "".join(self._calm(data)))

    def _calm(self, data: str) -> Iterator[str]:
        for char in data:
            self._marks = self._marks + 1 if combining(char) else 0
            if self._marks <= MARKS_MOST:
                yield char

    def write_process_input(self, data: str) -> None:
        """Answer the far end."""
        self._answer(data.encode("ascii", "ignore"))

    def text(self, y: int) -> str:
        """Return row ``y`` as text, without what stands empty at its end."""
        row = self.buffer[y]
        return "".join(shown(row[x].data) for x in range(self.columns)).rstrip()

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """Erase a part of the row; a part that there is none of is left alone."""
        if how in (0, 1, 2):
            super().erase_in_line(how, private)

    def erase_in_display(self, how: int = 0, *more: int, private: bool = False) -> None:
        """Erase a part of the screen; a part that there is none of is left alone."""
        if how in (0, 1, 2, 3):
            super().erase_in_display(how, *more, private=private)

    @property
    def is_application(self) -> bool:
        """Whether arrows are to be sent as an application wants them."""
        return _CURSOR_KEYS in self.mode


def _as_it_comes(obey: Callable[..., None]) -> Callable[..., None]:
    """Return a verb of the emulator as a terminal obeys it, whatever the far end sends.

    The library hands on all numbers of a sequence, and that it is private. An editor that asks
    what we are (``CSI ? 4 m``), or a line with noise on it, would end the session: numbers too
    many are left out, and what is private and not known is not obeyed.
    """
    known = signature(obey).parameters.values()
    takes_all = any(one.kind is one.VAR_POSITIONAL for one in known)
    most = sum(one.kind is one.POSITIONAL_OR_KEYWORD and one.name != "private" for one in known) - 1
    is_private = any(one.name == "private" or one.kind is one.VAR_KEYWORD for one in known)

    def heard(far: Far, *numbers: int, private: bool = False) -> None:
        given = numbers if takes_all else numbers[:most]
        if private and is_private:
            obey(far, *given, private=True)
        elif not private:
            obey(far, *given)

    return heard


for _verb in set(pyte.ByteStream.csi.values()):
    setattr(Far, _verb, _as_it_comes(getattr(Far, _verb)))


class FarStream(pyte.ByteStream):
    """What the far end sends, taken as terminals do where the library would not.

    There a text without an end (a title, of a binary somebody looks at) swallows all that follows,
    and a number that is none (``CSI ² m``) or has thousands of digits raises a ``ValueError``.
    """

    # How the open sequence began, so many characters ago; whether an ESC in a text waits for more.
    _kind, _length, _is_ending = "", 0, False

    def _send_to_parser(self, data: str) -> Optional[bool]:
        begins = self._is_ending and data not in ("\\", _ESC)
        if self._is_noise(data):
            self._initialize_parser()
            self._kind, self._length = "", 0
            if begins:
                self._step(_ESC)
        return self._step(data)

    def _step(self, data: str) -> Optional[bool]:
        is_text: Optional[bool] = super()._send_to_parser(data)
        if is_text:
            self._kind, self._length = "", 0
        else:
            self._kind = data if self._kind in ("", _ESC) else self._kind
            self._length += 1
        self._is_ending = self._kind in _TEXT and data == _ESC
        return is_text

    def _is_noise(self, data: str) -> bool:
        """Whether the sequence that is open is none, as ``data`` comes next."""
        if self._kind in _NUMBERS:
            return self._length > LONGEST or (data.isdigit() and not data.isascii())
        if self._kind in _TEXT:
            is_cut = self._is_ending and data != "\\"
            return is_cut or data in _ENDS_ANY or self._length > LONGEST
        return False


def shown(data: str) -> str:
    """Return one cell's text: printable, or a question mark that takes its place."""
    if data.isascii() and data.isprintable() and data:
        return data
    if not data:
        return ""
    text = clean(data)
    return text if 0 < cells(text) <= 2 else "?"
