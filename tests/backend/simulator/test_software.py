"""USM and the VIM as pretended: whole deploys and strategies to their end, and what is refused."""

from __future__ import annotations

from typing import Any, AsyncIterator, Dict, List

import pytest
import pytest_asyncio

from backend.simulator import Simulator
from tests.backend.simulator.client import Client

USM, VIM = "/usm/v1", "/vim/api/orchestration"
SW = f"{VIM}/sw-upgrade/strategy"
RELEASE = "starlingx-24.09.301"
CREATE: Dict[str, Any] = {
    "release": [RELEASE],
    "rollback": False,
    "delete": True,
    "controller-apply-type": "serial",
    "storage-apply-type": "serial",
    "worker-apply-type": "parallel",
    "max-parallel-worker-hosts": 2,
    "default-instance-action": "stop-start",
    "alarm-restrictions": "relaxed",
}


@pytest_asyncio.fixture
async def calm() -> AsyncIterator[Client]:
    """A standard cloud where all is well: no alarm, all hosts unlocked."""
    async with (
        Simulator("standard", frozen=True, token_lifetime_s=10**6) as sim,
        Client(sim) as client,
    ):
        await settle(client)
        yield client


async def settle(client: Client) -> None:
    for host in client.sim.cloud.hosts:
        if host.administrative == "locked":
            assert (await client.act(host.name, "unlock")).status_code == 200
    await client.sim.advance(1800)
    for alarm in list(client.sim.cloud.alarms.values()):
        await client.http.delete(f"/faultmanagement/v1/alarms/{alarm.uuid}")


async def deploy(client: Client) -> Dict[str, Any]:
    (row,) = await client.get(f"{USM}/deploy")
    assert isinstance(row, dict)
    return row


async def post(client: Client, path: str, body: Any = None) -> Any:
    return await client.http.post(path, json=body if body is not None else {})


# --- a deploy by hand --------------------------------------------------------------------------


async def test_a_deploy_goes_from_start_over_each_host_to_its_end(calm: Client) -> None:
    sim = calm.sim
    assert (await post(calm, f"{USM}/deploy/precheck", {"releases": [RELEASE]})).status_code == 200
    assert (await post(calm, f"{USM}/deploy/start", {"releases": [RELEASE]})).status_code == 200
    assert (await deploy(calm))["state"] == "start"
    assert ("900.023", "host=controller") in await calm.alarms()
    await sim.advance(400)
    assert (await deploy(calm))["state"] == "start-done"
    for name in [host.name for host in sim.cloud.hosts]:
        if sim.cloud.named(name).is_active:
            assert (await calm.act(name, "swact")).status_code == 200
            await sim.advance(120)
        early = await post(calm, f"{USM}/deploy_host/{name}")
        assert early.status_code == 406
        assert "must be locked and online" in early.json()["error"]
        await calm.act(name, "lock")
        await sim.advance(120)
        assert (await post(calm, f"{USM}/deploy_host/{name}")).status_code == 200
        await sim.advance(200)
        assert ("900.020", f"host={name}") in await calm.alarms()
        await calm.act(name, "unlock")
        await sim.advance(1200)
        while sim.cloud.recovering:
            await sim.advance(60)
    assert (await deploy(calm))["state"] == "host-done"
    assert (await post(calm, f"{USM}/deploy/activate")).status_code == 200
    await sim.advance(200)
    assert (await post(calm, f"{USM}/deploy/complete")).status_code == 200
    completed = {one["release_id"]: one["state"] for one in await calm.get(f"{USM}/release")}
    assert completed[RELEASE] == "deploying"
    assert (await calm.http.delete(f"{USM}/deploy")).status_code == 200
    states = {one["release_id"]: one["state"] for one in await calm.get(f"{USM}/release")}
    assert states[RELEASE] == "deployed"
    assert await calm.get(f"{USM}/deploy") == []


async def test_what_was_completed_and_turned_back_is_available_again(calm: Client) -> None:
    await post(calm, f"{USM}/deploy/start", {"releases": [RELEASE]})
    await calm.sim.advance(400)
    at = calm.sim.cloud.software.deploy
    assert at is not None
    at["state"] = "completed"
    assert (await post(calm, f"{USM}/deploy/abort")).status_code == 200
    at["state"] = "host-rollback-done"
    assert (await calm.http.delete(f"{USM}/deploy")).status_code == 200
    states = {one["release_id"]: one["state"] for one in await calm.get(f"{USM}/release")}
    assert states[RELEASE] == "available"


