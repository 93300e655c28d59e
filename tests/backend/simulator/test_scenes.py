"""The scenes are what they are drawn as, and the same every time."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import FM, PLATFORM, Client, credentials

STATES = ("administrative", "operational", "availability")


async def test_site_7_has_the_hosts_it_is_drawn_with(admin: Client) -> None:
    hosts = await admin.hosts()
    assert {name: "/".join(row[s] for s in STATES) for name, row in hosts.items()} == {
        "controller-0": "unlocked/enabled/available",
        "controller-1": "unlocked/disabled/intest",
        "worker-0": "unlocked/enabled/degraded",
        "worker-1": "locked/disabled/online",
        "worker-2": "unlocked/enabled/available",
        "worker-3": "unlocked/enabled/available",
        None: "locked/disabled/offline",
    }
    assert hosts["controller-1"]["task"] == "Testing"
    assert hosts["controller-1"]["config_status"] == "Config out-of-date"
    assert hosts["controller-0"]["capabilities"]["Personality"] == "Controller-Active"
    assert hosts[None]["personality"] is None


async def test_site_7_has_the_seven_alarms_it_is_drawn_with(admin: Client) -> None:
    rows = (await admin.get(f"{FM}/alarms"))["alarms"]
    assert Counter(row["severity"] for row in rows) == {"critical": 1, "major": 3, "warning": 3}
    assert {row["alarm_id"] for row in rows} == {
        "100.104", "400.002", "250.001", "200.006", "200.001", "800.001", "750.006",
    }  # fmt: skip
    assert sum(row["mgmt_affecting"] == "True" for row in rows) == 6
    since = {row["alarm_id"]: row["timestamp"] for row in rows}
    assert since["400.002"].startswith("2026-11-21T02:35:08")
    assert since["200.006"].startswith("2026-11-20T23:41:20")


async def test_the_system_row_says_where_one_is(admin: Client, simplex: Client) -> None:
    (seven,) = (await admin.get(f"{PLATFORM}/isystems"))["isystems"]
    (nine,) = (await simplex.get(f"{PLATFORM}/isystems"))["isystems"]
    assert (seven["name"], seven["system_mode"], seven["system_type"]) == (
        "site-7",
        "duplex",
        "All-in-one",
    )
    assert seven["software_version"] == "24.09"
    assert (nine["name"], nine["system_mode"]) == ("site-9", "simplex")


async def bodies() -> list[bytes]:
    """What a frozen cloud answers to one name, whatever its port."""
    paths = (f"{PLATFORM}/ihosts", f"{PLATFORM}/ihosts/1/idisks", f"{FM}/event_log")
    async with Simulator(frozen=True) as sim, httpx.AsyncClient(base_url=sim.url) as http:
        http.headers["Host"] = "site-7:5000"
        signed = await http.post("/identity/v3/auth/tokens", json=credentials())
        http.headers["X-Auth-Token"] = signed.headers["X-Subject-Token"]
        return [signed.content, *[(await http.get(path)).content for path in paths]]


async def test_two_runs_answer_the_same_bytes() -> None:
    assert await bodies() == await bodies()


async def test_a_standing_clock_changes_nothing(admin: Client) -> None:
    before = (await admin.http.get(f"{PLATFORM}/ihosts")).content
    assert (await admin.http.get(f"{PLATFORM}/ihosts")).content == before


@pytest.mark.parametrize("count", [3000])
async def test_a_cloud_can_be_filled_up(count: int) -> None:
    sim = Simulator("standard", frozen=True, hosts=count, alarms=500)
    async with sim, Client(sim) as client:
        assert len(await client.hosts()) == count
        assert len(await client.alarms()) == 500


def test_an_unknown_scene_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="site-9"):
        Simulator("site-77")
