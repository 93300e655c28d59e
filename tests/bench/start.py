"""How soon the console is there: ``python -m tests.bench.start``, ratios beside the goals."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Tuple

from tests.bench.process import (
    compiled,
    environment,
    interleaved,
    pretend_cloud,
    until_end,
    until_shown,
)

TIMES = 9
FEW, MANY = (10, 10), (1000, 5000)
# The last words of the first screen; the driver sends its rows from the top.
LAST_WORDS = b"? keys"
PYTHON = (sys.executable, "-c")
CONSOLE = (sys.executable, "-m", "stx_tui")


def filled(folder: Path, hosts: int, alarms: int) -> Dict[str, str]:
    """Return the environment of one whose record knows so many; what it knows is gone."""
    with pretend_cloud("--hosts", str(hosts), "--alarms", str(alarms)) as openrc:
        env = environment(folder, openrc)
        for kind in ("system", "hosts", "alarms"):
            until_end((*CONSOLE, "get", kind, "--record"), env)
    return env


def first_screen(env: Mapping[str, str], hosts: int) -> float:
    """Return the seconds until the first screen is whole; holds that it shows what it should."""
    shown = until_shown(CONSOLE, env, LAST_WORDS)
    text = "\n".join(shown.rows)
    assert f"{hosts} of {hosts} hosts" in text, text
    assert "controller-0" in text, text
    return shown.took_s


def starts(folder: Path) -> List[Tuple[str, float, str]]:
    few = filled(folder / "few", *FEW)
    many = filled(folder / "many", *MANY)
    spent = interleaved(
        TIMES,
        {
            "import textual.app": lambda: until_end((*PYTHON, "import textual.app"), few),
            "few": lambda: first_screen(few, FEW[0]),
            "many": lambda: first_screen(many, MANY[0]),
        },
    )
    whole, few_s, many_s = spent.values()
    return [
        ("import textual.app, s", whole, ""),
        ("first screen, ten hosts and alarms, s", few_s, ""),
        ("first screen, 1000 and 5000, s", many_s, ""),
        ("first screen / import textual.app", few_s / whole, "2.4"),
        ("1000 and 5000 / ten and ten", many_s / few_s, "1.3"),
    ]


def gets(folder: Path) -> List[Tuple[str, float, str]]:
    with pretend_cloud() as openrc:
        env = environment(folder / "get", openrc)
        argv = (*CONSOLE, "get", "hosts", "-o", "json")
        works: Dict[str, Callable[[], float]] = {
            "import httpx": lambda: until_end((*PYTHON, "import httpx"), env),
            "get": lambda: until_end(argv, env),
        }
        library, get = interleaved(TIMES, works).values()
    return [
        ("import httpx, s", library, ""),
        ("get hosts -o json, s", get, ""),
        ("get hosts -o json / import httpx", get / library, "5"),
    ]


def main() -> None:
    compiled()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{f'Python {sys.version.split()[0]}, medians of {TIMES}':<42}{'':>8}{'goal':>8}")
        for measure in (starts, gets):
            for name, value, goal in measure(Path(folder)):
                print(f"{name:<42}{value:>8.3f}{goal and '<= ' + goal:>8}")


if __name__ == "__main__":
    main()
