"""The upgrade of Kubernetes, step by step and host by host, as sysinv takes and refuses it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Callable

from backend.simulator import alarms
from backend.simulator.bodies import patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.kube import VERSIONS
from backend.simulator.model import Host, Json, iso
from backend.simulator.refuse import client, no_such_method

# state asked for → from which, through to which, and the seconds it takes.
STEPS: dict[str, tuple[tuple[str, ...], str, float]] = {
    "downloading-images": (
        ("upgrade-started", "downloading-images-failed"),
        "downloaded-images",
        120,
    ),
    "pre-updating-apps": (
        ("downloaded-images", "pre-updating-apps-failed"),
        "pre-updated-apps",
        60,
    ),
    "upgrading-networking": (
        ("pre-updated-apps", "upgrading-networking-failed"),
        "upgraded-networking",
        45,
    ),
    "upgrading-storage": (
        ("upgraded-networking", "upgrading-storage-failed"),
        "upgraded-storage",
        20,
    ),
    "cordon-started": (("upgraded-storage", "cordon-failed"), "cordon-complete", 40),
    "uncordon-started": (("upgrading-kubelets", "uncordon-failed"), "uncordon-complete", 20),
    "post-updating-apps": (
        ("upgrade-complete", "post-updating-apps-failed"),
        "post-updated-apps",
        60,
    ),
}
ONLY_SIMPLEX = {
    "cordon-started": "kube-host-cordon",
    "uncordon-started": "kube-host-uncordon",
    "upgrade-aborting": "kube-upgrade-abort",
}
DELETED_FROM = (
    *("upgrade-complete", "post-updating-apps-failed", "post-updated-apps", "upgrade-aborted"),
)
CONTROL_PLANE_S, KUBELET_S = 150, 40


def nodes(cloud: Cloud) -> list[Host]:
    """The hosts that are nodes; storage hosts are none."""
    return [
        h for h in cloud.hosts if h.invprovision == "provisioned" and h.personality != "storage"
    ]


def reply(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """Answer what came for kube_upgrade."""
    kube = cloud.kube
    if request.method == "GET":
        return answer({"kube_upgrades": [kube.upgrade] if kube.upgrade else []})
    if request.method == "POST" and not path:
        body = json.loads(request.body or b"{}")
        return answer(start(cloud, str(body.get("to_version", ""))))
    if request.method == "PATCH":
        return answer(ask(cloud, str(patch_of(request).get("state", ""))))
    if request.method == "DELETE":
        delete(cloud)
        return Answer(status=204)
    raise no_such_method(request.method, "DELETE, GET, PATCH, POST")


def start(cloud: Cloud, version: str) -> Json:
    """Begin an upgrade by one version."""
    if cloud.software.deploy is not None:
        raise client("A kubernetes upgrade cannot be done while a platform upgrade is in progress")
    if cloud.kube.upgrade is not None:
        raise client("A kubernetes upgrade is already in progress")
    names = list(VERSIONS)
    if version not in names:
        raise client(f"Kubernetes version {version} is not available")
    at = names.index(cloud.kube.running)
    if version not in names[at + 1 : at + 2]:
        raise client(
            f"The installed Kubernetes version {cloud.kube.running} cannot upgrade to "
            f"version {version}"
        )
    cloud.kube.upgrade = {
        "uuid": cloud.new_uuid(),
        "from_version": cloud.kube.running,
        "to_version": version,
        "state": "upgrade-started",
        "created_at": iso(cloud.now()),
        "updated_at": None,
        "links": [],
    }
    alarms.stand(cloud, "900.007")
    return cloud.kube.upgrade


def ask(cloud: Cloud, state: str) -> Json:
    """Take the next step, where it is its turn."""
    at = _the(cloud)
    if state in ONLY_SIMPLEX and not cloud.system.is_simplex:
        mode = cloud.system.system_mode
        raise client(f"The 'system {ONLY_SIMPLEX[state]}' is not supported in {mode}")
    if state == "upgrade-aborting":
        _abort(cloud, at)
    elif state == "upgrade-complete":
        _complete(cloud, at)
    elif state not in STEPS:
        raise client(f"Invalid state {state} supplied")
    else:
        after, done, lasts = STEPS[state]
        if at["state"] not in after:
            raise client(f"Kubernetes upgrade must be in {' or '.join(after)} state to go on")
        _run(cloud, at, state, done, lasts)
    return at


def _the(cloud: Cloud) -> Json:
    if cloud.kube.upgrade is None:
        raise client("A kubernetes upgrade is not in progress")
    return cloud.kube.upgrade


def _run(
    cloud: Cloud,
    at: Json,
    state: str,
    done: str,
    lasts: float,
    told: Callable[[bool], None] = lambda _well: None,
) -> None:
    _to(cloud, at, state)

    def end() -> None:
        if cloud.kube.upgrade is at and at["state"] == state:
            well = not _fails(cloud, state)
            told(well)
            _to(cloud, at, done if well else f"{state.replace('-started', '')}-failed")

    cloud.clock.at(cloud.jitter(lasts), end)


def _fails(cloud: Cloud, part: str) -> bool:
    """Whether this part was ordered to fail, once."""
    failed = part in cloud.software.doomed
    cloud.software.doomed.discard(part)
    return failed


def _to(cloud: Cloud, at: Json, state: str) -> None:
    at["state"], at["updated_at"] = state, iso(cloud.now())


def _abort(cloud: Cloud, at: Json) -> None:
    over = {"upgrade-aborting", "upgrade-aborted", "upgrade-complete"}
    if at["state"] in over or at["state"].startswith("post-"):
        raise client(f"Cannot abort the kubernetes upgrade it is in {at['state']} state")

    def back() -> None:
        cloud.kube.planes.clear()
        cloud.kube.kubelets.clear()
        cloud.kube.statuses.clear()
        _to(cloud, at, "upgrade-aborted")

    _to(cloud, at, "upgrade-aborting")
    cloud.clock.at(cloud.jitter(90), back)


def _complete(cloud: Cloud, at: Json) -> None:
    if at["state"] not in {"upgrading-kubelets", "uncordon-complete"}:
        raise client("Kubernetes upgrade must be in upgrading-kubelets state to complete")
    if any(cloud.kube.kubelet(host) != at["to_version"] for host in nodes(cloud)):
        raise client("At least one host has not completed the kubernetes upgrade")
    cloud.kube.running = at["to_version"]
    cloud.kube.planes.clear()
    cloud.kube.kubelets.clear()
    cloud.kube.statuses.clear()
    _to(cloud, at, "upgrade-complete")


def delete(cloud: Cloud) -> None:
    """Forget the upgrade."""
    at = _the(cloud)
    if at["state"] not in DELETED_FROM:
        raise client(f"Kubernetes upgrade must be in {' or '.join(DELETED_FROM)} state to delete")
    cloud.kube.upgrade = None
    alarms.lift(cloud, "900.007")


# --- host by host ------------------------------------------------------------------------------


def control_plane(cloud: Cloud, host: Host) -> None:
    """Upgrade a controller's control plane: first the one, then the other."""
    at, kube = _the(cloud), cloud.kube
    if host.personality != "controller":
        raise client("This host does not have a kubernetes control plane.")
    first = not kube.planes
    wanted = {"upgraded-storage", "cordon-complete", "upgrading-first-master-failed"}
    if not first:
        wanted = {"upgraded-first-master", "upgrading-second-master-failed"}
    if kube.plane(host) == at["to_version"]:
        raise client("The control plane was already upgraded.")
    if at["state"] not in wanted:
        raise client("The kubernetes upgrade is not in a valid state to upgrade the control plane.")
    if not host.is_serving:
        raise client("The host must be unlocked and available to upgrade the control plane.")
    which = "first" if first else "second"
    kube.statuses[host.uuid] = "upgrading-control-plane"

    def told(well: bool) -> None:
        if well:
            kube.planes[host.uuid] = at["to_version"]
            kube.statuses.pop(host.uuid, None)
        else:
            kube.statuses[host.uuid] = "upgrading-control-plane-failed"

    states = (f"upgrading-{which}-master", f"upgraded-{which}-master")
    _run(cloud, at, *states, CONTROL_PLANE_S, told)


