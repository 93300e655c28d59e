"""Each step of a deploy, a strategy and an upgrade of Kubernetes fails on order, and goes on."""

from __future__ import annotations

from typing import Any, Dict, List, Set, Tuple

import httpx
import pytest

from backend.simulator import stages
from backend.simulator.kube_upgrade import STEPS
from tests.backend.simulator.client import PLATFORM, Client
from tests.backend.simulator.test_kube_upgrade import ask, many, one, upgrade
from tests.backend.simulator.test_software import (
    CREATE,
    RELEASE,
    SW,
    USM,
    VIM,
    calm,
    deploy,
    post,
    strategy,
)

__all__ = ["calm", "many", "one"]

# --- a deploy ----------------------------------------------------------------------------------


async def do(client: Client, verb: str) -> None:
    """Take one step of a deploy, and wait until it is over."""
    if verb == "start":
        said = await post(client, f"{USM}/deploy/start", {"releases": [RELEASE]})
    elif verb in {"host", "rollback"}:
        await do_hosts(client, verb)
        return
    else:
        said = await post(client, f"{USM}/deploy/{verb}")
    assert said.status_code == 200, said.text
    await client.sim.advance(400)


async def do_hosts(client: Client, verb: str) -> None:
    """Bring every host that is not there yet on, or back, to the first that fails."""
    back, before = ("/rollback", "rollback-") if verb == "rollback" else ("", "")
    parts = client.sim.cloud.software.hosts
    for name in [n for n, part in parts.items() if part["host_state"] != f"{before}deployed"]:
        said = await post(client, f"{USM}/deploy_host/{name}{back}")
        assert said.status_code == 200, said.text
        await client.sim.advance(200)
        if parts[name]["host_state"].endswith("failed"):
            return


# What is ordered to fail, the steps before it, the step, and the states it ends in: then, later.
DEPLOY: Dict[str, Tuple[str, Tuple[str, ...], str, str, str]] = {
    "host": ("worker-0", ("start",), "host", "host-failed", "host-done"),
    "activate": ("activate", ("start", "host"), "activate", "activate-failed", "activate-done"),
    "activate-rollback": (
        "activate-rollback",
        ("start", "host", "activate", "abort"),
        *("activate_rollback", "activate-rollback-failed", "activate-rollback-done"),
    ),
    "host-rollback": (
        "worker-0",
        ("start", "host", "abort"),
        *("rollback", "host-rollback-failed", "host-rollback-done"),
    ),
}


@pytest.mark.parametrize("step", DEPLOY)
async def test_a_step_of_a_deploy_fails_on_order_and_is_done_again(calm: Client, step: str) -> None:
    order, before, verb, failed, done = DEPLOY[step]
    in_service(calm)
    for earlier in before:
        await do(calm, earlier)
    calm.sim.order("step-fails", step=order)
    await do(calm, verb)
    assert (await deploy(calm))["state"] == failed
    await do(calm, verb)
    assert (await deploy(calm))["state"] == done


async def test_a_start_that_fails_on_order_is_deleted_and_started_again(calm: Client) -> None:
    calm.sim.order("step-fails", step="start")
    await do(calm, "start")
    assert (await deploy(calm))["state"] == "start-failed"
    assert (await calm.http.delete(f"{USM}/deploy")).status_code == 200
    await do(calm, "start")
    assert (await deploy(calm))["state"] == "start-done"


def in_service(client: Client) -> None:
    """Let the release want no reboot: its hosts are deployed as they stand."""
    client.sim.cloud.software.release(RELEASE)["reboot_required"] = False


# --- strategies --------------------------------------------------------------------------------

