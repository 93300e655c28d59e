"""The few changes that the pretend cluster takes: what a node, a workload or a pod is told.

Cordon, labels and taints; scale and restart; the delete of a pod and its eviction, budgets kept; a
claim made larger.
All else is refused in plain words: a Kubernetes it is not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Optional

from backend.simulator.cloud import Cloud
from backend.simulator.cluster_bodies import Objects
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.kube_storage import PLURAL
from backend.simulator.model import Json
from backend.simulator.orders import Key, Orders, changed
from backend.simulator.workloads import Stand, homes, is_node, stands

PRETEND = (
    "this cluster is pretend: it takes cordon, labels, taints, scale, restart, evictions, the "
    "delete of a pod, and a larger claim, and nothing else"
)
SCALED = ("deployments", "statefulsets")
# What may be written, by plural: ``{}`` is whatever is below.
_MARKS: Json = {"metadata": {"labels": {}, "annotations": {}}}
_RUNS: Json = {**_MARKS, "spec": {"replicas": {}, "template": _MARKS}}
_TAKEN: dict[str, Json] = {
    "nodes": {**_MARKS, "spec": {"unschedulable": {}, "taints": {}}},
    "deployments": _RUNS,
    "statefulsets": _RUNS,
    "daemonsets": {**_MARKS, "spec": {"template": _MARKS}},
    PLURAL: {**_MARKS, "spec": {"resources": {"requests": {"storage": {}}}}},
}


class Refused(Exception):
    """What Kubernetes, or the pretence, says no to."""

    def __init__(self, code: int, reason: str, message: str, causes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.answer = status(code, reason, message, causes)


@dataclass(frozen=True)
class Ordered:
    """One request that would change something, and what it is about."""

    request: Request
    key: Key
    sub: str
    body: Json

    @property
    def rehearses(self) -> bool:
        """Whether it is a dry run."""
        return self.request.arg("dryRun") == "All"


def status(code: int, reason: str, message: str, causes: tuple[str, ...] = ()) -> Answer:
    """Return a refusal in the shape of Kubernetes' own."""
    body: Json = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
    if causes:
        body["details"] = {"causes": [{"reason": reason, "message": cause} for cause in causes]}
    return answer({**body, "message": message, "reason": reason, "code": code}, code)


def scale_of(body: Json) -> Json:
    """Return the scale of a workload."""
    meta = {name: body["metadata"][name] for name in ("name", "namespace", "uid")}
    app = body["spec"]["selector"]["matchLabels"]["app"]
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {**meta, "resourceVersion": body["metadata"].get("resourceVersion", "")},
        "spec": {"replicas": body["spec"]["replicas"]},
        "status": {"replicas": body["status"]["replicas"], "selector": f"app={app}"},
    }


def order(cloud: Cloud, orders: Orders, there: Objects, ordered: Ordered) -> Answer:
    """Do what was ordered of an object that is there, or refuse."""
    try:
        return _order(cloud, orders, there, ordered)
    except Refused as refused:
        return refused.answer


def _order(cloud: Cloud, orders: Orders, there: Objects, ordered: Ordered) -> Answer:
    plural, method, body = ordered.key[0], ordered.request.method, there[ordered.key]
    if plural == "pods" and (method, ordered.sub) == ("DELETE", ""):
        _is_meant(body, (ordered.body.get("preconditions") or {}).get("uid"))
        if not ordered.rehearses:
            _end(cloud, orders, ordered.key)
        return answer(body)
    if plural == "pods" and (method, ordered.sub) == ("POST", "eviction"):
        return _evicted(cloud, orders, there, ordered)
    if plural in SCALED and ordered.sub == "scale" and method in ("PATCH", "PUT"):
        replicas = (ordered.body.get("spec") or {}).get("replicas")
        if not isinstance(replicas, int) or replicas < 0:
            raise Refused(422, "Invalid", "spec.replicas: Invalid value")
        return _change(cloud, orders, body, ordered, {"spec": {"replicas": replicas}})
    if plural in _TAKEN and (method, ordered.sub) == ("PATCH", ""):
        return _change(cloud, orders, body, ordered, _merge_of(body, ordered))
    raise Refused(405, "MethodNotAllowed", PRETEND)


def _is_meant(body: Json, uid: Optional[str]) -> None:
    own = body["metadata"]["uid"]
    if uid not in (None, own):
        words = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {own}"
        raise Refused(409, "Conflict", words)


# --- pods --------------------------------------------------------------------------------------


def _evicted(cloud: Cloud, orders: Orders, there: Objects, ordered: Ordered) -> Answer:
    pod = there[ordered.key]
    wanted = (ordered.body.get("deleteOptions") or {}).get("preconditions") or {}
    _is_meant(pod, wanted.get("uid"))
    for budget in there.values():
        if budget["kind"] == "PodDisruptionBudget" and _covers(budget, pod):
            state, name = budget["status"], budget["metadata"]["name"]
            if not state["disruptionsAllowed"]:
                healthy = (
                    f"{state['desiredHealthy']} healthy pods and has {state['currentHealthy']}"
                )
                words = "Cannot evict pod as it would violate the pod's disruption budget."
                cause = f"The disruption budget {name} needs {healthy} currently"
                raise Refused(429, "TooManyRequests", words, (cause,))
    if not ordered.rehearses:
        _end(cloud, orders, ordered.key)
    return answer({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}, 201)


