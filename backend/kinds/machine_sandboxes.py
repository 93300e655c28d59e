"""Pods as the runtime of a machine knows them: the sandbox that the containers of each share.

What is there before any container is, and when none could be made: a pod whose image does not
come, or whose network is not set up, has a sandbox at most.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Tuple

from backend.figure import Line, Lines
from backend.kind import Body, Column, Command, Kind, Reach, Tab
from backend.kinds.machine import EVERY_S, MACHINE, MACHINES, OfMachine, objects
from backend.kinds.machine_containers import CRI_CONTAINERS, NO_CRI, CriContainer
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import counted, span

_RUNS, _READY = "running", "ready"
# How long containers of a pod may take to be made before it is worth a word, in ms.
MAKING_MS = 60_000


def sandboxes_of_crictl(text: str) -> Iterable[Body]:
    """Parse ``crictl pods -o json``; instants are nanoseconds, as text."""
    return [
        {
            "id": one["id"],
            "name": one["metadata"]["name"],
            "namespace": one["metadata"].get("namespace", ""),
            "pod_uid": one["metadata"].get("uid", ""),
            "attempt": one["metadata"].get("attempt", 0),
            "state": str(one["state"]).replace("SANDBOX_", "").lower(),
            "created_ms": int(one["createdAt"]) // 1_000_000,
            "runs_by": one.get("runtimeHandler", ""),
        }
        for one in objects(text, "items")
    ]


class CriPod(OfMachine):
    """The sandbox of a pod; ``state`` is ``ready`` or ``notready``, as the runtime has it."""

    id: str
    name: str
    namespace: str = ""
    pod_uid: str = ""
    attempt: int = 0
    state: str
    created_ms: int
    # The handler that the pod's runtime class names, "" for the usual one.
    runs_by: str = ""

    @property
    def full_name(self) -> str:
        """What people call it."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def is_ready(self) -> bool:
        """Whether its network and namespaces stand."""
        return self.state == _READY


def containers_of(row: CriPod, known: Known) -> Tuple[CriContainer, ...]:
    """Return the containers of a pod on its machine, each by its last run."""
    of = row.machine if known.has(CRI_CONTAINERS.name, row.machine) else ""
    last: Dict[str, CriContainer] = {}
    for one in known.rows(CRI_CONTAINERS.name, of):
        mine = one.machine == row.machine and row.pod_uid and one.pod_uid == row.pod_uid
        if mine and (one.name not in last or last[one.name].attempt <= one.attempt):
            last[one.name] = one
    return tuple(last.values())


def _are_read(row: CriPod, known: Known) -> bool:
    return known.has(CRI_CONTAINERS.name, row.machine) or known.has(CRI_CONTAINERS.name)


def is_bare(row: CriPod, known: Known) -> bool:
    """Whether its sandbox stands for a while and no container was made in it."""
    is_old = known.now_ms - row.created_ms > MAKING_MS
    return row.is_ready and is_old and _are_read(row, known) and not containers_of(row, known)


def is_last(row: CriPod, rows: Iterable[CriPod]) -> bool:
    """Whether no later sandbox of the same pod stands in its place."""
    return not any(
        one.pod_uid == row.pod_uid and one.machine == row.machine and one.attempt > row.attempt
        for one in rows
    )


def _look(row: CriPod, known: Known) -> Look:
    of = row.machine if known.has(CRI_PODS.name, row.machine) else ""
    if not is_last(row, known.rows(CRI_PODS.name, of)):
        return Look(mark=Mark.OUT, notes=("a later sandbox stands in its place",))
    if is_bare(row, known):
        words = "it has no container: an image did not come, or none could be made"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL if row.is_ready else Look(mark=Mark.OUT)


def _running(row: CriPod, known: Known) -> str:
    """Return how many of its containers run, of how many; "-" where none were read."""
    if not _are_read(row, known):
        return "-"
    mine = containers_of(row, known)
    return f"{sum(1 for one in mine if one.state == _RUNS)}/{len(mine)}"


def _strip(row: CriPod, known: Known) -> Lines:
    lines: List[Line] = [Line(heading="ID", text=row.id), Line(heading="UID", text=row.pod_uid)]
    for one in containers_of(row, known):
        again = f", after {counted(one.attempt, 'restart')}" if one.attempt else ""
        began = span(known.now_ms - one.created_ms)
        lines.append(Line(heading=one.name, text=f"{one.state}, began {began} ago{again}"))
    return Lines(tuple(lines))


CRI_PODS: Kind[CriPod] = Kind(
    name="cri-pods",
    singular="cri-pod",
    model=CriPod,
    read=Command(
        argv=("crictl", "pods", "-o", "json"),
        parse=sandboxes_of_crictl,
        absent=NO_CRI,
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES, CRI_CONTAINERS.name),
    id=lambda row: f"{row.machine}/{row.id}",
    label=lambda row: row.full_name,
    columns=(
        MACHINE,
        Column(heading="POD", value=lambda row: row.full_name, most=52),
        Column(heading="STATE", value=lambda row: "ready" if row.is_ready else "not ready"),
        Column(heading="RUN", joined=_running, right=True),
        Column(heading="AGAIN", value=lambda row: row.attempt or None, right=True),
        Column(
            heading="FOR",
            joined=lambda row, known: span(known.now_ms - row.created_ms),
            order=lambda row, _known: -row.created_ms,
            right=True,
        ),
        Column(heading="RUNTIME", value=lambda row: row.runs_by or None, wide=True),
    ),
    look=_look,
    strip=_strip,
    tabs=(
        Tab(
            key="o",
            title="Containers",
            kind=CRI_CONTAINERS.name,
            related=lambda row, one: row.machine == one.machine and row.pod_uid == one.pod_uid,
            needs=(CRI_CONTAINERS.name,),
        ),
    ),
    sort=lambda row, _known: (not row.is_ready, row.namespace, row.name, -row.attempt),
    tab="x Pods",
    state_fields=("state",),
    aliases=("sandboxes",),
    is_inventory=False,
    every_s=EVERY_S,
)
