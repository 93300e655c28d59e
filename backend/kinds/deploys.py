"""USM's deploy: the one that is under way, and the verbs that lead it on or back."""

from __future__ import annotations

from typing import Any, Callable, Tuple

from backend.figure import Jump
from backend.kind import (
    Action,
    Column,
    Consequence,
    Form,
    Kind,
    Plan,
    Reason,
    Rest,
    Risk,
    Rung,
    Tab,
)
from backend.kinds.deploy_picture import page, summary
from backend.kinds.deploy_states import (
    DEPLOY_ROW,
    EVERY_S,
    SERVICE,
    Deploy,
    deploy_of,
    hosts_done,
    how_deployed,
    look,
    state_reason,
    states,
    strip,
    usm,
    verdict,
)
from backend.kinds.release_upload import on_first
from backend.known import Known
from backend.tone import Tone


def _all_unlocked(known: Known) -> Reason:
    check = "all hosts are unlocked"
    if not known.has("hosts"):
        return Reason.cant_tell(check, "the hosts were not read")
    for host in known.rows("hosts"):
        if host.administrative != "unlocked":
            jump = Jump(kind="hosts", id=host.uuid)
            return Reason.no(check, f"{host.name} is {host.administrative}", jump)
    return Reason.passes(check)


def _verb(verb: str, sentence: str) -> Any:
    def plan(_row: Deploy, _form: Form, _known: Known) -> Plan:
        path = f"/deploy/{verb.replace('-', '_')}"
        return Plan.of(usm("POST", path, "deploy", verb, body={}, sentence=sentence))

    return plan


def _delete(_row: Deploy, _form: Form, _known: Known) -> Plan:
    sentence = "Forget this deploy: after that there is no way back to the release before."
    return Plan.of(usm("DELETE", "/deploy", "deploy", "delete", sentence=sentence))


def _only_state(verb: str) -> Any:
    return lambda row, _form, _known: (state_reason(verb, row.state),)


def _activate_reasons(row: Deploy, _form: Form, known: Known) -> Tuple[Reason, ...]:
    return (state_reason("activate", row.state), _all_unlocked(known))


def _delete_reasons(row: Deploy, _form: Form, known: Known) -> Tuple[Reason, ...]:
    found = [state_reason("delete", row.state)]
    # Before a host was touched nobody has to be told to forget anything.
    if row.state not in {"start-done", "start-failed"}:
        found.append(_all_unlocked(known))
    if row.major_release:
        found.append(on_first(known))
    return tuple(found)


def _abort_reasons(row: Deploy, _form: Form, known: Known) -> Tuple[Reason, ...]:
    removing = [one.release_id for one in known.rows("releases") if one.state == "removing"]
    check = "no release is being removed"
    words = f"{', '.join(removing)} is being removed: that can't be aborted"
    found = Reason.no(check, words) if removing else Reason.passes(check)
    if not known.has("releases"):
        found = Reason.cant_tell(check, "the releases were not read")
    kube = Reason.cant_tell("Kubernetes was not upgraded since")
    return (state_reason("abort", row.state), found, kube)


def _back(_row: Deploy, _form: Form, known: Known) -> Tuple[Consequence, ...]:
    done, of = hosts_done(known)
    words = f"{done} of {of} hosts run the new release: each is to be rolled back, one by one"
    return (Consequence(words=words, tone=Tone.WARN if done else Tone.PLAIN),)


def _rung(name: str, reached: Callable[[Known], bool], says: str) -> Rung[Any]:
    return Rung(name=name, reached=lambda _row, known: reached(known), says=says)


def start_ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    """Return the steps of a start: the deploy is there, and then it is start-done."""
    return (
        _rung("accepted by USM", lambda known: deploy_of(known) is not None, "start"),
        _rung("staged", lambda known: _is_past(known, "start"), "start-done"),
    )


def _is_past(known: Known, state: str) -> bool:
    deploy = deploy_of(known)
    return deploy is not None and deploy.state != state