def _covers(budget: Json, pod: Json) -> bool:
    wanted = budget["spec"]["selector"]["matchLabels"]
    labels = pod["metadata"].get("labels", {})
    is_near = budget["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return bool(is_near and all(labels.get(key) == value for key, value in wanted.items()))


def _end(cloud: Cloud, orders: Orders, key: Key) -> None:
    """Have the pod of that name end, and another begin where pods may go now."""
    for stand in stands(cloud, orders):
        if (stand.work.namespace, stand.name) == key[1:]:
            _anew(cloud, orders, stand)
            return


def _anew(cloud: Cloud, orders: Orders, stand: Stand) -> None:
    node = ""
    if stand.work.sort in SCALED:
        hosts = [host for host in cloud.hosts if is_node(host)]
        takes = [host for host in homes(stand.work, hosts) if orders.takes(host)]
        turn = int(stand.place) + orders.slot(*stand.key).anew + 1
        node = str(takes[turn % len(takes)].hostname) if takes else ""
    orders.make_anew(stand.key, cloud.clock.now(), node)


# --- what is written into an object ------------------------------------------------------------


def _merge_of(body: Json, ordered: Ordered) -> Json:
    """Return a patch as a merge patch, whichever way it was said."""
    if not isinstance(ordered.body, list):
        _is_meant(body, (ordered.body.get("metadata") or {}).get("uid"))
        return ordered.body
    change: Json = {}
    for step in ordered.body:
        steps = step["path"].lstrip("/").split("/")
        if step["op"] == "test":
            found: Json = body
            for name in steps:
                found = found.get(name) if isinstance(found, dict) else None
            if found != step["value"]:
                raise Refused(422, "Invalid", f"testing path {step['path']} value failed")
            continue
        whole: Json = {steps[-1]: None if step["op"] == "remove" else step["value"]}
        for name in reversed(steps[:-1]):
            whole = {name: whole}
        change = changed(change, whole, kept=True)
    return change


def _change(cloud: Cloud, orders: Orders, body: Json, ordered: Ordered, change: Json) -> Answer:
    change = {**change, "metadata": {**(change.get("metadata") or {})}}
    for own in ("uid", "name", "namespace", "resourceVersion"):
        change["metadata"].pop(own, None)
    if not _is_within(change, _TAKEN[ordered.key[0]]):
        raise Refused(405, "MethodNotAllowed", PRETEND)
    after = changed(body, change)
    if ordered.key[0] == PLURAL:
        _check_growth(body, after)
    if not ordered.rehearses:
        _apply(cloud, orders, ordered.key, body, change)
    return answer(scale_of(after) if ordered.sub == "scale" else after)


def _check_growth(before: Json, after: Json) -> None:
    """Refuse what Kubernetes refuses of a claim: to shrink, and to grow before it is bound."""
    name = before["metadata"]["name"]
    had, wanted = (_gib(one["spec"]["resources"]["requests"]["storage"]) for one in (before, after))
    words = f'persistentvolumeclaims "{name}" is forbidden: '
    if wanted < had:
        less = "spec.resources.requests.storage: field can not be less than previous value"
        raise Refused(422, "Invalid", f'PersistentVolumeClaim "{name}" is invalid: {less}')
    if wanted > had and before["status"]["phase"] != "Bound":
        only = "only bound claims can be resized"
        raise Refused(403, "Forbidden", f"{words}{only}")


def _gib(size: str) -> float:
    """Return an amount in GiB; another unit than Gi and Ti the pretend cluster does not take."""
    for unit, gib in (("Gi", 1.0), ("Ti", 1024.0)):
        if size.endswith(unit):
            return float(size[: -len(unit)]) * gib
    raise Refused(422, "Invalid", f"{size}: this cluster is pretend: it takes Gi and Ti")


def _is_within(change: Json, taken: Json) -> bool:
    """Whether a change touches only what is taken; what is ``{}`` there is taken whole."""
    return all(
        key in taken and (not taken[key] or _is_within(value or {}, taken[key]))
        for key, value in change.items()
        if value != {} and not key.startswith("$")
    )


def _apply(cloud: Cloud, orders: Orders, key: Key, before: Json, change: Json) -> None:
    spec = change.get("spec") or {}
    if key[0] == PLURAL:
        orders.keep(key, change)
        if "resources" in spec:
            orders.grow(key, spec["resources"]["requests"]["storage"], cloud.clock.now())
        return
    if key[0] == "nodes":
        _told_node(cloud, orders, key, spec)
        change = {**change, "spec": {k: v for k, v in spec.items() if k != "unschedulable"}}
        orders.keep(key, change)
        return
    had = before["spec"].get("replicas", 0)
    orders.keep(key, change)
    its = [one for one in stands(cloud, orders) if (one.work.sort, *one.key[:2]) == key]
    if "template" in spec and changed(before, change) != before:
        orders.rolls[key] = orders.rolls.get(key, 0) + 1
    elif "replicas" in spec:
        its = [one for one in its if int(one.place) >= had]
    else:
        its = []
    for one in its:
        _anew(cloud, orders, one)


def _told_node(cloud: Cloud, orders: Orders, key: Key, spec: Json) -> None:
    """Cordon a node, or let a taint drive its pods away."""
    host = next(host for host in cloud.hosts if host.hostname == key[2])
    if "unschedulable" in spec:
        orders.cordons[key[2]] = (bool(spec["unschedulable"]), host.administrative)
        orders.count += 1
    if any(one.get("effect") == "NoExecute" for one in spec.get("taints") or ()):
        orders.keep(key, {"spec": {"taints": spec["taints"]}})
        for one in list(stands(cloud, orders)):
            if one.host is host and one.work.sort in SCALED:
                _anew(cloud, orders, one)


def body_of(request: Request) -> Json:
    """Return what came with a request; what is no JSON is refused."""
    try:
        found: Json = json.loads(request.body) if request.body.strip() else {}
    except ValueError:
        raise Refused(400, "BadRequest", "the body is no JSON") from None
    return found
