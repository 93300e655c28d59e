"""What a machine stores on: filesystems and what fills them, block devices, media, dumps."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Optional, Tuple

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
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# From which percent on a filesystem is told: where the platform's own alarm 100.104 begins.
MAJOR, CRITICAL = 80, 90

# --- filesystems -------------------------------------------------------------------------------

_FINDMNT = "TARGET,SOURCE,FSTYPE,SIZE,USED,AVAIL,OPTIONS"


def mounts_of_findmnt(text: str) -> Iterable[Body]:
    """Parse ``findmnt -J -b -l --real``; newer ones tell of inodes too."""
    return [
        {
            "target": one["target"],
            "source": str(one["source"]),
            "fstype": one["fstype"],
            "size": whole(one["size"]),
            "used": whole(one["used"]),
            "free": whole(one["avail"]),
            "inodes": whole(one.get("ino.total")),
            "inodes_used": whole(one.get("ino.used")),
            "read_only": "ro" in str(one["options"]).split(","),
        }
        for one in objects(text, "filesystems")
        if whole(one["size"]) and not _is_of_a_container(one)
    ]


def _is_of_a_container(one: Mapping[str, Any]) -> bool:
    """Whether it only shows a container what is mounted elsewhere: a busy host has hundreds."""
    if one["fstype"] == "overlay":
        return bool(one["target"] != "/")
    return "[" in str(one["source"]) and "/kubelet/" in str(one["target"])


def mounts_of_df(text: str) -> Iterable[Body]:
    """Parse ``df -P -k -T`` (POSIX): blocks of 1024 bytes."""
    names = ("source", "fstype", "size", "used", "free", "percent", "target")
    rows = split_rows("\n".join(text.splitlines()[1:]), names, None)
    return [
        {
            "target": one["target"],
            "source": one["source"],
            "fstype": one["fstype"],
            **{key: int(one[key]) * 1024 for key in ("size", "used", "free")},
        }
        for one in rows
        if one["fstype"] not in {"tmpfs", "devtmpfs", "overlay", "squashfs"} and int(one["size"])
    ]


class Mount(OfMachine):
    """A mounted filesystem; sizes in bytes."""

    target: str
    source: str
    fstype: str
    size: int
    used: int
    free: int
    inodes: Optional[int] = None
    inodes_used: Optional[int] = None
    read_only: Optional[bool] = None

    @property
    def percent(self) -> int:
        """How full it is to who is not root, as ``df`` reckons: what root keeps counts as used."""
        there = self.used + self.free
        return -(-100 * self.used // there) if there else 0

    @property
    def inode_percent(self) -> Optional[int]:
        """How many of its inodes are taken; None where it has none or they are not told."""
        if not self.inodes or self.inodes_used is None:
            return None
        return 100 * self.inodes_used // self.inodes


def _mount_look(row: Mount, _known: Known) -> Look:
    # Images are full and read-only by nature.
    if row.fstype in {"iso9660", "squashfs", "udf", "erofs"}:
        return WELL
    fullest = max(row.percent, row.inode_percent or 0)
    what = "inodes" if row.inode_percent == fullest and row.percent < fullest else "space"
    if fullest >= CRITICAL:
        words = f"{fullest} % of its {what} is used; what fills it: big-folders"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if fullest >= MAJOR:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(f"{fullest} % of its {what} is used",))
    return WELL


_REAL = ("findmnt", "-J", "-b", "-l", "--real", "-o")

MOUNTS: Kind[Mount] = Kind(
    name="mounts",
    singular="mount",
    model=Mount,
    read=Command(
        argv=(*_REAL, f"{_FINDMNT},INO.TOTAL,INO.USED"),
        parse=mounts_of_findmnt,
        otherwise=Command(
            argv=(*_REAL, _FINDMNT),
            parse=mounts_of_findmnt,
            otherwise=Command(argv=("df", "-P", "-k", "-T"), parse=mounts_of_df),
        ),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.target}",
    label=lambda row: row.target,
    columns=(
        MACHINE,
        Column(heading="WHERE", value=lambda row: row.target, most=32),
        Column(heading="USED", value=lambda row: f"{row.percent}%", right=True),
        Column(heading="SIZE", value=lambda row: size(row.size), right=True),
        Column(heading="FREE", value=lambda row: size(row.free), right=True),
        Column(
            heading="INODES",
            value=lambda row: None if row.inode_percent is None else f"{row.inode_percent}%",
            right=True,
        ),
        Column(heading="TYPE", value=lambda row: row.fstype),
        Column(heading="MODE", value=lambda row: "ro" if row.read_only else None),
        Column(heading="DEVICE", value=lambda row: row.source, most=40, wide=True),
    ),
    look=_mount_look,
    sort=lambda row, _known: (-max(row.percent, row.inode_percent or 0), row.machine, row.target),
    tab="f Filesystems",
    state_fields=("read_only",),
    aliases=("df", "findmnt", "ground/filesystems"),
    noise=frozenset({"used", "free", "inodes_used"}),
    is_inventory=False,
    every_s=EVERY_S,
)

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
