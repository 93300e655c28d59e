"""What the hosts share: storage, controller filesystems, monitors; and all cluster-wide lists."""

from __future__ import annotations

from typing import Callable

from backend.simulator import addressing, clocks, kubernetes, settled
from backend.simulator.children import children, listed
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.inventory import OSD_MIB, TIER, dates
from backend.simulator.model import Host, Json, links
from backend.simulator.paging import known, page
from backend.simulator.refuse import client, no_such_path


def rows(cloud: Cloud, name: str) -> list[Json]:
    """The rows of a cluster-wide kind; made when first asked for, then kept, and changed since."""
    if name in FOLLOWING:
        return cloud.overlay.over(name, SHARED[name](cloud))
    if name not in cloud.shared:
        cloud.shared[name] = SHARED[name](cloud)
    return cloud.overlay.over(name, cloud.shared[name])


def reply(cloud: Cloud, request: Request, name: str, path: list[str]) -> Answer:
    """A cluster-wide list, one row of it, or what hangs below one."""
    known(request)
    base = f"{request.base}/platform"
    if not path:
        return _listed(request, name, rows(cloud, name))
    key = KEYS.get(name, "uuid")
    found = next((row for row in rows(cloud, name) if row[key] == path[0]), None)
    if found is None:
        raise client(f"No {name} with id {path[0]}", 404)
    if path[1:]:
        return _below(cloud, request, name, path[1:])
    return answer(_with_links(found, name, base))


def _listed(request: Request, name: str, found: list[Json]) -> Answer:
    base = f"{request.base}/platform"
    hidden, key = ALONE.get(name, set()), KEYS.get(name, "uuid")
    shown, tail = page(request, found, lambda row: str(row[key]), len(found))
    drawn = [
        _with_links({k: v for k, v in row.items() if k not in hidden}, name, base) for row in shown
    ]
    more = {} if tail is None else {"next": f"{request.base}{request.path}?{tail}"}
    return answer({LIST_KEYS.get(name, name): drawn, **more})


def _below(cloud: Cloud, request: Request, name: str, path: list[str]) -> Answer:
    """There is one cluster, and one tier in it: all there is hangs below."""
    if path != [LINKED.get(name)]:
        raise no_such_path()
    if name == "clusters":
        return _listed(request, "storage_tiers", rows(cloud, "storage_tiers"))
    osds = [osd for host in cloud.hosts for osd in children(cloud, host, "istors")]
    return listed(request, "istors", osds)


def of_host(cloud: Cloud, request: Request, host: Host, name: str) -> Answer:
    """The rows of a cluster-wide kind that are one host's."""
    return _listed(
        request, name, [row for row in rows(cloud, name) if row["ihost_uuid"] == host.uuid]
    )


def _with_links(row: Json, name: str, base: str) -> Json:
    if "links" not in row:
        return row
    path = LINK_NAMES.get(name, name)
    sub = LINKED.get(name, "")
    below = {sub: links(base, path, row["uuid"], sub)} if sub in row else {}
    return {**row, "links": links(base, path, row["uuid"]), **below}


