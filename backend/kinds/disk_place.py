"""Which disk it is, so that nobody pulls or wipes another: host, place, serial, size, use."""

from __future__ import annotations

from typing import Any, Optional

from backend.kinds.host_edits import called, host_of, kin, was_read
from backend.kinds.host_fresh import is_current
from backend.known import Known
from backend.units import counted, mib

# How the kernel calls devices with several ways to them.
_MULTIPATH = ("mpath", "dm-uuid-mpath", "/dev/mapper/", "/dev/dm-")
# What sysinv knows to be on a disk.
_ON_IT = ("osds", "physical-volumes", "partitions")


def place_of(disk: Any) -> str:
    """Return where a disk is, by the way to it: /dev/sdX is another after the next boot."""
    path = str(disk.device_path or "")
    return path.rpartition("/")[2] or str(disk.device_node or "an unknown place")


def is_multipath(disk: Any) -> bool:
    """Whether a disk is reached in several ways, each of which looks like a disk of its own."""
    names = (str(disk.device_path or ""), str(disk.device_node or ""))
    return any(word in name for word in _MULTIPATH for name in names)


def bears(disk: Any, volume: Any) -> bool:
    """Whether a physical volume is on a disk or a partition of it: ``ata-1`` is not ``ata-10``."""
    if not disk.device_path:
        return bool(volume.body.get("disk_or_part_uuid") == disk.uuid)
    device = str(volume.disk_or_part_device_path or "")
    return device == disk.device_path or device.startswith(f"{disk.device_path}-part")


def holds(disk: Any, known: Known) -> str:
    """Return in a few words what sysinv has on a disk, as far as that was read."""
    host = host_of(disk, known)
    if disk.capabilities.get("stor_function") == "rootfs":
        return "the root disk"
    osd = next((one for one in kin(known, "osds", host) if one.idisk_uuid == disk.uuid), None)
    if osd is not None:
        return str(osd.label)
    volumes = kin(known, "physical-volumes", host)
    groups = {v.lvm_vg_name for v in volumes if bears(disk, v)}
    if groups:
        return " ".join(sorted(map(str, groups)))
    parts = [p for p in kin(known, "partitions", host) if p.body.get("idisk_uuid") == disk.uuid]
    if parts:
        return counted(len(parts), "partition")
    unread = [kind for kind in _ON_IT if not was_read(known, kind, host)]
    if unread:
        return f"what is on it is not known ({', '.join(unread)})"
    return "unused, as sysinv has it"


def described(disk: Any, known: Known) -> str:
    """Return the whole of what a disk is told by: ``worker-1 00:0d.0-ata-2.0 Z1X4 894G: …``.

    What all places have in common is left out: the serial number and the use have to have room.
    """
    host = called(host_of(disk, known), disk)
    serial = disk.serial_id or "serial unknown"
    place = place_of(disk).replace("pci-0000:", "", 1)
    return f"{host} {place} {serial} {mib(disk.size_mib)}: {holds(disk, known)}"


def rook_osd(disk: Any, known: Known) -> Optional[str]:
    """Return which daemons Ceph has on a disk, by serial or place: "" none, None: cannot tell."""
    devices = known.rows("ceph-devices")
    if not is_current("ceph-devices", known) or not devices:
        return None
    serial = str(disk.serial_id or "").strip().replace(" ", "_")
    at = f"{called(host_of(disk, known), disk)}:{str(disk.device_node or '').rpartition('/')[2]}"
    # Ceph joins vendor, model and serial by _ and leaves no blank in them.
    found = [row for row in devices if (serial and row.name.endswith(serial)) or at in row.places]
    daemons = " ".join(word for row in found for word in row.daemons)
    listed = {word for row in devices for word in row.daemons}
    # A disk that says no serial of itself is not in Ceph's list.
    is_whole = bool(serial) and all(row.name in listed for row in known.rows("ceph-osds"))
    return daemons or ("" if is_whole else None)
