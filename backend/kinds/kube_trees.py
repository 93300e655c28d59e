"""Trees: an application down to the nodes its pods are on, and a node with what is asked of it."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from backend.figure import Jump, Node, Tree
from backend.kinds.kube_amounts import amount, shown
from backend.kinds.kube_nodes import FIRST, asked_of, pods_on
from backend.kinds.kube_object import KubeObject, by_name
from backend.kinds.kube_pod import Pod
from backend.kinds.kube_pods import trouble_of
from backend.kinds.kube_words import called
from backend.known import Known
from backend.tone import Tone

RUN = ("deployments", "statefulsets", "daemonsets", "jobs")
NEEDS = ("helm-releases", *RUN, "pods", "nodes")
# Labels that Flux puts on all that it installs for a release.
_FLUX = "helm.toolkit.fluxcd.io"
# What StarlingX calls the VFs of a data network.
_VFS = "intel.com/pci_sriov_net_"
# Pods of one workload that are drawn; of more it says how many.
MOST = 40
# A resource that little is left of, as a share.
FULL = 0.9


class _Drawing:
    """Nodes and edges as they are drawn; each below another."""

    def __init__(self) -> None:
        self._nodes: List[Node] = []
        self._edges: List[Tuple[str, str]] = []

    def add(
        self, text: str, under: str = "", tone: Tone = Tone.PLAIN, jump: Optional[Jump] = None
    ) -> str:
        """Draw one, and return its id."""
        made = Node(id=str(len(self._nodes)), text=text, tone=tone, jump=jump)
        self._nodes.append(made)
        if under:
            self._edges.append((under, made.id))
        return made.id

    @property
    def tree(self) -> Tree:
        """All of it."""
        return Tree(tuple(self._nodes), tuple(self._edges))


_UNREAD = "pods were not read"

# --- a node ------------------------------------------------------------------------------------


def of_node(node: Any, known: Known) -> Tree:
    """Return what a node can give, what is asked of it, and by which of its pods."""
    drawing = _Drawing()
    tone = Tone.PLAIN if node.is_ready else Tone.BAD
    root = drawing.add(f"{node.name}  {node.status}", tone=tone)
    asked = asked_of(node, known)
    given = drawing.add("what it can give", root)
    is_read = known.has("pods")
    for name in _resources(node, asked):
        whole, value = amount(node.allocatable.get(name)), asked.get(name, 0.0)
        used = f"{shown(name, value)} of {shown(name, whole)} asked for"
        words = f"{_named(name)}: {used if is_read else shown(name, whole)}"
        is_full = value > whole * FULL if whole else value > 0
        drawing.add(words, given, Tone.WARN if is_full else Tone.PLAIN)
    if not is_read:
        drawing.add(f"{_UNREAD}: what is asked for is not known", root, Tone.WARN)
        return drawing.tree
    pods = sorted(pods_on(node.name, known), key=lambda pod: (pod.namespace, pod.name))
    under = drawing.add(f"{len(pods)} pods", root)
    for pod in pods:
        wants = pod.holds
        words = ", ".join(f"{_named(name)} {shown(name, wants[name])}" for name in _order(wants))
        _pod(drawing, pod, known, under, words or "asks for nothing")
    return drawing.tree


def _resources(node: Any, asked: Dict[str, float]) -> List[str]:
    """Return the resources a node has some of, or is asked for: what every node has first."""
    has = [name for name in node.allocatable if amount(node.allocatable[name])]
    return _order(dict.fromkeys((*has, *asked), 0.0))


def _order(names: Dict[str, float]) -> List[str]:
    first = [name for name in FIRST if name in names]
    return [*first, *sorted(name for name in names if name not in FIRST)]


def _named(resource: str) -> str:
    """Return a resource as people call it; VFs by the data network that they are of."""
    if resource.startswith(_VFS):
        return f"VFs of {resource[len(_VFS) :]}"
    return called(resource)


def _pod(drawing: _Drawing, pod: Pod, known: Known, under: str, words: str) -> str:
    trouble = trouble_of(pod, known)
    tone = Tone.PLAIN if trouble is None else Tone.BAD if trouble.is_bad else Tone.WARN
    why = "" if trouble is None else f"  {trouble.why}"
    text = f"{pod.full_name}  {pod.status} {pod.ready}  {words}{why}".replace("   ", "  ")
    return drawing.add(text.rstrip(), under, tone, Jump("pods", pod.uid))


# --- an application ----------------------------------------------------------------------------


def of_application(application: Any, known: Known) -> Tree:
    """Return the releases of an application's charts, what runs of them, and on which nodes."""
    drawing = _Drawing()
    tone = Tone.BAD if str(application.status or "").endswith("failed") else Tone.PLAIN
    root = drawing.add(f"{application.name}  {application.status}", tone=tone)
    charts = known.rows("charts", of=application.name)
    if not known.has("charts", of=application.name):
        drawing.add("its charts were not read", root, Tone.WARN)
    for chart in charts:
        found = [one for one in known.rows("helm-releases") if is_of(one, chart)]
        for release in found:
            _release(drawing, release, known, root)
        if not found:
            off = "" if chart.is_enabled else "  disabled"
            no = "no Helm release of it in the cluster"
            there = no if known.has("helm-releases") else "the cluster was not asked"
            drawing.add(f"{chart.name}{off}  {there}", root, jump=Jump("charts", chart.key))
    return drawing.tree


