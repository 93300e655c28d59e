"""Lists page, sort, filter and hide as the services' own do, surprises included."""

from __future__ import annotations

from typing import Any

import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import FM, PLATFORM, Client

IHOSTS = f"{PLATFORM}/ihosts"


def bare(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its links, which name the port of their cloud."""
    return {k: v for k, v in row.items() if k not in {"links", "lldp_agents", "lldp_neighbours"}}


async def walked(client: Client, path: str) -> list[list[Any]]:
    """The hostnames of each page, following next."""
    pages = []
    while path:
        body = await client.get(path)
        pages.append([row["hostname"] for row in body["ihosts"]])
        path = body.get("next", "")
    return pages


async def test_pages_follow_each_other_and_the_last_may_be_empty(standard: Client) -> None:
    names = [name for page in await walked(standard, f"{IHOSTS}?limit=3") for name in page]
    assert names == list(await standard.hosts())
    assert [len(page) for page in await walked(standard, f"{IHOSTS}?limit=7")] == [7, 0]


async def test_next_is_absolute_and_says_how_it_is_sorted(standard: Client) -> None:
    body = await standard.get(IHOSTS, limit=2)
    marker = body["ihosts"][-1]["uuid"]
    assert body["next"] == (
        f"{standard.sim.url}{IHOSTS}?sort_key=id&sort_dir=asc&limit=2&marker={marker}"
    )


async def test_without_a_limit_there_is_no_next_even_when_the_list_is_cut() -> None:
    sim = Simulator("standard", frozen=True, hosts=30, page_max=10)
    async with sim, Client(sim) as client:
        body = await client.get(IHOSTS)
        assert (len(body["ihosts"]), "next" in body) == (10, False)
        assert len((await client.get(IHOSTS, limit=20))["ihosts"]) == 10


async def test_lists_are_sorted_by_any_field_either_way(standard: Client) -> None:
    rows = (await standard.get(IHOSTS, sort_key="hostname", sort_dir="desc"))["ihosts"]
    names = [row["hostname"] for row in rows]
    assert names == sorted(names, reverse=True)
    wrong = await standard.http.get(IHOSTS, params={"sort_dir": "sideways"})
    assert (wrong.status_code, "sideways" in wrong.text) == (400, True)


async def test_hosts_are_found_by_uuid_id_name_and_personality(standard: Client) -> None:
    by_name = await standard.host("storage-0")
    assert await standard.host(by_name["uuid"]) == by_name
    assert await standard.host(str(by_name["id"])) == by_name
    rows = (await standard.get(IHOSTS, personality="storage"))["ihosts"]
    assert [row["hostname"] for row in rows] == ["storage-0", "storage-1"]


async def test_alarms_are_filtered_by_parts_of_their_fields(admin: Client) -> None:
    asked = {"q.field": "entity_instance_id", "q.op": "eq", "q.value": "controller-1"}
    assert await admin.alarms(**asked) == [
        ("100.104", "host=controller-1.filesystem=/var/log"),
        ("250.001", "host=controller-1"),
    ]
    assert len(await admin.alarms(**{**asked, "q.op": "ne"})) == 7


async def test_alarms_come_by_severity_in_the_order_of_the_alphabet(admin: Client) -> None:
    rows = (await admin.get(f"{FM}/alarms"))["alarms"]
    keys = [(row["severity"], row["entity_instance_id"]) for row in rows]
    assert keys == sorted(keys)


async def test_a_suppressed_type_is_hidden_unless_asked_for(admin: Client) -> None:
    kinds = (await admin.get(f"{FM}/event_suppression"))["event_suppression"]
    uuid = next(row["uuid"] for row in kinds if row["alarm_id"] == "100.104")
    path = f"{FM}/event_suppression/{uuid}"
    change = [{"op": "replace", "path": "/suppression_status", "value": "suppressed"}]
    assert (await admin.http.patch(path, json=change)).json()["suppression_status"] == "suppressed"
    assert "100.104" not in {kind for kind, _ in await admin.alarms()}
    assert "100.104" in {kind for kind, _ in await admin.alarms(include_suppress="True")}
    assert (await admin.get(f"{FM}/alarms/summary"))["critical"] == 0
    assert (await admin.get(f"{FM}/alarms/summary", include_suppress="True"))["critical"] == 1
    admin.sim.order("disk-fills", host="worker-3")
    assert "100.104" not in {kind for kind, _ in await admin.alarms()}
    logged = (await admin.get(f"{FM}/event_log"))["event_log"]
    assert "100.104" not in {row["event_log_id"] for row in logged}
    change[0]["value"] = "whatever"
    assert (await admin.http.patch(path, json=change)).status_code == 400


async def test_the_summary_counts_and_gives_one_word(admin: Client, standard: Client) -> None:
    assert await admin.get(f"{FM}/alarms/summary") == {
        "critical": 1,
        "major": 3,
        "minor": 0,
        "warnings": 3,
        "status": "critical",
    }
    assert (await standard.get(f"{FM}/alarms/summary"))["status"] == "OK"


async def test_the_log_is_newest_first_and_narrowed_by_time(admin: Client) -> None:
    rows = (await admin.get(f"{FM}/event_log"))["event_log"]
    stamps = [row["timestamp"] for row in rows]
    assert stamps == sorted(stamps, reverse=True)
    asked = {"q.field": "start", "q.op": "eq", "q.value": "20261121T023000"}
    recent = (await admin.get(f"{FM}/event_log", **asked))["event_log"]
    assert [row for row in rows if row["timestamp"] >= "2026-11-21T02:30:00"] == recent
    wrong = await admin.http.get(f"{FM}/event_log", params={**asked, "q.value": "yesterday"})
    assert (wrong.status_code, "yesterday" in wrong.text) == (400, True)


async def test_the_log_holds_alarms_and_logs_apart_or_together(admin: Client) -> None:
    every = (await admin.get(f"{FM}/event_log"))["event_log"]
    alarms = (await admin.get(f"{FM}/event_log", alarms="True"))["event_log"]
    logs = (await admin.get(f"{FM}/event_log", logs="True"))["event_log"]
    assert {row["state"] for row in alarms} == {"set", "clear"}
    assert {row["state"] for row in logs} == {"log"}
    assert len(alarms) + len(logs) == len(every)


async def test_an_applied_application_takes_its_time(admin: Client) -> None:
    path = f"{PLATFORM}/apps/platform-integ-apps"
    reply = await admin.http.patch(f"{path}?directive=apply", json={"values": {}})
    assert reply.json()["status"] == "applying"
    assert "being applied" in (await admin.act("worker-1", "unlock")).text
    await admin.sim.advance(120)
    assert (await admin.get(path))["status"] == "applied"
    assert "750.006" not in {kind for kind, _ in await admin.alarms()}


async def test_a_label_that_moves_work_wants_the_host_locked(admin: Client) -> None:
    for name, status in (("worker-0", 400), ("worker-1", 200)):
        uuid = (await admin.host(name))["uuid"]
        body = {"openstack-compute-node": "enabled"}
        reply = await admin.http.post(f"{PLATFORM}/labels/{uuid}", json=body)
        assert reply.status_code == status


async def test_an_osds_disk_knows_its_osd(standard: Client) -> None:
    (osd,) = (await standard.get(f"{IHOSTS}/storage-0/istors"))["istors"]
    disk = await standard.get(f"{PLATFORM}/idisks/{osd['idisk_uuid']}")
    assert (disk["istor_uuid"], disk["available_mib"]) == (osd["uuid"], 0)


async def test_what_was_asked_before_changes_no_answer(standard: Client) -> None:
    kinds = ["idisks", "istors", "ports", "iinterfaces", "ipvs"]
    async with Simulator("standard", frozen=True) as sim, Client(sim) as other:
        forth = {k: (await standard.get(f"{IHOSTS}/storage-0/{k}"))[k] for k in kinds}
        back = {k: (await other.get(f"{IHOSTS}/storage-0/{k}"))[k] for k in reversed(kinds)}
    for kind in kinds:
        assert [bare(row) for row in forth[kind]] == [bare(row) for row in back[kind]]


async def test_a_host_has_nothing_until_it_is_inventoried(admin: Client) -> None:
    assert (await admin.get(f"{IHOSTS}/7/idisks"))["idisks"] == []


@pytest.mark.parametrize("kind", ["idisks", "host_fs", "ilvgs", "ipvs", "istors", "ports"])
async def test_what_a_host_has_is_there_over_all_hosts_too(kind: str, standard: Client) -> None:
    whole = (await standard.get(f"{PLATFORM}/{kind}"))[kind]
    parts = [
        row
        for name in await standard.hosts()
        for row in (await standard.get(f"{IHOSTS}/{name}/{kind}"))[kind]
    ]
    assert whole == parts
