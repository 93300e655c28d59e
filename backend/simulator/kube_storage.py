"""What the pods of the pretend cluster keep: classes, claims, volumes, images of the pretend Ceph.

A bound claim has a volume: an image of the pool ``kube-rbd``, or a folder of the filesystem. One
claim waits for a class that is not there, two are used by nobody, one volume outlived its claim.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Iterator, Optional

from backend.simulator import ceph_standing as ceph
from backend.simulator.ceph_health import health
from backend.simulator.cloud import Cloud
from backend.simulator.model import Json
from backend.simulator.orders import Orders

PLURAL = "persistentvolumeclaims"
RBD, CEPHFS = "rbd.csi.ceph.com", "cephfs.csi.ceph.com"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_ROOK = "ceph.rook.io"
# Class → its driver, and the pool its volumes are in.
CLASSES = {"general": (RBD, "kube-rbd"), "cephfs": (CEPHFS, "kube-cephfs-data")}
Found = Iterator[tuple[str, Json]]


@dataclass(frozen=True)
class Kept:
    """A claim: who asked for how much of which class; the workload whose pods mount it."""

    namespace: str
    name: str
    size: str
    sort: str = "general"
    used_by: str = ""

    @property
    def volume(self) -> str:
        """The volume it has, "" where its class is not there."""
        return f"pvc-{_number(self.namespace, self.name)}" if self.sort in CLASSES else ""

    @property
    def image(self) -> str:
        return f"csi-vol-{_number('image', self.namespace, self.name)}"


CLAIMS = (
    Kept("oran", "data-du-1-0", "20Gi", used_by="oran/du-1"),
    Kept("portal", "uploads", "50Gi", "cephfs", used_by="portal/web"),
    Kept("lab", "probe-state", "8Gi", used_by="lab/gnss-probe"),
    Kept("lab", "captures", "60Gi"),
    Kept("lab", "scratch", "20Gi"),
    Kept("lab", "pgdata", "50Gi", "fast"),
)
# A volume that is kept with its data, though its claim is gone.
LEFT = Kept("lab", "results", "10Gi")
SNAPSHOTS = {"before-5-1": CLAIMS[0], "nightly": CLAIMS[2]}


def _number(*of: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, "/".join(of)))


def mounts(namespace: str, workload: str) -> list[Json]:
    """The volumes of the pods of a workload that are claims."""
    return [
        {"name": one.name, "persistentVolumeClaim": {"claimName": one.name}}
        for one in CLAIMS
        if one.used_by == f"{namespace}/{workload}"
    ]


def storage(cloud: Cloud, orders: Orders, pods: list[Json]) -> Found:
    """Yield every object of storage, with its plural."""
    for name, (driver, pool) in CLASSES.items():
        yield "storageclasses", _class(cloud, name, driver, pool)
    for driver in (RBD, CEPHFS):
        spec = {"attachRequired": driver == RBD, "fsGroupPolicy": "File"}
        name = _driver(cloud, driver)
        yield "csidrivers", _object("storage.k8s.io/v1", "CSIDriver", "", name, spec=spec)
    for one in CLAIMS:
        yield PLURAL, _claim(cloud, orders, one)
        if one.volume:
            yield "persistentvolumes", _volume(cloud, size_of(cloud, orders, one), one)
        else:
            yield "events", _event(cloud, one)
    yield "persistentvolumes", _volume(cloud, LEFT.size, LEFT, phase="Released", reclaim="Retain")
    yield from _attachments(cloud, pods)
    for name, of in SNAPSHOTS.items():
        yield "volumesnapshots", _snapshot(name, of)
    if ceph.is_rook(cloud):
        yield from _rook(cloud)


def size_of(cloud: Cloud, orders: Orders, one: Kept) -> str:
    """How large the volume of a claim is: what was ordered comes a while later."""
    grown, when = orders.grown.get((PLURAL, one.namespace, one.name), ("", None))
    return grown if when is not None and cloud.clock.now() >= when else one.size


def images(cloud: Cloud, orders: Orders) -> list[tuple[str, str, int]]:
    """Each image of ``kube-rbd``: its name, the claim it is for, and its bytes."""
    found = [one for one in CLAIMS if one.sort == "general"]
    told = [(one.image, one.name, _bytes(size_of(cloud, orders, one))) for one in found]
    return [*told, (LEFT.image, LEFT.name, _bytes(LEFT.size))]


def _bytes(size: str) -> int:
    number, tera = size[:-2], size.endswith("Ti")
    return int(float(number) * (1 << (40 if tera else 30)))


def _driver(cloud: Cloud, driver: str) -> str:
    return f"rook-ceph.{driver}" if ceph.is_rook(cloud) else driver


def _object(version: str, kind: str, namespace: str, name: str, **more: Any) -> Json:
    meta: Json = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **more}


def _class(cloud: Cloud, name: str, driver: str, pool: str) -> Json:
    body = _object(
        "storage.k8s.io/v1",
        "StorageClass",
        "",
        name,
        provisioner=_driver(cloud, driver),
        reclaimPolicy="Delete",
        volumeBindingMode="Immediate",
        allowVolumeExpansion=True,
        parameters={"pool": pool, "clusterID": "rook-ceph" if ceph.is_rook(cloud) else "ceph"},
    )
    body["metadata"]["annotations"] = {_DEFAULT: "true" if name == "general" else "false"}
    return body


def _modes(one: Kept) -> list[str]:
    return ["ReadWriteMany" if one.sort == "cephfs" else "ReadWriteOnce"]


def _claim(cloud: Cloud, orders: Orders, one: Kept) -> Json:
    asked, got = one.size, size_of(cloud, orders, one)
    status: Json = {"phase": "Pending"}
    spec: Json = {"accessModes": _modes(one), "storageClassName": one.sort,
                  "resources": {"requests": {"storage": asked}}}  # fmt: skip
    if one.volume:
        spec["volumeName"] = one.volume
        status = {"phase": "Bound", "accessModes": _modes(one), "capacity": {"storage": got}}
        if (PLURAL, one.namespace, one.name) in orders.growing(cloud.clock.now()):
            status["conditions"] = [{"type": "Resizing", "status": "True"}]
    return _object("v1", "PersistentVolumeClaim", one.namespace, one.name, spec=spec, status=status)


def _volume(
    cloud: Cloud, size: str, one: Kept, *, phase: str = "Bound", reclaim: str = "Delete"
) -> Json:
    driver, pool = CLASSES[one.sort]
    inner = (
        {"imageName": one.image, "pool": pool} if driver == RBD else {"subvolumeName": one.image}
    )
    claim = {"kind": "PersistentVolumeClaim", "namespace": one.namespace, "name": one.name}
    return _object(
        "v1",
        "PersistentVolume",
        "",
        one.volume,
        spec={
            "capacity": {"storage": size},
            "accessModes": _modes(one),
            "claimRef": claim,
            "storageClassName": one.sort,
            "persistentVolumeReclaimPolicy": reclaim,
            "csi": {"driver": _driver(cloud, driver), "volumeHandle": one.image,
                    "volumeAttributes": inner},
        },
        status={"phase": phase},
    )  # fmt: skip


def _event(cloud: Cloud, one: Kept) -> Json:
    now = cloud.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    body = _object(
        "v1",
        "Event",
        one.namespace,
        f"{one.name}.{_number('event', one.name)[:8]}",
        type="Warning",
        reason="ProvisioningFailed",
        message=f'storageclass.storage.k8s.io "{one.sort}" not found',
        count=36,
        lastTimestamp=now,
        source={"component": "persistentvolume-controller"},
    )
    body["involvedObject"] = {"kind": "PersistentVolumeClaim", "namespace": one.namespace,
                              "name": one.name}  # fmt: skip
    return body


def _attachments(cloud: Cloud, pods: list[Json]) -> Found:
    """Yield an attachment for each image that a pod on a node mounts."""
    images = {(one.namespace, one.name): one for one in CLAIMS if one.sort == "general"}
    seen: set[tuple[str, str]] = set()
    for pod in pods:
        node = pod["spec"].get("nodeName")
        for volume in pod["spec"].get("volumes", ()) if node else ():
            claim = volume.get("persistentVolumeClaim", {}).get("claimName", "")
            one: Optional[Kept] = images.get((pod["metadata"]["namespace"], claim))
            if one is not None and (one.volume, node) not in seen:
                seen.add((one.volume, node))
                yield "volumeattachments", _attachment(cloud, one, node)


def _attachment(cloud: Cloud, one: Kept, node: str) -> Json:
    name = f"csi-{_number(one.volume, node).replace('-', '')}"
    spec = {"attacher": _driver(cloud, RBD), "nodeName": node,
            "source": {"persistentVolumeName": one.volume}}  # fmt: skip
    return _object("storage.k8s.io/v1", "VolumeAttachment", "", name, spec=spec,
                   status={"attached": True})  # fmt: skip


def _snapshot(name: str, of: Kept) -> Json:
    source = {"persistentVolumeClaimName": of.name}
    status = {"readyToUse": True, "restoreSize": of.size,
              "boundVolumeSnapshotContentName": f"snapcontent-{_number(name)}"}  # fmt: skip
    spec = {"source": source, "volumeSnapshotClassName": "rbd-snapshot"}
    version = "snapshot.storage.k8s.io/v1"
    return _object(version, "VolumeSnapshot", of.namespace, name, spec=spec, status=status)


def _rook(cloud: Cloud) -> Found:
    """Yield what Rook was told to make, and how far it is."""
    found = ceph.osds(cloud)
    said = health(cloud, found, ceph.groups(cloud, found))["status"]
    space, version = "rook-ceph", f"{_ROOK}/v1"
    ready = {"phase": "Ready"}
    yield "cephclusters", _object(
        version, "CephCluster", space, space,
        spec={"cephVersion": {"image": "quay.io/ceph/ceph:v16.2.15"},
              "mon": {"count": len(ceph.monitors(cloud))}},
        status={**ready, "message": "Cluster created successfully", "ceph": {"health": said}},
    )  # fmt: skip
    yield "cephblockpools", _object(
        version, "CephBlockPool", space, "kube-rbd", status=ready,
        spec={"failureDomain": "host", "replicated": {"size": ceph.copies(cloud)}},
    )  # fmt: skip
    yield "cephfilesystems", _object(
        version, "CephFilesystem", space, ceph.FILESYSTEM, status=ready,
        spec={"metadataServer": {"activeCount": 1, "activeStandby": True}},
    )  # fmt: skip
