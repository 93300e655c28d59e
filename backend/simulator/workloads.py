"""What the pretend cluster runs, as Kubernetes' own objects, worked out of the hosts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Iterator, Optional

from backend.simulator.cloud import Cloud
from backend.simulator.model import Host, Json

Objects = dict[tuple[str, str, str], Json]
"""By plural, namespace and name."""

SYSTEM = "kube-system"
CRASH = "the probe cannot open /dev/gnss0: No such file or directory"


@dataclass(frozen=True)
class Workload:
    """What somebody runs: ``copies`` on controllers or workers; 0 is one on every node."""

    namespace: str
    name: str
    image: str
    copies: int = 0
    controls: bool = False
    sort: str = "deployments"
    crashes: bool = False
    asks: Optional[dict[str, str]] = None


WORKLOADS = (
    Workload(SYSTEM, "calico-node", "quay.io/calico/node:v3.28.0", sort="daemonsets"),
    Workload(SYSTEM, "kube-proxy", "registry.k8s.io/kube-proxy:v1.29.2", sort="daemonsets"),
    Workload(SYSTEM, "kube-multus-ds-amd64", "ghcr.io/k8snetworkplumbingwg/multus-cni:v4.0.2-thick",
             sort="daemonsets"),
    Workload(SYSTEM, "coredns", "registry.k8s.io/coredns/coredns:v1.11.1", 2, controls=True),
    Workload(SYSTEM, "calico-kube-controllers", "quay.io/calico/kube-controllers:v3.28.0", 1,
             controls=True),
    Workload("cert-manager", "cm-cert-manager", "quay.io/jetstack/cert-manager-controller:v1.13.3",
             2, controls=True),
    Workload("flux-helm", "helm-controller", "docker.io/fluxcd/helm-controller:v1.0.1", 1,
             controls=True),
    Workload("flux-helm", "source-controller", "docker.io/fluxcd/source-controller:v1.3.0", 1,
             controls=True),
    Workload("portal", "web", "registry.local:9001/portal/web:2.4.1", 3,
             asks={"cpu": "500m", "memory": "256Mi"}),
    Workload("oran", "du-1", "registry.local:9001/oran/du:5.1", 1, sort="statefulsets",
             asks={"cpu": "8", "memory": "2Gi", "hugepages-1Gi": "2Gi"}),
    Workload("lab", "gnss-probe", "registry.local:9001/lab/gnss-probe:0.3", 1, crashes=True),
)  # fmt: skip
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
_KINDS = {"deployments": "Deployment", "daemonsets": "DaemonSet", "statefulsets": "StatefulSet"}


def stamp(at: datetime) -> str:
    """Return an instant as Kubernetes writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def is_node(host: Host) -> bool:
    """Whether a host is of the cluster: those that were unlocked once and run containers."""
    roles = (host.subfunctions or "").split(",")
    has = host.personality == "controller" or "worker" in roles
    return bool(has and host.hostname and host.invprovision == "provisioned")


def is_ready(host: Host) -> bool:
    """Whether its kubelet answers."""
    works = host.subfunction_oper == "enabled" or "worker" not in (host.subfunctions or "")
    return host.operational == "enabled" and works


def signature(cloud: Cloud) -> tuple[object, ...]:
    """Return what all objects are worked out of: as long as it is the same, so are they."""
    return tuple(
        (host.hostname, host.administrative, is_node(host), is_ready(host)) for host in cloud.hosts
    )


