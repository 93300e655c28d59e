"""Ceph as a whole: one row that says whether it is well, how full it is, and what recovers."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.ceph import Answers
from backend.courses import Slow
from backend.figure import Line, Lines
from backend.kind import Body, Ceph, CephCommand, Column, Kind, Tab
from backend.kinds.ceph import EVERY_S, OfCeph, mapping, named, objects, said
from backend.kinds.machine import size
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

# PG states in which data may be read and written, with all its copies where it belongs.
_CLEAN = {"active+clean", "active+clean+scrubbing", "active+clean+scrubbing+deep"}
_BAD_STATES = ("inactive", "down", "incomplete", "stale", "unknown", "peering", "inconsistent")


class CephStatus(OfCeph):
    """The whole cluster; bytes, objects and seconds."""

    fsid: str
    health: str
    checks: List[str] = Field(default_factory=list)
    muted: List[str] = Field(default_factory=list)
    monitors: int = 0
    quorum: List[str] = Field(default_factory=list)
    has_manager: Optional[bool] = None
    manager: str = ""
    standbys: int = 0
    osds: int = 0
    osds_up: int = 0
    osds_in: int = 0
    pools: Optional[int] = None
    pgs: int = 0
    pg_states: Dict[str, int] = Field(default_factory=dict)
    used: int = 0
    free: int = 0
    total: int = 0
    degraded: int = 0
    misplaced: int = 0
    copies: int = 0
    unfound: int = 0
    recovering_bytes_s: int = 0
    recovering_objects_s: int = 0
    reading_bytes_s: int = 0
    writing_bytes_s: int = 0

    @property
    def percent(self) -> Optional[int]:
        """How full it is, of what its disks have."""
        return round(100 * self.used / self.total) if self.total else None

    @property
    def clean(self) -> int:
        """How many placement groups are as they should be."""
        return sum(count for state, count in self.pg_states.items() if state in _CLEAN)

    @property
    def to_recover(self) -> int:
        """How many copies of objects are missing or elsewhere."""
        return self.degraded + self.misplaced

    @property
    def left_s(self) -> Optional[int]:
        """How long recovery takes yet at its rate of now, None where nothing says so."""
        if not (self.to_recover and self.recovering_objects_s):
            return None
        return self.to_recover // self.recovering_objects_s

    @property
    def recovery(self) -> str:
        """What recovers, how fast, and how long yet; "" where nothing is to recover."""
        if not self.to_recover:
            return ""
        what = [
            f"{count} of {self.copies} copies {word}"
            for count, word in ((self.degraded, "missing"), (self.misplaced, "elsewhere"))
            if count
        ]
        if not self.recovering_objects_s:
            return f"{', '.join(what)}; nothing moves"
        rate = f"{size(self.recovering_bytes_s)}/s"
        left = f", about {span((self.left_s or 0) * 1000)} left"
        return f"{', '.join(what)}; {rate}{left}"


def status_rows(told: Answers) -> Iterable[Body]:
    """Make the row of ``status`` (Ceph 14 to 20)."""
    one = mapping(said(told, "status"))
    health = mapping(one.get("health"))
    checks = named(health.get("checks"))
    osds = mapping(one.get("osdmap"))
    osds = mapping(osds.get("osdmap")) or osds
    yield {
        "uuid": str(one["fsid"]),
        "fsid": str(one["fsid"]),
        "health": str(health["status"]),
        "checks": [code for code, check in checks.items() if not check.get("muted")],
        "muted": [str(mute["code"]) for mute in objects(health.get("mutes"))],
        "osds": int(osds.get("num_osds") or 0),
        "osds_up": int(osds.get("num_up_osds") or 0),
        "osds_in": int(osds.get("num_in_osds") or 0),
        **_daemons(one),
        **_groups(mapping(one.get("pgmap"))),
    }


def _daemons(one: Mapping[str, Any]) -> Body:
    monitors, manager = mapping(one.get("monmap")), mapping(one.get("mgrmap"))
    count = monitors.get("num_mons")
    standbys = manager.get("num_standbys")
    return {
        "monitors": len(objects(monitors.get("mons"))) if count is None else count,
        "quorum": [str(name) for name in one.get("quorum_names") or ()],
        "has_manager": manager.get("available"),
        "manager": str(manager.get("active_name") or ""),
        "standbys": len(objects(manager.get("standbys"))) if standbys is None else standbys,
    }


# Our field, and Ceph's in the map of placement groups; Ceph leaves out what is nought.
_OF_GROUPS: Tuple[Tuple[str, str], ...] = (
    ("pgs", "num_pgs"),
    ("used", "bytes_used"),
    ("free", "bytes_avail"),
    ("total", "bytes_total"),
    ("degraded", "degraded_objects"),
    ("misplaced", "misplaced_objects"),
    ("unfound", "unfound_objects"),
    ("recovering_bytes_s", "recovering_bytes_per_sec"),
    ("recovering_objects_s", "recovering_objects_per_sec"),
    ("reading_bytes_s", "read_bytes_sec"),
    ("writing_bytes_s", "write_bytes_sec"),
)


def _groups(groups: Mapping[str, Any]) -> Body:
    states = objects(groups.get("pgs_by_state"))
    whole = groups.get("degraded_total") or groups.get("misplaced_total") or 0
    return {
        **{ours: int(groups.get(theirs) or 0) for ours, theirs in _OF_GROUPS},
        "pools": groups.get("num_pools"),
        "copies": int(whole),
        "pg_states": {str(one["state_name"]): int(one["count"]) for one in states},
    }


def tone_of(health: str) -> Tone:
    """Return the tone of Ceph's own word for its health."""
    return {"HEALTH_OK": Tone.GOOD, "HEALTH_WARN": Tone.WARN}.get(health, Tone.BAD)


