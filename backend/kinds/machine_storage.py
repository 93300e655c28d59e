"""What a machine stores on: what fills its filesystems, and its block devices."""

from __future__ import annotations

from typing import Any, Iterable, Optional, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import (
    EVERY_S,
    MACHINE,
    MACHINES,
    OfMachine,
    flattened,
    objects,
    size,
    split_rows,
    whole,
)
from backend.kinds.machine_filesystems import MOUNTS
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# --- what fills them ---------------------------------------------------------------------------


def folders_of_du(text: str) -> Iterable[Body]:
    """Parse ``du -k``: size in blocks of 1024 bytes, a tab, the folder."""
    rows = split_rows(text, ("size", "path"), "\t")
    return [{"path": one["path"], "size": int(one["size"]) * 1024} for one in rows]


class Folder(OfMachine):
    """A folder that holds much, with all below it."""

    path: str
    size: int


# Where it fills, each a filesystem of its own or not.
_FULL = ("/var", "/var/log", "/opt", "/scratch", "/home", "/root", "/usr", "/etc", "/run")

BIG_FOLDERS: Kind[Folder] = Kind(
    name="big-folders",
    singular="big-folder",
    model=Folder,
    # Each within its own filesystem; what may not be read or is not there leaves code 1.
    read=Command(
        argv=("du", "-k", "-x", "-d", "2", "-t", "50M", *_FULL),
        parse=folders_of_du,
        codes=frozenset({0, 1}),
        deadline_s=120.0,
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.path}",
    label=lambda row: row.path,
    columns=(
        MACHINE,
        Column(heading="FOLDER", value=lambda row: row.path, most=48),
        Column(heading="HOLDS", value=lambda row: size(row.size), right=True),
    ),
    sort=lambda row, _known: (-row.size, row.path),
    tab="B Big folders",
    aliases=("du",),
    is_inventory=False,
    every_s=600.0,
)

# --- block devices -----------------------------------------------------------------------------

_LSBLK = "NAME,TYPE,SIZE,ROTA,RM,RO,HOTPLUG,TRAN,MODEL,SERIAL,FSTYPE,LABEL,MOUNTPOINT,STATE"


def devices_of_lsblk(text: str) -> Iterable[Body]:
    """Parse ``lsblk -J -b``: the tree as rows; older ones write booleans and sizes as text."""
    for one in flattened(objects(text, "blockdevices")):
        if one["type"] == "loop" and not whole(one["size"]):
            continue
        yield {
            **{key: one.get(key) for key in ("name", "type", "model", "serial", "tran", "fstype")},
            **{key: one.get(key) for key in ("label", "mountpoint", "under", "depth", "state")},
            "size": whole(one["size"]),
            **{key: _is_set(one.get(key)) for key in ("rota", "rm", "ro", "hotplug")},
        }


def _is_set(value: Any) -> bool:
    return value in (True, "1", 1)


class BlockDevice(OfMachine):
    """A disk, partition, volume or mapping; ``under`` is what it stands on. Size in bytes."""

    name: str
    type: str
    size: Optional[int] = None
    model: Optional[str] = None
    serial: Optional[str] = None
    tran: Optional[str] = None
    fstype: Optional[str] = None
    label: Optional[str] = None
    mountpoint: Optional[str] = None
    under: Optional[str] = None
    depth: int = 0
    rota: bool = False
    rm: bool = False
    ro: bool = False
    hotplug: bool = False
    state: Optional[str] = None

    @property
    def is_medium(self) -> bool:
        """Whether it is one that a person plugs in and takes away."""
        return self.rm or self.hotplug or self.tran == "usb"


def _device_look(row: BlockDevice, _known: Known) -> Look:
    if row.state and row.state not in {"running", "live"}:
        words = f"the kernel says of it: {row.state}"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    return WELL


BLOCK_DEVICES: Kind[BlockDevice] = Kind(
    name="block-devices",
    singular="block-device",
    model=BlockDevice,
    read=Command(argv=("lsblk", "-J", "-b", "-o", _LSBLK), parse=devices_of_lsblk),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    # A mapping on two disks stands under both.
    id=lambda row: "/".join(filter(None, (row.machine, row.under, row.name))),
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="DEVICE", value=lambda row: f"{'  ' * row.depth}{row.name}", most=32),
        Column(heading="TYPE", value=lambda row: row.type),
        Column(heading="SIZE", value=lambda row: size(row.size), right=True),
        Column(heading="HOLDS", value=lambda row: row.fstype),
        Column(heading="MOUNTED ON", value=lambda row: row.mountpoint, most=28),
        Column(heading="MODEL", value=lambda row: row.model, most=24, wide=True),
        Column(heading="SERIAL", value=lambda row: row.serial, most=24, wide=True),
    ),
    look=_device_look,
    tab="b Block devices",
    state_fields=("state", "mountpoint"),
    aliases=("lsblk",),
    is_inventory=False,
    every_s=EVERY_S,
)
STORES_OF_MACHINE: Tuple[Kind[Any], ...] = (MOUNTS, BIG_FOLDERS, BLOCK_DEVICES)
