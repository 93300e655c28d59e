"""The disks of each host and what is made of them: partitions, volumes, filesystems, OSDs."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Dict, Mapping, Optional

from pydantic import Field

from backend.kind import Column, Kind, Reach, Rest
from backend.kinds.disk_acts import DISK_ACTIONS
from backend.kinds.disk_light import LIGHT
from backend.kinds.disk_place import place_of
from backend.kinds.filesystem_acts import FILESYSTEM_ACTIONS
from backend.kinds.group_acts import GROUP_ACTIONS
from backend.kinds.inventory import EVERY_S, HOST, NOISE, OfHost, look_of
from backend.kinds.osd_acts import OSD_ACTIONS
from backend.kinds.partition_acts import PARTITION_ACTIONS
from backend.kinds.replacements import REPLACE_DISK
from backend.kinds.volume_acts import VOLUME_ACTIONS
from backend.known import Known
from backend.units import mib

GIB = 1024**3


class Disk(OfHost):
    """A disk; sizes in MiB."""

    device_node: Optional[str] = None
    device_path: Optional[str] = None
    device_type: Optional[str] = None
    serial_id: Optional[str] = None
    size_mib: Optional[int] = None
    available_mib: Optional[int] = None
    istor_uuid: Optional[str] = None
    ipv_uuid: Optional[str] = None
    capabilities: Dict[str, Any] = Field(default_factory=dict)

    @property
    def use(self) -> Optional[str]:
        """What it serves: the root disk, an OSD, a physical volume."""
        if self.capabilities.get("stor_function"):
            return str(self.capabilities["stor_function"])
        return "osd" if self.istor_uuid else "pv" if self.ipv_uuid else None

    def called(self, _known: Known) -> str:
        """Return what it is called on a screen: /dev/sdb may be another after the next boot."""
        place = place_of(self).replace("pci-0000:", "", 1)
        return f"{self.device_node or self.uuid} ({place} {self.serial_id or 'serial unknown'})"


DISKS: Kind[Disk] = Kind(
    name="disks",
    singular="disk",
    model=Disk,
    read=Rest(service="sysinv", path="/idisks", items="idisks", under="/ihosts/{parent}/idisks"),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.device_node or row.uuid,
    called=Disk.called,
    columns=(
        HOST,
        Column(heading="NODE", value=lambda row: row.device_node),
        Column(heading="TYPE", value=lambda row: row.device_type),
        Column(heading="SIZE", value=lambda row: mib(row.size_mib), right=True),
        Column(heading="FREE", value=lambda row: mib(row.available_mib), right=True),
        Column(heading="USE", value=lambda row: row.use),
        Column(heading="SERIAL", value=lambda row: row.serial_id, most=24),
        Column(heading="PATH", value=lambda row: row.device_path, most=60, wide=True),
    ),
    actions=(*DISK_ACTIONS, LIGHT, REPLACE_DISK),
    aliases=("idisks", "disk", "host-disks"),
    noise=NOISE,
    own=frozenset({"serial_id", "device_wwn"}),
    every_s=EVERY_S,
)

# Partition states are numbers on the wire.
PARTITION_STATES: Mapping[int, str] = MappingProxyType(
    {
        0: "Ready",
        1: "In-Use",
        2: "Creating",
        3: "Creating (on unlock)",
        4: "Deleting",
        5: "Modifying",
        6: "Deleted",
        10: "Error",
        11: "Error: no GPT",
        12: "Error: internal",
    }
)


class Partition(OfHost):
    """A partition of a disk; sizes in MiB."""

    status: Optional[int] = None
    device_path: Optional[str] = None
    device_node: Optional[str] = None
    size_mib: Optional[int] = None
    type_name: Optional[str] = None

    @property
    def state(self) -> str:
        """Its state in the words of the vendor's client; a number we don't know stays one."""
        return (
            PARTITION_STATES.get(self.status, str(self.status)) if self.status is not None else ""
        )


PARTITIONS: Kind[Partition] = Kind(
    name="partitions",
    singular="partition",
    model=Partition,
    # Asked for all at once the service answers with an empty list although there are some.
    read=Rest(service="sysinv", path="/ihosts/{parent}/partitions", items="partitions"),
    parent="hosts",
    needs=("hosts",),
    reach=Reach.PER_PARENT,
    label=lambda row: row.device_node or row.uuid,
    columns=(
        HOST,
        Column(heading="NODE", value=lambda row: row.device_node),
        Column(heading="SIZE", value=lambda row: mib(row.size_mib), right=True),
        Column(heading="STATE", value=lambda row: row.state, most=20),
        Column(heading="TYPE", value=lambda row: row.type_name, most=24),
        Column(heading="PATH", value=lambda row: row.device_path, most=64, wide=True),
    ),
    look=lambda row, _known: look_of(row.state, ("ready", "in-use")),
    actions=PARTITION_ACTIONS,
    aliases=("host-disk-partitions",),
    noise=NOISE,
    every_s=EVERY_S,
)


class Filesystem(OfHost):
    """A platform filesystem of one host; ``size`` in GiB."""

    name: str
    size: Optional[int] = None
    logical_volume: Optional[str] = None
    state: Optional[str] = None


FILESYSTEMS: Kind[Filesystem] = Kind(
    name="filesystems",
    singular="filesystem",
    model=Filesystem,
    read=Rest(service="sysinv", path="/host_fs", items="host_fs", under="/ihosts/{parent}/host_fs"),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.name,
    columns=(
        HOST,
        Column(heading="NAME", value=lambda row: row.name),
        Column(heading="GIB", value=lambda row: row.size, right=True),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="VOLUME", value=lambda row: row.logical_volume),
    ),
    look=lambda row, _known: look_of(row.state, ("ready", "in-use", "available")),
    actions=FILESYSTEM_ACTIONS,
    aliases=("host_fs", "host-fs", "fs"),
    noise=NOISE,
    every_s=EVERY_S,
)


class Osd(OfHost):
    """A storage function on a disk: an OSD, a journal."""

    osdid: Optional[int] = None
    function: Optional[str] = None
    state: Optional[str] = None
    tier_name: Optional[str] = None
    tier_uuid: Optional[str] = None
    idisk_uuid: Optional[str] = None

    @property
    def label(self) -> str:
        """What Ceph calls it."""
        return f"{self.function or 'osd'}.{'-' if self.osdid is None else self.osdid}"


OSDS: Kind[Osd] = Kind(
    name="osds",
    singular="osd",
    model=Osd,
    read=Rest(service="sysinv", path="/istors", items="istors", under="/ihosts/{parent}/istors"),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.label,
    columns=(
        HOST,
        Column(heading="NAME", value=lambda row: row.label),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="TIER", value=lambda row: row.tier_name),
    ),
    look=lambda row, _known: look_of(row.state, ("configured",)),
    actions=OSD_ACTIONS,
    aliases=("istors", "stors", "host-stors"),
    noise=NOISE,
    own=frozenset({"osdid"}),
    like=lambda row: row.function or "osd",
    every_s=EVERY_S,
)


class VolumeGroup(OfHost):
    """An LVM volume group; sizes in bytes."""

    lvm_vg_name: str
    vg_state: Optional[str] = None
    lvm_vg_size: Optional[int] = None
    lvm_vg_avail_size: Optional[int] = None
    lvm_cur_pv: Optional[int] = None


def gib(size: Optional[int]) -> Optional[int]:
    """Return bytes as whole GiB."""
    return None if size is None else size // GIB


VOLUME_GROUPS: Kind[VolumeGroup] = Kind(
    name="volume-groups",
    singular="volume-group",
    model=VolumeGroup,
    read=Rest(service="sysinv", path="/ilvgs", items="ilvgs", under="/ihosts/{parent}/ilvgs"),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.lvm_vg_name,
    columns=(
        HOST,
        Column(heading="NAME", value=lambda row: row.lvm_vg_name),
        Column(heading="STATE", value=lambda row: row.vg_state),
        Column(heading="GIB", value=lambda row: gib(row.lvm_vg_size), right=True),
        Column(heading="FREE", value=lambda row: gib(row.lvm_vg_avail_size), right=True),
        Column(heading="PVS", value=lambda row: row.lvm_cur_pv, right=True),
    ),
    look=lambda row, _known: look_of(row.vg_state, ("provisioned",)),
    actions=GROUP_ACTIONS,
    aliases=("ilvgs", "lvgs", "host-lvgs"),
    noise=NOISE,
    own=frozenset({"lvm_vg_avail_size", "lvm_vg_free_pe"}),
    every_s=EVERY_S,
)


class PhysicalVolume(OfHost):
    """An LVM physical volume; size in bytes."""

    pv_state: Optional[str] = None
    lvm_vg_name: Optional[str] = None
    lvm_pv_name: Optional[str] = None
    lvm_pv_size: Optional[int] = None
    disk_or_part_device_path: Optional[str] = None


PHYSICAL_VOLUMES: Kind[PhysicalVolume] = Kind(
    name="physical-volumes",
    singular="physical-volume",
    model=PhysicalVolume,
    read=Rest(service="sysinv", path="/ipvs", items="ipvs", under="/ihosts/{parent}/ipvs"),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.lvm_pv_name or row.uuid,
    columns=(
        HOST,
        Column(heading="NAME", value=lambda row: row.lvm_pv_name),
        Column(heading="GROUP", value=lambda row: row.lvm_vg_name),
        Column(heading="STATE", value=lambda row: row.pv_state),
        Column(heading="GIB", value=lambda row: gib(row.lvm_pv_size), right=True),
        Column(heading="DEVICE", value=lambda row: row.disk_or_part_device_path, wide=True),
    ),
    look=lambda row, _known: look_of(row.pv_state, ("provisioned",)),
    actions=VOLUME_ACTIONS,
    aliases=("ipvs", "pvs", "host-pvs"),
    noise=NOISE,
    own=frozenset({"forilvgid", "lvm_pe_alloced"}),
    every_s=EVERY_S,
)
