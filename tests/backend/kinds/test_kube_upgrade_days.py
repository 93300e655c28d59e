"""An upgrade of Kubernetes by hand on the pretend cloud: host by host to its end, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Tuple

import pytest
import pytest_asyncio

from backend.deed import Deed, Outcome
from backend.kinds import kind_named
from backend.kinds.kube_host_upgrades import KUBE_HOST_UPGRADES, blockers, next_part
from backend.kinds.kube_steps import verdict
from backend.kinds.kube_upgrade import KUBE_UPGRADE
from backend.simulator import Simulator
from backend.station import Station
from tests.backend.simulator.client import Client
from tests.backend.simulator.test_software import settle
from tests.test_whole_act import opened

NEW = "v1.30.6"
LOOKS = ("hosts", "system", "alarms", "kube-versions", "kube-upgrade", "kube-host-upgrades")


class Days:
    """A console on a pretend cloud where all is well, and what a person does with it."""

    def __init__(self, station: Station, client: Client) -> None:
        self.station, self.client = station, client

    async def look(self) -> None:
        for name in LOOKS:
            await self.station.watch.read_now(name)
        await self.station.settled()

    async def act(self, kind_name: str, name: str, *ids: str, **values: Any) -> Deed:
        """Do it, as long as nothing that is known forbids it, and wait for its real end."""
        await self.look()
        kind: Any = kind_named(kind_name)
        action = kind.action(name)
        preview = self.station.acts.preview(kind, action, ids, action.form(**values))
        assert not preview.blocked, preview.blocked
        (deed,) = await self.station.acts.do(preview, typed=preview.wants, why="")
        for _ in range(40):
            await self.client.sim.advance(60)
            await self.look()
            deeds = self.station.watch.known.memory.deeds
            found = next(one for one in deeds if one.number == deed.number)
            if not found.is_open:
                return found
        raise AssertionError(f"{name} never ended")

    def part(self, host: str) -> Any:
        known = self.station.watch.known
        row = next(one for one in known.rows("hosts") if one.name == host)
        return next(o for o in known.rows("kube-host-upgrades") if o.host_id == row.id)

    def shown(self, host: str) -> Dict[str, Any]:
        known, row = self.station.watch.known, self.part(host)
        return {one.heading: one.cell(row, known) for one in KUBE_HOST_UPGRADES.columns}

    @property
    def upgrade(self) -> Any:
        (row,) = self.station.watch.known.rows("kube-upgrade")
        return row

    async def to_storage(self) -> None:
        await self.begin()
        for name in ("download-images", "update-applications", "networking", "storage"):
            done = await self.act("kube-upgrade", name, self.upgrade.uuid)
            assert done.outcome is Outcome.DONE, done.answer

    async def begin(self) -> None:
        kind = KUBE_UPGRADE
        await self.look()
        action: Any = kind.action("start")
        preview = self.station.acts.preview(kind, action, (), action.form(to_version=NEW))
        await self.station.acts.do(preview, typed=preview.wants, why="")
        await self.look()


@pytest_asyncio.fixture(params=["standard"])
async def days(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Days]:
    async with (
        Simulator(request.param, frozen=True, token_lifetime_s=10**6) as simulator,
        Client(simulator) as client,
    ):
        await settle(client)
        station = await opened(tmp_path, simulator)
        try:
            yield Days(station, client)
        finally:
            await station.close()


simplex = pytest.mark.parametrize("days", ["site-9"], indirect=True)


def nodes(days: Days) -> List[str]:
    """The hosts that run a kubelet: controllers first, the standby before the active."""
    hosts = [one for one in days.client.sim.cloud.hosts if one.personality != "storage"]
    return [
        host.name for host in sorted(hosts, key=lambda one: (one.personality or "", one.is_active))
    ]


async def test_on_a_standard_cloud_every_host_is_brought_on_by_hand_to_the_end(days: Days) -> None:
    await days.to_storage()
    controllers = [host.name for host in days.client.sim.cloud.of("controller")]
    for host in controllers:
        assert next_part(days.part(host), days.station.watch.known) == "control plane"
        uuid = days.part(host).uuid
        done = await days.act("kube-host-upgrades", "upgrade-control-plane", uuid)
        assert (done.outcome, done.label) == (Outcome.DONE, host), done.answer
    assert days.upgrade.state == "upgraded-second-master"
    for host in nodes(days):
        if days.client.sim.cloud.named(host).is_active:
            await days.client.act(host, "swact")
            await days.client.sim.advance(400)
        await days.client.act(host, "lock")
        await days.client.sim.advance(200)
        done = await days.act("kube-host-upgrades", "upgrade-kubelet", days.part(host).uuid)
        assert done.outcome is Outcome.DONE, done.answer
        await days.client.act(host, "unlock")
        await days.client.sim.advance(1200)
        await days.look()
        assert days.shown(host)["NEXT"] == "done"
    for name in ("complete", "update-applications-after"):
        done = await days.act("kube-upgrade", name, days.upgrade.uuid)
        assert done.outcome is Outcome.DONE, done.answer
    states = {one.version: one.state for one in days.station.watch.known.rows("kube-versions")}
    assert states[NEW] == "active"


def in_the_way(days: Days, host: str) -> Tuple[str, ...]:
    return tuple(one.words for one in blockers(days.part(host), days.station.watch.known))


async def test_the_verdict_says_what_could_begin_then_how_far_it_is_and_what_is_next(
    days: Days,
) -> None:
    assert verdict(days.station.watch.known).word == "READING"
    await days.look()
    said = verdict(days.station.watch.known)
    assert (said.text, said.more.split()[1]) == (
        *("no upgrade of Kubernetes is under way.", f"{NEW},"),
    )
    await days.begin()
    said = verdict(days.station.watch.known)
    assert (said.word, said.text.partition(",")[0]) == ("UPGRADING", f"v1.29.2 -> {NEW}")
    assert said.more == "[upgrade-started]  NEXT download the images"


async def test_each_host_says_what_is_next_on_it_and_what_is_in_its_way(days: Days) -> None:
    await days.begin()
    assert in_the_way(days, "controller-0") == ("it is upgrade-started",)
    assert days.shown("worker-0")["NEXT"] == "kubelet, but it is upgrade-started"
    days.client.sim.cloud.kube.upgrade["state"] = "upgraded-second-master"  # type: ignore[index]
    for host in days.client.sim.cloud.of("controller"):
        days.client.sim.cloud.kube.planes[host.uuid] = NEW
    await days.look()
    assert in_the_way(days, "controller-0") == (
        "controller-0 is unlocked/available: lock it first",
    )
    first, second = in_the_way(days, "worker-0")
    assert first.startswith("controller-")
    assert second == "worker-0 is unlocked/available: lock it first"
    strip: Any = KUBE_HOST_UPGRADES.strip
    lines = strip(days.part("worker-0"), days.station.watch.known).lines
    assert [line.heading for line in lines] == ["NEXT", "IN THE WAY", "IN THE WAY"]
    assert (lines[1].jump.kind, lines[2].jump.kind) == ("kube-host-upgrades", "hosts")


async def test_a_part_of_a_host_that_fails_is_told_and_done_again(days: Days) -> None:
    await days.to_storage()
    days.client.sim.order("step-fails", step="upgrading-first-master")
    uuid = days.part("controller-0").uuid
    failed = await days.act("kube-host-upgrades", "upgrade-control-plane", uuid)
    assert failed.outcome is Outcome.FAILED
    assert failed.answer == "sysinv says upgrading-control-plane-failed"
    assert days.shown("controller-0")["NEXT"] == "control plane, now"
    again = await days.act("kube-host-upgrades", "upgrade-control-plane", uuid)
    assert again.outcome is Outcome.DONE


async def test_on_more_than_one_controller_an_abort_is_refused_before_it_is_sent(
    days: Days,
) -> None:
    await days.begin()
    action: Any = KUBE_UPGRADE.action("abort")
    found = action.reasons(days.upgrade, action.form(), days.station.watch.known)
    assert [one.words for one in found if one.blocks] == [
        "none on more than one controller: a backup and its restore"
    ]


@simplex
async def test_on_simplex_an_abort_is_followed_until_the_old_version_runs_again(
    days: Days,
) -> None:
    await days.to_storage()
    await days.act("kube-upgrade", "cordon", days.upgrade.uuid)
    uuid = days.part("controller-0").uuid
    await days.act("kube-host-upgrades", "upgrade-control-plane", uuid)
    assert days.part("controller-0").control_plane_version == NEW
    done = await days.act("kube-upgrade", "abort", days.upgrade.uuid)
    assert (done.outcome, days.upgrade.state) == (Outcome.DONE, "upgrade-aborted")
    assert days.part("controller-0").control_plane_version == "v1.29.2"
