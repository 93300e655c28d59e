"""The real peers, each started once for the whole run."""

from __future__ import annotations

from typing import Iterator

import pytest

from tests.peers import keystone


@pytest.fixture(scope="session")
def real_keystone() -> Iterator[keystone.Peer]:
    with keystone.keystone() as peer:
        yield peer
