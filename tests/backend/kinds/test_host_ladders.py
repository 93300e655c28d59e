"""The ladders over the recorded lives of hosts, and over states that maintenance goes through."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest

from backend.deed import Deed, Outcome
from backend.errors import NotConfigured
from backend.kinds.host_ladders import LADDERS, failed
from backend.known import Known, Memory, Reading
from tests.backend.kinds.site import AIO, SAMPLES, STANDBY_OK, host, hosts, site, uuid_of

RECORDED: Dict[str, Dict[str, Any]] = json.loads((SAMPLES / "host_actions.json").read_text())


def furthest(verb: str, name: str, known: Known) -> str:
    """Return the furthest rung that a host is past, as following reckons it."""
    row = host(known, name)
    past = [rung.name for rung in LADDERS[verb](row, known) if rung.reached(row, known)]
    return past[-1] if past else ""


def stood(name: str, **changes: Any) -> Known:
    return site(hosts=hosts(**{name.replace("-", "_"): changes}), alarms=[])


@pytest.mark.parametrize(
    ("sample", "rung"),
    [
        ("lock_controller-1_00s", "accepted by sysinv"),
        ("lock_controller-1_04s", "services move away (VIM)"),
        ("lock_controller-1_07s", "online, to be worked on"),
        ("force-lock_worker-0_00s", "accepted by sysinv"),
        ("force-lock_worker-0_04s", "accepted by sysinv"),
        ("force-lock_worker-0_07s", "online, to be worked on"),
        ("unlock_worker-1_00s", "accepted by sysinv"),
        ("unlock_worker-1_03s", "sysinv prepares its config"),
        ("unlock_worker-1_07s", "boots, heard again (mtcAlive)"),
        ("unlock_worker-1_10s", "its alarms cleared"),
        ("unlock_controller-1_00s", "accepted by sysinv"),
        ("unlock_controller-1_04s", "sysinv prepares its config"),
        ("unlock_controller-1_07s", "boots, heard again (mtcAlive)"),
        ("unlock_controller-1_10s", "data in sync"),
        ("swact_controller-0_00s", ""),
    ],
)
def test_a_recorded_state_stands_on_its_rung(sample: str, rung: str) -> None:
    verb, name, _ = sample.rsplit("_", 2)
    assert furthest(verb, name, stood(name, **RECORDED[sample])) == rung


def test_every_recorded_state_is_tried() -> None:
    assert len(RECORDED) == 15


UP = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
GOING = {"administrative": "unlocked", "operational": "disabled", "availability": "offline"}
MAIN = {**AIO, **UP, "subfunction_oper": "disabled", "subfunction_avail": "offline"}


@pytest.mark.parametrize(
    ("changes", "rung"),
    [
        ({**GOING, **AIO, "task": "Booting"}, "reset, host goes down"),
        (
            {**GOING, **AIO, "availability": "intest", "task": "Initializing"},
            "tests itself (goEnabled)",
        ),
        ({**MAIN, "task": "Enabling"}, "services, heartbeat soak"),
        ({**MAIN, "task": "Enabling Worker Service"}, "main function enabled"),
        ({**MAIN, "subfunction_oper": "enabled", "task": "Enabling"}, "worker function"),
        ({**AIO, **UP, "task": ""}, "data in sync"),
    ],
)
def test_an_all_in_one_has_a_worker_rung(changes: Dict[str, Any], rung: str) -> None:
    known = stood("controller-1", **changes)
    names = [one.name for one in LADDERS["unlock"](host(known, "controller-1"), known)]
    assert furthest("unlock", "controller-1", known) == rung
    assert names.index("worker function") == 7


def test_a_plain_worker_has_none() -> None:
    known = site()
    names = [one.name for one in LADDERS["unlock"](host(known, "worker-1"), known)]
    assert "worker function" not in names
    assert "data in sync" not in names


def test_available_is_not_the_end_while_its_alarms_stand() -> None:
    known = site(hosts=hosts(worker_1=UP))
    assert furthest("unlock", "worker-1", known) == "available"


def test_data_that_is_still_copied_is_not_the_end() -> None:
    syncing = [
        {
            "uuid": "g",
            "service_group_name": "controller-services",
            "node_name": "controller-1",
            "condition": "data-syncing",
        }
    ]
    known = site(hosts=hosts(controller_1=STANDBY_OK), alarms=[], service_groups=syncing)
    assert furthest("unlock", "controller-1", known) == "its alarms cleared"


def test_where_no_fault_management_is_configured_nobody_waits_for_it() -> None:
    known = site(hosts=hosts(worker_1=UP), without=("alarms",))
    assert furthest("unlock", "worker-1", known) == "available"
    absent = Reading[Any](kind="alarms", error=NotConfigured("this cloud has no fm"))
    known = replace(known, readings={**known.readings, ("alarms", ""): absent})
    assert furthest("unlock", "worker-1", known) == "its alarms cleared"


def test_a_host_that_is_gone_ends_a_delete_and_nothing_else() -> None:
    known = site()
    row = host(known, "worker-1")
    for verb, ladder in LADDERS.items():
        past = [rung for rung in ladder(row, known) if rung.reached(None, known)]
        assert bool(past) == (verb == "delete")


@pytest.mark.parametrize(
    ("verb", "changes", "rung"),
    [
        ("reboot", {"task": "Rebooting"}, "boots, online again"),
        ("reboot", {"availability": "offline"}, "goes down"),
        ("power-off", {"availability": "power-off"}, "power is off"),
        ("power-on", {"availability": "offline"}, "power is on"),
        (
            "reinstall",
            {"availability": "offline", "install_state": "installing+"},
            "installation: preinstall",
        ),
        ("reinstall", {"install_state": "completed"}, "inventoried"),
    ],
)
def test_power_and_installation(verb: str, changes: Dict[str, Any], rung: str) -> None:
    assert furthest(verb, "worker-1", stood("worker-1", **changes)) == rung


# --- when the system gave up -------------------------------------------------------------------


def running(**changes: Any) -> Deed:
    deed = Deed(
        number="2211-0001",
        cloud="site-7",
        kind="hosts",
        action="unlock",
        row_id=uuid_of(4),
        label="worker-1",
        who="admin",
        terminal="pts/0",
        began_ms=0,
        outcome=Outcome.FOLLOWED,
    )
    return replace(deed, **changes)


WORDS: List[Tuple[str, bool]] = [
    ("Configuration failure, threshold reached, Lock/Unlock to retry", True),
    ("In-Test Failure, threshold reached, Lock/Unlock to retry", True),
    ("Heartbeat Failure, threshold reached, Lock/Unlock to retry", True),
    ("A Later Failure, threshold reached, Lock/Unlock to retry", True),
    ("Lock Rejected: Please Enable More Worker Resources", True),
    ("Reset Failed - BMC is not provisioned", True),
    ("Reinstall Failed ; timeout waiting for online", True),
    ("In-Test Failed, re-enabling", False),
    ("Configuration Failed, re-enabling", False),
    ("Start Services Failed, re-enabling", False),
    ("Enable Heartbeat Failure, re-enabling", False),
    ("Booting", False),
    ("", False),
]


@pytest.mark.parametrize(("task", "is_end"), WORDS)
def test_a_task_says_whether_maintenance_gave_up(task: str, is_end: bool) -> None:
    known = stood("worker-1", task=task)
    words = failed(host(known, "worker-1"), known)
    assert bool(words) is is_end
    assert not is_end or words.startswith(task)


def test_what_stood_there_before_the_order_is_no_failure_of_it() -> None:
    task = "In-Test Failure, threshold reached, Lock/Unlock to retry"
    before = running(before={"task": task})
    known = replace(stood("worker-1", task=task), memory=Memory(deeds=(before,)))
    assert failed(host(known, "worker-1"), known) == ""
    again = replace(before, reached={"accepted by sysinv": 1, "sysinv prepares its config": 2})
    later = replace(known, memory=Memory(deeds=(again,)))
    assert failed(host(later, "worker-1"), later).startswith(task)


def test_the_vim_that_cannot_move_services_ends_a_lock() -> None:
    known = stood("worker-0", vim_progress_status="services-disable-failed")
    assert "VIM" in failed(host(known, "worker-0"), known)
