"""How long reading 10,000 hosts on a thread keeps the event loop waiting."""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import time
from pathlib import Path
from typing import Any, Callable, List, Tuple

from backend.sources.bodies import bodies

ROUNDS = 9
HOSTS = 10_000
SAMPLE = Path(__file__).parents[1] / "backend" / "sources" / "samples" / "ihosts.json"


def body() -> bytes:
    """Return an answer of sysinv with 10,000 hosts, from the real one with five."""
    hosts = json.loads(SAMPLE.read_bytes())["ihosts"]
    rows = [
        {**hosts[number % len(hosts)], "id": number, "hostname": f"worker-{number}"}
        for number in range(HOSTS)
    ]
    return json.dumps({"ihosts": rows}).encode()


async def ticked(work: Callable[[], Any]) -> Tuple[float, float]:
    """Return the longest gap of a 1 ms ticker while ``work`` runs on a thread, and its time; ms."""
    longest, last, running = 0.0, time.perf_counter(), True

    async def tick() -> None:
        nonlocal longest, last
        while running:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    ticker = asyncio.ensure_future(tick())
    await asyncio.sleep(0.02)
    longest = 0.0
    started = time.perf_counter()
    await asyncio.to_thread(work)
    took = time.perf_counter() - started
    running = False
    await ticker
    return longest * 1000, took * 1000


def collections(work: Callable[[], Any]) -> Tuple[int, float]:
    """Return how many full garbage collections ``work`` sets off, and the longest, ms."""
    pauses: List[float] = []
    began = 0.0

    def watch(phase: str, about: Any) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        elif about["generation"] == 2:
            pauses.append((time.perf_counter() - began) * 1000)

    # Apart from the timed rounds: a callback is Python, and lets other threads in.
    gc.callbacks.append(watch)
    work()
    gc.callbacks.remove(watch)
    return len(pauses), max(pauses, default=0.0)


def main() -> None:
    """Print a table: the longest gap and the time, medians of nine, and the collector's part."""
    raw = body()
    held: List[Any] = []
    works: List[Tuple[str, Callable[[], Any]]] = [
        ("nothing", lambda: time.sleep(0.3)),
        ("json.loads", lambda: json.loads(raw)),
        ("bodies, dropped", lambda: [None for _ in bodies(raw, "ihosts")]),
        ("bodies, kept", lambda: held.append(list(bodies(raw, "ihosts")))),
    ]
    print(f"{HOSTS} hosts, {len(raw) / 1e6:.1f} MB, medians of {ROUNDS}")
    print(f"{'':16}{'gap ms':>8}{'worst':>8}{'took ms':>9}{'full gc':>9}{'longest':>9}")
    for name, work in works:
        gaps, times = [], []
        for _ in range(ROUNDS):
            held.clear()
            gc.collect()
            gap, took = asyncio.run(ticked(work))
            gaps.append(gap)
            times.append(took)
        held.clear()
        count, longest = collections(work)
        print(
            f"{name:16}{statistics.median(gaps):8.1f}{max(gaps):8.1f}"
            f"{statistics.median(times):9.0f}{count:9}{longest:9.1f}"
        )


if __name__ == "__main__":
    main()
