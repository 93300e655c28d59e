"""What every run end to end begins with: a home of its own, and a pretend cloud as a process."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from tests.e2e.far import ROOT, Far, environment, unknown_to_a_vt100

Sit = Callable[..., Far]


@dataclass
class PretendCloud:
    """``stx-tui simulate`` as a process, and what its openrc says."""

    process: subprocess.Popen[str]
    openrc: Dict[str, str]

    def order(self, fault: str, **of: Any) -> None:
        """Let something happen to it, by its control door."""
        self._tell("order", {"fault": fault, **of})

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _tell(self, door: str, body: Dict[str, Any]) -> None:
        url = self.openrc["OS_AUTH_URL"].split("/identity", maxsplit=1)[0]
        request = urllib.request.Request(
            f"{url}/pretend/{door}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


def simulate(home: Path, *arguments: str) -> PretendCloud:
    """Start one and read its openrc."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stx_tui", "simulate", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(home),
    )
    assert process.stdout is not None
    openrc: Dict[str, str] = {}
    while "OS_REGION_NAME" not in openrc or "OS_PASSWORD" not in openrc:
        line = process.stdout.readline()
        assert line, "the pretend cloud did not start"
        if line.startswith("export "):
            name, _, value = line[len("export ") :].strip().partition("=")
            openrc[name] = value.strip("'\"")
    return PretendCloud(process, openrc)


def run(home: Path, *arguments: str, env: Dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of ours to its end, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "stx_tui", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
        env=environment(home, TERM="dumb", LANG="C", **env),
    )


def deeds(home: Path, env: Dict[str, str]) -> List[Dict[str, Any]]:
    """Return what the record of ``home`` says was done, as a script reads it."""
    ran = run(home, "history", "--deeds", "--since", "30d", "-o", "json", env=env)
    assert ran.returncode == 0, ran.stderr
    if ran.stdout == "nothing since then\n":
        return []
    found: List[Dict[str, Any]] = json.loads(ran.stdout)
    return found


@pytest.fixture
def sit(tmp_path: Path) -> Iterator[Sit]:
    """Open consoles; each is closed at the end, and all it wrote is looked through."""
    open_ones: List[Far] = []

    def sat(*arguments: str, **how: Any) -> Far:
        far = Far(arguments, how.pop("home", tmp_path), **how)
        open_ones.append(far)
        return far

    yield sat
    for far in open_ones:
        far.close()
    for far in open_ones:
        well_written(far)


def well_written(far: Far) -> None:
    """Assert that a console wrote no last cell, and to a VT100 nothing that it does not know."""
    assert far.glass.spilled == []
    if far.term == "vt100":
        assert unknown_to_a_vt100(bytes(far.raw)) == []


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[PretendCloud]:
    """A pretend duplex site that lives twenty times as fast."""
    made = simulate(tmp_path, "--speed", "20", "--scene", "site-7")
    yield made
    if made.process.poll() is None:
        made.kill()
    assert made.process.stdout is not None
    made.process.stdout.close()
