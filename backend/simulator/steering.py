"""SDN controllers of the pretend cloud: added where SDN is on, changed and deleted."""

from __future__ import annotations

from typing import Callable

from backend.simulator import configuring, shared
from backend.simulator.bodies import object_of, patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.inventory import dates
from backend.simulator.model import Json, iso
from backend.simulator.refuse import client
from backend.simulator.settings import is_address, number

ROOT = "sdn_controller"


def _find(cloud: Cloud, uuid: str) -> Json:
    found = next((row for row in shared.rows(cloud, ROOT) if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"No {ROOT} with id {uuid}", 404)
    return found


def _check(cloud: Cloud, row: Json) -> Json:
    if not is_address(str(row["ip_address"])):
        raise client(f"Invalid IP address {row['ip_address']}.")
    for other in shared.rows(cloud, ROOT):
        if other["ip_address"] == row["ip_address"] and other["uuid"] != row["uuid"]:
            raise client(f"SDN controller with IP address {row['ip_address']} already exists")
    return {**row, "port": number("port", row["port"])}


def add(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
    """POST /v1/sdn_controller."""
    if not cloud.system.sdn_enabled:
        raise client("SDN configuration is not enabled.")
    body = object_of(request)
    row = {
        "uuid": cloud.new_uuid(),
        "ip_address": body.get("ip_address"),
        "port": body.get("port"),
        "transport": body.get("transport") or "TCP",
        "state": body.get("state") or "enabled",
        "links": [],
        **dates(cloud),
    }
    made = cloud.overlay.make(ROOT, _check(cloud, row))
    configuring.require(cloud, "controller")
    return answer(made)


def change(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH /v1/sdn_controller/<uuid>."""
    row = _find(cloud, path[0])
    then = _check(cloud, {**row, **patch_of(request), "updated_at": iso(cloud.now())})
    cloud.overlay.alter(ROOT, row["uuid"], then)
    configuring.require(cloud, "controller")
    return answer(_find(cloud, row["uuid"]))


def delete(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/sdn_controller/<uuid>."""
    row = _find(cloud, path[0])
    cloud.overlay.remove(ROOT, row["uuid"])
    configuring.require(cloud, "controller")
    return Answer(status=204)


Change = Callable[[Cloud, Request, list[str]], Answer]

CHANGES: dict[str, dict[str, Change]] = {
    ROOT: {"POST": add, "PATCH": change, "DELETE": delete},
}