COMMON = {key: CREATE[key] for key in CREATE if key not in {"release", "rollback", "delete"}}
BODIES: Dict[str, Dict[str, Any]] = {
    "sw-upgrade": CREATE,
    "kube-upgrade": {**COMMON, "to-version": "v1.30.6"},
    "fw-update": COMMON,
    "kube-rootca-update": {**COMMON, "expiry-date": "2033-12-01", "subject": "C=CA CN=site"},
    "system-config-update": COMMON,
}
BUILDS = {
    "sw-upgrade": ("query-alarms", "query-upgrade", "sw-deploy-precheck"),
    "kube-upgrade": ("query-alarms", "query-kube-upgrade"),
    "fw-update": ("query-alarms", "query-fw-update-host"),
    "kube-rootca-update": (
        *("query-alarms", "query-kube-rootca-update", "query-kube-rootca-host-updates"),
    ),
    "system-config-update": ("query-alarms", "query-system-config-update-hosts"),
}
APPLIES = {
    "sw-upgrade": (
        *("start-upgrade", "query-alarms", "swact-hosts", "lock-hosts", "upgrade-hosts"),
        *("system-stabilize", "unlock-hosts", "wait-alarms-clear", "wait-data-sync"),
        *("activate-upgrade", "complete-upgrade", "sw-deploy-delete"),
    ),
    "kube-upgrade": (
        *("kube-upgrade-start", "kube-upgrade-download-images", "kube-pre-application-update"),
        *("kube-upgrade-networking", "kube-upgrade-storage", "kube-upgrade-first-control-plane"),
        *("kube-upgrade-second-control-plane", "query-alarms", "swact-hosts", "lock-hosts"),
        *("kube-upgrade-kubelet", "system-stabilize", "unlock-hosts", "wait-alarms-clear"),
        *("kube-upgrade-complete", "kube-post-application-update"),
    ),
    "fw-update": (
        *("query-alarms", "fw-update-hosts", "lock-hosts", "system-stabilize", "unlock-hosts"),
    ),
    "kube-rootca-update": (
        *("kube-rootca-update-start", "kube-rootca-update-generate-cert"),
        *("kube-rootca-update-host-trustbothcas", "kube-rootca-update-pods-trustbothcas"),
        *("kube-rootca-update-host-update-certs", "kube-rootca-update-host-trustnewca"),
        *("kube-rootca-update-pods-trustnewca", "kube-rootca-update-complete"),
    ),
    "system-config-update": (
        *("query-alarms", "swact-hosts", "lock-hosts", "system-config-update-hosts"),
        *("system-stabilize", "unlock-hosts", "wait-alarms-clear", "wait-data-sync"),
    ),
}


def pairs(of: Dict[str, Tuple[str, ...]]) -> List[Tuple[str, str]]:
    return [(name, step) for name, steps in of.items() for step in steps]


async def built(client: Client, name: str) -> Dict[str, Any]:
    for host in client.sim.cloud.of("worker"):
        client.sim.cloud.touch(host, device_image_update="pending")
    said = await post(client, f"{VIM}/{name}/strategy", BODIES[name])
    assert said.status_code == 200, said.text
    await client.sim.advance(200)
    at = client.sim.cloud.strategy
    assert at is not None
    return at


async def applied(client: Client, name: str) -> Dict[str, Any]:
    """Apply all of a strategy, and return it once it is over."""
    said = await post(client, f"{VIM}/{name}/strategy/actions", {"action": "apply-all"})
    assert said.status_code == 202
    for _ in range(150):
        await client.sim.advance(120)
        at = client.sim.cloud.strategy
        assert at is not None
        if at["state"] not in {"applying", "aborting"}:
            break
    return at


@pytest.mark.parametrize(("name", "step"), pairs(BUILDS))
async def test_a_step_of_a_build_fails_on_order_and_the_strategy_is_build_failed(
    calm: Client, name: str, step: str
) -> None:
    calm.sim.order("step-fails", step=step)
    at = await built(calm, name)
    assert (at["state"], at["build-phase"]["reason"]) == ("build-failed", f"{step} failed")


@pytest.mark.parametrize(("name", "step"), pairs(APPLIES))
async def test_a_step_of_an_apply_fails_on_order_and_the_vim_turns_it_back(
    calm: Client, name: str, step: str
) -> None:
    await built(calm, name)
    calm.sim.order("step-fails", step=step)
    at = await applied(calm, name)
    assert (at["state"], at["apply-phase"]["result"]) == ("aborted", "failed")
    assert at["apply-phase"]["reason"] == f"{step} failed"


@pytest.mark.parametrize("name", list(BODIES))
async def test_no_step_of_a_strategy_is_left_out_of_those_that_fail(
    calm: Client, name: str
) -> None:
    at = await built(calm, name)
    assert steps_of(stages.applying(calm.sim.cloud, at)) == set(APPLIES[name])
    assert steps_of(at["build-phase"]["stages"]) == set(BUILDS[name])


# What of a host, or of all pods, fails by itself, and in what words the step says so.
PARTS_OF_STRATEGIES = {
    "fw-update": ("worker-1", "firmware update of worker-1 failed"),
    "kube-rootca-update": ("worker-1", "it is updating-host-trust-both-cas-failed"),
    "system-config-update": (
        *("worker-1", "the configuration of worker-1 was not brought up to date"),
    ),
}