async def test_a_host_that_fails_leaves_host_failed_and_can_be_done_again(calm: Client) -> None:
    await post(calm, f"{USM}/deploy/start", {"releases": [RELEASE]})
    await calm.sim.advance(400)
    calm.sim.cloud.software.doomed.add("worker-0")
    await calm.act("worker-0", "lock")
    await calm.sim.advance(120)
    for state in ("host-failed", "host"):
        await post(calm, f"{USM}/deploy_host/worker-0")
        await calm.sim.advance(200)
        assert (await deploy(calm))["state"] == state


async def test_an_abort_leads_back_over_host_rollback_to_delete(calm: Client) -> None:
    await post(calm, f"{USM}/deploy/start", {"releases": [RELEASE]})
    await calm.sim.advance(400)
    await calm.act("worker-0", "lock")
    await calm.sim.advance(120)
    await post(calm, f"{USM}/deploy_host/worker-0")
    await calm.sim.advance(200)
    assert (await post(calm, f"{USM}/deploy/abort")).status_code == 200
    assert (await deploy(calm))["state"] == "host-rollback"
    assert (await post(calm, f"{USM}/deploy_host/worker-0/rollback")).status_code == 200
    await calm.sim.advance(200)
    assert (await deploy(calm))["state"] == "host-rollback-done"
    locked = await calm.http.delete(f"{USM}/deploy")
    assert (locked.status_code, "must be unlocked" in locked.json()["error"]) == (406, True)
    await calm.act("worker-0", "unlock")
    await calm.sim.advance(1200)
    assert (await calm.http.delete(f"{USM}/deploy")).status_code == 200


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("deploy/activate", "Activate deployment only when current deployment state is host-done"),
        ("deploy/complete", "Complete deployment only when"),
        ("deploy_host/controller-0", "is not ready to deploy host"),
        ("deploy_host/nosuchhost", "Host nosuchhost can not be found"),
        ("deploy/start", "No releases given"),
    ],
)
async def test_what_does_not_fit_is_refused_with_406_and_json_sent_as_html(
    calm: Client, path: str, words: str
) -> None:
    said = await post(calm, f"{USM}/{path}")
    assert said.status_code == 406
    assert said.headers["content-type"].startswith("text/html")
    assert words in said.json()["error"]


async def test_a_precheck_names_what_fails(standard: Client) -> None:
    standard.sim.order("disk-fills", host="controller-0")
    said = await post(standard, f"{USM}/deploy/precheck", {"releases": [RELEASE]})
    assert (said.status_code, said.json()["info"]) == (200, "")
    assert "No management affecting alarms: [Fail]" in said.json()["error"]


async def test_an_older_client_names_the_release_in_the_path(calm: Client) -> None:
    assert (await post(calm, f"{USM}/deploy/{RELEASE}/start")).status_code == 200
    again = await post(calm, f"{USM}/deploy/{RELEASE}/start")
    assert "already a deployment in progress" in again.json()["error"]


# --- strategies --------------------------------------------------------------------------------


async def strategy(client: Client) -> Dict[str, Any]:
    row = (await client.get(SW))["strategy"]
    assert isinstance(row, dict)
    return row


async def test_a_software_strategy_restarts_host_after_host_and_is_applied(calm: Client) -> None:
    assert (await post(calm, SW, CREATE)).status_code == 200
    await calm.sim.advance(120)
    assert (await strategy(calm))["state"] == "ready-to-apply"
    assert (await post(calm, f"{SW}/actions", {"action": "apply-all"})).status_code == 202
    restarted: List[str] = []
    for _ in range(400):
        await calm.sim.advance(30)
        restarted += [
            host.name
            for host in calm.sim.cloud.hosts
            if host.administrative == "locked" and host.name not in restarted
        ]
        # Nobody answers while the controllers change places: the model is looked at itself.
        at = calm.sim.cloud.strategy
        assert at is not None
        if at["state"] != "applying":
            break
    at = await strategy(calm)
    assert (at["state"], at["current-phase-completion-percentage"]) == ("applied", 100)
    assert sorted(restarted) == sorted(host.name for host in calm.sim.cloud.hosts)
    assert await calm.get(f"{USM}/deploy") == []
    assert (await calm.http.request("DELETE", SW, json={})).status_code == 204
    assert (await calm.get(SW))["strategy"] is None


async def apply_stage(client: Client, number: int) -> int:
    said = await post(client, f"{SW}/actions", {"action": "apply-stage", "stage-id": number})
    return int(said.status_code)


async def test_after_one_stage_alone_it_is_still_applying_and_takes_the_next_alone(
    calm: Client,
) -> None:
    await post(calm, SW, CREATE)
    await calm.sim.advance(120)
    assert await apply_stage(calm, 1) == 500
    assert await apply_stage(calm, 0) == 202
    assert await apply_stage(calm, 0) == 500
    await calm.sim.advance(3600)
    at = await strategy(calm)
    phase = at["apply-phase"]
    assert (at["state"], at["current-phase"], phase["inprogress"]) == ("applying", "apply", True)
    assert (phase["current-stage"], phase["stop-at-stage"]) == (1, 1)
    assert [await apply_stage(calm, number) for number in (0, 2)] == [500, 500]
    said = await post(calm, f"{SW}/actions", {"action": "apply-all"})
    assert said.status_code == 202
    assert said.json()["strategy"]["apply-phase"]["stop-at-stage"] == phase["total-stages"]


