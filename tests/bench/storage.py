"""The storage pane on a real Ceph against one ``ceph -s``, and the map of many hosts against one.

``python -m tests.bench.storage`` starts the cluster (where Debian's packages of it are) and prints
a table of ratios beside the goals.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, List, Tuple

from backend.ceph_settings import CephWay
from backend.kind import Ceph as CephRead
from backend.kinds.storage import CEPH_KINDS
from backend.kinds.storage_map import STORAGE_MAP
from backend.kinds.storage_verdict import verdict
from backend.known import Known
from backend.lookout import Lookout
from backend.place import find_place
from backend.refresh import derive
from backend.settings import CloudSettings
from backend.sources.tls import Pins
from tests.backend.kinds import test_storage_map as made
from tests.backend.kinds.site import LAPTOP, reading
from tests.peers import ceph
from tests.peers.ceph_screen import brought_back, sat_at_storage, seen_after_s

HOSTS, DISKS, CLAIMS, ROUNDS, SCREEN = 60, 24, 5000, 5, 24
KILLED = ceph.OSDS - 1
# What the pane shows: all of Ceph but what is asked of one OSD alone.
SHOWN = tuple(kind for kind in CEPH_KINDS if kind.parent is None)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def middle(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return the median of how long it takes, in seconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def pane(peer: ceph.Ceph) -> Tuple[float, float]:
    """Return how long the first opening of the pane takes, and one refresh of it."""
    with TemporaryDirectory() as folder:
        way = CephWay(conf=str(peer.conf), keyring=str(peer.keyring))
        lookout = Lookout(
            CloudSettings(name="bench", ceph=way),
            place=find_place(),
            now_ms=now_ms,
            pins=Pins(Path(folder) / "pins.json"),
        )

        async def whole() -> float:
            began = time.perf_counter()
            await asyncio.gather(*(lookout.watch.read_anew(kind.name) for kind in SHOWN))
            verdict(lookout.watch.known)
            return time.perf_counter() - began

        try:
            first = await whole()
            later = []
            for _ in range(ROUNDS):
                await asyncio.sleep(1.0)  # none of it is fresh any more
                later.append(await whole())
            assert all(lookout.watch.known.reading(kind.name).error is None for kind in SHOWN)
            return first, statistics.median(later)
        finally:
            await lookout.close()


def on_ceph() -> List[Tuple[str, float, float]]:
    with ceph.ceph() as peer:
        argv = ["ceph", f"--conf={peer.conf}", "-s", "-f", "json"]
        one = middle(lambda: subprocess.run(argv, check=True, capture_output=True))
        openings = [asyncio.run(pane(peer)) for _ in range(3)]
        seen = on_the_screen(peer)
    first = statistics.median(opened for opened, _ in openings)
    refresh = statistics.median(again for _, again in openings)
    return [
        (f"opening the pane / ceph -s ({one * 1000:.0f} ms)", first / one, 1.5),
        ("one refresh of it / ceph -s", refresh / one, 0.3),
        (f"a killed OSD: Ceph's map to the painted cell, s, worst of {len(seen)}", max(seen), 1.0),
        ("the same, the middle", statistics.median(seen), 1.0),
    ]


def on_the_screen(peer: ceph.Ceph) -> List[float]:
    """Return how long a killed OSD takes to the screen of the program itself, each time."""
    found = []
    with TemporaryDirectory() as home, sat_at_storage(peer, Path(home)) as far:
        for _ in range(ROUNDS):
            found.append(seen_after_s(peer, far, KILLED))
            brought_back(peer, far, KILLED)
    return found


def site(hosts: int) -> Known:
    """Return hosts of 24 OSDs each, all of them up in Ceph, with 5,000 claims on a pool."""
    rows: Dict[str, List[Dict[str, Any]]] = {"ceph-osds": []}
    for number in range(hosts):
        one = made.one_host(number)
        disk, osd = one["disks"][1], one["osds"][0]
        # Its own one is not Ceph's: all are made anew.
        one["osds"] = []
        for kind, bodies in one.items():
            rows.setdefault(kind, []).extend(bodies)
        for at in range(DISKS):
            uuid, name = f"d{number}-{at}", number * DISKS + at
            path = f"{made.AT}{at + 3}.0"
            rows["disks"].append({**disk, "uuid": uuid, "device_path": path, "serial_id": uuid})
            rows["osds"].append({**osd, "uuid": f"o{uuid}", "osdid": name, "idisk_uuid": uuid})
            rows["ceph-osds"].append(
                {"uuid": str(name), "id": name, "host": f"controller-{number}", "is_up": True,
                 "is_in": True, "size": 1 << 40, "used": 1 << 39, "device_class": "hdd",
                 "place": f"storage-tier/group-{number // 2}/controller-{number}"}
            )  # fmt: skip
    rows["tiers"] = [{"uuid": "t", "name": "storage", "status": "in-use"}]
    rows["ceph-rules"] = [{"uuid": "0", "id": 0, "name": "storage", "takes": "storage-tier"}]
    rows["ceph-pools"] = [{"uuid": "kube-rbd", "id": 1, "name": "kube-rbd", "copies": 2, "rule": 0}]
    rows["storage-classes"] = [{"uid": "sc", "name": "general", "pool": "kube-rbd"}]
    count = CLAIMS if hosts > 1 else CLAIMS // HOSTS
    rows["claims"] = [
        {"uid": f"c{n}", "name": f"c{n}", "namespace": "lab", "phase": "Bound",
         "storage_class": "general", "volume": f"pv{n}", "got": "1Gi"}
        for n in range(count)
    ]  # fmt: skip
    rows["volumes"] = [{"uid": f"v{n}", "name": f"pv{n}", "phase": "Bound"} for n in range(count)]
    rows["pods"] = [
        {"uid": f"p{n}", "name": f"p{n}", "namespace": "lab", "phase": "Running",
         "volumes": [{"name": "data", "claim": f"c{n}"}]}
        for n in range(count)
    ]  # fmt: skip
    found = {(kind, ""): reading(kind, bodies) for kind, bodies in rows.items()}
    known = Known(cloud="bench", now_ms=now_ms(), place=LAPTOP)
    return replace(known, readings=found)


def anew(known: Known, *kinds: str) -> Known:
    """Return it as if these kinds (all, where none is named) were just read."""
    changed = {key: replace(one, rows=(*one.rows[:-1], *one.rows[-1:]))
               for key, one in known.readings.items() if not kinds or key[0] in kinds}  # fmt: skip
    return replace(known, readings={**known.readings, **changed})


async def opened(known: Known) -> Known:
    """Open the map on what was read: its rows, verdict and summary, and one screen of its cells."""
    nothing: Any = known.reading("storage-map")
    mapped = await derive(STORAGE_MAP, nothing, known, lambda: known.now_ms)
    drawn = replace(known, readings={**known.readings, ("storage-map", ""): mapped})
    assert STORAGE_MAP.summary is not None
    verdict(drawn), STORAGE_MAP.summary(drawn)
    for row in mapped.rows[:SCREEN]:
        STORAGE_MAP.look(row, drawn)
        for column in STORAGE_MAP.columns:
            column.cell(row, drawn)
    return drawn


async def timed(known: Known, *kinds: str, rounds: int = 31) -> float:
    """Return the median of opening what was just read, in seconds; reading is not timed."""
    times = []
    for _ in range(rounds):
        fresh = anew(known, *kinds)
        began = time.perf_counter()
        await opened(fresh)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def on_the_map() -> List[Tuple[str, float, float]]:
    one, many = site(1), site(HOSTS)
    alone, whole = await timed(one), await timed(many)
    again_one, again = await timed(one, "ceph-osds"), await timed(many, "ceph-osds")
    drawn = await opened(many)
    figure: Any = STORAGE_MAP.tabs[0].figure
    rows = drawn.rows("storage-map")
    walk = middle(lambda: figure(rows[0], drawn))
    return [
        (f"opening the map of {HOSTS} hosts, ms of the event loop", whole * 1000, 50.0),
        (f"the same / that of one host ({alone * 1000:.1f} ms)", whole / alone, 3.0),
        (f"after Ceph's OSDs were read again / one ({again_one * 1000:.1f} ms)",
         again / again_one, 3.0),
        ("walking it, ms of the event loop", walk * 1000, 50.0),
    ]  # fmt: skip


def main() -> None:
    assert all(isinstance(kind.read, CephRead) for kind in SHOWN)
    told = asyncio.run(on_the_map())
    if ceph.MISSING:
        print(f"no Ceph on this machine: {' '.join(ceph.MISSING)}")
    else:
        told = [*on_ceph(), *told]
    for name, found, goal in told:
        print(f"{name:66} {found:8.2f}   goal {goal:5.2f}   {'ok' if found <= goal else 'MISSED'}")


if __name__ == "__main__":
    main()
