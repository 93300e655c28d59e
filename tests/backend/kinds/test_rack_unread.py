"""Servers of which something is not known now: no well, no leave, and no lie about its age."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Dict

import pytest

from backend.errors import NotConfigured, Rejected, StxError, Unreachable
from backend.kind import Risk
from backend.kinds.hardware import HARDWARE, SERVER_KIND
from backend.kinds.hardware_acts import risk_of_power
from backend.kinds.hardware_looks import look, overview, sentence, verdict
from backend.kinds.hardware_sensors import SENSORS
from backend.kinds.hardware_server import odd, views
from backend.known import Known, Reading
from backend.tone import Mark, Tone
from tests.backend.kinds.rack import NAMES, rack
from tests.backend.kinds.site import reading
from tests.backend.kinds.test_rack import GONE, LOCKED, OFF, first, idle, shown

AWAY: StxError = Unreachable("BMC of controller-0", "no answer within 8 s")
CUTTING = ("power-off", "power-cycle", "reset", "nmi", "shutdown")


def having(known: Known, *more: Reading[Any]) -> Known:
    """Return it with these readings in the place of those there were."""
    return replace(known, readings={**known.readings, **{(r.kind, r.parent): r for r in more}})


def without(known: Known, kind: str) -> Known:
    return replace(
        known, readings={key: one for key, one in known.readings.items() if key[0] != kind}
    )


def failing(known: Known, kind: str, of: str = "", error: StxError = AWAY) -> Known:
    """Return it an hour later, that kind having failed since."""
    old = replace(known.reading(kind, of), error=error)
    return replace(having(known, old), now_ms=known.now_ms + 3_600_000)


# --- health ------------------------------------------------------------------------------------


def test_a_server_whose_health_cannot_be_read_is_not_called_well() -> None:
    known = failing(rack(), "server-health", "controller-0")
    found = look(first(known), known)
    assert (found.tone, found.mark) == (Tone.WARN, Mark.UNKNOWN)
    assert found.notes == ("health not read: no answer within 8 s; as it was 1h ago",)
    assert verdict(known).word == "WARN"
    cells = [column.cell(first(known), known) for column in SERVER_KIND.columns]
    assert "ok ?" in cells
    page = [line.text for line in overview(first(known), known).lines]
    assert "not read: no answer within 8 s; as it was 1h ago" in page


def test_a_server_whose_health_was_never_read_is_still_being_read() -> None:
    known = without(rack(), "server-health")
    assert look(first(known), known).mark is Mark.UNKNOWN
    assert verdict(known).word == "READING"
    assert verdict(known).more == "their health is still being read."
    assert sentence(first(known), known).word == "READING"


def test_a_baseboard_that_tells_of_no_health_is_as_well_as_its_power() -> None:
    known = without(rack(), "server-health")
    for name in NAMES:
        none = Reading(kind="server-health", parent=name, error=NotConfigured("it has none"))
        known = having(known, none)
    assert look(first(known), known).tone is Tone.GOOD


def test_what_is_only_remembered_of_a_server_is_not_called_well() -> None:
    known = rack()
    last = replace(known.reading("power", "controller-0"), is_remembered=True)
    known = having(known, last)
    assert look(first(known), known).mark is Mark.UNKNOWN


@pytest.mark.parametrize(
    ("power", "tone", "mark", "word"),
    [
        ("unknown", Tone.WARN, Mark.UNKNOWN, "WARN"),
        ("paused", Tone.WARN, Mark.UNKNOWN, "WARN"),
        ("going off", Tone.BUSY, Mark.BUSY, "BUSY"),
    ],
)
def test_a_server_that_is_neither_on_nor_off_is_not_called_well(
    power: str, tone: Tone, mark: Mark, word: str
) -> None:
    known = rack(power={"power": power})
    found = look(first(known), known)
    assert (found.tone, found.mark) == (tone, mark)
    assert sentence(first(known), known).word == word
    assert "1 neither" in f"{verdict(known).text} {verdict(known).more}"
    declared = next(one for one in HARDWARE.kinds if one.name == "power")
    assert declared.look(known.rows("power", "controller-0")[0], known).mark is mark


def test_what_each_says_of_a_server_has_its_age_where_it_is_not_of_now() -> None:
    known = rack()
    assert "ago" not in views(first(known), known)
    away = failing(known, "hosts", error=Unreachable("sysinv", "refused"))
    silent = failing(away, "power", "controller-0")
    sysinv, *_, board = views(first(silent), silent).split(" | ")
    assert sysinv.startswith("sysinv unlocked/")
    assert sysinv.endswith("(2h ago)")
    assert board == "BMC on (2h ago)"
    cells = [column.cell(first(silent), silent) for column in SERVER_KIND.columns]
    assert "unlocked/available ?" in cells


def test_a_sysinv_that_is_away_is_not_said_to_know_a_server_not() -> None:
    known = without(rack(), "hosts")
    hosts = reading("hosts", [])
    assert odd(first(known), having(known, hosts)) == "sysinv does not know it"
    away = having(known, replace(hosts, error=Unreachable("sysinv", "refused")))
    assert odd(first(away), away) == ""


# --- sensors -----------------------------------------------------------------------------------


def sensors(*bodies: Dict[str, Any]) -> Known:
    known = rack()
    for name in NAMES:
        known = having(known, reading("bmc-sensors", [], name))
    mine = [{"server": "controller-0", **body} for body in bodies]
    return having(known, reading("bmc-sensors", mine), reading("bmc-sensors", mine, "controller-0"))


def part(read_ms: int) -> Dict[str, Any]:
    instant = datetime.fromtimestamp(read_ms / 1000, timezone.utc)
    return {
        "sensor": "CPU1 Temp",
        "value": 41.0,
        "units": "C",
        "trouble": "BMC of controller-0 500: the sensor daemon is away",
        "read_at": instant.isoformat(),
    }


def test_a_sensor_that_could_not_be_read_says_why_and_how_old_it_is() -> None:
    now_ms = rack().now_ms
    known = sensors({"sensor": "Fan 1", "value": 5400.0}, part(now_ms - 240_000))
    _fan, row = known.rows("bmc-sensors")
    found = SENSORS.look(row, known)
    assert (found.tone, found.mark) == (Tone.WARN, Mark.UNKNOWN)
    (note,) = found.notes
    assert note.endswith("500: the sensor daemon is away; as it was 4m ago")
    assert [column.cell(row, known) for column in SENSORS.columns][2:4] == [
        "41 C",
        "not read; was ok",
    ]
    assert SENSORS.verdict is not None
    assert SENSORS.verdict(known).word == "WARN"
    assert "CPU1 Temp: BMC of controller-0 500" in SENSORS.verdict(known).text
    assert SENSORS.strip is not None
    (line,) = SENSORS.strip(row, known).lines  # type: ignore[union-attr]
    assert "could not be read" in line.text
    assert SENSORS.sentence is not None
    assert SENSORS.sentence(row, known).word == "OLD"


def test_what_was_not_read_is_no_value_of_its_course() -> None:
    known = sensors({"sensor": "Fan 1", "value": 5400.0}, part(1000))
    assert SENSORS.sample is not None
    assert [SENSORS.sample(row) for row in known.rows("bmc-sensors")] == [5400.0, None]


def test_sensors_of_a_server_that_is_away_are_not_called_well_with_the_others() -> None:
    fan = {"sensor": "Fan 1", "value": 5400.0}
    assert SENSORS.verdict is not None
    assert SENSORS.verdict(sensors(fan)).word == "WELL"
    known = failing(sensors(fan), "bmc-sensors", "controller-0")
    said = SENSORS.verdict(known)
    assert (said.word, said.tone) == ("WARN", Tone.WARN)
    assert said.text == "controller-0: not read: no answer within 8 s; as they were 1h ago"


@pytest.mark.parametrize("kind", ["virtual-media", "bmc-lan", "bmc-users", "sel", "inventory"])
def test_a_row_that_could_not_be_read_says_so(kind: str) -> None:
    known = rack()
    declared = next(one for one in HARDWARE.kinds if one.name == kind)
    row = known.rows(kind, "controller-0")[0]
    ill = declared.model.read({**row.body, "trouble": "BMC of controller-0 500: away"})
    found = declared.look(ill, known)
    assert (found.tone, found.mark) == (Tone.WARN, Mark.UNKNOWN)
    assert found.notes == ("BMC of controller-0 500: away",)


# --- what may be broken ------------------------------------------------------------------------


@pytest.mark.parametrize("verb", CUTTING)
def test_a_host_that_was_locked_when_sysinv_last_answered_wants_its_name_typed(verb: str) -> None:
    locked = idle(rack(host=LOCKED))
    assert shown(locked, verb).risk is Risk.DISRUPTIVE
    now = shown(failing(locked, "hosts", error=Unreachable("sysinv", "refused")), verb)
    assert (now.risk, now.wants) == (Risk.DESTRUCTIVE, "controller-0")
    words = " ".join(one.words for one in now.consequences)
    assert "sysinv does not answer: controller-0 was locked 1h ago, and may serve by now" in words
    assert "nothing of the platform runs there" not in words
    assert "lock it, power it off through sysinv" in words


@pytest.mark.parametrize("verb", CUTTING)
def test_a_lock_that_is_only_remembered_is_no_leave_either(verb: str) -> None:
    known = idle(rack(host=LOCKED))
    known = having(known, replace(known.reading("hosts"), is_remembered=True))
    assert shown(known, verb).risk is Risk.DESTRUCTIVE


def test_a_server_that_sysinv_never_told_of_wants_its_name_typed() -> None:
    known = without(idle(rack()), "hosts")
    now = shown(known, "reset")
    assert now.risk is Risk.DESTRUCTIVE
    assert any("sysinv was not asked" in one.words for one in now.consequences)


def test_a_locked_host_that_maintenance_is_at_wants_its_name_typed() -> None:
    now = shown(idle(rack(host={**LOCKED, "task": "Reinstalling"})), "reset")
    assert now.risk is Risk.DESTRUCTIVE
    assert any("maintenance is at it: Reinstalling" in one.words for one in now.consequences)


def test_power_that_was_off_when_its_baseboard_last_answered_is_no_leave() -> None:
    known = without(idle(rack(power=OFF)), "hosts")
    assert shown(known, "power-cycle").risk is Risk.DISRUPTIVE
    for stale in (
        failing(known, "power", "controller-0"),
        having(known, replace(known.reading("power", "controller-0"), is_remembered=True)),
    ):
        assert shown(stale, "power-cycle").risk is Risk.DESTRUCTIVE
        assert not shown(stale, "power-cycle").blocked


def test_a_disc_and_a_restart_of_a_host_nobody_knows_of_wants_the_name_too() -> None:
    locked = idle(rack(host=GONE))
    away = failing(locked, "hosts", error=Unreachable("sysinv", "refused"))
    assert risk_of_power("reset")(first(locked), None, locked) is Risk.DISRUPTIVE
    assert risk_of_power("reset")(first(away), None, away) is Risk.DESTRUCTIVE


def test_what_cuts_the_power_looks_at_what_its_baseboard_works_on() -> None:
    for verb in (*CUTTING, "bmc-reset"):
        action = SERVER_KIND.action(verb)
        assert action is not None
        assert "bmc-tasks" in action.needs, verb


def test_a_log_is_not_cleared_while_nothing_can_be_kept_of_it() -> None:
    known = replace(rack(), trouble="the disk is full")
    (blocked,) = shown(known, "sel-clear").blocked
    assert blocked.check == "its log is saved"
    assert "the record cannot be written" in blocked.words


def test_what_a_part_refused_is_told_in_its_own_words() -> None:
    error = Rejected("BMC of controller-0", 500, "the sensor daemon is away")
    known = failing(sensors({"sensor": "Fan 1"}), "bmc-sensors", "controller-0", error)
    assert SENSORS.verdict is not None
    assert "the sensor daemon is away" in SENSORS.verdict(known).text
