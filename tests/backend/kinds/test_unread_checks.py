"""A check that has not read what it looks at says so; it never passes by having seen nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Iterator, Tuple

import pytest

from backend.errors import NotConfigured, Unreachable
from backend.kind import Answer, Reason, Risk
from backend.kinds import kind_named
from backend.kinds.kube_drain import DRAIN
from backend.kinds.obstacles import OBSTACLES, in_the_way, rows
from backend.known import Known
from backend.tone import Tone
from tests.backend.kinds.acted import known_with
from tests.backend.kinds.site import reading, reasons, simplex
from tests.backend.kinds.test_every_kind import acted_on, everything

AWAY = Unreachable("sysinv", "connection refused")
ROOK = {"backend": "ceph-rook", "deployment": "dedicated"}
# kind, action, what is given, what was not read, the check that looks at it
LOOKS: Tuple[Tuple[str, str, Dict[str, Any], str, str], ...] = (
    ("kube-upgrade", "uncordon", {}, "kube-host-upgrades", "every kubelet runs the new version"),
    ("kube-upgrade", "complete", {}, "kube-host-upgrades", "every kubelet runs the new version"),
    ("kube-upgrade", "abort", {}, "system", "this system can turn back"),
    ("kube-upgrade", "start", {"to_version": "v1.30.6"}, "kube-upgrade", "no other upgrade"),
    ("kube-upgrade", "start", {"to_version": "v1.30.6"}, "deploy", "no software deploy"),
    ("kube-upgrade", "start", {"to_version": "v1"}, "kube-versions", "the version is available"),
    ("kube-rootca-updates", "start", {}, "kube-rootca-updates", "no other change of the root CA"),
    ("backends", "add", ROOK, "backends", "it is the first of its sort"),
    ("backends", "add", ROOK, "backends", "no bare-metal Ceph"),
    ("backends", "add", ROOK, "system", "the hosts are there"),
    ("backends", "delete", {}, "tiers", "no tier with OSDs draws on it"),
    ("monitors", "add", {"host": "worker-0"}, "monitors", "it has none yet"),
    ("monitors", "add", {"host": "worker-0"}, "monitors", "there is no third one yet"),
    ("tiers", "add", {"cluster": "ceph_cluster", "name": "gold"}, "tiers", "the name is free"),
    ("tiers", "add", {"cluster": "x", "name": "gold"}, "clusters", "the cluster is there"),
    ("networks", "add", {"name": "n", "type": "storage", "pool": "oam"}, "networks",
     "no network of its type"),
    ("networks", "add", {"name": "n", "type": "storage", "pool": "oam"}, "network-address-pools",
     "no other network has the pool"),
    ("networks", "add", {"name": "n", "type": "storage", "pool": "none"}, "address-pools",
     "the pool is there"),
    ("network-address-pools", "assign", {"network": "none", "pool": "oam"}, "networks",
     "both are there"),
    ("network-address-pools", "assign", {"network": "oam", "pool": "oam"},
     "network-address-pools", "there is room for another"),
    ("address-pools", "delete", {}, "network-address-pools", "it is no network's first"),
    ("address-pools", "delete", {}, "networks", "its networks allow it"),
    ("address-pools", "add", {"name": "p", "network": "10.9.0.0", "prefix": 24}, "address-pools",
     "the name is free"),
    ("data-networks", "add", {"name": "p9", "network_type": "flat"}, "data-networks",
     "the name is free"),
    ("data-networks", "modify", {"mtu": 1400}, "interface-datanetworks",
     "its interfaces can carry it"),
    ("data-networks", "delete", {}, "interface-datanetworks", "no interface is on it"),
    ("interfaces", "network-assign", {"network": "nowhere"}, "networks",
     "there is such a network"),
    ("interfaces", "network-assign", {"network": "oam"}, "interface-networks",
     "the host has it once"),
    ("interfaces", "network-assign", {"network": "oam"}, "interface-networks",
     "pxeboot stands alone"),
    ("interfaces", "datanetwork-assign", {"datanetwork": "physnet0"}, "interface-datanetworks",
     "it is not on it yet"),
    ("interfaces", "ptp-assign", {"ptp_interface": "x"}, "ptp-interfaces",
     "there is such a PTP interface"),
    ("hosts", "ptp-assign", {"instance": "x"}, "ptp-instances", "there is such an instance"),
    ("osds", "add", {"disk": "/dev/sdb"}, "tiers", "the tier is said"),
    ("osds", "add", {"disk": "/dev/sdb"}, "partitions", "the disk is free"),
    ("physical-volumes", "add", {"group": "cgts-vg", "device": "/dev/sdb"}, "partitions",
     "the device is free"),
    ("volume-groups", "add", {"lvm_vg_name": "nova-local"}, "filesystems",
     "nothing stands in for it"),
    ("filesystems", "add", {"name": "ceph", "size": 10}, "backends",
     "there is a backend for it"),
    ("filesystems", "add", {"name": "instances", "size": 10}, "volume-groups",
     "nothing stands in for it"),
    ("routes", "add", {"ifname": "data0", "network": "10.70.0.0", "prefix": 24,
                       "gateway": "10.60.0.1"}, "addresses", "the gateway is another machine"),
    ("drbd", "modify", {"link_util": 40}, "controller-filesystems",
     "no copied filesystem is being resized"),
    ("sdn-controllers", "add", {"ip_address": "10.10.10.200", "port": 6653}, "system",
     "SDN is enabled"),
    ("sdn-controllers", "add", {"ip_address": "10.10.10.200", "port": 6653}, "sdn-controllers",
     "it is new"),
    ("service-parameters", "add",
     {"service": "identity", "section": "x", "name": "y", "value": "1"}, "service-parameters",
     "it is new"),
    ("ptp-instances", "add", {"name": "ptp9", "service": "ptp4l"}, "ptp-instances",
     "the name is free"),
    ("ptp-interfaces", "add", {"name": "if9", "instance": "none"}, "ptp-instances",
     "the instance is there"),
    ("servers", "reset", {}, "power", "its baseboard answers"),
    ("hosts", "add", {"hostname": "worker-9", "personality": "worker",
                      "mgmt_mac": "08:00:27:00:00:99"}, "hosts", "the MAC is new"),
    ("hosts", "add", {"hostname": "worker-9", "personality": "worker",
                      "mgmt_mac": "08:00:27:00:00:99"}, "hosts", "the name is free"),
)  # fmt: skip
each = pytest.mark.parametrize(("name", "verb", "given", "unread", "check"), LOOKS)


def without(known: Known, kind: str) -> Known:
    return replace(known, readings={k: one for k, one in known.readings.items() if k[0] != kind})


def away(known: Known, kind: str) -> Known:
    """Return what is known where that kind was read, and does not answer any more."""
    return replace(
        known,
        readings={
            key: replace(one, error=AWAY, at_ms=known.now_ms - 3_600_000) if key[0] == kind else one
            for key, one in known.readings.items()
        },
    )


def said(name: str, verb: str, given: Dict[str, Any], known: Known, check: str) -> Iterator[Reason]:
    """Yield what that check says, of each row it is asked of."""
    kind = kind_named(name)
    assert kind is not None
    action = kind.action(verb)
    assert action is not None
    form = action.form.model_validate(given)
    for row in acted_on(kind, action, everything()):
        yield from (one for one in action.reasons(row, form, known) if one.check == check)


@each
def test_what_was_never_read_is_not_known_and_neither_passes_nor_forbids(
    name: str, verb: str, given: Dict[str, Any], unread: str, check: str
) -> None:
    found = list(said(name, verb, given, without(everything(), unread), check))
    assert found
    for one in found:
        assert one.answer is Answer.CANT_TELL, one
        assert unread in one.words or "not asked yet" in one.words, one


@each
def test_what_does_not_answer_any_more_does_not_pass(
    name: str, verb: str, given: Dict[str, Any], unread: str, check: str
) -> None:
    found = list(said(name, verb, given, away(everything(), unread), check))
    assert found
    assert not [one for one in found if one.answer is Answer.PASSES]


def test_room_for_larger_monitors_is_asked_of_hosts_that_were_not_read_too() -> None:
    full = everything()
    row = full.rows("monitors")[0]
    check = f"{row.hostname} has room"
    known = without(full, "hosts")
    (found, *_) = said("monitors", "modify", {"ceph_mon_gib": 30}, known, check)
    assert (found.answer, found.words) == (Answer.CANT_TELL, "hosts not read")


# --- a node emptied ----------------------------------------------------------------------------


def test_a_node_whose_pods_were_not_read_is_not_drained_as_if_it_had_none() -> None:
    full = everything()
    node = full.rows("nodes")[0]
    known = without(full, "pods")
    (reason,) = DRAIN.reasons(node, DRAIN.form(), known)
    assert (reason.answer, reason.words) == (
        Answer.NO,
        "pods not read: nobody could be asked to leave",
    )
    assert DRAIN.risk(node, DRAIN.form(), known) is Risk.DESTRUCTIVE
    old = away(full, "pods")
    assert DRAIN.risk(node, DRAIN.form(), old) is Risk.DESTRUCTIVE
    assert "1h ago" in DRAIN.reasons(node, DRAIN.form(), old)[0].words
    budgets = without(full, "disruption-budgets")
    answers = [one.answer for one in DRAIN.reasons(node, DRAIN.form(), budgets)]
    assert answers == [Answer.PASSES, Answer.CANT_TELL]


# --- a pool of who knows which network ----------------------------------------------------------


def test_a_pool_of_which_nobody_knows_the_networks_is_not_changed_lightly() -> None:
    full = everything()
    pools: Any = kind_named("address-pools")
    modify, row = pools.action("modify"), full.rows("address-pools")[0]
    form = modify.form.model_validate({"gateway_address": "10.99.0.1"})
    known = without(full, "network-address-pools")
    assert modify.risk(row, form, known) is Risk.DESTRUCTIVE
    (words,) = [one.words for one in modify.consequences(row, form, known)]
    assert words == (
        "addresses may change on networks that have it: network-address-pools not read"
    )


# --- checks of hosts that are not even asked -----------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "unread", "check"),
    [
        ("lock", "monitors", "Ceph monitors keep their quorum"),
        ("unlock", "network-address-pools", "the admin network on an interface"),
        ("unlock", "system", "data ports fit the vSwitch"),
        ("unlock", "system", "memory for the vSwitch"),
    ],
)
def test_whether_a_check_concerns_a_host_is_not_decided_by_what_was_not_read(
    verb: str, unread: str, check: str
) -> None:
    for known in (without(everything(), unread), away(everything(), unread)):
        asked = list(said("hosts", verb, {}, known, check))
        assert asked
        assert {one.answer for one in asked} == {Answer.CANT_TELL}


def test_an_all_in_one_controller_is_asked_for_its_osd_where_nobody_knows_the_system() -> None:
    known = simplex()
    for unread in (without(known, "system"), away(known, "system")):
        found = reasons(unread, "unlock", "controller-0")
        assert found["an OSD of its own"].answer is Answer.CANT_TELL


# --- what stands in the way ----------------------------------------------------------------------


def test_of_two_sources_one_that_does_not_answer_keeps_a_look_from_passing() -> None:
    full = known_with(platform_certificates=[], k8s_certificates=[])
    check = "no certificate ends within 7 days"

    def answer(known: Known) -> Reason:
        return next(one for one in in_the_way(known, "deploy") if one.check == check)

    assert answer(full).answer is Answer.PASSES
    unread = answer(without(full, "k8s-certificates"))
    assert (unread.answer, unread.words) == (Answer.CANT_TELL, "k8s-certificates not read")
    old = answer(away(full, "platform-certificates"))
    assert old.answer is Answer.CANT_TELL
    assert "1h ago" in old.words
    # What is not set up here is not missed.
    one = full.reading("k8s-certificates")
    none = replace(one, at_ms=0, rows=(), by_id={}, error=NotConfigured("no cluster"))
    known = replace(full, readings={**full.readings, ("k8s-certificates", ""): none})
    assert answer(known).answer is Answer.PASSES


def test_obstacles_that_were_looked_for_in_vain_an_hour_ago_are_not_well() -> None:
    names = {name for look in in_the_way(everything(), "deploy") for name in (look.check,)}
    assert "no alarm affects management" in names
    known = away(known_with(alarms=[]), "alarms")
    found = [row for row in rows(known) if row["name"] == "alarms"]
    assert {row["weight"] for row in found} == {"unknown"}
    assert "alarms as of 1h ago: sysinv: connection refused" in str(found[0]["why"])
    made = reading("obstacles", found)  # type: ignore[arg-type]
    assert OBSTACLES.verdict is not None
    told = OBSTACLES.verdict(replace(known, readings={**known.readings, ("obstacles", ""): made}))
    assert (told.word, told.tone) == ("WARN", Tone.WARN)
