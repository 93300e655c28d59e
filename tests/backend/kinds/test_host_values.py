"""Values of a host that nobody expects: nested ones as text, empty peers, uptimes that can't be."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kind import Nothing
from backend.kinds.host import Host
from backend.preview import preview
from backend.units import clock, day
from tests.backend.kinds.site import bodies, host, hosts, named, site

KIND: Any = named("hosts")


@pytest.mark.parametrize(
    ("capabilities", "is_active"),
    [
        ('{"Personality": "Controller-Active"}', True),
        ('{"Personality": "Controller-Standby"}', False),
        ("{'Personality': 'Controller-Active'}", False),
        ("[]", False),
        ({"Personality": "Controller-Active"}, True),
        (None, False),
    ],
)
def test_a_deed_that_keeps_capabilities_as_text_still_tells_the_active_controller(
    capabilities: Any, is_active: bool
) -> None:
    assert Host.model_construct(capabilities=capabilities).is_active is is_active


@pytest.mark.parametrize(
    ("peers", "names"),
    [
        ({"name": "group-0", "hosts": None}, ()),
        ({"name": "group-0"}, ()),
        ({"name": "group-0", "hosts": "storage-1"}, ()),
        ({"name": "group-0", "hosts": ["storage-0", "storage-1"]}, ("storage-1",)),
        (None, ()),
    ],
)
def test_a_storage_group_without_hosts_is_no_reason_to_fail(peers: Any, names: Any) -> None:
    known = site(hosts=hosts(storage_0={"peers": peers}))
    row = host(known, "storage-0")
    assert row.peer_names == names
    for verb in ("lock", "force-lock", "force-unsafe-lock"):
        assert preview(known, KIND, KIND.action(verb), [row.uuid], Nothing()).reasons


@pytest.mark.parametrize("uptime", [10**30, 10**11, -5, 0])
def test_an_uptime_that_cant_be_is_left_out_and_breaks_nothing(uptime: int) -> None:
    known = site(hosts=hosts(worker_0={"uptime": uptime}))
    row = host(known, "worker-0")
    assert row.up_ms is None
    cells = [str(column.cell(row, known)) for column in KIND.columns]
    assert cells[0] == "worker-0"
    figures = repr([tab.figure(row, known) for tab in KIND.tabs if tab.figure is not None])
    assert "heading='up'" not in figures
    assert KIND.strip is not None
    assert "up " not in repr(KIND.strip(row, known))


def test_an_uptime_is_told_in_milliseconds() -> None:
    assert host(site(hosts=hosts(worker_0={"uptime": 60})), "worker-0").up_ms == 60_000
    assert bodies("hosts")[0]["uptime"] > 0


@pytest.mark.parametrize("ms", [10**33, -(10**33), 253_402_300_800_000, -62_135_596_800_001])
def test_an_instant_outside_the_calendar_is_said_as_unknown(ms: int) -> None:
    assert (clock(ms), clock(ms, seconds=True), day(ms)) == ("?", "?", "?")


def test_the_first_and_the_last_instant_of_the_calendar_are_written() -> None:
    assert day(253_402_300_799_999) == "9999-12-31 23:59Z"
    assert day(0) == "1970-01-01 00:00Z"
