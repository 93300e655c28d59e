"""The area of containers: the cluster, what runs in it, and whether it is well."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Mapping, Tuple

from backend.area import Contents
from backend.kind import Kind
from backend.kinds.kube_access import ACCESS
from backend.kinds.kube_config import GIVEN
from backend.kinds.kube_containers import POD_CONTAINERS
from backend.kinds.kube_devices import NODE_RESOURCES
from backend.kinds.kube_discovered import API_RESOURCES
from backend.kinds.kube_events import KUBE_EVENTS
from backend.kinds.kube_extended import EXTENDED
from backend.kinds.kube_flux import RECONCILED
from backend.kinds.kube_forward import PORT_FORWARDS
from backend.kinds.kube_health import HEALTHY
from backend.kinds.kube_helm import HELM
from backend.kinds.kube_jobs import BATCH
from backend.kinds.kube_last import LAST
from backend.kinds.kube_network import REACHED
from backend.kinds.kube_networks import NETWORKS
from backend.kinds.kube_nodes import NODES
from backend.kinds.kube_pods import PODS
from backend.kinds.kube_storage import STORAGE
from backend.kinds.kube_troubles import TROUBLES
from backend.kinds.kube_verdict import verdict
from backend.kinds.kube_workloads import WORKLOADS
from backend.kinds.registry import REGISTRY

KUBE_KINDS: Tuple[Kind[Any], ...] = (
    TROUBLES,
    NODES,
    NODE_RESOURCES,
    PODS,
    POD_CONTAINERS,
    *WORKLOADS,
    *BATCH,
    *REACHED,
    *STORAGE,
    *GIVEN,
    KUBE_EVENTS,
    *ACCESS,
    *EXTENDED,
    *NETWORKS,
    *RECONCILED,
    *HEALTHY,
    *LAST,
    HELM,
    PORT_FORWARDS,
    *REGISTRY,
    API_RESOURCES,
)
BY_NAME: Mapping[str, Kind[Any]] = MappingProxyType({kind.name: kind for kind in KUBE_KINDS})
KUBERNETES = Contents(kinds=KUBE_KINDS, headline=verdict)
