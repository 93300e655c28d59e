"""Ceph's monitors as sysinv keeps them: what is sent, and what forbids it."""

from __future__ import annotations

from typing import Any, List

from backend.known import Known
from tests.backend.kinds.acted import act
from tests.backend.kinds.pretended import known_of, pretend

NEEDS = ("monitors", "backends", "volume-groups", "hosts", "system")


def known(scene: str = "standard") -> Known:
    return known_of(pretend(scene), more=NEEDS)


def forbids(name: str, known: Known, row: Any, **form: Any) -> List[str]:
    action = act("monitors", name)
    reasons = action.reasons(row, action.form.model_validate(form), known)
    return [one.words for one in reasons if one.blocks]


def test_a_third_monitor_is_added_to_a_host_by_its_name() -> None:
    seen = known()
    action = act("monitors", "add")
    plan = action.plan(None, action.form.model_validate({"host": "worker-0"}), seen)
    write = plan.steps[0].write
    assert write.command == ("system", "ceph-mon-add", "worker-0")
    host = next(row for row in seen.rows("hosts") if row.name == "worker-0")
    assert getattr(write, "body", None) == {"ihost_uuid": host.uuid}


def test_a_host_that_has_a_monitor_a_host_there_is_not_and_rook_are_refused() -> None:
    seen = known()
    assert any("has one" in words for words in forbids("add", seen, None, host="controller-0"))
    assert forbids("add", seen, None, host="nobody") == ["there is no host nobody"]
    rook = known("site-7")
    assert any("Rook places" in words for words in forbids("add", rook, None, host="worker-2"))


def test_monitors_never_shrink_and_what_is_left_in_each_group_is_shown_before() -> None:
    seen = known()
    row = seen.rows("monitors")[0]
    action = act("monitors", "modify")
    assert any("it is so already" in words for words in
               forbids("modify", seen, row, ceph_mon_gib=20))  # fmt: skip
    form = action.form.model_validate({"ceph_mon_gib": 25})
    said = [one.words for one in action.consequences(row, form, seen)]
    assert any(words.startswith("left in cgts-vg of controller-0: ") for words in said)


def test_a_monitor_that_works_is_not_deleted() -> None:
    seen = known()
    assert forbids("delete", seen, seen.rows("monitors")[0]) != []
