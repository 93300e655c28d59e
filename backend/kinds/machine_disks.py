"""How a machine's disks feel, what a person plugged in, and what programs left when they fell."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import MACHINE, MACHINES, OfMachine, size, split_rows
from backend.kinds.machine_carry import PUT
from backend.kinds.machine_storage import devices_of_lsblk
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import DAY_MS, day, span

# --- SMART -------------------------------------------------------------------------------------


def smart_of_json(text: str) -> Iterable[Body]:
    """Parse ``smartctl -j -a``: what ATA, SCSI and NVMe disks tell alike, and what is theirs."""
    said: Dict[str, Any] = json.loads(text)
    device = said["device"]
    nvme: Mapping[str, Any] = said.get("nvme_smart_health_information_log", {})
    table = said.get("ata_smart_attributes", {}).get("table", [])
    raw = {one["id"]: one["raw"]["value"] for one in table}
    passed = said.get("smart_status", {}).get("passed")
    if passed is None and not nvme and not table:
        raise ValueError("it tells nothing of its health")
    return [
        {
            "name": str(device["name"]).rpartition("/")[2],
            "model": said.get("model_name") or said.get("scsi_model_name", ""),
            "serial": said.get("serial_number", ""),
            "passed": passed,
            "hours": said.get("power_on_time", {}).get("hours"),
            "celsius": said.get("temperature", {}).get("current"),
            # SMART 5, 197, 198; a NVMe counts errors of its media.
            "reallocated": raw.get(5, nvme.get("media_errors")),
            "pending": raw.get(197),
            "uncorrectable": raw.get(198),
            "worn_percent": nvme.get("percentage_used"),
            "spare_percent": nvme.get("available_spare"),
        }
    ]


class Smart(OfMachine):
    """What a disk says of its own health; counts are sectors (NVMe: media errors)."""

    name: str
    model: str = ""
    serial: str = ""
    passed: Optional[bool] = None
    hours: Optional[int] = None
    celsius: Optional[int] = None
    reallocated: Optional[int] = None
    pending: Optional[int] = None
    uncorrectable: Optional[int] = None
    worn_percent: Optional[int] = None
    spare_percent: Optional[int] = None

    @property
    def faults(self) -> Tuple[str, ...]:
        """What it counts that should be none, in words."""
        counts = (
            (self.reallocated, "reallocated or lost"),
            (self.pending, "waiting to be read again"),
            (self.uncorrectable, "unreadable"),
        )
        return tuple(f"{count} {words}" for count, words in counts if count)


def _smart_look(row: Smart, _known: Known) -> Look:
    if row.passed is False:
        words = "it foresees its own failure: replace it"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words, *row.faults))
    if row.faults:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(", ".join(row.faults),))
    if (row.worn_percent or 0) >= 90:
        words = f"{row.worn_percent} % of what it may be written is written"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    if row.passed is None:
        return Look(mark=Mark.UNKNOWN, notes=("it counts no fault, and does not judge itself",))
    return WELL


def _health(row: Smart) -> Optional[str]:
    return None if row.passed is None else "passed" if row.passed else "FAILING"


def _worn(row: Smart) -> Optional[str]:
    return None if row.worn_percent is None else f"{row.worn_percent}%"


def _on_for(row: Smart) -> Optional[str]:
    return None if row.hours is None else span(row.hours * 3_600_000)


# Bits of the exit code that say something of the disk, and none of the asking.
_TOLD = frozenset(code for code in range(256) if not code & 3)
_NO_SMART = ("Unable to detect device type", "Unknown USB bridge", "specify device type")

SMART: Kind[Smart] = Kind(
    name="smart",
    singular="smart",
    model=Smart,
    read=Command(
        argv=("smartctl", "-j", "-a", "/dev/{of}"),
        parse=smart_of_json,
        codes=_TOLD,
        absent=_NO_SMART,
    ),
    parent="block-devices",
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.name}",
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="DISK", value=lambda row: row.name),
        Column(heading="HEALTH", value=_health),
        Column(heading="FAULTS", value=lambda row: ", ".join(row.faults) or None, most=30),
        Column(heading="WORN", value=_worn, right=True),
        Column(heading="ON FOR", value=_on_for, right=True),
        Column(heading="TEMP", value=lambda row: row.celsius, right=True),
        Column(heading="MODEL", value=lambda row: row.model, most=24, wide=True),
        Column(heading="SERIAL", value=lambda row: row.serial, most=24, wide=True),
    ),
    look=_smart_look,
    tab="S Smart",
    aliases=("smartctl",),
    noise=frozenset({"hours", "celsius"}),
    is_inventory=False,
    every_s=600.0,
)


# --- media -------------------------------------------------------------------------------------

_LSBLK = "NAME,TYPE,SIZE,ROTA,RM,RO,HOTPLUG,TRAN,MODEL,SERIAL,FSTYPE,LABEL,MOUNTPOINT,FSAVAIL"


def media_of_lsblk(text: str) -> Iterable[Body]:
    """Parse ``lsblk -J -b`` for what was plugged in: each that holds a filesystem, or none yet."""
    plugged: List[str] = []
    for one in devices_of_lsblk(text):
        is_plugged = one["rm"] or one["hotplug"] or one["tran"] == "usb"
        if is_plugged or one["under"] in plugged:
            plugged.append(str(one["name"]))
            if one["fstype"] or one["type"] == "disk":
                yield one


class Medium(OfMachine):
    """Something that a person plugged in, and may take away. Size in bytes."""

    name: str
    type: str
    size: Optional[int] = None
    model: Optional[str] = None
    serial: Optional[str] = None
    tran: Optional[str] = None
    fstype: Optional[str] = None
    label: Optional[str] = None
    mountpoint: Optional[str] = None
    ro: bool = False


def _medium_look(row: Medium, _known: Known) -> Look:
    if not row.fstype:
        return Look(mark=Mark.OUT)
    if not row.mountpoint:
        words = f"not mounted: mount /dev/{row.name} /mnt"
        return Look(mark=Mark.OUT, notes=(words,))
    if row.ro:
        words = "it cannot be written: a switch on it, or a damaged filesystem"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL


# --- core dumps --------------------------------------------------------------------------------


def dumps_of_find(text: str) -> Iterable[Body]:
    r"""Parse ``find -printf '%s %T@ %p\n'``: bytes, instant in seconds, path."""
    rows = split_rows(text, ("size", "at_s", "path"), " ")
    return [
        {"path": one["path"], "size": int(one["size"]), "at_ms": round(float(one["at_s"]) * 1000)}
        for one in rows
    ]


class CoreDump(OfMachine):
    """What the kernel or systemd kept of a program, or of the kernel itself, that fell."""

    path: str
    size: int
    at_ms: int


def _dump_look(row: CoreDump, known: Known) -> Look:
    if known.now_ms - row.at_ms > DAY_MS:
        return Look(mark=Mark.OUT)
    words = f"something fell {span(known.now_ms - row.at_ms)} ago"
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))


_DUMPS = ("/var/lib/systemd/coredump", "/var/crash", "/var/log/crash", "/var/lib/crash")

CORE_DUMPS: Kind[CoreDump] = Kind(
    name="core-dumps",
    singular="core-dump",
    model=CoreDump,
    read=Command(
        argv=("find", *_DUMPS, "-xdev", "-type", "f", "-printf", "%s %T@ %p\\n"),
        parse=dumps_of_find,
        # A folder that is not there leaves code 1.
        codes=frozenset({0, 1}),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.path}",
    label=lambda row: row.path.rpartition("/")[2],
    columns=(
        MACHINE,
        Column(heading="DUMP", value=lambda row: row.path, most=60),
        Column(heading="WHEN", value=lambda row: day(row.at_ms)),
        Column(heading="SIZE", value=lambda row: size(row.size), right=True),
    ),
    look=_dump_look,
    sort=lambda row, _known: -row.at_ms,
    tab="D Core dumps",
    aliases=("cores", "crashes"),
    is_inventory=False,
    every_s=60.0,
)

MEDIA: Kind[Medium] = Kind(
    name="media",
    singular="medium",
    model=Medium,
    read=Command(argv=("lsblk", "-J", "-b", "-o", _LSBLK), parse=media_of_lsblk),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.name}",
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="DEVICE", value=lambda row: row.name),
        Column(heading="WHAT", value=lambda row: row.model or row.tran or row.type, most=24),
        Column(heading="SIZE", value=lambda row: size(row.size), right=True),
        Column(heading="HOLDS", value=lambda row: row.fstype),
        Column(heading="LABEL", value=lambda row: row.label, most=16),
        Column(heading="MOUNTED ON", value=lambda row: row.mountpoint, most=32),
    ),
    look=_medium_look,
    actions=(PUT,),
    tab="M Media",
    aliases=("usb", "sticks"),
    is_inventory=False,
    every_s=10.0,
)
DISKS_OF_MACHINE: Tuple[Kind[Any], ...] = (SMART, MEDIA, CORE_DUMPS)
