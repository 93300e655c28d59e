"""The upgrade of Kubernetes under way, and what leads it on, step by step, or back."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from pydantic import Field

from backend.figure import Jump
from backend.kind import (
    Action,
    Column,
    Consequence,
    Form,
    Json,
    Kind,
    Plan,
    Reason,
    Rest,
    RestWrite,
    Risk,
    Rung,
    Tab,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_site import is_simplex
from backend.kinds.inventory import NOISE
from backend.kinds.kube_steps import (
    DELETED_FROM,
    NO_ABORT,
    NO_WAY_BACK,
    SERVICE,
    STEPS,
    KubeStep,
    KubeUpgrade,
    host_of,
    look,
    next_of,
    states,
    strip,
    upgrade_of,
    verdict,
)
from backend.kinds.kube_times import timeline
from backend.kinds.obstacles import ACT_NEEDS, in_the_way
from backend.known import Known
from backend.tone import Tone

EVERY_S = 10.0


def _patch(row: KubeUpgrade, state: str, command: Tuple[str, ...], words: str, **more: str) -> Plan:
    said: Mapping[str, str] = {**more, "state": state}
    body: Json = [{"op": "replace", "path": f"/{key}", "value": v} for key, v in said.items()]
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="PATCH",
            path="/kube_upgrade",
            body=body,
            command=("system", *command),
            sentence=f"{words.capitalize()} Kubernetes {row.to_version}.",
        )
    )


def _plan(step: KubeStep) -> Any:
    def plan(row: KubeUpgrade, _form: Form, known: Known) -> Plan:
        if not step.only_simplex:
            return _patch(row, step.runs, (step.command,), step.words)
        name = next((host.name for host in known.rows("hosts")), "controller-0")
        return _patch(row, step.runs, (step.command, name), step.words, hostname=name)

    return plan


def _in_order(step: KubeStep) -> Any:
    def reasons(row: KubeUpgrade, _form: Form, known: Known) -> Tuple[Reason, ...]:
        check = f"it is {' or '.join(step.after)}"
        found = [Reason.passes(check)]
        if row.state not in step.after:
            found = [Reason.no(check, f"it is {row.state}: {next_of(row, known)}")]
        if step.name in {"uncordon", "complete"}:
            found.append(_all_hosts(row, known))
        return tuple(found)

    return reasons


def _all_hosts(row: KubeUpgrade, known: Known) -> Reason:
    check = "every kubelet runs the new version"
    for one in known.rows("kube-host-upgrades"):
        if one.kubelet_version != row.to_version:
            jump = Jump(kind="kube-host-upgrades", id=one.uuid)
            return Reason.no(check, f"{host_of(one, known)} runs {one.kubelet_version}", jump)
    return looked_up(check, "", known, "kube-host-upgrades")


def _ladder(step: KubeStep) -> Any:
    def ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
        taken = (step.runs, step.done)
        return (
            _rung("accepted by sysinv", lambda state: state in taken, step.runs),
            _rung("done", lambda state: state == step.done, step.done),
        )

    return ladder


def _back(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    """Return the way back, until the version before runs everywhere again."""
    ways = ("upgrade-aborting", "upgrade-aborted")
    return (
        _rung("accepted by sysinv", lambda state: state in ways, "upgrade-aborting"),
        _rung("turned back", lambda state: state == "upgrade-aborted", "upgrade-aborted"),
    )


def _rung(name: str, holds: Callable[[str], bool], says: str) -> Rung[Any]:
    return Rung(
        name=name,
        says=says,
        reached=lambda row, _known: row is not None and holds(row.state or ""),
    )


def _failed(row: Optional[KubeUpgrade], _known: Known) -> str:
    state = (row.state or "") if row is not None else ""
    return f"sysinv says {state}: its log is sysinv.log" if state.endswith("failed") else ""


def _abort_reasons(row: KubeUpgrade, _form: Form, known: Known) -> Tuple[Reason, ...]:
    check, where = "this system can turn back", "it is not over yet"
    on_one = looked_up(check, "" if is_simplex(known) else NO_WAY_BACK, known, "system")
    words = f"it is {row.state}"
    return (on_one, Reason.no(where, words) if row.state in NO_ABORT else Reason.passes(where))


def _delete_reasons(row: KubeUpgrade, _form: Form, _known: Known) -> Tuple[Reason, ...]:
    check = f"it is {' or '.join(DELETED_FROM)}"
    if row.state in DELETED_FROM:
        return (Reason.passes(check),)
    return (Reason.no(check, f"it is {row.state}"),)


def _delete(row: KubeUpgrade, _form: Form, _known: Known) -> Plan:
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="DELETE",
            path="/kube_upgrade",
            command=("system", "kube-upgrade-delete"),
            sentence=f"Forget the upgrade to {row.to_version}; what runs stays as it is.",
        )
    )


class StartForm(Form):
    """Which version is next."""

    to_version: str = Field(description="as v1.30.6: one of those that are available")
    force: bool = Field(default=False, description="go on although minor alarms stand")


def _start(_row: None, form: StartForm, _known: Known) -> Plan:
    body: Dict[str, Json] = {"to_version": form.to_version, "force": form.force}
    force = ("--force",) if form.force else ()
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="POST",
            path="/kube_upgrade",
            body=body,
            command=("system", "kube-upgrade-start", *force, form.to_version),
            sentence=f"Begin the upgrade to {form.to_version}; nothing that runs changes yet.",
        )
    )


def _start_reasons(_row: None, form: StartForm, known: Known) -> Tuple[Reason, ...]:
    found = []
    upgrade = upgrade_of(known)
    check = "no other upgrade"
    jump = Jump(kind="kube-upgrade", id=upgrade.uuid if upgrade else "")
    words = f"one to {upgrade.to_version} is {upgrade.state}" if upgrade else ""
    found.append(looked_up(check, words, known, "kube-upgrade", jump=jump))
    deploys = known.rows("deploy")
    check = "no software deploy"
    words = f"{deploys[0].to_release} is being deployed" if deploys else ""
    here = Jump(kind="deploy", id="deploy")
    found.append(looked_up(check, words, known, "deploy", jump=here))
    states = {one.version: one.state for one in known.rows("kube-versions")}
    check = "the version is available"
    if form.to_version:
        is_there = states.get(form.to_version) == "available"
        words = f"{form.to_version} is {states.get(form.to_version, 'not known here')}"
        to = Jump(kind="kube-versions")
        found.append(looked_up(check, "" if is_there else words, known, "kube-versions", jump=to))
    found.append(Reason.cant_tell("its own health check and the applications' versions"))
    return (*found, *in_the_way(known, "kubernetes", "kubernetes", "deploy"))


def _choices(_row: None, known: Known) -> Mapping[str, Tuple[str, ...]]:
    there = (one.version for one in known.rows("kube-versions") if one.state == "available")
    return {"to_version": tuple(there)}


def _stops(step: KubeStep) -> Any:
    def consequences(_row: Any, _form: Form, _known: Known) -> Tuple[Consequence, ...]:
        if step.name == "cordon":
            return (Consequence(words="the site's pods stop until uncordon", tone=Tone.WARN),)
        return ()

    return consequences


def _risk(_row: Any, _form: Form, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


_NEEDS = ("kube-upgrade", "kube-host-upgrades", "hosts", "system")

KUBE_UPGRADE: Kind[KubeUpgrade] = Kind(
    name="kube-upgrade",
    singular="kube-upgrade",
    model=KubeUpgrade,
    read=Rest(service=SERVICE, path="/kube_upgrade", items="kube_upgrades"),
    label=lambda row: f"{row.from_version} -> {row.to_version}",
    columns=(
        Column(heading="FROM", value=lambda row: row.from_version),
        Column(heading="TO", value=lambda row: row.to_version),
        Column(heading="STATE", value=lambda row: row.state),
    ),
    look=look,
    strip=strip,
    verdict=verdict,
    tabs=(
        Tab(key="o", title="Steps", figure=timeline),
        Tab(key="t", title="States", figure=states),
    ),
    state_fields=("state",),
    passes="state",
    actions=(
        *(
            Action(
                name=step.name,
                key=step.key,
                words=step.words,
                plan=_plan(step),
                risk=_risk,
                reasons=_in_order(step),
                consequences=_stops(step),
                hidden=(lambda _row, known: not is_simplex(known)) if step.only_simplex else None,
                ladder=_ladder(step),
                failed=_failed,
                needs=_NEEDS,
                aliases=(step.command,),
            )
            for step in STEPS
        ),
        Action(
            name="abort",
            key="X",
            words="abort",
            plan=lambda row, _form, _known: _patch(
                row, "upgrade-aborting", ("kube-upgrade-abort",), "turn back from"
            ),
            risk=lambda _row, _form, _known: Risk.DESTRUCTIVE,
            reasons=_abort_reasons,
            ladder=_back,
            failed=_failed,
            needs=_NEEDS,
        ),
        Action(
            name="delete",
            key="D",
            words="delete",
            plan=_delete,
            risk=_risk,
            reasons=_delete_reasons,
            needs=("kube-upgrade",),
        ),
        Action(
            name="start",
            key="S",
            words="start",
            plan=_start,
            form=StartForm,
            choices=_choices,
            risk=_risk,
            reasons=_start_reasons,
            needs=("kube-versions", *ACT_NEEDS),
            on_kind=True,
        ),
    ),
    aliases=("kube_upgrade", "kube-upgrades"),
    needs=("kube-host-upgrades", "hosts", "system", "kube-versions"),
    noise=NOISE,
    every_s=EVERY_S,
)
