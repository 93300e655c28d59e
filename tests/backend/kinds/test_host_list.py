"""The host list as the recorded system yields it, and its traps."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Optional

import pytest

from backend.deed import Deed, Outcome
from backend.kind import Kind
from backend.kinds.host import Host
from backend.kinds.host_unlock_ladder import unlock
from backend.known import Known, Mark, Memory, Since
from backend.tone import Mark as Sign
from backend.tone import Tone
from tests.backend.kinds.fm import NOW_MS
from tests.backend.kinds.site import AIO, bodies, host, hosts, named, on, site, uuid_of

GOLDEN = Path(__file__).parent / "golden" / "hosts.txt"
KIND: Kind[Any] = named("hosts")
MINUTE_MS = 60_000


def cells(known: Known, name: str) -> Dict[str, Any]:
    return {column.heading: column.cell(host(known, name), known) for column in KIND.columns}


def shown(known: Known) -> str:
    """Return all that the list says of a site, one thought a line."""
    assert KIND.verdict is not None
    assert KIND.strip is not None
    assert KIND.sentence is not None
    verdict = KIND.verdict(known)
    lines = [f"{verdict.word}  {verdict.text}", f"          {verdict.more}", ""]
    for row in sorted(known.rows("hosts"), key=lambda one: KIND.sort(one, known)):  # type: ignore[misc]
        look = KIND.look(row, known)
        values = [str(column.cell(row, known) or "-") for column in KIND.columns]
        lines.append(f"{look.mark.value} " + " | ".join(values))
        lines += [f"    {note}" for note in look.notes]
        sentence = KIND.sentence(row, known)
        lines.append(f"    = {sentence.word} {sentence.text}")
        lines += [f"    . {line.text}" for line in KIND.strip(row, known).lines]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def test_the_recorded_five_hosts_show_what_they_showed_before() -> None:
    found = shown(site())
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


# --- the traps ---------------------------------------------------------------------------------


def test_a_stale_worker_function_of_a_plain_worker_is_no_lie() -> None:
    """After its unlock the recorded worker-1 still had subfunction_oper disabled."""
    after = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
    known = site(hosts=hosts(worker_1=after))
    assert host(known, "worker-1").subfunction_oper == "disabled"
    assert cells(known, "worker-1")["OPER"] == "enabled"
    assert KIND.look(host(known, "worker-1"), known).tone is Tone.GOOD


def test_on_all_in_one_the_worse_of_both_functions_is_shown() -> None:
    lie = {**AIO, "subfunction_oper": "disabled", "subfunction_avail": "failed"}
    known = site(hosts=hosts(controller_0=lie))
    assert cells(known, "controller-0")["OPER"] == "disabled"
    assert cells(known, "controller-0")["AVAIL"] == "failed"
    look = KIND.look(host(known, "controller-0"), known)
    assert look.mark is Sign.BAD
    assert look.notes == ("worker function disabled/failed: no pods are scheduled here",)
    assert KIND.sentence is not None
    assert KIND.sentence(host(known, "controller-0"), known).word == "ENABLED,"


@pytest.mark.parametrize(
    ("changes", "role"),
    [
        ({}, "ctl ACT"),
        (AIO, "ctl+wrk ACT"),
        ({**AIO, "capabilities": {"Personality": "Controller-Standby"}}, "ctl+wrk sby"),
        ({"personality": "edgeworker"}, "edgeworker"),
        ({"personality": None}, "(new)"),
    ],
)
def test_the_role_is_said_in_one_word_or_two(changes: Dict[str, Any], role: str) -> None:
    known = site(hosts=hosts(controller_0=changes))
    assert cells(known, "controller-0")["ROLE"] == role


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "ok"),
        ({"config_target": "another"}, "OLD"),
        ({"config_status": "Reinstall required"}, "OLD"),
        ({"config_target": None, "config_applied": None}, "-"),
    ],
)
def test_the_configuration_is_ok_old_or_none(changes: Dict[str, Any], word: str) -> None:
    assert cells(site(hosts=hosts(controller_0=changes)), "controller-0")["CFG"] == word


def discovered() -> Dict[str, Any]:
    body = dict(bodies("hosts")[3])
    body.update(uuid="new", id=9, hostname=None, personality=None, subfunctions=None)
    body.update(mgmt_mac="00:1e:67:aa:00:01", availability="offline", inv_state=None)
    return body


def test_a_discovered_host_goes_by_its_mac_and_says_what_to_do() -> None:
    known = site(hosts=[*hosts(), discovered()])
    row = known.rows("hosts")[-1]
    look = KIND.look(row, known)
    assert KIND.name_of(row) == "00:1e:67:aa:00:01"
    assert look.mark is Sign.UNKNOWN
    assert look.notes == ("discovered on mgmt, no personality yet: a, then Classify",)
    assert KIND.find(known.rows("hosts"), "00:1e:67:aa:00:01") is row


def test_two_discovered_hosts_have_ids_of_their_own() -> None:
    twins = [discovered(), {**discovered(), "uuid": "other", "mgmt_mac": None}]
    known = site(hosts=[*hosts(), *twins])
    assert KIND.name_of(known.rows("hosts")[-1]) == "other"


@pytest.mark.parametrize(
    ("state", "note"),
    [
        ("installing+", "installation: installing"),
        ("preinstall++", "installation: preinstall"),
        ("failed", "the installation failed"),
    ],
)
def test_the_audit_counter_of_an_installation_is_taken_off(state: str, note: str) -> None:
    known = site(hosts=hosts(worker_1={"install_state": state}))
    assert KIND.look(host(known, "worker-1"), known).notes == (note,)


@pytest.mark.parametrize(
    ("task", "sign"),
    [
        ("Heartbeat Failure, threshold reached, Lock/Unlock to retry", Sign.BAD),
        ("Reset Failed - BMC is not accessible", Sign.BAD),
        ("Configuration Failed, re-enabling", Sign.BUSY),
        ("In-Test Failed, re-enabling", Sign.BUSY),
        ("Booting", Sign.BUSY),
        ("Some Word Of A Later Release", Sign.BUSY),
        ("Critical failure.Please provision/enable standby controller", Sign.BAD),
    ],
)
def test_a_task_has_a_line_of_its_own_and_a_mark(task: str, sign: Sign) -> None:
    known = site(hosts=hosts(worker_0={"task": task}))
    look = KIND.look(host(known, "worker-0"), known)
    assert look.mark is sign
    assert look.notes[0] == task


# --- what is joined ----------------------------------------------------------------------------


def test_alarms_are_counted_by_host_and_unread_alarms_are_not_none() -> None:
    assert cells(site(), "controller-1")["ALARMS"] == "C1 M1"
    assert cells(site(), "storage-0")["ALARMS"] == ""
    assert cells(site(without=("alarms",)), "storage-0")["ALARMS"] == "?"


def since(field: str, ago_ms: int, *, at_least: bool = False) -> Memory:
    key = ("hosts", uuid_of(4), field)
    return Memory(since={key: Since(ms=NOW_MS - ago_ms, at_least=at_least)})


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (Memory(), "~25m"),  # its alarm 200.001 tells
        (since("availability", 6 * MINUTE_MS), "6m"),
        (since("operational", 41 * 1440 * MINUTE_MS, at_least=True), ">41d"),
        (since("subfunction_oper", 6 * MINUTE_MS), "~25m"),
        (since("task", 6 * MINUTE_MS), "~25m"),
    ],
)
def test_for_is_the_time_in_this_state_whatever_the_task(memory: Memory, said: str) -> None:
    assert cells(site(memory=memory), "worker-1")["FOR"] == said


def test_what_was_so_before_anybody_looked_is_told_by_alarm_or_boot() -> None:
    assert cells(site(), "controller-0")["FOR"] == "~10d"  # uptime 864123 s
    assert cells(site(without=("alarms",)), "worker-1")["FOR"] == "-"


def test_a_note_stands_below_its_host_with_who_and_when() -> None:
    two_days = NOW_MS - 2 * 1440 * MINUTE_MS
    mark = Mark(note="DIMM A4 ordered, do not unlock", note_by="sysadmin", note_ms=two_days)
    known = site(memory=Memory(marks={("hosts", uuid_of(4)): mark}))
    notes = KIND.look(host(known, "worker-1"), known).notes
    assert notes == ('note, 2d ago, sysadmin: "DIMM A4 ordered, do not unlock"',)


def deed(action: str = "unlock", **changes: Any) -> Deed:
    began = NOW_MS - 372_000
    made = Deed(
        number="2211-0041",
        cloud="site-7",
        kind="hosts",
        action=action,
        row_id=uuid_of(2),
        label="controller-1",
        who="sysadmin",
        terminal="ttyS0",
        began_ms=began,
        sent_ms=began,
        answered_ms=began,
        outcome=Outcome.FOLLOWED,
        why="cfg change DNS",
    )
    return replace(made, **changes)


def coming(ended_ms: Optional[int] = None) -> Known:
    testing = {
        **AIO,
        "operational": "disabled",
        "availability": "intest",
        "task": "Testing",
        "subfunction_oper": "disabled",
        "subfunction_avail": "offline",
    }
    names = [rung.name for rung in unlock(host(site(), "controller-1"), site())][:4]
    reached = dict.fromkeys(names, NOW_MS - 40000)
    usual = {("hosts", "unlock", "controller-1"): (461_000, 458_000, 464_000)}
    running = deed(reached=reached, ended_ms=ended_ms)
    return site(hosts=hosts(controller_1=testing), memory=Memory(deeds=(running,), usual=usual))


def test_a_running_unlock_shows_its_step_its_bar_and_when_maintenance_gives_up() -> None:
    known = coming()
    look = KIND.look(host(known, "controller-1"), known)
    assert look.mark is Sign.BUSY
    words = "Testing          step 5 of 11   [################....]  gives up in 9:20"
    assert look.notes == (words,)


def test_a_long_task_of_a_running_act_keeps_a_line_of_its_own() -> None:
    known = coming()
    task = "Enable Heartbeat Failure, re-enabling"
    rows = hosts(controller_1={**AIO, "task": task})
    long = replace(known, readings={**known.readings, **site(hosts=rows).readings})
    notes = KIND.look(host(long, "controller-1"), long).notes
    assert notes[0] == task
    assert notes[1].startswith("step 5 of 11   [")


def test_the_verdict_leads_with_what_is_coming_up_and_says_what_follows() -> None:
    assert KIND.verdict is not None
    found = KIND.verdict(coming())
    assert found.word == "NOT WELL"
    assert found.text.startswith("controller-1 is coming up, 6:12 of about 7:41.")
    assert found.more == "No standby: a swact and every strategy are refused until it is back."


def test_the_strip_says_who_did_what_when_and_how_long_it_takes_here() -> None:
    known = coming()
    assert KIND.strip is not None
    lines = [line.text for line in KIND.strip(host(known, "controller-1"), known).lines]
    assert lines[0] == (
        'unlock 08:58Z by sysadmin (ttyS0): "cfg change DNS": followed   took here 7:41 7:38 7:44'
    )
    assert "250.001: expected until it is unlocked again" in lines


def test_the_strip_says_where_one_sits() -> None:
    known = site(place=on(2, "controller-1"))
    assert KIND.strip is not None
    last = KIND.strip(host(known, "controller-1"), known).lines[-1].text
    assert "you are on it" in last
    other = KIND.strip(host(known, "controller-0"), known).lines[-1].text
    assert "you are on it" not in other


def test_a_laptop_of_the_same_name_is_not_the_host() -> None:
    laptop = replace(on(2, "controller-1"), platform={})
    known = site(place=laptop)
    assert KIND.strip is not None
    last = KIND.strip(host(known, "controller-1"), known).lines[-1].text
    assert "you are on it" not in last


def test_hostile_names_stay_data() -> None:
    known = site(hosts=hosts(worker_0={"hostname": "[red]w\x1b[2J\u202e", "task": "\x1b]0;x\x07"}))
    row: Host = known.rows("hosts")[2]
    assert KIND.name_of(row) == "[red]w\x1b[2J\u202e"
    assert KIND.look(row, known).notes[0] == "\x1b]0;x\x07"
