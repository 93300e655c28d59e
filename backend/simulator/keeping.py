"""Host filesystems and OSDs as they are changed, refused as sysinv refuses."""

from __future__ import annotations

import json
from typing import Optional

from backend.simulator import alarms, shared
from backend.simulator.bodies import OPERATIONS, json_of
from backend.simulator.changers import Changer, number
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.dividing import disk_of, on_disk
from backend.simulator.exchange import Answer, Request
from backend.simulator.inventory import PE_BYTES, TIER, dates
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client, no_such_method

ALLOWED = ("image-conversion", "instances", "ceph")
ON = {"image-conversion": ("controller",), "instances": ("controller", "worker")}
VOLUMES = {"image-conversion": "conversion-lv"}
# Where filesystems are mounted, as their alarms name them.
PATHS = {"log": "/var/log", "docker": "/var/lib/docker", "kubelet": "/var/lib/kubelet",
         "backup": "/opt/backups", "root": "/", "var": "/var"}  # fmt: skip
# Seconds until a filesystem has its size, and an OSD is in service.
FILESYSTEM_S, OSD_S = 15, 60


def free_gib(cloud: Cloud, host: Host) -> int:
    """The GiB that are free in cgts-vg of a host."""
    for row in children(cloud, host, "ipvs"):
        if row["lvm_vg_name"] == "cgts-vg" and row["pv_state"] != "provisioned":
            raise client(
                f"There are still unprovisioned physical volumes on '{host.name}'. Cannot perform "
                "operation."
            )
    group = _group(cloud, host)
    return int(group["lvm_vg_free_pe"]) * PE_BYTES // 1024**3


def _group(cloud: Cloud, host: Host) -> Json:
    groups = children(cloud, host, "ilvgs")
    return next(one for one in groups if one["lvm_vg_name"] == "cgts-vg")


def take(cloud: Cloud, host: Host, gib: int) -> None:
    """Take so many GiB of the volume group, or give them back."""
    group = _group(cloud, host)
    group["lvm_vg_free_pe"] -= gib * 1024**3 // PE_BYTES
    group["lvm_vg_avail_size"] = group["lvm_vg_free_pe"] * PE_BYTES


def _roomy(cloud: Cloud, host: Host, growth: int) -> None:
    free = free_gib(cloud, host)
    if growth > free:
        raise client(
            f"HostFs update failed: Not enough free space on cgts-vg. Current free space {free} "
            f"GiB, requested total increase {growth} GiB."
        )


# --- filesystems -------------------------------------------------------------------------------


def update_many(cloud: Cloud, request: Request, host: Host) -> Answer:
    """PUT /v1/ihosts/<host>/host_fs/update_many: a list of patches, each of one filesystem."""
    if request.method != "PUT":
        raise no_such_method(request.method, "PUT")
    for patch in json_of(request):
        if any(one.get("op") not in OPERATIONS for one in patch):
            raise client("Operation not supported")
        _update(cloud, host, {one["path"].lstrip("/"): one.get("value") for one in patch})
    return Answer(status=204)


def _update(cloud: Cloud, host: Host, wanted: Json) -> None:
    rows = children(cloud, host, "host_fs")
    row = next((one for one in rows if one["name"] == wanted.get("name")), None)
    if row is None:
        raise client(f"HostFs update failed: invalid filesystem '{wanted.get('name')}'.")
    if "capabilities" in wanted:
        _functions(row, json.loads(wanted["capabilities"])["functions"])
    if "size" not in wanted:
        return
    state = row["state"].casefold()
    if row["name"] in ALLOWED and state != "ready":
        raise client(
            f"HostFs update failed: resize for optional filesystem {row['name']} is only possible "
            "with state Ready."
        )
    words = f"HostFs update failed: filesystem '{row['name']}' size must be an integer."
    size = number(wanted["size"], words)
    if size <= row["size"]:
        raise client(
            f"HostFs update failed: size for filesystem '{row['name']}' should be bigger than "
            f"{row['size']}."
        )
    growth = size - row["size"]
    _roomy(cloud, host, growth)
    before = row["state"]
    row.update(size=size, state="Modifying")
    take(cloud, host, growth)

    def grown() -> None:
        row.update(state=before)
        alarms.eased(cloud, host.name, PATHS.get(row["name"], f"/{row['name']}"), size, growth)

    cloud.clock.at(cloud.jitter(FILESYSTEM_S), grown)


