"""What is drawn, as values: Lines, Bars, Spark, Tree, States, Timeline, Schedule; no colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Tuple, Union

from backend.tone import Tone


@dataclass(frozen=True)
class Jump:
    """A place in the console: a kind, and a row of it where ``id`` is given."""

    kind: str
    id: str = ""


@dataclass(frozen=True)
class Line:
    """One line of text, perhaps with a heading on its left and a place that Enter jumps to.

    A ``rule`` is a horizontal line instead of text.
    """

    text: str = ""
    heading: str = ""
    tone: Tone = Tone.PLAIN
    jump: Optional[Jump] = None
    rule: bool = False


@dataclass(frozen=True)
class Lines:
    """Text as an operator reads it, one thought a line."""

    lines: Tuple[Line, ...] = ()

    @property
    def brief(self) -> Lines:
        """What stands before the first rule: all that is said where there is little room."""
        ends = next((at for at, one in enumerate(self.lines) if one.rule), len(self.lines))
        return Lines(lines=self.lines[:ends])


@dataclass(frozen=True)
class Bar:
    """One quantity of a whole, both in ``unit``; ``said`` is the same in words of its own."""

    label: str
    value: float
    whole: float
    unit: str = ""
    said: str = ""
    tone: Tone = Tone.PLAIN
    jump: Optional[Jump] = None


@dataclass(frozen=True)
class Bars:
    """Quantities beside each other."""

    bars: Tuple[Bar, ...]


@dataclass(frozen=True)
class Spark:
    """The course of one number: ``points`` are (epoch ms, value), oldest first."""

    label: str
    points: Tuple[Tuple[int, float], ...]
    unit: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Node:
    """A node of a tree, with the row that Enter jumps to."""

    id: str
    text: str
    tone: Tone = Tone.PLAIN
    jump: Optional[Jump] = None


@dataclass(frozen=True)
class Tree:
    """Nodes, and edges (parent id, child id); a node without a parent is a root."""

    nodes: Tuple[Node, ...]
    edges: Tuple[Tuple[str, str], ...] = ()


@dataclass(frozen=True)
class States:
    """A state machine: all states, the legal edges, and where it stands."""

    states: Tuple[str, ...]
    edges: Tuple[Tuple[str, str], ...]
    current: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class TimelineStep:
    """One step: what the system calls it, what it says of it, and its times in ms.

    ``began_ms``/``ended_ms`` are instants (None: not yet); ``usual_ms`` is the middle of this
    site's own former times (None: never seen here), from ``seen`` of them.
    """

    name: str
    says: str = ""
    tone: Tone = Tone.PLAIN
    began_ms: Optional[int] = None
    ended_ms: Optional[int] = None
    usual_ms: Optional[int] = None
    seen: int = 0

    @property
    def is_done(self) -> bool:
        """Whether the system was seen past this step."""
        return self.ended_ms is not None

    @property
    def is_running(self) -> bool:
        """Whether the step began and has not ended."""
        return self.began_ms is not None and self.ended_ms is None


@dataclass(frozen=True)
class Timeline:
    """Steps in their order, at the instant ``now_ms``; ``notes`` stand below them."""

    title: str
    steps: Tuple[TimelineStep, ...]
    now_ms: int
    began_ms: int
    notes: Lines = field(default_factory=Lines)
    failed: str = ""

    @property
    def is_done(self) -> bool:
        """Whether every step is done."""
        return all(step.is_done for step in self.steps)

    @property
    def usual_ms(self) -> Optional[int]:
        """The sum of the usual times, None where one of them is not known here."""
        usual = [step.usual_ms for step in self.steps]
        return sum(ms for ms in usual if ms is not None) if None not in usual else None


@dataclass(frozen=True)
class Stretch:
    """One line of a schedule: from when to when it ran, or how long it is expected to run.

    Instants are epoch ms (None: not yet). ``expected_ms`` is a length (None: nobody knows), from
    ``seen`` former times. ``depth`` 1 stands under the line of depth 0 before it.
    """

    name: str
    began_ms: Optional[int] = None
    ended_ms: Optional[int] = None
    expected_ms: Optional[int] = None
    seen: int = 0
    depth: int = 0
    tone: Tone = Tone.PLAIN
    jump: Optional[Jump] = None

    @property
    def is_running(self) -> bool:
        """Whether it began and has not ended."""
        return self.began_ms is not None and self.ended_ms is None


@dataclass(frozen=True)
class Schedule:
    """Stretches one after the other on an axis of time, at the instant ``now_ms``.

    A bar is never drawn past now for something that has not happened; what is only expected looks
    otherwise than what was. ``notes`` stand below.
    """

    stretches: Tuple[Stretch, ...]
    now_ms: int
    notes: Lines = field(default_factory=Lines)


Figure = Union[Lines, Bars, Spark, Tree, States, Timeline, Schedule]
