"""An upgrade of Kubernetes as its steps in time: what each took, and what it took here before."""

from __future__ import annotations

import statistics
from typing import Iterator, List, Optional, Tuple

from backend.figure import Jump, Line, Lines, Timeline, TimelineStep
from backend.kinds import passed
from backend.kinds.host_site import is_simplex
from backend.kinds.kube_host_upgrades import KUBE_HOST_UPGRADES, blockers, next_part
from backend.kinds.kube_steps import KIND, STEPS, KubeUpgrade, host_of, life, order
from backend.known import Known
from backend.tone import Tone

# What comes on hosts: the state in which it is at work, and the one in which it is done.
_ON_HOSTS = {
    "upgraded-first-master": ("control plane of one controller", "upgrading-first-master"),
    "upgraded-second-master": ("control plane of the other", "upgrading-second-master"),
    "upgrading-kubelets": ("each kubelet", "upgrading-kubelets"),
}

Way = Tuple[str, str, str]


def ways(known: Known) -> Iterator[Way]:
    """Yield the steps in the service's own order: name, state at work, state in which it is done.

    The kubelets have no state of their own when they are done: the one after them says it.
    """
    states = order(known)
    by_done = {step.done: step for step in STEPS if not step.only_simplex or is_simplex(known)}
    for at, state in enumerate(states):
        if state in _ON_HOSTS:
            name, runs = _ON_HOSTS[state]
            yield name, runs, states[at + 1] if runs == state else state
        elif state in by_done:
            yield by_done[state].name, by_done[state].runs, state


def timeline(row: KubeUpgrade, known: Known) -> Timeline:
    """Return the steps of the upgrade, those behind it with their times, and each host's part."""
    mine, state, found = life(row, known), row.state or "", tuple(ways(known))
    past = _past(state, found)
    steps = [_step(way, row, known, is_past=at < past) for at, way in enumerate(found)]
    began_ms = mine[0].ms if mine else known.now_ms
    failed = f"sysinv says {state}: the step can be asked for again" * state.endswith("failed")
    return Timeline(
        title=f"{row.from_version} -> {row.to_version}",
        steps=tuple(steps),
        now_ms=known.now_ms,
        began_ms=began_ms,
        notes=Lines(lines=tuple(_hosts(known))),
        failed=failed,
    )


def _past(state: str, of: Tuple[Way, ...]) -> int:
    """Return how many steps are done, by the state that the upgrade is in now; 0 where unknown."""
    at_work = state.removesuffix("-failed")
    for at, (_name, runs, done) in enumerate(of):
        if runs in {at_work, f"{at_work}-started"} and runs != done:
            return at
    return max((at + 1 for at, (_name, _runs, done) in enumerate(of) if done == state), default=0)


def _step(way: Way, row: KubeUpgrade, known: Known, *, is_past: bool) -> TimelineStep:
    name, runs, done = way
    found = passed.stay(life(row, known), runs, (done,))
    others = (one for one in passed.lives(KIND, known) if one[0].row_id != row.uuid)
    times = passed.took_before(others, runs, (done,)) or known.usual_ms(KIND, name)
    is_running = row.state == runs and not is_past
    ended = found.ended_ms if found is not None else None
    return TimelineStep(
        name=name,
        says=done,
        tone=Tone.GOOD if is_past else Tone.BUSY if is_running else Tone.PLAIN,
        began_ms=found.began_ms if found is not None and (ended or is_running) else None,
        ended_ms=(ended or known.now_ms) if is_past else None,
        usual_ms=round(statistics.median(times)) if times else None,
        seen=len(times),
    )


def _hosts(known: Known) -> List[Line]:
    """Return what is next on each host, and what stands in its way."""
    lines = []
    for one in known.rows(KUBE_HOST_UPGRADES.name):
        part = next_part(one, known)
        first: Optional[str] = next((no.words for no in blockers(one, known)), None)
        then = f"{part}: {first or 'now'}" if part else "done"
        text = f"{one.kubelet_version or '-'}  {then}"
        jump = Jump(kind=KUBE_HOST_UPGRADES.name, id=one.uuid)
        lines.append(Line(heading=host_of(one, known), text=text, jump=jump))
    return lines
