"""A frozen view of the last readings of one cloud: what pure functions look at; never I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Generic, Mapping, Optional, Tuple, TypeVar

from backend.cables import CablePlan
from backend.deed import Deed
from backend.errors import StxError
from backend.kind import Row
from backend.place import Place

R = TypeVar("R", bound=Row)

Key = Tuple[str, str]  # kind name, parent id ("" where it has none or all were asked)

Course = Tuple[Tuple[int, float], ...]  # (epoch ms, value), oldest first

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Reading(Generic[R]):
    """Rows of one kind at one time, or the last good rows with an error and their age.

    ``at_ms`` is when the rows were true (0: never read), ``tried_ms`` when last asked; ``changed``
    and ``gone`` are ids against the reading before (noise apart). ``is_remembered`` rows come from
    the record of an earlier time, not from the network. A row that did not change keeps its object.
    """

    kind: str
    parent: str = ""
    rows: Tuple[R, ...] = ()
    by_id: Mapping[str, R] = field(default_factory=lambda: _NOTHING)
    at_ms: int = 0
    tried_ms: int = 0
    error: Optional[StxError] = None
    changed: Tuple[str, ...] = ()
    gone: Tuple[str, ...] = ()
    is_remembered: bool = False
    # Rows that could not be read as their kind; the others stand in ``rows``.
    malformed: Tuple[StxError, ...] = ()

    @property
    def was_read(self) -> bool:
        """Whether there ever was an answer."""
        return self.at_ms > 0


@dataclass(frozen=True)
class Since:
    """Since when something is as it is; ``at_least`` where we only know that it was so by then.

    ``is_about`` where it is told from something beside it: a boot, an alarm.
    """

    ms: int
    at_least: bool = False
    is_about: bool = False


@dataclass(frozen=True)
class Passage:
    """One row that came into a state at an instant (``value`` "": it went).

    ``at_least``: it was so by then, and may have been so before.
    """

    row_id: str
    value: str
    ms: int
    at_least: bool = False


@dataclass(frozen=True)
class Mark:
    """What people said of one row: FM and sysinv have none of it."""

    seen_by: str = ""
    seen_ms: int = 0
    assigned_to: str = ""
    note: str = ""
    note_by: str = ""
    note_ms: int = 0
    # What was on a thing before it is replaced, as JSON.
    record: str = ""

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Mark:
        """Return what stands in the record, by field; instants are text there."""
        told: Mapping[str, Any] = {
            name: int(value) if name.endswith("_ms") else value for name, value in values.items()
        }
        return cls(**{one.name: told[one.name] for one in fields(cls) if one.name in told})


@dataclass(frozen=True)
class Memory:
    """What the record adds to what the services say; all instants are epoch ms.

    ``since`` maps (kind, id, field) to the last change of that field. ``usual`` maps (kind, action,
    row label or "") to the last durations of that action in ms, newest first; ``steps`` likewise by
    rung name. ``deeds`` are the running and the last ones, newest first. ``baseline_ms`` is when
    somebody last said "from now on is new", ``visit_ms`` when this person looked last.
    ``courses`` are the last values of a kind's sampled number, by (kind, parent) and row id;
    ``passages`` through which states the rows of a kind went, oldest first.
    ``was_there`` are the ids of alarms at the baseline. ``seen_before`` counts earlier (alarm id,
    entity) in the record with their last instants.
    """

    since: Mapping[Tuple[str, str, str], Since] = field(default_factory=lambda: _NOTHING)
    usual: Mapping[Tuple[str, str, str], Tuple[int, ...]] = field(default_factory=lambda: _NOTHING)
    steps: Mapping[Tuple[str, str, str, str], Tuple[int, ...]] = field(
        default_factory=lambda: _NOTHING
    )
    marks: Mapping[Tuple[str, str], Mark] = field(default_factory=lambda: _NOTHING)
    deeds: Tuple[Deed, ...] = ()
    baseline_ms: int = 0
    baseline_ids: Optional[frozenset[str]] = None
    visit_ms: int = 0
    seen_before: Mapping[Tuple[str, str], Tuple[int, ...]] = field(default_factory=lambda: _NOTHING)
    courses: Mapping[Key, Mapping[str, Course]] = field(default_factory=lambda: _NOTHING)
    passages: Mapping[str, Tuple[Passage, ...]] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True)
class Known:
    """The last readings of one cloud, what is remembered of it, and where one sits.

    ``readings`` stand in the order in which they came.
    """

    cloud: str
    now_ms: int
    place: Place
    readings: Mapping[Key, Reading[Any]] = field(default_factory=lambda: _NOTHING)
    memory: Memory = field(default_factory=Memory)
    read_only: bool = False
    # Why the record cannot be written now, "" where it can.
    trouble: str = ""
    # The plan of the site's cables, None where nobody named one.
    cable_plan: Optional[CablePlan] = None
    # Keystone's roles of the person, empty before the first token.
    roles: frozenset[str] = frozenset()

    def reading(self, kind: str, of: str = "") -> Reading[Any]:
        """Return the last reading of ``kind`` (under the parent of id ``of``); never None."""
        return self.readings.get((kind, of)) or Reading(kind=kind, parent=of)

    def rows(self, kind: str, of: str = "") -> Tuple[Any, ...]:
        """Return the rows of ``kind``, empty where it was never read (ask ``has`` to tell)."""
        return self.reading(kind, of).rows

    def has(self, kind: str, of: str = "") -> bool:
        """Whether ``kind`` was ever read, so that no rows means that there are none."""
        return self.reading(kind, of).was_read

    def row(self, kind: str, row_id: str, of: str = "") -> Optional[Any]:
        """Return one row by its id."""
        return self.reading(kind, of).by_id.get(row_id)

    def find(self, kind: str, row_id: str) -> Tuple[Optional[Any], Reading[Any]]:
        """Return a row by its id from the last reading of ``kind`` that has it, and that reading.

        A child is read under its parent and with all others. Where a later reading should have it
        and has not, it is gone: then None, with that reading (the whole kind's where none ever had
        it). Later is what came later: instants within a second say nothing of it.
        """
        came = [one for (name, _), one in self.readings.items() if name == kind]
        having = [at for at, one in enumerate(came) if row_id in one.by_id]
        if not having:
            return None, self.reading(kind)
        last = came[having[-1]]
        row = last.by_id[row_id]
        over = row.parent_id(self)
        for other in came[having[-1] + 1 :]:
            if other.parent in ("", over):
                return None, other
        return row, last

    def age_ms(self, kind: str, of: str = "") -> Optional[int]:
        """Return how old the rows of ``kind`` are, None where never read."""
        reading = self.reading(kind, of)
        return self.now_ms - reading.at_ms if reading.was_read else None

    def since(self, kind: str, row_id: str, *fields: str) -> Optional[Since]:
        """Return since when none of ``fields`` of that row changed, None where nobody knows."""
        found = [self.memory.since.get((kind, row_id, name)) for name in fields]
        known = [since for since in found if since is not None]
        return max(known, key=lambda since: since.ms) if known else None

    def course(self, kind: str, row_id: str, of: str = "") -> Course:
        """Return the last values of the number that is kept of that row, oldest first."""
        found: Course = self.memory.courses.get((kind, of), _NOTHING).get(row_id, ())
        return found

    def mark(self, kind: str, row_id: str) -> Mark:
        """Return what people said of that row."""
        return self.memory.marks.get((kind, row_id)) or Mark()

    def usual_ms(self, kind: str, action: str, label: str = "") -> Tuple[int, ...]:
        """Return how long ``action`` took here before, newest first: of this row, else of any."""
        mine = self.memory.usual.get((kind, action, label), ())
        return mine or self.memory.usual.get((kind, action, ""), ())

    def running(self, kind: str = "", row_id: str = "") -> Tuple[Deed, ...]:
        """Return the deeds still open, of that row where one is named."""
        return tuple(
            deed
            for deed in self.memory.deeds
            if deed.is_open
            and (not kind or deed.kind == kind)
            and (not row_id or deed.row_id == row_id)
        )
