"""Which sources are late, and by how much: what is old is said, never hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, Iterable, Tuple

from backend.kind import Kind, Rest
from backend.known import Key, Known, Reading
from backend.tone import Tone, Verdict
from backend.units import span
from stx_tui.rooms import Rooms

# A source is late when its rows are older than so many of its own periods.
PERIODS = 3.0


@dataclass(frozen=True)
class Late:
    """A source whose rows are old: its name and their age in ms (-1: it never answered)."""

    source: str
    age_ms: int

    def __str__(self) -> str:
        """As row 1 says it."""
        return f"NO {self.source}" if self.age_ms < 0 else f"AGE {span(self.age_ms)} {self.source}"

    def is_worse_than(self, other: Late) -> bool:
        """Whether this is older; nothing is older than what never came."""
        return other.age_ms >= 0 and not 0 <= self.age_ms <= other.age_ms


def late(known: Known, rooms: Rooms, looked_at: Iterable[Key]) -> Tuple[Late, ...]:
    """Return the sources that are late among what is looked at, each once, the oldest first."""
    worst: Dict[str, Late] = {}
    for name, parent in looked_at:
        kind, reading = rooms.kind(name), known.readings.get((name, parent))
        if kind is None or reading is None or not _is_late(kind, reading, known.now_ms):
            continue
        source = kind.read.service if isinstance(kind.read, Rest) else "record"
        age_ms = known.now_ms - reading.at_ms if reading.was_read else -1
        one = Late(source=source, age_ms=age_ms)
        if source not in worst or one.is_worse_than(worst[source]):
            worst[source] = one
    return tuple(sorted(worst.values(), key=lambda one: (one.age_ms >= 0, -one.age_ms)))


def _is_late(kind: Kind[Any], reading: Reading[Any], now_ms: int) -> bool:
    if reading.error is not None or reading.is_remembered:
        return True
    return reading.was_read and now_ms - reading.at_ms > PERIODS * kind.every_s * 1000


def as_it_was(verdict: Verdict, reading: Reading[Any], now_ms: int) -> Verdict:
    """Return a verdict that does not claim to know what it only remembers."""
    error = reading.error
    if error is not None and not reading.was_read:
        return Verdict(word="CANNOT", text=str(error), more=error.advice, tone=Tone.BAD)
    if error is None and not reading.is_remembered:
        return _with_malformed(verdict, reading)
    ago = f"{verdict.text} (as of {span(now_ms - reading.at_ms)} ago)"
    why = f"{error}. {error.advice}" if error is not None else "last known state; asking again"
    return Verdict(word=f"WAS {verdict.word}".rstrip(), text=ago, more=why, tone=Tone.WARN)


def _with_malformed(verdict: Verdict, reading: Reading[Any]) -> Verdict:
    """Return a verdict that says how many rows could not be read as their kind."""
    faults = reading.malformed
    if not faults:
        return verdict
    words = f"{len(faults)} could not be read: {faults[0]}"
    return replace(verdict, more=f"{words}; {verdict.more}" if verdict.more else words)
