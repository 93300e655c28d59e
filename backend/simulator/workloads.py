"""What the pretend cluster runs, and where each pod of it is: worked out of hosts and orders."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Iterator, Mapping, Optional

from backend.simulator.cloud import Cloud
from backend.simulator.model import Host
from backend.simulator.orders import Key, Orders, Slot

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
    labels: Mapping[str, str] = field(default_factory=dict)


WORKLOADS = (
    Workload(SYSTEM, "calico-node", "quay.io/calico/node:v3.28.0", sort="daemonsets"),
    Workload(SYSTEM, "kube-proxy", "registry.k8s.io/kube-proxy:v1.29.2", sort="daemonsets"),
    Workload(SYSTEM, "kube-multus-ds-amd64", "ghcr.io/k8snetworkplumbingwg/multus-cni:v4.0.2-thick",
             sort="daemonsets"),
    Workload(SYSTEM, "coredns", "registry.k8s.io/coredns/coredns:v1.11.1", 2, controls=True,
             labels={"k8s-app": "kube-dns"}),
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
# Budgets by what they hold for: how many of its pods are to be ready.
BUDGETS = {"portal/web": 2}


def is_node(host: Host) -> bool:
    """Whether a host is of the cluster: those that were unlocked once and run containers."""
    roles = (host.subfunctions or "").split(",")
    has = host.personality == "controller" or "worker" in roles
    return bool(has and host.hostname and host.invprovision == "provisioned")


def is_ready(host: Host) -> bool:
    """Whether its kubelet answers."""
    works = host.subfunction_oper == "enabled" or "worker" not in (host.subfunctions or "")
    return host.operational == "enabled" and works


def signature(cloud: Cloud, orders: Orders) -> tuple[object, ...]:
    """Return what all objects are worked out of: as long as it is the same, so are they."""
    hosts = tuple(
        (host.hostname, host.administrative, is_node(host), is_ready(host)) for host in cloud.hosts
    )
    now = cloud.clock.now()
    return (hosts, orders.count, orders.starting(now), len(orders.growing(now)), ceph_of(cloud))


def ceph_of(cloud: Cloud) -> tuple[object, ...]:
    """Return what the health of Ceph is worked out of, beside the hosts."""
    osds = (frozenset(cloud.lost_osds), frozenset(cloud.recovering), frozenset(cloud.ceph.flags))
    return (*osds, frozenset(cloud.ceph.out), len(cloud.standing))


@dataclass(frozen=True)
class Stand:
    """A pod of a workload where it is now: its name, its place among the others, its node."""

    work: Workload
    name: str
    place: str
    host: Optional[Host]
    owner: tuple[str, str]

    @property
    def key(self) -> Key:
        """Its place among all."""
        return self.work.namespace, self.work.name, self.place


def stands(cloud: Cloud, orders: Orders) -> Iterator[Stand]:
    """Yield every pod there is, with the place it was made for."""
    nodes = [host for host in cloud.hosts if is_node(host)]
    for host in nodes:
        for name in CONTROL_PLANE if host.personality == "controller" else ():
            work = Workload(SYSTEM, name, f"registry.k8s.io/{name}:v1.29.2", sort="")
            node = str(host.hostname)
            yield Stand(work, f"{name}-{node}", node, host, ("Node", node))
    for work in WORKLOADS:
        yield from _stands(work, nodes, orders)


def _stands(work: Workload, nodes: list[Host], orders: Orders) -> Iterator[Stand]:
    """Yield the pods of a workload where they run now; without a node they wait."""
    owner = _set_name(work, orders)
    if work.sort == "daemonsets":
        for host in nodes:
            node = str(host.hostname)
            anew = _again(orders.slot(work.namespace, work.name, node))
            name = f"{work.name}-{tail(work.name, node, *anew)}"
            yield Stand(work, name, node, host, ("DaemonSet", owner))
        return
    fit = homes(work, nodes)
    for copy in range(orders.copies(work.sort, work.namespace, work.name, work.copies)):
        slot = orders.slot(work.namespace, work.name, str(copy))
        place = _home(copy, slot, fit, orders)
        if work.sort == "statefulsets":
            yield Stand(work, f"{work.name}-{copy}", str(copy), place, ("StatefulSet", owner))
            continue
        where = str(place.hostname) if place is not None else ""
        own = tail(f"{work.name}{copy}", where, *_again(slot))
        yield Stand(work, f"{owner}-{own}", str(copy), place, ("ReplicaSet", owner))


def homes(work: Workload, nodes: list[Host]) -> list[Host]:
    """Return the hosts that pods of a workload may be on."""
    fit = [host for host in nodes if is_ready(host) and host.administrative == "unlocked"]
    return [host for host in fit if (host.personality == "controller") == work.controls] or fit


def _home(copy: int, slot: Slot, fit: list[Host], orders: Orders) -> Optional[Host]:
    """Return where a pod is: where it was made for, or where it was before all orders."""
    there = next((host for host in fit if host.hostname == slot.node), None)
    if there is not None:
        return there
    takes = [host for host in fit if orders.takes(host)] if slot.anew else fit
    return takes[(copy + slot.anew) % len(takes)] if takes else None


def _again(slot: Slot) -> tuple[str, ...]:
    return (str(slot.anew),) if slot.anew else ()


def _set_name(work: Workload, orders: Orders) -> str:
    if work.sort != "deployments":
        return work.name
    rolls = orders.rolls.get((work.sort, work.namespace, work.name), 0)
    of = f"{work.image}/{rolls}" if rolls else work.image
    return f"{work.name}-{uuid.uuid5(uuid.NAMESPACE_URL, of).hex[:9]}"


def tail(*of: str) -> str:
    """Return five letters that are always the same for the same words."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, "/".join(of)).hex[:5]