def _functions(row: Json, wanted: list[str]) -> None:
    if row["name"] != "ceph":
        raise client(
            "HostFs update failed: update functions are only supported for ceph filesystem with "
            "ceph-rook storage backend."
        )
    now = row["capabilities"]["functions"]
    if ("osd" in wanted) != ("osd" in now):
        raise client(
            "HostFs update failed: please use the host-stor-add to add the osd function. Only "
            "adding/removing the monitor function is supported with this API."
        )
    row["capabilities"] = {"functions": wanted}


def add_filesystem(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """A filesystem that not every host has; a locked host makes it at its unlock."""
    name = str(wanted.get("name"))
    _fits(cloud, host, name)
    rows = children(cloud, host, "host_fs")
    if any(one["name"] == name for one in rows):
        raise client(f"Filesystem name ({name}) already present")
    size = number(wanted.get("size"), f"HostFs: filesystem '{name}' size must be an integer.")
    _roomy(cloud, host, size)
    if size < 1:
        raise client("HostFs update failed: Minimum FS size is 1 GiB.")
    staged = name == "instances" or (host.administrative, host.availability) == ("locked", "online")
    row = {
        "uuid": cloud.new_uuid(),
        "name": name,
        "size": size,
        "logical_volume": VOLUMES.get(name, f"{name}-lv"),
        "state": "Creating on unlock" if staged else "Creating",
        "capabilities": {"functions": ["monitor"] if name == "ceph" else []},
        "ihost_uuid": host.uuid,
        "links": [],
        **dates(cloud),
    }
    rows.append(row)
    take(cloud, host, size)
    if not staged:
        cloud.clock.at(cloud.jitter(FILESYSTEM_S), lambda: row.update(state="Ready"))
    return row


def _fits(cloud: Cloud, host: Host, name: str) -> None:
    if name not in ALLOWED:
        raise client(
            "Unsupported filesystem. Only the following filesystems are supported for creation or "
            f"deletion: {list(ALLOWED)}"
        )
    if host.personality not in ON.get(name, ("controller", "worker")):
        raise client(f"Filesystem {name} can not be added on {host.personality} nodes")
    if name == "instances" and host.is_worker and host.administrative != "locked":
        raise client("Host must be locked to make changes to instances")
    groups = children(cloud, host, "ilvgs")
    if name == "instances" and any(one["lvm_vg_name"] == "nova-local" for one in groups):
        raise client(
            "Cannot create instances while volume group nova-local is enabled. Delete the volume "
            "group and try again."
        )
    if name == "ceph" and cloud.system.storage != "ceph-rook":
        raise client(
            "ceph-rook must be configured as the storage backend to create/delete host-fs ceph."
        )


def delete_filesystem(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """A filesystem goes; of a locked host at its unlock."""
    del force
    _fits(cloud, host, row["name"])
    allowed = ["Ready", "Creating on unlock", "Update error"]
    if row["state"] not in allowed:
        raise client(
            f"HostFs update failed: deletion for optional filesystem '{row['name']}' is only "
            f"possible for states {allowed}."
        )
    children(cloud, host, "host_fs").remove(row)
    take(cloud, host, -row["size"])


# --- OSDs --------------------------------------------------------------------------------------


def add_osd(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """A disk for Ceph, by the storage model of the system."""
    _bears(cloud, host)
    disk = disk_of(cloud, host, wanted.get("idisk_uuid"))
    if disk["istor_uuid"]:
        raise client("Disk already assigned.")
    if disk["capabilities"].get("stor_function") == "rootfs":
        raise client("Can not associate to a rootfs disk")
    if on_disk(cloud, host, disk["uuid"]):
        raise client("Cannot assign storage function to a disk that contains other partitions.")
    if disk["ipv_uuid"]:
        raise client(
            "Cannot assign storage function to a disk already assigned as a physical volume to a "
            "volume group."
        )
    function = wanted.get("function") or "osd"
    tier = _tier(cloud, wanted.get("tier_uuid"))
    _check_journal(cloud, host, wanted.get("journal_location"))
    if function == "journal" and disk["device_type"] not in ("SSD", "NVME"):
        raise client(
            "Invalid stor device type: only SSD and NVME devices are supported for journal "
            "functions."
        )
    row = {
        **_osd(cloud, host, disk, wanted),
        "uuid": cloud.new_uuid(),
        "function": function,
        "state": _state(cloud, host, function),
        "tier_uuid": tier["uuid"],
        "tier_name": tier["name"],
    }
    children(cloud, host, "istors").append(row)
    cloud.lost_osds.discard(row["uuid"])
    disk.update(istor_uuid=row["uuid"], available_mib=0)
    if row["state"] == "configuring":
        cloud.clock.at(cloud.jitter(OSD_S), lambda: row.update(state="configured"))
    return row


def _state(cloud: Cloud, host: Host, function: str) -> str:
    if function != "osd":
        return "configured"
    if cloud.system.storage == "ceph-rook":
        return "configuring-with-app"
    return "configuring" if host.operational == "enabled" else "configuring-on-unlock"


def _osd(cloud: Cloud, host: Host, disk: Json, wanted: Json) -> Json:
    taken = {o["osdid"] for h in cloud.hosts for o in children(cloud, h, "istors")}
    rook = cloud.system.storage == "ceph-rook"
    number: Optional[int] = next(n for n in range(len(taken) + 1) if n not in taken)
    return {
        "osdid": None if rook or wanted.get("function") == "journal" else number,
        "capabilities": {},
        "ihost_uuid": host.uuid,
        "idisk_uuid": disk["uuid"],
        "links": [],
        "journal_location": wanted.get("journal_location"),
        "journal_size_mib": wanted.get("journal_size_mib"),
        "journal_path": None,
        "journal_node": None,
        **dates(cloud),
    }


def _tier(cloud: Cloud, uuid: object) -> Json:
    """The tier an OSD is for: the default one where none is named. It is in use from then on."""
    rows = shared.rows(cloud, "storage_tiers")
    found = next((row for row in rows if row["uuid"] == (uuid or TIER)), None)
    if found is None:
        raise client(f"No tier with id {uuid} found.")
    cloud.overlay.alter("storage_tiers", found["uuid"], {"status": "in-use"})
    return found


def _check_journal(cloud: Cloud, host: Host, uuid: object) -> None:
    if not uuid:
        return
    stors = {one["uuid"]: (at, one) for at in cloud.hosts for one in children(cloud, at, "istors")}
    if uuid not in stors:
        raise client(f"No journal stor with the provided uuid: {uuid}")
    at, one = stors[str(uuid)]
    if at is not host:
        raise client("The provided stor belongs to another host.")
    if one["function"] != "journal":
        raise client("The provided uuid belongs to a stor that is not of journal type.")


def _bears(cloud: Cloud, host: Host) -> None:
    """Whether the storage model has OSDs there, and the host is as it must be."""
    if cloud.system.storage == "ceph-rook":
        if host.personality != "controller":
            raise client(
                "Deployment model controller from storage backend ceph-rook-store does not "
                f"support osd on host {host.name}."
            )
        return
    if cloud.of("storage"):
        if host.personality != "storage":
            raise client(
                "Storage model is 'storage-nodes'. Storage devices can only be added to storage "
                "nodes."
            )
        if host.administrative != "locked":
            raise client(f"Host {host.name} must be locked.")
    elif host.administrative == "unlocked" and host.operational != "enabled":
        raise client(f"Host {host.name} must be unlocked and operational state enabled.")


def delete_osd(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """An OSD goes, where the setup lets it: else Ceph would forget it and sysinv would not."""
    _bears(cloud, host)
    rook = cloud.system.storage == "ceph-rook"
    if force and not rook:
        raise client(
            "Forcefully deleting an OSD is only supported when storage-backend configured is "
            "ceph-rook."
        )
    waits = row["state"] == "configuring-on-unlock"
    if not (row["function"] == "journal" or waits or rook or cloud.system.is_simplex):
        raise client(
            "Deleting a Storage Function other than 'journal' and 'osd' in state "
            "'configuring-on-unlock' is not supported on this setup."
        )
    if not rook and host.administrative != "locked":
        raise client(f"Host {host.name} must be locked.")
    if rook and row["state"] != "configuring-with-app":
        row["state"] = "force-deleting-with-app" if force else "deleting-with-app"
        return
    children(cloud, host, "istors").remove(row)
    disk = disk_of(cloud, host, row["idisk_uuid"])
    disk.update(istor_uuid=None, available_mib=disk["size_mib"])
    cloud.lost_osds.discard(row["uuid"])
    alarms.review(cloud)


def settle(cloud: Cloud, host: Host) -> None:
    """What waited for the unlock is there."""
    for row in children(cloud, host, "host_fs"):
        if row["state"] == "Creating on unlock":
            row["state"] = "Ready"
    for row in children(cloud, host, "istors"):
        if row["state"] == "configuring-on-unlock":
            row["state"] = "configured"


CHANGERS = {
    "host_fs": Changer(
        add=add_filesystem, remove=delete_filesystem, fields=frozenset({"name", "size"})
    ),
    "istors": Changer(
        add=add_osd,
        remove=delete_osd,
        fields=frozenset(
            {"function", "idisk_uuid", "journal_location", "journal_size_mib", "tier_uuid"}
        ),
    ),
}