def started_badly(_row: Any, known: Known) -> str:
    """Return why a start gave up, "" where it did not."""
    return _gave_up("start-failed", known)


def _failed(state: str) -> Any:
    return lambda _row, known: _gave_up(state, known)


def _gave_up(state: str, known: Known) -> str:
    return f"USM says {state}: its log is software.log" if _in(known, state) else ""


def _reaches(state: str, through: str) -> Any:
    """Return the ladder of a verb that runs in one state and is done in another."""

    def ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
        return (
            _rung("accepted by USM", lambda known: _in(known, through, state), through),
            _rung("done", lambda known: _in(known, state), state),
        )

    return ladder


def _in(known: Known, *wanted: str) -> bool:
    deploy = deploy_of(known)
    return deploy is not None and deploy.state in wanted


def disruptive(_row: Any, _form: Form, _known: Known) -> Risk:
    """Return the risk of a verb that leads a deploy on."""
    return Risk.DISRUPTIVE


def destructive(_row: Any, _form: Form, _known: Known) -> Risk:
    return Risk.DESTRUCTIVE


DEPLOY_ACTIONS: Tuple[Action[Deploy], ...] = (
    Action(
        name="activate",
        key="A",
        words="activate",
        plan=_verb("activate", "Let the new release take over on the whole system."),
        risk=disruptive,
        reasons=_activate_reasons,
        ladder=_reaches("activate-done", "activate"),
        failed=_failed("activate-failed"),
        needs=("deploy", "hosts"),
    ),
    Action(
        name="complete",
        key="C",
        words="complete",
        plan=_verb("complete", "Declare the deploy done; an abort still leads back until delete."),
        risk=disruptive,
        reasons=_only_state("complete"),
        ladder=_reaches("completed", "completed"),
        needs=("deploy",),
    ),
    Action(
        name="delete",
        key="D",
        words="delete",
        plan=_delete,
        risk=disruptive,
        reasons=_delete_reasons,
        needs=("deploy", "hosts"),
    ),
    Action(
        name="abort",
        key="X",
        words="abort",
        plan=_verb("abort", "Turn back: hosts and data return to the release before."),
        risk=destructive,
        reasons=_abort_reasons,
        consequences=_back,
        needs=("deploy", "deploy-hosts", "releases"),
    ),
    Action(
        name="activate-rollback",
        key="R",
        words="roll back activation",
        plan=_verb("activate-rollback", "Undo the activation; then each host is rolled back."),
        risk=disruptive,
        reasons=_only_state("activate-rollback"),
        ladder=_reaches("activate-rollback-done", "activate-rollback"),
        failed=_failed("activate-rollback-failed"),
        needs=("deploy",),
        hidden=lambda row, _known: "rollback" not in row.state,
    ),
)

DEPLOY: Kind[Deploy] = Kind(
    name="deploy",
    singular="deployment",
    model=Deploy,
    read=Rest(service=SERVICE, path="/deploy"),
    id=lambda _row: DEPLOY_ROW,
    label=lambda row: f"{row.from_release} -> {row.to_release}",
    columns=(
        Column(heading="FROM", value=lambda row: row.from_release),
        Column(heading="TO", value=lambda row: row.to_release),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="RR", value=lambda row: how_deployed(row.reboot_required)),
        Column(heading="HOSTS", joined=lambda _row, known: "{} of {}".format(*hosts_done(known))),
    ),
    look=look,
    strip=strip,
    verdict=verdict,
    summary=summary,
    tabs=(
        Tab(key="o", title="Deploy", figure=page),
        Tab(key="t", title="Every state", figure=states),
    ),
    state_fields=("state",),
    passes="state",
    actions=DEPLOY_ACTIONS,
    aliases=("deploy-show",),
    needs=("deploy-hosts", "releases"),
    noise=frozenset({"commit_id"}),
    every_s=EVERY_S,
)
