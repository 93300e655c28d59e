"""Pods: where they run, how they stand, and why not."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.figure import Jump, Line, Lines
from backend.kind import Column, Kind, Kube
from backend.kinds.kube_acts import DELETE, FORCE_DELETE
from backend.kinds.kube_containers import CONTAINERS_TAB
from backend.kinds.kube_copy import COPY_FROM, COPY_TO
from backend.kinds.kube_events import events_of
from backend.kinds.kube_forward import FORWARD
from backend.kinds.kube_logs import of_pod
from backend.kinds.kube_object import bad, busy, by_name, declared, warned
from backend.kinds.kube_pod import Pod, Trouble, exit_words
from backend.kinds.kube_shell import ATTACH, SHELL
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

# A container that ended so lately, in ms, is worth a word although it runs again.
LATELY_MS = 3_600_000

_MADE = "name,image,tty,stdin"
_STATE = "[name,ready,started,restartCount,image,state,lastState]"
READ = Kube(
    plural="pods",
    keep={
        "node": "spec.nodeName",
        "phase": "status.phase",
        "reason": "status.reason",
        "message": "status.message",
        "ip": "status.podIP",
        "started": "status.startTime",
        "qos": "status.qosClass",
        "priority": "spec.priorityClassName",
        "grace": "spec.terminationGracePeriodSeconds",
        "host_network": "spec.hostNetwork",
        "networks": "/metadata/annotations/k8s.v1.cni.cncf.io~1networks",
        "mirror": "/metadata/annotations/kubernetes.io~1config.mirror",
        "conditions": "status.conditions[type,status,reason,message,lastTransitionTime]",
        "containers": f"spec.containers[{_MADE},ports,requests=resources.requests]",
        "statuses": f"status.containerStatuses{_STATE}",
        "init": f"spec.initContainers[{_MADE},restartPolicy,ports,requests=resources.requests]",
        "overhead": "spec.overhead",
        "asked": "spec.resources.requests",
        "init_statuses": f"status.initContainerStatuses{_STATE}",
        "debug": f"spec.ephemeralContainers[{_MADE}]",
        "debug_statuses": f"status.ephemeralContainerStatuses{_STATE}",
        "volumes": "spec.volumes[name,emptyDir,claim=persistentVolumeClaim.claimName]",
    },
)


def trouble_of(pod: Pod, known: Known) -> Optional[Trouble]:
    """Return what is wrong with a pod, its claim and its events looked at too."""
    trouble = pod.trouble(known.now_ms)
    if trouble is None or trouble.word not in {"Pending", "ContainerCreating", "PodInitializing"}:
        return trouble
    why = _claims_missing(pod, known) or trouble.why
    if why.startswith("gets no further"):
        said = next((event.said for event in events_of(pod, known) if event.is_warning), "")
        why = f"{why}: {said}" if said else why
    return Trouble(trouble.word, why, trouble.since_ms)


def _claims_missing(pod: Pod, known: Known) -> str:
    """Return which of its claims has no volume, and why not."""
    if not pod.claims or not known.has("claims"):
        return ""
    there = by_name(known.rows("claims"))
    for name in pod.claims:
        claim = there.get((pod.namespace, name))
        if claim is None:
            return f"its claim {name} is not there"
        if claim.phase != "Bound":
            return f"its claim {name} is {claim.phase or 'Pending'}: {claim.why(known)}"
    return ""


def look(pod: Pod, known: Known) -> Look:
    """Return how a pod looks: what is well is silent."""
    trouble = trouble_of(pod, known)
    if trouble is not None:
        words = trouble.why
        return bad(words) if trouble.is_bad else warned(words)
    if pod.deleting:
        return busy("is being deleted")
    if pod.is_done:
        return Look(tone=Tone.PLAIN)
    if pod.phase == "Pending":
        return Look(tone=Tone.BUSY, mark=Mark.BUSY)
    last_ms = pod.restarted_ms
    if last_ms is not None and known.now_ms - last_ms < LATELY_MS:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(restarted_words(pod, known),))
    return WELL


def restarted_words(pod: Pod, known: Known) -> str:
    """Return which container ended last, when and how."""
    for one in (*pod.statuses, *pod.init_statuses):
        last = (one.get("lastState") or {}).get("terminated")
        if last and pod.restarted_ms is not None:
            ago = span(known.now_ms - pod.restarted_ms)
            return f"{one.get('name')} was started anew {ago} ago: {exit_words(last)}"
    return "was started anew"


def _last_restart(pod: Pod, known: Known) -> Optional[int]:
    return None if pod.restarted_ms is None else known.now_ms - pod.restarted_ms


def strip(pod: Pod, known: Known) -> Lines:
    """Return where it runs, what runs in it, and what was said of it."""
    lines = [_where(pod, known)]
    for one in pod.containers:
        status = next((s for s in pod.statuses if s.get("name") == one.get("name")), {})
        lines.append(Line(heading=str(one.get("name")), text=_container(one, status)))
    for event in events_of(pod, known)[:3]:
        tone = Tone.WARN if event.is_warning else Tone.PLAIN
        lines.append(Line(heading="EVENT", text=event.said, tone=tone))
    return Lines(tuple(lines))


def _where(pod: Pod, known: Known) -> Line:
    node = by_name(known.rows("nodes")).get(("", pod.node))
    parts = [pod.node or "no node", pod.ip, pod.owner, pod.qos]
    if pod.networks:
        parts.append(f"networks {pod.networks}")
    return Line(
        heading="ON",
        text="  ".join(part for part in parts if part),
        jump=Jump(kind="nodes", id=node.uid) if node is not None else None,
    )


def _container(one: Any, status: Any) -> str:
    state = status.get("state") or {}
    name = next(iter(state), "")
    inner = state.get(name) or {}
    words = {"running": "runs", "terminated": exit_words(inner)}.get(
        name, inner.get("reason") or "-"
    )
    restarts = status.get("restartCount") or 0
    again = f", started anew {restarts} times" if restarts else ""
    return f"{words}{again}  {one.get('image')}"


POD_COLUMNS: Tuple[Column[Pod], ...] = (
    Column(heading="READY", value=lambda pod: pod.ready, right=True),
    Column(heading="STATUS", value=lambda pod: pod.status, most=24),
    Column(heading="RESTARTS", value=lambda pod: pod.restarts, right=True),
    Column(heading="NODE", value=lambda pod: pod.node, most=24, wide=True),
    Column(
        heading="LAST",
        joined=lambda pod, known: (
            None if pod.restarted_ms is None else span(_last_restart(pod, known) or 0)
        ),
        order=_last_restart,
        right=True,
        wide=True,
    ),
    Column(heading="IP", value=lambda pod: pod.ip, wide=True),
    Column(heading="OWNER", value=lambda pod: pod.owner, wide=True),
)


PODS: Kind[Pod] = declared(
    "pods",
    "pod",
    Pod,
    READ,
    POD_COLUMNS,
    # How often it was started anew and its age have room on eighty columns.
    most=38,
    aliases=("po",),
    look=look,
    strip=strip,
    needs=("nodes", "claims", "kube-events"),
    tabs=(CONTAINERS_TAB,),
    actions=(SHELL, ATTACH, FORWARD, COPY_FROM, COPY_TO, DELETE, FORCE_DELETE),
    loses=None,
    logs=of_pod,
)
