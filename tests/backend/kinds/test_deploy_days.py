"""Bad days in the middle of a deploy, on the pretend cloud, as the console sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, AsyncIterator, Tuple

import pytest
import pytest_asyncio

from backend.deed import Deed, Outcome
from backend.kind import Nothing
from backend.kinds import kind_named
from backend.kinds.deploy_states import STATES, verdict
from backend.station import Station
from tests.backend.kinds.desk import Desk, sat_at
from tests.backend.simulator.test_software import RELEASE

NAMES = ("hosts", "alarms", "releases", "deploy", "deploy-hosts", "strategies")


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A standard cloud where all is well, and a console on it."""
    async with sat_at(tmp_path) as opened:
        yield opened


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


@pytest.mark.parametrize("older", [True, False])
async def test_the_paths_of_usm_before_and_after_they_moved_are_found_by_asking(
    desk: Desk, *, older: bool
) -> None:
    station, client = desk
    client.sim.cloud.software.names_in_path = older
    checked = await act(desk, "releases", "precheck", RELEASE)
    assert (checked.outcome, checked.answer) == (Outcome.DONE, "all 4 checks pass")
    started = await act(desk, "releases", "start", RELEASE)
    assert started.outcome is Outcome.FOLLOWED, started.answer
    asked = [path for method, path, _ in client.sim.requests if method == "POST" and "usm" in path]
    there = f"{RELEASE}/" if older else ""
    assert asked == [f"/usm/v1/deploy/{there}{verb}" for verb in ("precheck", "start")]
    ended = await later(desk, 600, started.number)
    assert ended.outcome is Outcome.DONE
    assert [row.state for row in station.watch.known.rows("deploy")] == ["start-done"]


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


async def test_a_deploy_is_shown_on_while_the_active_controller_reboots_under_it(
    desk: Desk,
) -> None:
    station, client = desk
    deed = await act(desk, "releases", "start", RELEASE)
    active = next(host.name for host in client.sim.cloud.hosts if host.is_active)
    client.sim.order("host-dies", host=active)
    shown = []
    for _ in range(20):
        await client.sim.advance(60)
        await look(station)
        known = station.watch.known
        shown.append([row.state for row in known.rows("deploy")])
        said = verdict(known)
        assert (said.word, f"[{shown[-1][0]}]" in said.more) == ("DEPLOYING", True)
    # It was never lost from sight, and goes on from where it is, to its end.
    assert set(map(tuple, shown)) == {("start",), ("start-done",)}
    ended = await later(desk, 0, deed.number)
    assert ended.outcome is Outcome.DONE


async def test_a_host_whose_part_fails_is_told_and_the_deploy_stays_where_it_is(
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


async def test_a_deploy_whose_host_never_comes_back_is_neither_done_nor_failed_and_says_where(
    desk: Desk,
) -> None:
    station, client = desk
    await act(desk, "releases", "start", RELEASE)
    await later(desk, 600)
    await client.act("worker-0", "lock")
    await later(desk, 120)
    deed = await act(desk, "deploy-hosts", "deploy", "worker-0")
    await later(desk, 60)
    client.sim.order("host-vanishes", host="worker-0")
    silent = await later(desk, 1800, deed.number)
    assert (silent.outcome, silent.is_open) == (Outcome.FOLLOWED, True)
    known = station.watch.known
    part = known.row("deploy-hosts", "worker-0")
    assert part.host_state == "deploying"
    said = verdict(known)
    assert (said.word, "0 of" in said.text) == ("DEPLOYING", True)
    kind: Any = kind_named("deploy-hosts")
    admin = next(column for column in kind.columns if column.heading == "ADMIN")
    assert admin.cell(part, known) == "locked offline"
    obstacles = await station.watch.read_now("obstacles")
    assert any("worker-0" in row.model_dump_json() for row in obstacles.rows if row.sort == "host")
    # The way out that is left stays open.
    (row,) = known.rows("deploy")
    assert not any(one.blocks for one in abort_reasons(row, known))


async def test_a_host_that_never_comes_back_after_its_unlock_keeps_activate_away(
    desk: Desk,
) -> None:
    station, client = desk
    await act(desk, "releases", "start", RELEASE)
    await later(desk, 600)
    await client.act("worker-0", "lock")
    await later(desk, 120)
    await act(desk, "deploy-hosts", "deploy", "worker-0")
    await later(desk, 300)
    assert (await client.act("worker-0", "unlock")).status_code == 200
    await later(desk, 120)
    client.sim.order("host-vanishes", host="worker-0")
    await later(desk, 1800)
    known = station.watch.known
    (host,) = [one for one in known.rows("hosts") if one.name == "worker-0"]
    assert (host.operational, host.availability) == ("disabled", "offline")
    (row,) = known.rows("deploy")
    kind: Any = kind_named("deploy")
    found = kind.action("activate").reasons(row, Nothing(), known)
    assert any(one.blocks for one in found)


def abort_reasons(row: Any, known: Any) -> Tuple[Any, ...]:
    kind: Any = kind_named("deploy")
    found: Tuple[Any, ...] = kind.action("abort").reasons(row, Nothing(), known)
    return found


# The service lets an abort into ``activate`` too, and refuses it then for want of a way out.
@pytest.mark.parametrize("state", STATES)
async def test_an_abort_at_every_state_is_refused_where_the_service_refuses_it(
    desk: Desk, state: str
) -> None:
    station, client = desk
    await act(desk, "releases", "start", RELEASE)
    deploy = client.sim.cloud.software.deploy
    assert deploy is not None
    deploy["state"] = state
    await look(station)
    (row,) = station.watch.known.rows("deploy")
    reasons = abort_reasons(row, station.watch.known)
    refuses = any(one.blocks for one in reasons)
    said = await client.http.post("/usm/v1/deploy/abort", json={})
    assert (said.status_code == 406) is refuses, said.text
    if refuses:
        assert f"it is {state}" in [one.words for one in reasons if one.blocks]
        assert deploy["state"] == state
    else:
        assert "rollback" in deploy["state"]
