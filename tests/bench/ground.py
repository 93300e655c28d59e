"""What asking machines costs: ``python -m tests.bench.ground``, medians beside the goals.

One real sshd on loopback poses as 50 hosts: a connection and a session a question each, as with 50
machines; only that both ends are worked on the processors of this one. So CPU is told of each end:
what 50 machines do themselves, and what we do. What takes a while at the host (as ``smartctl`` or
``sm-dump`` do) shows what machines with processors of their own would show. A ticker of 1 ms says
how long the event loop was held at most, less what it waited for a processor (schedstat).
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import time
from array import array
from bisect import bisect_left
from pathlib import Path
from typing import Awaitable, Callable, Dict, List, NamedTuple, Sequence, Tuple

from backend.sources import local
from backend.sources.ssh import SshHosts
from backend.sources.tls import Pins
from tests.backend.sources.sshd import IS_ROOT, Sshd, serving

HOSTS, TIMES = 50, 5
NAMES = tuple(f"host-{number}" for number in range(HOSTS))
AT_ONCE = ("cat", "/proc/loadavg")
ASKED: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("at once", AT_ONCE),
    ("after 0.5 s of its own", ("sleep", "0.5")),
    ("after 2 s of its own", ("sleep", "2")),
)
# The way keys are exchanged that ssh 8.4 takes by itself (StarlingX on Debian 11); 9.2 takes
# sntrup761, which is 135 ms of processor in Debian 12's.
PLAIN = "KexAlgorithms curve25519-sha256\n"


class Loop:
    """Wants the loop once a millisecond; keeps when it came late, by how much that was its own."""

    def __init__(self) -> None:
        # Numbers and no objects: the collector would go through 100,000 of them each time.
        self._ends, self._gaps = array("d"), array("d")
        self._stat = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    def _waited_ms(self) -> float:
        """Return how long this thread could have run and had no processor."""
        return int(os.pread(self._stat, 80, 0).split()[1]) / 1e6

    async def run(self) -> None:
        last, waited = time.perf_counter(), self._waited_ms()
        while True:
            await asyncio.sleep(0.001)
            now, then = time.perf_counter(), self._waited_ms()
            self._ends.append(now)
            self._gaps.append((now - last) * 1000 - (then - waited))
            last, waited = now, then

    def longest(self, since: float) -> float:
        """Return the longest hold that ended after ``since``, ms."""
        return max(self._gaps[bisect_left(self._ends, since) :])


class Cpu(NamedTuple):
    """Seconds of processor: of us, of the ssh we start, of all that sshd does."""

    ours: float
    ssh: float
    theirs: float

    def since(self, before: Cpu, hosts: int) -> Cpu:
        """Return ms a host since then."""
        return Cpu(*((now - then) * 1000 / hosts for now, then in zip(self, before)))


def cpu(sshd: Sshd) -> Cpu:
    ours, started = (resource.getrusage(who) for who in (0, resource.RUSAGE_CHILDREN))
    return Cpu(ours.ru_utime + ours.ru_stime, started.ru_utime + started.ru_stime, theirs_s(sshd))


def theirs_s(sshd: Sshd) -> float:
    """Return the seconds of processor of sshd, of its sessions, and of what they ran and ended."""
    spent: Dict[int, float] = {}
    parents: Dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        parents[pid], spent[pid] = int(words[1]), sum(map(int, words[11:15]))
    assert sshd.process is not None
    tree = {sshd.process.pid}
    for pid in sorted(parents):
        if parents[pid] in tree:
            tree.add(pid)
    return sum(spent[pid] for pid in tree if pid in spent) / os.sysconf("SC_CLK_TCK")


class Bench:
    """Times in ms, how long the loop was held meanwhile, and CPU, by what was timed."""

    def __init__(self, sshd: Sshd) -> None:
        self._sshd = sshd
        self.spent: Dict[str, List[float]] = {}
        self.gaps: Dict[str, List[float]] = {}
        self.cpu: Dict[str, List[Cpu]] = {}
        self.loop = Loop()

    async def time(self, name: str, hosts: int, work: Callable[[], Awaitable[object]]) -> None:
        before, began = cpu(self._sshd), time.perf_counter()
        await work()
        ended = time.perf_counter()
        self.gaps.setdefault(name, []).append(self.loop.longest(began))
        self.spent.setdefault(name, []).append((ended - began) * 1000)
        self.cpu.setdefault(name, []).append(cpu(self._sshd).since(before, hosts))

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


async def first(bench: Bench, sshd: Sshd, words: str) -> None:
    """Time connections and one question."""
    for count in (1, HOSTS):
        for _ in range(TIMES):
            hosts = calling(sshd)
            asking = lambda: ask(hosts, NAMES[:count], AT_ONCE)  # noqa: E731, B023
            await bench.time(f"{count}, {words}", count, asking)
            await hosts.close()


async def measure(bench: Bench, sshd: Sshd) -> None:
    await first(bench, sshd, "first")
    (sshd.home / "config").write_text(PLAIN, encoding="utf-8")
    await first(bench, sshd, "first, by curve25519")
    hosts = calling(sshd)
    await ask(hosts, NAMES, AT_ONCE)
    for words, argv in ASKED:
        for _ in range(TIMES):
            for count in (1, HOSTS):
                asking = lambda: ask(hosts, NAMES[:count], argv)  # noqa: E731, B023
                await bench.time(f"{count}, {words}", count, asking)
    await hosts.close()
    for _ in range(TIMES):
        await bench.time("1, here", 1, here)
        await bench.time(f"{HOSTS}, here", HOSTS, lambda: asyncio.gather(*map(here, NAMES)))
        await bench.time("nothing", 1, lambda: asyncio.sleep(0.5))


async def here(_name: str = "") -> None:
    await local.run(AT_ONCE, deadline_s=10, most_bytes=65536)


def table(bench: Bench) -> None:
    print(f"{os.cpu_count()} processors for both ends, {TIMES} times each, medians; CPU a host in")
    print("ms: ours, of the ssh we start, of its sshd; the loop's longest hold in ms")
    idle = statistics.median(one.ours for one in bench.cpu["nothing"]) / bench.middle("nothing")
    print(f"{'ASKED OF HOSTS':31} {'MS':>6} {'RATIO':>6} {'GOAL':>4}"
          f" {'OURS':>5} {'SSH':>5} {'SSHD':>5} {'HELD':>5} {'GOAL':>4}")  # fmt: skip
    for name, spent in bench.cpu.items():
        count, _, words = name.partition(", ")
        ratio = goal = "-"
        if count == str(HOSTS):
            ratio, goal = f"{bench.middle(name) / bench.middle(f'1, {words}'):.1f}", "3"
        ours, *others = (statistics.median(end) for end in zip(*spent))
        # What the ticker takes of it is no host's.
        ours -= idle * bench.middle(name) / (HOSTS if count == str(HOSTS) else 1)
        ends = " ".join(f"{max(0.0, end):5.1f}" for end in (ours, *others))
        held = max(bench.gaps[name])
        print(f"{name:31} {bench.middle(name):6.0f} {ratio:>6} {goal:>4} {ends} {held:5.1f} {20:4}")


async def main() -> None:
    with serving() as sshd:
        if IS_ROOT:
            # Not one whose shell reads this machine's own ~/.bashrc at each question.
            sshd.account("stxtuiz")
        bench = Bench(sshd)
        ticking = asyncio.ensure_future(bench.loop.run())
        await measure(bench, sshd)
        ticking.cancel()
    table(bench)


if __name__ == "__main__":
    asyncio.run(main())
