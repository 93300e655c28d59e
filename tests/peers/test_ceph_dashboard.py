"""The real Ceph by its manager's REST: what it tells, and its bad days."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, List
from urllib.parse import parse_qsl

import httpx
import pytest

from backend.ceph import CephCommand
from backend.ceph_settings import CephWay
from backend.deed import Outcome
from backend.errors import Unauthorized, Unreachable, Untrusted
from backend.kind import Reach, Risk
from backend.kinds.storage import CEPH_KINDS, STORAGE
from backend.lookout import Lookout
from backend.place import find_place
from backend.secret import Password, Secret
from backend.settings import CloudSettings
from backend.simulator import scenes
from backend.simulator.ceph_manager import TOKEN, Manager
from backend.simulator.clock import Clock
from backend.simulator.exchange import Request
from backend.sources.ceph_manager import Dashboard
from backend.sources.tls import Pins
from tests.backend.test_watch import until
from tests.peers.ceph import Ceph, run
from tests.peers.ceph_dashboard import PASSWORD, USER, Dashboards
from tests.peers.test_ceph import act, at_the_door, done, looking, now_ms, seen

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("ceph")]

# What the REST has no path for: said so.
WITHOUT = {"ceph-pgs"}


def way(there: Dashboards, *names: str, word: str = PASSWORD, **more: Any) -> CephWay:
    return CephWay(
        is_direct=bool(more),
        managers=tuple(there.url(name) for name in names),
        username=USER,
        password=Password(given=Secret(text=word)),
        **more,
    )


def site(there: Dashboards, *names: str, **more: Any) -> CloudSettings:
    cacert = str(there.certificate)
    return CloudSettings(name="site-7", ceph=way(there, *names, **more), cacert=cacert)


@asynccontextmanager
async def by_rest(there: Dashboards, *names: str, **more: Any) -> AsyncIterator[Lookout]:
    pins = Pins(Path(there.peer.room) / "rest-pins.json")
    settings = site(there, *names, **more)
    lookout = Lookout(settings, place=find_place(), now_ms=now_ms, pins=pins)
    try:
        yield lookout
    finally:
        await lookout.close()


async def test_every_kind_that_the_managers_rest_has_says_what_ceph_says(
    real_ceph: Ceph, real_dashboards: Dashboards
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    async with by_rest(real_dashboards, active) as rest, looking(real_ceph) as direct:
        for kind in CEPH_KINDS:
            parent = "0" if kind.reach is Reach.PER_PARENT else ""
            reading = await rest.watch.read_now(kind.name, parent)
            if kind.name in WITHOUT:
                assert "REST has nothing for it" in str(reading.error)
                continue
            assert reading.error is None, kind.name
            assert reading.malformed == ()
            if kind.name == "ceph-log":
                assert not any(row.level == "DBG" for row in reading.rows)
                continue
            other = await direct.watch.read_now(kind.name, parent)
            assert [kind.id(row) for row in reading.rows] == [kind.id(row) for row in other.rows]
        status, same = (one.watch.known.rows("ceph")[0] for one in (rest, direct))
        fields = ("fsid", "quorum", "osds", "osds_up", "osds_in", "pgs", "pools",
                  "monitors", "standbys")  # fmt: skip
        assert {f: getattr(status, f) for f in fields} == {f: getattr(same, f) for f in fields}
        for osd, other_osd in zip(*(one.watch.known.rows("ceph-osds") for one in (rest, direct))):
            assert (osd.host, osd.status, osd.size) == (
                *(other_osd.host, other_osd.status, other_osd.size),
            )
        assert STORAGE.headline(rest.watch.known).text == STORAGE.headline(direct.watch.known).text


async def test_of_more_images_than_a_page_of_the_rest_has_all_are_told(
    real_ceph: Ceph, real_dashboards: Dashboards
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    at = ("--conf", str(real_ceph.conf), "--keyring", str(real_ceph.keyring))
    names = [f"csi-vol-{number}" for number in range(7)]
    for name in names:
        await asyncio.to_thread(run, "rbd", *at, "create", "--size", "4", f"kube-rbd/{name}")
    try:
        async with by_rest(real_dashboards, active) as lookout:
            reading = await lookout.watch.read_anew("rbd-images")
        assert reading.error is None
        assert sorted(row.name for row in reading.rows) == names
        assert {row.size for row in reading.rows} == {4 << 20}
    finally:
        for name in names:
            await asyncio.to_thread(run, "rbd", *at, "rm", f"kube-rbd/{name}")


async def test_acts_go_through_the_managers_rest_and_what_it_lacks_is_said(
    real_ceph: Ceph, real_dashboards: Dashboards, tmp_path: Path
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    async with at_the_door(real_ceph, tmp_path, site(real_dashboards, active)) as station:
        before = await seen(station, "ceph-osds", "1", "out")
        # ok-to-stop has no path there: what cannot be asked is taken for a no.
        assert before.risk is Risk.DESTRUCTIVE
        assert any("taken for a no" in reason.words for reason in before.reasons)
        assert (await act(station, "ceph-osds", "1", "out")).outcome is Outcome.DONE
        assert (await act(station, "ceph-osds", "1", "in")).outcome is Outcome.DONE
        assert (
            await act(station, "ceph-osds", "1", "reweight", weight=0.5)
        ).outcome is Outcome.DONE
        said = await asyncio.to_thread(real_ceph.json, "osd", "tree")
        assert [round(one["reweight"], 2) for one in said["nodes"] if one["id"] == 1] == [0.5]
        await act(station, "ceph-osds", "1", "reweight", weight=1.0)
        assert (await act(station, "ceph-flags", "noout", "set")).outcome is Outcome.DONE
        assert "noout" in await done(real_ceph, "osd", "dump")
        assert (await act(station, "ceph-flags", "noout", "unset")).outcome is Outcome.DONE
        assert (
            await act(station, "ceph-pools", "kube-rbd", "quota", gib=1)
        ).outcome is Outcome.DONE
        await act(station, "ceph-pools", "kube-rbd", "quota", gib=0)
        mute = CephCommand.of("health mute", code="OSD_DOWN", ttl="1h")
        said = await station.cloud.ceph.dashboard.ask(mute)
        assert "REST has nothing for it" in said.words
    await asyncio.to_thread(real_ceph.until, real_ceph.is_well, "all is well again")


async def test_the_dashboards_token_that_expires_in_mid_poll_is_renewed_unnoticed(
    real_ceph: Ceph, real_dashboards: Dashboards
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    await done(real_ceph, "dashboard", "set-jwt-token-ttl", "1")
    try:
        async with by_rest(real_dashboards, active) as lookout:
            first = await lookout.watch.read_anew("ceph-osds")
            token = lookout.cloud.ceph.dashboard._token
            middle = token.split(".")[1]
            ends_s = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["exp"]
            await until(lambda: time.time() > ends_s + 0.1, 10)
            again = await lookout.watch.read_anew("ceph-osds")
            assert (first.error, again.error) == (None, None)
            assert again.rows == first.rows
            assert lookout.cloud.ceph.dashboard._token != token
    finally:
        await done(real_ceph, "dashboard", "set-jwt-token-ttl", "28800")


class Counting(httpx.AsyncHTTPTransport):
    """The real wire, which counts what crosses it."""

    def __init__(self, there: Dashboards) -> None:
        super().__init__(verify=ssl.create_default_context(cafile=str(there.certificate)))
        self.paths: List[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(f"{request.method} {request.url.path}")
        return await super().handle_async_request(request)


async def test_a_password_that_the_dashboard_refused_is_never_tried_twice(
    real_dashboards: Dashboards, tmp_path: Path
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    wire = Counting(real_dashboards)
    wrong = way(real_dashboards, active, word="no-such-word")
    cloud = CloudSettings(name="site-7")
    dashboard = Dashboard(wrong, cloud, Pins(tmp_path / "pins"), transport=wire)
    try:
        for _ in range(3):
            with pytest.raises(Unauthorized, match="nvalid credentials"):
                await dashboard.ask(CephCommand.of("status"))
        assert wire.paths == ["POST /api/auth"]
        dashboard.retry()
        with pytest.raises(Unauthorized):
            await dashboard.ask(CephCommand.of("status"))
        assert wire.paths == ["POST /api/auth"] * 2
    finally:
        await dashboard.close()


async def test_a_standby_sends_us_to_the_active_manager_and_we_go(
    real_dashboards: Dashboards,
) -> None:
    active, standby = await asyncio.to_thread(real_dashboards.settle)
    async with by_rest(real_dashboards, standby) as lookout:
        reading = await lookout.watch.read_anew("ceph")
        assert reading.error is None
        assert lookout.cloud.ceph.dashboard._active == real_dashboards.url(active)


async def test_cephs_manager_fails_over_to_another_address_in_mid_poll_and_is_followed(
    real_ceph: Ceph, real_dashboards: Dashboards
) -> None:
    active, standby = await asyncio.to_thread(real_dashboards.settle)
    async with by_rest(real_dashboards, active, standby) as lookout:
        before = await lookout.watch.read_anew("ceph-osds")
        assert before.error is None
        await asyncio.to_thread(real_ceph.kill, f"mgr.{active}")
        try:
            errors = []
            ends = time.monotonic() + 60
            while (now := await lookout.watch.read_anew("ceph-osds")).error is not None:
                # Whatever came meanwhile, what was known stays.
                assert now.rows == before.rows
                errors.append(now.error)
                assert time.monotonic() < ends, errors
            assert [one.id for one in now.rows] == [0, 1, 2]
            assert all(isinstance(one, Unreachable) for one in errors)
            assert lookout.cloud.ceph.dashboard._active == real_dashboards.url(standby)
        finally:
            await asyncio.to_thread(real_dashboards.settle)


async def test_where_ceph_itself_cannot_be_reached_its_manager_is_asked_last(
    real_ceph: Ceph, real_dashboards: Dashboards, tmp_path: Path
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    gone = {"conf": str(tmp_path / "none.conf"), "keyring": str(real_ceph.keyring)}
    async with by_rest(real_dashboards, active, **gone) as lookout:
        reading = await lookout.watch.read_anew("ceph")
        assert reading.error is None
        assert reading.rows[0].fsid == real_ceph.fsid
    here = {"conf": str(real_ceph.conf), "keyring": str(real_ceph.keyring)}
    async with by_rest(real_dashboards, active, **here) as lookout:
        assert (await lookout.watch.read_anew("ceph")).error is None
        assert lookout.cloud.ceph.dashboard._token == ""


async def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    real_dashboards: Dashboards, tmp_path: Path
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    cloud = CloudSettings(name="site-7", ceph=way(real_dashboards, active))
    dashboard = Dashboard(way(real_dashboards, active), cloud, Pins(tmp_path / "pins"))
    try:
        with pytest.raises(Untrusted) as caught:
            await dashboard.ask(CephCommand.of("status"))
        assert caught.value.fingerprint
        assert dashboard._token == ""
    finally:
        await dashboard.close()


async def test_a_manager_that_hears_no_monitor_does_not_pass_old_maps_for_new(
    real_ceph: Ceph, real_dashboards: Dashboards
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    async with by_rest(real_dashboards, active) as lookout:
        before = await lookout.watch.read_anew("ceph-osds")
        await asyncio.to_thread(real_ceph.kill, "mon.a")
        try:
            while (lost := await lookout.watch.read_anew("ceph-osds")).error is None:
                before = lost
            assert isinstance(lost.error, Unreachable)
            assert lost.rows == before.rows
            assert lost.at_ms == before.at_ms < lost.tried_ms
        finally:
            real_ceph.start("mon.a")
            await asyncio.to_thread(real_dashboards.settle)
    await asyncio.to_thread(real_ceph.until, real_ceph.is_well, "all is well again")


# What the pretend one is made of where the real one of these tests has none of it.
EMPTY = ("standbys", "filesystems", "checks", "application_metadata")


def unlike(pretend: Any, real: Any, at: str = "") -> List[str]:
    """Return where an answer has a key, or a sort of value, that the real one has not."""
    if isinstance(pretend, dict) and isinstance(real, dict):
        odd = [f"{at}/{key}" for key in pretend if key not in real]
        return odd + [
            line
            for key in pretend.keys() & real.keys()
            if key not in EMPTY
            for line in unlike(pretend[key], real[key], f"{at}/{key}")
        ]
    if isinstance(pretend, list) and isinstance(real, list):
        return unlike(pretend[0], real[0], f"{at}[]") if pretend and real else []
    numbers = (int, float)
    is_alike = isinstance(pretend, type(real)) or isinstance(real, type(pretend))
    is_number = isinstance(pretend, numbers) and isinstance(real, numbers)
    return [] if is_alike or is_number or None in (pretend, real) else [at]


async def test_the_pretend_ceph_answers_in_the_shapes_of_a_real_one(
    real_dashboards: Dashboards,
) -> None:
    active, _ = await asyncio.to_thread(real_dashboards.settle)
    cloud = scenes.build("site-7-calm", clock=Clock(frozen=True), seed=7)
    manager = Manager(cloud, list)
    async with by_rest(real_dashboards, active) as lookout:
        dashboard = lookout.cloud.ceph.dashboard
        assert dashboard is not None
        for path in ("/summary", "/health/full", "/osd", "/osd/flags", "/host", "/logs/all",
                     "/osd/safe_to_destroy?ids=1"):  # fmt: skip
            where, _, query = path.partition("?")
            request = Request(method="GET", path=path, base="", query=tuple(parse_qsl(query)),
                              headers={"authorization": f"Bearer {TOKEN}"})  # fmt: skip
            answer = manager.reply(request, ["api", *where.strip("/").split("/")])
            assert unlike(json.loads(answer.body), await dashboard._read(path), path) == []
