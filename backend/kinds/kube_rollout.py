"""The shapes a workload had, and the way back to one of them."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from pydantic import Field

from backend.kind import (
    Action,
    Column,
    Consequence,
    Form,
    Json,
    Kind,
    Kube,
    KubeWrite,
    Plan,
    Risk,
    Tab,
)
from backend.kinds.kube_object import KubeObject, Words, declared
from backend.known import Known
from backend.kube import MERGE
from backend.reason import Reason
from backend.tone import Tone

STRATEGIC = "application/strategic-merge-patch+json"
# What the controller itself writes into a template: no part of its shape.
_HASH = "pod-template-hash"


class UndoForm(Form):
    """To which of its former shapes."""

    revision: str = Field(default="", description="its number; empty: the one before this")


class Revision(KubeObject):
    """A shape a stateful or daemon set had (apps/v1 ControllerRevision)."""

    revision: int = 0
    data: Words = {}


REVISIONS: Kind[Revision] = declared(
    "controller-revisions",
    "controller-revision",
    Revision,
    Kube(
        group="apps",
        plural="controllerrevisions",
        keep={"revision": "revision", "data": "data"},
    ),
    (
        Column(heading="REVISION", value=lambda row: row.revision, right=True),
        Column(heading="OWNER", value=lambda row: row.owner, most=40),
        Column(
            heading="IMAGES",
            value=lambda row: ", ".join(_images(_template(row)).values()),
            most=60,
            wide=True,
        ),
    ),
    aliases=("controllerrevisions",),
    is_inventory=False,
)


def of_owner(row: Any, other: Any) -> bool:
    """Whether an object is one of a workload's own."""
    return any(one.get("uid") == row.uid for one in other.owners)


def _history(row: Any, known: Known) -> List[Any]:
    """Return the shapes it had, the newest first."""
    kinds = ("replicasets", "controller-revisions")
    found = [one for kind in kinds for one in known.rows(kind) if of_owner(row, one)]
    found = [one for one in found if str(one.revision).isdigit()]
    return sorted(found, key=lambda one: int(one.revision), reverse=True)


def _template(one: Any) -> Dict[str, Any]:
    """Return the template of pods that a shape has."""
    if isinstance(one, Revision):
        found = (one.data.get("spec") or {}).get("template") or {}
    else:
        found = one.template
    return dict(found)


def _chosen(row: Any, form: UndoForm, known: Known) -> Optional[Any]:
    history = _history(row, known)
    if not form.revision:
        return history[1] if len(history) > 1 else None
    return next((one for one in history if str(one.revision) == form.revision), None)


def _images(template: Dict[str, Any]) -> Dict[str, str]:
    containers = (template.get("spec") or {}).get("containers") or ()
    return {str(one.get("name")): str(one.get("image")) for one in containers}


