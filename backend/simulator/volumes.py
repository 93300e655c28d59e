"""Volume groups and what they are made of, refused as sysinv refuses."""

from __future__ import annotations

import json

from backend.simulator.changers import Changer, number
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.dividing import IN_USE, ON_UNLOCK, READY, WORDS, is_provisioned, on_disk
from backend.simulator.inventory import PE_BYTES, dates
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client

# Seconds until a volume group has grown.
VOLUME_S = 20


def add_volume(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """A disk or partition for a volume group, which is larger a while later."""
    groups = children(cloud, host, "ilvgs")
    group = next((one for one in groups if one["uuid"] == wanted.get("ilvg_uuid")), None)
    if group is None:
        raise client("Invalid data: Missing ilvg_uuid. Failed to create a physical volume object")
    _lock_for(host, group["lvm_vg_name"])
    device, kind = _device(cloud, host, wanted.get("disk_or_part_uuid"))
    if kind == "disk":
        _whole_disk(cloud, host, device)
    elif device["ipv_uuid"] or device["status"] not in (
        (READY,) if is_provisioned(host) else (READY, ON_UNLOCK)
    ):
        raise client(
            f"The partition {device['device_path']} is not in an acceptable state to be added as a "
            f"physical volume: {WORDS[device['status']]}."
        )
    row = {
        **_volume(cloud, host, group, device, kind),
        "uuid": cloud.new_uuid(),
    }
    children(cloud, host, "ipvs").append(row)
    device["ipv_uuid"] = row["uuid"]
    if is_provisioned(host) and host.administrative == "unlocked":
        cloud.clock.at(cloud.jitter(VOLUME_S), lambda: _joined(group, device, row))
    return row


def _lock_for(host: Host, group: str) -> None:
    is_nova = host.is_worker and group == "nova-local"
    is_cgts = host.personality == "worker" and group == "cgts-vg"
    if (is_nova or is_cgts) and host.administrative != "locked":
        raise client("Host must be locked")


def _device(cloud: Cloud, host: Host, uuid: object) -> tuple[Json, str]:
    for name, kind in (("idisks", "disk"), ("partitions", "partition")):
        found = [row for row in children(cloud, host, name) if row["uuid"] == uuid]
        if found:
            return found[0], kind
    raise client(f"Invalid data: The device {uuid} associated with it does not exist.")


def _whole_disk(cloud: Cloud, host: Host, disk: Json) -> None:
    if disk["capabilities"].get("stor_function") == "rootfs":
        raise client("Cannot assign the rootfs disk to a physical volume.")
    if disk["ipv_uuid"]:
        raise client("Disk already assigned to a physical volume.")
    if disk["istor_uuid"]:
        raise client("Disk already assigned to a storage volume.")
    if on_disk(cloud, host, disk["uuid"]):
        raise client(
            "Cannot assign disk to a physical volume because disk contains other partitions."
        )


def _volume(cloud: Cloud, host: Host, group: Json, device: Json, kind: str) -> Json:
    return {
        "pv_state": "adding",
        "pv_type": kind,
        "disk_or_part_uuid": device["uuid"],
        "disk_or_part_device_node": device["device_node"],
        "disk_or_part_device_path": device["device_path"],
        "lvm_pv_name": device["device_node"],
        "lvm_vg_name": group["lvm_vg_name"],
        "lvm_pv_uuid": None,
        "lvm_pv_size": 0,
        "lvm_pe_total": 0,
        "lvm_pe_alloced": 0,
        "capabilities": {},
        "ihost_uuid": host.uuid,
        "forilvgid": host.id,
        "ilvg_uuid": group["uuid"],
        "links": [],
        **dates(cloud),
    }


def _joined(group: Json, device: Json, row: Json) -> None:
    pieces = device["size_mib"] * 1024**2 // PE_BYTES
    row.update(pv_state="provisioned", lvm_pv_size=pieces * PE_BYTES, lvm_pe_total=pieces)
    if "status" in device:
        device["status"] = IN_USE
    else:
        device["available_mib"] = 0
    group["vg_state"] = "provisioned"
    group["lvm_cur_pv"] += 1
    for name, by in (("lvm_vg_total_pe", pieces), ("lvm_vg_free_pe", pieces)):
        group[name] += by
    for name, by in (("lvm_vg_size", pieces), ("lvm_vg_avail_size", pieces)):
        group[name] += by * PE_BYTES


def _left(group: Json, device: Json, row: Json) -> None:
    pieces = row["lvm_pe_total"]
    if "status" in device:
        device["status"] = READY
    else:
        device["available_mib"] = device["size_mib"]
    group["lvm_cur_pv"] -= 1
    for name, by in (("lvm_vg_total_pe", pieces), ("lvm_vg_free_pe", pieces)):
        group[name] -= by
    for name, by in (("lvm_vg_size", pieces), ("lvm_vg_avail_size", pieces)):
        group[name] -= by * PE_BYTES


def delete_volume(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """A volume taken out: never of cgts-vg; what serves goes with the next unlock."""
    del force
    _lock_for(host, row["lvm_vg_name"])
    if row["pv_state"] == "removing":
        raise client(f"Physical Volume ({row['lvm_pv_name']}) already marked for removal.")
    if row["lvm_vg_name"] == "cgts-vg":
        raise client("Physical volumes cannot be removed from the cgts-vg volume group.")
    device, _ = _device(cloud, host, row["disk_or_part_uuid"])
    device["ipv_uuid"] = None
    if row["pv_state"] == "adding":
        children(cloud, host, "ipvs").remove(row)
    else:
        row["pv_state"] = "removing"


# --- groups ------------------------------------------------------------------------------------


def add_group(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """A volume group without volumes."""
    name, caps = str(wanted.get("lvm_vg_name")), wanted.get("capabilities") or {}
    if host.personality == "storage":
        raise client("Volume group operations not allowed on hosts with personality: storage")
    if name == "nova-local" and not host.is_worker:
        raise client("nova-local can only be added to a host which has a worker subfunction.")
    _lock_for(host, name)
    if not caps.get("lvm_function") and name not in ("nova-local", "cgts-vg", "cinder-volumes"):
        words = f"Volume Group name ({name}) must be \"'nova-local' or 'cgts-vg'\""
        raise client(words)
    if caps.get("lvm_type") and not caps.get("lvm_function"):
        raise client(f"{caps['lvm_type']} provisioning requires to set the function as lvm-csi")
    rows = children(cloud, host, "ilvgs")
    if name == "cgts-vg":
        raise client("cgts-vg volume group already exists")
    if any(one["lvm_vg_name"] == name for one in rows):
        raise client(f"Volume Group ({name}) already present")
    sizes = "lvm_max_lv lvm_cur_lv lvm_max_pv lvm_cur_pv lvm_vg_size lvm_vg_avail_size"
    row = {
        "uuid": cloud.new_uuid(),
        "vg_state": "adding",
        "lvm_vg_name": name,
        "lvm_vg_uuid": None,
        "lvm_vg_access": None,
        **dict.fromkeys(f"{sizes} lvm_vg_total_pe lvm_vg_free_pe".split(), 0),
        "capabilities": caps,
        "ihost_uuid": host.uuid,
        "links": [],
        **dates(cloud),
    }
    rows.append(row)
    return row


def modify_group(cloud: Cloud, host: Host, row: Json, changes: Json) -> None:
    """What cgts-vg gives to applications; no other has anything to change."""
    del cloud, host
    wanted = json.loads(changes.get("capabilities") or "{}")
    if row["lvm_vg_name"] == "nova-local":
        raise client("nova-local volume group does not have any parameters to modify")
    if row["lvm_vg_name"] != "cgts-vg":
        raise client("Its only possible to modify functions of cgts-vg volume group")
    now = row["capabilities"]
    function, size = wanted.get("lvm_function"), wanted.get("lvm_pool_size")
    if size and not (function or now.get("lvm_function")):
        raise client(
            "It's not possible to resize thin pool without LVM function properly configured"
        )
    if size:
        _pool(row, number(size, "Please only use integer values for the pool size"), now)
    if function == "none":
        for name in ("lvm_function", "lvm_pool_size", "lvm_type"):
            now.pop(name, None)
        return
    now.update(wanted, lvm_type="thin")


def _pool(row: Json, size: int, now: Json) -> None:
    before = int(now.get("lvm_pool_size") or 0)
    if size < before:
        raise client("It's not possible to reduce the size of a thin pool")
    free = row["lvm_vg_free_pe"] * PE_BYTES // 1024**3
    if size - before > free:
        raise client(
            f"There is no sufficient space on VG to resize the pool.{size - before} GB are needed, "
            f"but the VG has only {free} GB"
        )


def delete_group(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """A volume group goes, with its volumes."""
    del force
    _lock_for(host, row["lvm_vg_name"])
    if row["lvm_vg_name"] == "cgts-vg":
        raise client("cgts-vg volume group cannot be deleted")
    if row["vg_state"] == "adding":
        children(cloud, host, "ilvgs").remove(row)
    else:
        row["vg_state"] = "removing"


# --- the next unlock ---------------------------------------------------------------------------


def settle(cloud: Cloud, host: Host) -> None:
    """What waited for the unlock is made or gone."""
    for group in children(cloud, host, "ilvgs"):
        if group["vg_state"] == "adding":
            group["vg_state"] = "provisioned"
    for row in list(children(cloud, host, "ipvs")):
        _settle_volume(cloud, host, row)
    groups = children(cloud, host, "ilvgs")
    groups[:] = [group for group in groups if group["vg_state"] != "removing"]


def _settle_volume(cloud: Cloud, host: Host, row: Json) -> None:
    device = _device(cloud, host, row["disk_or_part_uuid"])[0]
    group = next(g for g in children(cloud, host, "ilvgs") if g["uuid"] == row["ilvg_uuid"])
    if row["pv_state"] == "adding":
        _joined(group, device, row)
    if row["pv_state"] == "removing":
        children(cloud, host, "ipvs").remove(row)
        _left(group, device, row)


CHANGERS = {
    "ipvs": Changer(
        add=add_volume,
        remove=delete_volume,
        fields=frozenset({"ilvg_uuid", "disk_or_part_uuid", "pv_type"}),
    ),
    "ilvgs": Changer(
        add=add_group,
        modify=modify_group,
        remove=delete_group,
        fields=frozenset({"lvm_vg_name", "capabilities"}),
    ),
}
