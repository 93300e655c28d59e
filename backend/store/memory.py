"""What the record adds to what the services say: a ``Memory``, read in full once, then onward."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple

from sqlmodel import Session, col, func, select

from backend.deed import Deed, Outcome
from backend.known import Mark, Memory, Passage, Since
from backend.store import deeds
from backend.store.glance import deed_of
from backend.store.passages import passages
from backend.store.tables import Baseline, Change, DeedRow, Event, Item, MarkRow, Name, Source
from backend.units import DAY_MS, instant_ms

# Deeds the screen is given beside the open ones, and durations that tell what is usual.
LAST_DEEDS, LAST_TIMES = 50, 5
# Durations are looked for among this many deeds that went well.
_DEEDS_ASKED = 500
# What was seen longer ago than this says nothing of today.
_SEEN_BEFORE_MS = 90 * DAY_MS
# FM's names: its alarms, and what its log calls the raising of one.
_ALARMS, _SET = "alarms", "set"

StateFields = Mapping[str, Tuple[str, ...]]
# By kind, what of a row's body took how long.
Lasted = Mapping[str, Callable[[Mapping[str, Any]], Iterable[Tuple[str, int]]]]


class Recollection:
    """The memory of one cloud, and up to which numbers the record was read for it."""

    def __init__(self, cloud: int) -> None:
        """``cloud`` is its number in the record."""
        self.memory = Memory()
        self._cloud = cloud
        self._change = self._item = self._event = 0
        # What took how long in rows that are gone, by their numbers and when they last changed.
        self._lasted: Dict[Tuple[int, int], Tuple[Tuple[str, int], ...]] = {}
        self._since: Dict[Tuple[str, str, str], Since] = {}
        self._seen: Dict[Tuple[str, str], Set[int]] = {}

    def read_on(
        self,
        session: Session,
        state_fields: StateFields,
        now_ms: int,
        lasted: Lasted = MappingProxyType({}),
        passes: Mapping[str, str] = MappingProxyType({}),
    ) -> Memory:
        """Return the memory with all that was written since the last call, by whomever.

        The same object where nothing was.
        """
        names = {row.id or 0: row.text for row in session.exec(select(Name))}
        memory = replace(self.memory, **_said(session, self._cloud, names))
        usual = _usual(session, self._cloud)
        steps = {**usual["steps"], **self._read_lasted(session, names, lasted)}
        memory = replace(memory, usual=usual["usual"], steps=MappingProxyType(steps))
        came = self._read_items(session, names, state_fields, now_ms - _SEEN_BEFORE_MS)
        if self._read_changes(session, names, state_fields) or came:
            passed = self._read_passages(session, names, passes)
            memory = replace(memory, since=MappingProxyType(dict(self._since)), passages=passed)
        if self._read_events(session, now_ms - _SEEN_BEFORE_MS) or came:
            seen = {key: tuple(sorted(times)) for key, times in self._seen.items()}
            memory = replace(memory, seen_before=MappingProxyType(seen))
        if memory != self.memory:
            self.memory = memory
        return self.memory

    def _read_items(
        self, session: Session, names: Mapping[int, str], state_fields: StateFields, from_ms: int
    ) -> bool:
        """Take new rows: their fields are as they are for at least as long as we know them."""
        wanted = [number for number, name in names.items() if name in {_ALARMS, *state_fields}]
        asked = select(Item).where(
            Item.cloud == self._cloud, col(Item.kind).in_(wanted), col(Item.id) > self._item
        )
        items = session.exec(asked).all()
        for item in items:
            self._item = max(self._item, item.id or 0)
            kind = names[item.kind]
            if kind == _ALARMS:
                self._see(json.loads(item.body), "alarm_id", from_ms)
            if item.gone_ms is None:
                self._begin(kind, item.row_id, item.seen_ms, state_fields)
        return bool(items)

    def _read_lasted(
        self, session: Session, names: Mapping[int, str], lasted: Lasted
    ) -> Dict[Tuple[str, str, str, str], Tuple[int, ...]]:
        """Return what took how long in the last rows of their kinds that are gone, newest first.

        A body is read once, as long as it is what it was.
        """
        found: Dict[Tuple[str, str, str, str], List[int]] = {}
        for number, name in names.items():
            if name not in lasted:
                continue
            asked = select(Item.id, Item.changed_ms).where(
                Item.cloud == self._cloud, Item.kind == number, col(Item.gone_ms).is_not(None)
            )
            newest = asked.order_by(col(Item.gone_ms).desc()).limit(LAST_TIMES)
            for item, changed_ms in session.exec(newest):
                key = (item or 0, changed_ms)
                if key not in self._lasted:
                    row = session.get(Item, item)
                    body = json.loads(row.body) if row is not None else {}
                    self._lasted[key] = tuple(lasted[name](body))
                for step, took_ms in self._lasted[key]:
                    _add(found, (name, "", "", step), took_ms)
        return {key: tuple(several) for key, several in found.items()}

    def _read_passages(
        self, session: Session, names: Mapping[int, str], passes: Mapping[str, str]
    ) -> Mapping[str, Tuple[Passage, ...]]:
        """Return through which states the rows of the kinds in ``passes`` went, by kind."""
        numbers = {name: number for number, name in names.items()}
        return MappingProxyType(
            {
                kind: passages(session, self._cloud, numbers[kind], numbers.get(path, -1), path)
                for kind, path in passes.items()
                if kind in numbers
            }
        )

    def _read_changes(
        self, session: Session, names: Mapping[int, str], state_fields: StateFields
    ) -> bool:
        numbers = {name: number for number, name in names.items()}
        fields = {name for several in state_fields.values() for name in several}
        wanted = [0, *(numbers[name] for name in fields if name in numbers)]
        last = session.exec(select(func.max(Change.id))).one() or 0
        if last == self._change:
            return False
        asked = (
            select(Change, Item.kind, Item.row_id)
            .join(Item, col(Item.id) == Change.item)
            .where(Item.cloud == self._cloud, col(Change.id) > self._change)
            .order_by(col(Change.id))
        )
        if not self._change:
            # At the start only the last of each field: the index has it, years are not read.
            newest = select(func.max(Change.id)).where(col(Change.field).in_(wanted))
            asked = asked.where(
                col(Change.id).in_(newest.group_by(col(Change.item), col(Change.field)))
            )
        for change, kind, row_id in session.exec(asked):
            if names[kind] in state_fields:
                self._take(change, names[kind], row_id, names.get(change.field, ""), state_fields)
        self._change = last
        return True

    def _take(
        self, change: Change, kind: str, row_id: str, name: str, state_fields: StateFields
    ) -> None:
        if not name:
            for one in state_fields[kind]:
                self._since.pop((kind, row_id, one), None)
            if change.new is not None:
                self._begin(kind, row_id, change.at_ms, state_fields)
        elif name in state_fields[kind]:
            is_found = change.source == Source.FOUND
            self._since[kind, row_id, name] = Since(ms=change.at_ms, at_least=is_found)

    def _begin(self, kind: str, row_id: str, at_ms: int, state_fields: StateFields) -> None:
        for name in state_fields.get(kind, ()):
            self._since[kind, row_id, name] = Since(ms=at_ms, at_least=True)

    def _read_events(self, session: Session, from_ms: int) -> bool:
        asked = (
            select(Event.id, Event.body)
            .where(Event.cloud == self._cloud, col(Event.id) > self._event)
            .where(Event.at_ms >= from_ms)
        )
        rows = session.exec(asked).all()
        for number, body in rows:
            self._event = max(self._event, number or 0)
            said = json.loads(body)
            if said.get("state") == _SET:
                self._see(said, "event_log_id", from_ms)
        return bool(rows)

    def _see(self, body: Mapping[str, Any], id_key: str, from_ms: int) -> None:
        """Note that an alarm was raised; the list and the log say the same instant of one."""
        at_ms = instant_ms(body.get("timestamp"))
        if at_ms is not None and at_ms >= from_ms:
            key = (str(body.get(id_key)), str(body.get("entity_instance_id")))
            self._seen.setdefault(key, set()).add(at_ms)


def _said(session: Session, cloud: int, names: Mapping[int, str]) -> Dict[str, Any]:
    """Return what people said: marks and the baseline; and the deeds."""
    values: Dict[Tuple[str, str], Dict[str, str]] = {}
    for row in session.exec(select(MarkRow).where(MarkRow.cloud == cloud)):
        values.setdefault((names[row.kind], row.row_id), {})[row.field] = row.value
    baseline = session.get(Baseline, cloud)
    return {
        "marks": MappingProxyType({key: Mark.of(fields) for key, fields in values.items()}),
        "baseline_ms": baseline.at_ms if baseline else 0,
        "baseline_ids": frozenset(json.loads(baseline.ids)) if baseline else None,
        "deeds": deeds.open_and_last(session, cloud, LAST_DEEDS),
    }


def _usual(session: Session, cloud: int) -> Dict[str, Any]:
    """Return how long actions and their rungs took here, of deeds that went well, newest first."""
    asked = select(DeedRow).where(
        DeedRow.cloud == cloud,
        DeedRow.outcome == Outcome.DONE.value,
        col(DeedRow.ended_ms).is_not(None),
    )
    rows = session.exec(asked.order_by(col(DeedRow.id).desc()).limit(_DEEDS_ASKED))
    usual: Dict[Tuple[str, str, str], List[int]] = {}
    steps: Dict[Tuple[str, str, str, str], List[int]] = {}
    for row in rows:
        deed = deed_of(row.model_dump())
        for label in {deed.label, ""}:
            _add(usual, (deed.kind, deed.action, label), deed.took_ms)
            for rung, took_ms in _rungs(deed):
                _add(steps, (deed.kind, deed.action, label, rung), took_ms)
    return {"usual": _frozen(usual), "steps": _frozen(steps)}


def _rungs(deed: Deed) -> Iterator[Tuple[str, int]]:
    """Yield each rung with the time since the one before it, or since the sending."""
    before_ms = deed.began_ms if deed.sent_ms is None else deed.sent_ms
    for rung, at_ms in sorted(deed.reached.items(), key=lambda item: item[1]):
        yield rung, at_ms - before_ms
        before_ms = at_ms


def _add(times: Dict[Any, List[int]], key: Any, took_ms: Optional[int]) -> None:
    known = times.setdefault(key, [])
    if took_ms is not None and len(known) < LAST_TIMES:
        known.append(took_ms)


def _frozen(times: Mapping[Any, Iterable[int]]) -> Mapping[Any, Tuple[int, ...]]:
    return MappingProxyType({key: tuple(several) for key, several in times.items() if several})
