"""The pretend cluster's API: lists in pages, watches that tell what changed, a few changes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, AsyncIterator

import httpx
import pytest

from backend.kube import Kube
from backend.settings import load
from backend.simulator import Simulator
from backend.simulator.apiserver import TOKEN
from backend.sources.kube import KubeSource
from backend.sources.tls import Pins
from tests.backend.simulator.test_server import certificate


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(frozen=True) as simulator:
        yield simulator


async def got(simulator: Simulator, path: str, **query: str) -> Any:
    async with httpx.AsyncClient(base_url=f"{simulator.url}/kubernetes") as client:
        return (await client.get(path, params=query)).json()


WEB, NODE = "/apis/apps/v1/namespaces/portal/deployments/web", "/api/v1/nodes/worker-2"
PODS = "/api/v1/namespaces/portal/pods"


async def told(simulator: Simulator, method: str, path: str, body: Any) -> Any:
    """Return what the cluster says to a request that would change it."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with httpx.AsyncClient(base_url=f"{simulator.url}/kubernetes") as client:
        return (await client.request(method, path, content=content)).json()


def changes(simulator: Simulator, plural: str) -> list[tuple[str, Any]]:
    """Return what a watch has told of."""
    return [(what, body) for _, of, what, body in simulator._apiserver._changes if of == plural]


def source(simulator: Simulator, folder: Path) -> KubeSource:
    """Our own reader of it, by settings as anybody's."""
    path = folder / "kubeconfig"
    path.write_text(json.dumps(simulator.kubeconfig()), encoding="utf-8")
    path.chmod(0o600)
    config = folder / "clouds.yaml"
    config.write_text(json.dumps({"clouds": {"c": {"kubeconfig": str(path)}}}), encoding="utf-8")
    config.chmod(0o600)
    settings = load(env={"HOME": str(folder)}, cloud="c", files=(config,)).default
    assert settings is not None
    return KubeSource(settings, Pins(folder / "pins.json"), now_ms=lambda: 0)


async def test_a_list_comes_in_pages(simulator: Simulator) -> None:
    whole = await got(simulator, "/api/v1/pods")
    first = await got(simulator, "/api/v1/pods", limit="10")
    more = first["metadata"]["continue"]
    second = await got(simulator, "/api/v1/pods", limit="1000", **{"continue": more})
    assert first["items"] + second["items"] == whole["items"]
    assert first["metadata"]["remainingItemCount"] == len(second["items"])


async def test_a_node_is_what_its_host_is(simulator: Simulator) -> None:
    before = await got(simulator, "/api/v1/nodes/worker-2")
    simulator.order("host-dies", host="worker-2")
    await simulator.advance(60)
    after = await got(simulator, "/api/v1/nodes/worker-2")
    assert after["status"]["conditions"][0]["status"] == "Unknown"
    assert int(after["metadata"]["resourceVersion"]) > int(before["metadata"]["resourceVersion"])


async def test_our_own_source_is_told_of_pods_that_move(
    simulator: Simulator, tmp_path: Path
) -> None:
    subject = source(simulator, tmp_path)
    teller = subject.teller(Kube(plural="pods", keep={"node": "spec.nodeName"}))
    there: dict[str, str] = {}
    listed, moved = asyncio.Event(), asyncio.Event()

    async def hear() -> None:
        async for told in teller.tell():
            if told.gone:
                moved.set()
            there.update({body["uid"]: body["node"] for body in told.bodies})
            listed.set()

    hearing = asyncio.ensure_future(hear())
    await asyncio.wait_for(listed.wait(), 20)
    simulator.order("host-dies", host="worker-2")
    await simulator.advance(60)
    await asyncio.wait_for(moved.wait(), 20)
    hearing.cancel()
    await asyncio.wait([hearing])
    await subject.close()


async def test_what_is_not_there_and_what_would_change_it_say_so(simulator: Simulator) -> None:
    assert (await got(simulator, "/api/v1/pods/none"))["reason"] == "NotFound"
    assert (await got(simulator, "/apis/none.example/v1/things"))["code"] == 404
    for method, path in (
        ("DELETE", "/apis/apps/v1/namespaces/portal/deployments/web"),
        ("POST", "/api/v1/namespaces/lab/pods"),
        ("PUT", "/api/v1/nodes/worker-2"),
        ("GET", "/api/v1/namespaces/oran/pods/du-1-0/exec"),
    ):
        refused = await told(simulator, method, path, {})
        assert refused["code"] == 405
        assert refused["message"].startswith("this cluster is pretend")
    image = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "x"}]}}}}
    refused = await told(simulator, "PATCH", WEB, image)
    assert "and nothing else" in refused["message"]
    assert (await told(simulator, "PATCH", WEB, b"no json"))["reason"] == "BadRequest"


async def web_pods(simulator: Simulator) -> dict[str, Any]:
    found = await got(simulator, "/api/v1/namespaces/portal/pods")
    return {one["metadata"]["name"]: one for one in found["items"]}


