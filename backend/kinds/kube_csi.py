"""How volumes come to pods: the drivers, where a volume is attached, and snapshots of volumes."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Kube
from backend.kinds.kube_object import KubeObject, Words, bad, busy, declared, goes, warned
from backend.known import Known
from backend.tone import WELL, Look


class CsiDriver(KubeObject):
    """A driver of volumes (storage.k8s.io/v1 CSIDriver)."""

    attaches: Optional[bool] = None
    group_policy: str = ""


def _volumes_of(row: CsiDriver, known: Known) -> int:
    return sum(1 for volume in known.rows("volumes") if volume.driver == row.name)


CSI_DRIVERS: Kind[CsiDriver] = declared(
    "csi-drivers",
    "csi-driver",
    CsiDriver,
    Kube(
        group="storage.k8s.io",
        plural="csidrivers",
        keep={"attaches": "spec.attachRequired", "group_policy": "spec.fsGroupPolicy"},
    ),
    (
        Column(heading="ATTACHES", value=lambda row: "no" if row.attaches is False else "yes"),
        Column(heading="VOLUMES", joined=_volumes_of, right=True),
        Column(heading="FSGROUP", value=lambda row: row.group_policy, wide=True),
    ),
    aliases=("csidrivers", "csidriver"),
    needs=("volumes",),
)


class Attachment(KubeObject):
    """A volume that is attached to a node, or is to be (storage.k8s.io/v1 VolumeAttachment)."""

    node: str = ""
    driver: str = ""
    volume: str = ""
    attached: Optional[bool] = None
    attach_error: str = ""
    detach_error: str = ""


def _attachment_look(row: Attachment, known: Known) -> Look:
    if row.attach_error:
        return bad(f"it cannot be attached: {row.attach_error}")
    if row.detach_error:
        return bad(f"it cannot be taken off {row.node}: {row.detach_error}")
    names = {node.name for node in known.rows("nodes")}
    if known.has("nodes") and row.node not in names:
        return warned(f"there is no node {row.node}: it keeps its volume from others")
    leaving = goes(row, known)
    if leaving is not None:
        return leaving
    return WELL if row.attached else busy("it is being attached")


def _claim_of(row: Attachment, known: Known) -> Optional[str]:
    """Return the claim whose volume it is: its own name and the volume's say nothing to anybody."""
    volume = next((one for one in known.rows("volumes") if one.name == row.volume), None)
    return None if volume is None else volume.of or None


ATTACHMENTS: Kind[Attachment] = declared(
    "volume-attachments",
    "volume-attachment",
    Attachment,
    Kube(
        group="storage.k8s.io",
        plural="volumeattachments",
        keep={
            "node": "spec.nodeName",
            "driver": "spec.attacher",
            "volume": "spec.source.persistentVolumeName",
            "attached": "status.attached",
            "attach_error": "status.attachError.message",
            "detach_error": "status.detachError.message",
        },
    ),
    (
        Column(heading="CLAIM", joined=_claim_of, most=32),
        Column(heading="NODE", value=lambda row: row.node, most=24),
        Column(heading="ATTACHED", value=lambda row: "yes" if row.attached else "NO"),
        Column(heading="VOLUME", value=lambda row: row.volume, most=44, wide=True),
        Column(heading="DRIVER", value=lambda row: row.driver, wide=True),
    ),
    aliases=("volumeattachments", "volumeattachment", "attachments"),
    look=_attachment_look,
    needs=("nodes", "volumes"),
    most=20,
)


class Snapshot(KubeObject):
    """A snapshot of a claim (snapshot.storage.k8s.io/v1)."""

    source: str = ""
    sort: str = ""
    ready: Optional[bool] = None
    size: str = ""
    content: str = ""
    error: Words = {}


def _snapshot_look(row: Snapshot, known: Known) -> Look:
    if row.error and not row.ready:
        return bad(str(row.error.get("message") or "it failed, without a word why"))
    leaving = goes(row, known)
    if leaving is not None:
        return leaving
    return WELL if row.ready else busy("it is being taken")


SNAPSHOTS: Kind[Snapshot] = declared(
    "volume-snapshots",
    "volume-snapshot",
    Snapshot,
    Kube(
        group="snapshot.storage.k8s.io",
        plural="volumesnapshots",
        keep={
            "source": "spec.source.persistentVolumeClaimName",
            "sort": "spec.volumeSnapshotClassName",
            "ready": "status.readyToUse",
            "size": "status.restoreSize",
            "content": "status.boundVolumeSnapshotContentName",
            "error": "status.error",
        },
    ),
    (
        Column(heading="OF CLAIM", value=lambda row: row.source, most=32),
        Column(heading="READY", value=lambda row: "yes" if row.ready else "NO"),
        Column(heading="SIZE", value=lambda row: row.size or None, right=True),
        Column(heading="CLASS", value=lambda row: row.sort, wide=True),
    ),
    aliases=("volumesnapshots", "volumesnapshot", "snapshots", "vs"),
    look=_snapshot_look,
)

CSI: Tuple[Kind[Any], ...] = (CSI_DRIVERS, ATTACHMENTS, SNAPSHOTS)
