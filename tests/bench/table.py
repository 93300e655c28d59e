"""What a table of 10,000 rows costs: ``python -m tests.bench.table``, medians beside the goals."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Awaitable, Callable, List, Tuple

from backend.known import Known, Reading
from stx_tui.panes.table import TablePane
from tests.tui.things import NOW_MS, PLACE, Box, Wire, box, console

ROWS = 10_000
TIMES = 9


def reading_of(bodies: List[Any], at_ms: int = NOW_MS) -> Reading[Any]:
    rows = {f"id-{n:05}": Box.read(body) for n, body in enumerate(bodies)}
    return Reading(
        kind="boxes", rows=tuple(rows.values()), by_id=MappingProxyType(rows), at_ms=at_ms
    )


def known_of(reading: Reading[Any]) -> Known:
    readings = MappingProxyType({("boxes", ""): reading})
    return Known(cloud="site-7", now_ms=reading.at_ms, place=PLACE, readings=readings)


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


async def main() -> List[Tuple[str, float, str]]:
    app = console(Wire(bodies={"/boxes": []}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        app.station.watch.listen(lambda *_: None)
        table = app.screen.query_one(TablePane)
        now = reading_of([box(n, state="ill" if n % 50 == 0 else "fine") for n in range(ROWS)])
        table.show(now, known_of(now))
        await pilot.pause()
        spent: dict[str, List[float]] = {}

        def timed(name: str, act: Callable[[], Any]) -> None:
            began = time.perf_counter()
            act()
            spent.setdefault(name, []).append((time.perf_counter() - began) * 1000)

        async def gap(name: str, act: Callable[[], Any]) -> None:
            async def work() -> None:
                act()
                await pilot.pause()
                await asyncio.sleep(0.1)

            spent.setdefault(name, []).append(await longest_gap(work))

        for _ in range(TIMES):
            now = unchanged(now)
            timed("show() unchanged", lambda r=now: table.show(r, known_of(r)))
            await pilot.pause()
            now = unchanged(now)
            await gap("longest gap, unchanged, painted", lambda r=now: table.show(r, known_of(r)))
            now = changed(now, 100)
            timed("show() 1 % changed", lambda r=now: table.show(r, known_of(r)))
            await pilot.pause()
            now = changed(now, 100)
            await gap("longest gap, 1 % changed, painted", lambda r=now: table.show(r, known_of(r)))
        for key in ("b", "bo", "box", "box-", "box-9", "box-99", "box-9", "box-", ""):
            timed("filter key", lambda k=key: table.search(k))
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        for key in ("b", "bo", "box", "box-", "box-9", "box-99", "box-9", "box-", ""):
            timed("filter key, warm", lambda k=key: table.search(k))
            await pilot.pause()
        for key in ("x", "x9", "x", "", "b"):
            await gap("longest gap, filter key, painted", lambda k=key: table.search(k))
        for _ in range(TIMES):
            timed("n, from row to row", table.move_to_bad)
            timed("cursor down", lambda: table.move(1))
    goals = {
        "show() unchanged": "10",
        "show() 1 % changed": "15",
        "filter key": "25",
        "filter key, warm": "25",
        "longest gap, unchanged, painted": "25",
    }
    return [(name, statistics.median(ms), goals.get(name, "")) for name, ms in spent.items()]


if __name__ == "__main__":
    print(f"{f'{ROWS} rows, ms, median':<40}{'is':>8}{'goal':>8}")
    for name, ms, goal in asyncio.run(main()):
        print(f"{name:<40}{ms:>8.1f}{goal:>8}")
