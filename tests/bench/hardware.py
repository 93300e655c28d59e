"""How servers are read: ``python -m tests.bench.hardware [--many 100] [--few 10] [--minutes 1]``.

Real ipmi_sims on loopback: login and power of many against few, with dead ones among them; sensors
again against the first time; CPU a baseboard, and what the ipmi_sims themselves take of the same
cores, who run their chassis' script twice for each. All that answers in microseconds, so that CPU
is all it takes: of a hundred then ten times that of ten, and in the row below the least that these
cores need for both sides; what a person waits who starts the program and asks them, in the rows of
``get`` and the console. Behind a relay of ours that gives each answer ``--late`` ms later it is
as with baseboards' own small processors, which are supposed and not measured. Then ``--servers``
pretend ones, in a process of their own, polled for ``--minutes``.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from backend.errors import StxError
from backend.secret import Password, Secret
from backend.sources.ipmi import THREADS, Ipmi
from tests.bench.many import waited
from tests.peers import bmc

ROUNDS = 9
DEAD_ROUNDS = 3
PACE_S = 10.0


def board(name: str, host: str, port: int) -> Ipmi:
    return Ipmi(name, (host, port), bmc.USER, Password(given=Secret(text=bmc.PASSWORD)))


async def ask_all(boards: Sequence[Ipmi]) -> Tuple[float, int]:
    """Return the seconds until the last answered, and how many failed."""
    began = time.perf_counter()
    ends = await asyncio.gather(*(one.ask("power") for one in boards), return_exceptions=True)
    return time.perf_counter() - began, sum(isinstance(end, StxError) for end in ends)


async def logins(
    sims: Sequence[bmc.Sim], rounds: int, ports: Sequence[int] = ()
) -> Tuple[float, float, float]:
    """Return the median seconds of login and power of all, and mean CPU seconds of one: ours, its.

    ``ports`` are where they are asked instead, as of a relay.
    """
    walls: List[float] = []
    ours, theirs = 0.0, sims_cpu_s(sims)
    for _ in range(rounds):
        where = ports or [sim.port for sim in sims]
        boards = [board(sim.name, sim.host, port) for sim, port in zip(sims, where)]
        cpu = time.process_time()
        wall, failed = await ask_all(boards)
        assert not failed
        walls.append(wall)
        ours += time.process_time() - cpu
        for one in boards:
            await one.close()
    # In ticks of 10 ms: only over all rounds is the sum of so many right.
    theirs = sims_cpu_s(sims) - theirs
    asked = rounds * len(sims)
    return statistics.median(walls), ours / asked, theirs / asked


def sims_cpu_s(sims: Sequence[bmc.Sim]) -> float:
    """Return the CPU seconds that these took so far."""
    return sum(cpu_s(sim.process.pid) for sim in sims if sim.process is not None)


def cpu_s(pid: int) -> float:
    """Return what a process took, and those that it started and that ended."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def late(sims: Sequence[bmc.Sim], delay_ms: float) -> Iterator[List[int]]:
    """Run a relay before these that answers late; its ports, in their order."""
    command = [sys.executable, "-m", "tests.bench.relay", f"{delay_ms:g}"]
    command += [f"{sim.host}:{sim.port}" for sim in sims]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as relay:
        assert relay.stdin is not None
        assert relay.stdout is not None
        try:
            yield [int(relay.stdout.readline()) for _ in sims]
        finally:
            relay.stdin.close()


# --- five hundred for minutes ------------------------------------------------------------------


def memory_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def soak(servers: int, minutes: float) -> List[Tuple[str, str, str]]:
    """Poll so many for so long, each as a list that is looked at does; is anything growing?"""
    with cloud_of(servers) as lines:
        boards = [pretended(line.split()) for line in lines]
        try:
            return await polled(boards, minutes)
        finally:
            for one in boards:
                await one.close()


