"""The pretend cluster's API: lists in pages, watches that tell what changed, and no changes."""

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
    async with httpx.AsyncClient(base_url=f"{simulator.url}/kubernetes") as client:
        answer = await client.delete("/api/v1/namespaces/oran/pods/du-1-0")
    assert answer.status_code == 405
    assert "can be looked at" in answer.json()["message"]


async def test_behind_tls_a_token_is_wanted(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    async with Simulator(frozen=True, tls=tls) as simulator:
        base = f"{simulator.url}/kubernetes"
        async with httpx.AsyncClient(base_url=base, verify=False) as client:
            refused = await client.get("/api/v1/nodes")
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            taken = await client.get("/api/v1/nodes", headers=bearer)
    assert (refused.status_code, taken.status_code) == (401, 200)
