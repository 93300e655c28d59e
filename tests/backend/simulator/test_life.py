"""Hosts go through the states and tasks of the real ones, in order and in their time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.backend.simulator.client import FM, PLATFORM, Client

LOCKED = ("locked", "disabled", "online")
AVAILABLE = ("unlocked", "enabled", "available")


def states(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["administrative"], row["operational"], row["availability"]


async def course(client: Client, name: str, seconds: int, step: int = 1) -> list[tuple[str, ...]]:
    """Each different (states, task) a host shows while so much time passes."""
    seen: list[tuple[str, ...]] = []
    for _ in range(0, seconds, step):
        row = client.sim.cloud.named(name)
        now = (row.administrative, row.operational, row.availability, row.task)
        if not seen or seen[-1] != now:
            seen.append(now)
        await client.sim.advance(step)
    return seen


async def settled(client: Client, name: str, seconds: float = 900) -> dict[str, Any]:
    await client.sim.advance(seconds)
    return await client.host(name)


async def test_a_lock_passes_through_the_vim_and_takes_under_a_minute(admin: Client) -> None:
    reply = await admin.act("worker-2", "lock")
    assert (reply.status_code, reply.json()["task"]) == (200, "Locking")
    assert reply.json()["vim_progress_status"] == "services-enabled"
    assert await course(admin, "worker-2", 60) == [(*AVAILABLE, "Locking"), (*LOCKED, "")]
    row = await admin.host("worker-2")
    assert (row["ihost_action"], row["vim_progress_status"]) == ("lock", "services-disabled")
    assert ("200.001", "host=worker-2") in await admin.alarms()


async def test_the_reply_of_an_action_lacks_what_is_only_looked_up(admin: Client) -> None:
    reply = (await admin.act("controller-0", "force-swact")).json()
    assert (reply["mgmt_ip"], reply["action"]) == (None, "none")
    assert "Personality" not in reply["capabilities"]
    assert (await admin.host("controller-0"))["mgmt_ip"]


async def test_an_unlock_climbs_the_ladder_of_a_worker(admin: Client) -> None:
    assert (await admin.act("worker-1", "unlock")).status_code == 200
    seen = await course(admin, "worker-1", 520)
    assert seen == [
        (*LOCKED, "Unlocking"),
        ("unlocked", "disabled", "offline", "Rebooting"),
        ("unlocked", "disabled", "offline", "Booting"),
        ("unlocked", "disabled", "intest", "Testing"),
        ("unlocked", "disabled", "intest", "Initializing"),
        (*AVAILABLE, "Initializing"),
        (*AVAILABLE, ""),
    ]
    row = await admin.host("worker-1")
    assert (row["subfunction_oper"], row["subfunction_avail"]) == ("enabled", "available")
    assert row["vim_progress_status"] == "services-enabled"
    assert row["uptime"] < 300
    assert ("200.001", "host=worker-1") not in await admin.alarms()


async def test_an_aio_controller_is_enabled_before_its_worker_function_is(admin: Client) -> None:
    lying = []
    for _ in range(130):
        row = await admin.host("controller-1")
        if row["operational"] == "enabled" and row["subfunction_oper"] == "disabled":
            lying.append(row["task"])
        await admin.sim.advance(1)
    assert set(lying) == {"Initializing", "Enabling Worker Service"}
    row = await admin.host("controller-1")
    assert (row["subfunction_oper"], row["task"]) == ("enabled", "")


async def test_an_unlock_applies_the_configuration(admin: Client) -> None:
    before = await admin.host("controller-1")
    assert before["config_applied"] != before["config_target"]
    assert ("250.001", "host=controller-1") in await admin.alarms()
    after = await settled(admin, "controller-1")
    assert after["config_applied"] == after["config_target"] == before["config_target"]
    assert after["config_status"] == ""
    kinds = {kind for kind, _ in await admin.alarms()}
    assert not {"250.001", "400.002"} & kinds


async def test_times_scatter_a_tenth_around_the_usual(standard: Client) -> None:
    took = []
    for number in range(3):
        name = f"worker-{number}"
        await standard.act(name, "lock")
        await standard.sim.advance(60)
        await standard.act(name, "unlock")
        seconds = 0
        while standard.sim.cloud.named(name).task:
            await standard.sim.advance(1)
            seconds += 1
        took.append(seconds)
    assert len(set(took)) > 1
    assert all(0.9 * 417 <= seconds <= 1.1 * 417 + 1 for seconds in took)


async def test_a_force_lock_resets_the_host_at_once(admin: Client) -> None:
    assert (await admin.act("worker-2", "force-lock")).json()["task"] == "Force Locking"
    seen = await course(admin, "worker-2", 400)
    assert seen == [
        (*AVAILABLE, "Force Locking"),
        (*AVAILABLE, "Force Lock Reset in Progress"),
        ("locked", "disabled", "offline", ""),
        (*LOCKED, ""),
    ]


async def test_a_second_action_ends_the_ladder_of_the_first(admin: Client) -> None:
    await admin.act("worker-1", "unlock")
    await admin.sim.advance(60)
    assert (await admin.act("worker-1", "force-lock")).status_code == 200
    row = await settled(admin, "worker-1")
    assert (*states(row), row["task"]) == (*LOCKED, "")


async def test_a_swact_moves_the_services_and_nobody_answers_meanwhile(standard: Client) -> None:
    assert (await standard.act("controller-0", "swact")).json()["task"] == "Swacting"
    await standard.sim.advance(15)
    with pytest.raises(httpx.TransportError):
        await standard.host("controller-0")
    await standard.sim.advance(40)
    hosts = await standard.hosts()
    roles = {n: hosts[n]["capabilities"]["Personality"] for n in ("controller-0", "controller-1")}
    assert roles == {
        "controller-0": "Controller-Standby",
        "controller-1": "Controller-Active",
    }
    groups = (await standard.get(f"{PLATFORM}/servicegroup"))["sm_servicegroup"]
    oam = {g["node_name"]: g["state"] for g in groups if g["service_group_name"] == "oam-services"}
    assert oam == {"controller-0": "standby", "controller-1": "active"}
    assert (await standard.act("controller-0", "lock")).status_code == 200


async def test_a_force_swact_is_not_checked_and_may_find_nobody(admin: Client) -> None:
    assert (await admin.act("controller-0", "swact")).status_code == 400
    assert (await admin.act("controller-0", "force-swact")).status_code == 200
    await admin.sim.advance(60)
    with pytest.raises(httpx.TransportError):
        await admin.host("controller-0")
    row = await settled(admin, "controller-0", 120)
    assert row["capabilities"]["Personality"] == "Controller-Active"


async def test_the_active_controller_cannot_be_locked_even_by_force(admin: Client) -> None:
    for action in ("lock", "force-lock", "force-unsafe-lock"):
        assert "active controller" in (await admin.act("controller-0", action)).text


async def test_a_locked_standby_costs_the_redundancy(standard: Client) -> None:
    await standard.act("controller-1", "lock")
    await standard.sim.advance(60)
    kinds = {kind for kind, _ in await standard.alarms()}
    assert kinds == {"200.001", "400.002"}
    nodes = {n["name"]: n for n in (await standard.get(f"{PLATFORM}/servicenodes"))["nodes"]}
    assert nodes["controller-1"]["ready_state"] == "disabled"
    assert "Controller-1" not in (await standard.get(f"{PLATFORM}/health"))
    await standard.act("controller-1", "unlock")
    await standard.sim.advance(600)
    assert await standard.alarms() == []


async def test_a_storage_host_away_is_told_and_its_peer_then_kept(standard: Client) -> None:
    assert (await standard.act("storage-1", "lock")).status_code == 200
    await standard.sim.advance(60)
    assert {"800.001", "800.011"} <= {kind for kind, _ in await standard.alarms()}
    for action in ("lock", "force-lock"):
        refused = await standard.act("storage-0", action)
        assert "replication is lost" in refused.text
    await standard.act("storage-1", "unlock")
    await standard.sim.advance(440)
    assert "PGs in recovery state" in (await standard.act("storage-1", "lock")).text
    await standard.sim.advance(300)
    assert await standard.alarms() == []


async def test_the_storage_checks_are_skipped_for_a_disabled_host(standard: Client) -> None:
    await standard.act("storage-1", "lock")
    await standard.sim.advance(60)
    standard.sim.order("host-dies", host="storage-0")
    assert (await standard.act("storage-0", "force-lock")).status_code == 200


async def test_a_reboot_ends_online(admin: Client) -> None:
    await admin.act("worker-1", "reboot")
    seen = await course(admin, "worker-1", 400)
    assert [row[2] for row in seen] == ["online", "offline", "online"]
    assert seen[0][3] == "Rebooting"


async def test_power_goes_off_and_on(admin: Client) -> None:
    await admin.act("worker-1", "power-off")
    row = await settled(admin, "worker-1", 30)
    assert row["availability"] == "power-off"
    assert "Power-on" in (await admin.act("worker-1", "unlock")).text
    await admin.act("worker-1", "power-on")
    assert states(await settled(admin, "worker-1", 400)) == LOCKED


@pytest.mark.parametrize(("action", "word"), [("reset", "Reset"), ("power-off", "Power-Off")])
async def test_power_without_a_bmc_is_taken_and_fails_in_the_task(
    action: str, word: str, admin: Client
) -> None:
    await admin.patch("worker-1", bm_type="none")
    assert (await admin.act("worker-1", action)).status_code == 200
    row = await settled(admin, "worker-1", 10)
    assert row["task"] == f"{word} Failed - BMC is not provisioned"
    assert states(row) == LOCKED


async def test_a_reinstall_takes_its_time_and_refuses_an_unlock_meanwhile(admin: Client) -> None:
    await admin.act("worker-1", "reinstall")
    row = await settled(admin, "worker-1", 250)
    assert (row["task"], row["install_state"]) == ("Reinstalling", "installing")
    assert "not online" in (await admin.act("worker-1", "unlock")).text
    row = await settled(admin, "worker-1")
    assert (*states(row), row["install_state"], row["task"]) == (*LOCKED, "completed", "")


async def test_a_discovered_host_is_classified_installed_and_unlocked(admin: Client) -> None:
    found = (await admin.hosts())[None]
    reply = await admin.http.patch(
        f"{PLATFORM}/ihosts/{found['id']}",
        json=[
            {"op": "replace", "path": "/personality", "value": "worker"},
            {"op": "replace", "path": "/hostname", "value": "worker-4"},
        ],
    )
    assert (reply.status_code, reply.json()["hostname"]) == (200, "worker-4")
    assert "not online" in (await admin.act("worker-4", "unlock")).text
    row = await settled(admin, "worker-4")
    assert (*states(row), row["inv_state"]) == (*LOCKED, "inventoried")
    assert len((await admin.get(f"{PLATFORM}/ihosts/worker-4/idisks"))["idisks"]) == 2
    assert (await admin.act("worker-4", "unlock")).status_code == 200
    row = await settled(admin, "worker-4")
    assert (*states(row), row["invprovision"]) == (*AVAILABLE, "provisioned")
    again = await admin.patch("worker-4", personality="storage")
    assert "has been configured" in again.text


async def test_a_worker_wants_a_name_and_a_controller_gets_one(standard: Client) -> None:
    body = {"personality": "worker", "mgmt_mac": "52:54:00:6a:00:90"}
    refused = await standard.http.post(f"{PLATFORM}/ihosts", json=body)
    assert "Must provide a hostname" in refused.text
    added = await standard.http.post(f"{PLATFORM}/ihosts", json={**body, "personality": "storage"})
    assert added.json()["hostname"] == "storage-2"


async def test_a_deleted_host_takes_its_alarms_along(admin: Client) -> None:
    assert ("200.001", "host=worker-1") in await admin.alarms()
    uuid = (await admin.host("worker-1"))["uuid"]
    assert (await admin.http.delete(f"{PLATFORM}/ihosts/{uuid}")).status_code == 204
    assert (await admin.http.get(f"{PLATFORM}/ihosts/{uuid}")).status_code == 404
    assert "worker-1" not in await admin.hosts()
    assert ("200.001", "host=worker-1") not in await admin.alarms()


async def test_the_one_machine_of_a_site_takes_its_services_down_with_it(simplex: Client) -> None:
    assert (await simplex.act("controller-0", "lock")).status_code == 200
    await simplex.sim.advance(60)
    assert states(await simplex.host("controller-0")) == LOCKED
    await simplex.act("controller-0", "unlock")
    await simplex.sim.advance(60)
    with pytest.raises(httpx.TransportError):
        await simplex.host("controller-0")
    row = await settled(simplex, "controller-0", 600)
    assert (*states(row), row["subfunction_oper"]) == (*AVAILABLE, "enabled")


@pytest.mark.parametrize("action", ["swact", "reboot", "reset", "reinstall", "power-on"])
async def test_a_simplex_system_knows_no_such_action(action: str, simplex: Client) -> None:
    await simplex.act("controller-0", "lock")
    await simplex.sim.advance(60)
    assert (await simplex.act("controller-0", action)).status_code == 400


async def test_uploading_matters_only_on_simplex(admin: Client, simplex: Client) -> None:
    await simplex.act("controller-0", "lock")
    await simplex.sim.advance(60)
    for client, name, status in ((admin, "worker-1", 200), (simplex, "controller-0", 400)):
        client.sim.cloud.apps[0]["status"] = "uploading"
        assert (await client.act(name, "unlock")).status_code == status


async def test_an_unlock_wants_a_volume_group_and_a_quiet_root_ca(admin: Client) -> None:
    cloud = admin.sim.cloud
    await admin.get(f"{PLATFORM}/ihosts/worker-1/ipvs")
    volumes = cloud.children[cloud.named("worker-1").uuid, "ipvs"]
    kept = volumes.pop()
    assert "cgts-vg" in (await admin.act("worker-1", "unlock")).text
    volumes.append(kept)
    cloud.kube.rootca = {"uuid": "x", "state": "updating-pods-trust-both-cas"}
    assert "root ca update phase" in (await admin.act("worker-1", "unlock")).text
    assert (await admin.act("worker-1", "force-unlock")).status_code == 200


async def test_commands_and_states_are_logged(admin: Client) -> None:
    await admin.act("worker-1", "unlock")
    await admin.sim.advance(500)
    rows = (await admin.get(f"{FM}/event_log", logs="True"))["event_log"]
    told = [row["reason_text"] for row in rows if "worker-1" in row["entity_instance_id"]]
    assert told == [
        "worker-1 is now 'enabled'",
        "worker-1 is now 'offline'",
        "worker-1 manual 'unlock' request",
    ]
