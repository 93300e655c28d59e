"""How a cluster's networks are made: Calico's own objects, Multus' attachments, SR-IOV.

Their kinds are definitions of their own; where a cluster lacks one, it says so and nothing fails.
Where a group changed its version from release to release, the server's own choice is taken.
"""

from __future__ import annotations

import json
from typing import Any, List, Optional, Tuple

from backend.kind import Column, Kind, Kube, Tab
from backend.kinds.kube_object import (
    KubeObject,
    Words,
    bad,
    busy,
    declared,
)
from backend.known import Known
from backend.tone import WELL, Look, Mark


class Spec(KubeObject):
    """An object of which its own ``spec`` says it all; what that is like nobody checks."""

    spec: Words = {}

    def at(self, *steps: str) -> Any:
        """Return what stands in its spec, None where nothing does."""
        value: Any = self.spec
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def listed(self, *steps: str) -> List[Any]:
        """Return the list that stands in its spec, empty where none does."""
        value = self.at(*steps)
        return value if isinstance(value, list) else []

    @property
    def said(self) -> str:
        """All of its spec, on one line."""
        spec = self.spec if isinstance(self.spec, dict) else {"": self.spec}
        return ", ".join(f"{name} {_short(value)}".strip() for name, value in spec.items())


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _calico(
    plural: str, name: str, singular: str, *columns: Column[Spec], aliases: Tuple[str, ...] = ()
) -> Kind[Spec]:
    """Return a kind of Calico's own store within the API server."""
    read = Kube(group="crd.projectcalico.org", version="", plural=plural, keep={"spec": "spec"})
    return declared(name, singular, Spec, read, columns, aliases=aliases, most=36)


def _spec(heading: str, *steps: str, **more: Any) -> Column[Spec]:
    return Column(heading=heading, value=lambda row: _text(row.at(*steps)), **more)


def _text(value: Any) -> Optional[str]:
    return None if value is None else _short(value)


_ALL: Column[Spec] = Column(heading="SAYS", value=lambda row: row.said, most=100, wide=True)

CALICO: Tuple[Kind[Any], ...] = (
    _calico(
        "ippools",
        "ip-pools",
        "ip-pool",
        _spec("CIDR", "cidr", most=44),
        _spec("IPIP", "ipipMode"),
        _spec("VXLAN", "vxlanMode"),
        _spec("NAT", "natOutgoing"),
        _spec("BLOCK", "blockSize", wide=True),
        _spec("DISABLED", "disabled", wide=True),
    ),
    _calico(
        "bgppeers",
        "bgp-peers",
        "bgp-peer",
        _spec("PEER", "peerIP", most=40),
        _spec("AS", "asNumber"),
        _spec("NODE", "node", most=24),
    ),
    _calico(
        "bgpconfigurations",
        "bgp-configurations",
        "bgp-configuration",
        _spec("AS", "asNumber"),
        _spec("MESH", "nodeToNodeMeshEnabled"),
        _ALL,
    ),
    _calico(
        "felixconfigurations",
        "felix-configurations",
        "felix-configuration",
        _spec("LOG", "logSeverityScreen"),
        _ALL,
    ),
    _calico(
        "hostendpoints",
        "host-endpoints",
        "host-endpoint",
        _spec("NODE", "node", most=24),
        _spec("INTERFACE", "interfaceName"),
        _spec("IPS", "expectedIPs", most=40),
    ),
    _calico(
        "globalnetworkpolicies",
        "global-network-policies",
        "global-network-policy",
        _spec("SELECTOR", "selector", most=50),
        _spec("ORDER", "order"),
        _spec("TYPES", "types", wide=True),
        aliases=("gnp",),
    ),
    _calico(
        "ipamblocks",
        "ipam-blocks",
        "ipam-block",
        _spec("CIDR", "cidr", most=44),
        _spec("HELD BY", "affinity", most=36),
        Column(
            heading="USED",
            value=lambda row: sum(one is not None for one in row.listed("allocations")),
            right=True,
        ),
        Column(
            heading="ROOM",
            value=lambda row: len(row.listed("allocations")),
            right=True,
            wide=True,
        ),
    ),
)


