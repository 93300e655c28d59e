"""How servers are read: ``python -m tests.bench.hardware [--many 100] [--few 10]``.

Real ipmi_sims on loopback: login and power of many against few, with dead ones among them; sensors
again against the first time; CPU a baseboard.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import threading
import time
from typing import Any, Dict, List, Sequence, Tuple

from backend.errors import StxError
from backend.secret import Password, Secret
from backend.sources.ipmi import THREADS, Ipmi
from tests.peers import bmc

ROUNDS = 9


def board(name: str, host: str, port: int) -> Ipmi:
    return Ipmi(name, (host, port), bmc.USER, Password(given=Secret(text=bmc.PASSWORD)))


async def ask_all(boards: Sequence[Ipmi]) -> Tuple[float, int]:
    """Return the seconds until the last answered, and how many failed."""
    began = time.perf_counter()
    ends = await asyncio.gather(*(one.ask("power") for one in boards), return_exceptions=True)
    return time.perf_counter() - began, sum(isinstance(end, StxError) for end in ends)


async def logins(sims: Sequence[bmc.Sim], rounds: int) -> Tuple[float, float]:
    """Return the median seconds of login and power of all, and the CPU seconds of one."""
    walls: List[float] = []
    cpus: List[float] = []
    for _ in range(rounds):
        boards = [board(sim.name, sim.host, sim.port) for sim in sims]
        cpu = time.process_time()
        wall, failed = await ask_all(boards)
        assert not failed
        walls.append(wall)
        cpus.append((time.process_time() - cpu) / len(sims))
        for one in boards:
            await one.close()
    return statistics.median(walls), statistics.median(cpus)


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


async def measure(options: argparse.Namespace) -> List[Tuple[str, str, str]]:
    rows: List[Tuple[str, str, str]] = []
    with bmc.sims(options.many) as sims:
        few, _cpu = await logins(sims[: options.few], options.rounds)
        many, cpu = await logins(sims, options.rounds)
        told = f"{many * 1000:.0f} ms / {few * 1000:.0f} ms = {many / few:.2f}"
        rows.append((f"login and power, {options.many} / {options.few}", told, "<= 3"))
        rows.append(("CPU a baseboard", f"{cpu * 1000:.1f} ms", "<= 10 ms"))
        alive, gone = await with_dead(sims, options.few)
        told = f"{alive * 1000:.0f} ms (without dead ones {many * 1000:.0f} ms)"
        rows.append((f"the living, with {options.few} dead", told, "as fast"))
        rows.append(("the dead are marked after", f"{gone:.1f} s", "<= 8 s"))
        first, again = await sensors(sims[0], options.rounds)
        told = f"{again * 1000:.1f} ms / {first * 1000:.1f} ms = {again / first:.2f}"
        rows.append(("sensors again / first", told, "<= 0.5"))
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
    for name, found, goal in asyncio.run(measure(parser.parse_args(argv or None))):
        print(f"{name:<34} {found:<44} goal {goal}")


if __name__ == "__main__":
    main()