def _differences(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """Yield what differs between two templates: a path, and both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new} - {_HASH, "creationTimestamp", "$patch"}):
            yield from _differences(old.get(key), new.get(key), f"{where}.{key}" if where else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new)):
            name = one.get("name", at) if isinstance(one, dict) else at
            yield from _differences(one, other, f"{where}[{name}]")
    elif old != new:
        yield f"{where}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    words = "none" if value is None else str(value)
    return words if len(words) <= 60 else f"{words[:57]}..."


def _undo(group_plural: str, singular: str) -> Action[Any]:
    def plan(row: Any, form: UndoForm, known: Known) -> Plan:
        one = _chosen(row, form, known)
        number = form.revision or ("0" if one is None else str(one.revision))
        body: Json = {}
        if isinstance(one, Revision):
            body = dict(one.data)
        elif one is not None:
            body = {"spec": {"template": {"$patch": "replace", **_bare(_template(one))}}}
        command = ("kubectl", "-n", row.namespace, "rollout", "undo", f"{singular}/{row.name}")
        write = KubeWrite(
            method="PATCH",
            path=Kube(group="apps", plural=group_plural).path(row.namespace, row.name),
            body=body,
            content=STRATEGIC,
            command=(*command, f"--to-revision={number}"),
            sentence=f"{row.full_name} goes back to its revision {number}",
        )
        return Plan.of(write)

    def differs(row: Any, form: UndoForm, known: Known) -> Tuple[Consequence, ...]:
        one, history = _chosen(row, form, known), _history(row, known)
        if one is None or not history:
            return ()
        said = list(_differences(_template(history[0]), _template(one)))
        words = [*said[:6], *([f"and {len(said) - 6} more differences"] if len(said) > 6 else [])]
        pods = Consequence(words=f"its {row.replicas} pods are replaced", tone=Tone.WARN)
        return (*(Consequence(words=word) for word in words), pods)

    def reasons(row: Any, form: UndoForm, known: Known) -> Tuple[Reason, ...]:
        history = _history(row, known)
        if _chosen(row, form, known) is not None:
            if form.revision and str(history[0].revision) == form.revision:
                return (Reason.no("the revision", "it is of that shape now"),)
            return ()
        there = ", ".join(str(one.revision) for one in history[1:])
        words = f"it has {there}" if there else "it never had another shape, or none was kept"
        return (Reason.no("the revision", words),)

    return Action(
        name="undo",
        key="Z",
        words="Undo the roll-out",
        plan=plan,
        risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
        form=UndoForm,
        choices=lambda row, known: {"revision": _numbers(row, known)},
        reasons=reasons,
        consequences=differs,
        needs=("replicasets",) if singular == "deployment" else ("controller-revisions",),
    )


def _numbers(row: Any, known: Known) -> Tuple[str, ...]:
    return tuple(str(one.revision) for one in _history(row, known)[1:]) if row is not None else ()


def _bare(template: Dict[str, Any]) -> Dict[str, Any]:
    """Return a template as its deployment had it: without the hash that tells shapes apart."""
    metadata = dict(template.get("metadata") or {})
    labels = {k: v for k, v in (metadata.get("labels") or {}).items() if k != _HASH}
    return {**template, "metadata": {**metadata, "labels": labels}}


UNDO_DEPLOYMENT = _undo("deployments", "deployment")
UNDO_STATEFULSET = _undo("statefulsets", "statefulset")
UNDO_DAEMONSET = _undo("daemonsets", "daemonset")

HISTORY: Tab[Any] = Tab(
    key="h", title="History", kind="replicasets", related=of_owner, needs=("replicasets",)
)
SHAPES: Tab[Any] = Tab(
    key="h",
    title="History",
    kind="controller-revisions",
    related=of_owner,
    needs=("controller-revisions",),
)


# --- paused, and gone on -----------------------------------------------------------------------


def _pausing(*, is_on: bool) -> Action[Any]:
    verb = "pause" if is_on else "resume"

    def plan(row: Any, _form: Any, _known: Known) -> Plan:
        body: Json = {"metadata": {"uid": row.uid}, "spec": {"paused": is_on}}
        command = ("kubectl", "-n", row.namespace, "rollout", verb, f"deployment/{row.name}")
        then = "changes of its shape wait" if is_on else "what waited is rolled out"
        path = Kube(group="apps", plural="deployments").path(row.namespace, row.name)
        return Plan.of(
            KubeWrite(
                method="PATCH",
                path=path,
                body=body,
                content=MERGE,
                command=command,
                sentence=f"{row.full_name}: {then}",
            )
        )

    return Action(
        name=verb,
        key="H" if is_on else "V",
        words="Pause roll-outs" if is_on else "Go on with roll-outs",
        plan=plan,
        risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
        hidden=(lambda row, _known: row.paused) if is_on else (lambda row, _known: not row.paused),
    )


PAUSE, GO_ON = _pausing(is_on=True), _pausing(is_on=False)
