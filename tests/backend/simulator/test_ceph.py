"""The pretend Ceph, read as the console reads a real one: by its manager's REST."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, AsyncIterator, Callable

import pytest

from backend.deed import Outcome
from backend.kinds import every_kind, kind_named
from backend.kinds.storage import STORAGE
from backend.kinds.storage_map import MADE_OF
from backend.known import Known
from backend.settings import load
from backend.simulator import Simulator, scenes
from backend.simulator.ceph_standing import osds
from backend.simulator.clock import Clock
from backend.simulator.exchange import Request
from backend.sources.tls import Pins
from backend.station import Station
from backend.store.store import Store
from tests.backend.kinds.site import LAPTOP

# What of Ceph its REST tells.
TOLD = ("ceph", "ceph-checks", "ceph-osds", "ceph-pools", "ceph-flags", "ceph-rules", "crush-tree",
        "ceph-monitors", "ceph-managers", "ceph-filesystems", "ceph-mds", "ceph-devices",
        "rbd-images", "ceph-log")  # fmt: skip


@asynccontextmanager
async def sat(path: Path, scene: str = "site-7-calm") -> AsyncIterator[tuple[Station, Simulator]]:
    """A station on all of a pretend cloud: sysinv, Kubernetes, Ceph; its clock stands."""
    async with Simulator(scene, frozen=True) as simulator:
        conf, kube = path / "clouds.yaml", path / "kubeconfig"
        said = {**simulator.settings(), "ceph": simulator.ceph(), "kubeconfig": str(kube)}
        for file, body in ((conf, {"clouds": {"site": said}}), (kube, simulator.kubeconfig())):
            file.write_text(json.dumps(body), "utf-8")
            file.chmod(0o600)
        settings = load(env={"HOME": str(path)}, cloud="site", files=(conf,)).default
        assert settings is not None

        def now_ms() -> int:
            return round(simulator.clock.now().timestamp() * 1000)

        store = Store(path / "record.db", now_ms=now_ms, kinds=every_kind())
        pins = Pins(path / "pins.json")
        station = Station(settings, store=store, place=LAPTOP, now_ms=now_ms, pins=pins)
        await station.start()
        try:
            yield station, simulator
        finally:
            await station.close()


async def read(station: Station, *kinds: str) -> Known:
    station.lookout.cloud.ceph.forget()
    for name in kinds:
        assert (await station.watch.read_anew(name)).error is None, name
    return station.watch.known


async def until(station: Station, so: Callable[[Known], bool], *kinds: str) -> Known:
    """Read until it is so: what was just asked is not asked again within a third of a second."""
    ends = time.monotonic() + 20
    while not so(known := await read(station, *kinds)):
        assert time.monotonic() < ends, [known.rows(kind) for kind in kinds]
    return known


@pytest.mark.parametrize("scene", ["site-7-calm", "site-9", "standard"])
async def test_every_kind_that_the_rest_tells_has_rows_and_is_well(
    tmp_path: Path, scene: str
) -> None:
    async with sat(tmp_path, scene) as (station, _):
        known = await read(station, *TOLD, "backends", "alarms")
        for name in TOLD:
            reading = known.reading(name)
            assert reading.malformed == (), name
            assert reading.rows or name == "ceph-checks", name
        status = known.rows("ceph")[0]
        assert status.health == "HEALTH_OK"
        assert status.clean == status.pgs == sum(pool.pgs for pool in known.rows("ceph-pools"))
        assert STORAGE.headline(known).word == "WELL"


async def test_the_whole_way_from_a_disk_to_a_pod_is_on_the_map(tmp_path: Path) -> None:
    async with sat(tmp_path) as (station, _):
        rows = (await read(station, *MADE_OF, "storage-map")).rows("storage-map")
        by_id = {row.uuid: row for row in rows}

        def way(row: Any) -> list[str]:
            under = by_id.get(row.under)
            return [*(way(under) if under is not None else ()), row.of]

        pod = next(row for row in rows if row.of == "pods" and row.text == "pod du-1-0")
        top = "storage-classes", "volumes", "claims", "pods"
        assert way(pod) == ["tiers", "ceph-pools", *top]
        tier = next(row for row in rows if row.of == "tiers")
        whole = kind_named("storage-map")
        assert whole is not None
        figure: Any = whole.tabs[0].figure(pod, station.watch.known)
        osds = [node.text for node in figure.nodes if (node.id, tier.uuid) in figure.edges]
        assert [text.split()[0] for text in osds] == ["osd.0", "osd.1"]
        assert all("PHYF" in text and "controller-" in text for text in osds)


async def test_an_osd_that_dies_is_down_in_ceph_and_alarmed_and_comes_back(tmp_path: Path) -> None:
    async with sat(tmp_path, "standard") as (station, simulator):
        simulator.order("osd-dies", host="storage-1")
        known = await read(station, "ceph", "ceph-osds", "ceph-checks", "alarms")
        assert [(osd.name, osd.is_up) for osd in known.rows("ceph-osds")] == [
            ("osd.0", True),
            ("osd.1", False),
        ]
        assert {"800.001", "800.011"} <= {alarm.alarm_id for alarm in known.rows("alarms")}
        assert set(known.rows("ceph")[0].checks) == {"OSD_DOWN", "OSD_HOST_DOWN", "PG_DEGRADED"}
        said = STORAGE.headline(known)
        assert said.word == "WARN"
        assert said.text.startswith("1 of 2 OSDs down")
        simulator.order("osd-returns", host="storage-1", for_s=100)
        await simulator.advance(50)
        known = await until(station, lambda known: known.rows("ceph")[0].osds_up == 2, "ceph")
        before = known.rows("ceph")[0]
        assert before.degraded
        assert before.left_s
        await simulator.advance(60)
        known = await until(station, lambda known: not known.rows("ceph")[0].degraded, "ceph")
        assert known.rows("ceph")[0].health == "HEALTH_OK"
        known = await read(station, "alarms")
        assert not [one for one in known.rows("alarms") if one.alarm_id.startswith("800.")]


async def test_a_controller_that_is_away_takes_its_monitor_and_its_osd_along(
    tmp_path: Path,
) -> None:
    async with sat(tmp_path) as (station, simulator):
        simulator.order("host-dies", host="controller-1")
        known = await read(station, "ceph", "ceph-monitors", "ceph-osds", "ceph-mds")
        assert [one.name for one in known.rows("ceph-monitors") if not one.in_quorum] == ["b"]
        assert [one.host for one in known.rows("ceph-osds") if not one.is_up] == ["controller-1"]
        assert [one.state for one in known.rows("ceph-mds")] == ["up:active"]


async def test_it_fills_with_the_days_and_the_end_is_told(tmp_path: Path) -> None:
    async with sat(tmp_path) as (station, simulator):
        ends = time.monotonic() + 20
        while "full in about" not in STORAGE.headline(station.watch.known).more:
            assert time.monotonic() < ends
            await simulator.advance(86400)
            await read(station, "ceph", "backends")
            await station.settled()


async def act(station: Station, kind: str, row: str, name: str, **given: Any) -> Outcome:
    declared = kind_named(kind)
    assert declared is not None
    action = declared.action(name)
    assert action is not None
    await read(station, kind)
    form = action.form.model_validate(given)
    preview = await station.acts.ask_again(station.acts.preview(declared, action, (row,), form))
    assert preview.blocked == ()
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="a test")
    assert deed.outcome is not None
    return deed.outcome


async def test_flags_osds_and_quotas_take_orders_by_the_one_door(tmp_path: Path) -> None:
    async with sat(tmp_path) as (station, _):
        assert await act(station, "ceph-flags", "noout", "set") is Outcome.DONE
        assert (await read(station, "ceph")).rows("ceph")[0].checks == ["OSDMAP_FLAGS"]
        assert await act(station, "ceph-flags", "noout", "unset") is Outcome.DONE
        assert await act(station, "ceph-osds", "1", "out") is Outcome.DONE
        assert not (await read(station, "ceph-osds")).row("ceph-osds", "1").is_in
        assert await act(station, "ceph-osds", "1", "in") is Outcome.DONE
        assert await act(station, "ceph-osds", "0", "reweight", weight=0.5) is Outcome.DONE
        assert await act(station, "ceph-pools", "kube-rbd", "quota", gib=500) is Outcome.DONE
        assert (await read(station, "ceph-pools")).row("ceph-pools", "kube-rbd").quota_bytes


async def test_a_claim_grows_and_its_image_with_it(tmp_path: Path) -> None:
    async with sat(tmp_path) as (station, simulator):
        known = await read(station, "claims", "storage-classes", "volumes", "pods")
        claim = next(row for row in known.rows("claims") if row.name == "captures")
        await act(station, "claims", claim.uid, "grow", size="90Gi")
        assert (await read(station, "claims")).row("claims", claim.uid).got == "60Gi"
        await simulator.advance(30)
        await until(station, lambda known: known.row("claims", claim.uid).got == "90Gi", "claims")
        images = (await read(station, "rbd-images")).rows("rbd-images")
        assert 90 << 30 in [image.size for image in images]


async def test_a_password_it_does_not_know_is_refused(tmp_path: Path) -> None:
    async with Simulator(frozen=True) as simulator:
        conf = tmp_path / "clouds.yaml"
        said = {**simulator.settings(), "ceph": {**simulator.ceph(), "password": "another"}}
        conf.write_text(json.dumps({"clouds": {"site": said}}), "utf-8")
        conf.chmod(0o600)
        settings = load(env={"HOME": str(tmp_path)}, cloud="site", files=(conf,)).default
        assert settings is not None
        store = Store(tmp_path / "r.db", now_ms=lambda: 1, kinds=every_kind())
        pins = Pins(tmp_path / "pins.json")
        station = Station(settings, store=store, place=LAPTOP, now_ms=lambda: 1, pins=pins)
        await station.start()
        try:
            error = (await station.watch.read_now("ceph")).error
            assert error is not None
            assert "admin" in error.advice
        finally:
            await station.close()


async def test_what_kubernetes_refuses_of_a_claim_is_refused() -> None:
    async with Simulator(frozen=True) as simulator:
        for name, size, words in (
            ("captures", "10Gi", "can not be less than previous value"),
            ("pgdata", "90Gi", "only bound claims can be resized"),
            ("captures", "90Mi", "it takes Gi and Ti"),
        ):
            said = patched(simulator, name, size)
            assert words in said["message"]


def patched(simulator: Simulator, name: str, size: str) -> Any:
    body = {"spec": {"resources": {"requests": {"storage": size}}}}
    path = f"api/v1/namespaces/lab/persistentvolumeclaims/{name}"
    request = Request(method="PATCH", path=f"/kubernetes/{path}", base=simulator.url,
                      body=json.dumps(body).encode())  # fmt: skip
    return json.loads(simulator._apiserver.reply(request, path.split("/")).body)


def test_an_osd_that_was_marked_down_does_not_come_up_while_noup_stands() -> None:
    cloud = scenes.build("site-7-calm", clock=Clock(frozen=True), seed=7)
    (first, *_) = osds(cloud)
    cloud.ceph.downed[first.number] = cloud.now() - timedelta(minutes=1)
    assert osds(cloud)[0].is_up
    cloud.ceph.flags = {"noup"}
    assert not osds(cloud)[0].is_up