def kubelet(cloud: Cloud, host: Host) -> None:
    """Upgrade a host's kubelet: locked, but on simplex; controllers before workers."""
    at, kube, simple = _the(cloud), cloud.kube, cloud.system.is_simplex
    last = "upgraded-first-master" if simple else "upgraded-second-master"
    if at["state"] not in {last, "upgrading-kubelets"}:
        words = f"the {last} or upgrading-kubelets state to upgrade the kubelet."
        raise client(f"The kubernetes upgrade must be in {words}")
    behind = [c for c in cloud.of("controller") if kube.kubelet(c) != at["to_version"]]
    if host.personality == "worker" and behind:
        raise client(
            "The kubelets on all controller hosts must be upgraded before upgrading kubelets on "
            "worker hosts."
        )
    is_out = (host.administrative, host.availability) == ("locked", "online")
    if not (host.is_serving if simple else is_out):
        how = "unlocked and available" if simple else "locked and online"
        raise client(f"The host must be {how} to upgrade the kubelet.")
    kube.statuses[host.uuid] = "upgrading-kubelet"
    _to(cloud, at, "upgrading-kubelets")
    cloud.clock.at(cloud.jitter(KUBELET_S), partial(_kubelet_done, cloud, host, at))


def _kubelet_done(cloud: Cloud, host: Host, at: Json) -> None:
    kube = cloud.kube
    if _fails(cloud, f"kubelet-{host.name}"):
        kube.statuses[host.uuid] = "upgrading-kubelet-failed"
        return
    kube.kubelets[host.uuid] = at["to_version"]
    kube.statuses[host.uuid] = "upgraded-kubelet"


PARTS: dict[str, Any] = {
    "kube_upgrade_control_plane": control_plane,
    "kube_upgrade_kubelet": kubelet,
}


def host_reply(name: str) -> Any:
    """Answer what came for one of these below a host."""

    def route(cloud: Cloud, request: Request, host: Host) -> Answer:
        if request.method != "POST":
            raise no_such_method(request.method, "POST")
        PARTS[name](cloud, host)
        return answer(host.draw(f"{request.base}/platform"))

    return route
