from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

from backend.figure import Jump
from backend.kind import Row
from backend.kinds import kind_named
from backend.kinds.faults import ALARMS
from backend.known import Known, Reading
from tests.backend.kinds.fm import NOW_MS, alarm, at, known, reading, said, with_alarms

HOST = {
    "uuid": "h-1",
    "hostname": "controller-1",
    "personality": "controller",
    "administrative": "unlocked",
    "operational": "disabled",
    "availability": "intest",
    "task": "Testing",
    "config_applied": "7c1f0000-x",
    "config_target": "9a000000-y",
}
GROUP = {"uuid": "g-1", "service_group_name": "vim-services", "node_name": "controller-0"}
APPLICATION = {"name": "stx-openstack", "status": "apply-failed", "progress": "timed\nout"}


class Thing(Row):
    """A row of a kind whose declaration does not matter here: its body is what is looked at."""


def _with(base: Known, kind_name: str, *bodies: Dict[str, Any]) -> Known:
    kind = kind_named(kind_name)
    assert kind is not None
    rows = tuple(Thing.read(body) for body in bodies)
    one = Reading(kind=kind_name, rows=rows, at_ms=NOW_MS)
    return replace(base, readings={**base.readings, (kind_name, ""): one})


def test_what_can_be_verified_on_a_host_is_said_live() -> None:
    base = _with(known(), "hosts", HOST)
    told = {row.alarm_id: said(row, base)["VERIFY"] for row in base.rows("alarms")}
    assert told["100.104"].endswith("now controller-1 unlocked/disabled/intest, Testing")
    assert told["250.001"].endswith("now applied 7c1f0000, target 9a000000")
    assert told["200.001"] == "unlocked, enabled, available"


def test_a_host_that_says_nothing_of_its_configuration_says_its_states() -> None:
    less = {key: value for key, value in HOST.items() if not key.startswith("config_")}
    base = _with(known(), "hosts", less)
    told = said(alarm(base, "250.001"), base)["VERIFY"]
    assert told.endswith("now controller-1 unlocked/disabled/intest, Testing")


def test_the_members_of_a_service_group_are_said_live() -> None:
    base = _with(
        known(),
        "service-groups",
        {**GROUP, "state": "active"},
        {**GROUP, "node_name": "controller-1", "state": "disabled"},
        {**GROUP, "service_group_name": "oam-services", "state": "standby"},
    )
    told = said(alarm(base, "400.002"), base)["VERIFY"]
    assert told.endswith("has a standby: now controller-0 active, controller-1 disabled")


def test_without_the_groups_the_controllers_say_how_they_stand() -> None:
    worker = {**HOST, "hostname": "worker-0", "personality": "worker"}
    base = _with(known(), "hosts", HOST, worker)
    assert said(alarm(base, "400.002"), base)["VERIFY"].endswith("now controller-1 intest")


def test_an_application_says_its_progress_live() -> None:
    base = _with(known(), "applications", APPLICATION)
    told = said(alarm(base, "750.002"), base)["VERIFY"]
    assert told == "the application says applied: now apply-failed timed out"


def test_the_first_line_goes_to_the_host() -> None:
    base = known()
    hosts = kind_named("hosts")
    assert hosts is not None
    base = replace(
        base,
        readings={**base.readings, ("hosts", ""): reading(hosts, (Thing.read(HOST),))},
    )
    assert ALARMS.jump is not None
    assert ALARMS.strip is not None
    row = alarm(base, "100.104")
    assert ALARMS.jump(row, base) == Jump(kind="hosts", id="h-1")
    assert ALARMS.strip(row, base).lines[0].jump == Jump(kind="hosts", id="h-1")


def test_without_a_card_the_service_speaks_for_itself() -> None:
    base = with_alarms(
        known(),
        {"alarm_id": "999.001", "probable_cause": "cable-tamper"},
        {"alarm_id": "999.002", "probable_cause": "unknown"},
    )
    first, second = (said(row, base) for row in base.rows("alarms"))
    assert first["CAUSE"] == "the service says: cable tamper"
    assert "not known to us" in second["CAUSE"]
    assert "DO" not in first
    assert first["VENDOR"]


def test_a_flapping_alarm_is_counted_from_the_log_and_only_where_it_was_read() -> None:
    base = known()
    row = alarm(base, "250.001")
    assert said(row, base)["250.001"].endswith("set 08:25:00Z, flaps 1")
    unread = replace(base, readings={("alarms", ""): base.reading("alarms")})
    assert said(row, unread)["250.001"].endswith("set 08:25:00Z")


def test_an_alarm_of_another_day_says_its_day() -> None:
    base = with_alarms(known(), {"timestamp": "2026-11-20T08:25:00"})
    assert "set 2026-11-20 08:25Z" in said(base.rows("alarms")[0], base)["100.104"]


