"""What 10,000 hosts cost the screen: ``python -m tests.bench.rows``, medians beside the goals.

One unpaged answer of 19 MB goes the whole way: from the pretend cloud (a process of its own) over
HTTP, through the watch, into the record and onto the screen, all as the console runs it. A ticker
of 1 ms on the console's loop says how long that was held at most, from the last byte of the answer
until the frame is painted. What the table alone costs stands in ``tests.bench.table``.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from backend.kinds import every_kind
from backend.place import Place
from backend.settings import load
from backend.station import Station
from backend.store.store import Store
from backend.units import system_ms
from stx_tui.app import StxApp
from tests.bench import table
from tests.bench.process import environment, pretend_cloud

HOSTS = 10_000
TIMES = 9
GOAL = "25"


class Ticker:
    """Wants the loop once a millisecond; keeps when it came late, and by how much."""

    def __init__(self) -> None:
        self.gaps: List[Tuple[float, float]] = []

    async def run(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.gaps.append((now, (now - last) * 1000))
            last = now

    def longest(self, since: float) -> float:
        """Return the longest gap that ended after ``since``, ms."""
        return max(gap for at, gap in self.gaps if at >= since)


class Unhurried(Station):
    """A station that reads only when it is told to."""

    async def run(self) -> None:
        await asyncio.Event().wait()


class Bench:
    """A console on the pretend cloud, and what its readings cost, in ms."""

    def __init__(self, folder: Path, openrc: Dict[str, str]) -> None:
        self.settings = load(env=environment(folder, openrc)).default
        self.folder = folder
        self.came = 0.0
        self.ticker = Ticker()
        self.spent: Dict[str, List[float]] = {}

    async def open(self) -> Station:
        assert self.settings is not None
        store = Store(self.folder / "record.db", now_ms=system_ms, kinds=every_kind())
        station = Unhurried(self.settings, store=store, place=Place(), now_ms=system_ms)
        ask = station.cloud.ask

        async def noted(*of: Any) -> Any:
            answer = await ask(*of)
            self.came = time.perf_counter()
            return answer

        station.watch._ask = noted
        return station

    async def read(self, name: str, app: StxApp, pilot: Any, change: Callable[[], None]) -> None:
        """Read the hosts once and wait for the frame; keep how long the loop was held and all."""
        station = app.station
        assert station is not None
        change()
        await station.watch.read_now("hosts")
        await pilot.pause()
        painted = time.perf_counter()
        # What the record makes of it may go on for a while.
        await station.store.written()
        self.spent.setdefault(f"{name}: gap", []).append(self.ticker.longest(self.came))
        self.spent.setdefault(f"{name}: time", []).append((painted - self.came) * 1000)
        self.ticker.gaps.clear()

    async def rest(self) -> None:
        """Keep what the machine's other work holds the loop while this console does nothing."""
        began = time.perf_counter()
        await asyncio.sleep(0.5)
        self.spent.setdefault("nothing for 0.5 s: gap", []).append(self.ticker.longest(began))
        self.ticker.gaps.clear()

    async def run(self) -> None:
        gc.disable()  # as __main__ does
        app = StxApp(None, self.open, place=Place(), cloud="bench")
        async with app.run_test(size=(80, 24)) as pilot:
            while app.station is None:
                await pilot.pause(0.05)
            assert gc.isenabled()
            await app.station.watch.read_now("system")
            ticking = asyncio.ensure_future(self.ticker.run())
            await self.read("first", app, pilot, lambda: None)
            for _ in range(TIMES):
                await self.rest()
                await self.read("unchanged", app, pilot, lambda: None)
            ticking.cancel()
            assert len(app.known.rows("hosts")) == HOSTS


def main() -> None:
    """Print a table: medians and worst, ms."""
    print(f"Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder, pretend_cloud("--hosts", str(HOSTS)) as openrc:
        bench = Bench(Path(folder), openrc)
        asyncio.run(bench.run())
    alone = asyncio.run(table.main())
    rows = [
        (name, ms, GOAL if name == "unchanged: gap" else "") for name, ms in bench.spent.items()
    ]
    rows += [(name, ms, table.GOALS.get(name, "")) for name, ms in alone.items()]
    print(f"{f'{HOSTS} rows, ms':<30}{'median':>8}{'worst':>8}{'goal':>8}")
    for name, ms, goal in rows:
        print(f"{name:<30}{statistics.median(ms):>8.1f}{max(ms):>8.1f}{goal and '<= ' + goal:>8}")


if __name__ == "__main__":
    main()
