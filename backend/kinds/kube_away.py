"""The cluster while its API server does not answer: what this machine's own runtime knows of it.

The runtime knows its containers and no intent: neither what should run, nor whether what ended was
to end. Only containers that a kubelet started count, each by its last run; and pods of which it has
a sandbox and no container at all.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

from backend.errors import Rejected, StxError, Unreachable
from backend.figure import Line
from backend.kind import Body
from backend.kinds.kube_health import PARTS
from backend.kinds.machine_containers import CRI_CONTAINERS, CriContainer
from backend.kinds.machine_sandboxes import CRI_PODS, CriPod, is_bare, is_last
from backend.known import Known
from backend.plan import HERE
from backend.tone import Tone, Verdict
from backend.units import counted, span

_OWN, _PODS = (CRI_CONTAINERS.name, HERE), (CRI_PODS.name, HERE)
_RUNS = "running"
# Containers of the control plane, and what they are called on one line.
_PARTS = {"coredns" if named == "kube-dns" else named: short for _, named, short in PARTS}


def away(known: Known) -> Optional[StxError]:
    """Return why the API server does not answer; None where it does, if only to refuse."""
    error = known.reading("pods").error
    is_broken = isinstance(error, Rejected) and error.status >= 500
    return error if is_broken or isinstance(error, Unreachable) else None


def spare(known: Known) -> Tuple[Tuple[str, str], ...]:
    """Return what is asked instead of the API server, where that does not answer."""
    return (_OWN, _PODS) if away(known) is not None else ()


def own(known: Known) -> Tuple[CriContainer, ...]:
    """Return the last run of each container of a pod on this machine, as its runtime knows it.

    Nothing while the API server answers: it knows better.
    """
    if away(known) is None or known.reading(*_OWN).error is not None:
        return ()
    last: Dict[Tuple[str, str], CriContainer] = {}
    for row in known.rows(*_OWN):
        before = last.get((row.pod_uid, row.name))
        if row.pod and (before is None or before.attempt <= row.attempt):
            last[row.pod_uid, row.name] = row
    return tuple(last.values())


def bare(known: Known) -> Tuple[CriPod, ...]:
    """Return the pods on this machine whose sandbox stands and which have no container."""
    if away(known) is None or any(known.reading(*key).error for key in (_OWN, _PODS)):
        return ()
    rows: Tuple[CriPod, ...] = known.rows(*_PODS)
    return tuple(row for row in rows if is_bare(row, known) and is_last(row, rows))


def unwell(known: Known) -> Iterator[Body]:
    """Yield that the API server is away, and what of this machine's containers does not run."""
    error = away(known)
    if error is None:
        return
    reading = known.reading("pods")
    yield {
        "key": "cluster-health/away",
        "kind": "cluster-health",
        "row_id": "",
        "name": "API server",
        "state": "no answer",
        "why": str(error),
        "since": reading.at_ms if reading.was_read else None,
        "rank": -1,
    }
    rows = own(known)
    running = {row.pod_uid for row in rows if row.state == _RUNS}
    for row in rows:
        if row.state != _RUNS and not _is_over(row, running, known):
            yield _body(row, known)
    for pod in bare(known):
        yield {
            "key": f"{CRI_PODS.name}/{pod.id}",
            "kind": CRI_PODS.name,
            "row_id": CRI_PODS.id(pod),
            "name": pod.full_name,
            "state": "no container",
            "why": "an image did not come, or none could be made; the kubelet's log may say why",
            "since": pod.created_ms,
            "restarts": None,
            "rank": 1,
        }


def _is_over(row: CriContainer, running: set[str], known: Known) -> bool:
    """Whether what ended did what it was for: before the others of its pod began, or its pod did.

    That is as the API server said last, where it said anything.
    """
    pod = known.row("pods", row.pod_uid)
    return (pod is not None and pod.is_done) or (row.pod_uid in running and row.attempt == 0)


def _body(row: CriContainer, known: Known) -> Body:
    began = span(known.now_ms - row.created_ms)
    times = f", after {counted(row.attempt, 'restart')}" if row.attempt else ""
    is_part = row.name in _PARTS
    return {
        "key": f"{CRI_CONTAINERS.name}/{row.id}",
        "kind": CRI_CONTAINERS.name,
        "row_id": CRI_CONTAINERS.id(row),
        "name": f"{row.namespace}/{row.pod}",
        "state": row.state,
        "why": f"{row.name} began {began} ago{times}; its log may say why (l)",
        "restarts": row.attempt,
        "rank": 0 if is_part else 1,
        "tone": (Tone.BAD if is_part or row.attempt else Tone.WARN).value,
    }


def verdict(known: Known) -> Optional[Verdict]:
    """Return what row 3 says where the runtime answers in the API server's place, else None."""
    rows, reading = own(known), known.reading("pods")
    if not rows:
        return None
    word = "API SERVER DOES NOT ANSWER"
    since = f" ({span(known.now_ms - reading.at_ms)})" if reading.was_read else ""
    runtime = rows[0].runtime
    runs = sum(1 for row in rows if row.state == _RUNS)
    more = f"{runs} of {counted(len(rows), 'container')} here run; {away(known)}"
    text = f"what this machine's {runtime} knows"
    return Verdict(word=f"{word}{since}:", text=text, more=more, tone=Tone.BAD)


def summary(known: Known) -> List[Line]:
    """Return the part of the control plane that this machine has, and how its pods stand."""
    rows = own(known)
    if not rows:
        return []
    parts: List[str] = []
    for named, short in _PARTS.items():
        mine = [row for row in rows if row.name == named]
        runs = sum(1 for row in mine if row.state == _RUNS)
        parts += [f"{short} {runs}/{len(mine)}"] if mine else []
    states: Dict[str, int] = {}
    for row in rows:
        states[row.state] = states.get(row.state, 0) + 1
    words = "  ".join(f"{state} {count}" for state, count in sorted(states.items()))
    broken = any(row.state != _RUNS for row in rows if row.name in _PARTS)
    plane = "  ".join(parts) or "nothing of it on this machine"
    return [
        Line(heading="CONTROL PLANE", text=plane, tone=Tone.BAD if broken else Tone.PLAIN),
        Line(heading="HERE", text=f"{known.place.hostname}: containers {words}"),
    ]
