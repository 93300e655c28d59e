"""The record's size and what unchanged polls write: ``python -m tests.bench.store [TIMES]``.

20 hosts, polled every 10 s, one of them changed once a minute: three days of it, driven through the
store as fast as it goes, ten times over (thirty days), each reading made anew as from the wire.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any, Dict, List

from backend.kinds.hosts import HOSTS
from backend.known import Reading
from backend.store.store import Store

HOSTS_THERE, EVERY_S, CHANGE_S, DAY_S = 20, 10, 60, 86_400
DAYS = 3
START_MS = 1_763_800_000_000
STATES = {
    "availability": ("available", "degraded", "failed", "intest", "offline"),
    "operational": ("enabled", "disabled"),
    "task": ("", "Testing", "Initializing", "Enabling Worker Service", "Booting"),
    "config_status": ("", "Config out-of-date"),
}


def body(number: int) -> Dict[str, Any]:
    uuid = f"11111111-1111-4111-8111-{number:012d}"
    return {
        "id": number,
        "uuid": uuid,
        "hostname": f"worker-{number}",
        "personality": "worker",
        "administrative": "unlocked",
        "operational": "enabled",
        "availability": "available",
        "task": "",
        "config_status": "",
        "mgmt_mac": f"52:54:00:6a:b1:{number:02x}",
        "mgmt_ip": f"192.168.204.{number}",
        "boot_device": "/dev/disk/by-path/pci-0000:00:1f.2-ata-1.0",
        "iscsi_initiator_name": f"iqn.2018-05.io.starlingx:{number:012d}",
        "capabilities": {"stor_function": "monitor"},
        "uptime": 0,
        "updated_at": None,
        **{f"field_{n}": f"value {n} of {uuid}" for n in range(25)},
    }


def reading(bodies: List[Dict[str, Any]], former: Reading[Any], at_ms: int) -> Reading[Any]:
    """Return what ``refresh`` makes of it: a row that is the same keeps its object."""
    rows = []
    for one in bodies:
        old = former.by_id.get(one["uuid"])
        rows.append(old if old is not None and old.body == one else HOSTS.model.read(dict(one)))
    by_id = MappingProxyType({row.uuid: row for row in rows})
    return Reading(kind="hosts", rows=tuple(rows), by_id=by_id, at_ms=at_ms, tried_ms=at_ms)


def counted(path: Path) -> Dict[str, int]:
    with closing(sqlite3.connect(path)) as base:
        tables = ("item", "change", "deed", "contact")
        return {t: base.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


async def drive(path: Path, seconds: int, bodies: List[Dict[str, Any]], began: int = 0) -> None:
    """Drive so many seconds of polls on a store opened anew; noise differs once a minute."""
    chance = random.Random(began)
    now = [START_MS]
    store = Store(path, now_ms=lambda: now[0], kinds=(HOSTS,))
    last: Reading[Any] = Reading(kind="hosts")
    for second in range(began, began + seconds, EVERY_S):
        now[0] = START_MS + second * 1000
        if second % CHANGE_S == 0:
            for one in bodies:
                one["uptime"] = second
            field = chance.choice(sorted(STATES))
            one = chance.choice(bodies)
            one[field] = chance.choice([s for s in STATES[field] if s != one[field]])
        last = reading(bodies, last, now[0])
        store.record(HOSTS, last, "c")
        if second % 3600 == 0:
            await store.written()
    await store.close()
    assert not store.notices, store.notices


async def unchanged(path: Path, *, noise: bool) -> int:
    """Return how many Item, Change and Deed rows a day of unchanged polls wrote."""
    now = [START_MS]
    store = Store(path, now_ms=lambda: now[0], kinds=(HOSTS,))
    bodies = [body(number) for number in range(HOSTS_THERE)]
    last: Reading[Any] = Reading(kind="hosts")
    written: List[int] = []
    for poll in range(DAY_S // EVERY_S // 10):
        now[0] = START_MS + poll * EVERY_S * 1000
        if noise:
            for one in bodies:
                one.update(uptime=poll, updated_at=f"{poll}", mtce_info=str(poll))
        last = reading(bodies, last, now[0])
        store.record(HOSTS, last, "c")
        await store.written()
        if poll == 0:
            writer = store._database._raw
            assert writer is not None
            writer.set_trace_callback(lambda sql: written.append(1) if is_row(sql) else None)
    await store.close()
    return len(written)


def is_row(sql: str) -> bool:
    words = sql.lower().split()
    return words[0] in ("insert", "update", "delete") and bool(
        {"item", "change", "deed"} & set(words[1:3])
    )


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    days = times * DAYS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        began_s = time.monotonic()
        bodies = [body(number) for number in range(HOSTS_THERE)]
        for each in range(times):
            asyncio.run(drive(path, DAYS * DAY_S, bodies, each * DAYS * DAY_S))
        took_s = time.monotonic() - began_s
        rows, size = counted(path), path.stat().st_size
        empty = Path(folder) / "empty.db"
        asyncio.run(drive(empty, EVERY_S, bodies))
        bare = empty.stat().st_size
        a_change = (size - bare) / rows["change"]
        print(f"days driven                    {times} x {DAYS} in {took_s:.0f} s")
        print(f"changes                        {rows['change']}")
        print(f"bytes a change                 {a_change:.0f}")
        print(f"size of 30 days                {size * 30 / days / 1e6:.2f} MB   (goal < 20)")
        busy = a_change * rows["change"] * 20 * 30 / days / 1e6
        print(f"the same, each host a minute   {busy:.1f} MB")
        same = asyncio.run(unchanged(Path(folder) / "same.db", noise=False))
        noisy = asyncio.run(unchanged(Path(folder) / "noisy.db", noise=True))
        print(f"rows by unchanged polls        {same}   (goal 0)")
        print(f"rows where only noise differs  {noisy}   (goal 0)")


if __name__ == "__main__":
    main()
