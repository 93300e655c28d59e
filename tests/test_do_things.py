"""Changes of the things on a host from the command line, whole, on the pretend cloud."""

from __future__ import annotations

import json
from pathlib import Path

from tests.program import run
from tests.test_whole_act import changes, pretend


async def test_an_interface_is_changed_with_old_beside_new(tmp_path: Path) -> None:
    async with pretend(tmp_path) as (simulator, env):
        words = ("do", "interface", "modify", "worker-1/data0", "--imtu", "9000", "--yes")
        ran = await run(tmp_path, *words, env=env)
        row = await run(tmp_path, "get", "interfaces", "-o", "json", env=env)
    assert ran.code == 0, ran.said
    assert "with   imtu: 1500 -> 9000" in ran.err
    assert "as     system host-if-modify --imtu 9000 worker-1 data0" in ran.err
    assert [method for method, _ in changes(simulator)] == ["PATCH"]
    assert '"imtu": 9000' in row.out


async def test_a_vlan_is_added_under_its_host(tmp_path: Path) -> None:
    async with pretend(tmp_path) as (simulator, env):
        form = ("--iftype", "vlan", "--ifname", "vlan10", "--uses", "data0", "--vlan-id", "10")
        words = ("do", "interface", "add", "worker-1", *form, "--ifclass", "data", "--yes")
        ran = await run(tmp_path, *words, env=env)
    assert ran.code == 0, ran.said
    assert ran.err.startswith("ADD interface on worker-1 ?")
    assert changes(simulator) == [("POST", "/platform/v1/iinterfaces")]


async def test_a_filesystem_grows(tmp_path: Path) -> None:
    async with pretend(tmp_path) as (_simulator, env):
        words = ("do", "filesystem", "modify", "worker-0/scratch", "--size", "20", "--yes")
        ran = await run(tmp_path, *words, env=env)
    assert ran.code == 0, ran.said
    assert "left in cgts-vg: 38 GiB -> 34 GiB" in ran.err


async def test_what_is_known_to_be_refused_is_not_sent_and_says_where_it_is_mended(
    tmp_path: Path,
) -> None:
    async with pretend(tmp_path) as (simulator, env):
        words = ("do", "interface", "modify", "worker-0/data0", "--imtu", "9000", "--yes")
        ran = await run(tmp_path, *words, env=env)
    assert ran.code == 6, ran.said
    assert "worker-0 is unlocked: lock it first" in ran.err
    assert changes(simulator) == []


async def test_a_value_that_the_service_refuses_is_said_beside_its_option(tmp_path: Path) -> None:
    async with pretend(tmp_path) as (_simulator, env):
        device = "worker-1/pci_0000_5e_00_0"
        words = ("do", "device", "modify", device, "--driver", "igb_uio", "--yes")
        ran = await run(tmp_path, *words, env=env)
    assert ran.code == 6, ran.said
    assert "--driver: Modifying driver attribute restricted" in ran.err


async def test_a_disk_is_wiped_only_where_its_name_is_typed(tmp_path: Path) -> None:
    async with pretend(tmp_path) as (simulator, env):
        words = ("do", "disk", "wipe", "worker-1//dev/sdb")
        yes = await run(tmp_path, *words, "--yes", env=env)
        assert changes(simulator) == []
        blind = await run(tmp_path, *words, "--confirm", "/dev/sdb", env=env)
        listed = await run(tmp_path, "get", "disks", "--of", "worker-1", "-o", "json", env=env)
        (serial,) = [
            row["serial_id"] for row in json.loads(listed.out) if row["device_node"] == "/dev/sdb"
        ]
        typed = ("--serial", serial[-4:], "--confirm", "/dev/sdb")
        named = await run(tmp_path, *words, *typed, env=env)
        sent = changes(simulator)
    assert yes.code == 6, yes.said
    assert blind.code == 6, blind.said
    assert "the last 4 of the serial" in blind.err
    assert named.code == 0, named.said
    assert serial in named.err.splitlines()[0]
    assert [method for method, _ in sent] == ["PATCH"]
