"""Which OSD may come and go, and where: as sysinv's storage model has it for each setup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List

import pytest

from backend.known import Known
from tests.backend.kinds.acted import act
from tests.backend.kinds.pretended import known_of, pretend
from tests.backend.kinds.site import reading

NEEDS = ("osds", "backends", "tiers", "system")
UNLOCKED = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
LOCKED = {"administrative": "locked", "operational": "disabled", "availability": "online"}
BOOTS = {"administrative": "unlocked", "operational": "disabled", "availability": "offline"}


def setup(scene: str, *, backend: str = "ceph", state: str = "configured", **host: Any) -> Known:
    """Return a site of that backend, all its hosts and OSDs in one state."""
    known = known_of(pretend(scene), more=NEEDS)
    rows: Dict[str, List[Dict[str, Any]]] = {
        "hosts": [{**row.body, **(host or UNLOCKED)} for row in known.rows("hosts")],
        "backends": [{**row.body, "backend": backend} for row in known.rows("backends")],
        "osds": [{**row.body, "state": state} for row in known.rows("osds")],
    }
    found = {(kind, ""): reading(kind, bodies) for kind, bodies in rows.items()}
    return replace(known, readings={**known.readings, **found})


def forbids(known: Known, verb: str, row: Any, **form: Any) -> Dict[str, str]:
    action = act("osds", verb)
    told = action.reasons(row, action.form.model_validate(form), known)
    return {one.check: one.words for one in told if one.blocks}


def add(known: Known, name: str) -> Dict[str, str]:
    host = next(row for row in known.rows("hosts") if row.name == name)
    found = forbids(known, "add", host, disk="/dev/sdz")
    return {check: words for check, words in found.items() if "disk" not in check}


def delete(known: Known) -> Dict[str, str]:
    return forbids(known, "delete", known.rows("osds")[0])


def test_with_storage_hosts_an_osd_is_added_on_them_alone_and_locked() -> None:
    running, locked = setup("standard"), setup("standard", **LOCKED)
    assert "the host is locked" in add(running, "storage-0")
    assert add(locked, "storage-0") == {}
    for name in ("controller-0", "worker-0"):
        assert "OSDs are on storage hosts here" in add(locked, name).values()


@pytest.mark.parametrize(("state", "is_taken"), [(UNLOCKED, True), (LOCKED, True), (BOOTS, False)])
def test_on_controllers_an_osd_is_added_locked_or_in_service_and_never_between(
    state: Dict[str, str], is_taken: bool
) -> None:
    for scene in ("site-7", "site-9"):
        found = add(setup(scene, **state), "controller-0")
        assert (found == {}) is is_taken, (scene, found)
    assert "OSDs are on controllers here" in add(setup("site-7", **state), "worker-0").values()


def test_where_ceph_would_forget_it_and_sysinv_would_not_an_osd_is_not_deleted() -> None:
    for scene in ("standard", "site-7"):
        assert delete(setup(scene, **LOCKED)) == {
            "the setup lets it go": "an OSD that is configured can't be deleted on this setup"
        }
        # What was never made goes as it came.
        assert delete(setup(scene, state="configuring-on-unlock", **LOCKED)) == {}


def test_rook_takes_an_osd_off_a_host_in_service_and_a_simplex_keeps_its_last() -> None:
    assert delete(setup("site-7", backend="ceph-rook")) == {}
    assert delete(setup("site-9", **LOCKED)) == {"another OSD is left": "it is the last one"}


def test_without_a_backend_of_ceph_there_is_no_osd_to_add() -> None:
    found = add(setup("site-9", backend="file"), "controller-0")
    assert list(found.values()) == ["there is neither a ceph nor a ceph-rook backend"]
