"""Why not: every action on a row with all its reasons at once, and where each is mended."""

from __future__ import annotations

from typing import Any

import pytest

from backend.figure import Line
from backend.kinds import every_kind
from backend.known import Known
from backend.tone import Tone
from backend.whynot import keys_of, standings, verdict, why_not
from tests.backend.kinds.pretended import known_of, pretend
from tests.backend.kinds.site import host, hosts, named, simplex, site, uuid_of

HOSTS = named("hosts")


def lines(known: Known, name: str) -> tuple[Line, ...]:
    return why_not(known, HOSTS, host(known, name)).lines


def text(known: Known, name: str) -> str:
    return "\n".join(f"{line.heading}  {line.text}" for line in lines(known, name))


def test_every_action_stands_there_with_all_its_reasons_at_once() -> None:
    down = {"administrative": "locked", "availability": "offline", "inv_state": ""}
    known = site(hosts=hosts(worker_1=down))
    said = text(known, "worker-1")
    assert "U  Unlock                 CANNOT: 2 reasons" in said
    assert "online: it is offline: wait until it is online" in said
    assert "inventoried: its inventory has not come in yet" in said
    assert "L  Lock                   CANNOT: 1 reason" in said


def test_what_can_be_done_stands_first_and_what_makes_no_sense_not_at_all() -> None:
    known = site()
    found = standings(known, HOSTS, host(known, "worker-1"))
    refused = [bool(one.forbids) for one in found]
    assert refused == sorted(refused)
    assert "swact" not in {one.action.name for one in found}
    alone = simplex()
    names = {one.action.name for one in standings(alone, HOSTS, host(alone, "controller-0"))}
    assert not names & {"swact", "reboot", "delete"}


def test_a_reason_leads_to_where_it_is_mended() -> None:
    known = site()
    refused = next(
        line
        for line in lines(known, "controller-0")
        if line.heading == "  no" and "the other has its configuration" in line.text
    )
    assert (refused.tone, refused.jump.id if refused.jump else "") == (Tone.BAD, uuid_of(2))


def test_what_was_not_read_and_what_only_the_server_knows_is_told_and_forbids_nothing() -> None:
    said = text(site(), "worker-1")
    assert "  ?  CPUs fit the vSwitch: cpus not read" in said
    assert "only the server knows: software deployed to it, kernel settled" in said
    found = standings(site(), HOSTS, host(site(), "worker-1"))
    unlock = next(one for one in found if one.action.name == "unlock")
    assert (unlock.forbids, len(unlock.open) > 5) == ((), True)


def test_with_all_read_an_unlock_leaves_open_only_what_the_server_knows() -> None:
    cloud = pretend()
    cloud.touch(cloud.named("worker-1"), administrative="locked", operational="disabled",
                availability="online", task="")  # fmt: skip
    known = known_of(cloud, under=("worker-1",))
    found = standings(known, HOSTS, host(known, "worker-1"))
    unlock = next(one for one in found if one.action.name == "unlock")
    assert {reason.asker.value for reason in unlock.open} == {"server"}


def test_what_it_looks_at_of_a_hosts_own_is_read_under_it_alone() -> None:
    kinds = {kind.name: kind for kind in every_kind()}
    keys = keys_of(site(), HOSTS, uuid_of(4), kinds)
    assert keys[0] == ("hosts", "")
    for name in ("cpus", "memory", "ports", "interfaces", "interface-networks", "addresses"):
        assert (name, uuid_of(4)) in keys
        assert (name, "") not in keys
    assert ("osds", "") in keys


def test_the_verdict_says_what_can_be_done() -> None:
    said = verdict(site(), HOSTS, host(site(), "worker-1"))
    assert said.word == "CAN"
    assert "Unlock" in said.text
    assert "would be refused" in said.more


@pytest.mark.parametrize("kind", ["disks", "services"])
def test_a_kind_without_actions_says_so(kind: str) -> None:
    row: Any = site().rows(kind)[0]
    declared = named(kind)
    if not standings(site(), declared, row):
        assert "nothing can be done with" in why_not(site(), declared, row).lines[0].text
