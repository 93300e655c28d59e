"""Which sources are late, and by how much: what is old is said, never hidden."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Iterable, Optional, Sequence, Tuple

from backend.called import none_of
from backend.errors import Absent, NotConfigured, StxError
from backend.kind import Kind
from backend.known import Key, Known, Reading
from backend.tone import Tone, Verdict
from backend.units import span
from stx_tui.rooms import Rooms

# A source is late when it was silent for so many of its own periods.
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


def late(
    known: Known,
    rooms: Rooms,
    looked_at: Iterable[Key],
    silent_s: Optional[Callable[[Key], float]] = None,
) -> Tuple[Late, ...]:
    """Return the sources that are late among what is looked at, each once, the oldest first.

    ``silent_s`` says for how long a kind did not answer; without it the rows' own age is taken.
    """
    worst: Dict[str, Late] = {}
    for key in looked_at:
        kind, reading = rooms.kind(key[0]), known.readings.get(key)
        if kind is None or reading is None or not kind.read.source:
            # What is worked out is as late as what it is worked out of, and that is looked at too.
            continue
        age_ms = known.now_ms - reading.at_ms if reading.was_read else -1
        silent = silent_s(key) if silent_s is not None else age_ms / 1000
        # What this cloud or machine has not is not late.
        is_wrong = reading.error is not None and not isinstance(reading.error, NotConfigured)
        if isinstance(reading.error, NotConfigured) and not reading.was_read:
            continue
        if not (is_wrong or reading.is_remembered or silent > PERIODS * kind.every_s):
            continue
        source = kind.read.source
        one = Late(source=source, age_ms=age_ms)
        if source not in worst or one.is_worse_than(worst[source]):
            worst[source] = one
    return tuple(sorted(worst.values(), key=lambda one: (one.age_ms >= 0, -one.age_ms)))


def as_it_was(verdict: Verdict, reading: Reading[Any], now_ms: int) -> Verdict:
    """Return a verdict that does not claim to know what it only remembers."""
    error = reading.error
    if isinstance(error, Absent) and not reading.was_read:
        return Verdict(word="ABSENT", text=str(error), more=error.advice, tone=Tone.PLAIN)
    if error is not None and not reading.was_read:
        return Verdict(word="CANNOT", text=str(error), more=error.advice, tone=Tone.BAD)
    if error is None and not reading.is_remembered:
        return _with_malformed(verdict, reading)
    ago = f"{verdict.text} (as of {span(now_ms - reading.at_ms)} ago)"
    why = f"{error}. {error.advice}" if error is not None else "last known state; asking again"
    return Verdict(word=f"WAS {verdict.word}".rstrip(), text=ago, more=why, tone=Tone.WARN)


def unread(kind: Kind[Any], error: StxError) -> str:
    """Return why there are no rows of a kind: it was not read, or there is no such thing there."""
    if isinstance(error, Absent):
        return f"{none_of(kind)} here: {error}"
    return f"{kind.name} were not read: {error}"


def _with_malformed(verdict: Verdict, reading: Reading[Any]) -> Verdict:
    """Return a verdict that says how many rows could not be read as their kind."""
    faults = reading.malformed
    if not faults:
        return verdict
    words = f"{len(faults)} could not be read: {faults[0]}"
    return replace(verdict, more=f"{words}; {verdict.more}" if verdict.more else words)


def is_news(before: Known, now: Known, reading: Optional[Reading[Any]]) -> bool:
    """Whether more is known than before, other than what time it is: ``reading`` brought it."""
    if replace(before, now_ms=now.now_ms, readings=now.readings) != now:
        return True
    if reading is None:
        return False
    last = before.reading(reading.kind, reading.parent)
    same = (last.error, last.was_read, last.is_remembered, last.malformed)
    return bool(
        reading.changed
        or reading.gone
        or same != (reading.error, reading.was_read, reading.is_remembered, reading.malformed)
    )


class Heard:
    """When each kind last answered, by a clock that nobody sets: an hour's jump makes none late."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._at_s: Dict[Key, float] = {}

    def note(self, reading: Reading[Any]) -> None:
        """Take a reading as it arrives."""
        if reading.error is None and not reading.is_remembered:
            self._at_s[reading.kind, reading.parent] = self._now_s()

    def silent_s(self, key: Key) -> float:
        """Return for how long a kind did not answer, 0 where it was never noted."""
        return self._now_s() - self._at_s.get(key, self._now_s())

    def ages(self, known: Known, rooms: Rooms, looked_at: Sequence[Key]) -> Tuple[str, bool]:
        """Return the words of row 1, and whether they are bad news: late ones, else ``live``.

        Ages are said in steps of ten seconds, and those that are as usual not at all: a screen on
        which nothing happens stays as it is.
        """
        lates = late(known, rooms, looked_at, self.silent_s)
        if lates:
            return "  ".join(map(str, lates)), True
        kind = rooms.kind(looked_at[0][0]) if looked_at else None
        if kind is None or not known.has(*looked_at[0]):
            return "", False
        silent_s = self.silent_s(looked_at[0])
        slow = silent_s >= 2 * kind.every_s
        return (f"live {span(int(silent_s) // 10 * 10_000)}" if slow else "live"), False
