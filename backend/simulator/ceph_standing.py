"""The pretend Ceph: which OSDs, monitors and pools there are now, as hosts and orders make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host, Json

MIB, DAY = 1 << 20, 86400.0
OBJECT_BYTES = 4 * MIB
# How full its disks are at an age of so many days of the site, and what comes to it each day.
FULL_THEN, THEN_DAYS, A_DAY = 0.38, 154.0, 0.00483
# It stays below where Ceph itself begins to warn.
MOST_FULL = 0.84
# What an OSD that was only said to be down takes to say that it is not, in seconds.
BACK_S = 4.0
# How much of what a host holds is written anew while it is away.
STALE = 0.08


@dataclass(frozen=True)
class Osd:
    """One OSD as Ceph has it; bytes."""

    number: int
    host: Host
    device: Json
    is_up: bool
    is_in: bool
    size: int
    used: int
    weight: float

    @property
    def name(self) -> str:
        return f"osd.{self.number}"


@dataclass(frozen=True)
class Pool:
    """One pool: its share of what is stored, and what it is for."""

    number: int
    name: str
    share: float
    groups: int
    use: str


POOLS = (
    Pool(1, ".mgr", 0.0001, 1, "mgr"),
    Pool(2, "kube-rbd", 0.8899, 64, "rbd"),
    Pool(3, "kube-cephfs-metadata", 0.01, 16, "cephfs"),
    Pool(4, "kube-cephfs-data", 0.1, 32, "cephfs"),
)
FILESYSTEM = "kube-cephfs"


def is_rook(cloud: Cloud) -> bool:
    return cloud.system.storage == "ceph-rook"


def root(cloud: Cloud) -> str:
    """The root of CRUSH: Rook's own, or that of sysinv's tier ``storage``."""
    return "default" if is_rook(cloud) else "storage-tier"


def copies(cloud: Cloud) -> int:
    return 1 if cloud.system.is_simplex else 2


def fill(cloud: Cloud) -> float:
    """How full its disks are, from 0 to 1: a little more every day."""
    days = (cloud.now() - cloud.system.created_at).total_seconds() / DAY
    return min(max(FULL_THEN + (days - THEN_DAYS) * A_DAY, 0.02), MOST_FULL)


def osds(cloud: Cloud) -> list[Osd]:
    """Every OSD that Ceph knows: sysinv's, once an unlock has made them."""
    found = []
    for host in (one for one in cloud.hosts if _may_bear(cloud, one)):
        disks = {disk["uuid"]: disk for disk in children(cloud, host, "idisks")}
        for row in children(cloud, host, "istors"):
            is_made = row["function"] == "osd" and row["osdid"] is not None
            if is_made and row["idisk_uuid"] in disks and not _waits(row["state"]):
                found.append(_osd(cloud, host, row, disks[row["idisk_uuid"]]))
    return sorted(found, key=lambda osd: osd.number)


def _may_bear(cloud: Cloud, host: Host) -> bool:
    """Whether a host may have OSDs; of thousands of workers none is drawn up for it."""
    return host.personality in ("controller", "storage") or (host.uuid, "istors") in cloud.children


def _waits(state: str) -> bool:
    return state.startswith("configuring-")


def _osd(cloud: Cloud, host: Host, row: Json, disk: Json) -> Osd:
    number, size = int(row["osdid"]), disk["size_mib"] * MIB
    order = cloud.ceph
    downed = order.downed.get(number)
    # Who is said to be down says within seconds that it is not; with noup nobody believes it.
    is_back = downed is None or (
        "noup" not in order.flags and cloud.now() >= downed + timedelta(seconds=BACK_S)
    )
    is_alive = host.is_serving and row["uuid"] not in cloud.lost_osds
    return Osd(
        number=number,
        host=host,
        device=disk,
        is_up=is_alive and is_back,
        is_in=number not in order.out,
        size=size,
        used=int(size * fill(cloud)),
        weight=order.weights.get(number, 1.0),
    )


def monitors(cloud: Cloud) -> list[tuple[str, Host, bool]]:
    """Each monitor: its name, the host it runs on, and whether it is in quorum.

    Rook has a third on a duplex that is where the active controller is; a simplex has one.
    """
    controllers = cloud.of("controller")
    hosts = [(str(host.hostname), host) for host in controllers]
    if is_rook(cloud):
        hosts = list(zip("ab", controllers))
        active = cloud.active
        if len(hosts) > 1 and active is not None:
            hosts.append(("float", active))
    else:
        bearers = (h for h in cloud.hosts if h.capabilities.get("stor_function") == "monitor")
        hosts += [(str(host.hostname), host) for host in bearers if host not in controllers]
    return [(name, host, host.is_serving) for name, host in hosts]


def managers(cloud: Cloud) -> tuple[str, list[str]]:
    """The active manager, and those that stand by."""
    serving = [host for host in cloud.of("controller") if host.is_serving]
    serving.sort(key=lambda host: not host.is_active)
    names = ["ab"[host.id % 2] if is_rook(cloud) else str(host.hostname) for host in serving]
    return (names[0], names[1:]) if names else ("", [])


@dataclass(frozen=True)
class Groups:
    """Placement groups by state, and copies of objects: all, and those that are missing."""

    states: dict[str, int]
    objects: int
    copies: int
    degraded: int
    is_moving: bool

    @property
    def unavailable(self) -> int:
        return sum(count for state, count in self.states.items() if "stale" in state)

    @property
    def undersized(self) -> int:
        return sum(count for state, count in self.states.items() if "undersized" in state)


def groups(cloud: Cloud, found: list[Osd]) -> Groups:
    """How placement groups stand: each has its copies on so many of the OSDs."""
    total, size = sum(pool.groups for pool in POOLS), copies(cloud)
    serve = [osd for osd in found if osd.is_up and osd.is_in]
    stored = sum(osd.used for osd in found) // size
    objects = stored // OBJECT_BYTES
    whole = objects * size
    gone = 1 - len(serve) / len(found) if found else 0.0
    touched = round(total * min(1.0, size * gone))
    states: dict[str, int] = {}
    degraded, moves = round(whole * gone), False
    if touched:
        hosts = {osd.host.uuid for osd in serve}
        word = "active+undersized+degraded" if hosts and size > 1 else "stale+undersized+degraded"
        states[word] = touched
    else:
        waiting, left = _recovering(cloud, found, total)
        degraded, moves = round(whole * left), bool(waiting)
        states.update(waiting)
    rest = total - sum(states.values())
    if rest:
        states["active+clean"] = rest
    return Groups(states, objects, whole, degraded, moves)


def _recovering(cloud: Cloud, found: list[Osd], total: int) -> tuple[dict[str, int], float]:
    """States of groups that get what they missed, and the share of copies that is missing yet."""
    hosts = cloud.recovering & cloud.ceph.recovery.keys()
    if not hosts:
        return {}, 0.0
    began, for_s = cloud.ceph.recovery[min(hosts)]
    gone_s = (cloud.now() - began).total_seconds()
    left = max(1.0 - gone_s / max(for_s, 1.0), 0.01)
    share = len([osd for osd in found if osd.host.uuid in hosts]) / max(len(found), 1)
    waiting = max(round(total * left * 0.6), 2)
    states = {"active+recovering+degraded": 2, "active+recovery_wait+degraded": waiting - 2}
    return {name: count for name, count in states.items() if count}, STALE * share * left
