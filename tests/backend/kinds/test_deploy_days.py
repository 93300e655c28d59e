"""Bad days in the middle of a deploy, on the pretend cloud, as the console sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, AsyncIterator, Tuple

import pytest
import pytest_asyncio

from backend.deed import Deed, Outcome
from backend.kind import Nothing
from backend.kinds import kind_named
from backend.kinds.deploy_states import verdict
from backend.simulator import Simulator
from backend.station import Station
from tests.backend.simulator.client import Client
from tests.backend.simulator.test_software import RELEASE, settle
from tests.test_whole_act import opened

Desk = Tuple[Station, Client]
NAMES = ("hosts", "alarms", "releases", "deploy", "deploy-hosts", "strategies")


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A standard cloud where all is well, and a console on it."""
    async with (
        Simulator("standard", frozen=True, token_lifetime_s=10**6) as simulator,
        Client(simulator) as client,
    ):
        await settle(client)
        station = await opened(tmp_path, simulator)
        try:
            yield station, client
        finally:
            await station.close()


async def look(station: Station) -> None:
    for name in NAMES:
        await station.watch.read_now(name)
    await station.settled()


async def act(desk: Desk, kind_name: str, name: str, row_id: str) -> Deed:
    station, _ = desk
    await look(station)
    kind: Any = kind_named(kind_name)
    action = kind.action(name)
    preview = station.acts.preview(kind, action, (row_id,), action.form())
    assert not preview.blocked, preview.blocked
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
    return deed


async def later(desk: Desk, seconds: int, number: str = "") -> Any:
    """Let pretend time go by, looking now and then; return the deed as it stands."""
    station, client = desk
    for _ in range(seconds // 60):
        await client.sim.advance(60)
        await look(station)
    return next((d for d in station.watch.known.memory.deeds if d.number == number), None)


async def test_a_precheck_that_fails_in_the_middle_is_a_refusal_with_what_fails(desk: Desk) -> None:
    desk[1].sim.order("disk-fills", host="controller-0")
    deed = await act(desk, "releases", "precheck", RELEASE)
    assert (deed.outcome, deed.answer) == (
        Outcome.REFUSED,
        "1 of 4 checks fail: No management affecting alarms",
    )


async def test_a_precheck_that_passes_says_so(desk: Desk) -> None:
    deed = await act(desk, "releases", "precheck", RELEASE)
    assert (deed.outcome, deed.answer) == (Outcome.DONE, "all 4 checks pass")


async def test_a_deploy_is_found_again_after_the_active_controller_went_in_mid_deploy(
    desk: Desk,
) -> None:
    station, client = desk
    deed = await act(desk, "releases", "start", RELEASE)
    client.sim.order("api-away", service="usm")
    await look(station)
    reading = station.watch.known.reading("deploy")
    assert reading.error is not None
    assert await later(desk, 120, deed.number) is not None
    client.sim.order("api-back", service="usm")
    ended = await later(desk, 600, deed.number)
    assert ended.outcome is Outcome.DONE
    assert verdict(station.watch.known).word == "DEPLOYING"
    assert (await client.act("controller-0", "swact")).status_code == 200
    await later(desk, 180)
    (row,) = station.watch.known.rows("deploy")
    assert (row.state, verdict(station.watch.known).word) == ("start-done", "DEPLOYING")


async def test_a_host_that_never_comes_back_is_told_and_the_deploy_stays_where_it_is(
    desk: Desk,
) -> None:
    station, client = desk
    await act(desk, "releases", "start", RELEASE)
    await later(desk, 600)
    await client.act("worker-0", "lock")
    await later(desk, 120)
    client.sim.cloud.software.doomed.add("worker-0")
    deed = await act(desk, "deploy-hosts", "deploy", "worker-0")
    ended = await later(desk, 600, deed.number)
    assert (ended.outcome, "USM says failed" in ended.answer) == (Outcome.FAILED, True)
    said = verdict(station.watch.known)
    assert (said.word, said.text.partition(":")[0]) == ("NOT WELL", "host-failed")
    obstacles = await station.watch.read_now("obstacles")
    assert {"deploy", "host"} <= {row.sort for row in obstacles.rows}


async def test_a_strategy_built_by_somebody_else_is_found_and_refuses_a_second(desk: Desk) -> None:
    station, client = desk
    body = {"controller-apply-type": "serial", "storage-apply-type": "serial"}
    body.update({"worker-apply-type": "serial", "alarm-restrictions": "relaxed"})
    path = "/vim/api/orchestration/system-config-update/strategy"
    assert (await client.http.post(path, json=body)).status_code == 200
    await look(station)
    kind: Any = kind_named("strategies")
    action = kind.action("create-fw-update")
    found = action.reasons(None, action.form(), station.watch.known)
    (words,) = [one.words for one in found if one.blocks]
    assert words.startswith("there is a system-config-update strategy")


@pytest.mark.parametrize("state", ["start", "start-done", "activate", "host-rollback"])
async def test_an_abort_where_the_service_refuses_it_is_refused_here_too(
    desk: Desk, state: str
) -> None:
    station, client = desk
    await act(desk, "releases", "start", RELEASE)
    deploy = client.sim.cloud.software.deploy
    assert deploy is not None
    deploy["state"] = state
    await look(station)
    (row,) = station.watch.known.rows("deploy")
    kind: Any = kind_named("deploy")
    found = kind.action("abort").reasons(row, Nothing(), station.watch.known)
    assert any(one.blocks for one in found)
