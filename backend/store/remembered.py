"""A glance as what the panes look at: rows of their kinds, each reading marked as remembered."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Dict, List, Mapping, Tuple

from pydantic import ValidationError

from backend.errors import StoreError, StxError
from backend.kind import Kind
from backend.known import Key, Known, Mark, Memory, Reading, Since
from backend.place import Place
from backend.refresh import malformed
from backend.store.glance import Glance, Seen


def known(
    glance: Glance,
    kinds: Mapping[str, Kind[Any]],
    *,
    now_ms: int,
    place: Place,
    read_only: bool = False,
) -> Known:
    """Return what was last written as a ``Known``; kinds that are not declared are left out."""
    readings: Dict[Key, Reading[Any]] = {
        (seen.kind, seen.parent): _reading(kinds[seen.kind], seen)
        for seen in glance.seen
        if seen.kind in kinds
    }
    return Known(
        cloud=glance.name,
        now_ms=now_ms,
        place=place,
        readings=MappingProxyType(readings),
        memory=Memory(
            since=MappingProxyType(_since(glance, kinds)),
            marks=MappingProxyType({key: Mark.of(said) for key, said in glance.marks.items()}),
            deeds=glance.open_deeds,
            baseline_ms=glance.baseline_ms,
            baseline_ids=glance.baseline_ids,
            visit_ms=glance.visit_ms,
        ),
        read_only=read_only,
    )


def _reading(kind: Kind[Any], seen: Seen) -> Reading[Any]:
    rows: Dict[str, Any] = {}
    faults: List[StxError] = []
    for index, body in enumerate(seen.bodies):
        try:
            row = kind.model.recall(body)
        except ValidationError as error:
            faults.append(malformed(kind, index, error))
            continue
        rows[kind.id(row)] = row
    return Reading(
        kind=kind.name,
        parent=seen.parent,
        rows=tuple(rows.values()),
        by_id=MappingProxyType(rows),
        at_ms=seen.at_ms,
        tried_ms=seen.at_ms,
        error=StoreError(seen.error) if seen.error else None,
        is_remembered=True,
        malformed=tuple(faults),
    )


def _since(glance: Glance, kinds: Mapping[str, Kind[Any]]) -> Dict[Tuple[str, str, str], Since]:
    since: Dict[Tuple[str, str, str], Since] = {}
    for (kind, row_id, name), (ms, at_least) in glance.since.items():
        if name:
            since[kind, row_id, name] = Since(ms=ms, at_least=at_least)
        elif kind in kinds:
            by_then = Since(ms=ms, at_least=True)
            for one in kinds[kind].state_fields:
                since.setdefault((kind, row_id, one), by_then)
    return since
