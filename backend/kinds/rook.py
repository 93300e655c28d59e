"""What Rook is told to make of Ceph, and how far it is: clusters, pools, filesystems, gateways."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Kube
from backend.kinds.kube_object import KubeObject, bad, busy, declared, goes, warned
from backend.known import Known
from backend.tone import WELL, Look

GROUP = "ceph.rook.io"


class OfRook(KubeObject):
    """An object of Rook's; ``phase`` is its own word for how far it is."""

    phase: str = ""
    message: str = ""


def _look(row: Any, known: Known) -> Look:
    if row.phase in ("Failure", "Failed"):
        return bad(row.message or "Rook failed at it: its operator's log says why")
    leaving = goes(row, known)
    if leaving is not None:
        return leaving
    if row.phase in ("Progressing", "Creating", "Updating", "Connecting"):
        return busy(row.message or f"Rook is at it: {row.phase}")
    return WELL


class RookCluster(OfRook):
    """A CephCluster: the whole of what Rook runs."""

    health: str = ""
    image: str = ""
    monitors: Optional[int] = None
    checked: str = ""


def _cluster_look(row: RookCluster, known: Known) -> Look:
    found = _look(row, known)
    if found is not WELL:
        return found
    if row.health == "HEALTH_ERR":
        return bad("Ceph says HEALTH_ERR")
    return warned(f"Ceph says {row.health}") if row.health == "HEALTH_WARN" else WELL


ROOK_CLUSTERS: Kind[RookCluster] = declared(
    "rook-clusters",
    "rook-cluster",
    RookCluster,
    Kube(
        group=GROUP,
        plural="cephclusters",
        keep={
            "phase": "status.phase",
            "message": "status.message",
            "health": "status.ceph.health",
            "checked": "status.ceph.lastChecked",
            "image": "spec.cephVersion.image",
            "monitors": "spec.mon.count",
        },
    ),
    (
        Column(heading="PHASE", value=lambda row: row.phase),
        Column(heading="HEALTH", value=lambda row: row.health or None),
        Column(heading="MONS", value=lambda row: row.monitors, right=True),
        Column(heading="SAYS", value=lambda row: row.message or None, most=44),
        Column(heading="IMAGE", value=lambda row: row.image, wide=True),
    ),
    aliases=("cephclusters", "cephcluster"),
    look=_cluster_look,
    # Deleting it can take all data with it: that is Rook's own procedure.
    loses=None,
)


class RookPool(OfRook):
    """A CephBlockPool: a pool for images."""

    copies: Optional[int] = None
    apart: str = ""
    device_class: str = ""


def _in_ceph(row: RookPool, known: Known) -> Look:
    found = _look(row, known)
    if found is WELL and known.has("ceph-pools"):
        names = {pool.name for pool in known.rows("ceph-pools")}
        if row.name not in names:
            return warned("Rook has it, and CEPH HAS NOT")
    return found


BLOCK_POOLS: Kind[RookPool] = declared(
    "rook-block-pools",
    "rook-block-pool",
    RookPool,
    Kube(
        group=GROUP,
        plural="cephblockpools",
        keep={
            "phase": "status.phase",
            "copies": "spec.replicated.size",
            "apart": "spec.failureDomain",
            "device_class": "spec.deviceClass",
        },
    ),
    (
        Column(heading="PHASE", value=lambda row: row.phase),
        Column(heading="COPIES", value=lambda row: row.copies, right=True),
        Column(heading="APART BY", value=lambda row: row.apart or None),
        Column(heading="CLASS", value=lambda row: row.device_class or None, wide=True),
    ),
    aliases=("cephblockpools", "cephblockpool"),
    look=_in_ceph,
    loses=None,
)


class RookFilesystem(OfRook):
    """A CephFilesystem: CephFS, with its servers."""

    servers: Optional[int] = None
    standby: Optional[bool] = None


ROOK_FILESYSTEMS: Kind[RookFilesystem] = declared(
    "rook-filesystems",
    "rook-filesystem",
    RookFilesystem,
    Kube(
        group=GROUP,
        plural="cephfilesystems",
        keep={
            "phase": "status.phase",
            "servers": "spec.metadataServer.activeCount",
            "standby": "spec.metadataServer.activeStandby",
        },
    ),
    (
        Column(heading="PHASE", value=lambda row: row.phase),
        Column(heading="SERVERS", value=lambda row: row.servers, right=True),
        Column(heading="STANDBY", value=lambda row: "yes" if row.standby else "no"),
    ),
    aliases=("cephfilesystems", "cephfilesystem"),
    look=_look,
    loses=None,
)


class ObjectStore(OfRook):
    """A CephObjectStore: S3, by gateways."""

    gateways: Optional[int] = None
    endpoint: str = ""


OBJECT_STORES: Kind[ObjectStore] = declared(
    "rook-object-stores",
    "rook-object-store",
    ObjectStore,
    Kube(
        group=GROUP,
        plural="cephobjectstores",
        keep={
            "phase": "status.phase",
            "message": "status.message",
            "gateways": "spec.gateway.instances",
            "endpoint": "status.info.endpoint",
        },
    ),
    (
        Column(heading="PHASE", value=lambda row: row.phase),
        Column(heading="GATEWAYS", value=lambda row: row.gateways, right=True),
        Column(heading="AT", value=lambda row: row.endpoint or None, most=44),
    ),
    aliases=("cephobjectstores", "cephobjectstore"),
    look=_look,
    loses=None,
)

ROOK: Tuple[Kind[Any], ...] = (ROOK_CLUSTERS, BLOCK_POOLS, ROOK_FILESYSTEMS, OBJECT_STORES)
