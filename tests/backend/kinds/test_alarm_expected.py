"""Alarms that a running act brings: neither news nor a riddle, and none the longer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional

from backend.deed import Deed, Outcome
from backend.figure import Jump
from backend.kinds import kind_named
from backend.kinds.alarms import expecting, is_new
from backend.kinds.faults import ALARMS
from backend.known import Known, Since
from backend.tone import Mark as Sign
from tests.backend.kinds.fm import NOW_MS, alarm, at, known, reading, said, with_alarms

BEGAN = "2026-11-22T09:03:40Z"


def _deed(action: str, ended_ms: Optional[int] = None, **other: Any) -> Deed:
    deed = Deed(
        number="2211-0041",
        cloud="site-7",
        kind="hosts",
        action=action,
        row_id="h-1",
        label="controller-1",
        who="ada",
        terminal="ttyS0",
        began_ms=at(BEGAN),
        ended_ms=ended_ms,
    )
    return replace(deed, **other)


def _site(*deeds: Deed, **memory: Any) -> Known:
    """Return a duplex site whose controller-1 was just acted on, and what was raised since."""
    base = with_alarms(
        known(baseline_ms=at("2026-11-22T08:00:00Z"), deeds=deeds, **memory),
        {
            "alarm_id": "200.001",
            "entity_instance_id": "host=controller-1",
            "timestamp": "2026-11-22T09:03:45",
            "severity": "warning",
        },
        {
            "alarm_id": "400.002",
            "entity_instance_id": "service_domain=controller.service_group=vim-services",
            "timestamp": "2026-11-22T09:03:50",
            "severity": "major",
        },
        {
            "alarm_id": "200.001",
            "entity_instance_id": "host=worker-1",
            "timestamp": "2026-11-22T09:04:00",
        },
    )
    hosts, system = kind_named("hosts"), kind_named("system")
    assert hosts is not None
    assert system is not None
    host = hosts.model.read(
        {
            "uuid": "h-1",
            "hostname": "controller-1",
            "personality": "controller",
            "administrative": "unlocked",
            "operational": "enabled",
            "availability": "available",
        }
    )
    duplex = system.model.read({"uuid": "s", "name": "site-7", "system_mode": "duplex"})
    return replace(
        base,
        readings={
            **base.readings,
            ("hosts", ""): reading(hosts, (host,)),
            ("system", ""): reading(system, (duplex,)),
        },
    )


def test_what_a_running_lock_brings_is_expected_and_not_new() -> None:
    base = _site(_deed("lock"))
    locked, group, other = base.rows("alarms")
    assert [is_new(row, base) for row in (locked, group, other)] == [False, False, True]
    seen = ALARMS.look(locked, base)
    assert seen.mark is Sign.BUSY
    assert seen.notes == ("EXPECTED: lock controller-1, since 09:03Z",)
    assert ALARMS.look(other, base).mark is Sign.NEW
    assert ALARMS.verdict is not None
    assert ALARMS.verdict(base).word == "1 NEW"


def test_an_expected_alarm_says_whose_it_is_and_that_one_has_only_to_wait() -> None:
    usual = {("hosts", "lock", ""): (120_000, 100_000, 110_000)}
    base = _site(_deed("lock"), usual=usual)
    group = alarm(base, "400.002")
    told = said(group, base)
    assert told["CAUSE"] == "lock controller-1 runs since 09:03Z (1:20 gone). EXPECTED"
    assert told["DO"].startswith("wait for lock controller-1 to end (about 0:30 more)")
    assert told["WITH IT"].startswith("1 came with lock controller-1 (09:03Z): w 200.001")
    assert ALARMS.strip is not None
    cause = next(line for line in ALARMS.strip(group, base).lines if line.heading == "CAUSE")
    assert cause.jump == Jump(kind="hosts", id="h-1")


def test_without_former_times_nothing_is_promised() -> None:
    base = _site(_deed("lock"))
    assert said(alarm(base, "400.002"), base)["DO"].startswith("wait for lock controller-1 to end;")


def test_once_the_deed_has_ended_what_stays_is_new() -> None:
    base = _site(_deed("lock", ended_ms=NOW_MS))
    assert all(is_new(row, base) for row in base.rows("alarms"))
    assert "EXPECTED" not in said(alarm(base, "400.002"), base)["CAUSE"]


def test_what_stood_long_before_is_not_laid_at_the_deeds_door() -> None:
    late = _deed("lock", began_ms=at("2026-11-22T09:04:50Z"))
    base = _site(late)
    locked, group, _other = base.rows("alarms")
    # Named with its place it is the deed's, whenever it came; without it only from then on.
    assert expecting(locked, base) is late
    assert expecting(group, base) is None


def test_a_deed_whose_row_or_act_is_gone_expects_nothing() -> None:
    for deed in (
        _deed("lock", row_id="h-9"),
        _deed("an act of another release"),
        _deed("lock", kind="a kind of another release"),
        _deed("power-on"),
    ):
        base = _site(deed)
        assert all(expecting(row, base) is None for row in base.rows("alarms"))


# --- after its end -----------------------------------------------------------------------------

LOCK_ENDS = "2026-11-22T09:04:20Z"


def _left_locked(administrative: str = "locked", *more: Deed, **changes: Any) -> Known:
    """Return the site after a lock that went well, its host in that state."""
    values: Dict[str, Any] = {
        "ended_ms": at(LOCK_ENDS),
        "outcome": Outcome.DONE,
        "before": {"administrative": "unlocked"},
        **changes,
    }
    base = _site(*more, _deed("lock", **values))
    hosts = kind_named("hosts")
    assert hosts is not None
    body = {**base.rows("hosts")[0].body, "administrative": administrative}
    found = reading(hosts, (hosts.model.read(body),))
    return replace(base, readings={**base.readings, ("hosts", ""): found})


def _new(base: Known) -> List[bool]:
    """Return of each alarm whether it is new: the host's 200.001, the 400.002, another host's."""
    return [is_new(row, base) for row in base.rows("alarms")]


def test_what_came_with_a_lock_stays_expected_while_the_host_is_locked() -> None:
    base = _left_locked()
    assert _new(base) == [False, False, True]
    assert ALARMS.look(base.rows("alarms")[0], base).mark is Sign.BUSY
    told = said(alarm(base, "400.002"), base)
    assert told["CAUSE"] == "lock controller-1, ended 09:04Z. EXPECTED"
    assert told["DO"] == "nothing: it goes with the unlock of controller-1"


def test_once_the_host_is_unlocked_again_what_still_stands_is_new() -> None:
    assert _new(_left_locked("unlocked")) == [True, True, True]


def test_a_lock_that_was_refused_or_failed_excuses_nothing() -> None:
    for outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.NEVER_SENT):
        assert _new(_left_locked(outcome=outcome)) == [True, True, True]


def test_what_comes_long_after_a_lock_has_ended_is_new() -> None:
    early: Dict[str, Any] = {
        "began_ms": at("2026-11-22T09:00:00Z"),
        "ended_ms": at("2026-11-22T09:01:00Z"),
    }
    assert _new(_left_locked(**early)) == [True, True, True]


def test_what_stood_before_a_lock_began_is_not_excused_by_its_end() -> None:
    late = at("2026-11-22T09:04:00Z")
    # The host's own 200.001 is named with its place; the group's alarm is older than the lock.
    assert _new(_left_locked(began_ms=late)) == [False, True, True]


def test_a_host_that_somebody_unlocked_and_locked_since_is_not_as_the_lock_left_it() -> None:
    base = _left_locked()
    key = ("hosts", "h-1", "administrative")
    for since, is_ours in (
        (Since(ms=at(LOCK_ENDS) - 20_000), True),
        (Since(ms=at(LOCK_ENDS) + 60_000), False),
        (Since(ms=at(LOCK_ENDS) + 60_000, at_least=True), True),
    ):
        then = replace(base, memory=replace(base.memory, since={key: since}))
        assert (expecting(then.rows("alarms")[0], then) is not None) is is_ours


def test_a_swact_that_has_ended_excuses_nothing_and_a_running_one_the_lost_redundancy() -> None:
    running = _site(_deed("swact"))
    assert _new(running) == [True, False, True]
    ended = _site(_deed("swact", ended_ms=NOW_MS, outcome=Outcome.DONE))
    assert _new(ended) == [True, True, True]
