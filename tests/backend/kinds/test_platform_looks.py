"""How the small kinds of the platform look when they are not at rest."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from backend.tone import Mark
from tests.backend.kinds.site import bodies, named, reading, site


@pytest.mark.parametrize(
    ("kind", "changes", "sign"),
    [
        ("service-groups", {}, Mark.NONE),
        ("service-groups", {"status": "failed"}, Mark.BAD),
        ("service-groups", {"state": "go-active"}, Mark.BUSY),
        ("service-groups", {"condition": "data-syncing"}, Mark.BAD),
        ("services", {"status": "failed"}, Mark.BAD),
        ("services", {"state": "enabling"}, Mark.BUSY),
        ("backends", {"state": "configuring"}, Mark.BUSY),
        ("backends", {"state": "configuration-failed"}, Mark.BAD),
        ("controller-filesystems", {"state": "{'status': 'drbd_fs_update_error'}"}, Mark.BAD),
        ("controller-filesystems", {"state": "no dict at all"}, Mark.BUSY),
        ("partitions", {"status": 2}, Mark.BUSY),
        ("partitions", {"status": 10}, Mark.BAD),
        ("partitions", {"status": 77}, Mark.BUSY),
        ("partitions", {"status": None}, Mark.NONE),
        ("osds", {"state": "configuring"}, Mark.BUSY),
        ("filesystems", {"state": "Creating (on unlock)"}, Mark.BUSY),
        ("physical-volumes", {"pv_state": "failed"}, Mark.BAD),
        ("applications", {"status": "apply-failed"}, Mark.BAD),
        ("applications", {"status": "applying"}, Mark.BUSY),
        ("applications", {"status": "uploaded"}, Mark.NONE),
        ("health", {"value": "All hosts are provisioned: [OK]\n"}, Mark.NONE),
    ],
)
def test_what_is_not_at_rest_has_a_mark(kind: str, changes: Dict[str, Any], sign: Mark) -> None:
    row = named(kind).model.read({**bodies(kind)[0], **changes})
    assert named(kind).look(row, site()).mark is sign


def test_health_names_the_checks_that_fail() -> None:
    (row,) = reading("health", bodies("health")).rows
    assert row.failing == (
        "All hosts are unlocked/enabled",
        "All hosts have current configurations",
        "No alarms",
    )
    assert row.checks == 7


def test_rows_of_a_host_go_by_its_name_and_by_its_uuid_before_hosts_were_read() -> None:
    row = named("disks").model.read(bodies("disks")[0])
    heading = named("disks").columns[0]
    assert heading.cell(row, site()) == "controller-0"
    assert heading.cell(row, site(without=("hosts",))) == row.host_uuid
