"""A disk is replaced from the command line: recorded, found by another run, made as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.simulator.children import children
from tests.program import run
from tests.test_whole_act import pretend

PLACE = "pci-0000:00:1f.2-ata-2.0"


@pytest.mark.slow
async def test_what_one_run_recorded_another_finds_and_makes_as_it_was(tmp_path: Path) -> None:
    async with pretend(tmp_path, scene="site-9") as (sim, env):
        begun = await run(tmp_path, "replace", "disk", "controller-0", "/dev/sdb", env=env)
        assert begun.code == 0, begun.said
        assert "NEXT  2 ask Ceph" in begun.out
        listed = await run(tmp_path, "get", "replacements", env=env)
        assert listed.code == 0, listed.said
        assert f"disk controller-0/{PLACE}" in listed.out
        assert "ask Ceph" in listed.out
        host = sim.cloud.named("controller-0")
        disk = next(one for one in children(sim.cloud, host, "idisks") if one["istor_uuid"])
        children(sim.cloud, host, "istors").clear()
        disk.update(serial_id="NEW1", istor_uuid=None, available_mib=disk["size_mib"])
        name = f"disk controller-0/{PLACE}"
        made = await run(tmp_path, "do", "replacement", "equal", name, "--confirm", name, env=env)
        assert made.code == 0, made.said
        assert "system host-stor-add" in made.err
        (osd,) = children(sim.cloud, host, "istors")
        assert osd["idisk_uuid"] == disk["uuid"]
        ended = await run(tmp_path, "replace", "disk", "controller-0", PLACE, env=env)
        assert "all that was recorded is as it was" in ended.out
        wrong = await run(tmp_path, "replace", "disk", "controller-0", "sdz", env=env)
        assert wrong.code != 0
        assert PLACE in wrong.err
