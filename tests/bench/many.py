"""How long a person waits who asks many, by the real program: ``get``, and the console itself."""

from __future__ import annotations

import json
import re
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Mapping, Tuple

from tests.bench.process import interleaved, until_end
from tests.e2e.far import Far, environment
from tests.program import command

TIMES = 5
WIDE, FRAME = 100, 15
LONGEST_S = 60.0

Row = Tuple[str, str, str]


def waited(
    clouds: Mapping[int, Mapping[str, Any]],
    asked: Tuple[str, ...],
    cell: str,
    goal: str = "<= 3",
) -> List[Row]:
    """Return rows of a table: how long until all have said something, of few and of many.

    ``clouds`` are what clouds.yaml says of each number that is asked; ``asked`` is the command
    line, ``cell`` the regular expression of a row that has been told. Each is a process started
    anew, that nothing was ever asked before: connections are made, and nothing is remembered. The
    console's ``goal`` is another's where it asks more of each than that one thing.
    """
    got: Dict[str, Any] = {
        str(count): lambda cloud=cloud: _got_s(cloud, asked) for count, cloud in clouds.items()
    }
    commands = interleaved(TIMES, got)
    seen = {
        str(count): [_seen_s(cloud, count, cell) for _ in range(TIMES)]
        for count, cloud in clouds.items()
    }
    screens = {name: statistics.median(each) for name, each in seen.items()}
    return [
        _row(f"get {' '.join(asked)}", commands, "<= 3"),
        _row("the console, from its first picture", screens, goal),
    ]


def _row(name: str, spent: Mapping[str, float], goal: str) -> Row:
    (few, few_s), (many, many_s) = sorted(spent.items(), key=lambda one: int(one[0]))
    told = f"{many_s * 1000:.0f} ms / {few_s * 1000:.0f} ms = {many_s / few_s:.2f}"
    return f"{name}, {many} / {few}", told, goal


def _settled(home: Path, cloud: Mapping[str, Any]) -> None:
    path = home / ".config" / "stx-tui" / "clouds.yaml"
    path.parent.mkdir(parents=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"clouds": {"site-7": cloud}}), encoding="utf-8")


def _got_s(cloud: Mapping[str, Any], asked: Tuple[str, ...]) -> float:
    """Return the seconds of the whole command, from its start to its end."""
    with TemporaryDirectory() as home:
        _settled(Path(home), cloud)
        return until_end(command("get", *asked), environment(Path(home)))


def _seen_s(cloud: Mapping[str, Any], count: int, cell: str) -> float:
    """Return the seconds from the console's first picture to the last of so many cells."""
    with TemporaryDirectory() as home:
        _settled(Path(home), cloud)
        far = Far([], Path(home), size=(WIDE, count + FRAME))
        try:
            far.until("site-7", r"\? keys")
            began = time.perf_counter()
            while sum(bool(re.search(cell, row)) for row in far.screen()) < count:
                assert time.perf_counter() - began < LONGEST_S, far.text
                assert far.look(0.005), far.text
            return time.perf_counter() - began
        finally:
            far.close()
