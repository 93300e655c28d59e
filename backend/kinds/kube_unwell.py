"""What is wrong in a cluster, with the reason already read: pods, what keeps them, events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

from backend.kind import Body, Row
from backend.kinds import kube_away
from backend.kinds.application_looks import REAPPLY, has_failed, pending
from backend.kinds.kube_events import collapsed
from backend.kinds.kube_last import last_line
from backend.kinds.kube_object import KubeObject, conditions
from backend.kinds.kube_pod import Pod
from backend.kinds.kube_pods import trouble_of
from backend.kinds.kube_workloads import Workload, own_pods
from backend.kinds.once import once, sifted
from backend.known import Known
from backend.tone import Tone
from backend.units import HOUR_MS, counted, instant_ms

# Kinds whose rows that look bad are troubles, in the order in which they matter.
_LOOKED_AT = (
    *("api-services", "deployments", "statefulsets", "daemonsets", "jobs"),
    *("claims", "volumes", "helm-releases", "kube-certificates"),
)
# Events that are shown beside what is unwell.
_EVENTS = 6


class TroubleRow(Row):
    """Something that is wrong: of which kind, for how long, and why."""

    key: str
    kind: str
    row_id: str
    name: str
    state: str
    why: str = ""
    # What it wrote last, where it ends again and again.
    said: str = ""
    since: Optional[int] = None
    restarts: Optional[int] = None
    rank: int = 0
    tone: str = Tone.BAD.value


def troubles(known: Known) -> List[Body]:
    """Return what is wrong, the worst first; of this machine alone where only that can be told."""
    found = [*kube_away.unwell(known), *_applications(known)]
    if not kube_away.own(known):
        found += [*_nodes(known), *_pods(known), *_others(known), *_events(known)]
    return [body for _, body in sorted(enumerate(found), key=lambda one: (one[1]["rank"], one[0]))]


@dataclass(frozen=True)
class _Tally:
    """How the pods of one reading stand: those that may be unwell, and how many do what."""

    suspects: Tuple[Pod, ...]
    running: int
    done: int


@sifted
def _suspects(pod: Pod) -> bool:
    return not pod.is_fine


@sifted
def _done(pod: Pod) -> bool:
    return pod.is_fine and pod.is_done


def tally(pods: Tuple[Pod, ...]) -> _Tally:
    """Return how pods stand; only those that changed since it was asked last are looked at."""
    suspects, done = _suspects(pods), len(_done(pods))
    return _Tally(suspects=suspects, running=len(pods) - len(suspects) - done, done=done)


@once
def unwell_pods(known: Known) -> List[Pod]:
    """Return the pods that something is wrong with now."""
    return [pod for pod in tally(known.rows("pods")).suspects if pod.trouble(known.now_ms)]


@once
def down_with(known: Known) -> Mapping[str, List[Pod]]:
    """Return the pods that are not ready because their node is not, by its name."""
    away = {node.name for node in known.rows("nodes") if not node.is_ready}
    found: Dict[str, List[Pod]] = {}
    for pod in unwell_pods(known) if away else ():
        trouble = pod.trouble(known.now_ms)
        if pod.node in away and trouble is not None and trouble.word == "NotReady":
            found.setdefault(pod.node, []).append(pod)
    return found


def _pods(known: Known) -> Iterator[Body]:
    with_node = {pod.uid for pods in down_with(known).values() for pod in pods}
    for pod in unwell_pods(known):
        trouble = trouble_of(pod, known)
        if trouble is not None and pod.uid not in with_node:
            yield {
                **_body(
                    "pods",
                    pod,
                    trouble.word,
                    trouble.why,
                    since=trouble.since_ms or instant_ms(pod.created),
                    restarts=pod.restarts,
                    rank=1,
                ),
                "said": last_line(pod, known),
            }


def _nodes(known: Known) -> Iterator[Body]:
    """Yield the nodes that are not well; one whose host is locked is so on purpose."""
    from backend.kinds.kubernetes import BY_NAME

    down, kept = down_with(known), locked(known)
    for node in known.rows("nodes"):
        look = BY_NAME["nodes"].look(node, known)
        if look.tone not in (Tone.BAD, Tone.WARN):
            continue
        why, tone, state = look.notes[0] if look.notes else "", look.tone, node.status
        if node.name in kept:
            why, tone, state = "its host is locked: no pod is placed there", Tone.WARN, "locked"
        with_it = len(down.get(node.name, ()))
        why += f"; {counted(with_it, 'pod')} there not ready" if with_it else ""
        since = _since(node)
        yield _body("nodes", node, state, why, since=since, rank=0, tone=tone)


def locked(known: Known) -> FrozenSet[str]:
    """Return the names of the hosts that somebody locked."""
    hosts = known.rows("hosts")
    return frozenset(str(row.hostname) for row in hosts if row.administrative == "locked")


def _others(known: Known) -> Iterator[Body]:
    from backend.kinds.kubernetes import BY_NAME

    pods = unwell_pods(known)
    wanted = {f"{pod.namespace}/{claim}" for pod in pods for claim in pod.claims}
    for name in _LOOKED_AT:
        kind = BY_NAME[name]
        for row in known.rows(name):
            look = kind.look(row, known)
            if look.tone not in (Tone.BAD, Tone.WARN):
                continue
            if name == "claims" and row.full_name in wanted:
                continue  # the pod that waits for it says it better
            if any(_is_of(row, pod) for pod in pods):
                continue  # its pods say it better
            yield _body(
                name,
                row,
                _state(row) or kind.singular,
                look.notes[0] if look.notes else "",
                since=_since(row),
                rank=2,
                tone=look.tone,
            )


def _is_of(row: Any, pod: Pod) -> bool:
    """Whether a workload made that pod: by its selector or its name, not by one that begins so."""
    if isinstance(row, Workload):
        return own_pods(row, pod)
    return pod.namespace == row.namespace and pod.owner == f"Job/{row.name}"


def _state(row: Any) -> str:
    """Return the word in which an object says how it stands."""
    ready = conditions(getattr(row, "conditions", None)).get("Ready") or {}
    word = getattr(row, "status", "") or getattr(row, "phase", "") or ready.get("reason")
    return str(word or "")


def _since(row: Any) -> Optional[int]:
    """Return since when an object's conditions are as they are."""
    instants = [
        instant_ms(one.get("lastTransitionTime"))
        for one in getattr(row, "conditions", None) or ()
        if isinstance(one, dict)
    ]
    return max((ms for ms in instants if ms is not None), default=instant_ms(row.created))


