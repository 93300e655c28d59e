"""One line of a log, and what every log can be asked: the contract of a Stream that was opened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Callable, Iterator, Optional, Protocol, Tuple, Union

from backend.logs.formats import shown, stamp, tone
from backend.tone import Tone

# Where a line begins or ends in its own log; nobody but that log knows what it means.
Position = Union[Tuple[int, int], str]

# Bytes of a line that are kept to be shown; the rest stays in the file, and is saved with it.
LONGEST = 4096


@dataclass(frozen=True)
class LogLine:
    """A line as it was written, without its end.

    ``at_ms`` (epoch ms) is when: its own time, else that of the line it continues, else 0.
    ``log`` names the log, ``start`` and ``end`` are its places in it; ``size`` are its bytes where
    ``raw`` holds only the first of them.
    """

    raw: bytes
    at_ms: int
    log: str
    start: Position
    end: Position
    size: int
    changed_ms: int = 0
    # How bad it is, where that is not in its text: the journal has it beside.
    said: Optional[Tone] = None

    @cached_property
    def tone(self) -> Tone:
        """How bad it says it is."""
        return self.said if self.said is not None else tone(self.raw)

    @cached_property
    def text(self) -> str:
        """The line to be read beside its time: nothing in it that a terminal obeys."""
        words = shown(self.raw, stamp(self.raw, self.changed_ms))
        return words if self.size <= len(self.raw) else f"{words} (+ {self.size - len(self.raw)} B)"


class Find(Protocol):
    """What lines are looked for: one of ``words`` stands in each, in that case if ``is_exact``."""

    @property
    def words(self) -> Tuple[bytes, ...]:
        """What another machine is told to look for."""

    @property
    def is_exact(self) -> bool:
        """Whether capitals matter."""

    def __call__(self, line: bytes) -> bool:
        """Whether a line is one of them."""

    def might(self, block: bytes) -> bool:
        """Whether a block may hold one: fast, and never wrong with no."""

    def count(self, block: bytes) -> int:
        """Return how many lines of a block are; it holds whole ones."""


@dataclass(frozen=True)
class Landing:
    """Where a time was found in a log; ``notes`` say what is doubtful about it."""

    position: Position
    notes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Extent:
    """How far a log goes: epoch ms (None: no line says), bytes where they are known."""

    from_ms: Optional[int]
    to_ms: Optional[int]
    size: int = 0


class Log(Protocol):
    """A stream that was opened. Every call may block; none is made on the event loop.

    ``down`` and ``up`` give the lines after and before a position, with ``find`` only those, and
    call ``step(bytes gone over)`` often: it raises ``Stopped`` where nobody waits any more.
    """

    name: str

    def extent(self) -> Extent:
        """Return from when to when it goes; cheap."""

    def first(self) -> Position:
        """Return where it begins."""

    def last(self) -> Position:
        """Return where it ends now."""

    def at(self, ms: int) -> Landing:
        """Return where the first line of that time or later begins."""

    def down(
        self, position: Position, find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        """Go through the lines from ``position`` on to the end there is now."""

    def up(
        self, position: Position, find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        """Go through the lines before ``position``, the nearest first."""

    def count(self, find: Find, step: Callable[[int], None]) -> int:
        """Return how many lines there are to find."""

    def whole(self, line: LogLine) -> bytes:
        """Return all bytes of a line of it."""

    def notes(self) -> Tuple[str, ...]:
        """Return what is not whole about it: parts cut off, damaged, dropped."""

    def news(self) -> Tuple[str, ...]:
        """Return what became of it since it was asked last: rotated, truncated, deleted."""

    def close(self) -> None:
        """Let go of it."""


class Stopped(Exception):
    """Nobody waits for the answer any more."""
