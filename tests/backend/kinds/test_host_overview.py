"""A host's own page: the sentence that contradicts its states, and the facts below it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Optional

import pytest

from backend.deed import Deed, Outcome
from backend.figure import Line
from backend.kinds.host_overview import overview, sentence
from backend.known import Known, Mark, Memory, Since
from backend.tone import Tone
from tests.backend.kinds.fm import NOW_MS
from tests.backend.kinds.site import AIO, host, hosts, on, osd_in, site, uuid_of

LOCKED = {"administrative": "locked", "operational": "disabled", "availability": "online"}


@pytest.mark.parametrize(
    ("changes", "word", "text"),
    [
        ({}, "WELL", "in service with all its functions."),
        (LOCKED, "LOCKED", "and online: it can be worked on, and unlocked."),
        (
            {**LOCKED, "availability": "offline"},
            "LOCKED",
            "and offline: it can't be unlocked before it is online.",
        ),
        ({"task": "Booting"}, "BUSY", "Booting."),
        (
            {"task": "Service Failure, threshold reached, Lock/Unlock to retry"},
            "NOT WELL",
            "Service Failure, threshold reached, Lock/Unlock to retry.",
        ),
        (
            {"operational": "disabled", "availability": "failed"},
            "NOT WELL",
            "unlocked, and disabled/failed: nothing of it serves.",
        ),
        ({"availability": "degraded"}, "WARN", "in service; degraded; no alarm says by what."),
        ({"personality": None, "hostname": None}, "NEW:", "nobody said yet what it is to be."),
        (
            {"config_target": "new"},
            "WARN",
            "in service; runs an old configuration: lock and unlock it to apply the new one.",
        ),
        ({"config_status": "Reinstall required"}, "WARN", "in service; Reinstall required."),
    ],
)
def test_the_sentence_confirms_or_contradicts(
    changes: Dict[str, Any], word: str, text: str
) -> None:
    known = site(hosts=hosts(storage_0=changes))
    found = sentence(known.rows("hosts")[4], known)
    assert (found.word, found.text) == (word, text)


def deed(**changes: Any) -> Deed:
    made = Deed(
        number="2211-0041",
        cloud="site-7",
        kind="hosts",
        action="unlock",
        row_id=uuid_of(2),
        label="controller-1",
        who="sysadmin",
        terminal="ttyS0",
        began_ms=NOW_MS - 60_000,
        sent_ms=NOW_MS - 60_000,
        outcome=Outcome.FOLLOWED,
    )
    return replace(made, **changes)


def test_a_running_act_leads_the_page() -> None:
    known = site(memory=Memory(deeds=(deed(),)))
    found = sentence(host(known, "controller-1"), known)
    assert (found.word, found.text) == ("COMING UP", "step 1 of 9, 1:00.")


def test_an_act_that_ended_leads_no_page() -> None:
    known = site(memory=Memory(deeds=(deed(ended_ms=NOW_MS),)))
    assert sentence(host(known, "controller-1"), known).word == "NOT WELL"


def line(known: Known, name: str, heading: str) -> Optional[Line]:
    page = overview(host(known, name), known)
    return next((one for one in page.lines if one.heading == heading), None)


def said(known: Known, name: str, heading: str) -> str:
    found = line(known, name, heading)
    assert found is not None, heading
    return found.text


def test_both_functions_stand_below_each_other_with_their_own_times() -> None:
    lag = {**AIO, "subfunction_oper": "disabled", "subfunction_avail": "failed"}
    since = {
        ("hosts", uuid_of(2), "operational"): Since(ms=NOW_MS - 70_000),
        ("hosts", uuid_of(2), "subfunction_oper"): Since(ms=NOW_MS - 29_000, at_least=True),
    }
    known = site(hosts=hosts(controller_1=lag), memory=Memory(since=since))
    state = said(known, "controller-1", "state")
    assert state.startswith("unlocked / enabled / available")
    assert state.endswith("since 09:03Z  1m")
    worker = line(known, "controller-1", "worker")
    assert worker is not None
    assert worker.tone is Tone.BAD
    assert worker.text.startswith("disabled / failed")
    assert worker.text.endswith("at least since 09:04Z  29s")
    assert line(site(), "controller-1", "worker") is None


def test_a_task_is_explained_in_plain_words() -> None:
    known = site(hosts=hosts(worker_0={"task": "Enabling Worker Service"}))
    texts = [one.text for one in overview(host(known, "worker-0"), known).lines]
    at = texts.index("Enabling Worker Service")
    assert texts[at + 1] == "the main function runs, the worker's is starting"


def test_configuration_role_and_software_are_compared() -> None:
    known = site(place=on(2, "controller-1"), hosts=hosts(worker_0={"sw_version": "24.09"}))
    assert said(known, "controller-1", "config").endswith("Config out-of-date")
    assert said(known, "controller-0", "config").endswith("up to date")
    role = said(known, "controller-1", "role")
    assert role == "ctl sby  partner controller-0 enabled/available  you are on it"
    assert said(known, "worker-0", "software") == "24.09  others: 25.09"
    assert said(site(), "worker-0", "software") == "25.09  as all others"


def test_an_installation_and_parts_not_at_rest_are_shown() -> None:
    installing = {"install_state": "installing+", "install_state_info": "57/190"}
    known = site(hosts=hosts(worker_1=installing), osds=osd_in("configuring", 5))
    assert said(known, "worker-1", "install") == "installing 57/190"
    part = line(known, "storage-0", "osds")
    assert part is not None
    assert part.text == "osd.0 configuring"
    assert part.jump is not None
    assert part.jump.kind == "osds"


def test_alarms_lead_to_their_page_and_unread_ones_are_not_none() -> None:
    known = site()
    found = line(known, "controller-1", "C 100.104")
    assert found is not None
    assert found.jump is not None
    assert known.row("alarms", found.jump.id) is not None
    assert said(known, "storage-0", "alarms") == "none"
    assert said(site(without=("alarms",)), "storage-0", "alarms") == "not read"


def test_notes_and_former_unlocks_close_the_page() -> None:
    mark = Mark(note="DIMM A4 ordered", note_by="sysadmin", note_ms=NOW_MS - 60_000)
    usual = {("hosts", "unlock", "worker-1"): (461_000, 458_000)}
    known = site(memory=Memory(marks={("hosts", uuid_of(4)): mark}, usual=usual))
    assert said(known, "worker-1", "note") == 'note, 1m ago, sysadmin: "DIMM A4 ordered"'
    assert said(known, "worker-1", "before") == "last 2 unlocks 7:41 7:38"
