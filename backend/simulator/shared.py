"""What the hosts share: storage backends, controller filesystems, monitors, networks, upgrades."""

from __future__ import annotations

from typing import Callable, Optional

from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.inventory import dates
from backend.simulator.model import Json, links
from backend.simulator.paging import known
from backend.simulator.refuse import client


def rows(cloud: Cloud, name: str) -> list[Json]:
    """The rows of a cluster-wide kind; made when first asked for, then kept."""
    if name not in cloud.shared:
        cloud.shared[name] = SHARED[name](cloud)
    return cloud.shared[name]


def reply(cloud: Cloud, request: Request, name: str, uuid: Optional[str] = None) -> Answer:
    """A cluster-wide list, or one row of it by uuid."""
    base = f"{request.base}/platform"
    drawn = [_with_links(row, name, base) for row in rows(cloud, name)]
    if uuid is None:
        known(request)
        return answer({LIST_KEYS.get(name, name): drawn})
    found = next((row for row in drawn if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"No {name} with id {uuid}", 404)
    return answer(found)


def _with_links(row: Json, name: str, base: str) -> Json:
    if name == "networks":
        return row
    path = LINK_NAMES.get(name, name)
    return {**row, "links": links(base, path, row["uuid"])}


def _backends(cloud: Cloud) -> list[Json]:
    rook = cloud.system.storage == "ceph-rook"
    replication = "1" if cloud.system.is_simplex else "2"
    return [
        {
            "uuid": cloud.uuid_of("backend"),
            "backend": cloud.system.storage,
            "name": "ceph-rook-store" if rook else "ceph-store",
            "state": "configured",
            "isystem_uuid": cloud.system.uuid,
            "task": "applied" if rook else None,
            "services": "block,filesystem" if rook else "cinder,glance,nova,swift",
            "capabilities": {"replication": replication, "min_replication": "1"},
            "links": [],
            **dates(cloud),
            "network": "cluster-host" if rook else "mgmt",
        }
    ]


# name, GiB, volume
CONTROLLER_FILESYSTEMS = (
    ("database", 10, "pgsql-lv"),
    ("platform", 10, "platform-lv"),
    ("docker-distribution", 16, "dockerdistribution-lv"),
    ("etcd", 5, "etcd-lv"),
    ("extension", 1, "extension-lv"),
)


def _controller_filesystems(cloud: Cloud) -> list[Json]:
    return [
        {
            "uuid": cloud.uuid_of("controller filesystem", name),
            "name": name,
            "size": size,
            "logical_volume": volume,
            "replicated": True,
            "state": "{'status': 'available'}",
            "capabilities": {},
            "isystem_uuid": cloud.system.uuid,
            "links": [],
            **dates(cloud),
        }
        for name, size, volume in CONTROLLER_FILESYSTEMS
    ]


def _monitors(cloud: Cloud) -> list[Json]:
    """Bare-metal Ceph keeps its monitors here; Rook's are Kubernetes' business."""
    bearers = [h for h in cloud.hosts if h.capabilities.get("stor_function") == "monitor"]
    return [
        {
            "uuid": cloud.uuid_of(host.uuid, "monitor"),
            "device_path": None,
            "ihost_uuid": host.uuid,
            "hostname": host.hostname,
            "ceph_mon_gib": 20,
            "state": "configured",
            "task": None,
            "links": [],
            **dates(cloud),
        }
        for host in bearers
        if cloud.system.storage == "ceph"
    ]


# type, name, dynamic
NETWORKS = (
    ("pxeboot", "pxeboot", True),
    ("mgmt", "management", True),
    ("oam", "oam", False),
    ("cluster-host", "cluster-host", True),
    ("cluster-pod", "cluster-pod", False),
    ("cluster-service", "cluster-service", False),
    ("multicast", "multicast", False),
)


def _networks(cloud: Cloud) -> list[Json]:
    return [
        {
            "id": number,
            "uuid": cloud.uuid_of("network", name),
            "type": kind,
            "name": name,
            "dynamic": dynamic,
            "pool_uuid": cloud.uuid_of("pool", name),
            "primary_pool_family": "IPv4",
        }
        for number, (kind, name, dynamic) in enumerate(NETWORKS, 1)
    ]


def _none(cloud: Cloud) -> list[Json]:
    del cloud
    return []


SHARED: dict[str, Callable[[Cloud], list[Json]]] = {
    "storage_backend": _backends,
    "controller_fs": _controller_filesystems,
    "ceph_mon": _monitors,
    "networks": _networks,
    "kube_upgrade": _none,
    "kube_rootca_update": _none,
}

# The key around a list, and the word in a row's links, where they differ from the path.
LIST_KEYS = {
    "storage_backend": "storage_backends",
    "kube_upgrade": "kube_upgrades",
    "kube_rootca_update": "kube_rootca_updates",
}
LINK_NAMES = {"storage_backend": "storage_backends"}