async def test_a_node_is_cordoned_until_its_host_is_locked_or_unlocked(
    simulator: Simulator,
) -> None:
    on = {"spec": {"unschedulable": True}}
    rehearsed = await told(simulator, "PATCH", f"{NODE}?dryRun=All", on)
    assert rehearsed["spec"]["unschedulable"] is True
    assert "unschedulable" not in (await got(simulator, NODE))["spec"]
    assert (await told(simulator, "PATCH", NODE, on))["spec"]["unschedulable"] is True
    assert (await got(simulator, NODE))["spec"]["unschedulable"] is True
    await told(simulator, "PATCH", NODE, {"spec": {"unschedulable": False}})
    assert "unschedulable" not in (await got(simulator, NODE))["spec"]
    wrong = await told(simulator, "PATCH", NODE, {**on, "metadata": {"uid": "another"}})
    assert (wrong["code"], "UID in precondition" in wrong["message"]) == (409, True)


async def test_labels_and_taints_are_kept_and_what_is_tested_first_is_held(
    simulator: Simulator,
) -> None:
    await told(simulator, "PATCH", NODE, {"metadata": {"labels": {"role": "lab"}}})
    assert (await got(simulator, NODE))["metadata"]["labels"]["role"] == "lab"
    await told(simulator, "PATCH", NODE, {"metadata": {"labels": {"role": None}}})
    assert "role" not in (await got(simulator, NODE))["metadata"]["labels"]
    taint = {"key": "lab", "effect": "NoSchedule"}
    uid = (await got(simulator, NODE))["metadata"]["uid"]
    step = {"op": "add", "path": "/spec/taints", "value": [taint]}
    same = {"op": "test", "path": "/metadata/uid", "value": uid}
    assert (await told(simulator, "PATCH", NODE, [same, step]))["spec"]["taints"] == [taint]
    other = {**same, "value": "another"}
    assert (await told(simulator, "PATCH", NODE, [other, step]))["code"] == 422


async def test_a_scaled_workload_has_more_pods_after_a_while_and_fewer_at_once(
    simulator: Simulator,
) -> None:
    before = await web_pods(simulator)
    scale = await told(simulator, "PATCH", f"{WEB}/scale", {"spec": {"replicas": 5}})
    assert (scale["kind"], scale["spec"]["replicas"]) == ("Scale", 5)
    pods = await web_pods(simulator)
    assert (set(before) < set(pods), len(pods)) == (True, 5)
    assert (await got(simulator, WEB))["status"]["readyReplicas"] == 3
    await simulator.advance(10)
    assert (await got(simulator, WEB))["status"]["readyReplicas"] == 5
    await told(simulator, "PATCH", f"{WEB}/scale", {"spec": {"replicas": 1}})
    assert len(await web_pods(simulator)) == 1
    assert (await told(simulator, "PATCH", f"{WEB}/scale", {"spec": {"replicas": -1}}))[
        "code"
    ] == 422


async def test_a_restarted_workload_has_other_pods_and_another_generation(
    simulator: Simulator,
) -> None:
    before, was = await web_pods(simulator), await got(simulator, WEB)
    word = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}
    await told(simulator, "PATCH", WEB, {"spec": {"template": word}})
    after = await web_pods(simulator)
    assert not set(before) & set(after)
    assert (await got(simulator, WEB))["metadata"]["generation"] > was["metadata"]["generation"]


async def test_a_deleted_pod_comes_back_as_another_and_the_watch_tells_of_both(
    simulator: Simulator,
) -> None:
    path = "/api/v1/namespaces/oran/pods/du-1-0"
    before = await got(simulator, path)
    wrong = await told(simulator, "DELETE", path, {"preconditions": {"uid": "another"}})
    assert wrong["code"] == 409
    await told(simulator, "DELETE", path, {})
    after = await got(simulator, path)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == (
        "ContainerCreating"
    )
    said = [(what, body["metadata"]["uid"]) for what, body in changes(simulator, "pods")]
    assert said[-2:] == [
        ("DELETED", before["metadata"]["uid"]),
        ("ADDED", after["metadata"]["uid"]),
    ]


async def test_an_eviction_keeps_the_budget_and_goes_where_pods_may_go(
    simulator: Simulator,
) -> None:
    pods = await web_pods(simulator)
    node = next(iter(pods.values()))["spec"]["nodeName"]
    await told(simulator, "PATCH", f"/api/v1/nodes/{node}", {"spec": {"unschedulable": True}})
    (first, second, _third) = pods
    gone = await told(simulator, "POST", f"{PODS}/{first}/eviction", {})
    assert gone["status"] == "Success"
    held = await told(simulator, "POST", f"{PODS}/{second}/eviction", {})
    assert held["code"] == 429
    assert held["details"]["causes"][0]["message"] == (
        "The disruption budget web needs 2 healthy pods and has 2 currently"
    )
    new = set(await web_pods(simulator)) - set(pods)
    assert {(await web_pods(simulator))[name]["spec"]["nodeName"] for name in new} != {node}
    await simulator.advance(10)
    gone = await told(simulator, "POST", f"{PODS}/{second}/eviction", {})
    assert gone["status"] == "Success"


async def test_behind_tls_a_token_is_wanted(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    async with Simulator(frozen=True, tls=tls) as simulator:
        base = f"{simulator.url}/kubernetes"
        async with httpx.AsyncClient(base_url=base, verify=False) as client:
            refused = await client.get("/api/v1/nodes")
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            taken = await client.get("/api/v1/nodes", headers=bearer)
    assert (refused.status_code, taken.status_code) == (401, 200)
