"""What nodes have beside CPUs and memory: VFs of SR-IOV, huge pages, isolated CPUs; by node."""

from __future__ import annotations

from typing import Any, Iterator, Optional

from backend.kind import Body, Column, Derived, Kind, Row, Tab
from backend.kinds.kube_amounts import amount, shown
from backend.kinds.kube_nodes import asked_of, pods_on
from backend.kinds.kube_object import bad, warned
from backend.known import Known
from backend.tone import WELL, Look, Mark


class NodeResource(Row):
    """A resource of a node that a device plug-in or the kubelet counts; amounts as numbers.

    ``capacity`` is what there is, ``allocatable`` what pods can get, ``used`` what they ask for:
    None where pods were not read.
    """

    key: str
    node: str
    resource: str
    capacity: float = 0.0
    allocatable: float = 0.0
    used: Optional[float] = None
    pods: Optional[int] = None

    @property
    def free(self) -> Optional[float]:
        """What a pod could still get."""
        return None if self.used is None else max(self.allocatable - self.used, 0.0)

    def said(self, value: Optional[float]) -> Optional[str]:
        """Return an amount of it as people read it."""
        return None if value is None else shown(self.resource, value)


def _is_counted(resource: str) -> bool:
    """Whether a resource is more than every node has: a device, or pages of memory."""
    return "/" in resource or resource.startswith("hugepages-")


def resources(known: Known) -> Iterator[Body]:
    """Yield what each node has of each such resource."""
    is_read = known.has("pods")
    for node in known.rows("nodes"):
        asked = asked_of(node, known)
        names = dict.fromkeys((*node.capacity, *node.allocatable, *asked))
        for name in sorted(filter(_is_counted, names)):
            users = [pod for pod in pods_on(node.name, known) if pod.holds.get(name)]
            yield {
                "key": f"{node.name}/{name}",
                "node": node.name,
                "resource": name,
                "capacity": amount(node.capacity.get(name)),
                "allocatable": amount(node.allocatable.get(name)),
                "used": asked.get(name, 0.0) if is_read else None,
                "pods": len(users) if is_read else None,
            }


def _look(row: NodeResource, _known: Known) -> Look:
    if row.used is not None and row.used > row.allocatable:
        can = row.said(row.allocatable)
        return bad(f"{row.said(row.used)} are asked for, and it can give {can}")
    if row.allocatable < row.capacity:
        lost = row.said(row.capacity - row.allocatable)
        words = f"{lost} of {row.said(row.capacity)} cannot be given"
        return warned(f"{words}: not healthy, or reserved")
    if row.used is None:
        words = "pods were not read: how much of it is asked for is not known"
        return Look(mark=Mark.UNKNOWN, notes=(words,))
    if row.allocatable and not row.free:
        return warned("none is left: no pod that asks for it is placed here")
    return WELL


def _uses(row: NodeResource, pod: Any) -> bool:
    return bool(pod.node == row.node and pod.holds.get(row.resource))


def _amount(heading: str, name: str) -> Column[NodeResource]:
    return Column(
        heading=heading,
        value=lambda row: row.said(getattr(row, name)),
        order=lambda row, _known: getattr(row, name),
        right=True,
    )


def _share(row: NodeResource) -> Optional[str]:
    if row.used is None or not row.allocatable:
        return None
    return f"{row.used / row.allocatable:.0%}"


NODE_RESOURCES: Kind[NodeResource] = Kind(
    name="node-resources",
    singular="node-resource",
    model=NodeResource,
    read=Derived(rows=resources, made_of=("nodes", "pods")),
    id=lambda row: row.key,
    label=lambda row: row.key,
    columns=(
        Column(heading="NODE", value=lambda row: row.node, most=20),
        Column(heading="RESOURCE", value=lambda row: row.resource, most=40),
        _amount("CAPACITY", "capacity"),
        _amount("ALLOC", "allocatable"),
        _amount("USED", "used"),
        _amount("FREE", "free"),
        Column(heading="SHARE", value=_share, right=True, wide=True),
        Column(heading="PODS", value=lambda row: row.pods, right=True, wide=True),
    ),
    sort=lambda row, _known: (row.node, row.resource),
    look=_look,
    tabs=(Tab(key="p", title="Pods", kind="pods", related=_uses, needs=("pods",)),),
    aliases=("device-resources", "sriov-resources", "sriov"),
    needs=("nodes", "pods"),
    is_inventory=False,
)
