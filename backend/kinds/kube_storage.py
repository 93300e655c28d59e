"""What pods keep: claims, the volumes they got, and the classes volumes come from."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Kube, Tab
from backend.kinds.claim_acts import GROW, growth, stands_on, used_by, users_of
from backend.kinds.kube_csi import CSI
from backend.kinds.kube_events import events_of
from backend.kinds.kube_losses import of_claim, of_volume
from backend.kinds.kube_object import Items, KubeObject, Words, bad, busy, declared, goes
from backend.kinds.rook import ROOK
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


class Claim(KubeObject):
    """A persistent volume claim (core/v1)."""

    phase: str = ""
    volume: str = ""
    storage_class: Optional[str] = None
    modes: Optional[Any] = None
    asked: str = ""
    got: str = ""
    conditions: Items = []

    def told(self, name: str) -> Any:
        """Return what a form's field is now: its size is what it has."""
        return self.got or self.asked if name == "size" else super().told(name)

    def why(self, known: Known) -> str:
        """Return why no volume is bound to it, as the cluster says it."""
        events = sorted(events_of(self, known), key=lambda event: not event.is_warning)
        if events:
            # What comes after the first sentence says whom to ask.
            return " ".join(events[0].message.split()).partition(". ")[0]
        classes = known.rows("storage-classes")
        if self.storage_class and known.has("storage-classes"):
            names = {one.name for one in classes}
            if self.storage_class not in names:
                return f"there is no storage class {self.storage_class}"
        none_is = known.has("storage-classes") and not any(one.is_default for one in classes)
        if self.storage_class is None and none_is:
            return "it names no storage class, and none is the default"
        return f"waits for a volume of class {self.storage_class or 'default'}"


def _waits_for_pod(row: Claim, known: Known) -> bool:
    """Whether its class binds a claim only once a pod that uses it has a node, and none does."""
    classes = known.rows("storage-classes")
    sort = next((one for one in classes if one.is_default), None)
    if row.storage_class is not None:
        sort = next((one for one in classes if one.name == row.storage_class), None)
    waits = sort is not None and sort.binding == "WaitForFirstConsumer"
    return waits and known.has("pods") and not users_of(row, known)


def _claim_look(row: Claim, known: Known) -> Look:
    if row.phase == "Lost":
        return bad(f"its volume {row.volume} is gone")
    if row.phase == "Pending":
        if _waits_for_pod(row, known):
            return busy("is bound when a pod uses it")
        return bad(row.why(known))
    leaving = goes(row, known)
    if leaving is not None:
        return leaving
    grows = growth(row)
    if grows:
        return busy(grows)
    if known.has("pods") and not users_of(row, known):
        return Look(tone=Tone.PLAIN, mark=Mark.OUT, notes=("nobody uses it",))
    return WELL


CLAIMS: Kind[Claim] = declared(
    "claims",
    "claim",
    Claim,
    Kube(
        plural="persistentvolumeclaims",
        keep={
            "phase": "status.phase",
            "volume": "spec.volumeName",
            "storage_class": "spec.storageClassName",
            "modes": "spec.accessModes",
            "asked": "spec.resources.requests.storage",
            "got": "status.capacity.storage",
            "conditions": "status.conditions",
        },
    ),
    (
        Column(heading="STATUS", value=lambda row: row.phase),
        Column(heading="SIZE", value=lambda row: row.got or row.asked, right=True),
        Column(heading="CLASS", value=lambda row: row.storage_class, most=20),
        Column(heading="USED BY", joined=lambda row, known: used_by(row, known) or None, most=28),
        Column(heading="VOLUME", value=lambda row: row.volume, wide=True),
    ),
    aliases=("pvc", "persistentvolumeclaims", "persistentvolumeclaim"),
    look=_claim_look,
    needs=("storage-classes", "kube-events", "pods", "volumes"),
    strip=stands_on,
    tabs=(Tab(key="o", title="Stands on", figure=stands_on),),
    actions=(GROW,),
    loses=of_claim,
    loses_needs=("pods", "volumes"),
)


