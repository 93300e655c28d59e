"""How pods are reached: services, their endpoints, ingresses, and who may reach whom."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from backend.kind import Column, Kind, Kube, Tab
from backend.kinds.kube_forward_of import FORWARD_SERVICE
from backend.kinds.kube_losses import of_service
from backend.kinds.kube_object import Items, KubeObject, Words, declared, goes, warned
from backend.kinds.kube_selector import written
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look

_SERVICE = "kubernetes.io/service-name"


class Service(KubeObject):
    """A service (core/v1)."""

    type: str = ""
    address: str = ""
    external: Items = []
    ports: Items = []
    selector: Words = {}
    given: Items = []

    @property
    def doors(self) -> str:
        """Its ports: ``443:30443/TCP``."""
        return " ".join(
            f"{one.get('port')}{':' + str(one['nodePort']) if one.get('nodePort') else ''}"
            f"/{one.get('protocol', 'TCP')}"
            for one in self.ports
        )

    @property
    def outside(self) -> str:
        """Where it is reached from outside, where it is."""
        given = [str(one.get("ip") or one.get("hostname")) for one in self.given]
        return ",".join([*map(str, self.external), *given])

    def selects(self, labels: Mapping[str, Any]) -> bool:
        """Whether it leads to a pod of these labels."""
        return bool(self.selector) and all(labels.get(k) == v for k, v in self.selector.items())


class Endpoints(KubeObject):
    """Where a service leads (discovery.k8s.io/v1 EndpointSlice)."""

    family: str = ""
    ports: Items = []
    endpoints: Items = []

    @property
    def service(self) -> str:
        """The service it belongs to, by name."""
        return str(self.labels.get(_SERVICE) or "")

    @property
    def ready(self) -> int:
        """How many of its ends take calls."""
        return sum(1 for one in self.endpoints if one.get("ready") is not False)

    @property
    def reached(self) -> str:
        """Its first ends."""
        ends = [str(address) for one in self.endpoints for address in one.get("addresses") or ()]
        return ", ".join(ends[:4]) + (f", {len(ends) - 4} more" if len(ends) > 4 else "")


@once
def _ready_ends(slices: Tuple[Endpoints, ...]) -> Mapping[Tuple[str, str], int]:
    found: dict[Tuple[str, str], int] = {}
    for one in slices:
        key = (one.namespace, one.service)
        found[key] = found.get(key, 0) + one.ready
    return found


def ends_of(row: Service, known: Known) -> int:
    """Return how many ready ends a service leads to."""
    return _ready_ends(known.rows("endpoints")).get((row.namespace, row.name), 0)


def _service_look(row: Service, known: Known) -> Look:
    leaving = goes(row, known)
    if leaving is None and row.selector and known.has("endpoints") and not ends_of(row, known):
        return warned("leads nowhere: none of the pods it selects is ready")
    return leaving or WELL


KUBE_SERVICES: Kind[Service] = declared(
    "kube-services",
    "kube-service",
    Service,
    Kube(
        plural="services",
        keep={
            "type": "spec.type",
            "address": "spec.clusterIP",
            "external": "spec.externalIPs",
            "ports": "spec.ports",
            "selector": "spec.selector",
            "given": "status.loadBalancer.ingress",
        },
    ),
    (
        Column(heading="TYPE", value=lambda row: row.type),
        Column(heading="ADDRESS", value=lambda row: row.address, most=24),
        Column(heading="ENDS", joined=ends_of, right=True),
        Column(heading="PORTS", value=lambda row: row.doors, most=30, wide=True),
        Column(heading="OUTSIDE", value=lambda row: row.outside, wide=True),
    ),
    aliases=("svc",),
    look=_service_look,
    needs=("endpoints",),
    tabs=(
        Tab(
            key="p",
            title="Pods",
            kind="pods",
            related=lambda row, pod: bool(
                pod.namespace == row.namespace and row.selects(pod.labels)
            ),
            needs=("pods",),
        ),
    ),
    actions=(FORWARD_SERVICE,),
    loses=of_service,
    loses_needs=("pods",),
)
ENDPOINTS: Kind[Endpoints] = declared(
    "endpoints",
    "endpoint",
    Endpoints,
    Kube(
        group="discovery.k8s.io",
        plural="endpointslices",
        keep={
            "family": "addressType",
            "ports": "ports[name,port,protocol]",
            "endpoints": "endpoints[addresses,ready=conditions.ready,node=nodeName]",
        },
    ),
    (
        Column(heading="SERVICE", value=lambda row: row.service, most=30),
        Column(heading="READY", value=lambda row: f"{row.ready}/{len(row.endpoints)}", right=True),
        Column(heading="AT", value=lambda row: row.reached, most=50, wide=True),
    ),
    aliases=("ep", "endpointslices", "endpointslice"),
    is_inventory=False,
)


class Ingress(KubeObject):
    """An ingress (networking.k8s.io/v1)."""

    ingress_class: str = ""
    rules: Items = []
    given: Items = []

    @property
    def hosts(self) -> str:
        """The names it answers to."""
        return ", ".join(str(one.get("host") or "*") for one in self.rules)


INGRESSES: Kind[Ingress] = declared(
    "ingresses",
    "ingress",
    Ingress,
    Kube(
        group="networking.k8s.io",
        plural="ingresses",
        keep={
            "ingress_class": "spec.ingressClassName",
            "rules": "spec.rules[host]",
            "given": "status.loadBalancer.ingress",
        },
    ),
    (
        Column(heading="CLASS", value=lambda row: row.ingress_class),
        Column(heading="HOSTS", value=lambda row: row.hosts, most=40),
        Column(
            heading="AT",
            value=lambda row: ",".join(str(g.get("ip") or g.get("hostname")) for g in row.given),
            wide=True,
        ),
    ),
    aliases=("ing",),
)


class NetworkPolicy(KubeObject):
    """A network policy (networking.k8s.io/v1)."""

    selector: Words = {}
    types: Any = None

    @property
    def pods(self) -> str:
        """The pods it holds for."""
        return written(self.selector) or "all"


NETWORK_POLICIES: Kind[NetworkPolicy] = declared(
    "network-policies",
    "network-policy",
    NetworkPolicy,
    Kube(
        group="networking.k8s.io",
        plural="networkpolicies",
        keep={"selector": "spec.podSelector", "types": "spec.policyTypes"},
    ),
    (
        Column(heading="PODS", value=lambda row: row.pods, most=40),
        Column(heading="TYPES", value=lambda row: ",".join(row.types or ())),
    ),
    aliases=("netpol", "networkpolicies", "networkpolicy"),
)

REACHED: Tuple[Kind[Any], ...] = (KUBE_SERVICES, ENDPOINTS, INGRESSES, NETWORK_POLICIES)
