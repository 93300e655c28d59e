"""Input bytes, however broken they arrive, as Textual's events."""

from __future__ import annotations

import codecs
import re
from typing import Callable, Iterator, Optional

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import KEY_NAME_REPLACEMENTS, _character_to_key
from textual.message import Message

ESCAPE_S = 0.4
"""An escape sequence may come in two packets this far apart (serial over LAN does that)."""
PASTE_AT = 4
"""So many characters without a pause are a paste; nobody types, and no noise acts, like that."""
PASTE_MAX = 65536
_PASTE_END_S = 1.0

_PASTE_BEGIN, _PASTE_END = "200~", "\x1b[201~"
_WELL = "0n"
_CPR = re.compile(r"\d+;\d+R\Z")
_MODIFIED_F3 = re.compile(r"1;[2-8]R\Z")
_KEPT = "\r\n\t"
_PARAMETERS = re.compile(r"[ -?]*")
_SEQUENCE_MAX = 32
# Of a VT220 and an application keypad; the rest is as Textual has it.
_KEYPAD = dict(zip("pqrstuvwxyMlmnj", "0123456789\r,-.*"))
_DROPPED = {"\0", "\x11", "\x13"}
"""NUL is a break or a filler; XON and XOFF are the line's own and must never quit anything."""


class Keys:
    """feed() it bytes as they come and tick() it in between; both yield events.

    `gap_s` is the longest silence inside a burst: a paste has none, a typist always has.
    """

    def __init__(
        self, gap_s: float = 0.015, *, on_answer: Optional[Callable[[], None]] = None
    ) -> None:
        self._gap_s = gap_s
        self._on_answer = on_answer
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="ignore").decode
        self._pending = ""
        self._pending_at = 0.0
        self._burst = ""
        self._burst_at = 0.0
        self._paste: Optional[list[str]] = None
        self._after_return = False

    def wait_s(self, now: float) -> Optional[float]:
        """Seconds after which tick() has something to say, or None."""
        due = []
        if self._burst:
            due.append(self._burst_at + self._gap_s)
        if self._pending:
            due.append(self._pending_at + ESCAPE_S)
        if self._paste is not None:
            due.append(self._pending_at + _PASTE_END_S)
        return max(0.0, min(due) - now) if due else None

    def feed(self, data: bytes, now: float) -> Iterator[Message]:
        """Events for bytes that arrived at `now` (seconds, monotonic)."""
        yield from self.tick(now)
        arrived = bool(self._pending)  # what is pending came in an earlier read
        text = self._pending + self._decode(data)
        self._pending = ""
        at = 0
        while at < len(text):
            if self._paste is not None:
                length, found = self._pasted(text[at:])
            elif text[at] == "\x1b":
                length, found = self._escape(text[at:], late=arrived and at == 0)
                yield from self._flush() if length else ()
            else:
                length, found = 1, list(self._plain(text[at], now))
            if length == 0:
                self._pending = text[at:]
                break
            yield from found
            at += length
        if self._pending or self._paste is not None:
            self._pending_at = now

    def tick(self, now: float) -> Iterator[Message]:
        """Events that time alone decides: a lone Escape, the end of a burst or of a paste."""
        if self._burst and now - self._burst_at >= self._gap_s:
            yield from self._flush()
        if self._paste is not None and now - self._pending_at >= _PASTE_END_S:
            yield from self._end_paste()
        if self._pending and now - self._pending_at >= ESCAPE_S:
            alone, self._pending = self._pending == "\x1b", ""
            yield from self._flush()
            if alone:
                yield events.Key("escape", "\x1b")
            # The head of a sequence whose rest was lost says nothing.

    def _plain(self, char: str, now: float) -> Iterator[Message]:
        newline = char == "\n" and self._after_return
        self._after_return = char == "\r"
        if char in _DROPPED or newline:
            return
        if char.isprintable() or char in _KEPT:
            self._burst += char
            self._burst_at = now
            if len(self._burst) >= PASTE_MAX:
                yield from self._flush()
            return
        yield from self._flush()
        yield from keys_of(char)

    def _flush(self) -> Iterator[Message]:
        burst, self._burst = self._burst, ""
        if len(burst) >= PASTE_AT and len(set(burst)) > 1:
            yield events.Paste(burst.replace("\r", "\n"))
            return
        for char in burst:
            yield from keys_of(char)

    def _escape(self, text: str, *, late: bool) -> tuple[int, list[Message]]:
        """Length and events of the sequence that text begins with; length 0: more is needed."""
        if len(text) == 1:
            return 0, []
        kind = text[1]
        if kind == "\x1b":
            return 1, [events.Key("escape", "\x1b")]
        if kind == "O":
            return self._keypad(text)
        if kind == "[":
            return self._control(text)
        if late or not kind.isprintable():
            return 1, [events.Key("escape", "\x1b")]
        return 2, list(_alt(kind))

    def _keypad(self, text: str) -> tuple[int, list[Message]]:
        if len(text) == 2:
            return 0, []
        if text[2] in _KEYPAD:
            return 3, list(keys_of(_KEYPAD[text[2]]))
        return 3, list(keys_of(text[:3]))

    def _control(self, text: str) -> tuple[int, list[Message]]:
        if text[2:3] == "[":  # the Linux console's F1 to F5
            return (4, list(keys_of(text[:4]))) if len(text) > 3 else (0, [])
        if text[2:3] == "M":  # an old mouse report: three bytes follow
            return (6, []) if len(text) >= 6 else (0, [])
        end = _PARAMETERS.match(text, 2).end()  # type: ignore[union-attr]
        if end == len(text):
            return (0, []) if end < _SEQUENCE_MAX else (end, [])
        if not "@" <= text[end] <= "~":
            return end, []  # noise: what follows stands for itself
        return end + 1, list(self._sequence(text[: end + 1], text[2 : end + 1]))

    def _sequence(self, sequence: str, body: str) -> Iterator[Message]:
        """What a whole control sequence says; `body` is it without its two leading bytes."""
        if body == _PASTE_BEGIN:
            self._paste = []
        elif body == _WELL:
            if self._on_answer is not None:
                self._on_answer()
        elif body == "I":
            yield events.AppFocus()
        elif body == "O":
            yield events.AppBlur()
        elif not _CPR.match(body) or _MODIFIED_F3.match(body):
            # A report of the cursor is a late answer to the question for the size.
            yield from keys_of(sequence)

    def _pasted(self, text: str) -> tuple[int, list[Message]]:
        """Takes text into the paste under way, and ends it where its end mark is."""
        assert self._paste is not None
        end = text.find(_PASTE_END)
        if end >= 0:
            self._paste.append(text[:end])
            return end + len(_PASTE_END), list(self._end_paste())
        # The end mark may be cut in two.
        sizes = range(len(_PASTE_END) - 1, 0, -1)
        held = next((size for size in sizes if text.endswith(_PASTE_END[:size])), 0)
        self._paste.append(text[: len(text) - held])
        return len(text) - held, []

    def _end_paste(self) -> Iterator[Message]:
        text = "".join(self._paste or [])[:PASTE_MAX]
        self._paste = None
        clean = "".join(char for char in text.replace("\r", "\n") if _is_text(char))
        if clean:
            yield events.Paste(clean)


def _is_text(char: str) -> bool:
    return char.isprintable() or char in "\n\t"


def _alt(char: str) -> Iterator[Message]:
    """Alt and a key that came in one read."""
    for event in keys_of(char):
        key = f"shift+{char.lower()}" if char.isupper() else event.key
        yield events.Key(f"alt+{key}", char)


def keys_of(sequence: str) -> Iterator[events.Key]:
    """The keys a character or a whole sequence stands for; none where nobody knows it."""
    if sequence in _DROPPED:
        return
    if sequence == "\n":
        yield events.Key("enter", "\r")
        return
    known = ANSI_SEQUENCES_KEYS.get(sequence)
    if isinstance(known, tuple):
        # Textual gives Escape and a key for Alt and a key; an Escape nobody pressed closes things.
        yield events.Key(known[-1].value, sequence if len(sequence) == 1 else None)
    elif len(sequence) == 1:
        name = sequence if sequence.isalnum() else _character_to_key(sequence)
        yield events.Key(KEY_NAME_REPLACEMENTS.get(name, name), sequence)
