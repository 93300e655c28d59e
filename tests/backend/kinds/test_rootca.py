"""A new root CA through all its phases on the pretend cloud, and what is refused on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Tuple

import pytest
import pytest_asyncio

from backend.deed import Deed, Outcome
from backend.draw import figure_lines
from backend.errors import Absent
from backend.forms import filled
from backend.kind import Form
from backend.kinds.rootca import ROOTCA_HOSTS, ROOTCA_UPDATES, RootCaHost, RootCaUpdate, verdict
from backend.kinds.rootca_phases import ORDER, PHASES, next_phase
from backend.simulator import Simulator
from backend.station import Station
from backend.tone import Mark
from tests.backend.kinds.test_every_kind import NOTHING
from tests.backend.simulator.client import Client
from tests.test_whole_act import opened

Desk = Tuple[Station, Client]


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Simulator("site-7", frozen=True) as simulator, Client(simulator) as client:
        station = await opened(tmp_path, simulator)
        try:
            yield station, client
        finally:
            await station.close()


async def row_of(station: Station) -> Any:
    for name in ("hosts", "kube-rootca-hosts", "kube-rootca-updates"):
        await station.watch.read_now(name)
    rows = station.watch.known.rows("kube-rootca-updates")
    return rows[0] if rows else None


async def act(desk: Desk, name: str, **texts: str) -> Deed:
    """Do it, and let the pretend time go on until the phase is over."""
    station, client = desk
    action = ROOTCA_UPDATES.action(name)
    assert action is not None
    row = await row_of(station)
    form = filled(action.form, texts)
    assert isinstance(form, Form), form
    ids = () if action.on_kind else (row.uuid,)
    preview = station.acts.preview(ROOTCA_UPDATES, action, ids, form)
    assert not preview.blocked, preview.blocked
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
    await client.sim.advance(300)
    await row_of(station)
    await station.settled()
    return next(one for one in station.watch.known.memory.deeds if one.number == deed.number)


async def refused(desk: Desk, name: str, **texts: str) -> List[str]:
    station, _ = desk
    action = ROOTCA_UPDATES.action(name)
    assert action is not None
    form = filled(action.form, texts)
    assert isinstance(form, Form)
    row = await row_of(station)
    return [r.words for r in action.reasons(row, form, station.watch.known) if r.blocks]


async def test_a_new_root_ca_goes_through_all_its_phases_host_by_host(desk: Desk) -> None:
    station, client = desk
    hosts = [h.name for h in client.sim.cloud.hosts if h.personality in ("controller", "worker")]
    assert (await act(desk, "start")).outcome is Outcome.DONE
    made = await act(desk, "generate", expiry_date="2031-01-01", subject="O=Site CN=kubernetes")
    assert made.outcome is Outcome.DONE
    seen = [(await row_of(station)).state]
    for who, phase in PHASES:
        assert next_phase(seen[-1]) == (who, phase)
        if who == "pods":
            assert (await act(desk, "pods-update")).outcome is Outcome.DONE
        else:
            for host in hosts:
                deed = await act(desk, "host-update", host=host)
                assert deed.commands == (f"system kube-rootca-host-update {host} --phase={phase}",)
                assert deed.outcome is Outcome.DONE
        seen.append((await row_of(station)).state)
    assert tuple(seen) == ORDER[1:-1]
    assert (await act(desk, "complete")).outcome is Outcome.DONE
    assert await row_of(station) is None
    assert verdict(station.watch.known).word == "WELL"


async def test_a_phase_before_its_turn_is_refused_with_what_is_next(desk: Desk) -> None:
    await act(desk, "start")
    assert await refused(desk, "start") == ["one is update-started"]
    (words,) = await refused(desk, "pods-update")
    assert words == "it is update-started: generate the new certificate"
    assert await refused(desk, "complete") == ["it is update-started"]
    _, client = desk
    body = {"phase": "trust-both-cas"}
    reply = await client.http.post("/platform/v1/kube_rootca_update/pods", json=body)
    assert "not allowed when cluster update is in state: update-started" in reply.text


async def test_a_phase_that_fails_on_a_host_is_told_and_done_again(desk: Desk) -> None:
    station, client = desk
    await act(desk, "start")
    await act(desk, "generate")
    client.sim.cloud.software.doomed.add("controller-1")
    deed = await act(desk, "host-update", host="controller-1")
    assert deed.outcome is Outcome.FAILED
    assert "updating-host-trust-both-cas-failed" in deed.answer
    row = await row_of(station)
    assert row.state == "updating-host-trust-both-cas-failed"
    assert verdict(station.watch.known).word == "NOT WELL"
    assert await refused(desk, "host-update", host="controller-1") == []
    assert (await act(desk, "host-update", host="controller-1")).outcome is Outcome.DONE
    assert (await row_of(station)).state == "updating-host-trust-both-cas"
    hosts = (await client.get("/platform/v1/kube_rootca_update/hosts"))["kube_host_updates"]
    states: Dict[str, Any] = {one["hostname"]: one["state"] for one in hosts}
    assert states["controller-1"] == "updated-host-trust-both-cas"


async def test_a_host_is_followed_until_it_is_through_and_no_other_goes_beside_it(
    desk: Desk,
) -> None:
    station, client = desk
    await act(desk, "start")
    await act(desk, "generate")
    action = ROOTCA_UPDATES.action("host-update")
    assert action is not None
    row = await row_of(station)
    form = filled(action.form, {"host": "controller-1"})
    assert isinstance(form, Form)
    preview = station.acts.preview(ROOTCA_UPDATES, action, (row.uuid,), form)
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
    # Sysinv took it; the host takes its time, and it is not called done meanwhile.
    assert deed.outcome is Outcome.FOLLOWED
    await row_of(station)
    assert "controller-1 is" in await refused(desk, "host-update", host="controller-0")
    await client.sim.advance(300)
    row = await row_of(station)
    await station.settled()
    known = station.watch.known
    ended = next(one for one in known.memory.deeds if one.number == deed.number)
    assert (ended.outcome, tuple(ended.reached)) == (
        Outcome.DONE,
        ("accepted by sysinv", "the host is through"),
    )
    assert ROOTCA_UPDATES.strip is not None
    (hosts,) = [
        one.text for one in ROOTCA_UPDATES.strip(row, known).lines if one.heading == "HOSTS"
    ]
    assert "left: controller-0" in hosts
    words = await refused(desk, "host-update", host="controller-1")
    assert words == ["controller-1 is through trust-both-cas"]
    assert "controller-1" not in action.choices(row, known)["host"]


async def test_without_a_change_there_are_no_hosts_of_it_and_nothing_has_failed(
    desk: Desk,
) -> None:
    station, _ = desk
    found = await station.watch.read_now("kube-rootca-hosts")
    assert isinstance(found.error, Absent)
    assert "No update in progress" in found.error.words
    await act(desk, "start")
    found = await station.watch.read_now("kube-rootca-hosts")
    assert (found.error, len(found.rows)) == (None, len(station.watch.known.rows("hosts")) - 1)


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (None, Mark.OUT),
        ("updated-host-trust-both-cas", Mark.NONE),
        ("updating-host-update-certs", Mark.BUSY),
        ("updating-host-update-certs-failed", Mark.BAD),
    ],
)
def test_a_host_says_how_far_it_is(state: Any, mark: Mark) -> None:
    row = RootCaHost.read({"hostname": "worker-0", "state": state})
    assert ROOTCA_HOSTS.look(row, NOTHING).mark is mark  # type: ignore[arg-type]


async def test_an_abort_leaves_its_alarm_and_the_next_start_takes_its_place(desk: Desk) -> None:
    station, client = desk
    await act(desk, "start")
    assert ("900.008", "host=controller") in await client.alarms()
    await act(desk, "abort")
    assert (await row_of(station)).state == "update-aborted"
    alarms = await client.alarms()
    assert ("900.009", "host=controller") in alarms
    assert ("900.008", "host=controller") not in alarms
    await act(desk, "start")
    assert (await row_of(station)).state == "update-started"


@pytest.mark.parametrize("state", [*ORDER, "updating-pods-trust-new-ca-failed", "pondering"])
def test_every_state_has_its_picture_and_says_what_is_next(state: str) -> None:
    row = RootCaUpdate.read({"uuid": "ca", "state": state})
    figure = ROOTCA_UPDATES.tabs[0].figure
    assert figure is not None
    known = NOTHING
    lines = figure_lines(figure(row, known), 78, 0)  # type: ignore[arg-type]
    assert 0 < len(lines) <= 24
    assert ROOTCA_UPDATES.strip is not None
    assert ROOTCA_UPDATES.strip(row, known).lines[0].text  # type: ignore[arg-type]
