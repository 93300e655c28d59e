"""What stands on a disk or a host before it is replaced, as it is recorded; what differs after it.

Each thing is known by what does not change with the hardware: its name, or the place of its disk.
Sizes are in MiB, a filesystem's in GiB, as sysinv keeps them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from backend.kinds.disk_place import place_of
from backend.kinds.host import Host
from backend.kinds.host_edits import kin, was_read
from backend.known import Known

# In the order in which they are made: each needs what stands before it.
PARTS = ("labels", "interfaces", "partitions", "volume-groups", "physical-volumes", "osds",
         "filesystems")  # fmt: skip
OF_DISK = ("partitions", "physical-volumes", "osds")
NEEDS = ("hosts", "disks", *PARTS)

Fields = Mapping[str, Any]
Things = Dict[str, Dict[str, Dict[str, Any]]]  # kind → name → fields


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was recorded; ``is_missing``: it is not there at all."""

    kind: str
    name: str
    was: Fields
    now: Optional[Fields]
    row: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether it is not there any more."""
        return self.now is None

    @property
    def words(self) -> str:
        """What differs, in one line."""
        kind = self.kind.replace("-", " ").rstrip("s")
        if self.now is None:
            what = ", ".join(f"{key} {value}" for key, value in self.was.items() if value)
            return f"{kind} {self.name} is missing: {what}"
        now = self.now
        told = [f"{key} is {now.get(key)}, was {value}" for key, value in self.was.items()
                if now.get(key) != value]  # fmt: skip
        return f"{kind} {self.name}: {'; '.join(told)}"


def _place(disks: Mapping[str, Any], uuid: Any) -> str:
    disk = disks.get(str(uuid))
    return place_of(disk) if disk is not None else str(uuid or "")


def _named(kind: str, row: Any, disks: Mapping[str, Any]) -> Tuple[str, Dict[str, Any]]:
    """Return by what a thing is known, and what of it is recorded."""
    body = row.body
    if kind == "labels":
        return str(row.label_key), {"value": row.label_value}
    if kind == "interfaces":
        names = ("iftype", "ifclass", "imtu", "vlan_id", "uses", "aemode", "sriov_numvfs")
        return str(row.ifname), {name: body.get(name) for name in names}
    if kind == "partitions":
        path = str(row.device_path or row.uuid).rpartition("/")[2]
        return path, {"disk": _place(disks, body.get("idisk_uuid")), "size_mib": row.size_mib}
    if kind == "volume-groups":
        kept = {"parameters": dict(body.get("capabilities") or {})}
        return str(row.lvm_vg_name), kept
    if kind == "physical-volumes":
        path = str(row.disk_or_part_device_path or row.uuid).rpartition("/")[2]
        return path, {"group": row.lvm_vg_name}
    if kind == "osds":
        place = _place(disks, row.idisk_uuid)
        kept = {"function": row.function, "tier_name": row.tier_name}
        return place, {"disk": place, **kept, "journal_mib": body.get("journal_size_mib")}
    return str(row.name), {"size": row.size}


def things(host: Host, known: Known, place: str = "") -> Things:
    """Return what there is on a host, of one disk alone where its place is given."""
    disks = {str(disk.uuid): disk for disk in kin(known, "disks", host)}
    found: Things = {}
    for kind in OF_DISK if place else PARTS:
        if not was_read(known, kind, host):
            continue
        named = (_named(kind, row, disks) for row in kin(known, kind, host))
        found[kind] = {
            name: fields
            for name, fields in named
            if not place or name == place or name.startswith(f"{place}-part")
        }
    return found


def serial_at(host: Optional[Host], place: str, known: Known) -> Optional[str]:
    """Return the serial of the disk that is at a place now, None where none is, "" unknown."""
    disk = next((one for one in kin(known, "disks", host) if place_of(one) == place), None)
    return None if disk is None else str(disk.serial_id or "").strip()


def record(host: Host, known: Known, disk: Optional[Any] = None) -> str:
    """Return what is recorded, as JSON: what it is, since when, by whom, and all that is on it."""
    place = "" if disk is None else place_of(disk)
    serials = {place_of(one): str(one.serial_id or "").strip() for one in kin(known, "disks", host)}
    whole = {
        "what": "host" if disk is None else "disk",
        "host": host.name,
        "host_uuid": host.uuid,
        "personality": host.personality,
        "place": place,
        "serials": {key: one for key, one in serials.items() if place in ("", key)},
        "size_mib": None if disk is None else disk.size_mib,
        "at_ms": known.now_ms,
        "by": known.place.user,
        "things": things(host, known, place),
    }
    return json.dumps(whole, sort_keys=True)


def unread(host: Host, known: Known) -> List[str]:
    """Return the kinds that could not be recorded, as they were not read."""
    return [kind for kind in ("disks", *PARTS) if not was_read(known, kind, host)]


def differences(of: Mapping[str, Any], host: Optional[Host], known: Known) -> List[Difference]:
    """Return what was recorded and is not so now, in the order in which it is made again."""
    if host is None:
        return []
    place = str(of.get("place") or "")
    now = things(host, known, place)
    return [one for kind in PARTS if kind in now for one in _differ(kind, of, now[kind])]


def _differ(
    kind: str, of: Mapping[str, Any], now: Mapping[str, Dict[str, Any]]
) -> Iterator[Difference]:
    was: Mapping[str, Dict[str, Any]] = of["things"].get(kind, {})
    for name, fields in was.items():
        there = now.get(name)
        if there is None or not _is_as(kind, fields, there):
            yield Difference(kind=kind, name=name, was=fields, now=there)


def _is_as(kind: str, was: Fields, now: Fields) -> bool:
    """Whether a thing is as it was; one that grew meanwhile is well enough."""
    if kind in ("partitions", "filesystems"):
        size = "size" if kind == "filesystems" else "size_mib"
        return (now.get(size) or 0) >= (was.get(size) or 0)
    return all(now.get(key) == value for key, value in was.items())