def _applications(known: Known) -> Iterator[Body]:
    for row in known.rows("applications"):
        status, alarm = str(row.status or ""), pending(row, known)
        if alarm is not None:
            yield {
                "key": f"applications/{row.name}",
                "kind": "applications",
                "row_id": row.name,
                "name": row.name,
                "state": status,
                "why": f"its re-apply is pending ({REAPPLY})",
                "since": alarm.raised_ms,
                "rank": 3,
                "tone": Tone.WARN.value,
            }
        if has_failed(row):
            yield {
                "key": f"applications/{row.name}",
                "kind": "applications",
                "row_id": row.name,
                "name": row.name,
                "state": status,
                "why": str(row.progress or ""),
                "rank": 3,
            }


def _events(known: Known) -> Iterator[Body]:
    """Yield warnings of the last hour about what is not said to be unwell already."""
    said = {pod.uid for pod in unwell_pods(known)}
    said |= {claim.uid for claim in known.rows("claims") if claim.phase == "Pending"}
    pods = known.reading("pods").by_id
    shown = 0
    for count, event in collapsed(known, known.now_ms - HOUR_MS):
        uid = str(event.about.get("uid"))
        is_over = event.about.get("kind") == "Pod" and (uid not in pods or pods[uid].is_fine)
        if uid in said or is_over or shown >= _EVENTS:
            continue
        shown += 1
        yield {
            "key": f"kube-events/{event.uid}",
            "kind": "kube-events",
            "row_id": event.uid,
            "name": event.subject,
            "state": f"{count}x {event.reason}",
            "why": " ".join(event.message.split()),
            "since": event.last_ms,
            "rank": 4,
            "tone": Tone.WARN.value,
        }


def _body(
    kind: str,
    row: KubeObject,
    state: str,
    why: str,
    *,
    since: Optional[int],
    rank: int,
    restarts: Optional[int] = None,
    tone: Tone = Tone.BAD,
) -> Body:
    return {
        "key": f"{kind}/{row.uid}",
        "kind": kind,
        "row_id": row.uid,
        "name": row.full_name,
        "state": state,
        "why": why,
        "since": since,
        "restarts": restarts,
        "rank": rank,
        "tone": tone.value,
    }
