"""Strategies: whole lives of all five types as the VIM told them, drawn; what its words mean."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from backend.clean import clean
from backend.draw import figure_lines
from backend.errors import Unreachable
from backend.figure import Schedule
from backend.kind import Answer, Risk
from backend.kinds.patches import headline
from backend.kinds.strategies import STRATEGIES, Strategy, verdict
from backend.kinds.strategy_acts import DeleteForm, StageForm
from backend.kinds.strategy_chart import left_ms
from backend.kinds.strategy_create import DeployForm, KubeForm
from backend.known import Known, Memory, Reading
from tests.backend.kinds.site import LAPTOP, site

SAMPLES = Path(__file__).parent / "samples" / "vim"
GOLDEN = Path(__file__).parents[2] / "golden" / "strategies"
TYPES = ("sw-upgrade", "kube-upgrade", "fw-update", "kube-rootca-update", "system-config-update")
LIVES = sorted({"_".join(path.stem.split("_")[:2]) for path in SAMPLES.glob("*.json")})


def told(name: str) -> Strategy:
    body = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))["strategy"]
    row = STRATEGIES.model.read(body)
    assert isinstance(row, Strategy)
    return row


def known_with(*rows: Strategy, readings: Any = None) -> Known:
    """Return what is known twenty seconds after the last thing that ``rows`` tell."""
    instants = [
        ms
        for row in rows
        for phase in (row.build_phase, row.apply_phase, row.abort_phase)
        for stage in (phase.stages if phase else ())
        for step in stage.steps
        for ms in (step.began_ms, step.ended_ms)
        if ms is not None
    ]
    found = Reading(
        kind="strategies", rows=rows, by_id={row.uuid: row for row in rows}, at_ms=1, tried_ms=1
    )
    now_ms = max(instants, default=0) + 20_000
    readings = {**(readings or {}), ("strategies", ""): found}
    return Known(cloud="c", now_ms=now_ms, place=LAPTOP, readings=readings)


def picture(row: Strategy) -> List[str]:
    known = known_with(row)
    said = verdict(known)
    lines = (
        [f"{said.word} {said.text}", f"  {said.more}"]
        if said.more
        else [f"{said.word} {said.text}"]
    )
    for tab in STRATEGIES.tabs:
        assert tab.figure is not None
        lines += ["", tab.title]
        lines += [line.text for line in figure_lines(tab.figure(row, known), 78, known.now_ms)]
    return lines


@pytest.mark.parametrize("life", LIVES)
def test_a_whole_life_is_drawn_as_its_golden_picture(life: str) -> None:
    lines: List[str] = []
    for path in sorted(SAMPLES.glob(f"{life}_*.json")):
        lines += [f"==== {path.stem}", *picture(told(path.stem)), ""]
    found = "\n".join(lines)
    golden = GOLDEN / f"{life}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")
    assert all(len(line) <= 78 or line.startswith("    ") for line in picture_rows(lines))
    assert all(line == clean(line) for line in lines)


@pytest.mark.parametrize("system", ["simplex", "standard"])
@pytest.mark.parametrize("sort", TYPES)
def test_of_every_type_there_is_a_life_with_a_fault_an_abort_and_an_end(
    sort: str, system: str
) -> None:
    kept = {path.stem for path in SAMPLES.glob(f"{system}_{sort}_*.json")}
    states = {told(name).state for name in kept}
    assert states >= {"building", "ready-to-apply", "applying", "applied"}
    assert {part for name in kept for part in name.split("_")} >= {"alarms", "fault", "abort"}
    assert states & {"aborted", "abort-failed"}


def test_a_step_that_timed_out_is_told_by_its_time_out() -> None:
    row = told("simplex_kube-upgrade_11_step_timeout_aborted")
    assert row.apply_phase is not None
    results = {step.result for stage in row.apply_phase.stages for step in stage.steps}
    assert "timed-out" in results
    assert "timed-out" in " ".join(picture(row))


def picture_rows(lines: List[str]) -> List[str]:
    """Return the rows that are drawn; a verdict is cut by who shows it."""
    return [line for line in lines if "|" in line]


# --- what the VIM says, and what it means ------------------------------------------------------


def test_apply_failed_is_never_said_and_is_told_all_the_same() -> None:
    row = told("standard_sw-upgrade_5_fault_aborted")
    known = known_with(row)
    assert row.state == "aborted"
    assert verdict(known).word == "NOT WELL"
    assert "turned back by itself" in verdict(known).more
    assert "host lock failed" in " ".join(STRATEGIES.look(row, known).notes)


def test_a_phase_that_says_success_while_it_runs_is_not_called_done() -> None:
    row = told("standard_sw-upgrade_2_applying_mid")
    assert row.apply_phase is not None
    assert row.apply_phase.result == "success"
    assert verdict(known_with(row)).word == "APPLYING"
    figure = STRATEGIES.tabs[0].figure
    assert figure is not None
    drawn = figure(row, known_with(row))
    assert isinstance(drawn, Schedule)
    assert [one.name for one in drawn.stretches if one.is_running] == [
        "4 sw-upgrade-worker-hosts",
        "query-alarms",
    ]


def test_ready_to_apply_with_alarms_is_not_called_well() -> None:
    clear = told("standard_sw-upgrade_1_ready-to-apply")
    alarmed = told("standard_sw-upgrade_4_alarms_ready-to-apply")
    assert verdict(known_with(clear)).word == "WELL"
    assert verdict(known_with(alarmed)).word == "NOT WELL"


def test_a_state_never_seen_is_shown_as_it_is_and_offers_nothing() -> None:
    body = {**told("standard_sw-upgrade_1_ready-to-apply").body, "state": "pondering"}
    row = STRATEGIES.model.read(body)
    known = known_with(row)  # type: ignore[arg-type]
    assert "pondering" in STRATEGIES.look(row, known).notes[0]
    blocked = {a.name: blocks(a.name, row, known) for a in STRATEGIES.actions if not a.on_kind}
    assert blocked == {"apply": True, "apply-stage": True, "abort": True, "delete": False}


def test_no_strategy_is_well_and_not_read_is_not() -> None:
    assert verdict(known_with()).text == "no strategy."
    assert verdict(Known(cloud="c", now_ms=0, place=LAPTOP)).word == "READING"


# --- what can be done --------------------------------------------------------------------------


def blocks(name: str, row: Any, known: Known) -> bool:
    action = STRATEGIES.action(name)
    assert action is not None
    form = action.form()
    return any(reason.answer is Answer.NO for reason in action.reasons(row, form, known))


# What the recorded VIM answered to an abort, taken (True) or refused.
ABORTS: Tuple[Tuple[str, bool], ...] = (
    ("simplex_fw-update_2_applying_mid", True),
    ("simplex_kube-rootca-update_2_applying_mid", True),
    ("simplex_kube-upgrade_2_applying_mid", True),
    ("simplex_system-config-update_2_applying_mid", True),
    ("standard_fw-update_2_applying_mid", True),
    ("standard_kube-rootca-update_2_applying_mid", True),
    ("standard_system-config-update_2_applying_mid", True),
    ("simplex_sw-upgrade_2_applying_mid", False),
    ("standard_sw-upgrade_6_abort_applying_first", False),
    ("standard_kube-upgrade_2_applying_mid", False),
    ("standard_sw-upgrade_1_ready-to-apply", False),
)


@pytest.mark.parametrize(("name", "taken"), ABORTS, ids=[name for name, _ in ABORTS])
def test_an_abort_is_offered_where_the_vim_takes_it(name: str, taken: bool) -> None:
    row = told(name)
    recorded = site()
    readings = dict(recorded.readings)
    if name.startswith("simplex"):
        hosts = readings["hosts", ""]
        (first,) = [host for host in hosts.rows if host.hostname == "controller-0"]
        readings["hosts", ""] = Reading(
            kind="hosts", rows=(first,), by_id={first.uuid: first}, at_ms=1, tried_ms=1
        )
    assert blocks("abort", row, known_with(row, readings=readings)) is not taken


def test_without_the_hosts_nobody_knows_whether_an_upgrade_turns_back() -> None:
    row, readings = told("simplex_kube-upgrade_2_applying_mid"), dict(site().readings)
    del readings["hosts", ""]
    abort = STRATEGIES.action("abort")
    assert abort is not None
    (found,) = abort.reasons(row, abort.form(), known_with(row, readings=readings))
    assert (found.answer, found.words) == (Answer.CANT_TELL, "hosts not read")


def test_apply_is_only_offered_where_the_vim_would_not_answer_500() -> None:
    for state in ("building", "applying", "build-failed", "aborted", "applied"):
        row = STRATEGIES.model.read({**told("standard_fw-update_1_building").body, "state": state})
        assert blocks("apply", row, known_with(row))  # type: ignore[arg-type]
    ready = told("standard_fw-update_1_ready-to-apply")
    assert not blocks("apply", ready, known_with(ready))


def waiting() -> Strategy:
    """Return one of which three stages were applied, each alone, and nothing runs."""
    body = json.loads((SAMPLES / "standard_sw-upgrade_2_applying_mid.json").read_text())["strategy"]
    phase = body["apply-phase"]
    phase["stop-at-stage"] = phase["current-stage"]
    stage = phase["stages"][phase["current-stage"]]
    stage.update({"inprogress": False, "result": "initial", "start-date-time": ""})
    for step in stage["steps"]:
        step.update({"result": "initial", "start-date-time": "", "end-date-time": ""})
    row = STRATEGIES.model.read(body)
    assert isinstance(row, Strategy)
    return row


def test_one_that_waits_between_two_stages_goes_on_with_the_next_or_with_all_that_is_left() -> None:
    row, known = waiting(), known_with(waiting())
    assert not blocks("apply", row, known)
    stage, every = STRATEGIES.action("apply-stage"), STRATEGIES.action("apply")
    assert stage is not None
    assert every is not None
    (step,) = stage.plan(row, StageForm(), known).steps
    assert step.write.request.endswith('{"action": "apply-stage", "stage-id": 3}')
    (reason,) = stage.reasons(row, StageForm(), known)
    assert reason.answer is Answer.PASSES
    *_, other = stage.reasons(row, StageForm(stage_id=0), known)
    assert (other.answer, other.words) == (Answer.NO, "the next stage is 3")
    said = [one.words for one in stage.consequences(row, StageForm(), known)]
    assert said == ["sw-upgrade-worker-hosts: locks and restarts worker-0 worker-1"]
    # What is behind it restarts nothing again.
    assert len(list(every.consequences(row, every.form(), known))) == 2


def test_one_that_waits_between_two_stages_is_not_said_to_run() -> None:
    row, known = waiting(), known_with(waiting())
    said = verdict(known)
    assert (said.word, said.text) == (
        "WAITING", "sw-upgrade starlingx-26.09.2 stands after 3 stages.")  # fmt: skip
    assert said.more == "nothing runs: it waits until somebody applies stage 4 of 7"
    assert STRATEGIES.strip is not None
    assert "S applies stage 4 of 7 alone" in STRATEGIES.strip(row, known).lines[0].text
    runs = told("standard_sw-upgrade_2_applying_mid")
    assert blocks("apply", runs, known_with(runs))


def test_an_apply_says_which_hosts_restart_stage_by_stage() -> None:
    action = STRATEGIES.action("apply")
    assert action is not None
    row = told("standard_sw-upgrade_1_ready-to-apply")
    said = [one.words for one in action.consequences(row, action.form(), known_with(row))]
    assert said == [
        "sw-upgrade-controllers: locks and restarts controller-1",
        "sw-upgrade-controllers: locks and restarts controller-0",
        "sw-upgrade-worker-hosts: locks and restarts worker-0 worker-1",
        "sw-upgrade-worker-hosts: locks and restarts worker-2",
    ]


def test_what_is_sent_to_create_is_what_the_vendor_s_client_sends() -> None:
    known = known_with()
    deploy = STRATEGIES.action("create-sw-upgrade")
    kube = STRATEGIES.action("create-kube-upgrade")
    assert deploy is not None
    assert kube is not None
    form = DeployForm(release="starlingx-26.09.2", worker_apply_type="parallel")
    (step,) = deploy.plan(None, form, known).steps
    assert step.write.request == (
        "POST vim/api/orchestration/sw-upgrade/strategy "
        '{"worker-apply-type": "parallel", "storage-apply-type": "serial", '
        '"max-parallel-worker-hosts": 2, "default-instance-action": "stop-start", '
        '"alarm-restrictions": "strict", "release": ["starlingx-26.09.2"], '
        '"controller-apply-type": "serial", "delete": true, "snapshot": false, "rollback": false}'
    )
    (step,) = kube.plan(None, KubeForm(to_version="v1.32.2"), known).steps
    assert '"to-version": "v1.32.2"' in step.write.request
    assert '"controller-apply-type": "serial"' in step.write.request
    assert "max-parallel-worker-hosts" not in step.write.request


def test_a_second_strategy_is_refused_with_the_way_to_the_first() -> None:
    row = told("standard_fw-update_2_applying_mid")
    action = STRATEGIES.action("create-sw-upgrade")
    assert action is not None
    form = DeployForm(release="starlingx-26.09.2")
    first, *_ = action.reasons(None, form, known_with(row))
    assert first.answer is Answer.NO
    assert first.jump is not None
    assert (first.jump.kind, first.jump.id) == ("strategies", row.uuid)


def test_one_at_work_is_deleted_only_by_force() -> None:
    row = told("standard_fw-update_2_applying_mid")
    action = STRATEGIES.action("delete")
    assert action is not None
    for force, answer in ((False, Answer.NO), (True, Answer.PASSES)):
        (reason,) = action.reasons(row, DeleteForm(force=force), known_with(row))
        assert reason.answer is answer
    (step,) = action.plan(row, DeleteForm(force=True), known_with(row)).steps
    assert step.write.request.endswith('{"force": true}')


def test_by_force_it_is_said_that_hosts_may_stay_locked() -> None:
    row = told("standard_fw-update_2_applying_mid")
    action = STRATEGIES.action("delete")
    assert action is not None
    form = DeleteForm(force=True)
    assert action.risk(row, form, known_with(row)) is Risk.DESTRUCTIVE
    (said,) = action.consequences(row, form, known_with(row))
    assert "hosts may stay locked" in said.words
    over = told("standard_sw-upgrade_2_applied")
    assert action.risk(over, form, known_with(over)) is Risk.DISRUPTIVE
    assert not action.consequences(over, form, known_with(over))


# --- how long a step takes ---------------------------------------------------------------------


def half_way(**memory: Any) -> Tuple[Strategy, Known]:
    """Return a strategy that locks worker-0, with what the record knows."""
    times = {"began": "2026-11-21 02:00:00", "now": "2026-11-21 02:02:00"}
    steps = [
        {"step-name": "query-alarms", "start-date-time": times["began"], "result": "success"},
        {"step-name": "lock-hosts", "entity-names": ["worker-0"], "timeout": 900},
        {"step-name": "kube-upgrade-networking", "timeout": 900},
    ]
    steps[0]["end-date-time"] = times["now"]
    steps[1]["start-date-time"] = times["now"]
    stage = {"stage-id": 0, "stage-name": "x", "inprogress": True, "steps": steps}
    phase = {"phase-name": "apply", "inprogress": True, "total-stages": 1, "stages": [stage]}
    body = {"uuid": "s", "name": "sw-upgrade", "state": "applying", "current-phase": "apply"}
    row = STRATEGIES.model.read({**body, "apply-phase": phase})
    assert isinstance(row, Strategy)
    return row, replace(known_with(row), memory=Memory(**memory))


def test_a_step_is_expected_to_take_what_it_took_here_before_and_else_nobody_knows() -> None:
    row, bare = half_way()
    assert left_ms(row.phase, bare) is None
    assert "not known" in verdict(bare).text
    steps = {("strategies", "", "", "kube-upgrade-networking"): (100_000, 300_000, 200_000)}
    usual = {("hosts", "lock", "worker-0"): (60_000,), ("hosts", "lock", ""): (999_000,)}
    row, known = half_way(steps=steps, usual=usual)
    # Twenty seconds of the lock are gone: 40 are left, and the middle of three, 200.
    assert left_ms(row.phase, known) == (240_000, 100_000)
    assert verdict(known).text.endswith("(+- 1m)")
    figure = STRATEGIES.tabs[0].figure
    assert figure is not None
    drawn = " ".join(line.text for line in figure_lines(figure(row, known), 78, known.now_ms))
    assert "lock-hosts: 0:20 of limit 15:00, was 1:00" in drawn


def test_what_a_strategy_took_is_remembered_of_one_that_is_gone() -> None:
    assert STRATEGIES.lasted is not None
    took = dict(STRATEGIES.lasted(told("standard_sw-upgrade_2_applied").body))
    assert {"query-alarms", "lock-hosts", "unlock-hosts"} <= took.keys()
    assert all(ms >= 0 for ms in took.values())
    assert list(STRATEGIES.lasted({"uuid": ["of", "another"], "state": None})) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("standard_fw-update_1_building", "wait: the build only asks"),
        ("standard_fw-update_1_ready-to-apply", "a, A applies all of it, S its next stage"),
        ("standard_fw-update_2_applying_mid", "Enter watches it; a, X abort"),
    ],
)
def test_a_strategy_says_what_is_next_and_by_which_key(name: str, says: str) -> None:
    row = told(name)
    assert STRATEGIES.strip is not None
    first, *_ = STRATEGIES.strip(row, known_with(row)).lines
    assert (first.heading, says in first.text) == ("NEXT", True)


def test_an_abort_that_would_be_refused_is_said_before_it_is_pressed_and_an_unknown_state_too() -> (
    None
):
    assert STRATEGIES.strip is not None
    row = told("standard_fw-update_2_applying_mid")
    kube = STRATEGIES.model.read({**row.body, "name": "kube-upgrade"})
    duplex = replace(site(), readings={**site().readings, **known_with(kube).readings})
    first, *_ = STRATEGIES.strip(kube, duplex).lines
    assert "abort: refused: the way back of a Kubernetes upgrade" in first.text
    odd = STRATEGIES.model.read({**row.body, "state": "pondering"})
    first, *_ = STRATEGIES.strip(odd, known_with(odd)).lines
    assert first.text.startswith("r asks again")


def test_the_area_says_that_a_strategy_waits_and_that_one_could_not_be_read() -> None:
    recorded = site()
    waits = known_with(waiting(), readings=recorded.readings)
    assert headline(waits).word == "WAITING"
    away = Reading(kind="strategies", error=Unreachable("vim", "no answer"))
    deploy = Reading(kind="deploy", at_ms=1, tried_ms=1)
    found = {**recorded.readings, ("strategies", ""): away, ("deploy", ""): deploy}
    said = headline(replace(recorded, readings=found))
    assert "strategies: vim: no answer" in said.more


def test_an_abort_between_two_stages_is_said_to_undo_nothing() -> None:
    abort = STRATEGIES.action("abort")
    assert abort is not None
    for row, words in (
        (waiting(), "End it where it waits: nothing is undone, what was applied stays."),
        (told("standard_fw-update_2_applying_mid"), "Turn back: what was begun is undone"),
    ):
        (step,) = abort.plan(row, abort.form(), known_with(row)).steps
        assert step.write.sentence.startswith(words)
        assert ("what was applied stays" in " ".join(picture(row))) is row.is_waiting