def _backends(cloud: Cloud) -> list[Json]:
    rook = cloud.system.storage == "ceph-rook"
    replication = "1" if cloud.system.is_simplex else "2"
    return [
        {
            "uuid": cloud.uuid_of("backend"),
            "backend": cloud.system.storage,
            "name": "ceph-rook-store" if rook else "ceph-store",
            "state": "configured",
            "forisystemid": 1,
            "isystem_uuid": cloud.system.uuid,
            "task": "applied" if rook else None,
            "services": "block,filesystem" if rook else "cinder,glance,nova,swift",
            "capabilities": {"replication": replication, "min_replication": "1"},
            "links": [],
            **dates(cloud),
            "confirmed": False,
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
            "forisystemid": 1,
            "isystem_uuid": cloud.system.uuid,
            "action": None,
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


def _ceph(cloud: Cloud) -> list[Json]:
    """The bare-metal Ceph backend again, with its pools; Rook's are Kubernetes' business."""
    bearers = [host for host in cloud.hosts if children(cloud, host, "istors")]
    return [
        {
            "uuid": row["uuid"],
            "cinder_pool_gib": 80,
            "glance_pool_gib": 10,
            "ephemeral_pool_gib": 0,
            "object_pool_gib": 0,
            "kube_pool_gib": 20,
            "object_gateway": False,
            "tier_name": "storage",
            "tier_uuid": TIER,
            "ceph_total_space_gib": len(bearers) * OSD_MIB // 1024,
            "links": [],
            **dates(cloud),
            **{name: row[name] for name in ("backend", "name", "state", "task", "services")},
            "capabilities": row["capabilities"],
            "confirmed": False,
            "network": row["network"],
        }
        for row in rows(cloud, "storage_backend")
        if row["backend"] == "ceph"
    ]


def _rook(cloud: Cloud) -> list[Json]:
    """Rook's backend again, as its own root lists it."""
    names = ("uuid", "backend", "name", "state", "task", "services", "capabilities")
    return [
        {**{name: row[name] for name in names}, "links": [], **dates(cloud)}
        for row in rows(cloud, "storage_backend")
        if row["backend"] == "ceph-rook"
    ]


def _clusters(cloud: Cloud) -> list[Json]:
    """The one Ceph cluster, of the uuid its alarms name."""
    alone, apart = cloud.system.is_simplex, bool(cloud.of("storage"))
    tier = {"name": "storage", "status": "in-use", "uuid": TIER}
    return [
        {
            "id": 1,
            "uuid": cloud.uuid_of("cluster"),
            "cluster_uuid": cloud.system.uuid,
            "type": "ceph",
            "name": "ceph_cluster",
            "deployment_model": "aio-sx"
            if alone
            else ("storage-nodes" if apart else "controller-nodes"),
            "peers": _peers(cloud),
            "tiers": [tier],
            "links": [],
            "storage_tiers": [],
            **dates(cloud),
        }
    ]


def _peers(cloud: Cloud) -> list[Json]:
    """The groups that hold the same data."""
    groups = {host.peers["name"]: host.peers["hosts"] for host in cloud.hosts if host.peers}
    return [
        {
            "name": name,
            "hosts": hosts,
            "status": "provisioned",
            "uuid": cloud.uuid_of("peer group", name),
        }
        for name, hosts in groups.items()
    ]


def tier_osds(cloud: Cloud, tier: str) -> list[int]:
    """Ceph's numbers of the OSDs of a tier."""
    osds = (osd for host in cloud.hosts for osd in children(cloud, host, "istors"))
    return [osd["osdid"] for osd in osds if osd["tier_uuid"] == tier and osd["function"] == "osd"]


def _tiers(cloud: Cloud) -> list[Json]:
    stors = tier_osds(cloud, TIER)
    return [
        {
            "uuid": TIER,
            "name": "storage",
            "type": "ceph",
            "status": "in-use",
            "capabilities": {},
            "backend_uuid": cloud.uuid_of("backend"),
            "cluster_uuid": cloud.uuid_of("cluster"),
            "stors": stors,
            "links": [],
            "istors": [],
            **dates(cloud),
        }
    ]


def _none(cloud: Cloud) -> list[Json]:
    del cloud
    return []


SHARED: dict[str, Callable[[Cloud], list[Json]]] = {
    "storage_backend": _backends,
    "controller_fs": _controller_filesystems,
    "ceph_mon": _monitors,
    "storage_ceph": _ceph,
    "storage_ceph_external": _none,
    "storage_ceph_rook": _rook,
    "storage_external": _none,
    "storage_file": _none,
    "storage_lvm": _none,
    "clusters": _clusters,
    "storage_tiers": _tiers,
    "kube_rootca_update": lambda cloud: [cloud.kube.rootca] if cloud.kube.rootca else [],
    **addressing.SHARED,
    **clocks.SHARED,
    **kubernetes.SHARED,
    **settled.SHARED,
}

# What follows the hosts, and so is made anew each time.
FOLLOWING = {
    "addresses",
    "addrpools",
    "ceph_mon",
    "certificate",
    "clusters",
    "iextoam",
    "kube_clusters",
    "kube_host_upgrades",
    "kube_rootca_update",
    "kube_versions",
    "ptp_instances",
    "storage_ceph",
    "storage_ceph_rook",
    "storage_tiers",
}

# The key around a list, and the word in a row's links, where they differ from the path.
LIST_KEYS = {
    "certificate": "certificates",
    "drbdconfig": "drbdconfigs",
    "idns": "idnss",
    "iextoam": "iextoams",
    "intp": "intps",
    "iuser": "iusers",
    "kube_rootca_update": "kube_rootca_updates",
    "ptp": "ptps",
    "remotelogging": "remoteloggings",
    "sdn_controller": "sdn_controllers",
    "service_parameter": "parameters",
    "storage_backend": "storage_backends",
}
LINK_NAMES = {**LIST_KEYS, "kube_host_upgrades": "kube_host_upgrade"}

# What tells rows apart, where it is not their uuid.
KEYS = {"kube_versions": "version", "kube_clusters": "cluster_name"}

_DATES = {"created_at", "updated_at"}
# What only a row asked for by itself has.
ALONE = {
    "addresses": {"id", "name", *_DATES},
    "addrpools": {"id", *_DATES},
    "controller_fs": {"forisystemid", "action"},
    "clusters": {"id", "peers", "tiers", "storage_tiers", *_DATES},
    "datanetworks": _DATES,
    "device_images": _DATES,
    "kube_versions": {"upgrade_from", "downgrade_to", "applied_patches", "available_patches"},
    "networks": _DATES,
    "service_parameter": _DATES,
    "storage_backend": {"forisystemid", "confirmed"},
    "storage_ceph": {"confirmed"},
    "storage_tiers": {"istors"},
}
# What hangs below a row.
LINKED = {"clusters": "storage_tiers", "storage_tiers": "istors"}
