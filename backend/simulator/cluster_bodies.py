"""The objects of the pretend cluster, in Kubernetes' own shapes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from backend.simulator.cloud import Cloud
from backend.simulator.kube_storage import mounts, storage
from backend.simulator.model import Host, Json
from backend.simulator.orders import Key, Orders, Slot, changed
from backend.simulator.workloads import (
    BUDGETS,
    CRASH,
    SYSTEM,
    WORKLOADS,
    Stand,
    Workload,
    is_node,
    is_ready,
    stands,
    tail,
)

Objects = dict[Key, Json]
FIRST = Slot()
_KINDS = {"deployments": "Deployment", "daemonsets": "DaemonSet", "statefulsets": "StatefulSet"}


def stamp(at: datetime) -> str:
    """Return an instant as Kubernetes writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def objects(cloud: Cloud, orders: Orders) -> Objects:
    """Return every object there is."""
    nodes = [host for host in cloud.hosts if is_node(host)]
    began = cloud.clock.began - timedelta(days=41)
    found: Objects = {}

    def put(plural: str, body: Json, slot: Slot = FIRST) -> None:
        meta = body["metadata"]
        key = (plural, meta.get("namespace", ""), meta["name"])
        anew = f"/{slot.anew}" if slot.anew else ""
        meta["uid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(key) + anew))
        meta.setdefault("creationTimestamp", stamp(slot.began or began))
        found[key] = changed(body, orders.change(*key))

    for name in dict.fromkeys(("default", SYSTEM, *(one.namespace for one in WORKLOADS))):
        put("namespaces", _object("v1", "Namespace", "", name, status={"phase": "Active"}))
    for host in nodes:
        put("nodes", _node(cloud, host, orders))
    for name, budget in BUDGETS.items():
        put("poddisruptionbudgets", _budget(name, budget))
    standing: list[Json] = []
    for stand in stands(cloud, orders):
        work, slot = stand.work, orders.slot(*stand.key)
        pod = _pod(work, stand, slot.began or began, slot.starts(cloud.clock.now()))
        put("pods", pod, slot)
        standing.append(pod)
        if work.crashes:
            put("events", _event(pod, began, cloud.clock.now()))
    for work in WORKLOADS:
        pods = [pod for pod in standing if _is_of(pod, work)]
        put(work.sort, _controller(work, pods, orders))
    for plural, body in storage(cloud, orders, standing):
        put(plural, body)
    for body in found.values():
        if body["kind"] == "PodDisruptionBudget":
            body["status"] = _allows(body, standing)
    return found


def log_of(pod: Json, now: datetime) -> list[str]:
    """Return what a container wrote, each line with its time."""
    crashes = any("waiting" in one["state"] for one in pod["status"]["containerStatuses"])
    name = pod["metadata"]["name"]
    words = ["starting", "reading its configuration", "error: " + CRASH]
    if not crashes:
        words = [
            f"{name}: request {number} answered in {number % 7 + 1} ms" for number in range(40)
        ]
    began = now - timedelta(seconds=len(words))
    return [
        f"{(began + timedelta(seconds=at)).strftime('%Y-%m-%dT%H:%M:%S.%f')}000Z {text}"
        for at, text in enumerate(words)
    ]


def _object(version: str, kind: str, namespace: str, name: str, **more: Any) -> Json:
    meta: Json = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **more}


def _node(cloud: Cloud, host: Host, orders: Orders) -> Json:
    ready, now = is_ready(host), stamp(cloud.clock.now())
    since = stamp((host.booted_at if ready else host.updated_at) or cloud.clock.now())
    reason = "KubeletReady" if ready else "NodeStatusUnknown"
    message = "kubelet is posting ready status" if ready else "Kubelet stopped posting node status."
    body = _object(
        "v1",
        "Node",
        "",
        str(host.hostname),
        spec={"unschedulable": True} if orders.is_cordoned(host) else {},
        status={
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True" if ready else "Unknown",
                    "reason": reason,
                    "message": message,
                    "lastTransitionTime": since,
                    "lastHeartbeatTime": now,
                }
            ],
            "addresses": [
                {"type": "InternalIP", "address": host.mgmt_ip or ""},
                {"type": "Hostname", "address": host.hostname},
            ],
            "capacity": {"cpu": "64", "memory": "528280408Ki", "pods": "110",
                         "hugepages-1Gi": "96Gi"},
            "allocatable": {"cpu": "60", "memory": "402653184Ki", "pods": "110",
                            "hugepages-1Gi": "96Gi"},
            "nodeInfo": {
                "kubeletVersion": cloud.kube.kubelets.get(str(host.hostname), cloud.kube.running),
                "containerRuntimeVersion": "containerd://1.7.13",
                "osImage": "Debian GNU/Linux 11 (bullseye)",
                "kernelVersion": "5.10.0-6-amd64",
                "architecture": "amd64",
                "operatingSystem": "linux",
            },
        },
    )  # fmt: skip
    body["metadata"]["labels"] = {"kubernetes.io/hostname": host.hostname}
    if host.personality == "controller":
        body["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = ""
    return body


def _pod(work: Workload, stand: Stand, began: datetime, starts: bool) -> Json:
    host = stand.host
    runs = host is not None and not starts
    ready = runs and is_ready(host) and not work.crashes if host is not None else False
    container: Json = {"name": work.name, "image": work.image, "resources": {}}
    if work.asks:
        container["resources"] = {"requests": work.asks, "limits": work.asks}
    body = _object(
        "v1",
        "Pod",
        work.namespace,
        stand.name,
        spec={
            "containers": [container],
            "restartPolicy": "Always",
            "volumes": mounts(work.namespace, work.name),
            **({"nodeName": host.hostname} if host is not None else {}),
        },
        status={
            "phase": "Running" if runs else "Pending",
            "conditions": _conditions(host is not None, ready, stamp(began)),
            "startTime": stamp(began),
            "qosClass": "Guaranteed" if work.asks else "BestEffort",
            "containerStatuses": [_container(work, ready, stamp(began), starts=starts)]
            if host is not None
            else [],
            **({"hostIP": host.mgmt_ip} if host is not None else {}),
            **({"podIP": _address(stand, host)} if runs and host is not None else {}),
        },
    )
    body["metadata"]["labels"] = {"app": work.name, **work.labels}
    kind, of = stand.owner
    if kind == "Node":
        body["metadata"]["labels"].update(component=work.name, tier="control-plane")
        body["metadata"]["annotations"] = {"kubernetes.io/config.mirror": tail(stand.name)}
    body["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": kind, "name": of, "uid": tail(of), "controller": True}
    ]
    return body


