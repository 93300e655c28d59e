"""The VIM's routes: strategies created, applied, aborted, as /vim/api/orchestration answers."""

from __future__ import annotations

import json
from typing import Optional

from backend.simulator import course, stages
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.keystone import Token
from backend.simulator.model import Json
from backend.simulator.refuse import Refusal

CHANGERS = {"admin", "configurator"}
TYPES = ("sw-upgrade", "kube-upgrade", "fw-update", "kube-rootca-update", "system-config-update")
MOST_PARALLEL = {"fw-update": 5, "system-config-update": 100}

_COMMON = {
    *("controller-apply-type", "storage-apply-type", "worker-apply-type"),
    *("max-parallel-worker-hosts", "default-instance-action", "alarm-restrictions"),
}
_OWN = {
    "sw-upgrade": {
        *("release", "rollback", "delete", "snapshot", "cleanup"),
        *("kube-upgrade", "pre-upgrade-deploy"),
    },
    "kube-upgrade": {"to-version"},
    "kube-rootca-update": {"expiry-date", "subject", "algorithm", "key-size"},
}
_WANTED = {"sw-upgrade": ("release",), "kube-upgrade": ("to-version",)}


def refused(words: str, status: int = 400) -> Refusal:
    """The VIM's own shape of no."""
    body = {"faultcode": "Client", "faultstring": words, "debuginfo": None}
    return Refusal(answer(body, status), words)


def silent(status: int) -> Refusal:
    """A no with nothing in it: a bad token, an apply that does not fit."""
    return Refusal(Answer(status=status), "")


def reply(cloud: Cloud, request: Request, path: list[str], token: Optional[Token]) -> Answer:
    """Answer what came below /vim, as the bearer of this token."""
    if token is None:
        raise silent(403)
    if path[:2] != ["api", "orchestration"] or len(path) < 4 or path[3] != "strategy":
        raise Refusal(_page(404), "not found")
    name, rest = path[2], path[4:]
    if request.method == "GET" and name == "current-strategy":
        at = cloud.strategy
        told = {"name": at["name"], "state": at["state"]} if at else None
        return answer({"strategy": told})
    if name not in TYPES or rest not in ([], ["actions"]):
        raise Refusal(_page(404), "not found")
    if request.method == "GET":
        at = cloud.strategy
        return answer({"strategy": at if at and at["name"] == name else None})
    if not set(token.roles) & CHANGERS:
        raise refused("Policy does not allow this request to be performed.", 403)
    body = _body(request)
    if request.method == "POST":
        return _act(cloud, name, body) if rest else _create(cloud, name, body)
    if request.method == "DELETE" and not rest:
        return _delete(cloud, name, force=bool(body.get("force")))
    raise Refusal(_page(405), "not allowed")


def _page(status: int) -> Answer:
    kind = (("Content-Type", "text/html; charset=UTF-8"),)
    return Answer(status, b"<html><head><title>error</title></head></html>", kind)


def _body(request: Request) -> Json:
    try:
        body: Json = json.loads(request.body or b"null") or {}
    except ValueError as error:
        raise refused("Invalid input for the body: it is not JSON") from error
    return body


# --- create, delete, actions -------------------------------------------------------------------


def _create(cloud: Cloud, name: str, body: Json) -> Answer:
    if cloud.strategy is not None:
        raise refused(f"strategy already exists of type:{cloud.strategy['name']}", 409)
    _check(name, body)
    strategy: Json = {
        "uuid": cloud.new_uuid(),
        "name": name,
        **{key: value for key, value in body.items() if key != "rollback"},
        "swift-apply-type": "ignore",
        "state": "building",
        "current-phase": "build",
        "current-phase-completion-percentage": 0,
        "build-phase": stages.phase("build", stages.building(cloud, name)),
        "apply-phase": stages.phase("apply"),
        "abort-phase": stages.phase("abort"),
    }
    strategy.setdefault("alarm-restrictions", "strict")
    strategy.setdefault("max-parallel-worker-hosts", 2)
    cloud.strategy = strategy
    course.begin(cloud, strategy, "build")
    return answer({"strategy": strategy})


def _check(name: str, body: Json) -> None:
    unknown = sorted(set(body) - _COMMON - _OWN.get(name, set()))
    if unknown:
        raise refused(f"Unknown attribute: {unknown[0]}")
    for key in (*_WANTED.get(name, ()), "storage-apply-type", "worker-apply-type"):
        if key not in body:
            raise refused(f"Invalid input for field/attribute {key}. Mandatory field missing.")
    if name == "sw-upgrade" and not {"rollback", "delete"} <= set(body):
        raise silent(500)
    if name.startswith("kube") and body.get("controller-apply-type") != "serial":
        raise refused("Invalid value for controller-apply-type: only serial is taken")
    most = MOST_PARALLEL.get(name, 10)
    if not 2 <= body.get("max-parallel-worker-hosts", 2) <= most:
        raise refused(f"Invalid value for max-parallel-worker-hosts: it must be 2 to {most}")


def _the(cloud: Cloud, name: str) -> Json:
    at = cloud.strategy
    if at is None or at["name"] != name:
        raise refused("strategy does not exist", 404)
    return at


def _delete(cloud: Cloud, name: str, *, force: bool) -> Answer:
    at = _the(cloud, name)
    if at["state"] in {"building", "applying", "aborting"} and not force:
        raise refused(f"strategy is {at['state']}, it can not be deleted", 409)
    cloud.strategy = None
    return Answer(status=204)


def _act(cloud: Cloud, name: str, body: Json) -> Answer:
    at, action = _the(cloud, name), body.get("action")
    if action in {"apply-all", "apply-stage"}:
        _apply(cloud, at, int(body.get("stage-id", 0)) if action == "apply-stage" else None)
    elif action in {"abort", "abort-stage"}:
        _may_abort(cloud, at)
        course.abort(cloud, at, "aborted", "")
    else:
        raise refused(f"Invalid value for action: {action}")
    return answer({"strategy": at}, 202)


def _apply(cloud: Cloud, at: Json, stage: Optional[int]) -> None:
    """Apply all that is left, or the next stage alone: another one is refused."""
    phase = at["apply-phase"]
    goes_on = course.waits(at)
    first = phase["current-stage"] if goes_on else 0
    if not (goes_on or at["state"] == "ready-to-apply") or stage not in (None, first):
        raise silent(500)
    phase["stop-at-stage"] = len(phase["stages"]) if stage is None else stage + 1
    if goes_on:
        course.go_on(cloud, at)
        return
    at["state"], at["current-phase"] = "applying", "apply"
    course.begin(cloud, at, "apply")


def _may_abort(cloud: Cloud, at: Json) -> None:
    if at["state"] != "applying":
        raise refused(f"Abort rejected: the strategy is {at['state']}.")
    if at["name"] == "kube-upgrade" and not cloud.system.is_simplex:
        raise refused("Abort rejected: abort is not supported for kube-upgrade here.")
    running = None if course.waits(at) else course.current(at["apply-phase"])
    if running is None or at["name"] != "sw-upgrade":
        return
    names = (name for step in running["steps"] for name in step["entity-names"])
    if any(name.startswith("controller-") for name in names):
        raise refused(f"Abort rejected: cannot abort during {running['stage-name']} stage.")
