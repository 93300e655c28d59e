"""Is the cluster well? In a sentence, and on a few lines: control plane, nodes, pods, the rest."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional

from backend.figure import Line, Lines
from backend.kind import Body
from backend.kinds import kube_away
from backend.kinds.kube_health import control_plane, down
from backend.kinds.kube_pod import Pod
from backend.kinds.kube_unwell import locked, tally, troubles
from backend.kinds.once import sifted
from backend.known import Known
from backend.tone import Tone, Verdict
from backend.units import DAY_MS, HOUR_MS, counted, span

# A certificate that ends within this is looked at, in ms.
SOON_MS = 7 * DAY_MS


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


@sifted
def _restarted(pod: Pod) -> bool:
    return pod.restarted_ms is not None


def summary(known: Known) -> Lines:
    """Return the cluster on a few lines: control plane, nodes, pods, applications."""
    return Lines(tuple(line for line in _summary(known) if line is not None))


def _summary(known: Known) -> Iterator[Optional[Line]]:
    instead = kube_away.summary(known)
    if instead:
        yield from (*instead, _apps(known))
        return
    broken = down(known)
    words = control_plane(known)
    if words:
        yield Line(heading="CONTROL PLANE", text=words, tone=Tone.BAD if broken else Tone.PLAIN)
    if known.has("nodes"):
        yield _nodes(known)
    if known.has("pods"):
        now_ms = known.now_ms
        restarts = (pod.restarted_ms or 0 for pod in _restarted(known.rows("pods")))
        lately = sum(1 for ms in restarts if now_ms - ms < HOUR_MS)
        words = "  ".join(f"{name} {count}" for name, count in counts(known).items())
        yield Line(heading="PODS", text=f"{words}   restarts 1h: {lately}")
    yield _apps(known)
    yield _certificates(known)


def _nodes(known: Known) -> Line:
    nodes = known.rows("nodes")
    down = [node.name for node in nodes if not node.is_ready]
    kept = locked(known)
    cordoned = [node.name for node in nodes if node.cordoned and node.name not in kept]
    held = [node.name for node in nodes if node.name in kept]
    versions = sorted({node.version for node in nodes})
    words = f"{len(nodes) - len(down)} ready  {len(down)} not"
    words += f"  locked {', '.join(held[:3])}" if held else ""
    words += f"  cordoned {', '.join(cordoned[:3])}" if cordoned else ""
    return Line(
        heading="NODES",
        text=f"{words}   {' and '.join(versions[:3])}",
        tone=Tone.BAD if set(down) - kept else Tone.PLAIN,
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
    ends += [
        (row.expires_ms - known.now_ms, row.name)
        for row in known.rows("platform-certificates")
        if row.expires_ms is not None
    ]
    if not ends:
        return None
    ends = sorted(ends)[:3]
    words = "  ".join(f"{name} {span(max(left, 0))}" for left, name in ends)
    tone = Tone.BAD if ends[0][0] <= 0 else Tone.WARN if ends[0][0] < SOON_MS else Tone.PLAIN
    return Line(heading="CERTS", text=f"next {words}", tone=tone)


# --- row 3 -------------------------------------------------------------------------------------


def verdict(known: Known) -> Verdict:
    """Return whether the cluster is well, in one sentence."""
    reading = known.reading("pods")
    instead = kube_away.verdict(known)
    if instead is not None:
        return instead
    if reading.error is not None and not reading.was_read:
        return Verdict(
            word="CANNOT", text=str(reading.error), more=reading.error.advice, tone=Tone.BAD
        )
    if not reading.was_read:
        so_far = f"; {len(reading.rows)} pods so far" if reading.rows else ""
        return Verdict(word="", text=f"asking the cluster{so_far}", tone=Tone.PLAIN)
    nodes = known.reading("nodes")
    away = reading.error or (nodes.error if nodes.was_read else None)
    if away is not None:
        ago = span(known.now_ms - min(reading.at_ms, nodes.at_ms or reading.at_ms))
        words = f"the API server does not answer ({ago}): this is what it said last"
        more = f"{away}; :cri-containers asks this machine's own runtime"
        return Verdict(word="WAS", text=words, more=more, tone=Tone.BAD)
    said = _verdict(known)
    if nodes.was_read or said.word != "WELL":
        return said
    why = "not read yet" if nodes.error is None else str(nodes.error)
    words = f"{len(reading.rows)} pods as they should be; nodes: {why}"
    return Verdict(word="WARN" if nodes.error else "", text=words, tone=Tone.WARN)


def _verdict(known: Known) -> Verdict:
    unwell = _unwell(known)
    broken = down(known)
    pods, nodes, kept = known.rows("pods"), known.rows("nodes"), locked(known)
    away = [row for row in nodes if not row.is_ready and row.name not in kept]
    parts = [words for words in _parts(unwell, len(away), broken, known) if words]
    if not parts:
        words = f"{len(pods)} pods on {len(nodes)} nodes as they should be"
        return Verdict(word="WELL", text=words)
    if not broken and control_plane(known):
        parts.insert(1, "control plane well")
    tone, word = (Tone.BAD, "NOT WELL") if away or broken else (Tone.WARN, "WARN")
    return Verdict(word=word, text="; ".join(parts) + ".", more=_first(unwell), tone=tone)


def _unwell(known: Known) -> List[Body]:
    """Return what is wrong, as bodies: read as rows they would cost more than to find them."""
    rows = known.rows("troubles")
    found = [row.body for row in rows] if known.has("troubles") else troubles(known)
    return [body for body in found if body["kind"] != "kube-events"]


def _parts(unwell: List[Body], away: int, broken: List[str], known: Known) -> Iterator[str]:
    """Yield what is wrong, each sort in a few words."""
    of = {name: sum(one["kind"] == name for one in unwell) for name in ("pods", "nodes")}
    bad = Tone.BAD.value
    failed = sum(one["kind"] == "applications" and one.get("tone", bad) == bad for one in unwell)
    others = len(unwell) - of["pods"] - away - failed
    yield f"{of['pods']} of {len(known.rows('pods'))} pods unwell" if of["pods"] else ""
    yield f"{away} of {len(known.rows('nodes'))} nodes not ready" if away else ""
    yield f"control plane: {', '.join(broken)}" if broken else ""
    yield f"{counted(failed, 'application')} failed" if failed else ""
    yield f"{others} more not as it should be" if others > 0 else ""


def _first(unwell: List[Body]) -> str:
    return f"{unwell[0]['name']}: {unwell[0]['why']}" if unwell else ""
