"""What a log of 2 GB costs: ``python -m tests.bench.logs``, medians beside the goals.

The log is written for it, as StarlingX's syslog-ng writes, and taken away again. A ticker of 1 ms
on the event loop says how long that was held at most; ``nothing`` is what the machine's other work
holds it meanwhile. ``grep -c`` runs right before each filter, on the same file in the same cache.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, List, Tuple

from backend.listening import open_here
from backend.logs.gathered import Gathered
from backend.logs.reader import Reader
from backend.streams import LogFile
from stx_tui.start import go_on
from tests.bench.rows import Ticker

GIB = 1024 * 1024 * 1024
LARGE, SMALL, TIMES = 2 * GIB, 2 * 1024 * 1024, 5
BEGAN_S = round(datetime(2026, 11, 21, tzinfo=timezone.utc).timestamp())
# Lines that arrived, of two containers together, and a time among them.
ARRIVED = 100_000
_MIDDLE_MS = (BEGAN_S + ARRIVED // 4) * 1000
# What is filtered: a text of no line, of a few, of one in a hundred, of all; and how grep is told.
FILTERS: Tuple[Tuple[str, str, Tuple[str, ...]], ...] = (
    ("in none, exact", "Nowhere to be found", ()),
    ("in none, either case", "nowhere to be found", ("-i",)),
    ("in 1 of 100, either case", "soaking", ("-i",)),
    ("in all, exact", "Info", ()),
)


def write(path: Path, size: int) -> int:
    """Write a log of about ``size`` bytes; return the second its last line is of."""
    tail = (
        " [1234.00567] controller-0 mtcAgent --- nodeClass.cpp (%4d) update : Info : controller-1"
    )
    texts = [f"{tail % at} sequence {at} of the management network is in order" for at in range(99)]
    texts.append(f"{tail % 99} heartbeat soaking is over, and all of it is well again")
    second, written = BEGAN_S, 0
    with path.open("wb") as file:
        while written < size:
            of = f"{datetime.fromtimestamp(second, tz=timezone.utc):%Y-%m-%dT%H:%M:%S}"
            block = "".join(f"{of}.{at * 10:03d}{text}\n" for at, text in enumerate(texts))
            written += file.write(block.encode())
            second += 1
    return second - 1


class Bench:
    """Times, in ms, by what was timed."""

    def __init__(self) -> None:
        self.spent: Dict[str, List[float]] = {}
        self.gaps: Dict[str, List[float]] = {}
        self.ticker = Ticker()

    async def timed(self, name: str, work: Callable[[], Awaitable[Any]]) -> float:
        """Have ``work`` done; keep what it took, and how long the loop was held at most."""
        self.ticker.gaps.clear()
        began = time.perf_counter()
        await work()
        ms = (time.perf_counter() - began) * 1000
        self.spent.setdefault(name, []).append(ms)
        await asyncio.sleep(0.002)
        self.gaps.setdefault(name, []).append(self.ticker.longest(began))
        return ms

    async def first_screen(self, name: str, path: Path) -> None:
        """Open a log and read its last lines, as the screen does."""

        async def work() -> None:
            reader = Reader([await open_here(LogFile(path=str(path)))])
            await reader.to_last()
            assert len(reader.view.lines) == 200
            await reader.close()

        await self.timed(name, work)

    async def jumps(self, path: Path, last_s: int) -> None:
        """Go to a time nobody went to before, in a log that was just opened."""
        for part in range(TIMES):
            reader = Reader([await open_here(LogFile(path=str(path)))])
            ms = (BEGAN_S + (last_s - BEGAN_S) * (2 * part + 1) // (2 * TIMES)) * 1000
            await self.timed("jump to a time", lambda r=reader, at=ms: r.to_time(at))
            assert reader.view.lines[200].at_ms == ms
            await reader.close()

    async def filters(self, path: Path) -> List[Tuple[str, float, float]]:
        """Return for each filter what it took beside ``grep -c``, medians in ms."""
        rows = []
        for name, text, options in FILTERS:
            greps: List[float] = []
            for _ in range(3):
                argv = ["grep", "-c", "-F", *options, "--", text, str(path)]
                began = time.perf_counter()
                grep = await asyncio.to_thread(
                    subprocess.run, argv, capture_output=True, check=False, text=True
                )
                greps.append((time.perf_counter() - began) * 1000)
                reader = Reader([await open_here(LogFile(path=str(path)))])
                await reader.to_last()
                reader.text = text
                await self.timed(f"filter: {name}", reader.count)
                assert reader.matching == int(grep.stdout), (reader.matching, grep.stdout)
                await reader.close()
            rows.append(
                (name, statistics.median(greps), statistics.median(self.spent[f"filter: {name}"]))
            )
        return rows

    async def arrived(self) -> None:
        """Scroll through 100,000 lines that came from the containers of two pods, and filter."""
        logs = [Gathered(name, lambda at=at: _arriving(at)) for at, name in enumerate(("a", "b"))]
        for log in logs:
            await self.timed("50,000 lines of a pod arrive at once", log.gather)
        for _ in range(TIMES):
            reader = Reader(logs)
            await self.timed("100,000 lines of pods, last screen", reader.to_last)
            await self.timed("  a page up", reader.more_up)

            await self.timed("  to a time", lambda r=reader: r.to_time(_MIDDLE_MS))
            await self.timed("  to the first", reader.to_first)
            reader.text = "request 4711 "
            await self.timed("  filter and count", reader.count)
            assert reader.matching == 2, reader.matching

    async def stopped(self, path: Path) -> None:
        """Stop a search in its middle; keep how long that takes."""
        reader = Reader([await open_here(LogFile(path=str(path)))])
        await reader.to_last()
        search = asyncio.ensure_future(reader.search("nowhere to be found"))
        await asyncio.sleep(0.3)
        reader.stop()
        await self.timed("stop a search", lambda: search)
        await reader.close()


async def _arriving(of: int) -> AsyncIterator[bytes]:
    for at in range(ARRIVED // 2):
        came = datetime.fromtimestamp(BEGAN_S + at, tz=timezone.utc)
        yield f"{came:%Y-%m-%dT%H:%M:%S}.{of}00000000Z request {at} answered in 7 ms".encode()


async def run(folder: Path) -> None:
    """Measure all, and print it."""
    bench = Bench()
    small, large = folder / "small.log", folder / "large.log"
    write(small, SMALL)
    last_s = await asyncio.to_thread(write, large, LARGE)
    ticking = asyncio.ensure_future(bench.ticker.run())
    for _ in range(TIMES):
        await bench.timed("nothing for 0.5 s", lambda: asyncio.sleep(0.5))
        await bench.first_screen("first screen, 2 MB", small)
        await bench.first_screen("first screen, 2 GB", large)
        await bench.stopped(large)
    await bench.arrived()
    await bench.jumps(large, last_s)
    rows = await bench.filters(large)
    ticking.cancel()
    show(bench, rows)


def show(bench: Bench, rows: List[Tuple[str, float, float]]) -> None:
    """Print the table: medians in ms, the longest the loop was held, the goals."""
    print(f"Python {sys.version.split()[0]}")
    print(f"{'':<36}{'ms':>10}{'loop held':>11}  goal (loop <= 20 ms)")
    ratio = statistics.median(bench.spent["first screen, 2 GB"]) / statistics.median(
        bench.spent["first screen, 2 MB"]
    )
    goals = {
        "first screen, 2 GB": f"{ratio:.2f} x of 2 MB <= 1.5",
        "jump to a time": "<= 100 ms",
        **{
            f"filter: {name}": f"{grep / ours:.2f} x of grep -c >= 0.5" for name, grep, ours in rows
        },
    }
    for name, ms in bench.spent.items():
        held = max(bench.gaps[name])
        print(f"{name:<36}{statistics.median(ms):>10.1f}{held:>11.1f}  {goals.get(name, '')}")


def main() -> None:
    """Write the logs, measure, and take them away."""
    # As the console runs: a thread that counts gives the interpreter away each millisecond.
    go_on()
    with tempfile.TemporaryDirectory(prefix="stx-tui-bench-") as folder:
        asyncio.run(run(Path(folder)))


if __name__ == "__main__":
    main()
