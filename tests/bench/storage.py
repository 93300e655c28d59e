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
from backend.settings import CloudSettings
from backend.sources.tls import Pins
from tests.backend.kinds import test_storage_map as made
from tests.backend.kinds.site import LAPTOP, reading
from tests.peers import ceph

HOSTS, DISKS, CLAIMS, ROUNDS = 60, 24, 5000, 5
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
    first = statistics.median(opened for opened, _ in openings)
    refresh = statistics.median(again for _, again in openings)
    return [
        (f"opening the pane / ceph -s ({one * 1000:.0f} ms)", first / one, 1.5),
        ("one refresh of it / ceph -s", refresh / one, 0.3),
    ]


def site(hosts: int) -> Known:
    """Return hosts of 24 OSDs each, with 5,000 claims on a pool."""
    rows: Dict[str, List[Dict[str, Any]]] = {}
    for number in range(hosts):
        for kind, bodies in made.one_host(number).items():
            rows.setdefault(kind, []).extend(bodies)
        disk, osd = made.one_host(number)["disks"][1], made.one_host(number)["osds"][0]
        for at in range(DISKS):
            uuid = f"d{number}-{at}"
            path = f"{made.AT}{at + 3}.0"
            rows["disks"].append({**disk, "uuid": uuid, "device_path": path, "serial_id": uuid})
            name = number * DISKS + at + 1000
            rows["osds"].append({**osd, "uuid": f"o{uuid}", "osdid": name, "idisk_uuid": uuid})
    rows["ceph-pools"] = [{"uuid": "kube-rbd", "id": 1, "name": "kube-rbd", "copies": 2}]
    rows["storage-classes"] = [{"uid": "sc", "name": "general", "pool": "kube-rbd"}]
    rows["claims"] = [
        {"uid": f"c{n}", "name": f"c{n}", "namespace": "lab", "phase": "Bound",
         "storage_class": "general", "volume": f"pv{n}", "got": "1Gi"}
        for n in range(CLAIMS if hosts > 1 else CLAIMS // HOSTS)
    ]  # fmt: skip
    found = {(kind, ""): reading(kind, bodies) for kind, bodies in rows.items()}
    known = Known(cloud="bench", now_ms=now_ms(), place=LAPTOP)
    return replace(known, readings=found)


def on_the_map() -> List[Tuple[str, float, float]]:
    read: Any = STORAGE_MAP.read
    one, many = site(1), site(HOSTS)
    alone = middle(lambda: list(read.rows(one)))
    whole = middle(lambda: list(read.rows(many)))
    rows = reading("storage-map", list(read.rows(many)))
    drawn = replace(many, readings={**many.readings, ("storage-map", ""): rows})
    figure: Any = STORAGE_MAP.tabs[0].figure
    walk = middle(lambda: figure(rows.rows[0], drawn))
    return [
        (f"working out the map of {HOSTS} hosts, ms", whole * 1000, 50.0),
        (
            f"the same / that of one ({alone * 1000:.1f} ms), without the network",
            whole / alone,
            3.0,
        ),
        ("walking it, ms of the event loop", walk * 1000, 50.0),
    ]


def main() -> None:
    assert all(isinstance(kind.read, CephRead) for kind in SHOWN)
    told = on_the_map()
    if ceph.MISSING:
        print(f"no Ceph on this machine: {' '.join(ceph.MISSING)}")
    else:
        told = [*on_ceph(), *told]
    for name, found, goal in told:
        print(f"{name:60} {found:8.2f}   goal {goal:5.2f}   {'ok' if found <= goal else 'MISSED'}")


if __name__ == "__main__":
    main()
