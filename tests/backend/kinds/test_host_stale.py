"""Checks on readings that do not tell of now: nothing old, remembered or unread ever passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

import pytest

from backend.errors import Unreachable
from backend.kinds.host_site import children
from backend.known import Known
from tests.backend.kinds.host_scenarios import CANT_TELL, PASSES
from tests.backend.kinds.site import bodies, host, reading, reasons, site, uuid_of

HOURS_MS = 3 * 3_600_000
GONE = Unreachable("fm", "no answer")


def stale(known: Known, name: str, **changes: Any) -> Known:
    """Return the same site with one kind read three hours ago, and ``changes`` since."""
    old = known.reading(name)
    values: Dict[str, Any] = {"at_ms": known.now_ms - HOURS_MS, **changes}
    return replace(known, readings={**known.readings, (name, ""): replace(old, **values)})


@pytest.mark.parametrize("check", ["no backup running", "no VIM strategy running"])
@pytest.mark.parametrize("verb", ["lock"])
def test_alarms_that_no_longer_come_in_let_nothing_pass(verb: str, check: str) -> None:
    known = site()
    assert reasons(known, verb, "controller-1")[check].answer is PASSES
    found = reasons(stale(known, "alarms", error=GONE), verb, "controller-1")[check]
    assert (found.answer, found.words) == (CANT_TELL, "alarms as of 3h ago: fm: no answer")


def test_what_the_record_remembers_lets_nothing_pass() -> None:
    known = stale(site(), "alarms", is_remembered=True)
    found = reasons(known, "lock", "controller-1")["no backup running"]
    assert found.answer is CANT_TELL
    assert found.words == "alarms as of 3h ago: from the record, not read since"


def test_what_stood_three_hours_ago_does_not_forbid_today() -> None:
    backup = {**bodies("alarms")[0], "alarm_id": "210.001"}
    known = site(alarms=[backup])
    assert reasons(known, "lock", "controller-1")["no backup running"].blocks
    old = stale(known, "alarms", error=GONE)
    assert not reasons(old, "lock", "controller-1")["no backup running"].blocks


def test_nova_local_cant_be_told_while_volume_groups_are_unread() -> None:
    check = "nova-local has a volume"
    unread = reasons(site(without=("volume-groups",)), "unlock", "worker-1")[check]
    assert (unread.answer, unread.words) == (CANT_TELL, "volume-groups not read")
    old = stale(site(), "volume-groups", error=GONE)
    assert reasons(old, "unlock", "worker-1")[check].answer is CANT_TELL
    assert check not in reasons(site(volume_groups=[]), "unlock", "worker-1")


def test_a_worker_on_ceph_cant_be_told_while_backends_are_unread() -> None:
    check = "Ceph is ready for workers"
    unread = reasons(site(without=("backends",)), "unlock", "worker-1")[check]
    assert (unread.answer, unread.words) == (CANT_TELL, "backends not read")
    old = stale(site(), "backends", error=GONE)
    assert reasons(old, "unlock", "worker-1")[check].answer is CANT_TELL
    assert check not in reasons(site(backends=[]), "unlock", "worker-1")


def test_rook_cant_be_told_while_backends_do_not_answer() -> None:
    check = "rook-ceph not in transition"
    assert check not in reasons(site(backends=[]), "lock", "controller-1")
    old = stale(site(backends=[]), "backends", error=GONE)
    assert reasons(old, "lock", "controller-1")[check].answer is CANT_TELL


def test_of_two_readings_that_tell_of_a_host_the_later_one_counts() -> None:
    known = site()
    row = host(known, "worker-0")
    mine = [{**bodies("volume-groups")[0], "ihost_uuid": uuid_of(3), "lvm_vg_name": "seen-here"}]
    own = reading("volume-groups", mine, row.uuid)
    for age_ms, is_own in ((-1, True), (0, True), (HOURS_MS, False)):
        then = replace(own, at_ms=known.now_ms - age_ms)
        both = {**known.readings, ("volume-groups", row.uuid): then}
        found = children(replace(known, readings=both), "volume-groups", row) or ()
        assert ("seen-here" in [one.lvm_vg_name for one in found]) is is_own


def test_a_reboot_of_a_host_that_serves_only_asks_for_its_lock() -> None:
    blocks = [one.check for one in reasons(site(), "reboot", "worker-0").values() if one.blocks]
    assert blocks == ["locked first"]
    blocks = [one.check for one in reasons(site(), "reinstall", "worker-0").values() if one.blocks]
    assert blocks == ["locked first"]
