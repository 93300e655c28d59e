"""Who serves Ceph: its monitors, its managers, CephFS and its servers."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.ceph import Answers
from backend.kind import Body, Ceph, CephCommand, Column, Kind
from backend.kinds.ceph import SLOW_S, OfCeph, address, mapping, named, objects, said
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# --- monitors ----------------------------------------------------------------------------------


class CephMonitor(OfCeph):
    """A monitor, as the map of monitors has it."""

    name: str
    rank: int = 0
    address: str = ""
    in_quorum: bool = False
    leads: bool = False


def monitor_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``quorum_status`` (it answers without a manager, and not without a quorum)."""
    one = mapping(said(told, "quorum_status"))
    names = set(map(str, one["quorum_names"]))
    for monitor in objects(mapping(one.get("monmap")).get("mons")):
        name = str(monitor["name"])
        yield {
            "uuid": name,
            "name": name,
            "rank": int(monitor.get("rank") or 0),
            "address": address(monitor),
            "in_quorum": name in names,
            "leads": name == one.get("quorum_leader_name"),
        }


def _monitor_look(row: CephMonitor, known: Known) -> Look:
    if row.in_quorum:
        return WELL
    rows = known.rows("ceph-monitors")
    left = sum(1 for one in rows if one.in_quorum)
    spare = left - (len(rows) // 2 + 1)
    words = f"not in quorum; {spare} more may be lost" if spare > 0 else (
        "not in quorum; ONE MORE LOST STOPS CEPH")  # fmt: skip
    return Look(tone=Tone.WARN if spare > 0 else Tone.BAD, mark=Mark.BAD, notes=(words,))


CEPH_MONITORS: Kind[CephMonitor] = Kind(
    name="ceph-monitors",
    singular="ceph-monitor",
    model=CephMonitor,
    read=Ceph(commands=(CephCommand.of("quorum_status"),), rows=monitor_rows),
    label=lambda row: row.name,
    columns=(
        Column(heading="MONITOR", value=lambda row: row.name, most=24),
        Column(heading="QUORUM", value=lambda row: "leads" if row.leads else
               "in" if row.in_quorum else "OUT"),
        Column(heading="RANK", value=lambda row: row.rank, right=True),
        Column(heading="ADDRESS", value=lambda row: row.address, most=44),
    ),
    look=_monitor_look,
    sort=lambda row, _known: row.rank,
    state_fields=("in_quorum", "leads"),
    aliases=("mons", "quorum"),
    every_s=SLOW_S,
)  # fmt: skip

# --- managers ----------------------------------------------------------------------------------


class CephManager(OfCeph):
    """A manager: one is active, others stand by."""

    name: str
    is_active: bool = False
    address: str = ""
    is_available: Optional[bool] = None


def manager_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``mgr dump``."""
    one = mapping(said(told, "mgr dump"))
    active = str(one["active_name"] or "")
    if active:
        yield {
            "uuid": active,
            "name": active,
            "is_active": True,
            "address": address(one),
            "is_available": one.get("available"),
        }
    for other in objects(one.get("standbys")):
        yield {"uuid": str(other["name"]), "name": str(other["name"])}


def _manager_look(row: CephManager, _known: Known) -> Look:
    if row.is_active and row.is_available is False:
        return Look(
            tone=Tone.BUSY, mark=Mark.BUSY, notes=("it is starting: usage is not told yet",)
        )
    return WELL


MANAGERS: Kind[CephManager] = Kind(
    name="ceph-managers",
    singular="ceph-manager",
    model=CephManager,
    read=Ceph(commands=(CephCommand.of("mgr dump"),), rows=manager_rows),
    label=lambda row: row.name,
    columns=(
        Column(heading="MANAGER", value=lambda row: row.name, most=24),
        Column(heading="IS", value=lambda row: "active" if row.is_active else "stands by"),
        Column(heading="ADDRESS", value=lambda row: row.address or None, most=44),
    ),
    look=_manager_look,
    sort=lambda row, _known: not row.is_active,
    state_fields=("is_active",),
    aliases=("mgrs",),
    every_s=SLOW_S,
)

# --- CephFS ------------------------------------------------------------------------------------


class CephFilesystem(OfCeph):
    """A filesystem of CephFS, and who serves it."""

    name: str
    wants: int = 1
    up: List[str] = Field(default_factory=list)
    failed: List[int] = Field(default_factory=list)
    damaged: List[int] = Field(default_factory=list)


class MetadataServer(OfCeph):
    """A server of CephFS: of one filesystem, or standing by for any."""

    name: str
    filesystem: str = ""
    state: str = ""
    rank: Optional[int] = None
    address: str = ""


def filesystem_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``fs dump``."""
    for one in objects(mapping(said(told, "fs dump")).get("filesystems")):
        of = mapping(one.get("mdsmap"))
        yield {
            "uuid": str(of["fs_name"]),
            "name": str(of["fs_name"]),
            "wants": int(of.get("max_mds") or 1),
            "up": sorted(str(mds["name"]) for mds in named(of.get("info")).values()
                         if _state(mds) == "up:active"),
            "failed": list(of.get("failed") or ()),
            "damaged": list(of.get("damaged") or ()),
        }  # fmt: skip


def server_rows(told: Answers) -> Iterable[Body]:
    """Make rows of the servers in ``fs dump``."""
    one = mapping(said(told, "fs dump"))
    for filesystem in objects(one.get("filesystems")):
        of = mapping(filesystem.get("mdsmap"))
        for server in named(of.get("info")).values():
            yield _server(server, str(of.get("fs_name") or ""))
    for server in objects(one.get("standbys")):
        yield _server(server, "")


def _state(one: Mapping[str, Any]) -> str:
    """Return its state; one that is not heard keeps its last where none can take its place."""
    return "laggy" if one.get("laggy_since") else str(one.get("state") or "")


def _server(one: Mapping[str, Any], filesystem: str) -> Body:
    rank = one.get("rank")
    return {
        "uuid": str(one["name"]),
        "name": str(one["name"]),
        "filesystem": filesystem,
        "state": _state(one),
        "rank": rank if isinstance(rank, int) and rank >= 0 else None,
        "address": address(one),
    }


def _filesystem_look(row: CephFilesystem, _known: Known) -> Look:
    if row.damaged:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(f"rank {row.damaged} is DAMAGED",))
    if len(row.up) < row.wants:
        words = f"{len(row.up)} of {row.wants} servers serve it"
        return Look(tone=Tone.WARN if row.up else Tone.BAD, mark=Mark.BAD, notes=(words,))
    return WELL


