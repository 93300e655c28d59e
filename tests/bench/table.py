"""What a table of 10,000 rows costs: ``python -m tests.bench.table``, medians beside the goals."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Awaitable, Callable, Dict, List

from backend.known import Known, Memory, Reading
from stx_tui.app import StxApp
from stx_tui.panes.table import TablePane
from tests.tui.things import BOXES, NOW_MS, PLACE, ROOMS, Box, Wire, box, console

ROWS = 10_000
TIMES = 9
GOALS = {
    "show() unchanged": "10",
    "show() 1 % changed": "15",
    "filter key, cold": "25",
    "filter key, warm": "25",
    "unchanged reading, gap": "25",
}
MEMORY = Memory()
# A kind that sorts its rows, as alarms do.
SORTED_BOXES = replace(BOXES, sort=lambda row, _known: (row.state != "ill", -row.size))
SORTED = replace(
    ROOMS,
    areas=(ROOMS.areas[0].with_kinds(lambda _kinds: (SORTED_BOXES,)),),
)


def reading_of(bodies: List[Any], at_ms: int = NOW_MS) -> Reading[Any]:
    rows = {f"id-{n:05}": Box.read(body) for n, body in enumerate(bodies)}
    return Reading(
        kind="boxes", rows=tuple(rows.values()), by_id=MappingProxyType(rows), at_ms=at_ms
    )


def known_of(reading: Reading[Any]) -> Known:
    readings = MappingProxyType({("boxes", ""): reading})
    return Known(
        cloud="site-7", now_ms=reading.at_ms, place=PLACE, readings=readings, memory=MEMORY
    )


def unchanged(last: Reading[Any]) -> Reading[Any]:
    """The same rows in another tuple, as a poll without changes gives them."""
    by_id = MappingProxyType(dict(last.by_id))
    return replace(last, rows=tuple(by_id.values()), by_id=by_id, at_ms=last.at_ms + 10_000)


def changed(last: Reading[Any], share: int) -> Reading[Any]:
    """One row in ``share`` is another than before."""
    by_id = {
        key: row.model_copy(update={"state": f"s{last.at_ms % 7}"}) if n % share == 0 else row
        for n, (key, row) in enumerate(last.by_id.items())
    }
    return replace(
        last,
        rows=tuple(by_id.values()),
        by_id=MappingProxyType(by_id),
        at_ms=last.at_ms + 10_000,
    )


async def longest_gap(work: Callable[[], Awaitable[None]]) -> float:
    """The longest time, in ms, between two turns of a ticker that wants one each millisecond."""
    longest, last, stop = 0.0, time.perf_counter(), False

    async def tick() -> None:
        nonlocal longest, last
        while not stop:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    ticker = asyncio.ensure_future(tick())
    await asyncio.sleep(0.01)
    longest = 0.0
    await work()
    stop = True
    await ticker
    return longest * 1000


Spent = Dict[str, List[float]]


class Bench:
    """One console with a table of many rows, and what each act on it took, in ms."""

    def __init__(self, app: StxApp, pilot: Any) -> None:
        self.app = app
        self.pilot = pilot
        self.table = app.screen.query_one(TablePane)
        self.spent: Spent = {}

    async def alone(self, name: str, act: Callable[[], Any]) -> None:
        """Time one call; what it leaves to paint is painted before the next."""
        began = time.perf_counter()
        act()
        self.spent.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        await self.pilot.pause()

    async def gap(self, name: str, act: Callable[[], Any]) -> None:
        """Time the longest hold of the loop until the frame is painted and all is quiet."""

        async def work() -> None:
            act()
            await self.pilot.pause()
            await asyncio.sleep(0.05)

        self.spent.setdefault(name, []).append(await longest_gap(work))

    def hear(self, reading: Reading[Any]) -> None:
        """A reading arrives, as from the watch."""
        self.app._hear(known_of(reading), reading)


async def main() -> Spent:
    """Return what each act took, ``TIMES`` times over."""
    app = console(Wire(bodies={"/boxes": []}), rooms=SORTED)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        bench, table = Bench(app, pilot), app.screen.query_one(TablePane)
        now = reading_of([box(n, state="ill" if n % 50 == 0 else "fine") for n in range(ROWS)])
        await bench.gap("first reading, gap", lambda: bench.hear(now))
        for _ in range(TIMES):
            now = unchanged(now)
            await bench.alone("show() unchanged", partial(table.show, now, known_of(now)))
            now = unchanged(now)
            await bench.gap("unchanged reading, gap", partial(bench.hear, now))
            now = changed(now, 100)
            await bench.alone("show() 1 % changed", partial(table.show, now, known_of(now)))
            now = changed(now, 100)
            await bench.gap("1 % changed reading, gap", partial(bench.hear, now))
        for key in ("b", "bo", "box", "box-", "box-9", "box-99", "box-9", "box-", "box"):
            await bench.alone("filter key, cold", partial(table.search, key))
        await asyncio.sleep(0.5)
        for key in ("b", "bo", "box", "box-", "box-9", "box-99", "box-9", "box-", ""):
            await bench.alone("filter key, warm", partial(table.search, key))
            await bench.gap("filter key, gap", partial(table.search, key[1:]))
        for _ in range(TIMES):
            await bench.alone("n", table.move_to_bad)
            await bench.alone("cursor down", partial(table.move, 1))
            await bench.gap("cursor down, gap", partial(table.move, 1))
    return bench.spent


if __name__ == "__main__":
    print(f"{f'{ROWS} rows, ms':<30}{'median':>8}{'worst':>8}{'goal':>8}")
    for name, ms in asyncio.run(main()).items():
        print(f"{name:<30}{statistics.median(ms):>8.1f}{max(ms):>8.1f}{GOALS.get(name, ''):>8}")
