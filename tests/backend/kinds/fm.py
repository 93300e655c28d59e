"""FM's recorded answers as what is known, for the tests of its kinds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Tuple

from backend.kind import Kind
from backend.kinds.faults import ALARMS, EVENTS, SUPPRESSIONS
from backend.known import Known, Memory, Reading
from backend.place import Place
from backend.units import instant_ms

SAMPLES = Path(__file__).parent / "samples"


def at(text: str) -> int:
    """Return epoch ms of an instant that is surely one."""
    ms = instant_ms(text)
    assert ms is not None
    return ms


NOW_MS = at("2026-11-22T09:05:00Z")


def bodies(name: str, items: str) -> List[Dict[str, Any]]:
    """Return the objects in a sample."""
    found: List[Dict[str, Any]] = json.loads((SAMPLES / name).read_text())[items]
    return found


def reading(kind: Kind[Any], rows: Tuple[Any, ...]) -> Reading[Any]:
    """Return rows as just read."""
    by_id = {kind.id(row): row for row in rows}
    return Reading(kind=kind.name, rows=rows, by_id=by_id, at_ms=NOW_MS, tried_ms=NOW_MS)


def read(kind: Kind[Any], name: str) -> Reading[Any]:
    """Return a sample as just read."""
    items = getattr(kind.read, "items", "")
    return reading(kind, tuple(kind.model.read(body) for body in bodies(name, items)))


def known(alarms: str = "fm_alarms.json", **memory: Any) -> Known:
    """Return a cloud of which FM's three lists are known."""
    return Known(
        cloud="site-7",
        now_ms=NOW_MS,
        place=Place(hostname="controller-0", user="sysadmin", terminal="ttyS0"),
        readings={
            ("alarms", ""): read(ALARMS, alarms),
            ("events", ""): read(EVENTS, "fm_event_log.json"),
            ("suppressions", ""): read(SUPPRESSIONS, "fm_event_suppression.json"),
        },
        memory=Memory(**memory),
    )


def with_alarms(base: Known, *changes: Dict[str, Any]) -> Known:
    """Return ``base`` with other alarms: each the first of the sample with some fields changed."""
    first = bodies("fm_alarms.json", "alarms")[0]
    rows = tuple(
        ALARMS.model.read({**first, "uuid": f"00000000-{index}", **change})
        for index, change in enumerate(changes)
    )
    return replace(base, readings={**base.readings, ("alarms", ""): reading(ALARMS, rows)})


def alarm(base: Known, alarm_id: str) -> Any:
    """Return the alarm of that type."""
    return next(row for row in base.rows("alarms") if row.alarm_id == alarm_id)


def ordered(base: Known) -> List[Any]:
    """Return the alarms as the console lists them."""
    sort = ALARMS.sort
    assert sort is not None
    return sorted(base.rows("alarms"), key=lambda row: sort(row, base))


def strip_of(row: Any, base: Known, kind: Kind[Any] = ALARMS) -> List[Tuple[str, str]]:
    """Return what the strip says of a row, as headings and texts."""
    assert kind.strip is not None
    return [(line.heading, line.text) for line in kind.strip(row, base).lines]


def said(row: Any, base: Known) -> Dict[str, str]:
    """Return what the strip says of an alarm, by heading."""
    return dict(strip_of(row, base))
