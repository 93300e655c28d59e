"""Nodes: whether they take pods and are well, and how much of them is asked for."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional

from backend.figure import Bar, Bars, Jump, Line, Lines, Tree
from backend.kind import Column, Kind, Kube, Tab
from backend.kinds.kube_acts import CORDON, UNCORDON
from backend.kinds.kube_amounts import added, amount, shown
from backend.kinds.kube_drain import DRAIN
from backend.kinds.kube_marks import MARKINGS
from backend.kinds.kube_object import (
    Items,
    KubeObject,
    Words,
    bad,
    conditions,
    declared,
    lasted_ms,
    warned,
)
from backend.kinds.kube_pod import Pod, is_placed
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

_ROLE = "node-role.kubernetes.io/"
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
# What is shown of every node; all else only where the node has some.
FIRST = ("cpu", "memory", "pods")


class Node(KubeObject):
    """A node (core/v1)."""

    cordoned: bool = False
    taints: Items = []
    conditions: Items = []
    capacity: Words = {}
    allocatable: Words = {}
    version: str = ""
    kernel: str = ""
    runtime: str = ""
    system: str = ""
    addresses: Items = []
    pod_cidr: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether its kubelet says that it is."""
        return conditions(self.conditions).get("Ready", {}).get("status") == "True"

    @property
    def roles(self) -> str:
        """What it is for, as its labels say."""
        return ",".join(sorted(k[len(_ROLE) :] for k in self.labels if k.startswith(_ROLE)))

    @property
    def address(self) -> str:
        """Where it is within the cluster."""
        found = {one.get("type"): one.get("address") for one in self.addresses}
        return str(found.get("InternalIP") or "")

    @property
    def status(self) -> str:
        """How it stands, as kubectl says it."""
        word = "Ready" if self.is_ready else "NotReady"
        return f"{word},SchedulingDisabled" if self.cordoned else word


@once
def _on_nodes(known: Known) -> Mapping[str, List[Pod]]:
    found: Dict[str, List[Pod]] = {}
    for pod in known.rows("pods"):
        if is_placed(pod):
            found.setdefault(pod.node, []).append(pod)
    return found


def pods_on(node: str, known: Known) -> List[Pod]:
    """Return the pods that hold a part of a node of that name."""
    return _on_nodes(known).get(node, [])


def asked_of(node: Node, known: Known) -> Dict[str, float]:
    """Return how much of a node its pods ask for, by resource."""
    pods = pods_on(node.name, known)
    total = added(pod.holds for pod in pods)
    total["pods"] = float(len(pods))
    return total


def look(node: Node, known: Known) -> Look:
    """Return how a node looks: ready, and nothing that presses it."""
    said = conditions(node.conditions)
    if not node.is_ready:
        ready = said.get("Ready")
        if ready is None:
            return bad("not ready: its kubelet never said that it is")
        why = ready.get("message") or ready.get("reason") or "it does not say why"
        return bad(f"not ready for {span(lasted_ms(ready, known))}: {why}")
    pressed = [said[name] for name in _PRESSURES if said.get(name, {}).get("status") == "True"]
    if pressed:
        return warned(f"{pressed[0].get('type')}: {pressed[0].get('message') or ''}")
    if node.cordoned:
        return Look(tone=Tone.WARN, mark=Mark.OUT, notes=("cordoned: it takes no new pods",))
    return WELL


def _share(resource: str) -> Column[Node]:
    def part(node: Node, known: Known) -> Optional[float]:
        whole = amount(node.allocatable.get(resource))
        if not whole or not known.has("pods"):
            return None
        return asked_of(node, known).get(resource, 0.0) / whole

    def words(node: Node, known: Known) -> Optional[str]:
        found = part(node, known)
        return None if found is None else f"{found:.0%}"

    return Column(heading=resource.upper(), joined=words, order=part, right=True)


def _pods(node: Node, known: Known) -> Optional[int]:
    return len(pods_on(node.name, known)) if known.has("pods") else None


def bars(node: Node, known: Known) -> Bars:
    """Return what its pods ask for against what it can give, each resource it has."""
    asked = asked_of(node, known)
    rest = sorted(name for name in node.allocatable if name not in FIRST)
    found = []
    for name in (*FIRST, *rest):
        whole = amount(node.allocatable.get(name))
        value = asked.get(name, 0.0)
        if whole <= 0 and value <= 0:
            continue
        tone = Tone.WARN if whole and value / whole > 0.9 else Tone.PLAIN
        used = shown(name, value) if known.has("pods") else "? (pods not read)"
        said = f"{used} of {shown(name, whole)}"
        found.append(Bar(label=name, value=value, whole=whole, said=said, tone=tone))
    return Bars(tuple(found))


def strip(node: Node, known: Known) -> Lines:
    """Return where it is, what runs it, and what keeps pods away."""
    lines = [
        Line(
            heading="AT", text="  ".join(x for x in (node.address, node.roles, node.pod_cidr) if x)
        ),
        Line(
            heading="RUNS",
            text="  ".join(x for x in (node.version, node.runtime, node.kernel) if x),
        ),
    ]
    taints = [
        f"{one.get('key')}={one.get('value') or ''}:{one.get('effect')}" for one in node.taints
    ]
    if taints:
        lines.append(Line(heading="TAINTS", text=", ".join(taints)))
    troubled = [pod for pod in pods_on(node.name, known) if pod.trouble(known.now_ms)]
    if troubled:
        words = (
            f"{len(troubled)} of its pods unwell: {', '.join(p.full_name for p in troubled[:4])}"
        )
        lines.append(
            Line(heading="PODS", text=words, tone=Tone.WARN, jump=Jump("pods", troubled[0].uid))
        )
    return Lines(tuple(lines))


def _tree(node: Node, known: Known) -> Tree:
    from backend.kinds.kube_trees import of_node

    return of_node(node, known)


NODES: Kind[Node] = declared(
    "nodes",
    "node",
    Node,
    Kube(
        plural="nodes",
        keep={
            "cordoned": "spec.unschedulable",
            "taints": "spec.taints",
            "conditions": "status.conditions[type,status,reason,message,lastTransitionTime]",
            "capacity": "status.capacity",
            "allocatable": "status.allocatable",
            "version": "status.nodeInfo.kubeletVersion",
            "kernel": "status.nodeInfo.kernelVersion",
            "runtime": "status.nodeInfo.containerRuntimeVersion",
            "system": "status.nodeInfo.osImage",
            "addresses": "status.addresses",
            "pod_cidr": "spec.podCIDR",
        },
    ),
    (
        Column(heading="STATUS", value=lambda node: node.status, most=26),
        _share("cpu"),
        _share("memory"),
        Column(heading="PODS", joined=_pods, right=True),
        Column(heading="VERSION", value=lambda node: node.version, most=14),
        Column(heading="ROLES", value=lambda node: node.roles, wide=True),
        Column(heading="ADDRESS", value=lambda node: node.address, wide=True),
    ),
    aliases=("no",),
    look=look,
    strip=strip,
    needs=("pods",),
    tabs=(
        Tab(
            key="p",
            title="Pods",
            kind="pods",
            related=lambda node, pod: bool(pod.node == node.name),
            needs=("pods",),
        ),
        Tab(key="u", title="Used", figure=bars, needs=("pods",)),
        Tab(key="t", title="Tree", figure=_tree, needs=("pods", "claims", "kube-events")),
    ),
    most=24,
    state_fields=("cordoned",),
    # A host is taken out by the platform, which takes its node with it.
    loses=None,
    actions=(CORDON, UNCORDON, DRAIN, *MARKINGS),
)
