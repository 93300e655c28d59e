"""The console itself, on a line of its own, in front of a real Ceph."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.ceph import Ceph
from tests.peers.ceph_screen import brought_back, sat_at_storage, seen_after_s

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("ceph")]


# On a machine that does much else besides one may be late: not all of them.
TRIES = 3


def test_a_killed_osd_is_on_the_screen_within_a_second_of_cephs_own_knowing(
    real_ceph: Ceph, tmp_path: Path
) -> None:
    after_s = []
    with sat_at_storage(real_ceph, tmp_path) as far:
        for _ in range(TRIES):
            try:
                after_s.append(seen_after_s(real_ceph, far, 2))
            finally:
                brought_back(real_ceph, far, 2)
            if after_s[-1] < 1.0:
                return
    raise AssertionError(f"seconds until it was seen: {after_s}")
