"""Kubernetes as the platform keeps it: its cluster, its commands, its registry's images."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.inventory import NOISE

EVERY_S = 60.0


class KubeCluster(Row):
    """A cluster that the platform runs, and where it is reached; its keys are not kept."""

    cluster_name: str
    cluster_version: Optional[str] = None
    cluster_api_endpoint: Optional[str] = None
    admin_user: Optional[str] = None


_CREDENTIALS = frozenset({"admin_client_key", "admin_client_cert", "admin_token"})

KUBE_CLUSTERS: Kind[KubeCluster] = Kind(
    name="kube-clusters",
    singular="kube-cluster",
    model=KubeCluster,
    read=Rest(service="sysinv", path="/kube_clusters", items="kube_clusters"),
    id=lambda row: row.cluster_name,
    columns=(
        Column(heading="NAME", value=lambda row: row.cluster_name),
        Column(heading="VERSION", value=lambda row: row.cluster_version),
        Column(heading="API", value=lambda row: row.cluster_api_endpoint, most=60),
        Column(heading="USER", value=lambda row: row.admin_user, wide=True),
    ),
    aliases=("kube_clusters",),
    noise=NOISE,
    # The service answers with the administrator's own key.
    secret=_CREDENTIALS,
    drop=_CREDENTIALS | {"links", "cluster_ca_cert"},
    every_s=EVERY_S,
)


class KubeCommands(Row):
    """The versions of the commands that the active controller has: one row."""

    kubeadm_version: Optional[str] = None
    kubelet_version: Optional[str] = None


KUBE_CMD_VERSIONS: Kind[KubeCommands] = Kind(
    name="kube-cmd-versions",
    singular="kube-cmd-version",
    model=KubeCommands,
    read=Rest(service="sysinv", path="/kube_cmd_versions"),
    id=lambda row: row.kubelet_version or "",
    label=lambda _row: "kube-cmd-versions",
    columns=(
        Column(heading="KUBEADM", value=lambda row: row.kubeadm_version),
        Column(heading="KUBELET", value=lambda row: row.kubelet_version),
    ),
    aliases=("kube_cmd_versions",),
    noise=NOISE,
    every_s=EVERY_S,
)


class RegistryImage(Row):
    """A repository of the platform's own registry, by its name."""

    name: str


REGISTRY_IMAGES: Kind[RegistryImage] = Kind(
    name="registry-images",
    singular="registry-image",
    model=RegistryImage,
    read=Rest(service="sysinv", path="/registry_image", items="registry_images"),
    id=lambda row: row.name,
    columns=(Column(heading="NAME", value=lambda row: row.name, most=74),),
    sort=lambda row, _known: row.name,
    aliases=("registry_image", "registry_images"),
    noise=NOISE,
    every_s=EVERY_S,
)

KUBE: Tuple[Kind[Any], ...] = (
    KUBE_CLUSTERS,
    KUBE_CMD_VERSIONS,
    REGISTRY_IMAGES,
)
