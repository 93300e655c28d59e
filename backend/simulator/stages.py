"""What a strategy is made of: stages and steps in the VIM's shapes, for the hosts there are."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Iterable, Optional, Sequence

from backend.simulator.cloud import Cloud
from backend.simulator.model import Host, Json

# Seconds until the VIM gives a step up.
LIMITS = {
    "lock-hosts": 900,
    "unlock-hosts": 1800,
    "swact-hosts": 900,
    "upgrade-hosts": 3600,
    "start-upgrade": 3600,
    "activate-upgrade": 3600,
    "complete-upgrade": 300,
    "wait-alarms-clear": 2400,
    "wait-data-sync": 1800,
    "system-stabilize": 60,
}
LIMIT = 60
# Seconds that a step takes which only takes time.
USUAL = {
    "query-alarms": 8,
    "query-upgrade": 4,
    "sw-deploy-precheck": 12,
    "system-stabilize": 15,
    "complete-upgrade": 10,
    "sw-deploy-delete": 5,
    "wait-alarms-clear": 45,
}
LASTS = 40


def said(instant: Optional[datetime]) -> str:
    """An instant as the VIM writes it: to the second, with no zone, "" for none."""
    return "" if instant is None else instant.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def step(number: int, name: str, hosts: Sequence[Host] = ()) -> Json:
    """A step that has not begun."""
    return {
        "step-id": number,
        "step-name": name,
        "timeout": LIMITS.get(name, 1800 if name.startswith("kube") else LIMIT),
        "entity-type": "hosts" if hosts else "",
        "entity-uuids": [host.uuid for host in hosts],
        "entity-names": [host.name for host in hosts],
        "result": "initial",
        "reason": "",
        "start-date-time": "",
        "end-date-time": "",
    }


def stage(number: int, name: str, steps: Iterable[tuple[str, Sequence[Host]]]) -> Json:
    """A stage that has not begun."""
    made = [step(index, told, hosts) for index, (told, hosts) in enumerate(steps)]
    return {
        "stage-id": number,
        "stage-name": name,
        "timeout": sum(one["timeout"] for one in made) + 1,
        "total-steps": len(made),
        "current-step": 0,
        "steps": made,
        "inprogress": False,
        "result": "initial",
        "reason": "",
        "start-date-time": "",
        "end-date-time": "",
    }


def phase(name: str, stages: Sequence[Json] = ()) -> Json:
    """A phase that has not begun; one that is never used stays at 100 and initial, as there."""
    return {
        "phase-name": name,
        "timeout": sum(one["timeout"] for one in stages) + 1,
        "total-stages": len(stages),
        "current-stage": 0,
        "stop-at-stage": len(stages),
        "stages": list(stages),
        "inprogress": False,
        "completion-percentage": 100,
        "result": "initial",
        "reason": "",
        "response": "",
        "start-date-time": "",
        "end-date-time": "",
    }


Steps = list[tuple[str, Sequence[Host]]]


def building(name: str) -> list[Json]:
    """The one stage of the build."""
    steps: Steps = [("query-alarms", ())]
    if name == "sw-upgrade":
        steps += [("query-upgrade", ()), ("sw-deploy-precheck", ())]
    else:
        steps += [(f"query-{name}", ())]
    return [stage(0, f"{name}-query", steps)]


def applying(cloud: Cloud, strategy: Json) -> list[Json]:
    """The stages of the apply, in the VIM's order for this system."""
    name = strategy["name"]
    made: list[tuple[str, Steps]] = []
    if name == "sw-upgrade":
        made.append(("sw-upgrade-start", [("start-upgrade", ()), ("query-alarms", ())]))
        made += _with_hosts(cloud, strategy, "sw-upgrade", "upgrade-hosts")
        made.append(("sw-upgrade-complete", [("activate-upgrade", ()), ("complete-upgrade", ())]))
        if strategy.get("delete"):
            made.append(("sw-deploy-delete", [("sw-deploy-delete", ())]))
    elif name == "system-config-update":
        made += _with_hosts(cloud, strategy, name, "system-config-update-hosts")
    elif name == "fw-update":
        workers = [host for host in cloud.hosts if host.is_worker]
        made.append((f"{name}-worker-hosts", [("query-alarms", ()), ("fw-update-hosts", workers)]))
    else:
        for told in _kube(cloud, name):
            is_each = told == "kube-upgrade-kubelet"
            made += _kubelets(cloud, strategy) if is_each else [(told, [(told, ())])]
    return [stage(number, told, steps) for number, (told, steps) in enumerate(made)]


def _kube(cloud: Cloud, name: str) -> list[str]:
    """The stages that only change Kubernetes; cordon and uncordon exist on simplex alone."""
    if name == "kube-rootca-update":
        parts = "start generate-cert trust-both-cas update-certs trust-new-ca complete"
        return [f"kube-rootca-update-{one}" for one in parts.split()]
    simple = cloud.system.is_simplex
    told = [
        *("kube-upgrade-start", "kube-upgrade-download-images", "kube-pre-application-update"),
        *("kube-upgrade-networking", "kube-upgrade-storage"),
        *(("kube-host-cordon",) if simple else ()),
        "kube-upgrade-first-control-plane",
        *(() if simple else ("kube-upgrade-second-control-plane",)),
        "kube-upgrade-kubelet",
        *(("kube-host-uncordon",) if simple else ()),
    ]
    return [*told, "kube-upgrade-complete", "kube-post-application-update"]


def _kubelets(cloud: Cloud, strategy: Json) -> list[tuple[str, Steps]]:
    """The stages that bring each node's kubelet on; on simplex nothing is locked for it."""
    name = "kube-upgrade-kubelet"
    if cloud.system.is_simplex:
        return [(name, [(name, cloud.of("controller"))])]
    made = _with_hosts(cloud, strategy, name, name)
    return [(name, steps) for told, steps in made if "storage" not in told]


def _with_hosts(cloud: Cloud, strategy: Json, name: str, does: str) -> list[tuple[str, Steps]]:
    """The stages that lock and unlock hosts: the standby first, then the active, then workers."""
    controllers = sorted(cloud.of("controller"), key=lambda host: host.is_active)
    made = [
        (_controllers(cloud, name), _around([host], does, swact=not cloud.system.is_simplex))
        for host in controllers
    ]
    for host in cloud.of("storage"):
        steps = _around([host], does)
        # The next one is not to be locked before this one's data is whole again.
        made.append((f"{name}-storage-hosts", [*steps, ("wait-data-sync", [host])]))
    if strategy["worker-apply-type"] != "ignore":
        workers = cloud.of("worker")
        parallel = strategy["worker-apply-type"] == "parallel"
        at_once = strategy.get("max-parallel-worker-hosts", 2) if parallel else 1
        groups = [workers[first : first + at_once] for first in range(0, len(workers), at_once)]
        made += [(f"{name}-worker-hosts", _around(group, does)) for group in groups]
    return made


def _controllers(cloud: Cloud, name: str) -> str:
    return f"{name}-worker-hosts" if cloud.system.is_simplex else f"{name}-controllers"


def _around(hosts: Sequence[Host], does: str, *, swact: bool = False) -> Steps:
    steps: Steps = [("query-alarms", ())]
    if swact:
        steps.append(("swact-hosts", hosts))
    return [
        *steps,
        ("lock-hosts", hosts),
        (does, hosts),
        ("system-stabilize", ()),
        ("unlock-hosts", hosts),
        ("wait-alarms-clear", ()),
    ]
