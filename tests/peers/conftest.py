"""The real peers, each started once for the whole run."""

from __future__ import annotations

from typing import Iterator

import pytest

from tests.peers import keystone
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
