"""The checks before an act on a host, scenario by scenario; nothing unread ever passes."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kind import Answer, Asker, Nothing
from backend.kinds.host_check import Check
from backend.kinds.host_refusals import CHECKS
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
    hosts,
    named,
    reading,
    reasons,
    simplex,
    site,
    system,
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
    CHECKS,
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
    for check in CHECKS:
        if not isinstance(check, Check):
            continue
        for verb in check.verbs | check.ours:
            action = kind.action(verb)
            assert action is not None
            assert set(check.needs) <= {*action.needs, *action.own_needs}, (check.name, verb)


# The methods of sysinv's host.py (as of 2026-08) that may refuse an action on a host.
METHODS = frozenset(
    [
        "check_unlock",
        "check_unlock_application",
        "check_unlock_worker",
        "check_unlock_storage",
        "check_unlock_interfaces",
        "check_unlock_partitions",
        "check_unlock_patching",
        "check_unlock_kernel_config_status",
        "check_unlock_apparmor_config_status",
        "check_unlock_runtime_manifests",
        "_semantic_check_unlock_kube_upgrade",
        "_semantic_check_unlock_kube_rootca_update",
        "_semantic_check_cgts_vg",
        "_semantic_check_nova_local_storage",
        "_semantic_check_filesystem_sizes",
        "_semantic_check_storage_backend",
        "_semantic_check_controllerfs",
        "_semantic_check_restore_complete",
        "_semantic_check_oam_interface",
        "_semantic_check_duplex_oam_config",
        "_semantic_check_interface_addresses",
        "_semantic_check_interface_datanets",
        "_semantic_check_non_accelerated_interface_support",
        "_semantic_check_sriov_interface",
        "_check_sriovdp_interface_datanets",
        "_check_sriov_vf_channels_max",
        "_semantic_check_acclr_fec_device",
        "_semantic_check_worker_cpu_assignments",
        "_check_memory_for_single_size",
        "_semantic_check_memory_for_node",
        "_check_vswitch_memory",
        "check_lock",
        "check_lock_controller",
        "check_lock_storage",
        "check_lock_worker",
        "_check_lock_controller_during_upgrade",
        "mtc_action_apps_semantic_checks",
        "check_swact",
        "_semantic_check_swact_upgrade",
        "_semantic_check_swact_kube_rootca_update",
        "_check_swact_device_image_update",
        "check_reboot",
        "check_reset",
        "check_reinstall",
        "check_poweron",
        "check_poweroff",
        "delete",
        "_check_host_delete_during_upgrade",
    ]
)


def test_every_method_of_the_service_that_may_refuse_is_foretold() -> None:
    assert {check.foretells for check in CHECKS if check.foretells} == METHODS


def test_no_verb_has_two_checks_of_one_name() -> None:
    for action in named("hosts").actions:
        names = [
            check.name
            for check in CHECKS
            if action.name in check.verbs | getattr(check, "ours", frozenset())
        ]
        assert len(names) == len(set(names)), action.name


@pytest.mark.parametrize(
    ("release", "asked"),
    [("24.09", "software deployed to it"), ("25.09.300", "software deployed to it"),
     ("22.12", "patched"), (None, "software deployed to it")],
)  # fmt: skip
def test_a_release_has_its_own_checks(release: Any, asked: str) -> None:
    found = reasons(site(system=system(software_version=release)), "unlock", "worker-1")
    others = {"software deployed to it", "patched"} - {asked}
    assert asked in found
    # Where nobody knows the release all of them are asked.
    assert (others & set(found) == set()) is (release is not None)


@pytest.mark.parametrize("state", ["unheard-of", "", "LOCKED"])
def test_an_unknown_state_or_personality_breaks_no_check(state: str) -> None:
    odd = {"administrative": state, "availability": state, "personality": state or None}
    known = site(hosts=hosts(worker_1=odd))
    for action in named("hosts").actions:
        if not action.on_kind and action.form is Nothing:
            found = action.reasons(host(known, "worker-1"), action.form(), known)
            assert all(reason.check for reason in found)
