"""As a program it prints an openrc, serves, and ends when told; it needs nothing else of ours."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from backend.simulator.serve import add_arguments
from stx_tui.usage import parser
from tests.backend.simulator.client import PLATFORM, credentials

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "backend.simulator", "--scene", "site-9", "--frozen"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        told = dict(
            line.removeprefix("export ").strip().split("=", 1)
            for line in iter(program.stdout.readline, "export OS_INTERFACE=internal\n")
            if line.startswith("export ")
        )
        url = told["OS_AUTH_URL"]
        reply = httpx.post(f"{url}/auth/tokens", json=credentials())
        headers = {"X-Auth-Token": reply.headers["X-Subject-Token"]}
        base = url.removesuffix("/identity/v3")
        rows = httpx.get(f"{base}{PLATFORM}/ihosts", headers=headers).json()["ihosts"]
        program.send_signal(number)
        assert program.wait(10) == 0
    assert [row["hostname"] for row in rows] == ["controller-0"]


def test_it_stands_alone() -> None:
    code = (
        "import sys, backend.simulator;"
        "print([m for m in sys.modules if m.startswith('backend.')"
        " and not m.startswith('backend.simulator')], 'httpx' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[] False\n"


def test_the_console_s_own_command_says_all_that_is_served_by() -> None:
    own = argparse.ArgumentParser()
    add_arguments(own)
    said = vars(parser().parse_args(["simulate"]))
    assert set(vars(own.parse_args([]))) <= set(said)


SCRIPT = """
import asyncio, hashlib, httpx
from backend.simulator import Simulator
from tests.backend.simulator.client import FM, PLATFORM, Client

async def main():
    total = hashlib.sha256()
    async with Simulator(frozen=True, alarms=40, hosts=30) as sim, Client(sim) as client:
        client.http.headers["Host"] = "site-7"
        await client.act("worker-1", "unlock")
        await client.act("worker-2", "force-lock")
        sim.order("host-dies", host="worker-3")
        sim.order("disk-fills", host="worker-5")
        await sim.advance(700)
        restricted = await client.patch("worker-3", task="x", uptime=7, availability="y")
        total.update(restricted.content)
        for path in ("ihosts", "ihosts/1", "ihosts/2/idisks", "health", "servicegroup", "apps"):
            total.update((await client.http.get(f"{PLATFORM}/{path}")).content)
        for path in ("alarms?expand=True", "event_log", "event_suppression"):
            total.update((await client.http.get(f"{FM}/{path}")).content)
    print(total.hexdigest())

asyncio.run(main())
"""


def test_two_processes_answer_the_same_bytes_after_the_same_course() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] != ""
