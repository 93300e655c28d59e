"""Servers: do all agree about one, what would its baseboard break, and what silence looks like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend.baseboard import SelLog
from backend.errors import NotConfigured, Unauthorized, Unreachable
from backend.kind import Answer, Nothing, Risk
from backend.kinds.hardware import SERVER_KIND
from backend.kinds.hardware_board_acts import LogIn
from backend.kinds.hardware_boot import Boot, Identify
from backend.kinds.hardware_looks import look, overview, sentence, verdict
from backend.kinds.hardware_server import odd, views
from backend.known import Known, Since
from backend.place import Place
from backend.preview import preview, said
from backend.tone import Look, Mark, Tone
from tests.backend.kinds.rack import rack
from tests.backend.kinds.site import named, reading

OFF = {"power": "off"}
LOCKED = {"administrative": "locked", "operational": "disabled", "availability": "online"}
GONE = {"administrative": "locked", "operational": "disabled", "availability": "offline"}


def first(known: Known) -> Any:
    return known.rows("servers")[0]


def idle(known: Known) -> Known:
    """Return it with a baseboard that is done with the firmware it was recorded writing."""
    tasks = reading("bmc-tasks", [], "controller-0")
    return replace(known, readings={**known.readings, ("bmc-tasks", "controller-0"): tasks})


def shown(known: Known, verb: str, form: Any = None) -> Any:
    action = SERVER_KIND.action(verb)
    assert action is not None
    return preview(known, SERVER_KIND, action, ["controller-0"], form or Nothing())


# --- do they agree? ----------------------------------------------------------------------------


def test_where_all_agree_nothing_is_odd() -> None:
    known = rack()
    assert odd(first(known), known) == ""
    assert views(first(known), known).endswith("| BMC on")
    assert look(first(known), known).tone is Tone.GOOD
    assert verdict(known).word in ("WELL", "READING")


@pytest.mark.parametrize(
    ("power", "host", "words"),
    [
        (OFF, {}, "off, and sysinv hears it (available): look whose baseboard it is"),
        (OFF, {"availability": "offline"}, "off, and unlocked in sysinv"),
        ({}, {"availability": "offline"}, "on, and sysinv hears nothing of it (offline)"),
        (OFF, GONE, ""),
    ],
)
def test_what_does_not_fit_together_is_one_sentence(power: Any, host: Any, words: str) -> None:
    known = rack(power=power, host=host)
    assert odd(first(known), known).startswith(words)
    assert bool(odd(first(known), known)) == bool(words)


def test_what_an_outage_of_sysinv_says_is_no_contradiction() -> None:
    known = rack(host={"availability": "offline"})
    away = replace(known.reading("hosts"), error=Unreachable("sysinv", "silent"))
    known = replace(known, readings={**known.readings, ("hosts", ""): away})
    assert odd(first(known), known) == ""


def test_a_silent_baseboard_is_marked_with_its_age_and_its_last_state_stays() -> None:
    known = rack(error=Unreachable("BMC of controller-0", "10.1.1.1 does not answer"))
    found = look(first(known), known)
    assert (found.mark, found.tone) == (Mark.UNKNOWN, Tone.BAD)
    assert found.notes == ("10.1.1.1 does not answer; as it was 0s ago",)
    cells = [column.cell(first(known), known) for column in SERVER_KIND.columns]
    assert "on ?" in cells
    assert verdict(known).word == "NOT WELL"


def test_a_refused_password_is_no_outage_and_a_missing_one_is_not_asked() -> None:
    refused = rack(error=Unauthorized("BMC of controller-0", "Incorrect password provided"))
    assert look(first(refused), refused).tone is Tone.WARN
    assert "not tried again" in look(first(refused), refused).notes[0]
    missing = rack(error=NotConfigured("no password of the baseboard is known"))
    assert look(first(missing), missing) == Look(mark=Mark.UNKNOWN)
    assert verdict(missing).word == "NOT ASKED"
    assert sentence(first(missing), missing).text == "no password of the baseboard is known"


ILL = {"server": "controller-0", "health": "critical", "bad": ["fan 1: major"]}


def test_of_a_server_that_nobody_asked_is_told_what_maintenance_judges() -> None:
    missing = rack(error=NotConfigured("no password of the baseboard is known"))
    ill = reading("server-health", [ILL], "controller-0")
    known = replace(missing, readings={**missing.readings, ("server-health", "controller-0"): ill})
    assert look(first(known), known) == Look(Tone.BAD, Mark.BAD, ("fan 1: major",))
    assert verdict(known).text == "controller-0: fan 1: major"


def test_faults_of_the_chassis_are_said_on_every_page() -> None:
    known = rack(power={"faults": ["main power fault"]})
    assert look(first(known), known).notes == ("main power fault",)
    assert "main power fault" in [line.text for line in overview(first(known), known).lines]


# --- what a baseboard does not ask, we do ------------------------------------------------------


@pytest.mark.parametrize("verb", ["power-off", "power-cycle", "reset", "nmi", "shutdown"])
def test_what_cuts_an_unlocked_host_is_destructive_and_says_so(verb: str) -> None:
    now = shown(rack(), verb)
    assert now.risk is Risk.DESTRUCTIVE
    assert now.wants == "controller-0"
    words = " ".join(one.words for one in now.consequences)
    assert "UNLOCKED" in words
    assert "lock it, power it off through sysinv" in words
    jumps = [one.jump.kind for one in now.consequences if one.jump is not None]
    assert jumps == ["hosts"]


def test_maintenance_may_power_an_unlocked_host_on_again_by_itself() -> None:
    words = [one.words for one in shown(rack(), "power-off").consequences]
    assert any("maintenance may power it on again by itself" in one for one in words)


def test_a_locked_host_is_only_disruptive_to_cut() -> None:
    now = shown(idle(rack(host=LOCKED)), "power-off")
    assert now.risk is Risk.DISRUPTIVE
    assert not any("maintenance" in one.words for one in now.consequences)


def test_what_is_so_already_is_refused_and_silence_is_not() -> None:
    assert [one.words for one in shown(rack(), "power-on").blocked] == ["it is on already"]
    assert [one.words for one in shown(rack(power=OFF), "reset").blocked] == ["it is off"]
    silent = shown(rack(error=Unreachable("BMC of controller-0", "silent")), "power-on")
    assert not silent.blocked
    assert Answer.CANT_TELL in {one.answer for one in silent.reasons}


def test_orders_are_said_as_ipmitool_has_them_without_a_password() -> None:
    known = rack()
    assert shown(known, "power-cycle").commands == (
        "ipmitool -I lanplus -H 10.10.10.100 -U admin -E chassis power cycle",
    )
    boot = shown(known, "boot", Boot(device="network", always=True))
    assert boot.commands[0].endswith("chassis bootdev pxe options=efiboot,persistent")
    light = shown(known, "identify", Identify(seconds=15))
    assert light.commands[0].endswith("chassis identify 15")
    assert light.risk is Risk.HARMLESS


def test_a_password_that_is_given_stands_in_no_preview() -> None:
    now = shown(rack(), "log-in", LogIn(username="root", password="hunter2"))
    assert "hunter2" not in repr((now.requests, now.commands, now.given))
    assert "********" in now.requests[0]


def test_a_log_is_cleared_only_as_it_was_read_last() -> None:
    (plan,) = shown(rack(), "sel-clear").plans
    (write,) = said(plan)
    assert write.values == {"last": "2", "count": "2"}  # type: ignore[union-attr]
    known = rack()
    unread = {key: value for key, value in known.readings.items() if key[0] != "sel"}
    blocked = shown(replace(known, readings=unread), "sel-clear").blocked
    assert [one.check for one in blocked] == ["its log is saved"]


def test_taking_a_console_over_says_who_is_thrown_off() -> None:
    plain, taking = shown(rack(), "console"), shown(rack(), "console-take-over")
    assert (plain.risk, taking.risk) == (Risk.HARMLESS, Risk.DISRUPTIVE)
    assert "thrown off" in taking.consequences[0].words
    assert taking.requests == ("SOL controller-0 (takes over)",)


def test_what_is_odd_says_since_when() -> None:
    known = rack(power={"power": "off"})
    uuid = next(row.uuid for row in known.rows("hosts") if row.hostname == "controller-0")
    hour = Since(ms=known.now_ms - 3_600_000, at_least=False)
    fields = ("availability", "administrative")
    dates = {("hosts", uuid, name): hour for name in fields}
    dates["power", "controller-0", "power"] = hour
    found = replace(known, memory=replace(known.memory, since=dates))
    assert look(first(found), found).notes == (
        "off, and sysinv hears it (available): look whose baseboard it is, for 1h",
    )


def test_l_opens_a_servers_event_log_as_lines_at_the_moment_of_an_event() -> None:
    known = rack()
    assert SERVER_KIND.logs is not None
    assert SERVER_KIND.logs(first(known), known).streams == (SelLog(server="controller-0"),)
    kind = named("sel")
    assert kind.logs is not None
    event = {"server": "s0", "record": "7", "timestamp": "2026-11-21T02:50:19+00:00"}
    logs = kind.logs(kind.model.read(event), known)
    assert (logs.streams, logs.at_ms) == ((SelLog(server="s0"),), 1795229419000)
    early = kind.logs(kind.model.read({**event, "timestamp": ""}), known)
    assert early.at_ms is None


HERE = Place(hostname="controller-0", user="sysadmin", platform={"nodetype": "controller"})


@pytest.mark.parametrize("verb", ["power-off", "power-cycle", "reset", "nmi", "shutdown"])
def test_cutting_the_very_host_one_sits_on_says_so_whichever_way_its_baseboard_is_reached(
    verb: str,
) -> None:
    known = rack(host=LOCKED)
    assert not shown(known, verb).ends_session
    found = shown(replace(known, place=HERE), verb)
    assert found.ends_session
    assert found.risk is Risk.DESTRUCTIVE
    assert any("it ends with it" in one.words for one in found.consequences)


@pytest.mark.parametrize("verb", ["power-off", "reset", "bmc-reset"])
def test_while_a_baseboard_writes_firmware_what_cuts_it_off_wants_the_name(verb: str) -> None:
    # It was recorded at 35 % of an image.
    busy = rack(host=LOCKED)
    for known, risk in ((busy, Risk.DESTRUCTIVE), (idle(busy), Risk.DISRUPTIVE)):
        found = shown(known, verb)
        assert found.risk is risk
        told = any("works on Firmware Update" in one.words for one in found.consequences)
        assert told is (known is busy)
