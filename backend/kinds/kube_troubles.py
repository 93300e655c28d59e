"""Is the cluster well? Only what is wrong, with the reason already read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Tuple

from backend.figure import Jump, Line, Lines
from backend.kind import Body, Column, Derived, Kind, Row
from backend.kinds.kube_events import collapsed, events_of
from backend.kinds.kube_health import control_plane, down
from backend.kinds.kube_object import KubeObject, conditions
from backend.kinds.kube_pod import Pod
from backend.kinds.kube_pods import trouble_of
from backend.kinds.once import once
from backend.known import Known
from backend.plan import Logs
from backend.tone import Look, Mark, Tone, Verdict
from backend.units import HOUR_MS, MINUTE_MS, instant_ms, span

NEEDS = (
    *("pods", "nodes", "deployments", "statefulsets", "daemonsets", "jobs"),
    *("claims", "volumes", "storage-classes", "kube-events", "api-services", "applications"),
    *("helm-releases", "kube-certificates", "cluster-health"),
)
# Kinds whose rows that look bad are troubles, in the order in which they matter.
_LOOKED_AT = (
    *("nodes", "api-services", "deployments", "statefulsets", "daemonsets", "jobs"),
    *("claims", "volumes", "helm-releases", "kube-certificates"),
)
# How long a roll-out may be on its way before it is a trouble, in ms.
_LATE_MS = 10 * MINUTE_MS
_EVENTS = 6


class TroubleRow(Row):
    """Something that is wrong: of which kind, for how long, and why."""

    key: str
    kind: str
    row_id: str
    name: str
    state: str
    why: str = ""
    since: Optional[int] = None
    restarts: Optional[int] = None
    rank: int = 0
    tone: str = Tone.BAD.value


def troubles(known: Known) -> List[Body]:
    """Return what is wrong, the worst first."""
    found = [*_pods(known), *_others(known), *_applications(known), *_events(known)]
    return [body for _, body in sorted(enumerate(found), key=lambda one: (one[1]["rank"], one[0]))]


@dataclass(frozen=True)
class _Tally:
    """How the pods of one reading stand: those that may be unwell, and how many do what."""

    suspects: Tuple[Pod, ...]
    running: int
    done: int


@once
def _tally(pods: Tuple[Pod, ...]) -> _Tally:
    """Look through all pods once a reading: of 10,000 that is 3 ms, on the thread that derives."""
    suspects = tuple(pod for pod in pods if not pod.is_fine)
    done = sum(1 for pod in pods if pod.is_fine and pod.is_done)
    return _Tally(suspects=suspects, running=len(pods) - len(suspects) - done, done=done)


def unwell_pods(known: Known) -> List[Pod]:
    """Return the pods that something is wrong with now."""
    return [pod for pod in _tally(known.rows("pods")).suspects if pod.trouble(known.now_ms)]


def _pods(known: Known) -> Iterator[Body]:
    for pod in unwell_pods(known):
        trouble = trouble_of(pod, known)
        if trouble is not None:
            yield _body(
                "pods",
                pod,
                trouble.word,
                trouble.why,
                since=trouble.since_ms or instant_ms(pod.created),
                restarts=pod.restarts,
                rank=1,
            )


def _others(known: Known) -> Iterator[Body]:
    from backend.kinds.kubernetes import BY_NAME

    pods = unwell_pods(known)
    unwell = {pod.full_name for pod in pods}
    named = {f"{pod.namespace}/{claim}" for pod in pods for claim in pod.claims}
    for name in _LOOKED_AT:
        kind = BY_NAME[name]
        for row in known.rows(name):
            look = kind.look(row, known)
            if look.tone not in (Tone.BAD, Tone.WARN):
                continue
            if row.full_name in named or any(one.startswith(f"{row.full_name}-") for one in unwell):
                continue  # its pods say it better
            yield _body(
                name,
                row,
                _state(row) or kind.singular,
                look.notes[0] if look.notes else "",
                since=_since(row),
                rank=0 if name == "nodes" else 2,
                tone=look.tone,
            )


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
        status = str(row.status or "")
        if status.endswith("-failed") or status == "missing":
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


# --- how it looks ------------------------------------------------------------------------------


def _look(row: TroubleRow, _known: Known) -> Look:
    notes = (row.why,) if row.why else ()
    mark = Mark.NONE if row.kind == "kube-events" else Mark.BAD
    return Look(tone=Tone(row.tone), mark=mark, notes=notes)


def _lasts(row: TroubleRow, known: Known) -> Optional[int]:
    return None if row.since is None else known.now_ms - row.since


def _for(row: TroubleRow, known: Known) -> Optional[str]:
    lasts = _lasts(row, known)
    return None if lasts is None else span(lasts)


def strip(row: TroubleRow, known: Known) -> Lines:
    """Return what else is known of it: where it runs, and what was said of it."""
    found = known.row(row.kind, row.row_id)
    lines = [Line(heading=row.kind.upper(), text=row.name, jump=Jump(row.kind, row.row_id))]
    if isinstance(found, Pod):
        lines.append(Line(heading="ON", text=f"{found.node or 'no node'}  {found.owner}"))
    if isinstance(found, KubeObject):
        for event in events_of(found, known)[:2]:
            ago = span(known.now_ms - event.last_ms)
            lines.append(Line(heading="EVENT", text=f"{event.said} ({ago} ago)"))
    return Lines(tuple(lines))


def _logs(row: TroubleRow, known: Known) -> Logs:
    """Return what what is unwell writes, where it writes anything."""
    from backend.kinds.kubernetes import BY_NAME

    kind, found = BY_NAME.get(row.kind), known.row(row.kind, row.row_id)
    if kind is None or kind.logs is None or found is None:
        return Logs(streams=(), of=row.name)
    return kind.logs(found, known)


def counts(known: Known) -> Dict[str, int]:
    """Return how many pods stand how, each once."""
    tally = _tally(known.rows("pods"))
    found = {"run": tally.running, "done": tally.done, "pend": 0, "fail": 0, "crash": 0}
    for pod in tally.suspects:
        trouble = pod.trouble(known.now_ms)
        if pod.phase == "Failed":
            found["fail"] += 1
        elif trouble is not None and trouble.word == "CrashLoop":
            found["crash"] += 1
        else:
            found["pend" if pod.phase == "Pending" else "run"] += 1
    return found


@once
def _restarts(pods: Tuple[Pod, ...]) -> Tuple[int, ...]:
    return tuple(pod.restarted_ms for pod in pods if pod.restarted_ms is not None)


def summary(known: Known) -> Lines:
    """Return the cluster on a few lines: control plane, nodes, pods, applications."""
    return Lines(tuple(line for line in _summary(known) if line is not None))


def _summary(known: Known) -> Iterator[Optional[Line]]:
    broken = down(known)
    words = control_plane(known)
    if words:
        yield Line(heading="CONTROL PLANE", text=words, tone=Tone.BAD if broken else Tone.PLAIN)
    if known.has("nodes"):
        yield _nodes(known)
    if known.has("pods"):
        now_ms = known.now_ms
        lately = sum(1 for ms in _restarts(known.rows("pods")) if now_ms - ms < HOUR_MS)
        words = "  ".join(f"{name} {count}" for name, count in counts(known).items())
        yield Line(heading="PODS", text=f"{words}     started anew within 1h: {lately}")
    yield _apps(known)
    yield _certificates(known)


def _nodes(known: Known) -> Line:
    nodes = known.rows("nodes")
    down = [node.name for node in nodes if not node.is_ready]
    cordoned = [node.name for node in nodes if node.cordoned]
    versions = sorted({node.version for node in nodes})
    words = f"{len(nodes) - len(down)} ready  {len(down)} not"
    words += f"  cordoned {', '.join(cordoned[:3])}" if cordoned else ""
    return Line(
        heading="NODES",
        text=f"{words}   {' and '.join(versions[:3])}",
        tone=Tone.BAD if down else Tone.PLAIN,
    )


def _apps(known: Known) -> Optional[Line]:
    if not known.has("applications"):
        return None
    found: Dict[str, int] = {}
    for row in known.rows("applications"):
        found[str(row.status)] = found.get(str(row.status), 0) + 1
    words = "   ".join(f"{status} {count}" for status, count in sorted(found.items()))
    releases = known.rows("helm-releases")
    if releases:
        good = sum(1 for one in releases if one.ready.get("status") == "True")
        words += f"   flux {good}/{len(releases)}"
    return Line(heading="APPS", text=words)


def _certificates(known: Known) -> Optional[Line]:
    ends = [
        (left, row.full_name)
        for row in known.rows("kube-certificates")
        for left in (row.left_ms(known),)
        if left is not None
    ]
    if not ends:
        return None
    words = "   ".join(f"{name} {span(max(left, 0))}" for left, name in sorted(ends)[:3])
    return Line(heading="CERTS", text=f"next to end: {words}")


# --- row 3 -------------------------------------------------------------------------------------


def verdict(known: Known) -> Verdict:
    """Return whether the cluster is well, in one sentence."""
    reading = known.reading("pods")
    if reading.error is not None and not reading.was_read:
        return Verdict(
            word="CANNOT", text=str(reading.error), more=reading.error.advice, tone=Tone.BAD
        )
    if not reading.was_read:
        so_far = f"; {len(reading.rows)} pods so far" if reading.rows else ""
        return Verdict(word="", text=f"asking the cluster{so_far}", tone=Tone.PLAIN)
    away = next((known.reading(k).error for k in ("pods", "nodes") if known.reading(k).error), None)
    if away is not None:
        ago = span(known.now_ms - reading.at_ms)
        words = f"the API server does not answer ({ago}): this is what it said last"
        return Verdict(word="WAS", text=words, more=str(away), tone=Tone.BAD)
    return _verdict(known)


def _verdict(known: Known) -> Verdict:
    rows = known.rows("troubles")
    if not known.has("troubles"):
        rows = tuple(TroubleRow.model_validate(body) for body in troubles(known))
    unwell = [row for row in rows if row.kind != "kube-events"]
    pods = [row for row in unwell if row.kind == "pods"]
    nodes = [row for row in known.rows("nodes") if not row.is_ready]
    broken = down(known)
    parts: List[str] = []
    if pods:
        parts.append(f"{len(pods)} of {len(known.rows('pods'))} pods unwell")
    if nodes:
        parts.append(f"{len(nodes)} of {len(known.rows('nodes'))} nodes not ready")
    if broken:
        parts.append(f"control plane: {', '.join(broken)}")
    others = len(unwell) - len(pods) - len(nodes)
    if others > 0:
        parts.append(f"{others} more not as it should be")
    if not parts:
        words = (
            f"{len(known.rows('pods'))} pods on {len(known.rows('nodes'))} nodes as they should be"
        )
        return Verdict(word="WELL", text=words)
    is_bad = bool(nodes or broken)
    tone, word = (Tone.BAD, "NOT WELL") if is_bad else (Tone.WARN, "WARN")
    return Verdict(word=word, text="; ".join(parts) + ".", more=_first(unwell), tone=tone)


def _first(rows: List[TroubleRow]) -> str:
    return f"{rows[0].name}: {rows[0].why}" if rows else ""


TROUBLES: Kind[TroubleRow] = Kind(
    name="troubles",
    singular="trouble",
    model=TroubleRow,
    read=Derived(rows=troubles),
    id=lambda row: row.key,
    label=lambda row: row.name,
    columns=(
        Column(heading="UNWELL", value=lambda row: row.name, most=40),
        Column(heading="STATE", value=lambda row: row.state, most=24),
        Column(heading="FOR", joined=_for, order=_lasts, width=4, right=True),
        Column(heading="RESTARTS", value=lambda row: row.restarts, right=True),
    ),
    look=_look,
    strip=strip,
    summary=summary,
    verdict=verdict,
    jump=lambda row, _known: Jump(row.kind, row.row_id),
    logs=_logs,
    needs=NEEDS,
    is_inventory=False,
)
