"""A kind, readings of it and a clock, for the tests of the record."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Dict, Iterable

from backend.deed import Deed
from backend.kind import Column, Kind, Rest, Row
from backend.known import Reading

START_MS = 1_763_800_000_000  # 2025-11-22 08:26 UTC
CLOUD = "aad8c397-d965-4b70-aa0d-7a9a5d9e7815"


class Host(Row):
    uuid: str
    hostname: str
    availability: str = "available"


class Alarm(Row):
    uuid: str
    alarm_id: str
    entity_instance_id: str


HOSTS = Kind[Host](
    name="hosts",
    singular="host",
    model=Host,
    read=Rest(service="sysinv", path="/ihosts", items="ihosts"),
    columns=(Column(heading="NAME", value=lambda host: host.hostname),),
    label=lambda host: host.hostname,
    state_fields=("availability",),
    noise=frozenset({"uptime", "capabilities.heard"}),
    secret=frozenset({"bm_password"}),
)
DISKS = Kind[Host](
    name="disks",
    singular="disk",
    model=Host,
    parent="hosts",
    read=Rest(service="sysinv", path="/ihosts/{parent}/idisks", items="idisks"),
    columns=(),
)
ALARMS = Kind[Alarm](
    name="alarms",
    singular="alarm",
    model=Alarm,
    read=Rest(service="fm", path="/alarms", items="alarms"),
    columns=(),
    state_fields=("severity",),
)
EVENTS = Kind[Alarm](
    name="events",
    singular="event",
    model=Row,
    read=Rest(service="fm", path="/event_log", items="event_log"),
    columns=(),
    id=lambda event: event.body["uuid"],
    is_log=True,
)
KINDS = (HOSTS, DISKS, ALARMS, EVENTS)
BY_NAME = {kind.name: kind for kind in KINDS}


class Clock:
    def __init__(self) -> None:
        self.now = START_MS

    def __call__(self) -> int:
        return self.now


def host(number: int = 0, **fields: Any) -> Dict[str, Any]:
    return {
        "uuid": f"1111-{number:04d}",
        "hostname": f"worker-{number}",
        "availability": "available",
        **fields,
    }


def alarm(number: int, at: str = "2025-11-22T08:00:00", **fields: Any) -> Dict[str, Any]:
    return {
        "uuid": f"a-{number:05d}",
        "alarm_id": "200.001",
        "entity_instance_id": "host=worker-1",
        "severity": "minor",
        "timestamp": at,
        **fields,
    }


def reading(
    kind: Kind[Any],
    bodies: Iterable[Dict[str, Any]],
    at_ms: int = START_MS,
    parent: str = "",
    **more: Any,
) -> Reading[Any]:
    rows = tuple(kind.model.read(dict(body)) for body in bodies)
    return Reading(
        kind=kind.name,
        parent=parent,
        rows=rows,
        by_id=MappingProxyType({kind.id(row): row for row in rows}),
        at_ms=at_ms,
        tried_ms=at_ms,
        **more,
    )


def deed(row_id: str = "1111-0001", **fields: Any) -> Deed:
    values: Dict[str, Any] = {
        "number": "",
        "cloud": CLOUD,
        "kind": "hosts",
        "action": "lock",
        "row_id": row_id,
        "label": "worker-1",
        "who": "sysadmin",
        "terminal": "ttyS0",
        "began_ms": START_MS,
        "why": "DIMM A4",
        "sends": ("PATCH /v1/ihosts/1111-0001",),
        "commands": ("system host-lock worker-1",),
        "form": MappingProxyType({"force": "no"}),
        "before": MappingProxyType({"availability": "available"}),
        "process": "controller-0/17",
    }
    return Deed(**{**values, **fields})
