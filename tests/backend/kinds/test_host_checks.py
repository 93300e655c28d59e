"""The checks before an act on a host, scenario by scenario; nothing unread ever passes."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kind import Answer, Asker
from backend.kinds.host_checks import Check
from backend.kinds.host_checks_lock import LOCK_CHECKS
from backend.kinds.host_checks_power import POWER_CHECKS
from backend.kinds.host_checks_swact import SWACT_CHECKS
from backend.kinds.host_checks_unlock import UNLOCK_CHECKS
from backend.known import Known
from tests.backend.kinds.host_scenarios import (
    CANT_TELL,
    LOCKED,
    LOCKING,
    MOVING,
    NO,
    PASSES,
    UNLOCKING,
    Rows,
    apps,
)
from tests.backend.kinds.site import (
    host,
    named,
    reading,
    reasons,
    simplex,
    site,
    uuid_of,
)


@pytest.mark.parametrize(
    ("verb", "name", "rows", "check", "answer", "asker"),
    [*LOCKING, *UNLOCKING, *MOVING],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_check_answers(
    verb: str, name: str, rows: Rows, check: str, answer: Answer, asker: Asker
) -> None:
    found = reasons(site(**rows), verb, name)
    assert (found[check].answer, found[check].asker) == (answer, asker)
    assert bool(found[check].words) == (answer is not PASSES)


def test_on_simplex_uploading_refuses_an_unlock_and_the_active_one_may_be_locked() -> None:
    known = simplex(**LOCKED)
    uploading = {("applications", ""): reading("applications", apps("rook-ceph", "uploading"))}
    busy = Known(
        cloud="c",
        now_ms=known.now_ms,
        place=known.place,
        readings={**known.readings, **uploading},
    )
    words = reasons(busy, "unlock", "controller-0")["no application in transition"]
    assert words.answer is NO
    assert 'rook-ceph is "uploading"' in words.words
    assert words.jump is not None
    assert words.jump.id == "rook-ceph"
    assert reasons(simplex(), "lock", "controller-0")["not the active controller"].answer is PASSES


@pytest.mark.parametrize(
    "check",
    [*LOCK_CHECKS, *UNLOCK_CHECKS, *SWACT_CHECKS, *POWER_CHECKS],
    ids=lambda one: one.name,
)
def test_a_check_whose_need_was_not_read_cannot_tell(check: Any) -> None:
    if not isinstance(check, Check) or not check.needs:
        return
    nothing = Known(cloud="c", now_ms=0, place=site().place)
    found = check.answer(min(check.verbs | check.ours), host(site(), "controller-1"), nothing)
    assert found.answer is CANT_TELL
    assert "not read" in found.words


def test_parts_of_another_host_do_not_answer_for_this_one() -> None:
    found = reasons(site(), "unlock", "worker-1")["no partition being changed"]
    assert (found.answer, found.words) == (CANT_TELL, "partitions not read")


def test_reasons_that_forbid_come_first_and_lead_to_what_must_be_mended() -> None:
    known = site()
    action = named("hosts").action("swact")
    assert action is not None
    found = action.reasons(host(known, "controller-0"), action.form(), known)
    assert found[0].answer is NO
    assert found[0].jump is not None
    assert found[0].jump.id == uuid_of(2)


def test_every_need_of_a_check_is_read_before_its_action() -> None:
    kind = named("hosts")
    for check in (*LOCK_CHECKS, *UNLOCK_CHECKS, *SWACT_CHECKS, *POWER_CHECKS):
        if not isinstance(check, Check):
            continue
        for verb in check.verbs | check.ours:
            action = kind.action(verb)
            assert action is not None
            assert set(check.needs) <= set(action.needs), (check.name, verb)