def _address(stand: Stand, host: Host) -> str:
    """Return where a pod is reached: its node's own address, or one of the pods' network."""
    if stand.work.sort in ("", "daemonsets"):
        return str(host.mgmt_ip)
    number = uuid.uuid5(uuid.NAMESPACE_DNS, stand.name).int
    return f"172.16.{host.id % 250}.{number % 250 + 2}"


def _is_of(pod: Json, work: Workload) -> bool:
    meta = pod["metadata"]
    return bool(meta["namespace"] == work.namespace and meta["labels"]["app"] == work.name)


def _budget(name: str, least: int) -> Json:
    namespace, _, app = name.partition("/")
    spec = {"minAvailable": least, "selector": {"matchLabels": {"app": app}}}
    return _object("policy/v1", "PodDisruptionBudget", namespace, app, spec=spec)


def _allows(budget: Json, pods: list[Json]) -> Json:
    """Return how many of its pods a budget lets go now."""
    least, app = budget["spec"]["minAvailable"], budget["spec"]["selector"]["matchLabels"]["app"]
    its = [pod for pod in pods if pod["metadata"]["labels"]["app"] == app]
    healthy = sum(one["ready"] for pod in its for one in pod["status"]["containerStatuses"])
    return {
        "currentHealthy": healthy,
        "desiredHealthy": least,
        "expectedPods": len(its),
        "disruptionsAllowed": max(healthy - least, 0),
    }


def _conditions(placed: bool, ready: bool, since: str) -> list[Json]:
    told: list[Json] = [{"type": "PodScheduled", "status": "True", "lastTransitionTime": since}]
    if not placed:
        told[0].update(
            status="False",
            reason="Unschedulable",
            message="no node that is ready and may be scheduled to",
        )
        return told
    word = "True" if ready else "False"
    for name in ("ContainersReady", "Ready"):
        told += [{"type": name, "status": word, "lastTransitionTime": since}]
    return told


def _container(work: Workload, ready: bool, since: str, *, starts: bool) -> Json:
    state: Json = {"running": {"startedAt": since}}
    last: Json = {}
    if starts:
        state = {"waiting": {"reason": "ContainerCreating"}}
    elif work.crashes:
        words = f"back-off 5m0s restarting failed container={work.name}"
        state = {"waiting": {"reason": "CrashLoopBackOff", "message": words}}
        last = {"terminated": {"exitCode": 1, "reason": "Error", "message": CRASH,
                               "startedAt": since, "finishedAt": since}}  # fmt: skip
    return {
        "name": work.name,
        "image": work.image,
        "imageID": work.image,
        "ready": ready,
        "started": ready,
        "restartCount": 63 if work.crashes and not starts else 0,
        "state": state,
        "lastState": last,
    }


def _controller(work: Workload, pods: list[Json], orders: Orders) -> Json:
    ready = sum(one["ready"] for pod in pods for one in pod["status"]["containerStatuses"])
    labels = {"app": work.name}
    template = {"metadata": {"labels": labels}, "spec": pods[0]["spec"] if pods else {}}
    spec: Json = {"selector": {"matchLabels": labels}, "template": template}
    status: Json = {}
    if work.sort == "daemonsets":
        count = len(pods)
        status.update(desiredNumberScheduled=count, currentNumberScheduled=count,
                      updatedNumberScheduled=count, numberReady=ready,
                      numberAvailable=ready)  # fmt: skip
    else:
        spec["replicas"] = orders.copies(work.sort, work.namespace, work.name, work.copies)
        status.update(replicas=len(pods), updatedReplicas=len(pods), readyReplicas=ready,
                      availableReplicas=ready)  # fmt: skip
    body = _object(
        "apps/v1", _KINDS[work.sort], work.namespace, work.name, spec=spec, status=status
    )
    rolls = orders.rolls.get((work.sort, work.namespace, work.name), 0)
    body["metadata"]["generation"] = 1 + rolls
    body["status"]["observedGeneration"] = 1 + rolls
    return body


def _event(pod: Json, began: datetime, now: datetime) -> Json:
    meta = pod["metadata"]
    body = _object(
        "v1",
        "Event",
        meta["namespace"],
        f"{meta['name']}.{tail(meta['name'], 'event')}",
        type="Warning",
        reason="BackOff",
        message="Back-off restarting failed container",
        count=940,
        firstTimestamp=stamp(began),
        lastTimestamp=stamp(now),
        source={"component": "kubelet", "host": pod["spec"].get("nodeName", "")},
    )
    about = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"]}
    body["involvedObject"] = {**about, "uid": meta["uid"]}
    return body