def _server_look(row: MetadataServer, _known: Known) -> Look:
    if row.state in ("up:active", "up:standby", "up:standby-replay"):
        return WELL
    tone, mark = (Tone.BUSY, Mark.BUSY) if row.state.startswith("up:") else (Tone.BAD, Mark.BAD)
    words = "laggy: it is not heard" if row.state == "laggy" else row.state
    return Look(tone=tone, mark=mark, notes=(words,))


_FS = CephCommand.of("fs dump")

CEPH_FILESYSTEMS: Kind[CephFilesystem] = Kind(
    name="ceph-filesystems",
    singular="ceph-filesystem",
    model=CephFilesystem,
    read=Ceph(commands=(_FS,), rows=filesystem_rows),
    label=lambda row: row.name,
    columns=(
        Column(heading="FILESYSTEM", value=lambda row: row.name, most=32),
        Column(heading="SERVED", value=lambda row: f"{len(row.up)}/{row.wants}", right=True),
        Column(heading="BY", value=lambda row: " ".join(row.up) or None, most=40),
    ),
    look=_filesystem_look,
    state_fields=("up", "failed", "damaged"),
    aliases=("cephfs",),
    every_s=SLOW_S,
)

SERVERS: Kind[MetadataServer] = Kind(
    name="ceph-mds",
    singular="ceph-mds-server",
    model=MetadataServer,
    read=Ceph(commands=(_FS,), rows=server_rows),
    label=lambda row: row.name,
    columns=(
        Column(heading="SERVER", value=lambda row: row.name, most=32),
        Column(heading="OF", value=lambda row: row.filesystem or None, most=24),
        Column(heading="RANK", value=lambda row: row.rank, right=True),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="ADDRESS", value=lambda row: row.address, most=44, wide=True),
    ),
    look=_server_look,
    state_fields=("state",),
    aliases=("mds",),
    every_s=SLOW_S,
)

DAEMONS: Tuple[Kind[Any], ...] = (CEPH_MONITORS, MANAGERS, CEPH_FILESYSTEMS, SERVERS)
