"""Faults happen when they are ordered, with the alarms they cause, and go with their cause."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import FM, PLATFORM, Client, credentials


async def test_a_dead_host_fails_and_is_brought_back(admin: Client) -> None:
    admin.sim.order("host-dies", host="worker-2")
    row = await admin.host("worker-2")
    assert (row["operational"], row["availability"]) == ("disabled", "failed")
    assert ("200.004", "host=worker-2") in await admin.alarms()
    await admin.sim.advance(60)
    assert (await admin.host("worker-2"))["availability"] == "offline"
    assert ("200.004", "host=worker-2") in await admin.alarms()
    await admin.sim.advance(500)
    assert (await admin.host("worker-2"))["availability"] == "available"
    assert ("200.004", "host=worker-2") not in await admin.alarms()


async def test_a_dead_active_controller_leaves_the_services_to_the_other(
    standard: Client,
) -> None:
    standard.sim.order("host-dies", host="controller-0")
    hosts = await standard.hosts()
    assert hosts["controller-1"]["capabilities"]["Personality"] == "Controller-Active"
    assert "400.002" in {kind for kind, _ in await standard.alarms()}


@pytest.mark.parametrize(
    ("stage", "task"),
    [
        ("config", "Configuration Failed, re-enabling"),
        ("test", "In-Test Failed, re-enabling"),
        ("services", "Start Services Failed, re-enabling"),
        ("heartbeat", "Enable Heartbeat Failure, re-enabling"),
    ],
)
async def test_an_enable_fails_once_and_succeeds_then(stage: str, task: str, admin: Client) -> None:
    admin.sim.order("enable-fails", host="worker-1", stage=stage)
    await admin.act("worker-1", "unlock")
    tasks: list[str] = []
    row = admin.sim.cloud.named("worker-1")
    while row.availability != "available":
        if row.task not in tasks:
            tasks.append(row.task)
        await admin.sim.advance(2)
    assert tasks[tasks.index("Testing") + 1] == task
    await admin.sim.advance(10)
    assert (await admin.host("worker-1"))["task"] == ""
    assert ("200.004", "host=worker-1") not in await admin.alarms()


async def test_an_enable_that_fails_thrice_is_given_up_until_a_lock_and_unlock(
    admin: Client,
) -> None:
    admin.sim.order("enable-fails", host="worker-1", times=3)
    await admin.act("worker-1", "unlock")
    await admin.sim.advance(1600)
    row = await admin.host("worker-1")
    assert row["task"] == "In-Test Failure, threshold reached, Lock/Unlock to retry"
    assert (row["operational"], row["availability"]) == ("disabled", "failed")
    assert (await admin.act("worker-1", "lock")).status_code == 200
    await admin.sim.advance(60)
    assert (await admin.host("worker-1"))["availability"] == "offline"
    assert ("200.004", "host=worker-1") not in await admin.alarms()
    await admin.sim.advance(340)
    assert (await admin.act("worker-1", "unlock")).status_code == 200
    await admin.sim.advance(600)
    assert (await admin.host("worker-1"))["availability"] == "available"


async def test_a_failed_worker_function_leaves_an_aio_host_degraded(admin: Client) -> None:
    admin.sim.order("enable-fails", host="controller-1", stage="worker")
    admin.sim.order("disk-clears", host="controller-1")
    await admin.sim.advance(300)
    row = await admin.host("controller-1")
    assert (row["operational"], row["availability"]) == ("enabled", "degraded")
    assert (row["subfunction_oper"], row["subfunction_avail"]) == ("disabled", "failed")


async def test_the_only_controller_takes_the_services_down_when_it_dies(
    simplex: Client, admin: Client
) -> None:
    for client in (simplex, admin):
        client.sim.order("host-dies", host="controller-0")
        await client.sim.advance(30)
        with pytest.raises(httpx.TransportError):
            await client.hosts()
        await client.sim.advance(600)
        assert (await client.host("controller-0"))["availability"] == "available"


async def test_a_backup_refuses_a_lock_but_not_by_force(admin: Client) -> None:
    admin.sim.order("backup-runs", for_s=60)
    assert ("210.001", "host=controller") in await admin.alarms()
    assert "backup in progress" in (await admin.act("worker-2", "lock")).text
    assert (await admin.act("worker-3", "force-lock")).status_code == 200
    await admin.sim.advance(61)
    assert (await admin.act("worker-2", "lock")).status_code == 200


async def test_a_growing_filesystem_refuses_a_swact_and_not_the_standbys_unlock(
    standard: Client,
) -> None:
    standard.sim.order("drbd-resizes", filesystem="etcd", for_s=600)
    rows = (await standard.get(f"{PLATFORM}/controller_fs"))["controller_fs"]
    assert "resizing" in next(row["state"] for row in rows if row["name"] == "etcd")
    assert "drbd 'etcd' is resizing" in (await standard.act("controller-0", "swact")).text
    await standard.act("controller-1", "lock")
    await standard.sim.advance(60)
    assert (await standard.act("controller-1", "unlock")).status_code == 200


async def test_an_osd_being_set_up_refuses_its_controllers_lock(admin: Client) -> None:
    await admin.sim.advance(300)
    admin.sim.order("osd-configures", host="controller-1")
    assert "'configuring' state" in (await admin.act("controller-1", "lock")).text
    await admin.sim.advance(130)
    assert (await admin.act("controller-1", "lock")).status_code == 200


async def test_monitors_are_kept_for_a_quorum_unless_it_is_unsafe(standard: Client) -> None:
    await standard.act("storage-0", "lock")
    await standard.sim.advance(60)
    assert "storage monitor available" in (await standard.act("controller-1", "lock")).text
    assert "--unsafe" in (await standard.act("controller-1", "force-lock")).text
    assert (await standard.act("controller-1", "force-unsafe-lock")).status_code == 200


async def test_a_disk_fills_from_major_to_critical_and_empties(admin: Client) -> None:
    entity = "host=worker-2.filesystem=/var/log"
    admin.sim.order("disk-fills", host="worker-2", percent=84.0)
    assert await severity(admin, entity) == "major"
    assert (await admin.host("worker-2"))["availability"] == "available"
    admin.sim.order("disk-fills", host="worker-2", percent=93.5)
    assert await severity(admin, entity) == "critical"
    assert (await admin.host("worker-2"))["availability"] == "degraded"
    admin.sim.order("disk-fills", host="worker-2", percent=50.0)
    assert ("100.104", entity) not in await admin.alarms()
    assert (await admin.host("worker-2"))["availability"] == "available"


async def severity(client: Client, entity: str) -> str:
    rows = (await client.get(f"{FM}/alarms"))["alarms"]
    return str(next(row["severity"] for row in rows if row["entity_instance_id"] == entity))


async def test_a_failed_process_degrades_its_host_until_it_recovers(admin: Client) -> None:
    admin.sim.order("process-recovers", host="worker-0")
    assert (await admin.host("worker-0"))["availability"] == "available"
    admin.sim.order("process-fails", host="worker-0", process="sshd", severity="minor")
    assert (await admin.host("worker-0"))["availability"] == "available"
    admin.sim.order("process-fails", host="worker-0", process="sshd", severity="major")
    assert await severity(admin, "host=worker-0.process=sshd") == "major"
    assert (await admin.host("worker-0"))["availability"] == "degraded"


async def test_setting_and_clearing_are_written_down(admin: Client) -> None:
    await admin.sim.advance(600)
    admin.sim.order("disk-fills", host="worker-3")
    await admin.sim.advance(30)
    admin.sim.order("disk-clears", host="worker-3")
    rows = (await admin.get(f"{FM}/event_log", limit=2))["event_log"]
    assert [(row["state"], row["event_log_id"]) for row in rows] == [
        ("clear", "100.104"),
        ("set", "100.104"),
    ]
    clear, set_ = (datetime.fromisoformat(row["timestamp"]) for row in rows)
    assert (clear - set_).total_seconds() == 30


async def test_a_changed_configuration_waits_for_a_lock_and_unlock(admin: Client) -> None:
    admin.sim.order("config-changes", host="worker-1")
    row = await admin.host("worker-1")
    assert row["config_status"] == "Config out-of-date"
    assert row["config_applied"] != row["config_target"]
    await admin.act("worker-1", "unlock")
    await admin.sim.advance(600)
    assert ("250.001", "host=worker-1") not in await admin.alarms()


async def test_a_silent_bmc_is_told_and_fails_a_reset(admin: Client) -> None:
    admin.sim.order("bmc-away", host="worker-1", for_s=100)
    assert ("200.010", "host=worker-1") in await admin.alarms()
    await admin.act("worker-1", "reset")
    await admin.sim.advance(10)
    assert (await admin.host("worker-1"))["task"] == "Reset Failed - BMC is not accessible"
    await admin.sim.advance(100)
    assert ("200.010", "host=worker-1") not in await admin.alarms()


async def test_a_deleted_alarm_stays_away_while_its_cause_lasts(admin: Client) -> None:
    rows = (await admin.get(f"{FM}/alarms"))["alarms"]
    uuid = next(row["uuid"] for row in rows if row["alarm_id"] == "200.006")
    assert (await admin.http.delete(f"{FM}/alarms/{uuid}")).status_code == 204
    (last,) = (await admin.get(f"{FM}/event_log", limit=1))["event_log"]
    assert (last["state"], last["event_log_id"]) == ("clear", "200.006")
    admin.sim.order("config-changes", host="worker-0")
    await admin.sim.advance(1800)
    assert "200.006" not in {kind for kind, _ in await admin.alarms()}
    assert (await admin.host("worker-0"))["availability"] == "degraded"


async def test_an_away_api_refuses_and_comes_back_on_its_port(admin: Client) -> None:
    port = admin.sim.port
    admin.sim.order("api-away", for_s=30)
    await admin.sim.advance(0)
    with pytest.raises(httpx.ConnectError):
        await admin.hosts()
    await admin.sim.advance(31)
    assert admin.sim.port == port
    assert len(await admin.hosts()) == 7


async def test_one_service_may_be_away_behind_its_proxy(admin: Client) -> None:
    admin.sim.order("api-away", service="platform", how="503")
    reply = await admin.http.get(f"{PLATFORM}/ihosts")
    assert (reply.status_code, reply.headers["Content-Type"].split(";")[0]) == (503, "text/html")
    assert await admin.alarms()
    admin.sim.order("api-back")
    assert await admin.hosts()


async def test_services_that_cannot_validate_tokens_say_503_in_html(admin: Client) -> None:
    admin.sim.order("api-away", service="identity", how="503")
    for path in (f"{PLATFORM}/ihosts", f"{FM}/alarms"):
        reply = await admin.http.get(path)
        assert (reply.status_code, reply.text[:6]) == (503, "<html>")


async def test_a_silent_api_takes_the_request_and_never_answers(admin: Client) -> None:
    admin.sim.order("api-silent", service="platform")
    with pytest.raises(httpx.ReadTimeout):
        await admin.http.get(f"{PLATFORM}/ihosts", timeout=0.2)
    assert admin.sim.requests[-1] == ("GET", f"{PLATFORM}/ihosts", 0)
    assert await admin.alarms()


async def test_an_expired_token_is_refused_until_one_signs_in_again(admin: Client) -> None:
    admin.sim.order("token-expires")
    assert (await admin.http.get(f"{PLATFORM}/ihosts")).status_code == 401
    assert (await admin.http.get(f"{FM}/alarms")).status_code == 401


async def test_tokens_live_as_long_as_they_are_given() -> None:
    sim = Simulator(frozen=True, token_lifetime_s=60)
    async with sim, Client(sim) as client:
        await sim.advance(59)
        assert await client.hosts()
        await sim.advance(2)
        assert (await client.http.get(f"{PLATFORM}/ihosts")).status_code == 401


async def test_a_skewed_clock_shows_in_every_stamp(admin: Client) -> None:
    admin.sim.order("clock-skew", seconds=-7200)
    admin.sim.order("disk-fills", host="worker-3")
    rows = (await admin.get(f"{FM}/alarms"))["alarms"]
    stamp = next(row for row in rows if "worker-3" in row["entity_instance_id"])["timestamp"]
    assert stamp.startswith("2026-11-21T00:41:20")
    reply = await admin.http.post("/identity/v3/auth/tokens", json=credentials())
    assert reply.json()["token"]["issued_at"] == "2026-11-21T00:41:20.000000Z"


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"fault": "enable-fails", "host": "worker-1", "stage": "x"}, "heartbeat"),
        ({"fault": "drbd-resizes", "filesystem": "x"}, "etcd"),
        ({"fault": "host-dances"}, "host-dies"),
        ({"fault": "host-dies", "host": "worker-77"}, "worker-77"),
        ({"fault": "api-away", "service": "nova"}, "faultmanagement"),
        ({"fault": "api-away", "how": "slowly"}, "refused"),
    ],
)
async def test_an_order_that_cannot_be_is_refused_with_what_can(
    order: dict[str, str], words: str, admin: Client
) -> None:
    with pytest.raises(KeyError, match=words):
        admin.sim.order(**order)
    reply = await admin.http.post("/pretend/order", json=order)
    assert reply.status_code == 400
    assert words in reply.json()["pretend"]


async def test_the_control_door_orders_and_advances(admin: Client) -> None:
    orders = (await admin.get("/pretend/order"))["orders"]
    assert {"host-dies", "disk-fills", "api-away"} <= {row["fault"] for row in orders}
    assert all(row["does"] for row in orders)
    order = {"fault": "disk-fills", "host": "worker-2", "filesystem": "/var"}
    assert (await admin.http.post("/pretend/order", json=order)).status_code == 200
    assert ("100.104", "host=worker-2.filesystem=/var") in await admin.alarms()
    reply = await admin.http.post("/pretend/advance", json={"seconds": 60})
    assert reply.json()["now"] == "2026-11-21T02:42:20+00:00"
    assert (await admin.http.post("/pretend/advance", json={})).status_code == 400
    assert (await admin.http.get("/pretend/advance")).status_code == 404
