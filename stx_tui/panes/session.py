"""The far end of a session as cells: its bytes end in an emulator, and never on our terminal."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, List, Tuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from backend.clean import cells, clean
from stx_tui import theme
from stx_tui.panes.far import Far, FarStream, shown
from stx_tui.panes.pane import Pane

_BRIGHT = "bright"
_NAMES = {"brown": "yellow"}


class SessionPane(Pane):
    """A window on the far end's screen; it follows the cursor where it is smaller."""

    def __init__(self, answer: Callable[[bytes], None]) -> None:
        super().__init__(id="far")
        self.far = Far(80, 24, answer)
        self._stream = FarStream(self.far)
        # How many rows one looks back; 0: what is there now.
        self.back = 0

    def take(self, data: bytes) -> None:
        """Show what the far end sent."""
        self._stream.feed(data)
        self.show()

    def fit(self, columns: int, rows: int) -> None:
        """Let the far end have so many columns and rows."""
        if (self.far.columns, self.far.lines) != (columns, rows):
            self.far.resize(rows, columns)
        self.show()

    def look_back(self, pages: int) -> None:
        """Look at what went by, that many pages further up."""
        most = len(self.far.past)
        self.back = max(0, min(most, self.back + pages * max(1, self.size.height - 1)))
        self.show()

    @property
    def lines_now(self) -> List[str]:
        """What stands there now, without the empty rows at its end."""
        now = [self.far.text(y) for y in range(self.far.lines)]
        while now and not now[-1]:
            now.pop()
        return now

    @property
    def lines_seen(self) -> List[str]:
        """All there is to be saved: what went by, then what stands there."""
        return [*self.far.past, *self.lines_now]

    def show(self) -> None:
        """Paint what is to be seen now."""
        width, height = self.size
        if not (width and height):
            return
        self.put(self._looked_back(width, height) if self.back else self._now(width, height))

    def _now(self, width: int, height: int) -> List[Strip]:
        far = self.far
        first = max(0, min(far.cursor.y - height + 1, far.lines - height))
        rows = range(first, min(first + height, far.lines))
        return [self._row(y, width) for y in rows]

    def _looked_back(self, width: int, height: int) -> List[Strip]:
        lines = self.lines_seen
        last = max(height, len(lines) - self.back)
        shown = lines[max(0, last - height) : last]
        return [Strip([Segment(clean(text)[:width], theme.PLAIN)]) for text in shown]

    def _row(self, y: int, width: int) -> Strip:
        row, cursor = self.far.buffer[y], self.far.cursor
        at = cursor.x if cursor.y == y and not cursor.hidden else -1
        segments: List[Segment] = []
        x = 0
        while x < min(width, self.far.columns):
            cell = row[x]
            style = _style(*cell[1:], is_cursor=x == min(at, self.far.columns - 1))
            text = shown(cell.data)
            room = max(1, cells(text))
            if segments and segments[-1].style == style:
                segments[-1] = Segment(segments[-1].text + text, style)
            else:
                segments.append(Segment(text, style))
            x += room
        return Strip(segments).adjust_cell_length(width)


@lru_cache(maxsize=512)
def _style(
    fg: str,
    bg: str,
    bold: bool,
    italics: bool,
    underscore: bool,
    strikethrough: bool,
    reverse: bool,
    blink: bool,
    *,
    is_cursor: bool,
) -> Style:
    del italics, strikethrough, blink  # no terminal of a serial line has them
    return Style(
        color=_colour(fg),
        bgcolor=_colour(bg),
        bold=bold or None,
        underline=underscore or None,
        reverse=(reverse != is_cursor) or None,
    )


def _colour(name: str) -> Any:
    """Return a colour as rich has it, None for the terminal's own."""
    if name == "default":
        return None
    if len(name) == 6 and all(digit in "0123456789abcdefABCDEF" for digit in name):
        return f"#{name}"
    if name.startswith(_BRIGHT):
        rest = name[len(_BRIGHT) :]
        return f"bright_{_NAMES.get(rest, rest)}"
    return _NAMES.get(name, name)


# --- keys --------------------------------------------------------------------------------------

_SEQUENCES = {
    "enter": b"\r",
    "tab": b"\t",
    "shift+tab": b"\x1b[Z",
    "backspace": b"\x7f",
    "escape": b"\x1b",
    "delete": b"\x1b[3~",
    "insert": b"\x1b[2~",
    "home": b"\x1b[1~",
    "end": b"\x1b[4~",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "ctrl+@": b"\0",
    "ctrl+space": b"\0",
    "ctrl+backslash": b"\x1c",
    "ctrl+right_square_bracket": b"\x1d",
    "ctrl+circumflex_accent": b"\x1e",
    "ctrl+underscore": b"\x1f",
}
_ARROWS = {"up": b"A", "down": b"B", "right": b"C", "left": b"D"}
_FUNCTIONS = (
    *("OP", "OQ", "OR", "OS", "[15~", "[17~"),
    *("[18~", "[19~", "[20~", "[21~", "[23~", "[24~"),
)


def function_key(number: int) -> bytes:
    """Return what F1 to F12 send, as a VT220 does."""
    return f"\x1b{_FUNCTIONS[number - 1]}".encode()


def bytes_of(name: str, character: str, *, is_application: bool) -> bytes:
    """Return what a key sends to the far end, nothing where it sends nothing."""
    if name in _SEQUENCES:
        return _SEQUENCES[name]
    if name in _ARROWS:
        return (b"\x1bO" if is_application else b"\x1b[") + _ARROWS[name]
    if name.startswith("ctrl+") and len(name) == 6 and name[5].isalpha():
        return bytes([ord(name[5].upper()) & 0x1F])
    if name[:1] == "f" and name[1:].isdigit() and 1 <= int(name[1:]) <= len(_FUNCTIONS):
        return function_key(int(name[1:]))
    if name.startswith("alt+") and len(name) == 5:
        return b"\x1b" + name[4].encode()
    return character.encode() if character and character.isprintable() else b""


Command = Tuple[str, str]

# What follows "~" at the beginning of a line; all of it can be typed on any line.
COMMANDS: Tuple[Command, ...] = (
    (".", "leave: the session is closed"),
    ("?", "these keys"),
    ("~", "send one ~"),
    ("p", "a page back in what went by"),
    ("n", "a page forward"),
    ("s", "save all that was seen into a file"),
    ("l", "write a log file from now on, or stop"),
    ("1 .. 0 - =", "send F1 .. F10 F11 F12"),
)


class Escape:
    """Sorts what is typed: ``~`` after a line's end begins a word to us, all else goes through."""

    def __init__(self) -> None:
        self._at_start = True
        self._is_open = False

    def take(self, typed: bytes) -> Tuple[bytes, str]:
        """Return what is to be sent, and the command that was given ("": none)."""
        if self._is_open:
            self._is_open = False
            self._at_start = False
            if typed == b"~":
                return b"~", ""
            word = typed.decode("ascii", "ignore")
            if len(word) == 1 and word in ".?pnsl1234567890-=":
                self._at_start = True
                return b"", word
            return b"~" + typed, ""
        if typed == b"~" and self._at_start:
            self._is_open = True
            return b"", ""
        self._at_start = typed.endswith((b"\r", b"\n", b"\x03", b"\x04"))
        return typed, ""

    @property
    def is_open(self) -> bool:
        """Whether a ``~`` waits for what follows it."""
        return self._is_open
