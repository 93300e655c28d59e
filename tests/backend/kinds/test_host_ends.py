"""Where an act on a host really ends: on dead hosts, by stale readings, in others' hands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List

import pytest

from backend.deed import Deed, Outcome
from backend.errors import Unreachable
from backend.kinds.host import Host
from backend.kinds.host_fresh import SAME_MOMENT_MS
from backend.kinds.host_ladders import LADDERS, failed
from backend.known import Known, Memory, Reading
from tests.backend.kinds.site import STANDBY_OK, at_ms, bodies, host, hosts, site, uuid_of

WORKER = "worker-0"
LOCKED = {"administrative": "locked", "operational": "disabled", "vim_progress_status": ""}
UP = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
ACTIVE, STANDBY = (
    {"capabilities": {"Personality": f"Controller-{role}"}} for role in ("Active", "Standby")
)


def with_deed(known: Known, action: str, name: str, **changes: Any) -> Known:
    row = host(known, name)
    deed = Deed(
        number="2211-0001",
        cloud="site-7",
        kind="hosts",
        action=action,
        row_id=row.uuid,
        label=name,
        who="admin",
        terminal="pts/0",
        began_ms=0,
        outcome=Outcome.FOLLOWED,
    )
    return replace(known, memory=Memory(deeds=(replace(deed, **changes),)))


def names(verb: str, row: Host, known: Known) -> List[str]:
    return [rung.name for rung in LADDERS[verb](row, known)]


def past(verb: str, name: str, known: Known) -> List[str]:
    row = host(known, name)
    return [rung.name for rung in LADDERS[verb](row, known) if rung.reached(row, known)]


def changed(known: Known, name: str, **changes: Any) -> Known:
    old: Reading[Any] = known.reading(name)
    return replace(known, readings={**known.readings, (name, ""): replace(old, **changes)})


# --- lock --------------------------------------------------------------------------------------


@pytest.mark.parametrize("availability", ["offline", "failed", "power-off"])
@pytest.mark.parametrize("verb", ["lock", "force-lock", "force-unsafe-lock"])
def test_the_lock_of_a_dead_host_ends_when_it_is_locked(verb: str, availability: str) -> None:
    known = site(hosts=hosts(worker_0={"availability": availability}))
    assert names(verb, host(known, WORKER), known)[-1] == "locked"
    locked = site(hosts=hosts(worker_0={**LOCKED, "availability": "offline"}))
    then = with_deed(locked, verb, WORKER, before={"availability": availability})
    assert past(verb, WORKER, then)[-1] == names(verb, host(then, WORKER), then)[-1] == "locked"


@pytest.mark.parametrize("verb", ["lock", "force-lock"])
def test_the_lock_of_a_host_that_was_heard_waits_until_it_is_online(verb: str) -> None:
    known = site()
    rungs = LADDERS[verb](host(known, WORKER), known)
    assert (rungs[-1].name, rungs[-1].settles) == ("online, to be worked on", True)
    # Taken up again while it is down after its reset: how it was when it began is what counts.
    down = site(hosts=hosts(worker_0={**LOCKED, "availability": "offline"}))
    then = with_deed(down, verb, WORKER, before={"availability": "available"})
    assert names(verb, host(then, WORKER), then) == [rung.name for rung in rungs]
    assert "online, to be worked on" not in past(verb, WORKER, then)


# --- swact -------------------------------------------------------------------------------------


def groups(**changes: Any) -> List[Any]:
    """Return one group that has moved to controller-1, as the old side says it and the new one."""
    base = {**bodies("service-groups")[0], "service_group_name": "web", "condition": ""}
    old = {**base, "uuid": "a", "node_name": "controller-0", "state": "standby"}
    new = {**base, "uuid": "b", "node_name": "controller-1", "state": "active"}
    return [
        {**old, "desired_state": "standby", "status": "warn"},
        {**new, "desired_state": "active", "status": "warn", **changes},
    ]


def swacted(**changes: Any) -> Known:
    return site(
        hosts=hosts(controller_0=STANDBY, controller_1=ACTIVE), service_groups=groups(**changes)
    )


def test_a_group_that_only_warns_does_not_hold_a_swact() -> None:
    assert past("swact", "controller-0", swacted())[-1] == "its service groups are active"


def test_a_swact_is_not_over_while_a_group_still_goes_active() -> None:
    known = swacted(state="go-active")
    assert past("swact", "controller-0", known)[-1] == "the other controller is active"


def test_groups_that_were_read_before_the_swact_do_not_end_it() -> None:
    known = swacted()
    early = known.reading("hosts").at_ms - SAME_MOMENT_MS - 1
    old = changed(known, "service-groups", at_ms=early)
    assert past("swact", "controller-0", old)[-1] == "the other controller is active"


def test_before_a_swact_no_rung_of_it_holds_whatever_the_other_host_is_now() -> None:
    now = swacted()
    text = '{"Personality": "Controller-Active"}'
    before = Host.model_construct(**{**host(now, "controller-0").body, "capabilities": text})
    rungs = LADDERS["swact"](before, now)
    assert [rung.name for rung in rungs if rung.reached(before, now)] == []


# --- unlock: alarms and copies -------------------------------------------------------------------


def in_service() -> Known:
    group = {"uuid": "g", "service_group_name": "drbd", "node_name": "controller-1"}
    return site(hosts=hosts(controller_1={**UP, **STANDBY_OK}), alarms=[], service_groups=[group])


def test_an_unlock_is_settled_by_readings_from_after_it_came_into_service() -> None:
    assert past("unlock", "controller-1", in_service())[-2:] == [
        "its alarms cleared",
        "data in sync",
    ]


@pytest.mark.parametrize(
    "stale",
    [
        {"error": Unreachable("fm", "away")},
        {"is_remembered": True},
        {"at_ms": 1},
    ],
    ids=["error", "remembered", "old"],
)
@pytest.mark.parametrize(
    ("kind", "rung"), [("alarms", "its alarms cleared"), ("service-groups", "data in sync")]
)
def test_a_stale_reading_settles_nothing(stale: Any, kind: str, rung: str) -> None:
    known = changed(in_service(), kind, **stale)
    assert rung not in past("unlock", "controller-1", known)


def test_an_unlock_that_serves_has_not_failed_however_long_its_data_is_copied() -> None:
    known = with_deed(
        site(hosts=hosts(worker_1=UP)), "unlock", "worker-1", reached={"available": 1}
    )
    for later_s in (601, 7200, 86_400):
        assert failed(host(known, "worker-1"), at_ms(known, later_s)) == ""
    away = changed(known, "alarms", error=Unreachable("fm", "away"))
    assert failed(host(away, "worker-1"), at_ms(away, 7200)) == ""


# --- what somebody else did ----------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["reboot", "reset", "reinstall", "power-on", "power-off"])
def test_a_host_that_somebody_unlocks_ends_what_was_done_to_it_locked(verb: str) -> None:
    before = {"administrative": "locked"}
    known = with_deed(site(hosts=hosts(worker_1=UP)), verb, "worker-1", before=before)
    words = failed(host(known, "worker-1"), known)
    assert words == f"worker-1 was unlocked meanwhile: the end of its {verb} can't be seen"
    locked = with_deed(site(), verb, "worker-1", before=before)
    assert failed(host(locked, "worker-1"), locked) == ""


def test_a_lock_that_somebody_takes_back_ends_in_words() -> None:
    known = with_deed(site(), "lock", WORKER, reached={"accepted by sysinv": 1})
    assert failed(host(known, WORKER), known) == ""
    known = with_deed(site(), "lock", WORKER, reached={"accepted by sysinv": 1, "locked": 2})
    assert failed(host(known, WORKER), known) == "worker-0 was unlocked meanwhile"


def test_an_unlock_that_somebody_takes_back_ends_in_words() -> None:
    known = with_deed(site(), "unlock", "worker-1", reached={"accepted by sysinv": 1})
    assert failed(host(known, "worker-1"), known) == ""
    reached = {"accepted by sysinv": 1, "sysinv prepares its config": 2}
    known = with_deed(site(), "unlock", "worker-1", reached=reached)
    assert known.memory.deeds[0].row_id == uuid_of(4)
    assert failed(host(known, "worker-1"), known) == "worker-1 was locked again meanwhile"
