"""Fault management's routes: alarms, their summary, the event log, and suppression by type."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Callable, Iterable, Optional

from backend.simulator import alarms
from backend.simulator.bodies import patch_of
from backend.simulator.catalogue import CATALOGUE, SEVERITIES
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import JSON, Answer, Request, answer
from backend.simulator.keystone import Token
from backend.simulator.model import Alarm, Event, Json, links
from backend.simulator.paging import limit
from backend.simulator.refuse import client, server, titled, unknown_argument

CHANGERS = {"admin", "configurator"}
FIELDS = {"uuid", "alarm_id", "entity_type_id", "entity_instance_id", "severity", "alarm_type"}
EVENT_FIELDS = {
    "uuid",
    "event_log_id",
    "entity_type_id",
    "entity_instance_id",
    "severity",
    "event_log_type",
    "start",
    "end",
}
INSTANTS = (
    "%Y%m%dT%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y%m%d",
    "%Y-%m-%d",
)
QUERY = {"q.field", "q.op", "q.value", "q.type"}
PAGING = {"marker", "limit", "sort_key", "sort_dir"}


def reply(cloud: Cloud, request: Request, path: list[str], token: Token) -> Answer:
    """Answer what came below /faultmanagement/v1, as the bearer of this token."""
    route = ROUTES.get((path[0], request.method.replace("HEAD", "GET")))
    if route is None or len(path) > 2:
        raise titled("Not Found", 404, "")
    if request.method not in {"GET", "HEAD"} and not set(token.roles) & CHANGERS:
        raise titled("Forbidden", 403, None)
    return route(cloud, request, path[1] if len(path) == 2 else None)


def version(base: str) -> Json:
    """What GET /v1 gives."""
    media = {"base": "application/json", "type": "application/vnd.openstack.fm.v1+json"}
    return {
        "id": "v1",
        "media_types": [media],
        "links": [{"href": f"{base}/v1/", "rel": "self"}],
        **{r: links(base, f"{r}/") for r in ("alarms", "event_log", "event_suppression")},
    }


def root(base: str) -> Json:
    """What GET / gives."""
    one = {"id": "v1", "links": [{"href": f"{base}/v1/", "rel": "self"}]}
    about = "Fault Management API"
    return {"name": about, "description": "Pretend.", "versions": [one], "default_version": one}


def _known(request: Request, *names: str) -> None:
    for name, _ in request.query:
        if name not in {*names, *PAGING, *QUERY}:
            raise unknown_argument(name)


def _flag(request: Request, name: str) -> bool:
    return request.arg(name) in {"True", "true", "1"}


def _wanted(request: Request) -> list[tuple[str, str]]:
    """The q.field/q.op/q.value triples; only eq counts, others are passed over in silence."""
    values = [value for name, value in request.query if name == "q.value"]
    ops = [value for name, value in request.query if name == "q.op"]
    fields = [value for name, value in request.query if name == "q.field"]
    return [(f, v) for f, v, op in zip(fields, values, ops) if op == "eq"]


def _alarms(cloud: Cloud, request: Request, ref: Optional[str]) -> Answer:
    if ref == "summary":
        return answer(summary(cloud, include_suppress=_flag(request, "include_suppress")))
    if ref is not None:
        return answer(_alarm(cloud, ref).detail())
    _known(request, "include_suppress", "expand")
    asked = limit(request)
    _refuse_marker(request)
    rows = _selected(cloud, request)[: min(asked or cloud.page_max, cloud.page_max)]
    if _flag(request, "expand"):
        lines = [json.dumps(alarm.detail()).encode() for alarm in rows]
    else:
        lines = [alarm.drawn("") for alarm in rows]
    return _listed("alarms", lines, request, asked, rows[-1].uuid if rows else "", "id", "asc")


def _refuse_marker(request: Request) -> None:
    """A marker page fails on the database layer that is installed."""
    if request.arg("marker") is not None:
        raise server("'id'")


def _selected(cloud: Cloud, request: Request) -> list[Alarm]:
    """By severity (in the order of the alphabet), then entity, then age; q matches parts."""
    rows: Iterable[Alarm] = cloud.alarms.values()
    if not _flag(request, "include_suppress"):
        rows = [row for row in rows if row.suppression_status != "suppressed"]
    for field, value in _wanted(request):
        if field not in FIELDS:
            raise server(f"alarm_get_all() got an unexpected keyword argument '{field}'")
        rows = [row for row in rows if value in getattr(row, field)]
    return sorted(rows, key=lambda row: (row.severity, row.entity_instance_id, row.id))


def _listed(
    key: str,
    lines: list[bytes],
    request: Request,
    asked: Optional[int],
    last: str,
    sort_key: str,
    sort_dir: str,
) -> Answer:
    more = b""
    if asked is not None and lines and len(lines) == asked:
        tail = f"sort_key={sort_key}&sort_dir={sort_dir}&limit={asked}&marker={last}"
        more = b', "next": ' + json.dumps(f"{_base(request)}/v1/{key}?{tail}").encode()
    body = b'{"%s": [' % key.encode() + b", ".join(lines) + b"]" + more + b"}"
    return Answer(status=200, body=body, headers=(("Content-Type", JSON),))


def _base(request: Request) -> str:
    return f"{request.base}/faultmanagement"


def _alarm(cloud: Cloud, uuid: str) -> Alarm:
    found = next((row for row in cloud.alarms.values() if row.uuid == uuid), None)
    if found is None:
        raise client(f"[HTTP 404] Alarm {uuid} could not be found.", 404)
    return found


def summary(cloud: Cloud, *, include_suppress: bool) -> Json:
    """Counts by severity, and one word for all."""
    rows = [
        row
        for row in cloud.alarms.values()
        if include_suppress or row.suppression_status != "suppressed"
    ]
    count = {severity: sum(row.severity == severity for row in rows) for severity in SEVERITIES}
    status = "degraded" if count["major"] or count["minor"] else "OK"
    return {
        "critical": count["critical"],
        "major": count["major"],
        "minor": count["minor"],
        "warnings": count["warning"],
        "status": "critical" if count["critical"] else status,
    }


def _delete_alarm(cloud: Cloud, request: Request, ref: Optional[str]) -> Answer:
    del request
    alarms.delete(cloud, _alarm(cloud, ref or ""))
    return Answer(status=204)


def _events(cloud: Cloud, request: Request, ref: Optional[str]) -> Answer:
    if ref is not None:
        found = next((e for e in cloud.events if e.uuid == ref), None)
        if found is None:
            raise client(f"[HTTP 404] Event Log {ref} could not be found.", 404)
        return answer(found.draw(_status(cloud, found), expand=True))
    _known(request, "include_suppress", "expand", "alarms", "logs")
    asked = limit(request)
    _refuse_marker(request)
    rows = _matching(cloud, request)
    if asked is not None:
        rows = rows[:asked]
    expand = _flag(request, "expand")
    lines = [json.dumps(e.draw(_status(cloud, e), expand=expand)).encode() for e in rows]
    last = rows[-1].uuid if rows else ""
    return _listed("event_log", lines, request, asked, last, "timestamp", "desc")


def _status(cloud: Cloud, event: Event) -> str:
    """A log of no alarm type has the word None for a suppression."""
    if event.event_log_id not in CATALOGUE:
        return "None"
    return "suppressed" if event.event_log_id in cloud.suppressed else "unsuppressed"


def _matching(cloud: Cloud, request: Request) -> list[Event]:
    rows = list(cloud.events)[::-1]
    rows.sort(key=lambda e: e.timestamp, reverse=True)
    if not _flag(request, "include_suppress"):
        rows = [e for e in rows if e.event_log_id not in cloud.suppressed]
    if _flag(request, "alarms") != _flag(request, "logs"):
        wanted = {"set", "clear"} if _flag(request, "alarms") else {"log", "msg"}
        rows = [e for e in rows if e.state in wanted]
    for field, value in _wanted(request):
        if field not in EVENT_FIELDS:
            raise server(f"event_log_get_all() got an unexpected keyword argument '{field}'")
        rows = _narrowed(rows, field, value)
    return rows


def _narrowed(rows: list[Event], field: str, value: str) -> list[Event]:
    if field == "start":
        start = _instant(value)
        return [e for e in rows if e.timestamp >= start]
    if field == "end":
        end = _instant(value)
        return [e for e in rows if e.timestamp <= end]
    return [e for e in rows if value in str(getattr(e, field) or "")]


def _instant(given: str) -> datetime:
    """An instant in one of the forms the service reads, all UTC."""
    text = given.rstrip("Z")
    for form in INSTANTS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
    raise client(f"Invalid date '{given}' specified")


def _suppressions(cloud: Cloud, request: Request, ref: Optional[str]) -> Answer:
    rows = [_suppression(cloud, request, kind) for kind in sorted(CATALOGUE)]
    if ref is not None:
        return answer(_with_id(rows, ref))
    _known(request)
    for field, value in _wanted(request):
        if field not in {"alarm_id", "suppression_status", "uuid", "description"}:
            raise server(
                f"event_suppression_get_all() got an unexpected keyword argument '{field}'"
            )
        rows = [row for row in rows if row[field] == value]
    return answer({"event_suppression": rows})


def _suppression(cloud: Cloud, request: Request, kind: str) -> Json:
    uuid = cloud.uuid_of("suppression", kind)
    return {
        "uuid": uuid,
        "alarm_id": kind,
        "description": CATALOGUE[kind].reason.replace("{host}", "<hostname>"),
        "suppression_status": "suppressed" if kind in cloud.suppressed else "unsuppressed",
        "links": links(_base(request), "event_suppression", uuid),
    }


def _with_id(rows: list[Json], uuid: str) -> Json:
    for number, row in enumerate(rows, 1):
        if row["uuid"] == uuid:
            return {"id": number, **row}
    raise client(f"Invalid input for field/attribute uuid. Value: '{uuid}'.")


def _suppress(cloud: Cloud, request: Request, ref: Optional[str]) -> Answer:
    """Suppression is by type and for the whole system."""
    rows = [_suppression(cloud, request, kind) for kind in sorted(CATALOGUE)]
    row = _with_id(rows, ref or "")
    for name, value in patch_of(request).items():
        if name != "suppression_status":
            raise client("event_suppression invalid parameter.")
        if value not in {"suppressed", "unsuppressed"}:
            raise client(
                "Invalid event_suppression parameter suppression_status values. Valid values are: "
                "suppressed, unsuppressed"
            )
        _set_suppression(cloud, row["alarm_id"], value)
        row["suppression_status"] = value
    return answer(row)


def _set_suppression(cloud: Cloud, kind: str, value: str) -> None:
    if value == "suppressed":
        cloud.suppressed.add(kind)
    else:
        cloud.suppressed.discard(kind)
    for alarm in cloud.alarms.values():
        if alarm.alarm_id == kind:
            alarm.suppression_status = value


ROUTES: dict[tuple[str, str], Callable[[Cloud, Request, Optional[str]], Answer]] = {
    ("alarms", "GET"): _alarms,
    ("alarms", "DELETE"): _delete_alarm,
    ("event_log", "GET"): _events,
    ("event_suppression", "GET"): _suppressions,
    ("event_suppression", "PATCH"): _suppress,
}
