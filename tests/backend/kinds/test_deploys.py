"""USM's deploy: which verbs are offered in which state, what they send, and what is next."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Tuple

import pytest

from backend.draw import figure_lines
from backend.kind import Answer, Plan
from backend.kinds.deploy_hosts import DEPLOY_HOSTS
from backend.kinds.deploy_states import LEGAL, STATES, legal, verdict
from backend.kinds.deploys import DEPLOY
from backend.kinds.release_precheck import prechecked, prechecked_badly
from backend.kinds.releases import RELEASES, ForceForm
from backend.known import Known, Reading
from backend.sources.refusals import refusal
from tests.backend.kinds.site import named, reading, site
from tests.peers.replay import rows_of

# The verbs that the vendor's own controller takes in each state (``require_deploy_state``), but for
# an abort of ``activate``, which its guard takes and no transition leads out of.
TAKEN: Mapping[str, Tuple[str, ...]] = {
    "start": (),
    "start-done": ("host", "delete"),
    "start-failed": ("delete",),
    "host": ("host", "abort"),
    "host-failed": ("host", "abort"),
    "host-done": ("activate", "abort"),
    "activate": (),
    "activate-failed": ("activate", "abort"),
    "activate-done": ("complete", "abort"),
    "completed": ("abort", "delete"),
    "activate-rollback-pending": ("activate-rollback",),
    "activate-rollback": (),
    "activate-rollback-failed": ("activate-rollback",),
    "activate-rollback-done": ("host-rollback",),
    "host-rollback": ("host-rollback",),
    "host-rollback-failed": ("host-rollback",),
    "host-rollback-done": ("delete",),
}


def known_in(state: str = "host", **more: Any) -> Known:
    """Return the recorded site in the middle of a deploy, in another state."""
    recorded = site()
    deploy = {**rows_of("/usm/v1/deploy", "")[0], "state": state, **more}
    readings: Dict[Tuple[str, str], Reading[Any]] = {
        **recorded.readings,
        ("deploy", ""): reading("deploy", [deploy]),
        ("deploy-hosts", ""): reading("deploy-hosts", rows_of("/usm/v1/deploy_host", "")),
        ("releases", ""): reading("releases", rows_of("/usm/v1/release", "")),
        ("alarms", ""): reading("alarms", []),
    }
    return replace(recorded, readings=readings)


def refused(kind: Any, name: str, row: Any, known: Known) -> List[str]:
    action = kind.action(name)
    found = action.reasons(row, action.form(), known)
    return [reason.words for reason in found if reason.answer is Answer.NO]


@pytest.mark.parametrize("state", STATES)
def test_a_verb_is_offered_in_the_states_in_which_the_service_takes_it(state: str) -> None:
    known = known_in(state)
    (row,) = known.rows("deploy")
    assert set(legal(state)) == set(TAKEN[state])
    for name in ("complete", "delete", "activate-rollback", "abort"):
        words = refused(DEPLOY, name, row, known)
        assert any("it is " in word for word in words) is (name not in TAKEN[state])
    host = known.row("deploy-hosts", "worker-1")
    for name, verb in (("deploy", "host"), ("rollback", "host-rollback")):
        words = refused(DEPLOY_HOSTS, name, host, known)
        assert (f"it is {state}" in words) is (verb not in TAKEN[state])


@pytest.mark.parametrize("state", [*STATES, "pondering"])
def test_every_state_has_its_picture_a_sentence_and_no_more_than_a_screen(state: str) -> None:
    known = known_in(state)
    (row,) = known.rows("deploy")
    figure = DEPLOY.tabs[1].figure
    assert figure is not None
    drawn = [line.text for line in figure_lines(figure(row, known), 78, known.now_ms)]
    assert f"[ {state.upper()} ]" in " ".join(drawn)
    assert len(drawn) <= 24
    assert verdict(known).text
    assert DEPLOY.strip is not None
    assert DEPLOY.strip(row, known).lines


def test_a_state_never_seen_offers_nothing() -> None:
    known = known_in("pondering")
    (row,) = known.rows("deploy")
    assert legal("pondering") == ()
    assert "does not know" in DEPLOY.look(row, known).notes[0]
    for action in DEPLOY.actions:
        assert refused(DEPLOY, action.name, row, known)


def test_activate_wants_all_hosts_unlocked() -> None:
    known = known_in("host-done")
    (row,) = known.rows("deploy")
    assert refused(DEPLOY, "activate", row, known) == ["worker-1 is locked"]


def test_a_deploy_is_deleted_on_unlocked_hosts_and_a_major_one_on_controller_0() -> None:
    known = known_in("completed", major_release=False)
    (row,) = known.rows("deploy")
    assert refused(DEPLOY, "delete", row, known) == ["worker-1 is locked"]
    early = known_in("start-done", major_release=True)
    (row,) = early.rows("deploy")
    assert refused(DEPLOY, "delete", row, early) == []
    rows = [{**host.body, "capabilities": {
        "Personality": "Controller-Active" if host.name == "controller-1" else "Controller-Standby"
    }} for host in early.rows("hosts")]  # fmt: skip
    other = replace(early, readings={**early.readings, ("hosts", ""): reading("hosts", rows)})
    assert refused(DEPLOY, "delete", row, other) == ["controller-1 is: swact first"]


def test_a_major_release_is_begun_on_controller_0_and_a_patch_on_either() -> None:
    known = known_in()
    rows = [{**host.body, "capabilities": {
        "Personality": "Controller-Active" if host.name == "controller-1" else "Controller-Standby"
    }} for host in known.rows("hosts")]  # fmt: skip
    known = replace(known, readings={**known.readings, ("hosts", ""): reading("hosts", rows)})
    patch = next(row for row in known.rows("releases") if row.state != "deployed")
    major = RELEASES.model.read({**patch.body, "state": "available", "sw_version": "99.9.0"})
    words = "controller-1 is: swact first"
    for verb in ("precheck", "start"):
        assert words in refused(RELEASES, verb, major, known)
        assert words not in refused(RELEASES, verb, patch, known)


def test_whether_a_release_is_being_removed_is_not_known_before_they_were_read() -> None:
    known = known_in("host")
    part = {key: one for key, one in known.readings.items() if key[0] != "releases"}
    (row,) = known.rows("deploy")
    action = DEPLOY.action("abort")
    assert action is not None
    found = action.reasons(row, action.form(), replace(known, readings=part))
    said = {reason.check: reason.answer for reason in found}
    assert said["no release is being removed"] is Answer.CANT_TELL


def test_a_host_is_locked_and_online_before_its_turn_where_a_reboot_is_required() -> None:
    known = known_in("host")
    locked, unlocked = (known.row("deploy-hosts", name) for name in ("worker-1", "controller-0"))
    assert refused(DEPLOY_HOSTS, "deploy", locked, known) == []
    (words,) = refused(DEPLOY_HOSTS, "deploy", unlocked, known)
    assert words == "it is unlocked/available: lock it first"


def test_of_a_major_release_controller_1_is_first_and_of_a_patch_either() -> None:
    for major, first in ((True, ["controller-0 comes first"]), (False, [])):
        known = known_in("host", major_release=major)
        host = known.row("deploy-hosts", "worker-1")
        assert refused(DEPLOY_HOSTS, "deploy", host, known) == first
    order = [row.hostname for row in sorted(known.rows("deploy-hosts"), key=by_turn(known))]
    assert order == ["controller-1", "controller-0", "storage-0", "worker-0", "worker-1"]
    back = known_in("host-rollback")
    order = [row.hostname for row in sorted(back.rows("deploy-hosts"), key=by_turn(back))]
    assert order == ["worker-0", "worker-1", "storage-0", "controller-0", "controller-1"]


def by_turn(known: Known) -> Any:
    sort = DEPLOY_HOSTS.sort
    assert sort is not None
    return lambda row: sort(row, known)


# --- releases ----------------------------------------------------------------------------------


def sent(plan: Plan) -> Tuple[str, str]:
    (step,) = plan.steps
    return step.write.request, " ".join(step.write.command)


def test_a_start_waits_for_the_deploy_that_is_under_way_and_for_what_is_required() -> None:
    known = known_in("host")
    last = known.row("releases", "starlingx-25.09.3")
    assert last is not None
    words = refused(RELEASES, "start", last, known)
    assert words[0] == "25.09.2 is being deployed (host)"
    assert words[1] == f"it requires {last.requires[-1]}"


def test_a_deployed_release_is_not_deleted_nor_one_that_others_require() -> None:
    known = known_in("host")
    words = refused(RELEASES, "delete", known.row("releases", "starlingx-25.09.1"), known)
    assert words == [
        "starlingx-25.09.1 is deployed",
        "starlingx-25.09.2 requires it",
    ]


def test_both_generations_of_the_service_are_asked_where_they_listen() -> None:
    """Since June 2026 releases are named in the body; before that in the path."""
    known = known_in("host")
    now = known.row("releases", "starlingx-25.09.2")
    assert now is not None
    body = {key: value for key, value in now.body.items() if key != "metapackages"}
    before = RELEASES.model.read(body)
    action = RELEASES.action("start")
    assert action is not None
    assert sent(action.plan(now, ForceForm(force=True), known)) == (
        'POST usm/deploy/start {"releases": ["starlingx-25.09.2"], "force": "true"}',
        "software deploy start starlingx-25.09.2 --force",
    )
    assert sent(action.plan(before, ForceForm(), known)) == (
        "POST usm/deploy/starlingx-25.09.2/start {}",
        "software deploy start starlingx-25.09.2",
    )


def test_the_cves_that_a_release_names_are_read_from_its_text() -> None:
    body = {
        "release_id": "r",
        "state": "available",
        "description": "Fixes CVE-2026-31431, CVE-2026-1180.",
    }
    row = named("releases").model.read(body)
    assert row.cves == ("CVE-2026-31431", "CVE-2026-1180")  # type: ignore[attr-defined]


def test_an_abort_says_how_many_hosts_are_to_be_rolled_back() -> None:
    known = known_in("host")
    (row,) = known.rows("deploy")
    action = DEPLOY.action("abort")
    assert action is not None
    (one,) = action.consequences(row, action.form(), known)
    assert one.words.startswith("1 of 5 hosts run the new release")
    assert sent(action.plan(row, action.form(), known)) == (
        "POST usm/deploy/abort {}",
        "software deploy abort",
    )


def test_the_ladder_of_a_start_ends_where_the_service_says_start_done() -> None:
    action = RELEASES.action("start")
    assert action is not None
    assert action.ladder is not None
    rungs = action.ladder(None, known_in())
    for state, reached in (("start", [True, False]), ("start-done", [True, True])):
        assert [rung.reached(None, known_in(state)) for rung in rungs] == reached
    assert action.failed is not None
    assert action.failed(None, known_in("start-failed")) != ""


def test_no_verb_is_forgotten() -> None:
    assert {verb for verbs in TAKEN.values() for verb in verbs} == set(LEGAL)


# --- a precheck's report -----------------------------------------------------------------------

REPORT = (
    "starlingx-25.09.2:\nThe following issues have been detected, which prevents deploying the "
    "release.\nAll hosts are provisioned: [OK]\nAll hosts are unlocked/enabled: [Fail]\n"
    "Locked or disabled hosts: worker-1\nNo alarms: [Fail]\n"
)


def test_a_precheck_that_fails_in_the_middle_says_what_fails_and_nothing_that_is_well() -> None:
    words = prechecked_badly({"info": "", "warning": "", "error": REPORT})
    assert words == (
        "2 of 3 checks fail: All hosts are unlocked/enabled (Locked or disabled hosts: worker-1); "
        "No alarms"
    )
    other = "Failed to select release(s) before precheck.\nit is deployed"
    assert prechecked_badly({"error": other}) == " ".join(other.split())


def test_a_precheck_that_passes_says_of_how_many_checks() -> None:
    answer = {"info": "All hosts are provisioned: [OK]\nNo alarms: [OK]\n", "error": ""}
    assert prechecked_badly(answer) == ""
    assert prechecked(answer) == "all 2 checks pass"
    assert prechecked(None) == "nothing stands in the way, says USM"


def test_a_precheck_refused_with_406_says_what_fails_too() -> None:
    report = "System Health:\nAll hosts are provisioned: [OK]\nNo alarms: [Fail]\n"
    body = json.dumps({"info": report, "warning": "", "error": "not ready"}).encode()
    assert refusal("usm", 406, body).reason == "not ready: No alarms"  # type: ignore[attr-defined]
