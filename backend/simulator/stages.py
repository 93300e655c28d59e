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
    "fw-update-hosts": 3600,
    "system-config-update-hosts": 1800,
    "kube-rootca-update-start": 600,
    "kube-rootca-update-generate-cert": 300,
    "kube-rootca-update-host-trustbothcas": 600,
    "kube-rootca-update-host-update-certs": 600,
    "kube-rootca-update-host-trustnewca": 600,
    "kube-rootca-update-pods-trustbothcas": 3600,
    "kube-rootca-update-pods-trustnewca": 3600,
    "kube-rootca-update-complete": 600,
}
LIMIT = 60
# What the build asks beside the alarms, where it is not one query of the strategy's own name; of
# firmware once for each host that may have a device.
QUERIES = {
    "sw-upgrade": ("query-upgrade", "sw-deploy-precheck"),
    "kube-rootca-update": ("query-kube-rootca-update", "query-kube-rootca-host-updates"),
    "system-config-update": ("query-system-config-update-hosts",),
}
ROOTCA = "kube-rootca-update"
# The stages of a new root CA, each with its one step; those of hosts have a step for each.
ROOTCA_STAGES = {
    f"{ROOTCA}-start": f"{ROOTCA}-start",
    f"{ROOTCA}-cert": f"{ROOTCA}-generate-cert",
    f"{ROOTCA}-hosts-trustbothcas": f"{ROOTCA}-host-trustbothcas",
    f"{ROOTCA}-pods-trustbothcas": f"{ROOTCA}-pods-trustbothcas",
    f"{ROOTCA}-hosts-updatecerts": f"{ROOTCA}-host-update-certs",
    f"{ROOTCA}-hosts-trustnewca": f"{ROOTCA}-host-trustnewca",
    f"{ROOTCA}-pods-trustnewca": f"{ROOTCA}-pods-trustnewca",
    f"{ROOTCA}-complete": f"{ROOTCA}-complete",
}
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


def building(cloud: Cloud, name: str) -> list[Json]:
    """The one stage of the build."""
    asked: Sequence[str] = QUERIES.get(name, (f"query-{name}",))
    if name == "fw-update":
        asked = ["query-fw-update-host" for _ in _programmable(cloud)]
    told = "fw-update-hosts-query" if name == "fw-update" else f"{name}-query"
    return [stage(0, told, [(one, ()) for one in ("query-alarms", *asked)])]


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
        made += _firmware(cloud, strategy)
    elif name == ROOTCA:
        made += _rootca(cloud)
    else:
        for told in _kube(cloud):
            is_each = told == "kube-upgrade-kubelet"
            made += _kubelets(cloud, strategy) if is_each else [(told, [(told, ())])]
    return [stage(number, told, steps) for number, (told, steps) in enumerate(made)]


def _programmable(cloud: Cloud) -> list[Host]:
    """The hosts that are asked whether an image waits for a device of theirs."""
    return [host for host in cloud.hosts if host.is_worker and host.is_serving]


def to_program(cloud: Cloud) -> list[Host]:
    """The hosts that said so."""
    return [host for host in _programmable(cloud) if host.device_image_update == "pending"]


def _groups(strategy: Json, hosts: list[Host]) -> list[list[Host]]:
    """Hosts as many at once as the strategy lets be."""
    parallel = strategy["worker-apply-type"] == "parallel"
    at_once = strategy.get("max-parallel-worker-hosts", 2) if parallel else 1
    return [hosts[first : first + at_once] for first in range(0, len(hosts), at_once)]


def _firmware(cloud: Cloud, strategy: Json) -> list[tuple[str, Steps]]:
    """The stages that write devices while their hosts serve, and then boot those."""
    made: list[tuple[str, Steps]] = []
    for group in _groups(strategy, to_program(cloud)):
        boots = ("lock-hosts", "system-stabilize", "unlock-hosts", "system-stabilize")
        steps: Steps = [("query-alarms", ()), ("fw-update-hosts", group)]
        steps += [(told, group if told.endswith("hosts") else ()) for told in boots]
        made.append(("fw-update-worker-hosts", steps))
    return made


def _rootca(cloud: Cloud) -> list[tuple[str, Steps]]:
    """The stages that bring a new root CA to hosts one by one, and to all pods."""
    nodes = [host for host in cloud.hosts if host.personality in {"controller", "worker"}]
    return [
        (told, [(does, [host]) for host in nodes] if "-hosts-" in told else [(does, ())])
        for told, does in ROOTCA_STAGES.items()
    ]


def _kube(cloud: Cloud) -> list[str]:
    """The stages that only change Kubernetes; cordon and uncordon exist on simplex alone."""
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
        groups = _groups(strategy, cloud.of("worker"))
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
