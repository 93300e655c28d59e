"""What Ceph is made of as sysinv keeps it: its cluster, the tiers of OSDs, the sizes of pools."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from pydantic import Field

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.inventory import NOISE, look_of
from backend.kinds.tier_acts import TIER_ACTIONS
from backend.known import Known
from backend.units import yes_no

EVERY_S = 60.0


class Cluster(Row):
    """A Ceph cluster: on a standard system one."""

    uuid: str
    name: Optional[str] = None
    type: Optional[str] = None
    deployment_model: Optional[str] = None
    cluster_uuid: Optional[str] = None


CLUSTERS: Kind[Cluster] = Kind(
    name="clusters",
    singular="cluster",
    model=Cluster,
    read=Rest(service="sysinv", path="/clusters", items="clusters"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="TYPE", value=lambda row: row.type),
        Column(heading="MODEL", value=lambda row: row.deployment_model),
        Column(heading="FSID", value=lambda row: row.cluster_uuid, wide=True),
    ),
    aliases=("ceph-clusters",),
    noise=NOISE,
    every_s=EVERY_S,
)


class Tier(Row):
    """A tier of a cluster: OSDs of one speed, that a backend draws on."""

    uuid: str
    name: Optional[str] = None
    type: Optional[str] = None
    status: Optional[str] = None
    backend_uuid: Optional[str] = None
    cluster_uuid: Optional[str] = None
    stors: List[int] = Field(default_factory=list)


def _named(kind: str, row_id: Optional[str], known: Known) -> Optional[str]:
    """Return what a row of another kind is called, its id where that was not read."""
    row = known.row(kind, row_id or "")
    return row_id if row is None else row.name


TIERS: Kind[Tier] = Kind(
    name="tiers",
    singular="tier",
    model=Tier,
    read=Rest(service="sysinv", path="/storage_tiers", items="storage_tiers"),
    needs=("clusters", "backends"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="TYPE", value=lambda row: row.type),
        Column(heading="STATUS", value=lambda row: row.status),
        Column(
            heading="CLUSTER",
            joined=lambda row, known: _named("clusters", row.cluster_uuid, known),
        ),
        Column(
            heading="BACKEND",
            joined=lambda row, known: _named("backends", row.backend_uuid, known),
        ),
        Column(heading="OSDS", value=lambda row: ", ".join(map(str, row.stors)) or None),
    ),
    look=lambda row, _known: look_of(row.status, ("in-use", "defined")),
    state_fields=("status",),
    actions=TIER_ACTIONS,
    aliases=("storage_tiers", "storage-tiers"),
    noise=NOISE,
    every_s=EVERY_S,
)


class CephBackend(Row):
    """A Ceph backend with the quotas of its pools; all sizes in GiB."""

    uuid: str
    name: Optional[str] = None
    state: Optional[str] = None
    task: Optional[str] = None
    tier_name: Optional[str] = None
    ceph_total_space_gib: Optional[int] = None
    cinder_pool_gib: Optional[int] = None
    glance_pool_gib: Optional[int] = None
    ephemeral_pool_gib: Optional[int] = None
    object_pool_gib: Optional[int] = None
    kube_pool_gib: Optional[int] = None
    object_gateway: Optional[bool] = None
    network: Optional[str] = None


CEPH_BACKENDS: Kind[CephBackend] = Kind(
    name="ceph-backends",
    singular="ceph-backend",
    model=CephBackend,
    read=Rest(service="sysinv", path="/storage_ceph", items="storage_ceph"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="TIER", value=lambda row: row.tier_name),
        Column(heading="GIB", value=lambda row: row.ceph_total_space_gib, right=True),
        Column(heading="KUBE", value=lambda row: row.kube_pool_gib, right=True),
        Column(heading="CINDER", value=lambda row: row.cinder_pool_gib, right=True),
        Column(heading="GLANCE", value=lambda row: row.glance_pool_gib, right=True),
        Column(heading="NOVA", value=lambda row: row.ephemeral_pool_gib, right=True),
        Column(heading="OBJECT", value=lambda row: row.object_pool_gib, right=True),
        Column(heading="TASK", value=lambda row: row.task, wide=True),
        Column(heading="GATEWAY", value=lambda row: yes_no(row.object_gateway), wide=True),
        Column(heading="NETWORK", value=lambda row: row.network, wide=True),
    ),
    look=lambda row, _known: look_of(row.state, ("configured",)),
    state_fields=("state", "task"),
    aliases=("storage_ceph", "storage-ceph"),
    noise=NOISE,
    every_s=EVERY_S,
)

CEPH: Tuple[Kind[Any], ...] = (CLUSTERS, TIERS, CEPH_BACKENDS)
