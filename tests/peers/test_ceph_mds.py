"""A real filesystem of Ceph's, and the metadata servers that serve it, or do not."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from backend.kinds.storage import STORAGE
from backend.tone import Tone
from tests.backend.test_watch import until
from tests.peers.ceph import Ceph
from tests.peers.test_ceph import looking

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("ceph"),
    pytest.mark.skipif(shutil.which("ceph-mds") is None, reason="no ceph-mds on this machine"),
]


async def test_a_filesystem_is_told_with_its_servers_and_one_that_nobody_serves_is_said(
    real_ceph: Ceph,
) -> None:
    cephfs = real_ceph.filesystem("kube-cephfs", "m", "n")
    await asyncio.to_thread(cephfs.__enter__)
    try:
        async with looking(real_ceph, "ceph", "ceph-filesystems", "ceph-mds", "ceph-checks") as one:
            known = lambda: one.watch.known  # noqa: E731
            active = lambda: [s for s in known().rows("ceph-mds") if s.state == "up:active"]  # noqa: E731
            await until(lambda: len(active()) == 1 and len(known().rows("ceph-mds")) == 2, 60)
            (server,) = active()
            (other,) = [s for s in known().rows("ceph-mds") if s is not server]
            assert (server.filesystem, server.rank, other.state) == ("kube-cephfs", 0, "up:standby")
            await until(lambda: known().rows("ceph-filesystems")[0].up == [server.name], 20)
            # The one that serves it dies: the other takes its place.
            await dies(real_ceph, server.name)
            await until(lambda: [s.name for s in active()] == [other.name], 60)
            # Nobody is left: it is said, by the filesystem and in the headline.
            await dies(real_ceph, other.name)
            await until(lambda: known().rows("ceph-filesystems")[0].up == [], 60)
            await until(lambda: known().row("ceph-checks", "MDS_ALL_DOWN") is not None, 60)
            await until(lambda: "MDS_ALL_DOWN" in known().rows("ceph")[0].checks, 20)
            assert STORAGE.headline(known()).tone is Tone.BAD
            assert "CephFS is DOWN" in STORAGE.headline(known()).text
    finally:
        await asyncio.to_thread(cephfs.__exit__, None, None, None)


async def dies(peer: Ceph, name: str) -> None:
    """Kill a server, and have the monitor take it for dead now: by itself that takes a while."""
    await asyncio.to_thread(peer.kill, f"mds.{name}")
    await asyncio.to_thread(peer.ceph, "mds", "fail", name)
