"""What the pretend Ceph says of itself: its health, by the codes of Ceph's own checks."""

from __future__ import annotations

from typing import Any, Iterator

from backend.simulator import ceph_standing as ceph
from backend.simulator.ceph_standing import Groups, Osd
from backend.simulator.cloud import Cloud
from backend.simulator.model import Json

# What an alarm of Ceph's own warning stands for, where no OSD is the reason.
CRASHED = "800.001"


def health(cloud: Cloud, found: list[Osd], state: Groups) -> Json:
    """Its health with the checks that are not well, as the manager's REST lists them."""
    checks = list(_checks(cloud, found, state))
    words = {check["severity"] for check in checks}
    worst = "HEALTH_ERR" if "HEALTH_ERR" in words else "HEALTH_WARN" if words else "HEALTH_OK"
    return {"status": worst, "checks": checks, "mutes": []}


def _check(code: str, count: int, words: str, *detail: str, severity: str = "WARN") -> Json:
    return {
        "severity": f"HEALTH_{severity}",
        "summary": {"message": words, "count": count},
        "detail": [{"message": line} for line in detail],
        "muted": False,
        "type": code,
    }


def _checks(cloud: Cloud, found: list[Osd], state: Groups) -> Iterator[Json]:
    yield from _daemons(cloud, found)
    flags = sorted(cloud.ceph.flags)
    if flags:
        yield _check("OSDMAP_FLAGS", len(flags), f"{','.join(flags)} flag(s) set")
    own = {number: names for number, names in cloud.ceph.osd_flags.items() if names}
    if own:
        told = [
            f"osd.{number} has flags {','.join(sorted(names))}" for number, names in own.items()
        ]
        yield _check("OSD_FLAGS", len(own), f"{len(own)} OSDs or CRUSH nodes have flags set", *told)
    if state.unavailable:
        words = f"Reduced data availability: {state.unavailable} pgs stale"
        yield _check("PG_AVAILABILITY", state.unavailable, words)
    if state.degraded:
        share = 100 * state.degraded / state.copies
        words = f"{state.degraded}/{state.copies} objects degraded ({share:.3f}%)"
        if state.undersized:
            words += f", {state.undersized} pgs degraded, {state.undersized} pgs undersized"
        yield _check("PG_DEGRADED", state.degraded, f"Degraded data redundancy: {words}")
    if any(kind == CRASHED for kind, _ in cloud.standing):
        name, _ = ceph.managers(cloud)
        line = f"mgr.{name} crashed on host {getattr(cloud.active, 'name', '')}"
        yield _check("RECENT_CRASH", 1, "1 daemons have recently crashed", line)


def _daemons(cloud: Cloud, found: list[Osd]) -> Iterator[Json]:
    lost = [name for name, _, there in ceph.monitors(cloud) if not there]
    if lost:
        mons = ceph.monitors(cloud)
        quorum = ",".join(name for name, _, there in mons if there)
        words = f"{len(lost)}/{len(mons)} mons down, quorum {quorum}"
        yield _check("MON_DOWN", len(lost), words, *(f"mon.{name} is down" for name in lost))
    down = [osd for osd in found if not osd.is_up]
    if down:
        at = ceph.root(cloud)
        told = [f"{osd.name} (root={at},host={osd.host.name}) is down" for osd in down]
        yield _check("OSD_DOWN", len(down), f"{len(down)} osds down", *told)
    hosts = {osd.host.name for osd in found} - {osd.host.name for osd in found if osd.is_up}
    if hosts:
        count = sum(osd.host.name in hosts for osd in found)
        told = [
            f"host {name} (root={ceph.root(cloud)}) is down" for name in sorted(map(str, hosts))
        ]
        yield _check("OSD_HOST_DOWN", len(hosts), f"{len(hosts)} host ({count} osds) down", *told)


def log(cloud: Cloud, checks: list[Json]) -> list[Any]:
    """The cluster's own log: a line for each check that stands, and that the map was made."""
    now = cloud.now().strftime("%Y-%m-%dT%H:%M:%S.000000+0000")
    name = next((name for name, _, there in ceph.monitors(cloud) if there), "")
    words = [("[WRN]", f"Health check failed: {one['summary']['message']} ({one['type']})")
             for one in checks] or [("[INF]", "overall HEALTH_OK")]  # fmt: skip
    return [
        {"stamp": now, "name": f"mon.{name}", "rank": f"mon.{name}", "seq": number,
         "channel": "cluster", "priority": priority, "message": text, "addrs": {"addrvec": []}}
        for number, (priority, text) in enumerate(words, 1)
    ]  # fmt: skip
