"""``stx-tui console NAME`` on a terminal of its own, to a real baseboard's serial line."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Iterator

import pytest
import yaml

from tests.e2e.conftest import Sit, run, sit
from tests.peers import bmc
from tests.peers.bmc import Sim

__all__ = ("sit",)
pytestmark = [pytest.mark.peer, pytest.mark.slow]


@pytest.fixture
def sim() -> Iterator[Sim]:
    with bmc.sims() as (one,):
        yield one


def settings(home: Path, sim: Sim) -> None:
    board = {"address": f"{sim.host}:{sim.port}", "username": bmc.USER, "password": bmc.PASSWORD}
    path = home / ".config" / "stx-tui" / "clouds.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump({"clouds": {"rack": {"bmc": {"controller-1": board}}}}))
    path.chmod(0o600)


def test_a_serial_console_is_opened_typed_into_left_and_on_the_record(
    sim: Sim, sit: Sit, tmp_path: Path
) -> None:
    settings(tmp_path, sim)
    far = sit("--cloud", "rack", "console", "controller-1")
    far.until("rack > console controller-1", "~. leaves")
    machine = sim.plugged()
    machine.sendall(b"controller-1 login: ")
    far.until("controller-1 login:")
    far.type("root")
    far.press("enter")
    assert heard(machine, b"root\r")
    far.press("enter")
    far.type("~.")
    # Back where a cloud of nothing but baseboards begins.
    far.until("SERVERS|Servers", "controller-1", "on")
    ran = run(tmp_path, "--cloud", "rack", "history", "--deeds", "-o", "json", env={})
    assert [(one["what"], one["how"].partition(":")[0]) for one in json.loads(ran.stdout)] == [
        ("servers controller-1", "console")
    ]
    machine.close()


def heard(machine: socket.socket, wanted: bytes) -> bool:
    """Whether that came down the serial line, in however many pieces."""
    came = b""
    machine.settimeout(20)
    while wanted not in came:
        came += machine.recv(100)
    return True
