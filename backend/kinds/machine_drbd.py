"""DRBD as a machine sees it: who is primary, what is in sync, how long it takes yet."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Optional

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.host_site import is_simplex
from backend.kinds.machine import MACHINE, MACHINES, OfMachine, objects
from backend.known import Known
from backend.plan import HERE
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span


def drbd_of_json(text: str) -> Iterable[Body]:
    """Parse ``drbdsetup status --json`` (DRBD 9): one row a volume and peer."""
    return [body for one in objects(text) for body in _drbd_resource(one)]


_NOBODY: Dict[str, Any] = {}


def _drbd_resource(one: Dict[str, Any]) -> Iterable[Body]:
    for device in one["devices"]:
        here = {
            "name": one["name"],
            "volume": device["volume"],
            "role": one["role"],
            "disk": device["disk-state"],
        }
        for peer in one.get("connections") or [_NOBODY]:
            there = next(
                (p for p in peer.get("peer_devices", ()) if p["volume"] == device["volume"]),
                _NOBODY,
            )
            percent = there.get("done", there.get("percent-in-sync"))
            yield {
                **here,
                "peer": peer.get("name", ""),
                "connection": peer.get("connection-state", "StandAlone"),
                "replication": there.get("replication-state", ""),
                "peer_role": peer.get("peer-role", ""),
                "peer_disk": there.get("peer-disk-state", ""),
                "percent": None if percent is None else float(percent),
                "left_s": there.get("estimated-seconds-to-finish"),
            }


def drbd_of_text(text: str) -> Iterable[Body]:
    """Parse ``drbdadm status`` (DRBD 9): a resource, its disks, then each peer with its own."""
    found: List[Dict[str, Any]] = []
    resource: Dict[str, Any] = {}
    for line in filter(str.strip, text.splitlines()):
        words = line.split()
        said = dict(word.split(":", 1) for word in words if ":" in word)
        if not line[0].isspace():
            # Who has no peer says nothing of a connection.
            resource = {"name": words[0], "role": said["role"], "peer": "", "volume": 0}
            resource["connection"] = "StandAlone"
            found.append(resource)
        elif not resource:
            raise ValueError(f"no resource before {line.strip()[:60]!r}")
        elif ":" not in words[0]:
            if resource["peer"]:
                resource = {**found[-1], "percent": None}
                found.append(resource)
            resource.update(peer=words[0], peer_role=said.get("role", ""))
            resource["connection"] = said.get("connection", "Connected")
        else:
            _drbd_line(resource, said)
    if not found:
        raise ValueError("no resource at all")
    return found


def _drbd_line(resource: Dict[str, Any], said: Dict[str, str]) -> None:
    for theirs, ours in (
        ("disk", "disk"),
        ("peer-disk", "peer_disk"),
        ("replication", "replication"),
    ):
        resource[ours] = said.get(theirs, resource.get(ours, ""))
    if "done" in said:
        resource["percent"] = float(said["done"])


_PROC = re.compile(r"^\s*(\d+): cs:(\S+)(?: ro:(\w+)/(\w+) ds:(\w+)/(\w+))?", re.MULTILINE)


def drbd_of_proc(text: str) -> Iterable[Body]:
    """Parse ``/proc/drbd`` of DRBD 8.4, which StarlingX runs; resources are named by number."""
    starts = list(_PROC.finditer(text))
    if not starts:
        raise ValueError("no resource in /proc/drbd")
    ends = [one.start() for one in starts[1:]] + [len(text)]
    return [
        _drbd_number(one, text[one.end() : end])
        for one, end in zip(starts, ends)
        if one.group(2) != "Unconfigured"
    ]


def _drbd_number(one: re.Match[str], rest: str) -> Body:
    minor, connection, role, peer_role, disk, peer_disk = one.groups()
    percent = re.search(r"(?:sync'ed|verified):\s*([\d.]+)%", rest)
    finish = re.search(r"finish: (\d+):(\d+):(\d+)", rest)
    left = [int(part) for part in finish.groups()] if finish else None
    return {
        "name": f"drbd{minor}",
        "volume": 0,
        "role": role or "",
        "disk": disk or "",
        "peer": "peer",
        "connection": connection,
        "replication": connection if percent else "",
        "peer_role": peer_role or "",
        "peer_disk": peer_disk or "",
        "percent": float(percent.group(1)) if percent else None,
        "left_s": left[0] * 3600 + left[1] * 60 + left[2] if left else None,
    }


class DrbdResource(OfMachine):
    """A mirrored volume: what this side is, what the other is, and how far they agree.

    ``percent`` is how much is in sync while it syncs, ``left_s`` what DRBD itself reckons is left.
    """

    name: str
    volume: int = 0
    role: str
    disk: str = ""
    peer: str = ""
    connection: str = ""
    replication: str = ""
    peer_role: str = ""
    peer_disk: str = ""
    percent: Optional[float] = None
    left_s: Optional[float] = None

    @property
    def is_syncing(self) -> bool:
        """Whether data is on its way between the two."""
        return bool(self.percent is not None and self.percent < 100) or "Sync" in self.replication

    @property
    def progress(self) -> Optional[str]:
        """How far the sync is and how long it takes yet."""
        if not self.is_syncing or self.percent is None:
            return None
        left = "" if self.left_s is None else f", {span(round(self.left_s * 1000))} left"
        return f"{self.percent:.1f} %{left}"


_CONNECTED = {"Connected", "SyncSource", "SyncTarget", "VerifyS", "VerifyT"}


def _is_alone(row: DrbdResource, known: Known) -> bool:
    """Whether there is no other side at all: a simplex mirrors to an address that is nobody's."""
    is_here = row.machine == HERE and known.place.platform.get("system_mode") == "simplex"
    return is_here or is_simplex(known)


