"""Alarms that a running act brings: neither news nor a riddle, and none the longer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

from backend.deed import Deed
from backend.figure import Jump
from backend.kinds import kind_named
from backend.kinds.alarms import expecting, is_new
from backend.kinds.faults import ALARMS
from backend.known import Known
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
        _deed("swact"),
    ):
        base = _site(deed)
        assert all(expecting(row, base) is None for row in base.rows("alarms"))
