"""Labels and taints of a node: what pods choose it by, and what keeps them away."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Kube, KubeWrite, Plan, Risk
from backend.known import Known
from backend.kube import MERGE
from backend.reason import Reason
from backend.tone import Tone

JSON_PATCH = "application/json-patch+json"
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
# A key, with or without the domain it belongs to, and a value, as Kubernetes checks them.
_WORD = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_KEY = rf"^([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_WORD}$"
_VALUE = rf"^({_WORD})?$"


class LabelForm(Form):
    """A label and its value."""

    key: str = Field(pattern=_KEY, description="its key, as example.com/role or role")
    value: str = Field(default="", pattern=_VALUE, description="its value, which may be empty")


class KeyForm(Form):
    """Which of those there are."""

    key: str = Field(description="which of those it has")


class TaintForm(Form):
    """A taint: pods that do not tolerate it are kept away."""

    key: str = Field(pattern=_KEY, description="its key, as example.com/dedicated or dedicated")
    value: str = Field(default="", pattern=_VALUE, description="its value, which may be empty")
    effect: str = Field(default="NoSchedule", description="what it does to pods without toleration")


def _disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _path(node: Any) -> str:
    return Kube(plural="nodes").path(name=node.name)


# --- labels ------------------------------------------------------------------------------------


def _labelled(node: Any, key: str, value: Optional[str]) -> Plan:
    given = f"{key}-" if value is None else f"{key}={value}"
    over = ("--overwrite",) if value is not None and key in node.labels else ()
    says = f"{node.name} loses the label {key}" if value is None else f"{node.name} gets {given}"
    body: Json = {"metadata": {"uid": node.uid, "labels": {key: value}}}
    return Plan.of(
        KubeWrite(
            method="PATCH",
            path=_path(node),
            body=body,
            content=MERGE,
            command=("kubectl", "label", "node", node.name, given, *over),
            sentence=says,
        )
    )


def _was(node: Any, form: LabelForm, _known: Known) -> Tuple[Consequence, ...]:
    now = node.labels.get(form.key)
    return () if now is None else (Consequence(words=f"{form.key} is {now or 'empty'} now"),)


def _chosen_by(_node: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = "a daemon set that chooses nodes by it ends its pod here"
    return (Consequence(words=words, tone=Tone.WARN),)


LABEL: Action[Any] = Action(
    name="label",
    key="m",
    words="Label",
    plan=lambda node, form, _known: _labelled(node, form.key, form.value),
    risk=_disruptive,
    form=LabelForm,
    consequences=_was,
)
UNLABEL: Action[Any] = Action(
    name="unlabel",
    key="x",
    words="Take a label away",
    plan=lambda node, form, _known: _labelled(node, form.key, None),
    risk=_disruptive,
    form=KeyForm,
    choices=lambda node, _known: {"key": tuple(sorted(node.labels)) if node is not None else ()},
    consequences=_chosen_by,
    hidden=lambda node, _known: not node.labels,
)


# --- taints ------------------------------------------------------------------------------------


def named(taint: Mapping[str, Any]) -> str:
    """Return a taint as kubectl names it: ``key=value:effect``."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _tainted(node: Any, taints: List[Dict[str, Any]], given: str, says: str) -> Plan:
    # The list is one whole: where another changed it meanwhile, nothing is written over theirs.
    is_meant: Json = {"op": "test", "path": "/metadata/uid", "value": node.uid}
    is_same: Json = {"op": "test", "path": "/spec/taints", "value": list(node.taints) or None}
    change: Json = {"op": "add", "path": "/spec/taints", "value": list(taints)}
    return Plan.of(
        KubeWrite(
            method="PATCH",
            path=_path(node),
            body=[is_meant, is_same, change],
            content=JSON_PATCH,
            command=("kubectl", "taint", "node", node.name, given),
            sentence=says,
        )
    )


def _taint(node: Any, form: TaintForm, _known: Known) -> Plan:
    taint: Dict[str, Any] = {"key": form.key, "effect": form.effect}
    if form.value:
        taint["value"] = form.value
    same = (form.key, form.effect)
    others = [one for one in node.taints if (one.get("key"), one.get("effect")) != same]
    given = named(taint)
    return _tainted(node, [*others, taint], given, f"{node.name} is tainted with {given}")


def _untaint(node: Any, form: KeyForm, _known: Known) -> Plan:
    left = [one for one in node.taints if named(one) != form.key]
    return _tainted(node, left, f"{form.key}-", f"{node.name} loses the taint {form.key}")


def _away(node: Any, form: TaintForm, known: Known) -> Tuple[Consequence, ...]:
    if form.effect != "NoExecute":
        return (Consequence(words="its pods stay; new ones that do not tolerate it stay away"),)
    pods = sum(1 for pod in known.rows("pods") if pod.node == node.name and not pod.mirror)
    words = f"of its {pods} pods those that do not tolerate it end at once, budgets or not"
    return (Consequence(words=words, tone=Tone.BAD),)


def _is_there(node: Any, form: KeyForm, _known: Known) -> Tuple[Reason, ...]:
    there = form.key in {named(one) for one in node.taints}
    return () if there else (Reason.no("the taint", f"{node.name} has no taint {form.key}"),)


TAINT: Action[Any] = Action(
    name="taint",
    key="t",
    words="Taint",
    plan=_taint,
    risk=lambda _node, form, _known: (
        Risk.DESTRUCTIVE if form.effect == "NoExecute" else Risk.DISRUPTIVE
    ),
    form=TaintForm,
    choices=lambda _node, _known: {"effect": EFFECTS},
    consequences=_away,
    needs=("pods",),
)
UNTAINT: Action[Any] = Action(
    name="untaint",
    key="u",
    words="Take a taint away",
    plan=_untaint,
    risk=_disruptive,
    form=KeyForm,
    choices=lambda node, _known: {
        "key": tuple(map(named, node.taints)) if node is not None else ()
    },
    reasons=_is_there,
    hidden=lambda node, _known: not node.taints,
)

MARKINGS: Tuple[Action[Any], ...] = (LABEL, UNLABEL, TAINT, UNTAINT)
