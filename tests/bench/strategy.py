"""What a large strategy costs: ``python -m tests.bench.strategy [--hosts 200] [--steps 1000]``.

A strategy in the VIM's shapes, in the middle of its apply: read, drawn, and drawn again after one
step went on. Medians; what an update sends is counted in lines that are not as they were.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Sequence, Tuple

from backend.figure import Line
from backend.kind import Row
from backend.kinds.host import Host
from backend.kinds.obstacles import rows as obstacles
from backend.kinds.strategies import STRATEGIES, Strategy
from backend.known import Known, Reading
from backend.place import Place
from backend.render import figure_lines

STARTED = datetime(2026, 11, 21, 2, 0, tzinfo=timezone.utc)
NAMES = (
    *("query-alarms", "lock-hosts", "upgrade-hosts", "system-stabilize", "unlock-hosts"),
    *("wait-alarms-clear", "query-alarms", "migrate-instances", "system-stabilize", "wait-data"),
)
STEP_S = 40
WIDTHS = (76, 156)


def said(step: int) -> str:
    return f"{STARTED + timedelta(seconds=STEP_S * step):%Y-%m-%d %H:%M:%S}"


def body(hosts: int, steps: int, done: int) -> Dict[str, Any]:
    """Return a strategy of so many steps of which ``done`` are over and the next one runs."""
    each = len(NAMES)
    stages = -(-steps // each)
    found = [_stage(n, each, hosts, stages, done) for n in range(stages)]
    phase = {
        "phase-name": "apply",
        "inprogress": True,
        "result": "inprogress",
        "current-stage": done // each,
        "total-stages": stages,
        "start-date-time": said(0),
        "stages": found,
    }
    return {
        "uuid": "s-1",
        "name": "sw-upgrade",
        "state": "applying",
        "current-phase": "apply",
        "current-phase-completion-percentage": 100 * done // steps,
        "apply-phase": phase,
    }


def _stage(number: int, each: int, hosts: int, stages: int, done: int) -> Dict[str, Any]:
    first = number * each
    share = max(hosts // stages, 1)
    names = [f"worker-{number * share + n}" for n in range(share)]
    ends = first + each
    return {
        "stage-id": number,
        "stage-name": "sw-upgrade-worker-hosts",
        "inprogress": first <= done < ends,
        "result": "success" if ends <= done else "initial",
        "start-date-time": said(first) if first <= done else "",
        "end-date-time": said(ends) if ends <= done else "",
        "steps": [_step(first + at, name, names, done) for at, name in enumerate(NAMES)],
    }


def _step(at: int, name: str, hosts: List[str], done: int) -> Dict[str, Any]:
    return {
        "step-name": name,
        "entity-names": hosts,
        "timeout": 1800,
        "result": "success" if at < done else "wait" if at == done else "initial",
        "start-date-time": said(at) if at <= done else "",
        "end-date-time": said(at + 1) if at < done else "",
    }


def known_at(row: Row, hosts: int, done: int) -> Known:
    """Return what is known in the middle of that step."""
    well = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
    rows = tuple(
        Host.read({"id": n, "uuid": f"h-{n}", "hostname": f"worker-{n}", **well})
        for n in range(hosts)
    )
    readings = {
        ("strategies", ""): Reading(kind="strategies", rows=(row,), at_ms=1),
        ("hosts", ""): Reading(kind="hosts", rows=rows, at_ms=1),
    }
    now_ms = round((STARTED.timestamp() + STEP_S * (done + 0.5)) * 1000)
    place = Place(hostname="laptop", user="admin", terminal="pts/0")
    return Known(cloud="c", now_ms=now_ms, place=place, readings=MappingProxyType(readings))


def drawn(row: Strategy, known: Known, width: int) -> List[Line]:
    """Return the chart as the console and plain mode draw it."""
    figure = STRATEGIES.tabs[0].figure
    assert figure is not None
    return list(figure_lines(figure(row, known), width, known.now_ms))


def middle(work: Callable[[], object], rounds: int) -> float:
    """Return the median ms of some rounds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def listed(row: Strategy, known: Known) -> None:
    """Work out all that stands around the row in a table."""
    for column in STRATEGIES.columns:
        column.cell(row, known)
    STRATEGIES.look(row, known)
    assert STRATEGIES.verdict is not None
    STRATEGIES.verdict(known)
    assert STRATEGIES.strip is not None
    STRATEGIES.strip(row, known)


def differ(before: Sequence[Line], after: Sequence[Line]) -> int:
    """Return how many lines are not as they were."""
    same = sum(one == other for one, other in zip(before, after))
    return max(len(before), len(after)) - same


def measure(options: argparse.Namespace) -> List[Tuple[str, str, str]]:
    hosts, steps, rounds = options.hosts, options.steps, options.rounds
    done = steps // 2 + 3
    text = json.dumps(body(hosts, steps, done))
    row, after = (Strategy.read(body(hosts, steps, at)) for at in (done, done + 1))
    assert isinstance(row, Strategy)
    assert isinstance(after, Strategy)
    known = known_at(row, hosts, done)
    later = replace(known_at(after, hosts, done + 1), now_ms=known.now_ms + 5000)
    found = [
        ("read", f"{middle(lambda: Strategy.read(json.loads(text)), rounds):.1f} ms", "-"),
        ("table row, verdict, strip", f"{middle(lambda: listed(row, known), rounds):.1f} ms", "-"),
    ]
    for width in WIDTHS:
        took = middle(lambda width=width: drawn(row, known, width), rounds)  # type: ignore[misc]
        found.append((f"chart of {width} cells", f"{took:.1f} ms", "<= 50 ms"))
    lines = drawn(row, known, WIDTHS[0])
    changed = differ(lines, drawn(after, later, WIDTHS[0]))
    found.append(("lines that a step more changes", f"{changed} of {len(lines)}", "few"))
    took = middle(lambda: list(obstacles(known)), rounds)
    found.append(("what stands in the way", f"{took:.1f} ms", "<= 50 ms"))
    return found


def main(argv: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    for name, found, goal in measure(parser.parse_args(argv or None)):
        print(f"{name:<34} {found:<24} goal {goal}")


if __name__ == "__main__":
    main()
