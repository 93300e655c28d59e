"""What keeps pods running: deployments, stateful and daemon sets, replica sets."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Kube, Tab
from backend.kinds.kube_acts import workload_acts
from backend.kinds.kube_delete import pods_stop
from backend.kinds.kube_forward_of import forwarding_workload
from backend.kinds.kube_logs import of_workload
from backend.kinds.kube_object import (
    Items,
    KubeObject,
    Words,
    bad,
    busy,
    conditions,
    declared,
    goes,
    lasted_ms,
)
from backend.kinds.kube_rollout import (
    GO_ON,
    HISTORY,
    PAUSE,
    REVISIONS,
    SHAPES,
    UNDO_DAEMONSET,
    UNDO_DEPLOYMENT,
    UNDO_STATEFULSET,
)
from backend.kinds.kube_selector import chooses
from backend.known import Known
from backend.tone import WELL, Look, Mark
from backend.units import span

# How long a roll-out may take before it is called more than busy, in ms.
PATIENT_MS = 120_000
CONDITIONS = "status.conditions[type,status,reason,message,lastTransitionTime]"
# By whom it was installed, as Helm marks it.
INSTALLED = {
    "release": "/metadata/annotations/meta.helm.sh~1release-name",
    "release_namespace": "/metadata/annotations/meta.helm.sh~1release-namespace",
}
IMAGES_OF = "spec.template.spec.containers[name,image]"


class Workload(KubeObject):
    """What keeps a number of pods running: the same fields, whatever the API calls them."""

    wanted: Optional[int] = None
    ready: int = 0
    updated: int = 0
    available: int = 0
    # All its pods, of whatever shape; None where the API counts none.
    total: Optional[int] = None
    generation: int = 0
    observed: int = 0
    selector: Words = {}
    images: Items = []
    conditions: Items = []
    revision: str = ""
    template: Words = {}
    paused: bool = False
    release: str = ""
    release_namespace: str = ""

    @property
    def replicas(self) -> int:
        """How many pods it is to have."""
        return 1 if self.wanted is None else self.wanted

    @property
    def is_noticed(self) -> bool:
        """Whether its controller has seen what it is to be; its counts are of what it was else."""
        return self.observed >= self.generation

    @property
    def of_old(self) -> int:
        """How many of its pods are of an older shape: one still serves where no new one does."""
        return max((self.total or 0) - self.updated, 0)

    def selects(self, labels: Any) -> bool:
        """Whether a pod of these labels is one of its own."""
        return bool(self.selector) and chooses(self.selector, labels)


def own_pods(row: Workload, pod: Any) -> bool:
    """Whether a pod is one of a workload's."""
    return bool(pod.namespace == row.namespace and row.selects(pod.labels))


def _look(row: Workload, known: Known) -> Look:
    leaving = goes(row, known)
    if leaving is not None:
        return leaving
    said = conditions(row.conditions)
    refused = said.get("ReplicaFailure") or {}
    if refused.get("status") == "True":
        return bad(f"its pods cannot be made: {refused.get('message')}")
    progress = said.get("Progressing") or {}
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return bad(f"{row.ready} of {row.replicas} ready; the roll-out got no further in its time")
    if not row.is_noticed:
        return busy("its last change is not taken up yet: does its controller run?")
    if row.ready < row.replicas:
        words = f"{row.ready} of {row.replicas} ready"
        since_ms = lasted_ms(said.get("Available"), known)
        if row.ready == 0 and since_ms > PATIENT_MS:
            return bad(f"{words}, for {span(since_ms)}")
        return busy(words)
    rolls = _rolls(row)
    if rolls:
        return busy(rolls)
    return Look(mark=Mark.OUT) if row.replicas == 0 else WELL


def _rolls(row: Workload) -> str:
    """Return how far its pods are of its newest shape, "" where they are and no others are left."""
    if row.updated < row.replicas:
        words = f"{row.updated} of {row.replicas} are of the new shape"
        return f"{words}; paused" if row.paused else words
    if row.of_old:
        return f"{row.of_old} of the old shape still there: not all of the new one serve"
    return ""


def _ready(row: Workload) -> str:
    return f"{row.ready}/{row.replicas}"


