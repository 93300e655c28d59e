"""Which logs are opened for a host, an alarm, an event and a deed, and where they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Tuple

import pytest

from backend.deed import Deed
from backend.kinds.faults import Event
from backend.kinds.log_places import of_deed, of_fault
from backend.known import Known
from backend.logs.catalogue import ABOUT_ALL, ALIASES, NAMES, OF_DEED, of_alarm, stream_of
from backend.plan import HERE
from backend.streams import Journal, LogFile, Logs
from tests.backend.kinds.fm import NOW_MS
from tests.backend.kinds.site import LAPTOP, host, named, on, site


def places(logs: Logs) -> List[Tuple[str, str]]:
    return [(stream.name, stream.machine) for stream in logs.streams if isinstance(stream, LogFile)]


def test_a_host_is_told_of_by_the_active_controller_and_by_itself() -> None:
    known = site()
    logs_of = named("hosts").logs
    assert logs_of is not None
    logs = logs_of(host(known, "worker-0"), known)
    assert places(logs) == [
        ("mtcAgent", "controller-0"),
        ("sysinv", "controller-0"),
        ("sm", "worker-0"),
        ("kern", "worker-0"),
    ]
    assert logs.at_ms is None


def test_what_lies_on_the_machine_one_sits_on_is_here() -> None:
    known = site(place=on(1, "controller-0"))
    logs_of = named("hosts").logs
    assert logs_of is not None
    assert {machine for _name, machine in places(logs_of(host(known, "controller-0"), known))} == {
        HERE
    }


def test_an_alarm_opens_the_logs_of_its_sort_at_the_moment_it_was_raised() -> None:
    known = site()
    logs_of = named("alarms").logs
    assert logs_of is not None
    for alarm in known.rows("alarms"):
        logs = logs_of(alarm, known)
        assert logs.at_ms == alarm.raised_ms
        assert logs.of == alarm.alarm_id
        assert logs.streams
    assert places(of_fault("400.002", "", NOW_MS, known)) == [
        ("sm", "controller-0"),
        ("mtcAgent", "controller-0"),
        ("daemon", "controller-0"),
    ]
    assert places(of_fault("200.006", "worker-0", NOW_MS, known))[0] == ("pmon", "worker-0")


def test_an_event_without_id_or_entity_opens_logs_too() -> None:
    logs_of = named("events").logs
    assert logs_of is not None
    event = Event.read(
        {"uuid": "1", "state": "log", "severity": "critical", "timestamp": "2026-11-21T02:35:07"}
    )
    logs = logs_of(event, site())
    assert logs.streams
    assert logs.at_ms == event.at_ms  # type: ignore[attr-defined]


def test_a_deed_opens_what_the_platform_wrote_from_its_sending() -> None:
    deed = Deed(
        number="2211-0041",
        cloud="site-7",
        kind="hosts",
        action="unlock",
        row_id="1",
        label="worker-0",
        who="sysadmin",
        terminal="ttyS0",
        began_ms=NOW_MS,
        sent_ms=NOW_MS + 5,
    )
    logs = of_deed(deed, site())
    assert [name for name, _machine in places(logs)] == list(OF_DEED)
    assert (logs.at_ms, logs.of) == (NOW_MS + 5, "unlock worker-0")
    nobody = of_deed(deed, Known(cloud="", now_ms=NOW_MS, place=LAPTOP))
    assert {machine for _name, machine in places(nobody)} == {HERE}


def test_every_name_in_the_tables_is_a_log_that_is_known() -> None:
    for start in ("100.1", "200.004", "250.001", "400.001", "750.002", "800.001", "900.021", "9"):
        assert set(of_alarm(start)) <= set(NAMES)
    assert set(ALIASES.values()) <= set(NAMES)
    assert set(NAMES) >= ABOUT_ALL


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("mtcagent", "/var/log/mtcAgent.log"),
        ("puppet/latest", "/var/log/puppet/latest/puppet.log"),
        ("ansible", "/home/sysadmin/ansible.log"),
        ("rabbitmq/rabbit@localhost", "/var/log/rabbitmq/rabbit@localhost.log"),
        ("mail.err", "/var/log/mail.err"),
        ("/srv/x.log", "/srv/x.log"),
    ],
)
def test_a_name_an_alias_or_a_path_is_a_log(name: str, path: str) -> None:
    stream = stream_of(name)
    assert isinstance(stream, LogFile)
    assert stream.path == path


def test_the_journal_is_named_with_its_units() -> None:
    assert stream_of("journal") == Journal()
    assert stream_of("journal:kubelet,etcd", "worker-0") == Journal(
        units=("kubelet", "etcd"), machine="worker-0"
    )


def test_the_event_log_of_the_hosts_own_baseboard_is_among_them_where_it_can_be_asked() -> None:
    from backend.baseboard import SelLog
    from tests.backend.kinds.rack import rack, readings, server
    from tests.backend.kinds.site import reading

    known = rack()
    assert ("servers", "") in readings()
    logs = of_fault("200.010", "controller-0", NOW_MS, known)
    assert logs.streams[-1] == SelLog(server="controller-0")
    assert logs.streams[-1].called == "controller-0:SEL"
    shut = reading("servers", [server("controller-0", has_password=False)])
    known = replace(known, readings={**known.readings, ("servers", ""): shut})
    assert not any(
        isinstance(one, SelLog) for one in of_fault("200.010", "controller-0", 0, known).streams
    )


def test_pods_and_baseboards_are_named_beside_files() -> None:
    from backend.baseboard import SelLog
    from backend.kube import PodLog

    assert stream_of("sel:controller-0") == SelLog(server="controller-0")
    assert stream_of("pod:kube-system/coredns-1/coredns") == PodLog(
        namespace="kube-system", pod="coredns-1", container="coredns"
    )
    assert isinstance(stream_of("pod:nothing"), LogFile)