class NetworkAttachment(KubeObject):
    """A network that Multus gives pods beside their first (k8s.cni.cncf.io)."""

    config: str = ""
    resource: str = ""

    @property
    def type(self) -> str:
        """The plug-in that makes it: ``sriov``, ``macvlan``."""
        try:
            said = json.loads(self.config) if self.config else {}
        except (ValueError, RecursionError):
            return "(its config is no JSON)"
        if not isinstance(said, dict):
            return "(its config is no object)"
        plugins = said.get("plugins")
        plugins = plugins if plugins and isinstance(plugins, list) else [said]
        return "+".join(str(one.get("type")) for one in plugins if isinstance(one, dict))


def uses(row: NetworkAttachment, pod: Any) -> bool:
    """Whether a pod asks for that network; as ``[ns/]name[@if]``, or as JSON."""
    for namespace, name in networks_of(pod):
        if name == row.name and namespace == row.namespace:
            return True
    return False


def _users(row: NetworkAttachment, known: Known) -> Optional[int]:
    if not known.has("pods"):
        return None
    return sum(bool(pod.networks) and uses(row, pod) for pod in known.rows("pods"))


def networks_of(pod: Any) -> Tuple[Tuple[str, str], ...]:
    """Return the networks a pod asks for, by namespace and name."""
    text = pod.networks.strip()
    if text.startswith("["):
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return ()
        return tuple(
            (str(one.get("namespace") or pod.namespace), str(one.get("name")))
            for one in said
            if isinstance(one, dict)
        )
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        namespace, _, name = part.partition("@")[0].rpartition("/")
        found.append((namespace or pod.namespace, name))
    return tuple(found)


NETWORK_ATTACHMENTS: Kind[NetworkAttachment] = declared(
    "network-attachments",
    "network-attachment",
    NetworkAttachment,
    Kube(
        group="k8s.cni.cncf.io",
        version="",
        plural="network-attachment-definitions",
        keep={
            "config": "spec.config",
            "resource": "/metadata/annotations/k8s.v1.cni.cncf.io~1resourceName",
        },
    ),
    (
        Column(heading="TYPE", value=lambda row: row.type),
        Column(heading="RESOURCE", value=lambda row: row.resource, most=40),
        Column(
            heading="PODS",
            joined=_users,
            right=True,
        ),
    ),
    aliases=("net-attach-def", "nad", "network-attachment-definitions"),
    needs=("pods",),
    tabs=(Tab(key="p", title="Pods", kind="pods", related=uses, needs=("pods",)),),
)


def _functions(port: Any) -> int:
    """Return how many VFs a port has."""
    count = port.get("numVfs") if isinstance(port, dict) else 0
    return count if isinstance(count, int) else 0


def _synced(row: Spec) -> Look:
    """Return how far a node's ports are as their policies want them."""
    said = str(row.at("syncStatus") or "")
    if said == "Failed":
        return bad(str(row.at("lastSyncError") or "it failed"))
    if said == "InProgress":
        return busy("its ports are being set up: its node may be emptied, or boot, for it")
    return WELL if said == "Succeeded" else Look(mark=Mark.UNKNOWN, notes=(said or "not said yet",))


_SRIOV = "sriovnetwork.openshift.io"
SRIOV: Tuple[Kind[Any], ...] = (
    declared(
        "sriov-policies",
        "sriov-policy",
        Spec,
        Kube(group=_SRIOV, version="", plural="sriovnetworknodepolicies", keep={"spec": "spec"}),
        (
            _spec("RESOURCE", "resourceName", most=30),
            _spec("VFS", "numVfs", right=True),
            _spec("DEVICE", "deviceType"),
            _spec("NICS", "nicSelector", most=60, wide=True),
        ),
        aliases=("sriovnetworknodepolicies",),
    ),
    declared(
        "sriov-states",
        "sriov-state",
        Spec,
        Kube(
            group=_SRIOV,
            version="",
            plural="sriovnetworknodestates",
            keep={"spec": "status", "sync": "status.syncStatus"},
        ),
        (
            _spec("SYNC", "syncStatus"),
            Column(
                heading="VFS",
                value=lambda row: sum(map(_functions, row.listed("interfaces"))),
                right=True,
            ),
            Column(heading="PORTS", value=lambda row: len(row.listed("interfaces")), right=True),
        ),
        look=lambda row, _known: _synced(row),
        aliases=("sriovnetworknodestates",),
    ),
)

NETWORKS: Tuple[Kind[Any], ...] = (*CALICO, NETWORK_ATTACHMENTS, *SRIOV)