def is_of(release: Any, chart: Any) -> bool:
    """Whether a Helm release is that of a chart of sysinv: by its own name, or its chart's."""
    return chart.name in (release.name, release.helm_name, release.chart) and (
        not chart.namespaces or _namespace(release) in chart.namespaces
    )


def of_release(release: Any, known: Known) -> Tree:
    """Return what runs of a Helm release, and on which nodes."""
    drawing = _Drawing()
    _release(drawing, release, known, "")
    return drawing.tree


def _release(drawing: _Drawing, release: Any, known: Known, under: str) -> None:
    ready = str(release.ready.get("status") or "Unknown")
    words = "suspended" if release.suspended else {"True": "ready"}.get(ready, "not ready")
    tone = Tone.BAD if ready == "False" else Tone.PLAIN
    why = f"  {release.ready.get('message')}" if ready == "False" else ""
    at = drawing.add(
        f"{release.full_name}  {words}{why}", under, tone, Jump("helm-releases", release.uid)
    )
    run = list(_run_of(release, known))
    for kind, row in run:
        _workload(drawing, kind, row, known, at)
    unread = [kind for kind in RUN if not known.has(kind)]
    if unread:
        drawing.add(f"not read: {', '.join(unread)}", at, Tone.WARN)
    elif not run:
        drawing.add("nothing runs of it", at)


def _run_of(release: Any, known: Known) -> Iterator[Tuple[str, Any]]:
    """Yield what runs of a release, as Flux and Helm mark it."""
    for kind in RUN:
        for row in known.rows(kind):
            if _is_installed_by(row, release):
                yield kind, row


def _is_installed_by(row: KubeObject, release: Any) -> bool:
    flux = (row.labels.get(f"{_FLUX}/name"), row.labels.get(f"{_FLUX}/namespace"))
    if flux[0]:
        return flux == (release.name, release.namespace)
    name, namespace = getattr(row, "release", ""), getattr(row, "release_namespace", "")
    return bool(name) and (name, namespace or row.namespace) == (
        release.helm_name,
        _namespace(release),
    )


def _namespace(release: Any) -> str:
    return str(release.target or release.namespace)


def _workload(drawing: _Drawing, kind: str, row: Any, known: Known, under: str) -> None:
    from backend.kinds.kubernetes import BY_NAME

    declared = BY_NAME[kind]
    look = declared.look(row, known)
    notes = f"  {look.notes[0]}" if look.notes else ""
    words = f"{declared.singular.replace('kube-', '')} {row.full_name}{notes}"
    at = drawing.add(words, under, look.tone, Jump(kind, row.uid))
    pods = [
        pod
        for pod in known.rows("pods")
        if pod.namespace == row.namespace and row.selects(pod.labels)
    ]
    if not known.has("pods"):
        drawing.add(_UNREAD, at, Tone.WARN)
    nodes = by_name(known.rows("nodes"))
    for pod in pods[:MOST]:
        below = _pod(drawing, pod, known, at, "")
        node = nodes.get(("", pod.node))
        if node is not None:
            tone = Tone.PLAIN if node.is_ready else Tone.BAD
            drawing.add(f"{node.name}  {node.status}", below, tone, Jump("nodes", node.uid))
        elif pod.node and known.has("nodes"):
            drawing.add(f"{pod.node}  not among the nodes", below, Tone.BAD)
        elif pod.node:
            drawing.add(f"{pod.node}  nodes were not read", below, Tone.WARN)
    if len(pods) > MOST:
        drawing.add(f"and {len(pods) - MOST} more pods", at, jump=Jump(kind, row.uid))