def test_alarms_that_came_together_are_one_incident() -> None:
    came = [
        ("400.002", "service_group=vim", "2026-11-22T08:18:00"),
        ("200.001", "host=worker-1", "2026-11-22T08:18:01"),
        ("100.101", "host=worker-2", "2026-11-22T08:18:02"),
        ("250.001", "host=worker-1", "2026-11-22T07:00:00"),
    ]
    names = ("alarm_id", "entity_instance_id", "timestamp")
    base = with_alarms(known(), *(dict(zip(names, each)) for each in came))
    row = alarm(base, "200.001")
    told = said(row, base)
    assert told["WITH IT"] == "1 came within 2 minutes: C 400.002 vim loss of redundancy 92%"
    related = ALARMS.tabs[0].related
    assert related is not None
    assert [other.alarm_id for other in base.rows("alarms") if related(row, other)] == ["400.002"]
    assert "WITH IT" not in said(alarm(base, "250.001"), base)
    both = said(alarm(base, "400.002"), base)["WITH IT"]
    assert both == "2 came within 2 minutes: C 200.001 worker-1 locked 92%, and 1 more"


def test_the_strip_says_how_often_it_was_seen_before() -> None:
    row = alarm(known(), "400.002")
    key = (row.alarm_id, row.entity_instance_id)
    times = (at("2026-11-20T08:00:00Z"), at("2026-11-15T08:00:00Z"), row.raised_ms)
    told = said(row, known(seen_before={key: times}))
    assert told["BEFORE"] == "seen before: 2 times in 7d, last 2026-11-20 08:00Z"
    assert "BEFORE" not in said(row, known())
    once = said(row, known(seen_before={key: times[:1]}))
    assert once["BEFORE"] == "seen before: once, last 2026-11-20 08:00Z"


def test_every_field_can_be_read_as_the_service_sent_it() -> None:
    base = known()
    row = alarm(base, "100.104")
    tab = next(tab for tab in ALARMS.tabs if tab.figure is not None)
    assert tab.figure is not None
    figure = tab.figure(row, base)
    told = {line.heading: line.text for line in getattr(figure, "lines", ())}
    assert told["probable_cause"] == "threshold-crossed"
    assert told.keys() == row.body.keys()


PORTS = (
    {"uuid": "p-1", "name": "eth0", "interface_uuid": "i-1", "ihost_uuid": "h-1"},
    {"uuid": "p-2", "name": "eth1", "interface_uuid": "i-2", "ihost_uuid": "h-1"},
    {"uuid": "p-3", "name": "eth0", "interface_uuid": "i-3", "ihost_uuid": "h-2"},
)
INTERFACES = (
    {"uuid": "i-0", "ifname": "oam0", "uses": ["sl0", "sl1"], "ihost_uuid": "h-1"},
    {"uuid": "i-1", "ifname": "sl0", "uses": [], "ihost_uuid": "h-1"},
    {"uuid": "i-2", "ifname": "sl1", "uses": [], "ihost_uuid": "h-1"},
)
HEARD = {
    "uuid": "l-1",
    "port_name": "eth1",
    "system_name": "sw-12",
    "port_identifier": "Gi0/7",
    "ihost_uuid": "h-1",
}


def _declared(base: Known, kind_name: str, *bodies: Dict[str, Any], of: str = "") -> Known:
    kind = kind_named(kind_name)
    assert kind is not None
    read = replace(reading(kind, tuple(kind.model.read(body) for body in bodies)), parent=of)
    return replace(base, readings={**base.readings, (kind_name, of): read})


def _port_alarm(entity: str, *heard: Dict[str, Any]) -> str:
    one = {"alarm_id": "100.106", "entity_instance_id": f"host=controller-1.{entity}"}
    base = _declared(with_alarms(known(), one), "hosts", HOST)
    base = _declared(_declared(base, "ports", *PORTS), "interfaces", *INTERFACES, of="h-1")
    base = _declared(base, "lldp", *heard)
    return said(alarm(base, "100.106"), base)["VERIFY"]


def test_of_a_port_the_neighbour_that_is_heard_on_its_cable_is_said() -> None:
    assert _port_alarm("port=eth1", HEARD).endswith("now eth1 hears sw-12 Gi0/7 (LLDP 09:05Z)")
    assert "eth0 hears nobody" in _port_alarm("port=eth0", HEARD)


def test_of_a_bond_each_of_its_ports_is_said() -> None:
    told = _port_alarm("interface=oam0", HEARD)
    assert "now eth0 hears nobody, eth1 hears sw-12 Gi0/7 (LLDP" in told
