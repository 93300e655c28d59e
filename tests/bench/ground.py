"""What asking machines costs: ``python -m tests.bench.ground``, medians beside the goals.

One real sshd on loopback poses as 50 hosts: a connection and a session a question each, as with 50
machines; only that both ends are worked on the processors of this one. So CPU is told of each end:
what 50 machines do themselves, and what we do; and the same is done by plain ``ssh``, as many at
once and nothing of us between: what is left to us to spare is what lies above that. What takes a
while at the host (as ``smartctl`` or ``sm-dump`` do) shows what machines with processors of their
own would show; and what a person waits who starts the program and asks them, each connection being
made, is in the rows of ``get`` and the console. A ticker of 1 ms says how long the event loop was
held at most: less what it waited for a processor (schedstat), which on a machine that is itself a
guest leaves what its host took (the row ``nothing`` shows how much that is here); and how long it
worked itself (its thread's CPU).
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import time
from array import array
from bisect import bisect_left
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List, NamedTuple, Sequence, Tuple

from backend.sources import local
from backend.sources.ssh import SshHosts
from backend.sources.tls import Pins
from stx_tui.start import go_on
from tests.backend.sources.sshd import IS_ROOT, Sshd, serving
from tests.bench.many import waited

HOSTS, TIMES = 50, 5
NAMES = tuple(f"host-{number}" for number in range(HOSTS))
AT_ONCE = ("cat", "/proc/loadavg")
ASKED: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("at once", AT_ONCE),
    ("after 0.1 s of its own", ("sleep", "0.1")),
    ("after 0.5 s of its own", ("sleep", "0.5")),
    ("after 2 s of its own", ("sleep", "2")),
)
# The way keys are exchanged that ssh 8.4 takes by itself (StarlingX on Debian 11); 9.2 takes
# sntrup761, which is 135 ms of processor in Debian 12's.
PLAIN = "KexAlgorithms curve25519-sha256\n"


FIRST, BY_CURVE = "first", "first, by curve25519"
PLAINLY = ", plain ssh"


class Loop:
    """Wants the loop once a millisecond; keeps when it came late, by how much that was its own."""

    def __init__(self) -> None:
        # Numbers and no objects: the collector would go through 100,000 of them each time.
        self._ends, self._gaps, self._works = array("d"), array("d"), array("d")
        self._stat = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    def _waited_ms(self) -> float:
        """Return how long this thread could have run and had no processor."""
        return int(os.pread(self._stat, 80, 0).split()[1]) / 1e6

    async def run(self) -> None:
        last, waited, worked = time.perf_counter(), self._waited_ms(), time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now, then, work = time.perf_counter(), self._waited_ms(), time.thread_time()
            self._ends.append(now)
            self._gaps.append((now - last) * 1000 - (then - waited))
            self._works.append((work - worked) * 1000)
            last, waited, worked = now, then, work

    def ticks(self, since: float) -> int:
        """Return how often it came since then."""
        return len(self._ends) - bisect_left(self._ends, since)

    def longest(self, since: float) -> Tuple[float, float]:
        """Return the longest hold that ended after ``since``, and the longest own work, ms."""
        first = bisect_left(self._ends, since)
        return max(self._gaps[first:]), max(self._works[first:])


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
        self.gaps: Dict[str, List[Tuple[float, float]]] = {}
        self.cpu: Dict[str, List[Cpu]] = {}
        self.ticks: Dict[str, List[float]] = {}
        self.loop = Loop()

    async def time(self, name: str, hosts: int, work: Callable[[], Awaitable[object]]) -> None:
        before = cpu(self._sshd)
        # Looking through all of /proc held the loop itself: that tick is none of the work's.
        await asyncio.sleep(0.02)
        began = time.perf_counter()
        await work()
        ended = time.perf_counter()
        self.gaps.setdefault(name, []).append(self.loop.longest(began))
        self.ticks.setdefault(name, []).append(self.loop.ticks(began) / hosts)
        self.spent.setdefault(name, []).append((ended - began) * 1000)
        self.cpu.setdefault(name, []).append(cpu(self._sshd).since(before, hosts))

    def middle(self, name: str) -> float:
        return statistics.median(self.spent[name])


def calling(sshd: Sshd) -> SshHosts:
    sshd.trusted("127.0.0.1")
    settings = sshd.settings(dict.fromkeys(NAMES, "127.0.0.1"))
    return SshHosts(settings, Pins(sshd.folder / "pins.json"))


def cloud_of(sshd: Sshd, names: Sequence[str]) -> Dict[str, Any]:
    """Return what clouds.yaml says of a site of these hosts, and nothing else."""
    ssh: Dict[str, Any] = {"user": sshd.user, "port": sshd.port, "key": str(sshd.key)}
    return {"ssh": {**ssh, "folder": str(sshd.home), "hosts": dict.fromkeys(names, "127.0.0.1")}}


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


async def plain(argvs: Sequence[Sequence[str]]) -> None:
    """Start these at once and wait for all: what it takes without us."""

    def all_of_them() -> None:
        null = subprocess.DEVNULL
        started = [subprocess.Popen(argv, stdin=null, stdout=null) for argv in argvs]
        assert not sum(one.wait() for one in started)

    await asyncio.to_thread(all_of_them)


async def by_plain_ssh(bench: Bench, hosts: SshHosts, words: str, *way: str) -> None:
    """Time plain ``ssh``, one and as many as there are hosts; ``way`` goes before its options."""
    argvs = [await hosts.reached(AT_ONCE, name) for name in NAMES]
    argvs = [(argv[0], *way, *argv[1:]) for argv in argvs]
    for count in (1, HOSTS):
        for _ in range(TIMES):
            asking = lambda: plain(argvs[:count])  # noqa: E731, B023
            await bench.time(f"{count}, {words}", count, asking)


async def measure(bench: Bench, sshd: Sshd) -> None:
    await first(bench, sshd, FIRST)
    (sshd.home / "config").write_text(PLAIN, encoding="utf-8")
    await first(bench, sshd, BY_CURVE)
    hosts = calling(sshd)
    await ask(hosts, NAMES, AT_ONCE)
    await by_plain_ssh(bench, hosts, f"{BY_CURVE}{PLAINLY}", "-o", "ControlPath=none")
    await by_plain_ssh(bench, hosts, f"at once{PLAINLY}")
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
    print(
        "ms: ours, of the ssh we start, of its sshd; of the loop in ms: longest hold, longest work"
    )
    tick = sum(one.ours for one in bench.cpu["nothing"]) / sum(bench.ticks["nothing"])
    print(f"{'ASKED OF HOSTS':31} {'MS':>6} {'RATIO':>6} {'GOAL':>4} {'OURS':>5} {'SSH':>5}"
          f" {'SSHD':>5} {'HELD':>5} {'WORK':>5} {'GOAL':>4}")  # fmt: skip
    for name, spent in bench.cpu.items():
        count, _, words = name.partition(", ")
        ratio = goal = "-"
        if count == str(HOSTS):
            ratio, goal = f"{bench.middle(name) / bench.middle(f'1, {words}'):.1f}", "3"
        # In ticks of 10 ms, some of it: of all times together it is right.
        ours, *others = (statistics.mean(end) for end in zip(*spent))
        # What the ticker takes of it is no host's.
        ours -= tick * statistics.mean(bench.ticks[name])
        ends = " ".join(f"{max(0.0, end):5.1f}" for end in (ours, *others))
        held, work = (max(longest) for longest in zip(*bench.gaps[name]))
        times = f"{bench.middle(name):6.0f} {ratio:>6} {goal:>4}"
        print(f"{name:31} {times} {ends} {held:5.1f} {work:5.1f} {20:4}")
    for words in (BY_CURVE, "at once"):
        ours_ms, plain_ms = (bench.middle(f"{HOSTS}, {words}{end}") for end in ("", PLAINLY))
        told = f"{ours_ms:.0f} ms, of plain ssh {plain_ms:.0f} ms: {ours_ms / plain_ms:.2f} of that"
        print(f"{HOSTS} hosts, {words}: {told}")


async def main() -> None:
    with serving() as sshd:
        if IS_ROOT:
            # Not one whose shell reads this machine's own ~/.bashrc at each question.
            sshd.account("stxtuiz")
        go_on()  # the collector as in the console: what was loaded is never looked through again
        bench = Bench(sshd)
        ticking = asyncio.ensure_future(bench.loop.run())
        await measure(bench, sshd)
        ticking.cancel()
        clouds = {count: cloud_of(sshd, NAMES[:count]) for count in (1, HOSTS)}
        cell, more = r"^ .*host-.*\d%", "- (seven things of each)"
        asked = ("vitals", "--of", "all")
        rows = await asyncio.to_thread(waited, clouds, asked, cell, more)
    table(bench)
    for name, found, goal in rows:
        print(f"{name:<48} {found:<30} goal {goal}")


if __name__ == "__main__":
    asyncio.run(main())
