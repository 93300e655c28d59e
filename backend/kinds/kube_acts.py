"""What can be done to what runs in a cluster; each says first what it would stop for good.

A delete names the object's uid: another of the same name, made meanwhile, is never hit.
"""

from __future__ import annotations

from typing import Any, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Kube, KubeWrite, Plan, Risk, Step
from backend.kinds.kube_forward_of import forwarding_workload
from backend.kinds.kube_pod import Pod
from backend.known import Known
from backend.kube import MERGE
from backend.reason import Reason
from backend.tone import Tone


class ScaleForm(Form):
    """How many there are to be."""

    replicas: int = Field(default=1, ge=0, le=1000, description="how many pods there are to be")


def _disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _harmless(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.HARMLESS


def _destructive(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DESTRUCTIVE


def _patch(path: str, body: Json, command: Tuple[str, ...], sentence: str) -> KubeWrite:
    return KubeWrite(
        method="PATCH", path=path, body=body, content=MERGE, command=command, sentence=sentence
    )


# --- nodes -------------------------------------------------------------------------------------


def _cordoning(is_on: bool) -> Any:
    verb = "cordon" if is_on else "uncordon"
    then = "takes no new pods" if is_on else "takes new pods again"

    def plan(node: Any, _form: Any, _known: Known) -> Plan:
        def took(known: Known) -> bool:
            now = known.row("nodes", node.uid)
            return now is not None and now.cordoned is is_on

        path = Kube(plural="nodes").path(name=node.name)
        body: Json = {"metadata": {"uid": node.uid}, "spec": {"unschedulable": is_on}}
        words = f"{node.name} {then}"
        write = _patch(path, body, ("kubectl", verb, node.name), words)
        return Plan((Step(write=write, took=took, wait_s=30.0),))

    return plan


def _last_to_take(node: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    others = [one for one in known.rows("nodes") if one.uid != node.uid]
    if any(one.is_ready and not one.cordoned for one in others):
        return ()
    words = "no other node takes pods: what ends from now on is not started anew"
    return (Consequence(words=words, tone=Tone.BAD),)


CORDON: Action[Any] = Action(
    name="cordon",
    key="C",
    words="Cordon",
    plan=_cordoning(is_on=True),
    risk=_disruptive,
    consequences=_last_to_take,
    hidden=lambda node, _known: node.cordoned,
    needs=("nodes",),
)
UNCORDON: Action[Any] = Action(
    name="uncordon",
    key="U",
    words="Uncordon",
    plan=_cordoning(is_on=False),
    risk=_harmless,
    hidden=lambda node, _known: not node.cordoned,
    beside=("drain",),
)


# --- workloads ---------------------------------------------------------------------------------


def _scaled(plural: str, singular: str) -> Action[Any]:
    def plan(row: Any, form: Any, _known: Known) -> Plan:
        path = Kube(group="apps", plural=plural).path(row.namespace, row.name, "scale")
        body: Json = {"spec": {"replicas": form.replicas}}
        what = f"{singular}/{row.name}"
        command = ("kubectl", "-n", row.namespace, "scale", what, f"--replicas={form.replicas}")
        words = f"{row.full_name} is to have {form.replicas} pods, not {row.replicas}"
        return Plan.of(_patch(path, body, command, words))

    def stops(row: Any, form: Any, _known: Known) -> Tuple[Consequence, ...]:
        if form.replicas == 0:
            return (Consequence(words=f"{row.full_name} stops whole", tone=Tone.BAD),)
        fewer = row.replicas - form.replicas
        return (Consequence(words=f"{fewer} of its pods stop"),) if fewer > 0 else ()

    def risk(row: Any, form: Any, _known: Known) -> Risk:
        return Risk.DISRUPTIVE if form.replicas < row.replicas else Risk.HARMLESS

    return Action(
        name="scale",
        key="S",
        words="Scale",
        plan=plan,
        risk=risk,
        form=ScaleForm,
        consequences=stops,
    )


def _restarted(plural: str, singular: str) -> Action[Any]:
    def plan(row: Any, _form: Any, _known: Known) -> Plan:
        path = Kube(group="apps", plural=plural).path(row.namespace, row.name)
        # Any word that was not there before makes its pods anew; its generation never comes again.
        word = {"kubectl.kubernetes.io/restartedAt": f"generation {row.generation}"}
        template: Json = {"metadata": {"annotations": word}}
        body: Json = {"metadata": {"uid": row.uid}, "spec": {"template": template}}
        command = ("kubectl", "-n", row.namespace, "rollout", "restart", f"{singular}/{row.name}")
        return Plan.of(_patch(path, body, command, f"the pods of {row.full_name} are made anew"))

    def stops(row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
        if row.replicas > 1:
            return (Consequence(words=f"its {row.replicas} pods are replaced, some at a time"),)
        return (Consequence(words="its only pod stops and starts anew", tone=Tone.BAD),)

    return Action(
        name="restart", key="R", words="Restart", plan=plan, risk=_disruptive, consequences=stops
    )


def workload_acts(plural: str, singular: str, *, scales: bool = True) -> Tuple[Action[Any], ...]:
    """Return what can be done to a workload of the API's ``plural``."""
    scale = (_scaled(plural, singular),) if scales else ()
    return (*scale, _restarted(plural, singular), forwarding_workload(singular))


def _suspending(is_on: bool) -> Any:
    def plan(row: Any, _form: Any, _known: Known) -> Plan:
        path = Kube(group="batch", plural="cronjobs").path(row.namespace, row.name)
        said = f'{{"spec":{{"suspend":{"true" if is_on else "false"}}}}}'
        command = ("kubectl", "-n", row.namespace, "patch", f"cronjob/{row.name}", "-p", said)
        words = f"{row.full_name} {'starts no more jobs' if is_on else 'starts jobs again'}"
        return Plan.of(_patch(path, {"spec": {"suspend": is_on}}, command, words))

    return plan


SUSPEND: Action[Any] = Action(
    name="suspend",
    key="S",
    words="Suspend",
    plan=_suspending(is_on=True),
    risk=_disruptive,
    hidden=lambda row, _known: row.suspended,
)
RESUME: Action[Any] = Action(
    name="resume",
    key="R",
    words="Resume",
    plan=_suspending(is_on=False),
    risk=_harmless,
    hidden=lambda row, _known: not row.suspended,
)


def _triggered(row: Any, _form: Any, _known: Known) -> Plan:
    """Return the job a cron job would start, made by hand, as kubectl makes it."""
    owner: Json = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": row.name,
        "uid": row.uid,
        "controller": True,
    }
    made = row.template.get("metadata") or {}
    by_hand = {"cronjob.kubernetes.io/instantiate": "manual"}
    metadata: Json = {
        "generateName": f"{row.name[:50]}-by-hand-",
        "labels": dict(made.get("labels") or {}),
        "annotations": {**(made.get("annotations") or {}), **by_hand},
        "ownerReferences": [owner],
    }
    body: Json = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": row.template.get("spec") or {},
    }
    source = f"--from=cronjob/{row.name}"
    write = KubeWrite(
        method="POST",
        path=Kube(group="batch", plural="jobs").path(row.namespace),
        body=body,
        command=("kubectl", "-n", row.namespace, "create", "job", f"{row.name}-by-hand", source),
        sentence=f"{row.full_name} starts a job now, whatever its schedule",
    )
    return Plan.of(write)


TRIGGER: Action[Any] = Action(
    name="trigger",
    key="T",
    words="Start a job now",
    plan=_triggered,
    risk=_disruptive,
    consequences=lambda row, _form, _known: tuple(
        Consequence(words=f"{one.get('name')} still runs: both run then", tone=Tone.WARN)
        for one in row.active
    ),
)


# --- pods --------------------------------------------------------------------------------------


def _deleted(pod: Pod, grace_s: Optional[int]) -> Plan:
    options: Json = {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "preconditions": {"uid": pod.uid},
        **({} if grace_s is None else {"gracePeriodSeconds": grace_s}),
    }
    force = () if grace_s is None else ("--force", f"--grace-period={grace_s}")
    how = "at once, without a word to its node" if force else f"within {pod.grace} s"
    write = KubeWrite(
        method="DELETE",
        path=Kube(plural="pods").path(pod.namespace, pod.name),
        body=options,
        command=("kubectl", "-n", pod.namespace, "delete", "pod", pod.name, *force),
        sentence=f"{pod.full_name} is ended {how}",
    )
    return Plan.of(write)


def stops(pod: Pod, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    """Return what of a pod stops for good when it goes, and what comes back."""
    found = []
    if pod.mirror:
        found.append(Consequence(words="it is its node's own: its kubelet starts it anew"))
    elif not pod.is_owned:
        found.append(Consequence(words="nothing makes it anew: it stops for good", tone=Tone.BAD))
    else:
        alone = not any(
            one.uid != pod.uid and one.is_ready and one.owners == pod.owners
            for one in known.rows("pods")
        )
        words = f"{pod.owner} makes another"
        if alone:
            found.append(Consequence(words=f"{words}; until then none serves", tone=Tone.BAD))
        else:
            found.append(Consequence(words=f"{words}; its others serve meanwhile"))
    if pod.local_volumes:
        lost = ", ".join(pod.local_volumes)
        found.append(Consequence(words=f"what it keeps in {lost} is lost", tone=Tone.BAD))
    return tuple(found)


def _grade(pod: Pod, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE if pod.is_owned else Risk.DESTRUCTIVE


def _may_run_twice(pod: Pod, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    if not pod.owner.startswith("StatefulSet/"):
        return ()
    words = "its node may run it on while another of its name starts: two on one volume"
    return (Reason.cant_tell("it has really ended on its node", words),)


DELETE: Action[Pod] = Action(
    name="delete",
    key="D",
    words="Delete",
    plan=lambda pod, _form, _known: _deleted(pod, None),
    risk=_grade,
    consequences=stops,
)
FORCE_DELETE: Action[Pod] = Action(
    name="force-delete",
    key="K",
    words="Force delete",
    plan=lambda pod, _form, _known: _deleted(pod, 0),
    risk=_destructive,
    reasons=_may_run_twice,
    consequences=stops,
)
