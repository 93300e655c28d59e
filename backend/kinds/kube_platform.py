"""Kubernetes as the platform keeps it: its versions, each host's part, its cluster and images."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.addressing import numbered_host
from backend.kinds.inventory import NOISE
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

EVERY_S = 60.0


class KubeVersion(Row):
    """A version of Kubernetes that this release of the platform knows; it has no uuid."""

    version: str
    target: Optional[bool] = None
    state: Optional[str] = None


def _version_look(row: KubeVersion, _known: Known) -> Look:
    if row.state == "partial":
        words = "some hosts run it and others do not yet"
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))
    if row.state == "active":
        return WELL
    return Look(mark=Mark.OUT if row.state == "unavailable" else Mark.NONE)


KUBE_VERSIONS: Kind[KubeVersion] = Kind(
    name="kube-versions",
    singular="kube-version",
    model=KubeVersion,
    read=Rest(service="sysinv", path="/kube_versions", items="kube_versions"),
    id=lambda row: row.version,
    columns=(
        Column(heading="VERSION", value=lambda row: row.version),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="TARGET", value=lambda row: "yes" if row.target else "no"),
    ),
    look=_version_look,
    state_fields=("state", "target"),
    aliases=("kube_versions",),
    noise=NOISE,
    every_s=EVERY_S,
)


class KubeHostUpgrade(Row):
    """The versions of Kubernetes on one host, and how its upgrade stands."""

    uuid: str
    host_id: Optional[int] = None
    control_plane_version: Optional[str] = None
    kubelet_version: Optional[str] = None
    target_version: Optional[str] = None
    status: Optional[str] = None


def _host(row: KubeHostUpgrade, known: Known) -> Optional[str]:
    return numbered_host(row.host_id, known)


def _upgrade_look(row: KubeHostUpgrade, _known: Known) -> Look:
    status = row.status or ""
    if status.endswith("-failed"):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(status,))
    if status and not status.startswith("upgraded"):
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(status,))
    return WELL


KUBE_HOST_UPGRADES: Kind[KubeHostUpgrade] = Kind(
    name="kube-host-upgrades",
    singular="kube-host-upgrade",
    model=KubeHostUpgrade,
    read=Rest(service="sysinv", path="/kube_host_upgrades", items="kube_host_upgrades"),
    needs=("hosts",),
    columns=(
        Column(heading="HOST", joined=_host, most=20),
        Column(heading="CONTROL PLANE", value=lambda row: row.control_plane_version),
        Column(heading="KUBELET", value=lambda row: row.kubelet_version),
        Column(heading="TARGET", value=lambda row: row.target_version),
        Column(heading="STATUS", value=lambda row: row.status, most=32),
    ),
    look=_upgrade_look,
    sort=lambda row, known: _host(row, known) or "",
    state_fields=("status",),
    aliases=("kube_host_upgrades",),
    noise=NOISE,
    every_s=EVERY_S,
)


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
    id=lambda _row: "kube-cmd-versions",
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
    KUBE_VERSIONS,
    KUBE_HOST_UPGRADES,
    KUBE_CLUSTERS,
    KUBE_CMD_VERSIONS,
    REGISTRY_IMAGES,
)