@pytest.mark.parametrize("name", PARTS_OF_STRATEGIES)
async def test_a_host_that_fails_in_its_step_ends_the_strategy_in_its_words(
    calm: Client, name: str
) -> None:
    order, words = PARTS_OF_STRATEGIES[name]
    await built(calm, name)
    calm.sim.order("step-fails", step=order)
    at = await applied(calm, name)
    assert (at["state"], at["apply-phase"]["reason"]) == ("aborted", words)


@pytest.mark.parametrize("name", list(BODIES))
async def test_where_nothing_fails_every_strategy_comes_to_its_end(calm: Client, name: str) -> None:
    await built(calm, name)
    at = await applied(calm, name)
    assert (at["state"], at["apply-phase"]["result"]) == ("applied", "success")
    results = {one["result"] for stage in at["apply-phase"]["stages"] for one in stage["steps"]}
    assert results == {"success"}
    assert all(host.administrative == "unlocked" for host in calm.sim.cloud.hosts)


async def test_a_firmware_strategy_with_no_image_pending_fails_in_its_build_as_the_vim_s(
    calm: Client,
) -> None:
    said = await post(calm, f"{VIM}/fw-update/strategy", COMMON)
    assert said.status_code == 200
    await calm.sim.advance(200)
    at = calm.sim.cloud.strategy
    assert at is not None
    assert (at["state"], at["build-phase"]["result"]) == ("build-failed", "failed")
    assert at["build-phase"]["reason"] == "no firmware update required"


async def test_a_strategy_of_the_root_ca_leaves_no_update_behind(calm: Client) -> None:
    await built(calm, "kube-rootca-update")
    await applied(calm, "kube-rootca-update")
    assert calm.sim.cloud.kube.rootca is None


def steps_of(found: List[Dict[str, Any]]) -> Set[str]:
    return {step["step-name"] for stage in found for step in stage["steps"]}


# --- an upgrade of Kubernetes ------------------------------------------------------------------

HOST = "controller-0"
# On simplex, in its order; the two between are of a host.
UPGRADE = (
    *("downloading-images", "pre-updating-apps", "upgrading-networking", "upgrading-storage"),
    *("cordon-started", "upgrading-first-master", f"kubelet-{HOST}", "uncordon-started"),
    "post-updating-apps",
)
PARTS = {
    "upgrading-first-master": "kube_upgrade_control_plane",
    f"kubelet-{HOST}": "kube_upgrade_kubelet",
}


async def take(client: Client, step: str) -> httpx.Response:
    """Take one step of the upgrade, and wait until it is over."""
    if step == "post-updating-apps":
        await ask(client, "upgrade-complete")
    if step in PARTS:
        uuid = client.sim.cloud.named(HOST).uuid
        said = await client.http.post(f"{PLATFORM}/ihosts/{uuid}/{PARTS[step]}", json={})
    else:
        more = {"hostname": HOST} if "cordon" in step else {}
        said = await ask(client, step, **more)
    await client.sim.advance(400)
    return said


async def stands(client: Client, step: str) -> str:
    """Return how the upgrade stands, or the host, where it is the host that says it."""
    if step.startswith("kubelet-"):
        return str(client.sim.cloud.kube.statuses.get(client.sim.cloud.named(HOST).uuid))
    return str((await upgrade(client))["state"])


@pytest.mark.parametrize("step", UPGRADE)
async def test_a_step_of_a_kubernetes_upgrade_fails_on_order_and_is_done_again(
    one: Client, step: str
) -> None:
    await one.http.post(f"{PLATFORM}/kube_upgrade", json={"to_version": "v1.30.6"})
    for earlier in UPGRADE[: UPGRADE.index(step)]:
        assert (await take(one, earlier)).status_code == 200
    one.sim.order("step-fails", step=step)
    assert (await take(one, step)).status_code == 200
    assert (await stands(one, step)).endswith("-failed")
    assert (await take(one, step)).status_code == 200
    assert "failed" not in await stands(one, step)


def test_no_step_of_the_upgrade_is_left_out() -> None:
    assert set(STEPS) <= set(UPGRADE)


async def test_a_strategy_of_which_a_step_failed_says_so_by_the_wire(calm: Client) -> None:
    calm.sim.order("step-fails", step="sw-deploy-precheck")
    await built(calm, "sw-upgrade")
    assert (await strategy(calm))["state"] == "build-failed"
    assert (await calm.get(SW))["strategy"]["build-phase"]["result"] == "failed"
