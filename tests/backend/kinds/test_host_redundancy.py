"""What is left when hosts go: copies, monitors, workers, the other controller; how bad it is."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from backend.kind import Answer, Nothing, Risk
from backend.known import Known
from backend.preview import Preview, preview
from backend.tone import Tone
from tests.backend.kinds.site import (
    AIO,
    STANDBY_OK,
    bodies,
    host,
    hosts,
    named,
    reasons,
    site,
    uuid_of,
)

KIND: Any = named("hosts")
UP = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
LOCKED = {"administrative": "locked", "operational": "disabled", "availability": "online"}
FAILED = {"administrative": "unlocked", "operational": "disabled", "availability": "failed"}
GROUP = {"name": "group-0", "hosts": ["storage-0", "storage-1"]}
KEEPS_COPY = "storage keeps a copy"


def storage(zero: Any = UP, one: Any = UP, **rows: Any) -> Known:
    """Return the recorded site with a second storage host beside the first, and its OSD."""
    found = hosts(storage_0={"peers": GROUP, **zero}, worker_1=UP, controller_1=STANDBY_OK)
    first = next(body for body in found if body["hostname"] == "storage-0")
    second = {**first, "uuid": uuid_of(9), "id": 9, "hostname": "storage-1", **one}
    osd = bodies("osds")[0]
    osds = [osd, {**osd, "uuid": "o-1", "osdid": 1, "ihost_uuid": uuid_of(9)}]
    return site(**{"hosts": [*found, second], "osds": osds, "alarms": [], **rows})


def shown(known: Known, verb: str, *names: str) -> Preview:
    ids = [host(known, name).uuid for name in names]
    return preview(known, KIND, KIND.action(verb), ids, Nothing())


def stops(seen: Preview) -> Dict[str, Tone]:
    return {one.words: one.tone for one in seen.consequences}


def bad(seen: Preview) -> List[str]:
    return [words for words, tone in stops(seen).items() if tone is Tone.BAD]


# --- copies ------------------------------------------------------------------------------------


def test_a_peer_that_serves_keeps_a_copy_and_the_lock_only_disturbs() -> None:
    seen = shown(storage(), "lock", "storage-1")
    assert "osd.1 goes down: data keeps 1 copy of 2 until storage-1 is back" in stops(seen)
    assert (seen.risk, bad(seen)) == (Risk.DISRUPTIVE, [])


@pytest.mark.parametrize("peer", [LOCKED, FAILED], ids=["locked", "failed"])
def test_an_osd_on_a_host_that_is_down_is_no_copy(peer: Any) -> None:
    seen = shown(storage(zero=peer), "lock", "storage-1")
    (words,) = bad(seen)
    lost = "data has NO OTHER COPY that serves (storage-0 down)"
    assert words == f"osd.1 goes down: {lost} until storage-1 is back"
    assert (seen.risk, seen.wants) == (Risk.DESTRUCTIVE, "storage-1")


def test_the_last_storage_host_is_warned_of_also_where_it_is_down_itself() -> None:
    enabled = reasons(storage(zero=LOCKED), "lock", "storage-1")[KEEPS_COPY]
    assert enabled.answer is Answer.CANT_TELL
    assert enabled.words.endswith("serves: refused unless the pools are empty")
    down = storage(zero=LOCKED, one=FAILED)
    found = reasons(down, "force-lock", "storage-1")[KEEPS_COPY]
    assert (found.answer, found.words) == (
        Answer.CANT_TELL,
        "no other host of its storage group serves",
    )
    assert shown(down, "lock", "storage-1").risk is Risk.DESTRUCTIVE
    assert reasons(storage(), "lock", "storage-1")[KEEPS_COPY].answer is Answer.PASSES


def test_a_storage_host_whose_osds_are_not_known_is_the_last_one_all_the_same() -> None:
    seen = shown(storage(zero=LOCKED, osds=[]), "lock", "storage-1")
    assert bad(seen) == ["no other host of its storage group serves"]
    assert seen.risk is Risk.DESTRUCTIVE


def test_copies_that_nobody_read_are_not_taken_for_granted() -> None:
    known = site(without=("backends",), hosts=hosts(worker_1=UP))
    words = "osd.0 goes down: nobody can tell whether data has another copy (backends not read)"
    assert any(one.startswith(words) for one in bad(shown(known, "lock", "storage-0")))


# --- controllers, workers ----------------------------------------------------------------------


def test_the_lock_of_the_standby_while_the_active_is_degraded_must_be_meant() -> None:
    ill = hosts(controller_0={"availability": "degraded"}, controller_1=STANDBY_OK)
    seen = shown(site(hosts=ill, alarms=[]), "lock", "controller-1")
    assert "controller-0, which then carries the site alone, is degraded" in bad(seen)
    assert (seen.risk, seen.wants) == (Risk.DESTRUCTIVE, "controller-1")
    well = shown(site(hosts=hosts(controller_1=STANDBY_OK), alarms=[]), "lock", "controller-1")
    assert (well.risk, bad(well)) == (Risk.DISRUPTIVE, [])


def test_the_last_worker_must_be_meant() -> None:
    assert shown(site(), "lock", "worker-0").wants == "worker-0"
    assert shown(site(hosts=hosts(worker_1=UP)), "lock", "worker-0").wants == "yes"


@pytest.mark.parametrize("action", KIND.actions, ids=lambda action: action.name)
def test_what_does_something_bad_is_destructive(action: Any) -> None:
    if action.on_kind or action.form is not Nothing:
        return
    for known in (site(), storage(zero=LOCKED), storage(one=FAILED)):
        for row in known.rows("hosts"):
            said = action.consequences(row, Nothing(), known)
            if any(one.tone is Tone.BAD for one in said):
                assert action.risk(row, Nothing(), known) is Risk.DESTRUCTIVE


def test_the_one_monitor_of_two_all_in_one_controllers_goes_with_the_services() -> None:
    both = hosts(controller_0=AIO, controller_1={**AIO, **UP, **STANDBY_OK})[:2]
    seen = shown(
        site(hosts=both, monitors=bodies("monitors")[:2], alarms=[]), "lock", "controller-1"
    )
    assert stops(seen)["Ceph monitors: 1 stay, 1 are a quorum"] is Tone.PLAIN
    plain = hosts(controller_1=STANDBY_OK)[:2]
    fixed = shown(
        site(hosts=plain, monitors=bodies("monitors")[:2], alarms=[]), "lock", "controller-1"
    )
    assert stops(fixed)["Ceph monitors: 1 stay, 2 are a quorum"] is Tone.BAD


# --- several at once ---------------------------------------------------------------------------


def answers(seen: Preview) -> Dict[str, Answer]:
    return {reason.check: reason.answer for reason in seen.reasons}


def words_of(seen: Preview, check: str) -> str:
    return next(reason.words for reason in seen.reasons if reason.check == check)


def test_two_hosts_that_together_break_the_quorum_are_not_taken_together() -> None:
    check = "a quorum of Ceph's monitors stays"
    seen = shown(storage(), "lock", "controller-1", "storage-0")
    assert answers(seen)[check] is Answer.NO
    assert words_of(seen, check) == "1 of 3 Ceph monitors would serve, 2 are a quorum"
    assert check not in answers(shown(storage(), "lock", "controller-1", "worker-0"))
    # What is locked serves no monitor: its unlock takes nothing.
    assert check not in answers(shown(storage(), "unlock", "worker-0", "worker-1"))


def test_hosts_that_together_keep_all_copies_are_not_taken_together() -> None:
    check = "a copy of the data stays"
    known = storage(zero={"peers": None}, one={"peers": None})
    seen = shown(known, "force-lock", "storage-0", "storage-1")
    assert answers(seen)[check] is Answer.NO
    assert words_of(seen, check).startswith("storage-0 and storage-1 keep all copies")
    assert check not in answers(shown(known, "force-lock", "storage-0", "worker-0"))


def test_all_workers_at_once_are_said_to_leave_pods_no_place() -> None:
    check = "pods have a place to go"
    seen = shown(storage(), "lock", "worker-0", "worker-1")
    assert answers(seen)[check] is Answer.CANT_TELL
    assert words_of(seen, check) == (
        "all 2 worker functions stop at once: pods have NOWHERE ELSE to go"
    )
    assert check not in answers(shown(storage(), "lock", "worker-0", "storage-1"))
