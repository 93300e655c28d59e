"""A real Ceph asked in Rook's tools pod, by exec through a real API server; kwok runs it here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator

import pytest

from backend.errors import NotConfigured, StxError
from backend.settings import CloudSettings
from tests.peers.ceph import Ceph
from tests.peers.cluster import Cluster
from tests.peers.site import _set
from tests.peers.test_ceph import way
from tests.peers.test_ceph_ways import status

pytestmark = pytest.mark.peer

POD = "deploy/rook-ceph-tools"


@pytest.fixture
def tools(real_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Rook's tools on the control plane, and its own kubectl as the first on the path."""
    real_cluster.apply(_set("Deployment", "rook-ceph-tools", "rook-ceph", "ceph:v18", 1))
    rolled = ("rollout", "status", POD, "--timeout=60s")
    real_cluster.kubectl("-n", "rook-ceph", *rolled)
    monkeypatch.setenv("PATH", f"{real_cluster.programs}:/usr/bin:/bin:/usr/sbin:/sbin")
    yield real_cluster
    real_cluster.kubectl("-n", "rook-ceph", "delete", POD, "--wait=false")


async def by_pod(peer: Ceph, cluster: Cluster, folder: Path, pod: str = POD) -> Any:
    settings = CloudSettings(
        name="site-7", kubeconfig=str(cluster.kubeconfig), ceph=replace(way(peer), pod=pod)
    )
    return await status(settings, folder)


async def test_ceph_is_asked_in_rooks_tools_pod_by_one_process_there(
    real_ceph: Ceph, tools: Cluster, tmp_path: Path
) -> None:
    reading, osds, talk = await by_pod(real_ceph, tools, tmp_path)
    assert reading.error is None
    assert reading.rows[0].fsid == real_ceph.fsid
    assert [one.id for one in osds.rows] == [0, 1, 2]
    assert talk is not None


async def test_a_site_without_rooks_tools_is_told_so(
    real_ceph: Ceph, tools: Cluster, tmp_path: Path
) -> None:
    reading, _, _ = await by_pod(real_ceph, tools, tmp_path, "deploy/no-tools")
    assert isinstance(reading.error, (NotConfigured, StxError))
    assert "no-tools" in str(reading.error)
    assert reading.error.advice