class Volume(KubeObject):
    """A persistent volume (core/v1)."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    size: str = ""
    claim: Words = {}
    storage_class: str = ""
    reclaim: str = ""
    # Who made it, and what it is there: an image of a pool of Ceph's, by Ceph's own driver.
    driver: str = ""
    image: str = ""
    pool: str = ""

    @property
    def of(self) -> str:
        """The claim it is bound to."""
        return f"{self.claim.get('namespace')}/{self.claim.get('name')}" if self.claim else ""


def _volume_look(row: Volume, known: Known) -> Look:
    if row.phase == "Failed":
        return bad(row.message or row.reason or "failed")
    if row.phase == "Released":
        if row.reclaim == "Retain":
            words = f"kept with its data, {row.size}: its claim {row.of} is gone, and nobody can"
            return Look(tone=Tone.PLAIN, mark=Mark.OUT, notes=(f"{words} claim it",))
        return busy(f"its claim {row.of} is gone: it is being deleted")
    return goes(row, known) or WELL


VOLUMES: Kind[Volume] = declared(
    "volumes",
    "volume",
    Volume,
    Kube(
        plural="persistentvolumes",
        keep={
            "phase": "status.phase",
            "reason": "status.reason",
            "message": "status.message",
            "size": "spec.capacity.storage",
            "claim": "spec.claimRef",
            "storage_class": "spec.storageClassName",
            "reclaim": "spec.persistentVolumeReclaimPolicy",
            "driver": "spec.csi.driver",
            "image": "spec.csi.volumeAttributes.imageName",
            "pool": "spec.csi.volumeAttributes.pool",
        },
    ),
    (
        Column(heading="STATUS", value=lambda row: row.phase),
        Column(heading="SIZE", value=lambda row: row.size, right=True),
        Column(heading="CLAIM", value=lambda row: row.of, most=40),
        Column(heading="CLASS", value=lambda row: row.storage_class, wide=True),
        Column(heading="RECLAIM", value=lambda row: row.reclaim, wide=True),
    ),
    aliases=("pv", "persistentvolumes", "persistentvolume"),
    look=_volume_look,
    loses=of_volume,
    loses_needs=("pods",),
)


class StorageClass(KubeObject):
    """A storage class (storage.k8s.io/v1)."""

    provisioner: str = ""
    reclaim: str = ""
    binding: str = ""
    expands: bool = False
    default: str = ""
    # The pool of Ceph that its volumes are images of.
    pool: str = ""

    @property
    def is_default(self) -> bool:
        """Whether claims that name no class get this one."""
        return self.default == "true"


STORAGE_CLASSES: Kind[StorageClass] = declared(
    "storage-classes",
    "storage-class",
    StorageClass,
    Kube(
        group="storage.k8s.io",
        plural="storageclasses",
        keep={
            "provisioner": "provisioner",
            "reclaim": "reclaimPolicy",
            "binding": "volumeBindingMode",
            "expands": "allowVolumeExpansion",
            "pool": "parameters.pool",
            "default": "/metadata/annotations/" + _DEFAULT.replace("/", "~1"),
        },
    ),
    (
        Column(heading="DEFAULT", value=lambda row: "yes" if row.is_default else ""),
        Column(heading="PROVISIONER", value=lambda row: row.provisioner, most=36),
        Column(heading="RECLAIM", value=lambda row: row.reclaim),
        Column(heading="BINDING", value=lambda row: row.binding, wide=True),
        Column(heading="EXPANDS", value=lambda row: "yes" if row.expands else "no", wide=True),
    ),
    aliases=("sc", "storageclasses", "storageclass"),
    most=24,
)

STORAGE: Tuple[Kind[Any], ...] = (CLAIMS, VOLUMES, STORAGE_CLASSES, *CSI, *ROOK)
