"""What asking machines costs: ``python -m tests.bench.ground``, medians beside the goals.

One real sshd on loopback poses as 50 hosts: a connection and a process a question each, as with
50 machines; only that all of it, their side too, is worked on the processors of this one. What
takes a while at the host (as ``smartctl`` or ``sm-dump`` do) shows what real machines, which have
processors of their own, would show. A ticker of 1 ms says how long the event loop was held at most.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from typing import Awaitable, Callable, Dict, List, Sequence, Tuple

from backend.sources import local
from backend.sources.ssh import SshHosts
from backend.sources.tls import Pins
from tests.backend.sources.sshd import IS_ROOT, Sshd, serving
from tests.bench.rows import Ticker

HOSTS, TIMES = 50, 5
NAMES = tuple(f"host-{number}" for number in range(HOSTS))
ASKED: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("at once", ("cat", "/proc/loadavg")),
    ("after 0.5 s of its own", ("sleep", "0.5")),
    ("after 2 s of its own", ("sleep", "2")),
)


class Bench:
    """Times in ms, and how long the loop was held meanwhile, by what was timed."""

    def __init__(self) -> None:
        self.spent: Dict[str, List[float]] = {}
        self.gaps: Dict[str, List[float]] = {}
        self.ticker = Ticker()

    async def time(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        began = time.perf_counter()
        await work()
        self.spent.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        self.gaps.setdefault(name, []).append(self.ticker.longest(began))

    def middle(self, name: str) -> float:
        return statistics.median(self.spent[name])


def calling(sshd: Sshd) -> SshHosts:
    sshd.trusted("127.0.0.1")
    settings = sshd.settings(dict.fromkeys(NAMES, "127.0.0.1"))
    return SshHosts(settings, Pins(sshd.folder / "pins.json"))


async def ask(hosts: SshHosts, names: Sequence[str], argv: Tuple[str, ...]) -> None:
    async def one(name: str) -> None:
        printed = await hosts.run(argv, name, deadline_s=30, most_bytes=65536)
        assert printed.code == 0, printed

    await asyncio.gather(*map(one, names))


async def measure(bench: Bench, sshd: Sshd) -> None:
    for _ in range(TIMES):
        hosts = calling(sshd)
        await bench.time("1, first", lambda: ask(hosts, NAMES[:1], ASKED[0][1]))  # noqa: B023
        await hosts.close()
    hosts = calling(sshd)
    await bench.time("50, first", lambda: ask(hosts, NAMES, ASKED[0][1]))
    for words, argv in ASKED:
        for _ in range(TIMES):
            await bench.time(f"1, {words}", lambda: ask(hosts, NAMES[:1], argv))  # noqa: B023
            await bench.time(f"50, {words}", lambda: ask(hosts, NAMES, argv))  # noqa: B023
    await hosts.close()
    for _ in range(TIMES):
        await bench.time("here, at once", here)
        await bench.time("nothing", lambda: asyncio.sleep(0.5))


async def here() -> None:
    await local.run(("cat", "/proc/loadavg"), deadline_s=10, most_bytes=65536)


def table(bench: Bench) -> None:
    print(f"{os.cpu_count()} processors, {TIMES} times each, medians; the loop's longest hold")
    print(f"{'ASKED OF HOSTS':32} {'MS':>8} {'RATIO':>7} {'GOAL':>6} {'HELD MS':>8} {'GOAL':>5}")
    for name in bench.spent:
        count, _, words = name.partition(", ")
        ratio = goal = "-"
        if count == "50":
            ratio, goal = f"{bench.middle(name) / bench.middle(f'1, {words}'):.1f}", "3"
        held = max(bench.gaps[name])
        print(f"{name:32} {bench.middle(name):8.0f} {ratio:>7} {goal:>6} {held:8.1f} {20:>5}")


async def main() -> None:
    bench = Bench()
    ticking = asyncio.ensure_future(bench.ticker.run())
    with serving() as sshd:
        if IS_ROOT:
            # Not one whose shell reads this machine's own ~/.bashrc at each question.
            sshd.account("stxtuiz")
        await measure(bench, sshd)
    ticking.cancel()
    table(bench)


if __name__ == "__main__":
    asyncio.run(main())
