"""The real peers, each started once for the whole run."""

from __future__ import annotations

import shutil
from typing import Iterator

import pytest

from tests.peers import ceph, keystone, registry
from tests.peers.ceph import Ceph
from tests.peers.ceph_dashboard import MODULE, Dashboards, dashboards
from tests.peers.cluster import Cluster, cluster
from tests.peers.registry import Registry
from tests.peers.site import laid


@pytest.fixture(scope="session")
def real_keystone() -> Iterator[keystone.Peer]:
    with keystone.keystone() as peer:
        yield peer


@pytest.fixture(scope="session")
def real_cluster() -> Iterator[Cluster]:
    """A control plane of Kubernetes with the site of two controllers on it."""
    with cluster() as peer:
        laid(peer)
        yield peer


@pytest.fixture(scope="session")
def real_ceph() -> Iterator[Ceph]:
    """A monitor, a manager and three OSDs; absent where Debian's packages of it are."""
    if ceph.MISSING:
        pytest.skip(f"not on this machine: {' '.join(ceph.MISSING)}")
    with ceph.ceph() as peer:
        yield peer


@pytest.fixture(scope="session")
def real_dashboards(real_ceph: Ceph) -> Dashboards:
    """The REST of two managers of it, one of which stands by."""
    if shutil.which("openssl") is None or not MODULE.is_dir():
        pytest.skip("the manager's dashboard is not on this machine")
    return dashboards(real_ceph)


@pytest.fixture(scope="session")
def real_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Debian's docker-registry behind a token server; absent where Debian's packages are."""
    if registry.MISSING:
        pytest.skip(f"not on this machine: {' '.join(registry.MISSING)}")
    with registry.registry(tmp_path_factory.mktemp("registry")) as peer:
        yield peer
