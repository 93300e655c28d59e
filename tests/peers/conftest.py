"""The real peers, each started once for the whole run."""

from __future__ import annotations

from typing import Iterator

import pytest

from tests.peers import ceph, keystone
from tests.peers.ceph import Ceph
from tests.peers.cluster import Cluster, cluster
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