def objects(cloud: Cloud) -> Objects:
    """Return every object there is."""
    nodes = [host for host in cloud.hosts if is_node(host)]
    began = cloud.clock.now() - timedelta(days=41)
    found: Objects = {}

    def put(plural: str, body: Json) -> None:
        meta = body["metadata"]
        key = (plural, meta.get("namespace", ""), meta["name"])
        meta["uid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(key)))
        meta.setdefault("creationTimestamp", stamp(began))
        found[key] = body

    for name in dict.fromkeys(("default", SYSTEM, *(one.namespace for one in WORKLOADS))):
        put("namespaces", _object("v1", "Namespace", "", name, status={"phase": "Active"}))
    for host in nodes:
        put("nodes", _node(cloud, host))
    for host in nodes:
        for name in CONTROL_PLANE if host.personality == "controller" else ():
            work = Workload(SYSTEM, name, f"registry.k8s.io/{name}:v1.29.2")
            put("pods", _pod(work, f"{name}-{host.hostname}", host, began, ("Node", host.hostname)))
    for work in WORKLOADS:
        pods = list(_pods(work, nodes, began))
        put(work.sort, _controller(work, pods))
        for pod in pods:
            put("pods", pod)
            if work.crashes:
                put("events", _event(pod, began, cloud.clock.now()))
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


def _node(cloud: Cloud, host: Host) -> Json:
    ready, now = is_ready(host), stamp(cloud.clock.now())
    since = stamp(host.booted_at or cloud.clock.now())
    reason = "KubeletReady" if ready else "NodeStatusUnknown"
    message = "kubelet is posting ready status" if ready else "Kubelet stopped posting node status."
    body = _object(
        "v1",
        "Node",
        "",
        str(host.hostname),
        spec={"unschedulable": True} if host.administrative == "locked" else {},
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


def _pods(work: Workload, nodes: list[Host], began: datetime) -> Iterator[Json]:
    """Yield the pods of a workload where they run now; without a place they wait."""
    owner = ({"deployments": "ReplicaSet"}.get(work.sort, _KINDS[work.sort]), _set_name(work))
    if work.sort == "daemonsets":
        for host in nodes:
            yield _pod(
                work, f"{work.name}-{_tail(work.name, str(host.hostname))}", host, began, owner
            )
        return
    fit = [host for host in nodes if is_ready(host) and host.administrative == "unlocked"]
    fit = [host for host in fit if (host.personality == "controller") == work.controls] or fit
    for copy in range(work.copies):
        place = fit[copy % len(fit)] if fit else None
        if work.sort == "statefulsets":
            name = f"{work.name}-{copy}"
        else:
            tail = _tail(f"{work.name}{copy}", str(place.hostname) if place is not None else "")
            name = f"{_set_name(work)}-{tail}"
        yield _pod(work, name, place, began, owner)


def _set_name(work: Workload) -> str:
    if work.sort != "deployments":
        return work.name
    return f"{work.name}-{uuid.uuid5(uuid.NAMESPACE_URL, work.image).hex[:9]}"


def _tail(*of: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_DNS, "/".join(of)).hex[:5]


def _pod(
    work: Workload,
    name: str,
    host: Optional[Host],
    began: datetime,
    owner: tuple[str, Optional[str]],
) -> Json:
    answers = host is not None and is_ready(host)
    ready = answers and not work.crashes
    phase = "Running" if host is not None else "Pending"
    container: Json = {"name": work.name, "image": work.image, "resources": {}}
    if work.asks:
        container["resources"] = {"requests": work.asks, "limits": work.asks}
    body = _object(
        "v1",
        "Pod",
        work.namespace,
        name,
        spec={
            "containers": [container],
            "restartPolicy": "Always",
            **({"nodeName": host.hostname} if host is not None else {}),
        },
        status={
            "phase": phase,
            "conditions": _conditions(host is not None, ready, stamp(began)),
            "startTime": stamp(began),
            "qosClass": "Guaranteed" if work.asks else "BestEffort",
            "containerStatuses": [_container(work, ready, stamp(began))]
            if host is not None
            else [],
            **({"hostIP": host.mgmt_ip} if host is not None else {}),
        },
    )
    body["metadata"]["labels"] = {"app": work.name}
    kind, of = owner
    body["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": kind, "name": of, "uid": _tail(str(of)), "controller": True}
    ]
    return body


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


def _container(work: Workload, ready: bool, since: str) -> Json:
    state: Json = {"running": {"startedAt": since}}
    last: Json = {}
    if work.crashes:
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
        "restartCount": 63 if work.crashes else 0,
        "state": state,
        "lastState": last,
    }


def _controller(work: Workload, pods: list[Json]) -> Json:
    ready = sum(one["ready"] for pod in pods for one in pod["status"]["containerStatuses"])
    labels = {"app": work.name}
    template = {"metadata": {"labels": labels}, "spec": pods[0]["spec"] if pods else {}}
    spec: Json = {"selector": {"matchLabels": labels}, "template": template}
    status: Json = {"observedGeneration": 1}
    if work.sort == "daemonsets":
        count = len(pods)
        status.update(desiredNumberScheduled=count, currentNumberScheduled=count,
                      updatedNumberScheduled=count, numberReady=ready,
                      numberAvailable=ready)  # fmt: skip
    else:
        spec["replicas"] = work.copies
        status.update(replicas=len(pods), updatedReplicas=len(pods), readyReplicas=ready,
                      availableReplicas=ready)  # fmt: skip
    body = _object(
        "apps/v1", _KINDS[work.sort], work.namespace, work.name, spec=spec, status=status
    )
    body["metadata"]["generation"] = 1
    return body


def _event(pod: Json, began: datetime, now: datetime) -> Json:
    meta = pod["metadata"]
    body = _object(
        "v1",
        "Event",
        meta["namespace"],
        f"{meta['name']}.{_tail(meta['name'], 'event')}",
        type="Warning",
        reason="BackOff",
        message="Back-off restarting failed container",
        count=940,
        firstTimestamp=stamp(began),
        lastTimestamp=stamp(now),
        source={"component": "kubelet", "host": pod["spec"].get("nodeName", "")},
    )
    body["involvedObject"] = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"]}
    return body
