"""Several hosts at once: what each may alone, a pair may not."""

from __future__ import annotations

from typing import Any

from backend.kind import Nothing
from backend.known import Known
from backend.preview import preview
from tests.backend.kinds.site import host, hosts, named, site

KIND: Any = named("hosts")


def blocked(known: Known, *names: str) -> str:
    ids = [host(known, name).uuid for name in names]
    shown = preview(known, KIND, KIND.action("lock"), ids, Nothing())
    return " ".join(reason.check for reason in shown.blocked)


def test_both_controllers_are_never_taken_together() -> None:
    assert "not both controllers" in blocked(site(), "controller-0", "controller-1")


def test_both_peers_of_a_group_are_never_taken_together() -> None:
    group = {"name": "group-0", "hosts": ["storage-0", "worker-0"]}
    known = site(hosts=hosts(storage_0={"peers": group}, worker_0={"peers": group}))
    assert "not both peers of group-0" in blocked(known, "storage-0", "worker-0")


def test_two_workers_may_be_taken_one_after_the_other() -> None:
    assert "both" not in blocked(site(), "worker-0", "storage-0")


def test_a_note_is_kept_by_the_record_alone() -> None:
    known = site()
    row = host(known, "worker-1")
    action = KIND.action("annotate")
    shown = preview(known, KIND, action, [row.uuid], action.form(note="DIMM A4 ordered"))
    assert shown.wants == ""
    assert "RECORD hosts note=DIMM A4 ordered" in shown.requests[0]
