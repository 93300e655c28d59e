"""Ceph's monitors of the pretend system: a third one added, all made larger, one deleted."""

from __future__ import annotations

from typing import Callable

from backend.simulator import alarms, configuring, shared
from backend.simulator.bodies import object_of, patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.inventory import dates
from backend.simulator.keeping import free_gib, take
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client

LEAST, MOST = 20, 40
CONFIGURE_S = 45.0


def _rows(cloud: Cloud) -> list[Json]:
    return shared.rows(cloud, "ceph_mon")


def _roomy(cloud: Cloud, host: Host, gib: int) -> None:
    aio_duplex = host.is_aio and not cloud.system.is_simplex
    wanted = 2 * gib if aio_duplex else gib
    left = free_gib(cloud, host)
    if wanted > left:
        raise client(
            f"Node '{host.name}' does not have enough free space available in cgts-vg volume group "
            f"to allocate ceph-mon data. {wanted} GiB is required but {left} GiB is available."
        )


def add(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
    """POST /v1/ceph_mon."""
    if cloud.system.storage != "ceph":
        raise client("ceph-mon API commands are only allowed for use with 'ceph' as the storage "
                     "backend.")  # fmt: skip
    host = cloud.host(str(object_of(request).get("ihost_uuid")))
    if host is None:
        raise client(f"Host not found uuid: {object_of(request).get('ihost_uuid')} .")
    rows = _rows(cloud)
    for row in rows:
        there = cloud.host(row["ihost_uuid"])
        if there is host or (there is not None and there.personality != "controller"):
            raise client(f"Ceph monitor already configured for host '{row['hostname']}'.")
    _fits(cloud, host)
    size = rows[0]["ceph_mon_gib"] if rows else LEAST
    _roomy(cloud, host, size)
    take(cloud, host, size)
    row = _made(cloud, host, size)
    cloud.overlay.make("ceph_mon", row)
    return answer({"ceph_mon": [row]})


def _fits(cloud: Cloud, host: Host) -> None:
    if host.personality == "worker" and (cloud.of("storage") or cloud.of("controller")[0].is_aio):
        model = "storage-nodes" if cloud.of("storage") else "controller-nodes"
        raise client(
            "Can not add a storage monitor to a worker if ceph's deployments model is already set "
            f"to {model} or system is All-in-one."
        )
    if host.personality == "storage" and host.name != "storage-0":
        raise client("Ceph monitor can only be added to storage-0 or any worker.")


def _made(cloud: Cloud, host: Host, size: int) -> Json:
    serves = host.administrative == "unlocked" and host.operational == "enabled"
    state = "configured"
    if host.personality == "worker":
        state = "configuring" if serves else "configuring-on-unlock"
    row = {
        "uuid": cloud.new_uuid(),
        "device_path": host.rootfs_device,
        "ihost_uuid": host.uuid,
        "hostname": host.hostname,
        "ceph_mon_gib": size,
        "state": state,
        "task": None if state == "configured" else str({host.name: state}),
        "links": [],
        **dates(cloud),
    }
    if state == "configuring":
        cloud.clock.at(cloud.jitter(CONFIGURE_S), lambda: _done(cloud, row["uuid"]))
    return row


def _done(cloud: Cloud, uuid: str) -> None:
    cloud.overlay.alter("ceph_mon", uuid, {"state": "configured", "task": None})


def settle(cloud: Cloud, host: Host) -> None:
    """What waited for the unlock is there."""
    for row in _rows(cloud):
        if row["ihost_uuid"] == host.uuid and row["state"] == "configuring-on-unlock":
            _done(cloud, row["uuid"])


def grow(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH /v1/ceph_mon/<uuid>: all monitors are as large."""
    rows = _rows(cloud)
    row = next((one for one in rows if one["uuid"] == path[0]), None)
    if row is None:
        raise client(f"No ceph mon with id {path[0]}", 404)
    wanted = str(patch_of(request).get("ceph_mon_gib"))
    if wanted == str(row["ceph_mon_gib"]) or wanted == "None":
        raise client("Warning: ceph_mon parameters are not changed.")
    if not wanted.isdigit():
        raise client("ceph_mon_gib must be an integer.")
    least, size = row["ceph_mon_gib"] + 1, int(wanted)
    if not least <= size <= MOST:
        raise client(f"ceph_mon_gib = {size}. Value must be between {least} and {MOST}.")
    bearers = [host for host in (cloud.host(one["ihost_uuid"]) for one in rows) if host]
    for host in bearers:
        _roomy(cloud, host, size - row["ceph_mon_gib"])
    for host, one in zip(bearers, rows):
        take(cloud, host, size - row["ceph_mon_gib"])
        cloud.overlay.alter("ceph_mon", one["uuid"], {"ceph_mon_gib": size})
    configuring.require(cloud, "controller", "storage")
    alarms.review(cloud, *bearers)
    return answer(next(one for one in _rows(cloud) if one["uuid"] == path[0]))


def delete(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/ceph_mon/<host>: only what could not be configured goes."""
    row = next((one for one in _rows(cloud) if one["ihost_uuid"] == path[0]), None)
    if row is None:
        raise client(f"No Ceph Monitor defined for host with uuid: {path[0]}")
    if row["state"] != "configuration-failed":
        raise client(
            "Direct Ceph monitor delete only allowed for state 'configuration-failed'. Please lock "
            "and delete node to remove the configured Ceph Monitor."
        )
    cloud.overlay.remove("ceph_mon", row["uuid"])
    return Answer(status=204)


Change = Callable[[Cloud, Request, list[str]], Answer]
CHANGES: dict[str, dict[str, Change]] = {
    "ceph_mon": {"POST": add, "PATCH": grow, "DELETE": delete},
}
