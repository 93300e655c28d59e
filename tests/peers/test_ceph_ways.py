"""Ceph asked where it is not this machine, by SSH; and its images."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator

import pytest

from backend.lookout import Lookout
from backend.place import find_place
from backend.settings import CloudSettings
from backend.sources.tls import Pins
from tests.backend.sources.sshd import PROGRAM, Sshd, serving
from tests.peers.ceph import Ceph, run
from tests.peers.test_ceph import looking, now_ms, way

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("ceph")]


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    if PROGRAM is None:
        pytest.skip("no sshd on this machine")
    with serving() as found:
        yield found


async def status(settings: CloudSettings, folder: Path) -> Any:
    lookout = Lookout(
        settings, place=find_place(), now_ms=now_ms, pins=Pins(folder / "ceph-pins.json")
    )
    try:
        reading = await lookout.watch.read_now("ceph")
        again = await lookout.watch.read_anew("ceph-osds")
        talk = lookout.cloud.ceph.direct._talk
        return reading, again, talk
    finally:
        await lookout.close()


async def test_ceph_is_asked_by_ssh_by_one_process_there(
    real_ceph: Ceph, sshd: Sshd, tmp_path: Path
) -> None:
    # The key is read by who logs in there.
    for path in (real_ceph.room, real_ceph.conf, real_ceph.keyring):
        path.chmod(0o755 if path.is_dir() else 0o644)
    sshd.trusted("127.0.0.1")
    settings = CloudSettings(
        name="site-7",
        ssh=sshd.settings({"controller-0": "127.0.0.1"}),
        ceph=replace(way(real_ceph), machine="controller-0"),
    )
    reading, osds, talk = await status(settings, tmp_path)
    assert reading.error is None
    assert reading.rows[0].fsid == real_ceph.fsid
    assert [one.id for one in osds.rows] == [0, 1, 2]
    assert talk is not None


async def test_images_are_told_with_size_and_snapshots(real_ceph: Ceph) -> None:
    at = ("--conf", str(real_ceph.conf), "--keyring", str(real_ceph.keyring))
    name = "kube-rbd/csi-vol-1"
    await asyncio.to_thread(run, "rbd", *at, "create", "--size", "64", name)
    try:
        await asyncio.to_thread(run, "rbd", *at, "snap", "create", f"{name}@before")
        async with looking(real_ceph) as lookout:
            reading = await lookout.watch.read_anew("rbd-images")
        assert reading.error is None
        (image,) = reading.rows
        assert (image.pool, image.name) == ("kube-rbd", "csi-vol-1")
        assert (image.size, image.snapshots) == (64 << 20, 1)
    finally:
        await asyncio.to_thread(run, "rbd", *at, "snap", "purge", name)
        await asyncio.to_thread(run, "rbd", *at, "rm", name)
