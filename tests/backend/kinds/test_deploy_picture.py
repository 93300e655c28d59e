"""The picture of a deploy: the box it stands in, what is behind, and what is next on each host."""

from __future__ import annotations

from typing import Any, List

import pytest

from backend.clean import cells
from backend.kinds.deploy_picture import page, picture, summary
from backend.kinds.deploy_states import STATES
from backend.known import Known
from tests.backend.kinds.site import hosts, named, site


def known_in(state: str, *parts: str, **changed: Any) -> Known:
    """Return a site in mid-deploy; ``parts`` are the states of its hosts, in their order."""
    deploy = {"from_release": "25.09.1", "to_release": "25.09.2", "state": state}
    release = {"release_id": "starlingx-25.09.2", "state": "deploying", "sw_version": "25.09.2"}
    release["summary"] = "Fixes CVE-2026-31431."
    names = ("controller-1", "controller-0", "worker-0")
    rows = [
        {
            "hostname": name,
            "host_state": part,
            "software_release": "25.09.1",
            "target_release": "25.09.2",
            "reboot_required": True,
        }
        for name, part in zip(names, parts or ("pending", "pending", "pending"))
    ]
    return site(
        deploy=[{**deploy, "reboot_required": True, "major_release": False}],
        deploy_hosts=rows,
        releases=[release],
        hosts=hosts(**changed),
    )


def drawn(known: Known) -> List[str]:
    (row,) = known.rows("deploy")
    return [line.text for line in picture(row, known)]


def test_the_picture_says_where_it_stands_what_is_done_and_where_an_abort_leads() -> None:
    assert drawn(known_in("host", "deployed", "pending", "pending")) == [
        "   start    -->  [ HOST ]  -->  activate  -->  complete  -->   delete",
        "    done          1 of 3",
        "     |              | abort        | abort        | abort",
        "     v              v              v              v",
        "   delete <--  host-rollback  <---  activate-rollback",
    ]


@pytest.mark.parametrize("state", STATES)
def test_every_state_stands_in_one_box_and_the_picture_fits_eighty_columns(state: str) -> None:
    lines = drawn(known_in(state))
    assert sum(line.count("[ ") for line in lines) == 1
    (box,) = [line.split("[ ")[1].split(" ]")[0] for line in lines if "[ " in line]
    assert state.startswith(box.lower())
    assert max(map(cells, lines)) <= 76
    assert len(lines) == 5
    assert ("FAILED" in lines[1]) == (state in {"start-failed", "host-failed", "activate-failed"})


def test_a_state_never_seen_before_stands_in_no_box_and_without_a_deploy_nothing_is_drawn() -> None:
    assert not [line for line in drawn(known_in("teleporting")) if "[ " in line]
    assert summary(site(deploy=[])).lines == ()


def test_the_page_has_the_picture_the_hosts_to_go_to_and_what_is_legal() -> None:
    known = known_in("host", "deployed", "pending", "pending")
    (row,) = known.rows("deploy")
    lines = page(row, known).lines
    assert [line.jump.id for line in lines if line.jump and line.jump.kind == "deploy-hosts"] == [
        *("controller-1", "controller-0", "worker-0"),
    ]
    said = [line.text for line in lines]
    assert "NOW      host" in said
    assert "LEGAL    deploy host, deploy abort" in said
    assert "FIXES    CVE-2026-31431" in said


def next_of(known: Known, name: str) -> str:
    kind = named("deploy-hosts")
    assert kind.strip is not None
    first, *_ = kind.strip(known.row(kind.name, name), known).lines
    assert first.heading == "NEXT"
    return first.text


def test_each_host_says_what_is_next_on_it_and_by_which_key() -> None:
    locked = {"administrative": "locked", "availability": "online"}
    known = known_in("host", "deployed", "pending", "pending", worker_0=locked)
    assert next_of(known, "worker-0") == "a, U: deploy it"
    waits = next_of(known, "controller-0")
    assert waits.startswith("it is unlocked/")
    assert waits.endswith("lock it first (Enter, a); then a, U")
    assert next_of(known, "controller-1") == "nothing: controller-1 is done"
    out = known_in("host", "deployed", "pending", "deployed", worker_0=locked)
    assert next_of(out, "worker-0") == "unlock worker-0: Enter, a"
    busy = known_in("host", "deploying", "pending", "pending")
    assert next_of(busy, "controller-1") == "wait: controller-1 is at it"


def test_an_available_release_says_how_its_deploy_begins_and_one_that_waits_for_what() -> None:
    kind = named("releases")
    assert kind.strip is not None
    body = {"state": "available", "sw_version": "9", "requires": []}
    first = {**body, "release_id": "starlingx-9.1"}
    second = {**body, "release_id": "starlingx-9.2", "requires": ["starlingx-9.1"]}
    known = site(releases=[first, second])
    said = [kind.strip(row, known).lines[0].text for row in known.rows("releases")]
    assert said[0].startswith("a, P precheck; then S start.")
    assert said[1] == "first starlingx-9.1, which it requires"
