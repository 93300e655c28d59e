"""What failed in a group is found again by its own name."""

from __future__ import annotations

import pytest

from tests.conftest import own_name


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("tests/a.py::test_x", "tests/a.py::test_x"),
        ("tests/a.py::test_x@accounts", "tests/a.py::test_x"),
        ("tests/a.py::test_x[a@b]", "tests/a.py::test_x[a@b]"),
        ("tests/a.py::test_x[a@b]@ceph_tests/peers", "tests/a.py::test_x[a@b]"),
    ],
)
def test_a_group_is_no_part_of_a_name(name: str, own: str) -> None:
    assert own_name(name) == own
