"""An upgrade of Kubernetes as pretended: by hand and by strategy, and what is refused."""

from __future__ import annotations

from typing import Any, AsyncIterator, Dict

import httpx
import pytest_asyncio

from backend.simulator import Simulator
from tests.backend.simulator.client import PLATFORM, Client
from tests.backend.simulator.test_software import VIM, settle

KUBE = f"{PLATFORM}/kube_upgrade"
LONG = 10**6


@pytest_asyncio.fixture
async def one() -> AsyncIterator[Client]:
    """A simplex where all is well."""
    sim = Simulator("site-9", frozen=True, token_lifetime_s=LONG)
    async with sim, Client(sim) as client:
        await settle(client)
        yield client


@pytest_asyncio.fixture
async def many() -> AsyncIterator[Client]:
    """A standard cloud where all is well."""
    sim = Simulator("standard", frozen=True, token_lifetime_s=LONG)
    async with sim, Client(sim) as client:
        await settle(client)
        yield client


async def ask(client: Client, state: str, **more: str) -> httpx.Response:
    said = {**more, "state": state}
    body = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in said.items()]
    return await client.http.patch(KUBE, json=body)


async def upgrade(client: Client) -> Dict[str, Any]:
    (row,) = (await client.get(KUBE))["kube_upgrades"]
    assert isinstance(row, dict)
    return row


async def begun(client: Client, until: str = "upgraded-storage") -> None:
    assert (await client.http.post(KUBE, json={"to_version": "v1.30.6"})).status_code == 200
    for state in ("downloading-images", "pre-updating-apps", "upgrading-networking"):
        assert (await ask(client, state)).status_code == 200
        await client.sim.advance(400)
    assert (await ask(client, "upgrading-storage")).status_code == 200
    await client.sim.advance(400)
    assert (await upgrade(client))["state"] == until


async def test_on_simplex_it_goes_over_cordon_and_uncordon_to_its_end(one: Client) -> None:
    await begun(one)
    path = f"{PLATFORM}/ihosts/{one.sim.cloud.named('controller-0').uuid}"
    assert (await ask(one, "cordon-started", hostname="controller-0")).status_code == 200
    await one.sim.advance(200)
    for part, state in (
        ("kube_upgrade_control_plane", "upgraded-first-master"),
        ("kube_upgrade_kubelet", "upgrading-kubelets"),
    ):
        assert (await one.http.post(f"{path}/{part}", json={"force": False})).status_code == 200
        await one.sim.advance(400)
        assert (await upgrade(one))["state"] == state
    await ask(one, "uncordon-started", hostname="controller-0")
    await one.sim.advance(200)
    assert (await ask(one, "upgrade-complete")).status_code == 200
    versions = {
        v["version"]: v["state"]
        for v in (await one.get(f"{PLATFORM}/kube_versions"))["kube_versions"]
    }
    assert (versions["v1.30.6"], versions["v1.29.2"]) == ("active", "unavailable")
    assert (await one.http.delete(KUBE)).status_code == 204
    assert ("900.007", "host=controller") not in await one.alarms()


async def test_on_more_controllers_there_is_no_cordon_and_no_way_back(many: Client) -> None:
    await begun(many)
    for state in ("cordon-started", "upgrade-aborting"):
        said = await ask(many, state)
        assert said.status_code == 400
        assert "is not supported in duplex" in said.text
    active = next(h for h in many.sim.cloud.of("controller") if h.is_active)
    plane = f"{PLATFORM}/ihosts/{active.uuid}/kube_upgrade_control_plane"
    assert (await many.http.post(plane, json={})).status_code == 200
    await many.sim.advance(400)
    assert "already upgraded" in (await many.http.post(plane, json={})).text
    worker = many.sim.cloud.named("worker-0")
    early = await many.http.post(f"{PLATFORM}/ihosts/{worker.uuid}/kube_upgrade_kubelet", json={})
    assert "upgraded-second-master" in early.text


async def test_a_step_out_of_its_turn_is_refused_and_one_that_failed_can_be_done_again(
    one: Client,
) -> None:
    assert "not in progress" in (await ask(one, "downloading-images")).text
    skipped = await one.http.post(KUBE, json={"to_version": "v1.31.5"})
    assert "cannot upgrade" in skipped.text
    await one.http.post(KUBE, json={"to_version": "v1.30.6"})
    assert "must be in" in (await ask(one, "upgrading-networking")).text
    one.sim.cloud.software.doomed.add("downloading-images")
    for state in ("downloading-images-failed", "downloaded-images"):
        await ask(one, "downloading-images")
        await one.sim.advance(400)
        assert (await upgrade(one))["state"] == state


async def strategy_ends(client: Client, within: int = 400) -> Dict[str, Any]:
    path = f"{VIM}/kube-upgrade/strategy"
    body = {
        "to-version": "v1.30.6",
        "controller-apply-type": "serial",
        "storage-apply-type": "serial",
        "worker-apply-type": "parallel",
        "max-parallel-worker-hosts": 2,
        "default-instance-action": "stop-start",
        "alarm-restrictions": "relaxed",
    }
    assert (await client.http.post(path, json=body)).status_code == 200
    await client.sim.advance(200)
    said = await client.http.post(f"{path}/actions", json={"action": "apply-all"})
    assert said.status_code == 202
    for _ in range(within):
        await client.sim.advance(30)
        at = client.sim.cloud.strategy
        assert at is not None
        if at["state"] != "applying":
            return at
    raise AssertionError("it never ended")


async def test_a_strategy_brings_every_node_of_a_standard_cloud_to_the_version(
    many: Client,
) -> None:
    at = await strategy_ends(many)
    assert (at["state"], at["apply-phase"]["reason"]) == ("applied", "")
    assert many.sim.cloud.kube.running == "v1.30.6"


async def test_a_strategy_on_simplex_cordons_first_and_locks_nothing(one: Client) -> None:
    at = await strategy_ends(one)
    names = [stage["stage-name"] for stage in at["apply-phase"]["stages"]]
    assert names.index("kube-host-cordon") < names.index("kube-upgrade-first-control-plane")
    assert at["state"] == "applied"
    assert one.sim.cloud.kube.running == "v1.30.6"