def _used(row: CephStatus) -> Optional[float]:
    return float(row.used) if row.total else None


def _look(row: CephStatus, _known: Known) -> Look:
    if row.health == "HEALTH_OK":
        return WELL
    return Look(tone=tone_of(row.health), mark=Mark.BAD, notes=(", ".join(row.checks),))


def group_states(row: CephStatus) -> str:
    """Return its placement groups in one phrase: ``9: 6 active+clean, 3 undersized``."""
    states = sorted(row.pg_states.items(), key=lambda one: -one[1])
    return f"{row.pgs}: " + ", ".join(f"{count} {name}" for name, count in states)


def is_bad_state(state: str) -> bool:
    """Whether data of a placement group in that state may not be had."""
    return any(word in state.split("+") for word in _BAD_STATES) or "active" not in state


def _overview(row: CephStatus, _known: Known) -> Lines:
    manager = row.manager or ("active" if row.has_manager else "NONE")
    told = (
        ("health", " ".join((row.health, *row.checks)), tone_of(row.health)),
        ("muted", ", ".join(row.muted), Tone.WARN),
        ("monitors", f"{len(row.quorum)} of {row.monitors} in quorum: {', '.join(row.quorum)}",
         Tone.WARN if len(row.quorum) < row.monitors else Tone.PLAIN),
        ("manager", f"{manager}, {row.standbys} standing by", Tone.PLAIN),
        ("osds", f"{row.osds_up} up, {row.osds_in} in, of {row.osds}",
         Tone.WARN if row.osds_up < row.osds else Tone.PLAIN),
        ("groups", group_states(row), Tone.PLAIN),
        ("space", f"{size(row.used)} of {size(row.total)} used, {size(row.free)} free", Tone.PLAIN),
        ("recovery", row.recovery, Tone.BUSY),
        ("clients", f"read {size(row.reading_bytes_s)}/s, write {size(row.writing_bytes_s)}/s",
         Tone.PLAIN),
    )  # fmt: skip
    lines = [Line(heading=head, text=text, tone=tone) for head, text, tone in told if text]
    return Lines(lines=tuple(lines))


CEPH: Kind[CephStatus] = Kind(
    name="ceph",
    singular="ceph-cluster",
    model=CephStatus,
    read=Ceph(commands=(CephCommand.of("status"),), rows=status_rows),
    label=lambda _row: "ceph",
    columns=(
        Column(heading="HEALTH", value=lambda row: row.health),
        Column(heading="USED", value=lambda row: None if row.percent is None else f"{row.percent}%",
               right=True),
        Column(heading="SIZE", value=lambda row: size(row.total), right=True),
        Column(heading="OSDS UP", value=lambda row: f"{row.osds_up}/{row.osds}", right=True),
        Column(heading="QUORUM", value=lambda row: f"{len(row.quorum)}/{row.monitors}", right=True),
        Column(heading="CLEAN", value=lambda row: f"{row.clean}/{row.pgs}", right=True),
        Column(heading="FSID", value=lambda row: row.fsid, wide=True),
    ),
    look=_look,
    strip=_overview,
    tabs=(Tab(key="o", title="Overview", figure=_overview),),
    state_fields=("health",),
    sample=Slow(_used),
    aliases=("ceph-status",),
    noise=frozenset({
        "used", "free", "degraded", "misplaced", "copies", "recovering_bytes_s",
        "recovering_objects_s", "reading_bytes_s", "writing_bytes_s", "pg_states",
    }),
    every_s=EVERY_S,
)  # fmt: skip
