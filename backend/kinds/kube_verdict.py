"""Is the cluster well? In a sentence, and on a few lines: control plane, nodes, pods, the rest."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

from backend.figure import Line, Lines
from backend.kinds.kube_health import control_plane, down
from backend.kinds.kube_pod import Pod
from backend.kinds.kube_unwell import TroubleRow, tally, troubles
from backend.kinds.once import once
from backend.known import Known
from backend.tone import Tone, Verdict
from backend.units import HOUR_MS, span


def counts(known: Known) -> Dict[str, int]:
    """Return how many pods stand how, each once."""
    stand = tally(known.rows("pods"))
    found = {"run": stand.running, "done": stand.done, "pend": 0, "fail": 0, "crash": 0}
    for pod in stand.suspects:
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