@contextmanager
def cloud_of(servers: int) -> Iterator[List[str]]:
    """Run so many pretend servers in a process of their own; what it tells of each."""
    command = [sys.executable, "-m", "backend.simulator", "--bmc", "--scene", "standard"]
    command += ["--hosts", str(servers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdout is not None
        try:
            yield told(cloud.stdout)
        finally:
            cloud.terminate()
            cloud.stdout.read()


def told(lines: Any) -> List[str]:
    """Return the lines that tell of baseboards: those before the last, which says that all are."""
    before = itertools.takewhile(lambda line: not line.startswith("# Ctrl-C"), lines)
    return [line for line in before if line.startswith("# BMC of ")]


def pretended(words: List[str]) -> Ipmi:
    host, _, port = words[6].partition(":")
    return Ipmi(words[3], (host, int(port)), words[8], Password(given=Secret(text=words[10])))


async def polled(boards: Sequence[Ipmi], minutes: float) -> List[Tuple[str, str, str]]:
    await ask_all(boards)
    began, memory, threads = time.monotonic(), memory_mib(), threading.active_count()
    rounds, lost, most, cpu = 0, 0, threads, time.process_time()
    while time.monotonic() - began < minutes * 60:
        wall, failed = await ask_all(boards)
        lost += failed
        rounds += 1
        most = max(most, threading.active_count())
        await asyncio.sleep(max(0.0, PACE_S - wall))
    busy = (time.process_time() - cpu) / (rounds * len(boards))
    grown = memory_mib() - memory
    name = f"{len(boards)} polled for {minutes:g} min"
    return [
        (f"{name}: memory", f"{memory:.0f} MiB, grown by {grown:.1f}", "flat"),
        (f"{name}: threads", f"{threads} at first, {most} at most", "flat"),
        ("CPU a baseboard and poll", f"{busy * 1000:.1f} ms", "-"),
        ("not answered in time", f"{lost} of {rounds * len(boards)} polls", "0 on idle cores"),
    ]


async def with_dead(sims: Sequence[bmc.Sim], dead: int) -> Tuple[float, float]:
    """Return when the last living one answered, and when the last dead one was given up."""
    for sim in sims[:dead]:
        sim.pause()
    boards = [board(sim.name, sim.host, sim.port) for sim in sims]
    began = time.perf_counter()
    ends: Dict[str, float] = {}

    async def one(at: Ipmi) -> None:
        try:
            await at.ask("power")
        except StxError:
            ends[f"dead {at.name}"] = time.perf_counter() - began
        else:
            ends[at.name] = time.perf_counter() - began

    await asyncio.gather(*map(one, boards))
    for sim in sims[:dead]:
        sim.go_on()
    for at in boards:
        await at.close()
    gone = [at for name, at in ends.items() if name.startswith("dead ")]
    return max(at for name, at in ends.items() if not name.startswith("dead ")), max(gone)


async def sensors(sim: bmc.Sim, rounds: int) -> Tuple[float, float]:
    first: List[float] = []
    again: List[float] = []
    for _ in range(rounds):
        one = board(sim.name, sim.host, sim.port)
        await one.ask("power")
        for times in (first, again):
            began = time.perf_counter()
            await one.ask("sensors")
            times.append(time.perf_counter() - began)
        await one.close()
    return statistics.median(first), statistics.median(again)


def cloud_by_bmc(sims: Sequence[bmc.Sim]) -> Dict[str, Any]:
    """Return what clouds.yaml says of a site of these, and nothing else."""
    return {"bmc": {sim.name: sim.settings() for sim in sims}}


async def measure(options: argparse.Namespace) -> List[Tuple[str, str, str]]:
    rows: List[Tuple[str, str, str]] = []
    with bmc.sims(options.many) as sims:
        few, _cpu, _busy = await logins(sims[: options.few], options.rounds)
        many, cpu, busy = await logins(sims, options.rounds)
        told = f"{many * 1000:.0f} ms / {few * 1000:.0f} ms = {many / few:.2f}"
        rows.append((f"login and power, {options.many} / {options.few}", told, "<= 3"))
        rows.append(("CPU a baseboard, ours", f"{cpu * 1000:.1f} ms", "<= 10 ms"))
        rows.append(("CPU a baseboard, its ipmi_sim's", f"{busy * 1000:.1f} ms", "-"))
        cores = len(os.sched_getaffinity(0))
        least = (cpu + busy) * options.many / cores
        told = f"{least * 1000:.0f} ms on {cores} cores"
        rows.append((f"both sides' CPU, {options.many}", told, "-"))
        with late(sims, options.late) as ports:
            one, _cpu, _busy = await logins(sims[:1], options.rounds, ports)
            few, _cpu, _busy = await logins(sims[: options.few], options.rounds, ports)
            slow, _cpu, _busy = await logins(sims, options.rounds, ports)
        told = f"{slow * 1000:.0f} ms / {few * 1000:.0f} ms = {slow / few:.2f}"
        rows.append((f"the same, each answer {options.late:g} ms late", told, "<= 3"))
        rows.append(("one alone, as late", f"{one * 1000:.0f} ms", "-"))
        ends_of = [await with_dead(sims, options.few) for _ in range(DEAD_ROUNDS)]
        alive, gone = (statistics.median(times) for times in zip(*ends_of))
        told = f"{alive * 1000:.0f} ms (without dead ones {many * 1000:.0f} ms)"
        rows.append((f"the living, with {options.few} dead", told, "as fast"))
        rows.append(("the dead are marked after", f"{gone:.1f} s", "<= 8 s"))
        first, again = await sensors(sims[0], options.rounds)
        told = f"{again * 1000:.1f} ms / {first * 1000:.1f} ms = {again / first:.2f}"
        rows.append(("sensors again / first", told, "<= 0.5"))
        clouds = {count: cloud_by_bmc(sims[:count]) for count in (options.few, options.many)}
        rows += await asyncio.to_thread(waited, clouds, ("power", "--of", "all"), r"^....s\d+ +on ")
    ends = time.monotonic() + 15
    while THREADS.alive and time.monotonic() < ends:  # noqa: ASYNC110 - threads end, no tasks
        await asyncio.sleep(0.2)
    if options.minutes:
        rows += await soak(options.servers, options.minutes)
        ends = time.monotonic() + 15
        while THREADS.alive and time.monotonic() < ends:  # noqa: ASYNC110 - threads end, no tasks
            await asyncio.sleep(0.2)
    left = [one.name for one in threading.enumerate() if one.name == "baseboard"]
    rows.append(("threads left behind", str(len(left)), "0"))
    return rows


def main(argv: Sequence[str] = ()) -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=100)
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--late", type=float, default=20.0, help="ms, as a real one may take")
    parser.add_argument("--servers", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=1.0, help="0: leave that out; whole: 10")
    for name, found, goal in asyncio.run(measure(parser.parse_args(argv or None))):
        print(f"{name:<44} {found:<40} goal {goal}")


if __name__ == "__main__":
    main()
