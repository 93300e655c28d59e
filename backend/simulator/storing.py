"""Storage of the whole pretend system: filesystems grown, backends and tiers changed."""

from __future__ import annotations

import json
import re
from typing import Any, Callable

from backend.simulator import shared
from backend.simulator.bodies import json_of, object_of, patch_of
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.inventory import dates
from backend.simulator.model import Json, iso
from backend.simulator.refuse import client

GIB = 1 << 30
BACKUP_OVERHEAD = 5
AVAILABLE, RESIZING = "{'status': 'available'}", "{'status': 'drbd_fs_resizing_in_progress'}"
# How long growing and copying take, in seconds.
RESIZE_S, CONFIGURE_S = 90.0, 60.0
DEFAULT_TIER = "storage"
TIER_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


# --- the controllers' filesystems --------------------------------------------------------------


def _group(cloud: Cloud) -> int:
    """The GiB that are free in the controllers' volume group: of the one that has least."""
    free = []
    for host in cloud.of("controller"):
        for group in children(cloud, host, "ilvgs"):
            if group["lvm_vg_name"] == "cgts-vg" and group["lvm_vg_total_pe"]:
                share = int(group["lvm_vg_free_pe"]) / int(group["lvm_vg_total_pe"])
                free.append(int(int(group["lvm_vg_size"]) * share) // GIB)
    return min(free, default=0)


def grow(cloud: Cloud, request: Request) -> Answer:
    """PUT /v1/isystems/<uuid>/controller_fs/update_many; answered with nothing."""
    rows = {row["name"]: row for row in shared.rows(cloud, "controller_fs")}
    wanted = dict(_wanted(one, rows) for one in json_of(request))
    if any("resizing" in row["state"] for row in rows.values()):
        raise client("A drbd sync operation is currently in progress. Retry again later.")
    for host in cloud.of("controller"):
        if not host.is_serving or host.availability != "available":
            raise client(
                "This operation requires controllers to be unlocked, enabled, available: "
                f"{host.name}"
            )
    _check_backup(cloud, {**{name: row["size"] for name, row in rows.items()}, **wanted})
    growth = sum(
        (size - rows[name]["size"]) * (2 if name == "database" else 1)
        for name, size in wanted.items()
    )
    left = _group(cloud)
    if growth > left:
        raise client(f"Total target growth size {growth} GiB exceeds growth limit of {left} GiB.")
    for name, size in wanted.items():
        _begin(cloud, rows[name], size)
    return Answer(status=200)


def _wanted(patch: Any, rows: dict[str, Json]) -> tuple[str, int]:
    told = {str(one["path"]): one["value"] for one in patch}
    name, size = str(told.get("/name")), told.get("/size")
    if name not in rows:
        raise client(f"ControllerFs update failed: invalid filesystem '{name}' ")
    if not str(size).isdigit():
        raise client(f"ControllerFs update failed: filesystem '{name}' size must be an integer ")
    if int(str(size)) <= rows[name]["size"]:
        raise client(
            f"ControllerFs update failed: size for filesystem '{name}' should be bigger than "
            f"{rows[name]['size']} "
        )
    return name, int(str(size))


def _check_backup(cloud: Cloud, sizes: dict[str, int]) -> None:
    least = sizes["platform"] + sizes["database"] + BACKUP_OVERHEAD
    for host in cloud.of("controller"):
        for filesystem in children(cloud, host, "host_fs"):
            if filesystem["name"] == "backup" and filesystem["size"] < least:
                raise client(
                    f"backup size of {filesystem['size']} is insufficient for host {host.name}. "
                    f"Minimum backup size of {least} is required based upon platform size "
                    f"{sizes['platform']} and database size {sizes['database']}. "
                    "Rejecting modification request."
                )


def _begin(cloud: Cloud, row: Json, size: int) -> None:
    """Grow a filesystem; a copied one is copied anew, which takes its time."""
    copied = row["replicated"] and not cloud.system.is_simplex
    fields = {"size": size, "state": RESIZING if copied else AVAILABLE}
    cloud.overlay.alter("controller_fs", row["uuid"], {**fields, "updated_at": iso(cloud.now())})
    if copied:

        def done() -> None:
            cloud.overlay.alter("controller_fs", row["uuid"], {"state": AVAILABLE})

        cloud.clock.at(cloud.jitter(RESIZE_S), done)


# --- backends ----------------------------------------------------------------------------------


def _backend(cloud: Cloud, uuid: str) -> Json:
    rows = shared.rows(cloud, "storage_backend")
    found = next((row for row in rows if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"No storage backend with id {uuid}", 404)
    return found


def _adding(sort: str) -> Callable[[Cloud, Request, list[str]], Answer]:
    def add(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
        body = object_of(request)
        services = body.get("services") or ("block" if sort == "ceph-rook" else "")
        if sort == "ceph-rook":
            _check_rook(cloud, body, services.split(","))
        name = body.get("name") or ("ceph-rook-store" if sort == "ceph-rook" else f"{sort}-store")
        if any(row["name"] == name for row in shared.rows(cloud, "storage_backend")):
            raise client(
                f"{name} already exists. Only one {sort} storage backend is allowed. Please modify "
                "the existing backend."
            )
        if not body.get("confirmed"):
            raise client(
                "\nWARNING : THIS OPERATION IS NOT REVERSIBLE AND CANNOT BE CANCELLED. \n\nPlease "
                f"set the 'confirmed' field to execute this operation for the {sort} backend."
            )
        row = _made(cloud, sort, name, services, body)
        return answer(row)

    return add


def _check_rook(cloud: Cloud, body: Json, services: list[str]) -> None:
    model = body.get("deployment") or "controller"
    if model not in {"controller", "dedicated", "open"}:
        raise client(f"Deployment model {model} is not supported")
    if model == "dedicated" and cloud.system.is_simplex:
        raise client(f"Deployment model {model} is not supported on AIO-SX.")
    if {"block", "ecblock"} <= set(services):
        raise client(
            "Service block and ecblock are not supported for the ceph-rook backend in same time"
        )
    for service in services:
        if service not in {"block", "ecblock", "filesystem", "object"}:
            raise client(f"Service {service} is not supported for the ceph-rook backend")


def _made(cloud: Cloud, sort: str, name: str, services: str, body: Json) -> Json:
    given = {key: body[key] for key in ("deployment", "failure_domain") if body.get(key)}
    named = {"deployment": "deployment_model"}
    caps = {named.get(key, key): value for key, value in given.items()}
    row = {
        "uuid": cloud.new_uuid(),
        "backend": sort,
        "name": name,
        "state": "configuring-with-app" if sort == "ceph-rook" else "configuring",
        "forisystemid": 1,
        "isystem_uuid": cloud.system.uuid,
        "task": None,
        "services": services,
        "capabilities": {**caps, **(body.get("capabilities") or {})},
        "links": [],
        **dates(cloud),
        "confirmed": False,
        "network": body.get("network") or "mgmt",
    }
    cloud.overlay.make("storage_backend", row)
    _settle(cloud, row["uuid"])
    return row


def _settle(cloud: Cloud, uuid: str) -> None:
    def done() -> None:
        cloud.overlay.alter("storage_backend", uuid, {"state": "configured", "task": "applied"})

    cloud.clock.at(cloud.jitter(CONFIGURE_S), done)


def change_backend(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH /v1/storage_<sort>/<uuid>."""
    row = _backend(cloud, path[0])
    fields = patch_of(request)
    caps = json.loads(fields.pop("capabilities", "{}"))
    has = str(row["services"] or "").split(",")
    lost = set(has) - set(str(fields.get("services") or ",".join(has)).split(","))
    if lost - {""}:
        raise client(f"Removing {','.join(sorted(lost))} is not supported.")
    then = {**fields, "capabilities": {**row["capabilities"], **caps}}
    if all(row.get(name) == value for name, value in then.items()):
        raise client("No changes to the existing backend settings were detected.")
    copies = str(then["capabilities"].get("replication", "1"))
    if copies not in {"1", "2", "3"}:
        raise client(
            f"Required backend parameter 'replication' has invalid value '{copies}'. Supported "
            "values are [1, 2, 3]."
        )
    then["state"] = "configuring-with-app" if row["backend"] == "ceph-rook" else "configuring"
    cloud.overlay.alter("storage_backend", row["uuid"], then)
    _settle(cloud, row["uuid"])
    return answer(_backend(cloud, row["uuid"]))


def delete_backend(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/storage_<sort>/<uuid>."""
    row = _backend(cloud, path[0])
    used = [
        tier["name"]
        for tier in shared.rows(cloud, "storage_tiers")
        if tier["backend_uuid"] == row["uuid"] and tier["stors"]
    ]
    if used:
        raise client(
            f"Storage-backend '{row['name']}' cannot be deleted when there are Storage Tiers "
            f"({', '.join(used)}) in 'in-use' state."
        )
    cloud.overlay.remove("storage_backend", row["uuid"])
    return Answer(status=204)


# --- tiers -------------------------------------------------------------------------------------


def _tier(cloud: Cloud, uuid: str) -> Json:
    rows = shared.rows(cloud, "storage_tiers")
    found = next((row for row in rows if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"StorageTier with UUID {uuid} not found.", 404)
    return found


def add_tier(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
    """POST /v1/storage_tiers/."""
    body = object_of(request)
    name = str(body.get("name") or DEFAULT_TIER)
    if not body.get("cluster_uuid"):
        raise client("No cluster information was provided for tier creation.")
    if not TIER_NAME.fullmatch(name):
        raise client(f"Invalid storage tier name '{name}'.")
    if any(row["name"] == name for row in shared.rows(cloud, "storage_tiers")):
        raise client(f"Storage tier ({name}) already present.")
    row = {
        "uuid": cloud.new_uuid(),
        "name": name,
        "type": "ceph",
        "status": "defined",
        "capabilities": {},
        "backend_uuid": None,
        "cluster_uuid": body["cluster_uuid"],
        "stors": [],
        "links": [],
        "istors": [],
        **dates(cloud),
    }
    return answer(cloud.overlay.make("storage_tiers", row))


def rename_tier(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH /v1/storage_tiers/<uuid>."""
    row = _tier(cloud, path[0])
    fields = patch_of(request)
    odd = [name for name in fields if name != "name"]
    if odd:
        raise client(f"Cannot modify '{odd[0]}' with this operation.")
    if fields.get("name") == row["name"]:
        raise client("No changes to the existing tier settings were detected.")
    if fields.get("name") == DEFAULT_TIER:
        raise client(
            f"Cannot modify tier '{row['name']}'. Name '{DEFAULT_TIER}' is used by the default tier"
        )
    cloud.overlay.alter("storage_tiers", row["uuid"], {**fields, "updated_at": iso(cloud.now())})
    return answer(_tier(cloud, row["uuid"]))


def delete_tier(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/storage_tiers/<uuid>."""
    row = _tier(cloud, path[0])
    if len(shared.rows(cloud, "storage_tiers")) == 1:
        raise client(
            f"Storage Tier '{row['name']}' cannot be deleted. At least one Storage Tier is "
            "required."
        )
    if row["name"] == DEFAULT_TIER:
        raise client(f"Storage Tier '{row['name']}' cannot be deleted.")
    if row["status"] != "defined":
        raise client(f"Storage Tier '{row['name']}' cannot be deleted. It is {row['status']}")
    cloud.overlay.remove("storage_tiers", row["uuid"])
    return Answer(status=204)


Change = Callable[[Cloud, Request, list[str]], Answer]

SORTS = ("ceph", "ceph-rook", "ceph-external", "file", "lvm", "external")
CHANGES: dict[str, dict[str, Change]] = {
    **{
        f"storage_{sort.replace('-', '_')}": {
            "POST": _adding(sort),
            "PATCH": change_backend,
            "DELETE": delete_backend,
        }
        for sort in SORTS
    },
    "storage_tiers": {"POST": add_tier, "PATCH": rename_tier, "DELETE": delete_tier},
}
