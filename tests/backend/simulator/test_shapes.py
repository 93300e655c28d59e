"""The pretend answers have the shape of recorded ones: same keys in the same order, same types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import FM, PLATFORM, Client, credentials

SAMPLES = Path(__file__).parent / "samples"

# sample → where the pretend cloud answers the same
PATHS = {
    "ihosts": f"{PLATFORM}/ihosts",
    "ihost": f"{PLATFORM}/ihosts/worker-0",
    "isystems": f"{PLATFORM}/isystems",
    "idisks": f"{PLATFORM}/ihosts/controller-0/idisks",
    "host_fs": f"{PLATFORM}/ihosts/controller-0/host_fs",
    "ilvgs": f"{PLATFORM}/ihosts/controller-0/ilvgs",
    "ipvs": f"{PLATFORM}/ihosts/controller-0/ipvs",
    "iinterfaces": f"{PLATFORM}/ihosts/controller-0/iinterfaces",
    "istors": f"{PLATFORM}/ihosts/storage-0/istors",
    "ports": f"{PLATFORM}/ihosts/controller-0/ports",
    "kernel": f"{PLATFORM}/ihosts/controller-0/kernel",
    "storage_backend": f"{PLATFORM}/storage_backend",
    "controller_fs": f"{PLATFORM}/controller_fs",
    "ceph_mon": f"{PLATFORM}/ceph_mon",
    "networks": f"{PLATFORM}/networks",
    "servicegroup": f"{PLATFORM}/servicegroup",
    "servicenodes": f"{PLATFORM}/servicenodes",
    "services": f"{PLATFORM}/services",
    "apps": f"{PLATFORM}/apps",
    "health": f"{PLATFORM}/health",
    "kube_upgrade": f"{PLATFORM}/kube_upgrade",
    "kube_rootca_update": f"{PLATFORM}/kube_rootca_update",
    "alarms": f"{FM}/alarms",
    "alarms_expanded": f"{FM}/alarms?expand=True",
    "summary": f"{FM}/alarms/summary",
    "event_log": f"{FM}/event_log",
    "event_suppression": f"{FM}/event_suppression",
}

# Free-form by nature: what is in them differs from row to row in the real ones too.
FREE = {"capabilities", "location", "peers"}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def faults(at: str, real: Any, pretend: Any) -> list[str]:
    """Where the pretend value's shape departs from the real one's."""
    if real is None or pretend is None:
        return []
    if type(real) is not type(pretend):
        return [f"{at}: {type(pretend).__name__}, not {type(real).__name__}"]
    if isinstance(real, dict):
        if at.rpartition(".")[2] in FREE:
            return []
        if list(real) != list(pretend):
            return [f"{at}: keys {list(pretend)}, not {list(real)}"]
        return [line for key in real for line in faults(f"{at}.{key}", real[key], pretend[key])]
    if isinstance(real, list) and real:
        return [line for row in pretend for line in min(compared(at, real, row), key=len)]
    return []


def compared(at: str, real: list[Any], row: Any) -> list[list[str]]:
    return [faults(f"{at}[]", one, row) for one in real]


@pytest.fixture
async def client() -> Any:
    sim = Simulator("standard", frozen=True, alarms=12)
    async with sim, Client(sim) as signed_in:
        await signed_in.http.post(
            f"{PLATFORM}/labels/{sim.cloud.named('worker-0').uuid}", json={"a": "b"}
        )
        yield signed_in


@pytest.mark.parametrize("name", sorted(PATHS))
async def test_the_answer_has_the_shape_of_the_real_one(name: str, client: Client) -> None:
    assert faults(name, sample(name), await client.get(PATHS[name])) == []


async def test_a_label_has_the_shape_of_the_real_one(client: Client) -> None:
    rows = await client.get(f"{PLATFORM}/ihosts/worker-0/labels")
    assert rows["labels"]
    assert faults("labels", sample("labels"), rows) == []


async def test_single_alarms_and_events_have_the_shape_of_the_real_ones(client: Client) -> None:
    (alarm, *_) = (await client.get(f"{FM}/alarms"))["alarms"]
    one = await client.get(f"{FM}/alarms/{alarm['uuid']}")
    assert faults("alarm", sample("alarm"), one) == []
    (event, *_) = (await client.get(f"{FM}/event_log"))["event_log"]
    one = await client.get(f"{FM}/event_log/{event['uuid']}")
    assert faults("event", sample("event"), one) == []


async def test_the_token_has_the_shape_of_a_real_one() -> None:
    async with Simulator(frozen=True) as sim, httpx.AsyncClient(base_url=sim.url) as http:
        reply = await http.post("/identity/v3/auth/tokens", json=credentials())
    assert faults("token", sample("token"), reply.json()) == []
    kinds = {
        (row["type"], row["name"]): row["endpoints"] for row in reply.json()["token"]["catalog"]
    }
    assert {kind: rows[0]["url"].rpartition(str(sim.port))[2] for kind, rows in kinds.items()} == {
        ("identity", "keystone"): "/identity/v3",
        ("platform", "sysinv"): "/platform/v1",
        ("faultmanagement", "fm"): "/faultmanagement",
        ("usm", "usm"): "/usm",
        ("nfv", "vim"): "/vim",
    }
    for rows in kinds.values():
        assert {row["interface"] for row in rows} == {"public", "internal", "admin"}


def test_the_comparison_notices_what_is_wrong() -> None:
    assert faults("x", {"a": 1}, {"a": "1"}) == ["x.a: str, not int"]
    assert faults("x", {"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert faults("x", [{"a": True}], [{"a": True}, {}])
