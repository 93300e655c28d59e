"""The storage of the site on the control plane: Rook's objects, drivers, attachments, snapshots.

Neither Rook nor a driver runs there: what they would say of themselves is put in their place.
``python -m tests.peers.site_storage`` records what the API server says of these kinds.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, Tuple

from tests.peers.cluster import Cluster, cluster
from tests.peers.site import SAMPLES, definition, made

ROOK, SNAP = "ceph.rook.io/v1", "snapshot.storage.k8s.io/v1"
DRIVER = "rook-ceph.rbd.csi.ceph.com"
DEFINED: Tuple[Tuple[str, str, str, str, bool], ...] = (
    ("ceph.rook.io", "v1", "CephCluster", "cephclusters", True),
    ("ceph.rook.io", "v1", "CephBlockPool", "cephblockpools", True),
    ("ceph.rook.io", "v1", "CephFilesystem", "cephfilesystems", True),
    ("ceph.rook.io", "v1", "CephObjectStore", "cephobjectstores", True),
    ("snapshot.storage.k8s.io", "v1", "VolumeSnapshot", "volumesnapshots", True),
)
# What of it is listed at which path, by the kind's name.
LISTED: Dict[str, str] = {
    "rook-clusters": "/apis/ceph.rook.io/v1/cephclusters",
    "rook-block-pools": "/apis/ceph.rook.io/v1/cephblockpools",
    "rook-filesystems": "/apis/ceph.rook.io/v1/cephfilesystems",
    "rook-object-stores": "/apis/ceph.rook.io/v1/cephobjectstores",
    "volume-snapshots": "/apis/snapshot.storage.k8s.io/v1/volumesnapshots",
    "csi-drivers": "/apis/storage.k8s.io/v1/csidrivers",
    "volume-attachments": "/apis/storage.k8s.io/v1/volumeattachments",
}


def objects() -> Iterator[Dict[str, Any]]:
    """Yield the objects, one of each kind, and a snapshot that failed."""
    yield made("Namespace", "rook-ceph")
    yield made(
        "CephCluster",
        "rook-ceph",
        "rook-ceph",
        api=ROOK,
        spec={"cephVersion": {"image": "quay.io/ceph/ceph:v18.2.2"}, "mon": {"count": 3}},
        status={
            "phase": "Ready",
            "message": "Cluster created successfully",
            "ceph": {"health": "HEALTH_WARN", "lastChecked": "2026-11-21T02:00:00Z"},
        },
    )
    yield made(
        "CephBlockPool",
        "kube-rbd",
        "rook-ceph",
        api=ROOK,
        spec={"failureDomain": "host", "replicated": {"size": 2}},
        status={"phase": "Ready"},
    )
    yield made(
        "CephFilesystem",
        "kube-cephfs",
        "rook-ceph",
        api=ROOK,
        spec={"metadataServer": {"activeCount": 1, "activeStandby": True}},
        status={"phase": "Progressing"},
    )
    yield made(
        "CephObjectStore",
        "object-store",
        "rook-ceph",
        api=ROOK,
        spec={"gateway": {"instances": 2}},
        status={"phase": "Failure", "message": "no pool for it"},
    )
    yield made(
        "CSIDriver",
        DRIVER,
        api="storage.k8s.io/v1",
        spec={"attachRequired": True, "fsGroupPolicy": "File"},
    )
    yield made(
        "VolumeAttachment",
        "csi-1",
        api="storage.k8s.io/v1",
        spec={"attacher": DRIVER, "nodeName": "gone-0", "source": {"persistentVolumeName": "pv-1"}},
    )
    source = {"source": {"persistentVolumeClaimName": "data"}}
    yield made("Namespace", "kept")
    yield made("VolumeSnapshot", "before", "kept", api=SNAP, spec=source,
               status={"readyToUse": True, "restoreSize": "5Gi"})  # fmt: skip
    failed = {"readyToUse": False, "error": {"message": "the class has no secret"}}
    yield made("VolumeSnapshot", "failed", "kept", api=SNAP, spec=source, status=failed)


def laid_storage(peer: Cluster) -> None:
    """Lay it on a control plane."""
    definitions = [definition(*one) for one in DEFINED]
    for one in definitions:
        # A group of Kubernetes' own wants to be told that it is approved.
        if one["spec"]["group"].endswith(".k8s.io"):
            one["metadata"]["annotations"] = {"api-approved.kubernetes.io": "unapproved, a test"}
    peer.apply(*definitions)
    names = (f"crd/{plural}.{group}" for group, _, _, plural, _ in DEFINED)
    peer.kubectl("wait", "--for=condition=Established", *names)
    peer.apply(*objects())


def record(peer: Cluster) -> None:
    """Write what the API server says of these kinds, without what nobody keeps."""
    for name, path in LISTED.items():
        listed = peer.ask("GET", path)
        for item in listed["items"]:
            item["metadata"].pop("managedFields", None)
            item["metadata"].get("annotations", {}).pop(
                "kubectl.kubernetes.io/last-applied-configuration", None
            )
        text = json.dumps(listed, indent=1, sort_keys=True)
        (SAMPLES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    with cluster() as started:
        laid_storage(started)
        record(started)
