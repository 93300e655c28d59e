"""The pretend cloud's answers as what is known of it, without a wire between them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Dict, Iterable, List, Mapping, Optional

from backend.kind import Reach, Rest
from backend.kinds.host_check import OWN
from backend.kinds.host_refusals import CHECKS
from backend.known import Key, Known, Reading
from backend.simulator import scenes, sysinv
from backend.simulator.clock import Clock
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Request
from backend.simulator.keystone import Token
from backend.sources.bodies import bodies
from tests.backend.kinds.site import LAPTOP, named

BASE = "http://pretend"


def pretend(scene: str = "standard", hosts: Optional[int] = None) -> Cloud:
    """Return a pretend cloud whose clock stands."""
    return scenes.build(scene, clock=Clock(frozen=True), seed=7, hosts=hosts)


def read(cloud: Cloud, name: str, parent: str = "") -> Reading[Any]:
    """Return a reading of a kind of sysinv's, under one host where ``parent`` is its uuid."""
    kind = named(name)
    ask = kind.read
    assert isinstance(ask, Rest)
    path = (ask.under if parent and ask.under else ask.path).format(parent=parent)
    now = cloud.now()
    token = Token(id="t", user="admin", issued_at=now, expires_at=now, audit="a")
    request = Request(method="GET", path=f"/platform/v1{path}", base=BASE, query=())
    reply = sysinv.reply(cloud, request, path.strip("/").split("/"), token)
    rows = tuple(kind.model.read(body) for body in bodies(reply.body, ask.items))
    return of_rows(cloud, name, rows, parent)


def of_rows(cloud: Cloud, name: str, rows: Iterable[Any], parent: str = "") -> Reading[Any]:
    """Return rows as just read."""
    kind, ms = named(name), round(cloud.now().timestamp() * 1000)
    by_id: Dict[str, Any] = {kind.id(row): row for row in rows}
    return Reading(
        kind=name,
        parent=parent,
        rows=tuple(by_id.values()),
        by_id=MappingProxyType(by_id),
        at_ms=ms,
        tried_ms=ms,
    )


def needs() -> List[str]:
    """Return every kind that a check looks at."""
    return sorted({name for check in CHECKS for name in getattr(check, "needs", ())})


def known_of(
    cloud: Cloud, under: Iterable[str] = (), more: Iterable[str] = (), own: Iterable[str] = OWN
) -> Known:
    """Return what a console knows of the cloud; ``own`` kinds under the hosts of those names."""
    own = set(own)
    readings: Dict[Key, Reading[Any]] = {}
    for name in {"hosts", "system", "service-groups", *needs(), *more} - own - {"alarms"}:
        if named(name).reach is not Reach.PER_PARENT:
            readings[name, ""] = read(cloud, name)
    for hostname in under:
        uuid = cloud.named(hostname).uuid
        readings.update({(name, uuid): read(cloud, name, uuid) for name in own})
    model = named("alarms").model
    alarms = [model.read(alarm.detail()) for alarm in cloud.alarms.values()]
    readings["alarms", ""] = of_rows(cloud, "alarms", alarms)
    return known(cloud, readings)


def known(cloud: Cloud, readings: Mapping[Key, Reading[Any]]) -> Known:
    """Return readings as what is known now."""
    ms = round(cloud.now().timestamp() * 1000)
    return Known(cloud="pretend", now_ms=ms, place=LAPTOP, readings=MappingProxyType(readings))