def _drbd_look(row: DrbdResource, known: Known) -> Look:
    if row.disk not in {"UpToDate", ""} and not row.is_syncing:
        words = f"the data of this side is {row.disk}"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if row.is_syncing:
        words = f"syncing: {row.progress or row.replication}; until then there is one good copy"
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))
    if not row.role and not row.disk:
        return Look(mark=Mark.UNKNOWN, notes=("DRBD does not say what its data is",))
    if _is_alone(row, known):
        return WELL
    if row.connection and row.connection not in _CONNECTED:
        words = f"no second copy: {row.connection}"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    if row.peer_disk not in {"UpToDate", ""}:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(f"the other side is {row.peer_disk}",))
    return WELL


_NO_DRBD = ("modprobe drbd", "Could not connect to 'drbd'", "No currently configured")

DRBD: Kind[DrbdResource] = Kind(
    name="drbd-resources",
    singular="drbd-resource",
    model=DrbdResource,
    read=Command(
        argv=("drbdsetup", "status", "--json"),
        parse=drbd_of_json,
        absent=_NO_DRBD,
        otherwise=Command(
            argv=("drbdadm", "status"),
            parse=drbd_of_text,
            absent=_NO_DRBD,
            otherwise=Command(argv=("cat", "/proc/drbd"), parse=drbd_of_proc),
        ),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.name}/{row.volume}/{row.peer}",
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="RESOURCE", value=lambda row: row.name, most=24),
        Column(heading="ROLE", value=lambda row: row.role),
        Column(heading="DISK", value=lambda row: row.disk),
        Column(heading="CONNECTION", value=lambda row: row.connection),
        Column(heading="OTHER SIDE", value=lambda row: row.peer_disk or None),
        Column(heading="SYNC", value=lambda row: row.progress, right=True),
    ),
    look=_drbd_look,
    tab="d DRBD",
    state_fields=("role", "disk", "connection"),
    noise=frozenset({"percent", "left_s"}),
    aliases=("drbdadm",),
    is_inventory=False,
    every_s=10.0,
)
