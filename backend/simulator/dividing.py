"""Disks as they are divided and wiped, refused as sysinv refuses."""

from __future__ import annotations

import re

from backend.simulator import alarms
from backend.simulator.changers import Changer, number
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.inventory import dates
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client

READY, IN_USE, CREATING, ON_UNLOCK, DELETING, MODIFYING = range(6)
WORDS = {
    READY: "Ready",
    IN_USE: "In-Use",
    CREATING: "Creating",
    ON_UNLOCK: "Creating (on unlock)",
    DELETING: "Deleting",
    MODIFYING: "Modifying",
}
# Seconds until a disk is divided anew.
PARTITION_S = 25
LVM = "ba5eba11-0000-1111-2222-000000000001"
GIB = 1024


def is_provisioned(host: Host) -> bool:
    return host.invprovision in ("provisioned", "provisioning", "upgrading")


def disk_of(cloud: Cloud, host: Host, uuid: object) -> Json:
    """A disk of a host by its id."""
    rows = children(cloud, host, "idisks")
    found = next((row for row in rows if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"No disk with id {uuid}", 404)
    return found


def on_disk(cloud: Cloud, host: Host, uuid: object) -> list[Json]:
    """The partitions of a disk."""
    return [one for one in children(cloud, host, "partitions") if one["idisk_uuid"] == uuid]


def _moving(cloud: Cloud, host: Host, verb: str) -> None:
    for one in children(cloud, host, "partitions"):
        if one["status"] in (CREATING, DELETING, MODIFYING):
            raise client(
                f"Cannot {verb} a partition while the current status of another partition is "
                f"'{WORDS[one['status']]}'. Wait for the operation to finish."
            )


def _serves(host: Host) -> None:
    if host.personality not in ("controller", "worker"):
        raise client("Host personality must be a one of [controller, worker]")


# --- partitions --------------------------------------------------------------------------------


def add_partition(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """A partition at the end of a disk; it takes a while, or waits for the first unlock."""
    _serves(host)
    disk = disk_of(cloud, host, wanted.get("idisk_uuid"))
    if wanted.get("type_guid") not in (LVM, None):
        raise client("This type of partition does not support the requested operation.")
    if disk["istor_uuid"]:
        raise client("Cannot create partition on a disk that is assigned as a storage volume.")
    if disk["ipv_uuid"]:
        raise client(
            "Cannot create partition on a disk that is already assigned as a physical volume to a "
            "volume group."
        )
    size = number(wanted.get("size_mib"), "Partition size must be greater than 0.")
    if size <= 0:
        raise client("Partition size must be greater than 0.")
    if size > disk["available_mib"]:
        free = disk["available_mib"] / GIB
        raise client(
            f"Requested size {size // GIB} GiB is larger than the {free:.3f} GiB available."
        )
    _moving(cloud, host, "create")
    there = children(cloud, host, "partitions")
    row = {**_partition(cloud, host, disk, size), "uuid": cloud.new_uuid()}
    there.append(row)
    if is_provisioned(host):
        row["status"] = CREATING
        cloud.clock.at(cloud.jitter(PARTITION_S), lambda: _made(disk, row))
    else:
        row["status"] = ON_UNLOCK
        disk["available_mib"] -= size
    return row


def _partition(cloud: Cloud, host: Host, disk: Json, size: int) -> Json:
    mine = on_disk(cloud, host, disk["uuid"])
    last = max((int(re.sub(r".*\D", "", one["device_node"])) for one in mine), default=0) + 1
    start = disk["size_mib"] - disk["available_mib"]
    return {
        "start_mib": start,
        "end_mib": start + size,
        "size_mib": size,
        "device_node": f"{disk['device_node']}{last}",
        "device_path": f"{disk['device_path']}-part{last}",
        "type_guid": LVM,
        "type_name": "LVM Physical Volume",
        "idisk_uuid": disk["uuid"],
        "ihost_uuid": host.uuid,
        "ipv_uuid": None,
        "links": [],
        "capabilities": {},
        **dates(cloud),
    }


def _made(disk: Json, row: Json) -> None:
    row["status"] = READY
    disk["available_mib"] -= row["size_mib"]


def _is_last(cloud: Cloud, host: Host, row: Json) -> bool:
    mine = on_disk(cloud, host, row["idisk_uuid"])
    return all(one["end_mib"] <= row["end_mib"] for one in mine)


def grow_partition(cloud: Cloud, host: Host, row: Json, changes: Json) -> None:
    """A partition made larger: only the last of its disk, and only while nothing uses it."""
    wanted = number(changes.get("size_mib"), "Requested partition size must be an integer")
    if wanted <= row["size_mib"]:
        raise client(
            f"Requested partition size must be larger than current size: {wanted // GIB} GiB <= "
            f"{row['size_mib'] / GIB:.3f} GiB"
        )
    if host.invprovision not in ("provisioned", "upgrading"):
        raise client("Only partition Add/Delete operations are allowed on an unprovisioned host.")
    if row["ipv_uuid"] or row["status"] == IN_USE:
        raise client(
            f"Can not modify partition. A physical volume ({row['device_node']}) is currently "
            "associated with this partition."
        )
    if row["status"] != READY:
        raise client(
            "Can not modify partition. Only partitions in the Ready state can be modified."
        )
    if not _is_last(cloud, host, row):
        raise client("Can not modify partition. Only the last partition on disk can be modified.")
    disk, extra = disk_of(cloud, host, row["idisk_uuid"]), wanted - row["size_mib"]
    if extra > disk["available_mib"]:
        raise client(
            f"Requested extra size {extra // GIB} GiB is larger than the "
            f"{disk['available_mib'] / GIB:.3f} GiB available."
        )
    row["status"] = MODIFYING

    def grown() -> None:
        row.update(status=READY, size_mib=wanted, end_mib=row["end_mib"] + extra)
        disk["available_mib"] -= extra

    cloud.clock.at(cloud.jitter(PARTITION_S), grown)


def delete_partition(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """A partition deleted; what was never made is gone at once."""
    del force
    _serves(host)
    if row["ipv_uuid"] or row["status"] == IN_USE:
        raise client(
            f"Can not delete partition. A physical volume ({row['device_node']}) is currently "
            "associated with this partition"
        )
    _moving(cloud, host, "delete")
    if not _is_last(cloud, host, row):
        raise client("Can not delete partition. Only the last partition on disk can be deleted.")
    disk, rows = disk_of(cloud, host, row["idisk_uuid"]), children(cloud, host, "partitions")

    def gone() -> None:
        if row in rows:
            rows.remove(row)
            disk["available_mib"] += row["size_mib"]

    if row["status"] == ON_UNLOCK:
        gone()
    else:
        row["status"] = DELETING
        cloud.clock.at(cloud.jitter(PARTITION_S), gone)


def wipe(cloud: Cloud, host: Host, row: Json, changes: Json) -> None:
    """A disk wiped: sysinv asks for root, volumes and the sort of host, and for nothing else."""
    if changes.get("partition_table") != "gpt":
        raise client("Only gpt disk formatting is supported.")
    if host.personality not in ("controller", "worker"):
        raise client("ERROR: Host personality must be a one of controller, worker]")
    if row["capabilities"].get("stor_function") == "rootfs":
        raise client("ERROR: Cannot wipe and GPT format the rootfs disk.")
    for volume in children(cloud, host, "ipvs"):
        if row["device_path"] in volume["disk_or_part_device_path"]:
            raise client(
                "ERROR: Can only wipe and GPT format a disk that is not used and does not have "
                "partitions used by a physical volume."
            )
    rows = children(cloud, host, "partitions")
    rows[:] = [one for one in rows if one["idisk_uuid"] != row["uuid"]]
    row["available_mib"] = row["size_mib"]
    if any(one["uuid"] == row["istor_uuid"] for one in children(cloud, host, "istors")):
        # The service lets it happen: sysinv has an OSD still, and Ceph has lost it.
        cloud.lost_osds.add(row["istor_uuid"])
        alarms.review(cloud)


def settle(cloud: Cloud, host: Host) -> None:
    """What waited for the unlock is made."""
    for part in children(cloud, host, "partitions"):
        if part["status"] == ON_UNLOCK:
            part["status"] = READY


CHANGERS = {
    "partitions": Changer(
        add=add_partition,
        modify=grow_partition,
        remove=delete_partition,
        fields=frozenset({"idisk_uuid", "size_mib", "type_guid"}),
    ),
    "idisks": Changer(modify=wipe),
}
