"""sysinv's recorded answers as what is known of a site, and the same site as it might be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from backend.kind import Form, Kind, Nothing, Reason, Rest
from backend.kinds import kind_named
from backend.kinds.host import Host
from backend.known import Known, Memory, Reading
from backend.place import Place
from tests.backend.kinds.fm import NOW_MS

SAMPLES = Path(__file__).parent / "samples"
LAPTOP = Place(hostname="laptop", user="admin", terminal="pts/0")

# Those that the recorded system answered for a whole.
WHOLE = (
    "hosts",
    "system",
    "ports",
    "disks",
    "filesystems",
    "volume-groups",
    "physical-volumes",
    "osds",
    "service-groups",
    "services",
    "service-nodes",
    "backends",
    "controller-filesystems",
    "monitors",
    "networks",
    "applications",
    "kube-upgrade",
)
# Those that were asked of one host: controller-0 (1) or worker-0 (3).
PARTS = {"labels": 1, "partitions": 1, "interfaces": 3}

Bodies = List[Dict[str, Any]]


def uuid_of(number: int) -> str:
    """Return the uuid of the recorded host of that number."""
    return f"11111111-1111-4111-8111-{number:012d}"


def named(name: str) -> Kind[Any]:
    """Return a kind that surely is."""
    kind = kind_named(name)
    assert kind is not None
    return kind


def bodies(name: str) -> Bodies:
    """Return the objects of a sample, as the wire gives them to a kind."""
    if name == "alarms":
        found: Bodies = json.loads((SAMPLES / "fm_alarms.json").read_text())["alarms"]
        return found
    whole = json.loads((SAMPLES / f"sysinv_{name}.json").read_text())
    read = named(name).read
    assert isinstance(read, Rest)
    if not read.items:
        return [whole if isinstance(whole, dict) else {"value": whole}]
    rows: Bodies = whole[read.items]
    return rows


def reading(name: str, rows: Bodies, parent: str = "") -> Reading[Any]:
    """Return objects as just read."""
    kind = named(name)
    made = tuple(kind.model.read(body) for body in rows)
    by_id = {kind.id(row): row for row in made}
    return Reading(kind=name, parent=parent, rows=made, by_id=by_id, at_ms=NOW_MS, tried_ms=NOW_MS)


def site(
    *,
    place: Place = LAPTOP,
    memory: Optional[Memory] = None,
    without: Tuple[str, ...] = (),
    **rows: Bodies,
) -> Known:
    """Return the recorded site; ``rows`` (dashes as underscores) stand in for a kind's own."""
    found = {(name, ""): reading(name, bodies(name)) for name in (*WHOLE, "alarms")}
    for name, number in PARTS.items():
        parent = uuid_of(number)
        found[name, parent] = reading(name, bodies(name), parent)
    for key, given in rows.items():
        name = key.replace("_", "-")
        found[name, ""] = reading(name, given)
    kept = {key: value for key, value in found.items() if key[0] not in without}
    return Known(
        cloud="site-7", now_ms=NOW_MS, place=place, readings=kept, memory=memory or Memory()
    )


def hosts(**changes: Mapping[str, Any]) -> Bodies:
    """Return the recorded hosts, some changed: ``hosts(worker_1={"availability": "offline"})``."""
    return [
        {**body, **changes.get(str(body["hostname"]).replace("-", "_"), {})}
        for body in bodies("hosts")
    ]


def system(**changes: Any) -> Bodies:
    """Return the recorded system, changed."""
    return [{**bodies("system")[0], **changes}]


AIO = {"subfunctions": "controller,worker"}
STANDBY_OK = {"config_applied": "t", "config_target": "t", "config_status": ""}


def simplex(**controller: Any) -> Known:
    """Return a simplex site of one all-in-one controller."""
    only = hosts(controller_0={**AIO, **controller})[:1]
    return site(hosts=only, system=system(system_mode="simplex", system_type="All-in-one"))


def on(number: int, hostname: str) -> Place:
    """Return a place on a host of the recorded site."""
    return Place(
        hostname=hostname,
        user="sysadmin",
        terminal="ttyS0",
        uuid=uuid_of(number),
        platform={"nodetype": "controller"},
    )


def host(known: Known, name: str) -> Host:
    """Return a host of a site by its name."""
    found: Host = next(row for row in known.rows("hosts") if row.name == name)
    return found


def reasons(known: Known, verb: str, name: str, form: Optional[Form] = None) -> Dict[str, Reason]:
    """Return what the checks of a verb say of a host, by their names."""
    action = named("hosts").action(verb)
    assert action is not None
    found = action.reasons(host(known, name), form or Nothing(), known)
    return {reason.check: reason for reason in found}


def at_ms(known: Known, later_s: float) -> Known:
    """Return the same site, later."""
    return replace(known, now_ms=known.now_ms + round(later_s * 1000))


def osd_in(state: str, number: int) -> Bodies:
    """Return the recorded OSD in another state, on the host of that number."""
    return [{**bodies("osds")[0], "ihost_uuid": uuid_of(number), "state": state}]
