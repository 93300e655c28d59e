"""What comes of changes on the things of a host: at once, a while later, or with its unlock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

from backend.deed import Deed, Outcome
from backend.kind import Risk
from backend.mask import MASK
from backend.rests import rests_on
from backend.station import Station
from tests.backend.kinds.pretend import BY_NAME, asked, at
from tests.backend.kinds.test_child_refusals import ordered
from tests.backend.simulator.client import PLATFORM, Client


def act(kind: str, name: str, row: str, **form: str) -> Dict[str, Any]:
    return {"kind": kind, "name": name, "row": row, "form": form}


async def rows(client: Client, host: str, kind: str) -> Any:
    return (await client.get(f"{PLATFORM}/ihosts/{host}/{kind}"))[kind]


async def test_huge_pages_wait_for_the_unlock_and_are_there_after_it(tmp_path: Path) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        wanted = act("memory", "modify", "worker-1/node0", vm_hugepages_nr_1G_pending="40")
        preview = await asked(station, wanted)
        assert "1G pages: 4 -> 40" in [one.words for one in preview.consequences]
        (deed,) = await station.acts.do(preview, typed="yes", why="")
        assert deed.outcome is Outcome.DONE
        # What is known was read anew at once: pending beside current.
        row = station.watch.known.find("memory", preview.target.id(preview.rows[0]))[0]
        assert (row.vm_hugepages_nr_1G, row.pending) == (4, ("40 of 1G",))
        await client.patch("worker-1", action="unlock")
        await client.sim.advance(1200)
        (first, _) = await rows(client, "worker-1", "imemorys")
    assert (first["vm_hugepages_nr_1G"], first["vm_hugepages_nr_1G_pending"]) == (40, None)


async def test_a_partition_is_creating_for_a_while_and_then_ready(tmp_path: Path) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        wanted = act("partitions", "add", "worker-0", disk="/dev/sdb", size_gib="100")
        preview = await asked(station, wanted)
        (deed,) = await station.acts.do(preview, typed="yes", why="")
        assert deed.outcome is Outcome.DONE
        made = (await rows(client, "worker-0", "partitions"))[-1]
        again = await ordered(client, await asked(station, wanted))
        await client.sim.advance(60)
        after = (await rows(client, "worker-0", "partitions"))[-1]
        disk = (await rows(client, "worker-0", "idisks"))[1]
    assert (made["status"], after["status"]) == (2, 0)
    assert "Wait for the operation to finish" in again.text
    assert disk["available_mib"] == disk["size_mib"] - 100 * 1024


async def followed(station: Station, client: Client, wanted: Dict[str, Any]) -> Deed:
    """Do it and follow it to its end, a minute of the pretend cloud between two looks."""
    preview = await asked(station, wanted)
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
    assert deed.is_open
    key = rests_on(BY_NAME, preview.kind, preview.action, (deed.row_id,), station.watch.known)[0]
    for _ in range(10):
        await station.watch.read_now(*key)
        await station.settled()
        deed = next(one for one in station.watch.known.memory.deeds if one.number == deed.number)
        if not deed.is_open:
            break
        await client.sim.advance(60)
    return deed


async def test_a_partition_is_followed_until_it_is_larger_and_until_it_is_gone(
    tmp_path: Path,
) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        wanted = act("partitions", "add", "worker-0", disk="/dev/sdb", size_gib="100")
        preview = await asked(station, wanted)
        await station.acts.do(preview, typed="yes", why="")
        await client.sim.advance(60)
        made = (await rows(client, "worker-0", "partitions"))[-1]["device_node"]
        grown = act("partitions", "modify", f"worker-0/{made}", size_gib="200")
        ends = [await followed(station, client, grown)]
        size = (await rows(client, "worker-0", "partitions"))[-1]["size_mib"]
        ends.append(
            await followed(station, client, act("partitions", "delete", f"worker-0/{made}"))
        )
        left = [one["device_node"] for one in await rows(client, "worker-0", "partitions")]
    assert [one.outcome for one in ends] == [Outcome.DONE, Outcome.DONE]
    assert [list(one.reached) for one in ends] == [["made larger on the disk"], ["off the disk"]]
    assert (size, made in left) == (200 * 1024, False)


async def test_a_filesystem_of_the_controllers_is_followed_until_it_has_grown(
    tmp_path: Path,
) -> None:
    async with at(tmp_path, "site-9") as (station, client):
        path = f"{PLATFORM}/controller_fs"
        before = {one["name"]: one["size"] for one in (await client.get(path))["controller_fs"]}
        row = "controller-0/extension"
        grown = act("controller-filesystems", "modify", row, size=str(before["extension"] + 2))
        deed = await followed(station, client, grown)
        after = {one["name"]: one["size"] for one in (await client.get(path))["controller_fs"]}
    assert (deed.outcome, list(deed.reached)) == (Outcome.DONE, ["grown on the controllers"])
    assert after["extension"] == before["extension"] + 2


async def test_a_volume_adds_room_to_its_group(tmp_path: Path) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        wanted = act("physical-volumes", "add", "worker-1", group="cgts-vg", device="/dev/sdb")
        preview = await asked(station, wanted)
        assert preview.risk is Risk.DESTRUCTIVE
        (before,) = await rows(client, "worker-1", "ilvgs")
        await station.acts.do(preview, typed="worker-1", why="")
        await client.patch("worker-1", action="unlock")
        await client.sim.advance(1200)
        (after,) = await rows(client, "worker-1", "ilvgs")
    assert after["lvm_vg_avail_size"] > before["lvm_vg_avail_size"]
    assert after["lvm_cur_pv"] == 2


async def test_a_filesystem_grows_out_of_what_is_left_in_its_group(tmp_path: Path) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        preview = await asked(station, act("filesystems", "modify", "worker-0/scratch", size="20"))
        words = [one.words for one in preview.consequences]
        await station.acts.do(preview, typed="yes", why="")
        row = next(r for r in await rows(client, "worker-0", "host_fs") if r["name"] == "scratch")
        (group,) = await rows(client, "worker-0", "ilvgs")
    assert words == ["size: 16 GiB -> 20 GiB", "left in cgts-vg: 38 GiB -> 34 GiB"]
    assert (row["size"], row["state"]) == (20, "Modifying")
    assert group["lvm_vg_free_pe"] == 1230 - 128


async def test_nulls_in_the_reply_to_a_change_are_not_merged_into_what_is_known(
    tmp_path: Path,
) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        preview = await asked(station, act("hosts", "modify", "worker-1", location="rack 4"))
        reply = (await ordered(client, preview)).json()
        assert reply["mgmt_ip"] is None
        preview = await asked(station, act("hosts", "modify", "worker-1", location="rack 5"))
        assert [(one.now, one.value) for one in preview.given] == [("rack 4", "rack 5")]
        (deed,) = await station.acts.do(preview, typed="yes", why="")
        host = station.watch.known.find("hosts", deed.row_id)[0]
    assert host.mgmt_ip
    assert host.location == {"locn": "rack 5"}


async def test_the_password_of_a_bmc_is_sent_and_never_shown_or_kept(tmp_path: Path) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        wanted = act("hosts", "bmc", "worker-1", bm_username="admin", bm_password="s3cret")
        preview = await asked(station, wanted)
        (deed,) = await station.acts.do(preview, typed="yes", why="")
        host = await client.host("worker-1")
    assert "s3cret" not in json.dumps([preview.requests, preview.commands, deed.sends])
    assert MASK in deed.sends[0]
    assert host["bm_username"] == "admin"


async def test_the_interface_one_came_by_wants_more_than_a_yes(tmp_path: Path) -> None:
    async with at(tmp_path, "site-7") as (station, _client):
        plain = await asked(station, act("interfaces", "modify", "worker-1/data0", imtu="9000"))
        oam = await asked(station, act("interfaces", "modify", "controller-0/oam0", imtu="9000"))
    assert plain.risk is Risk.DISRUPTIVE
    assert oam.risk is Risk.DESTRUCTIVE
    assert any("oam of controller-0 run over oam0" in one.words for one in oam.consequences)


async def test_a_sensor_that_may_power_a_host_off_is_a_destructive_thing_to_ask(
    tmp_path: Path,
) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        wanted = act(
            "sensor-groups", "modify", "worker-1/server fans", actions_critical_group="powercycle"
        )
        preview = await asked(station, wanted)
        await station.acts.do(preview, typed="server fans", why="")
        fans = [r for r in await rows(client, "worker-1", "isensors") if "Fan" in r["sensorname"]]
    assert preview.risk is Risk.DESTRUCTIVE
    assert {fan["actions_critical"] for fan in fans} == {"powercycle"}


async def test_cores_are_given_by_processor_and_applications_have_the_rest(tmp_path: Path) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        wanted = act("cpus", "assign", "worker-1", function="platform", num_cores_on_processor0="2")
        preview = await asked(station, wanted)
        words = [one.words for one in preview.consequences]
        await station.acts.do(preview, typed="yes", why="")
        cpus = await rows(client, "worker-1", "icpus")
    assert "processor 0, platform: 1 -> 2" in words
    mine = [cpu for cpu in cpus if cpu["numa_node"] == 0]
    assert sum(cpu["allocated_function"] == "Platform" for cpu in mine) == 4
