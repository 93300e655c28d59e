"""The course of numbers in time: sampled as they are read, at a bounded rate, a few in memory."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Awaitable, Callable, Dict, Generic, Iterable, Mapping, Optional, Tuple

from backend.kind import Kind, R
from backend.known import Course, Key, Reading
from backend.units import DAY_MS, MINUTE_MS

NAME = "value"
"""How the record calls the one number that a kind keeps."""
A_MINUTE = 200
"""Values that are written in a minute, of all rows together: two days of them are 600,000."""
POINTS = 240
"""Values of a row that stay in memory; beyond that two become one."""
BACK_MS = DAY_MS
"""How far back the record is asked for what was before."""


@dataclass(frozen=True)
class Slow(Generic[R]):
    """A kind's ``sample`` whose number moves by the day: the record is asked further back."""

    value: Callable[[R], Optional[float]]
    back_ms: int = 30 * DAY_MS

    def __call__(self, row: R) -> Optional[float]:
        """Return the number of a row, None where it has none."""
        return self.value(row)


Write = Callable[[str, str, Mapping[str, float], int], None]
Recall = Callable[[str, str, Iterable[str], int], Awaitable[Mapping[str, Course]]]


class Courses:
    """What is kept of the numbers that are read: ``by_key`` is for ``Memory.courses``."""

    def __init__(self, write: Write, recall: Recall) -> None:
        """``write(kind, name, values, at_ms)`` and ``recall(kind, name, row_ids, since_ms)``."""
        self._write = write
        self._recall = recall
        self._sampled_ms: Dict[Key, int] = {}
        self._back_ms: Dict[str, int] = {}
        self._kept: Dict[Key, Mapping[str, Course]] = {}

    @property
    def by_key(self) -> Mapping[Key, Mapping[str, Course]]:
        """What is known now, by (kind, parent) and row id; it is replaced, never changed."""
        return MappingProxyType(dict(self._kept))

    def take(self, kind: Kind[Any], reading: Reading[Any]) -> Tuple[bool, bool]:
        """Sample a reading whose turn it is; return whether it was, and whether for the first time.

        Of more rows than ``A_MINUTE`` each comes to its turn less often.
        """
        key = (kind.name, reading.parent)
        last_ms = self._sampled_ms.get(key)
        if kind.sample is None or (
            last_ms is not None and not self._is_due(reading.at_ms, last_ms)
        ):
            return False, False
        values = {row_id: kind.sample(row) for row_id, row in reading.by_id.items()}
        there = {row_id: value for row_id, value in values.items() if value is not None}
        if not there:
            return False, False
        self._sampled_ms[key] = reading.at_ms
        self._back_ms[kind.name] = getattr(kind.sample, "back_ms", BACK_MS)
        self._write(kind.name, NAME, there, reading.at_ms)
        kept = self._kept.get(key, {})
        self._kept[key] = {
            row_id: thinned((*kept.get(row_id, ()), (reading.at_ms, value)))
            for row_id, value in there.items()
        }
        return True, last_ms is None

    def _is_due(self, now_ms: int, last_ms: int) -> bool:
        rows = sum(map(len, self._kept.values()))
        return now_ms - last_ms >= MINUTE_MS * max(1.0, rows / A_MINUTE) or now_ms < last_ms

    async def remember(self, key: Key) -> None:
        """Put before what was sampled now what the record has of the same rows."""
        kept = self._kept.get(key, {})
        first_ms = min((points[0][0] for points in kept.values()), default=0)
        former = await self._recall(
            key[0], NAME, tuple(kept), first_ms - self._back_ms.get(key[0], BACK_MS)
        )
        self._kept[key] = {
            row_id: thinned((*_before(former.get(row_id), points[0][0]), *points))
            for row_id, points in self._kept.get(key, {}).items()
        }


def _before(points: Optional[Course], ms: int) -> Course:
    return tuple(point for point in points or () if point[0] < ms)


def thinned(points: Course) -> Course:
    """Return a course short enough to stay in memory: of two that follow each other the mean."""
    while len(points) > POINTS:
        pairs = zip(points[::2], points[1::2])
        whole = tuple((first[0], (first[1] + second[1]) / 2) for first, second in pairs)
        points = whole if len(points) % 2 == 0 else (*whole, points[-1])
    return points
