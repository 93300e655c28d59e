"""What acts on hosts send, how much they may break, what they stop, and where they are hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Set

import pytest

from backend.errors import Unreachable
from backend.kind import Action, Form, Nothing, RestWrite, Risk, Step
from backend.kinds.host_forms import AddHost, AssignLabel, Classify, RemoveLabel
from backend.known import Known, Mark, Memory
from backend.place import Place
from backend.tone import Tone
from tests.backend.kinds.site import (
    LAPTOP,
    STANDBY_OK,
    host,
    hosts,
    named,
    on,
    simplex,
    site,
    uuid_of,
)

LOCKED = {"administrative": "locked", "operational": "disabled", "availability": "online"}
HARMLESS, DISRUPTIVE, DESTRUCTIVE = Risk.HARMLESS, Risk.DISRUPTIVE, Risk.DESTRUCTIVE


def act(name: str) -> Action[Any]:
    action = named("hosts").action(name)
    assert action is not None
    return action


def step(verb: str, name: str, known: Optional[Known] = None, form: Optional[Form] = None) -> Step:
    known = known or site()
    row = host(known, name) if name else None
    (only,) = act(verb).plan(row, form or Nothing(), known).steps
    return only


def write(verb: str, name: str, form: Optional[Form] = None) -> RestWrite:
    found = step(verb, name, form=form).write
    assert isinstance(found, RestWrite)
    return found


@pytest.mark.parametrize(
    ("verb", "command"),
    [
        ("lock", "system host-lock controller-1"),
        ("force-lock", "system host-lock --force controller-1"),
        ("force-unsafe-lock", "system host-lock --force --unsafe controller-1"),
        ("unlock", "system host-unlock controller-1"),
        ("force-unlock", "system host-unlock --force controller-1"),
        ("swact", "system host-swact controller-1"),
        ("force-swact", "system host-swact --force controller-1"),
        ("reboot", "system host-reboot controller-1"),
        ("reset", "system host-reset controller-1"),
        ("reinstall", "system host-reinstall controller-1"),
        ("power-on", "system host-power-on controller-1"),
        ("power-off", "system host-power-off controller-1"),
    ],
)
def test_a_verb_is_one_patch_and_one_command(verb: str, command: str) -> None:
    found = write(verb, "controller-1")
    assert (found.service, found.method) == ("sysinv", "PATCH")
    assert found.path == f"/ihosts/{uuid_of(2)}"
    assert found.body == [{"op": "replace", "path": "/action", "value": verb}]
    assert " ".join(found.command) == command


def test_a_delete_is_a_delete() -> None:
    found = write("delete", "worker-1")
    assert (found.method, found.path, found.body) == ("DELETE", f"/ihosts/{uuid_of(4)}", None)
    assert found.command == ("system", "host-delete", "worker-1")


def test_a_new_host_is_posted_with_what_was_given_and_its_password_is_never_shown() -> None:
    form = AddHost(
        hostname="worker-2", mgmt_mac="52:54:00:6a:b1:22", bm_type="redfish", bm_password="s3cret"
    )
    found = write("add", "", form)
    assert (found.method, found.path) == ("POST", "/ihosts")
    assert found.body == {
        "personality": "worker",
        "hostname": "worker-2",
        "mgmt_mac": "52:54:00:6a:b1:22",
        "bm_type": "redfish",
        "bm_password": "s3cret",
    }
    assert found.secret == {"bm_password"}
    assert "s3cret" not in " ".join((*found.command, found.sentence))


def test_a_discovered_host_is_classified_in_one_patch_and_seen_to_be() -> None:
    new = {"hostname": None, "personality": None, **LOCKED}
    known = site(hosts=hosts(worker_1=new))
    row = known.rows("hosts")[3]
    form = Classify(personality="worker", hostname="worker-7")
    (only,) = act("classify").plan(row, form, known).steps
    assert isinstance(only.write, RestWrite)
    assert only.write.body == [
        {"op": "replace", "path": "/personality", "value": "worker"},
        {"op": "replace", "path": "/hostname", "value": "worker-7"},
    ]
    command = "system host-update 4 personality=worker hostname=worker-7"
    assert " ".join(only.write.command) == command
    assert only.took is not None
    assert not only.took(known)
    assert only.took(site())


def test_labels_are_posted_and_deleted_by_their_own_id() -> None:
    plain = write("label-assign", "controller-0", AssignLabel(key="a/b", value="c"))
    assert (plain.path, plain.body) == (f"/labels/{uuid_of(1)}", {"a/b": "c"})
    over = write("label-assign", "controller-0", AssignLabel(key="a", value="c", overwrite=True))
    assert over.path.endswith("?overwrite=True")
    assert "--overwrite" in over.command
    gone = write("label-remove", "controller-0", RemoveLabel(key="openstack-control-plane"))
    assert gone.path == "/labels/c5768c9e-27a5-4d46-ace1-30f219ad2269"
    choices = act("label-remove").choices(host(site(), "controller-0"), site())
    assert choices == {"key": ("openstack-control-plane",)}


@pytest.mark.parametrize(
    ("changes", "took"),
    [
        ({}, False),
        ({"task": "Locking"}, True),
        ({"ihost_action": "lock"}, True),
        ({"administrative": "locked"}, True),
    ],
)
def test_an_order_was_taken_when_the_host_is_not_as_it_was(
    changes: Dict[str, Any], took: bool
) -> None:
    seen = step("lock", "controller-1").took
    assert seen is not None
    assert seen(site(hosts=hosts(controller_1=changes))) is took


def test_a_service_that_does_not_answer_just_then_is_no_failure_of_the_order() -> None:
    seen = step("swact", "controller-0").took
    known = site()
    away = replace(known.reading("hosts"), error=Unreachable("sysinv", "refused"))
    assert seen is not None
    assert seen(replace(known, readings={**known.readings, ("hosts", ""): away}))


# --- risk --------------------------------------------------------------------------------------

C0, C1 = on(1, "controller-0"), on(2, "controller-1")
STANDBY_LOCKED = hosts(controller_1={**LOCKED, **STANDBY_OK})


@pytest.mark.parametrize(
    ("verb", "name", "place", "risk"),
    [
        # The last worker that serves: its pods have nowhere else to go.
        ("lock", "worker-0", LAPTOP, DESTRUCTIVE),
        ("lock", "controller-1", LAPTOP, DISRUPTIVE),
        ("lock", "controller-1", C0, DISRUPTIVE),
        ("unlock", "worker-1", C0, DISRUPTIVE),
        ("unlock", "controller-1", LAPTOP, DISRUPTIVE),
        ("unlock", "controller-1", C1, DESTRUCTIVE),
        ("unlock", "controller-1", C0, DESTRUCTIVE),
        ("reboot", "controller-1", C1, DESTRUCTIVE),
        ("reboot", "worker-1", LAPTOP, DISRUPTIVE),
        ("swact", "controller-0", LAPTOP, DISRUPTIVE),
        ("force-swact", "controller-0", LAPTOP, DESTRUCTIVE),
        ("force-lock", "worker-0", LAPTOP, DESTRUCTIVE),
        ("force-unsafe-lock", "worker-0", LAPTOP, DESTRUCTIVE),
        ("force-unlock", "worker-1", LAPTOP, DESTRUCTIVE),
        ("reinstall", "worker-1", LAPTOP, DESTRUCTIVE),
        ("delete", "worker-1", LAPTOP, DESTRUCTIVE),
        ("power-off", "worker-1", LAPTOP, DISRUPTIVE),
    ],
)
def test_risk_goes_by_verb_and_place(verb: str, name: str, place: Place, risk: Risk) -> None:
    known = site(place=place)
    assert act(verb).risk(host(known, name), Nothing(), known) is risk


@pytest.mark.parametrize("verb", ["lock", "unlock", "reboot", "reset", "power-off"])
def test_the_only_controller_is_always_destructive(verb: str) -> None:
    known = simplex()
    assert act(verb).risk(host(known, "controller-0"), Nothing(), known) is DESTRUCTIVE


def test_a_controller_whose_partner_is_away_is_the_only_one() -> None:
    known = site(hosts=STANDBY_LOCKED)
    assert act("lock").risk(host(known, "controller-0"), Nothing(), known) is DESTRUCTIVE


def test_the_own_session_ends_only_on_that_very_host() -> None:
    for place, ends in ((C1, True), (C0, False), (LAPTOP, False)):
        known = site(place=place)
        asked = act("unlock").ends_session
        assert asked is not None
        assert asked(host(known, "controller-1"), known) is ends


# --- what makes no sense -----------------------------------------------------------------------


def offered(known: Known, name: str) -> Set[str]:
    row = host(known, name)
    return {
        action.name
        for action in named("hosts").actions
        if not action.on_kind and not (action.hidden and action.hidden(row, known))
    }


def test_simplex_has_no_swact_reboot_power_reinstall_add_or_delete() -> None:
    known = simplex()
    locks = {"lock", "force-lock", "force-unsafe-lock", "unlock", "force-unlock"}
    ours = {"annotate", "label-assign", "label-remove", "replace"}
    told = {"modify", "bmc", "bmc-clear", "ptp-assign", "ptp-remove"}
    assert offered(known, "controller-0") == {*locks, *ours, *told}
    hidden = act("add").hidden
    assert hidden is not None
    assert hidden(None, known)
    assert not hidden(None, site())


def test_a_worker_is_never_offered_a_swact() -> None:
    assert not {"swact", "force-swact"} & offered(site(), "worker-0")
    assert {"swact", "force-swact"} <= offered(site(), "controller-0")


def test_a_discovered_host_is_offered_to_be_classified() -> None:
    new = {"hostname": None, "personality": None, "mgmt_mac": "00:1e:67:aa:00:01"}
    known = site(hosts=hosts(worker_1=new))
    assert offered(known, "00:1e:67:aa:00:01") == {"annotate", "classify", "delete"}
    assert "classify" not in offered(known, "worker-0")


# --- what stops --------------------------------------------------------------------------------


def stops(verb: str, name: str, known: Known) -> Dict[str, Tone]:
    found = act(verb).consequences(host(known, name), Nothing(), known)
    return {one.words: one.tone for one in found}


def test_a_lock_says_what_stops_and_which_alarms_come() -> None:
    found = stops("lock", "storage-0", site())
    assert found["osd.0 goes down: data has NO OTHER COPY until storage-0 is back"] is Tone.BAD
    assert "Ceph monitors: 2 stay, 2 are a quorum" in found
    assert "alarms to expect: 200.001 800.001 800.011 (so not new ones)" in found
    standby = stops("lock", "controller-1", site())
    assert "no standby controller: if controller-0 fails meanwhile, the site is down" in standby


def test_the_last_worker_has_nowhere_to_send_its_pods() -> None:
    words = "its pods have NOWHERE ELSE to go: no other worker function serves"
    assert stops("lock", "worker-0", site())[words] is Tone.BAD
    other = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
    assert words not in stops("lock", "worker-0", site(hosts=hosts(worker_1=other)))


def test_a_lock_counts_the_pods_and_names_those_that_do_not_come_back() -> None:
    set_of = [{"kind": "StatefulSet", "name": "du", "controller": True}]
    pods = [
        {"uid": name, "namespace": "oran", "name": name, "node": node, "phase": "Running", **more}
        for name, node, more in (
            ("du", "worker-0", {"owners": set_of}),
            ("bare", "worker-0", {}),
            ("far", "worker-1", {}),
        )
    ]
    other = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
    node = {"uid": "n0", "name": "worker-0"}
    known = site(hosts=hosts(worker_1=other), nodes=[node], pods=pods)
    found = stops("lock", "worker-0", known)
    assert "2 pods are evicted; those that may run on worker-1 come back there" in found
    assert found["oran/bare: for good: nothing makes it anew"] is Tone.BAD
    assert not any("oran/far" in words for words in found)


def test_force_lock_says_that_it_resets_at_once() -> None:
    words = "it is reset at once: nothing is moved away first"
    assert stops("force-lock", "worker-0", site())[words] is Tone.BAD
    assert words not in stops("lock", "worker-0", site())


def test_delete_and_reinstall_say_what_is_erased() -> None:
    assert "its root disk is erased, for it is online" in stops("delete", "worker-1", site())
    offline = site(hosts=hosts(worker_1={"availability": "offline"}))
    assert not any("erased" in words for words in stops("delete", "worker-1", offline))
    erased = "its root disk is erased and the software installed anew"
    assert stops("reinstall", "worker-1", site())[erased] is Tone.BAD
    assert "osd.0 on it goes for good" in stops("delete", "storage-0", site())


def test_the_machine_one_sits_on_says_so_first() -> None:
    known = site(place=C1)
    action = act("unlock")
    first = action.consequences(host(known, "controller-1"), Nothing(), known)[0]
    assert first.words.startswith("THIS MACHINE REBOOTS. You are on it (ttyS0).")
    assert first.tone is Tone.BAD
    assert not any("THIS MACHINE" in words for words in stops("unlock", "worker-1", known))


def test_what_somebody_noted_stands_before_the_act() -> None:
    mark = Mark(note="do not unlock", note_by="sysadmin", note_ms=1)
    known = site(memory=Memory(marks={("hosts", uuid_of(4)): mark}))
    assert stops("unlock", "worker-1", known)['sysadmin noted: "do not unlock"'] is Tone.BAD


def test_the_only_controller_takes_the_site_with_it() -> None:
    found = stops("unlock", "controller-0", simplex())
    assert found["there is no other controller; every pod of the site stops"] is Tone.BAD


def test_expected_alarms_are_those_of_that_host() -> None:
    known = site()
    asked = act("lock").expects
    assert asked is not None
    found = {(one.alarm_id, one.entity) for one in asked(host(known, "controller-1"), known)}
    assert ("200.001", "host=controller-1") in found
    assert ("400.002", "") in found
    assert HARMLESS < DISRUPTIVE


@pytest.mark.parametrize(
    ("verb", "name", "ids"),
    [
        ("swact", "controller-0", ["400.002"]),
        ("force-swact", "controller-0", ["400.002"]),
        ("reboot", "controller-1", ["400.002", "800.001", "800.011"]),
        ("power-off", "storage-0", ["800.001", "800.011"]),
        ("reset", "worker-1", []),
        ("reinstall", "worker-1", []),
        ("power-on", "controller-1", []),
        ("delete", "worker-1", []),
        ("unlock", "worker-1", ["200.001", "250.001"]),
    ],
)
def test_every_verb_says_which_alarms_it_brings(verb: str, name: str, ids: List[str]) -> None:
    known = site()
    asked = act(verb).expects
    assert asked is not None
    assert [one.alarm_id for one in asked(host(known, name), known)] == ids
