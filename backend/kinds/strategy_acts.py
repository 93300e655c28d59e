"""What can be done with a strategy of the VIM: apply, abort, delete."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from pydantic import Field

from backend.kind import (
    Action,
    Consequence,
    Form,
    Json,
    Plan,
    Reason,
    RestWrite,
    Risk,
    Rung,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.strategy_chart import abort_words, running_step
from backend.kinds.strategy_create import COMMANDS, CREATIONS, SERVICE
from backend.known import Known
from backend.tone import Tone

# While the VIM does something itself: it lets go of its strategy only by force.
AT_WORK = frozenset({"building", "applying", "aborting"})


class StageForm(Form):
    """Which stage; the VIM takes the next one alone."""

    stage_id: Optional[int] = Field(
        default=None, ge=0, description="Stage, counted from 0; empty: the next one"
    )


class DeleteForm(Form):
    """Whether one that is at work is to be deleted too."""

    force: bool = Field(default=False, description="Even while it is at work")


def _act(action: str, *command: str, sentence: str, waiting: str = "") -> Any:
    def plan(row: Any, form: Form, _known: Known) -> Plan:
        body: Dict[str, Json] = {"action": action}
        words = ["sw-manager", COMMANDS.get(row.name, row.name), *command]
        if isinstance(form, StageForm):
            stage = _stage(row, form)
            body["stage-id"] = stage
            words += ["--stage-id", str(stage)]
        return Plan.of(
            RestWrite(
                service=SERVICE,
                method="POST",
                path=f"/api/orchestration/{row.name}/strategy/actions",
                body=body,
                command=tuple(words),
                sentence=waiting if waiting and row.is_waiting else sentence,
            )
        )

    return plan


def _stage(row: Any, form: StageForm) -> int:
    found = row.next_stage if form.stage_id is None else form.stage_id
    return int(found or 0)


def _delete(row: Any, form: DeleteForm, _known: Known) -> Plan:
    force = ("--force",) if form.force else ()
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="DELETE",
            path=f"/api/orchestration/{row.name}/strategy",
            body={"force": form.force},
            command=("sw-manager", COMMANDS.get(row.name, row.name), "delete", *force),
            sentence=f"Forget the {row.name} strategy; what it did stays as it is.",
        )
    )


def _is_ready(row: Any, form: Form, _known: Known) -> Tuple[Reason, ...]:
    check = "it is ready to apply, or waits between two stages"
    if row.next_stage is None:
        return (Reason.no(check, f"it is {row.state}: the VIM answers 500, with no word why"),)
    if isinstance(form, StageForm) and _stage(row, form) != row.next_stage:
        return (
            Reason.passes(check),
            Reason.no("the stage is the next", f"the next stage is {row.next_stage}"),
        )
    return (Reason.passes(check),)


def _may_abort(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    words = abort_words(row, known)
    check = "it can be aborted where it stands"
    if row.name == "kube-upgrade" and row.state == "applying":
        return (looked_up(check, words, known, "hosts"),)  # one controller turns back, two do not
    return (Reason.no(check, words) if words else Reason.passes(check),)


def _may_delete(row: Any, form: DeleteForm, _known: Known) -> Tuple[Reason, ...]:
    check = "it is not at work"
    if row.state in AT_WORK and not form.force:
        return (Reason.no(check, f"it is {row.state}"),)
    return (Reason.passes(check),)


def _apply_stops(row: Any, form: Form, known: Known) -> Tuple[Consequence, ...]:
    """Say which hosts it locks and restarts, in its own order; of one stage, that one's."""
    found = []
    stages = row.apply_phase.stages[row.next_stage or 0 :] if row.apply_phase is not None else ()
    if isinstance(form, StageForm):
        stages = [one for one in stages if one.stage_id == _stage(row, form)]
    for stage in stages:
        hosts = {n for s in stage.steps if s.step_name == "lock-hosts" for n in s.entity_names}
        if hosts:
            words = f"{stage.stage_name}: locks and restarts {' '.join(sorted(hosts))}"
            on_it = any(known.place.is_on(name) for name in hosts)
            tone = Tone.BAD if on_it else Tone.WARN
            more = "; you are on it, and this program ends with it" if on_it else ""
            found.append(Consequence(words=words + more, tone=tone))
    return tuple(found)


def _ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    return (
        _rung("accepted by the VIM", {"applying", "applied", "aborting", "aborted"}, "applying"),
        _rung("applied", {"applied"}, "applied"),
    )


def _rung(name: str, states: Any, says: str) -> Rung[Any]:
    return Rung(name=name, says=says, reached=lambda row, _known: bool(row and row.state in states))


def _failed(row: Optional[Any], _known: Known) -> str:
    if row is None or row.state not in {"aborted", "abort-failed", "abort-timeout"}:
        return ""
    return f"{row.state}: {row.why}"


def _disruptive(_row: Any, _form: Form, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _delete_risk(row: Any, _form: Form, _known: Known) -> Risk:
    return Risk.DESTRUCTIVE if row.state in AT_WORK else Risk.DISRUPTIVE


def _delete_leaves(row: Any, _form: Form, known: Known) -> Tuple[Consequence, ...]:
    """Say in what state it leaves the hosts: what runs is neither finished nor turned back."""
    if row.state not in AT_WORK - {"building"}:
        return ()
    step = running_step(row.phase)
    hosts = " ".join(step.entity_names) if step is not None else ""
    words = "what runs is neither finished nor turned back: hosts may stay locked"
    locked = sorted(host.name for host in known.rows("hosts") if host.is_locked)
    at = f"; {step.step_name} runs on {hosts}" if step is not None and hosts else ""
    now = f"; locked now: {' '.join(locked)}" if locked else ""
    return (Consequence(words=words + at + now, tone=Tone.BAD),)


STRATEGY_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="apply",
        key="A",
        words="apply",
        plan=_act("apply-all", "apply", sentence="Apply the strategy, all stages to the end."),
        risk=lambda _row, _form, _known: Risk.DESTRUCTIVE,
        reasons=_is_ready,
        consequences=_apply_stops,
        ladder=_ladder,
        failed=_failed,
        needs=("strategies", "hosts"),
    ),
    Action(
        name="apply-stage",
        key="S",
        words="apply one stage",
        plan=_act("apply-stage", "apply", sentence="Apply one stage, and wait after it."),
        form=StageForm,
        risk=lambda _row, _form, _known: Risk.DESTRUCTIVE,
        reasons=_is_ready,
        consequences=_apply_stops,
        needs=("strategies", "hosts"),
    ),
    Action(
        name="abort",
        key="X",
        words="abort",
        plan=_act(
            "abort",
            "abort",
            sentence="Turn back: what was begun is undone, stage by stage.",
            waiting="End it where it waits: nothing is undone, what was applied stays.",
        ),
        risk=_disruptive,
        reasons=_may_abort,
        needs=("strategies", "hosts"),
    ),
    Action(
        name="delete",
        key="D",
        words="delete",
        plan=_delete,
        form=DeleteForm,
        risk=_delete_risk,
        reasons=_may_delete,
        consequences=_delete_leaves,
        needs=("strategies", "hosts"),
    ),
    *CREATIONS,
)
