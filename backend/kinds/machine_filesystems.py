"""What a machine has mounted: how full each filesystem is, and which cannot be written any more."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import (
    EVERY_S,
    MACHINE,
    MACHINES,
    OfMachine,
    objects,
    size,
    split_rows,
    whole,
)
from backend.known import Known
from backend.plan import PAGE
from backend.tone import WELL, Look, Mark, Tone

# From which percent on a filesystem is told: where the platform's own alarm 100.104 begins.
MAJOR, CRITICAL = 80, 90

_FINDMNT = "TARGET,SOURCE,FSTYPE,SIZE,USED,AVAIL,OPTIONS,FS-OPTIONS"


def mounts_of_findmnt(text: str) -> Iterable[Body]:
    """Parse ``findmnt -J -b -l --real``, then ``/etc/fstab``; newer ones tell of inodes too."""
    said, _, fstab = text.partition(PAGE)
    wanted = _wanted(fstab)
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
            "is_stuck": _is_stuck(one, wanted),
        }
        for one in objects(said, "filesystems")
        if whole(one["size"]) and not _is_of_a_container(one)
    ]


def _is_of_a_container(one: Mapping[str, Any]) -> bool:
    """Whether it only shows a container what is mounted elsewhere: a busy host has hundreds."""
    if one["fstype"] == "overlay":
        return bool(one["target"] != "/")
    return "[" in str(one["source"]) and "/kubelet/" in str(one["target"])


# Filesystems that are written to, and where the system itself keeps some that are not.
_WRITTEN = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs"})
_NOT_WRITTEN = ("/usr", "/boot", "/sysroot", "/ostree", "/media", "/mnt", "/run")


def _wanted(fstab: str) -> Mapping[str, List[str]]:
    """Return what ``/etc/fstab`` says of each place: the options of its mount."""
    lines = (line.split() for line in fstab.splitlines())
    entries = (words for words in lines if len(words) > 3 and not words[0].startswith("#"))
    return {words[1]: words[3].split(",") for words in entries}


def _is_stuck(one: Mapping[str, Any], wanted: Mapping[str, List[str]]) -> bool:
    """Whether it is read-only and was not meant so: the kernel does that to a damaged one.

    Of one that is only shown read-only somewhere (a bind mount) its own options still say ``rw``.
    """
    own = str(one.get("fs-options") or one["options"]).split(",")
    if "emergency_ro" in own:
        return True
    is_device = str(one["source"]).startswith("/dev/")
    if "ro" not in own or one["fstype"] not in _WRITTEN or not is_device:
        return False
    if one["target"] in wanted:
        return "ro" not in wanted[one["target"]]
    places = (str(one["target"]) == place for place in _NOT_WRITTEN)
    below = (str(one["target"]).startswith(f"{place}/") for place in _NOT_WRITTEN)
    return not any(places) and not any(below)


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
    # It was made read-only by the kernel, which does that after errors.
    is_stuck: bool = False

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
    notes = (STUCK,) * row.is_stuck
    fullest = max(row.percent, row.inode_percent or 0)
    what = "inodes" if row.inode_percent == fullest and row.percent < fullest else "space"
    if fullest >= CRITICAL:
        notes += (f"{fullest} % of its {what} is used; what fills it: big-folders",)
    elif fullest >= MAJOR:
        notes += (f"{fullest} % of its {what} is used",)
    if not notes:
        return WELL
    is_bad = row.is_stuck or fullest >= CRITICAL
    return Look(tone=Tone.BAD if is_bad else Tone.WARN, mark=Mark.BAD, notes=notes)


STUCK = "read-only, as the kernel makes a damaged one: why is in kernel-messages"
# Prints nothing where there is no such file.
_FSTAB = ("grep", "-hs", "", "/etc/fstab", "/dev/null")
# grep's where it is not there; findmnt's own show in that it prints no JSON.
_CODES = frozenset({0, 1, 2})
_REAL = ("findmnt", "-J", "-b", "-l", "--real", "-o")

MOUNTS: Kind[Mount] = Kind(
    name="mounts",
    singular="mount",
    model=Mount,
    read=Command(
        argv=(*_REAL, f"{_FINDMNT},INO.TOTAL,INO.USED"),
        parse=mounts_of_findmnt,
        codes=_CODES,
        then=(_FSTAB,),
        otherwise=Command(
            argv=(*_REAL, _FINDMNT),
            parse=mounts_of_findmnt,
            codes=_CODES,
            then=(_FSTAB,),
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
    sort=lambda row, _known: (
        not row.is_stuck,
        -max(row.percent, row.inode_percent or 0),
        row.machine,
        row.target,
    ),
    tab="f Filesystems",
    state_fields=("read_only", "is_stuck"),
    aliases=("df", "findmnt", "ground/filesystems"),
    noise=frozenset({"used", "free", "inodes_used"}),
    is_inventory=False,
    every_s=EVERY_S,
)