async def test_an_abort_between_two_stages_is_over_at_once(calm: Client) -> None:
    await post(calm, SW, CREATE)
    await calm.sim.advance(120)
    await apply_stage(calm, 0)
    await calm.sim.advance(3600)
    assert (await post(calm, f"{SW}/actions", {"action": "abort"})).status_code == 202
    assert (await strategy(calm))["state"] == "aborted"


@pytest.mark.parametrize(
    ("how", "state"), [("relaxed", "build-failed"), ("permissive", "ready-to-apply")]
)
async def test_relaxed_lets_no_alarm_pass_that_affects_management(
    standard: Client, how: str, state: str
) -> None:
    standard.sim.order("disk-fills", host="controller-0")
    assert any(alarm.mgmt_affecting == "True" for alarm in standard.sim.cloud.alarms.values())
    own = {key: CREATE[key] for key in CREATE if key not in {"release", "rollback", "delete"}}
    path = f"{VIM}/kube-upgrade/strategy"
    await post(standard, path, {**own, "alarm-restrictions": how, "to-version": "v1.30.6"})
    await standard.sim.advance(200)
    assert (await standard.get(path))["strategy"]["state"] == state


async def test_a_step_that_fails_is_turned_back_by_the_vim_itself(calm: Client) -> None:
    await post(calm, SW, CREATE)
    await calm.sim.advance(120)
    calm.sim.cloud.software.doomed.add("lock-hosts")
    await post(calm, f"{SW}/actions", {"action": "apply-all"})
    await calm.sim.advance(3000)
    at = await strategy(calm)
    assert (at["state"], at["apply-phase"]["result"]) == ("aborted", "failed")
    assert at["apply-phase"]["reason"] == "lock-hosts failed"


async def test_strict_with_alarms_stays_ready_for_software_and_fails_for_the_others(
    standard: Client,
) -> None:
    standard.sim.order("disk-fills", host="worker-0", percent=85)
    strict = {**CREATE, "alarm-restrictions": "strict"}
    await post(standard, SW, strict)
    await standard.sim.advance(120)
    at = await strategy(standard)
    # Its own precheck fails on the same alarms, or its reason names them.
    assert at["build-phase"]["reason"].startswith("Unignored platform alarms")
    await standard.http.request("DELETE", SW, json={})
    kube = {k: v for k, v in strict.items() if k not in {"release", "rollback", "delete"}}
    path = f"{VIM}/kube-upgrade/strategy"
    assert (await post(standard, path, {**kube, "to-version": "v1.30.6"})).status_code == 200
    await standard.sim.advance(200)
    assert (await standard.get(path))["strategy"]["state"] == "build-failed"


async def test_the_vim_s_odd_answers_are_kept(calm: Client) -> None:
    assert (await calm.get(SW))["strategy"] is None
    assert (await post(calm, SW, {**CREATE, "what": 1})).status_code == 400
    missing = {key: value for key, value in CREATE.items() if key != "rollback"}
    assert (await post(calm, SW, missing)).status_code == 500
    await post(calm, SW, CREATE)
    assert (await post(calm, SW, CREATE)).status_code == 409
    early = await post(calm, f"{SW}/actions", {"action": "apply-all"})
    assert (early.status_code, early.content) == (500, b"")
    assert (await calm.http.request("DELETE", SW, json={})).status_code == 409
    assert (await calm.get(f"{VIM}/fw-update/strategy"))["strategy"] is None
    assert (await calm.get(f"{VIM}/current-strategy/strategy"))["strategy"]["name"] == "sw-upgrade"
    calm.http.headers["X-Auth-Token"] = "nobody's"
    refused = await calm.http.get(SW)
    assert (refused.status_code, refused.content) == (403, b"")


async def test_an_abort_is_refused_inside_a_controllers_stage(calm: Client) -> None:
    await post(calm, SW, CREATE)
    await calm.sim.advance(120)
    await post(calm, f"{SW}/actions", {"action": "apply-all"})
    for _ in range(60):
        await calm.sim.advance(20)
        at = await strategy(calm)
        stage = at["apply-phase"]["stages"][at["apply-phase"]["current-stage"]]
        if "controllers" in stage["stage-name"]:
            break
    said = await post(calm, f"{SW}/actions", {"action": "abort"})
    assert said.status_code == 400
    assert "cannot abort during sw-upgrade-controllers" in said.json()["faultstring"]