def images(row: Any) -> str:
    """Return the images of its pods."""
    return ", ".join(str(one.get("image")) for one in row.images)


READY: Column[Any] = Column(
    heading="READY",
    value=_ready,
    order=lambda row, _known: row.ready - row.replicas,
    right=True,
)
IMAGES: Column[Any] = Column(heading="IMAGES", value=images, wide=True, most=60)
PODS_TAB: Tab[Any] = Tab(key="p", title="Pods", kind="pods", related=own_pods, needs=("pods",))

_COUNTS = {
    "wanted": "spec.replicas",
    "ready": "status.readyReplicas",
    "updated": "status.updatedReplicas",
    "total": "status.replicas",
    "available": "status.availableReplicas",
    "generation": "metadata.generation",
    "observed": "status.observedGeneration",
    "selector": "spec.selector",
    "images": IMAGES_OF,
    "conditions": CONDITIONS,
    **INSTALLED,
}

DEPLOYMENTS: Kind[Workload] = declared(
    "deployments",
    # The word alone is the platform's own, of software that is deployed.
    "kube-deployment",
    Workload,
    Kube(
        group="apps",
        plural="deployments",
        keep={
            **_COUNTS,
            "paused": "spec.paused",
            "revision": "/metadata/annotations/deployment.kubernetes.io~1revision",
        },
    ),
    (
        READY,
        Column(heading="NEW", value=lambda row: row.updated, right=True),
        Column(heading="SERVES", value=lambda row: row.available, right=True),
        IMAGES,
    ),
    aliases=("dp", "deployments.apps"),
    look=_look,
    actions=(*workload_acts("deployments", "deployment"), UNDO_DEPLOYMENT, PAUSE, GO_ON),
    loses=pods_stop,
    tabs=(PODS_TAB, HISTORY),
    logs=of_workload("deployment"),
    logs_needs=("pods",),
)
STATEFULSETS: Kind[Workload] = declared(
    "statefulsets",
    "statefulset",
    Workload,
    Kube(group="apps", plural="statefulsets", keep=_COUNTS),
    (READY, IMAGES),
    aliases=("sts",),
    look=_look,
    actions=(*workload_acts("statefulsets", "statefulset"), UNDO_STATEFULSET),
    loses=pods_stop,
    tabs=(PODS_TAB, SHAPES),
    logs=of_workload("statefulset"),
    logs_needs=("pods",),
)
DAEMONSETS: Kind[Workload] = declared(
    "daemonsets",
    "daemonset",
    Workload,
    Kube(
        group="apps",
        plural="daemonsets",
        keep={
            **_COUNTS,
            "wanted": "status.desiredNumberScheduled",
            "ready": "status.numberReady",
            "updated": "status.updatedNumberScheduled",
            "available": "status.numberAvailable",
        },
    ),
    (READY, Column(heading="NEW", value=lambda row: row.updated, right=True), IMAGES),
    aliases=("ds",),
    look=_look,
    actions=(*workload_acts("daemonsets", "daemonset", scales=False), UNDO_DAEMONSET),
    loses=pods_stop,
    tabs=(PODS_TAB, SHAPES),
    logs=of_workload("daemonset"),
    logs_needs=("pods",),
)
REPLICASETS: Kind[Workload] = declared(
    "replicasets",
    "replicaset",
    Workload,
    Kube(
        group="apps",
        plural="replicasets",
        keep={
            **_COUNTS,
            # It has no shapes but its own.
            "updated": "status.replicas",
            "template": "spec.template",
            "revision": "/metadata/annotations/deployment.kubernetes.io~1revision",
        },
    ),
    (
        READY,
        Column(heading="REVISION", value=lambda row: row.revision, right=True),
        Column(heading="OWNER", value=lambda row: row.owner, most=40),
        IMAGES,
    ),
    aliases=("rs",),
    look=_look,
    actions=(forwarding_workload("replicaset"),),
    loses=pods_stop,
    tabs=(PODS_TAB,),
    logs=of_workload("replicaset"),
    logs_needs=("pods",),
    is_inventory=False,
)


WORKLOADS: Tuple[Kind[Any], ...] = (
    DEPLOYMENTS,
    STATEFULSETS,
    DAEMONSETS,
    REPLICASETS,
    REVISIONS,
)
