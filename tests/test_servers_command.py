"""Servers from the command line, with nothing but their baseboards: no cloud is asked."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import AsyncIterator

import yaml

from backend.simulator import Simulator, powering
from tests.program import run

LOCKED = "worker-1"


@asynccontextmanager
async def rack(home: Path) -> AsyncIterator[Simulator]:
    """Run pretend servers, and write a clouds.yaml that knows two of them and nothing else."""
    async with Simulator(frozen=True, bmc=True) as simulator:
        said = simulator.rack.settings()
        bmc = {name: said[name] for name in (LOCKED, "worker-0")}
        (home / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"rack": {"bmc": bmc}}}))
        (home / "clouds.yaml").chmod(0o600)
        yield simulator


async def test_with_baseboards_alone_power_sensors_log_and_parts_are_told(tmp_path: Path) -> None:
    async with rack(tmp_path):
        power = await run(tmp_path, "get", "power", "-o", "json")
        assert power.code == 0, power.said
        assert [(row["server"], row["power"]) for row in json.loads(power.out)] == [
            ("worker-0", "on"),
            (LOCKED, "on"),
        ]
        sensors = await run(tmp_path, "get", "sensors", "--of", LOCKED, "-o", "json")
        assert "CPU1 Temp" in {row["sensor"] for row in json.loads(sensors.out)}
        parts = await run(tmp_path, "get", "inventory", "--of", LOCKED)
        assert "Edge server" in parts.out
        for kind in ("platform/sensors", "disks"):
            none = await run(tmp_path, "get", kind, "--of", LOCKED)
            assert none.code == 3
            assert "has nothing in its settings that knows" in none.err
        servers = await run(tmp_path, "get", "servers")
    assert servers.code == 0, servers.said
    assert "sysinv" not in servers.err


async def test_a_server_is_cycled_only_where_its_name_is_typed_and_its_log_tells_of_it(
    tmp_path: Path,
) -> None:
    async with rack(tmp_path) as simulator:
        words = ("do", "server", "power-off", LOCKED)
        refused = await run(tmp_path, *words, "--yes")
        assert refused.code != 0
        assert powering.is_on(simulator.cloud, simulator.cloud.named(LOCKED))
        done = await run(tmp_path, *words, "--confirm", LOCKED)
        assert done.code == 0, done.said
        assert "sysinv was not asked" in done.err
        power = await run(tmp_path, "get", "power", "--of", LOCKED, "-o", "json")
        assert json.loads(power.out)[0]["power"] == "off"
        log = await run(tmp_path, "get", "sel", "--of", LOCKED)
        lines = await run(tmp_path, "logs", f"sel:{LOCKED}")
    assert "ower" in log.out
    assert f"{LOCKED}" in log.out
    assert lines.code == 0, lines.said
    assert "ower" in lines.out


async def test_a_power_cycle_by_the_command_line_is_ordered_once_and_on_the_record(
    tmp_path: Path,
) -> None:
    async with rack(tmp_path) as simulator:
        host = simulator.cloud.named(LOCKED)
        words = ("do", "server", "power-cycle", LOCKED)
        shown = await run(tmp_path, *words, "--dry-run")
        assert shown.code == 0, shown.said
        assert "chassis power cycle" in shown.said
        assert host.booted_at is not None
        done = await run(tmp_path, *words, "--confirm", LOCKED)
        assert done.code == 0, done.said
        assert host.booted_at is None
        deeds = await run(tmp_path, "history", "--deeds", "-o", "json")
        assert [deed["how"].partition(":")[0] for deed in json.loads(deeds.out)] == ["power-cycle"]


async def test_a_serial_console_by_the_command_line_wants_a_screen(tmp_path: Path) -> None:
    async with rack(tmp_path):
        ran = await run(tmp_path, "console", LOCKED)
    assert ran.code != 0
    assert "a serial console needs a screen of its own" in ran.err
