"""A strategy as a bar chart in time: its stages, the steps of the one that runs or failed."""

from __future__ import annotations

import statistics
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from backend.figure import Jump, Line, Lines, Schedule, Stretch
from backend.known import Known
from backend.tone import Tone
from backend.units import stopwatch

# From two thirds of its limit on a step is said to be late: past the limit the VIM turns back.
LATE = 2 / 3
KIND = "strategies"

# By name of step, how long it took before (ms), what is nearest first.
Usual = Mapping[str, Tuple[int, ...]]
# What a step does that somebody may have done here by hand: the kind and action of those deeds.
BY_HAND = {
    "lock-hosts": ("hosts", "lock"),
    "unlock-hosts": ("hosts", "unlock"),
    "swact-hosts": ("hosts", "swact"),
    "upgrade-hosts": ("deploy-hosts", "deploy"),
    "start-upgrade": ("releases", "start"),
    "activate-upgrade": ("deploy", "activate"),
    "complete-upgrade": ("deploy", "complete"),
}
# Of more former times the latest count.
TIMES = 5


def running_step(phase: Any) -> Optional[Any]:
    """Return the step that runs now: a running one says ``wait``."""
    for stage in phase.stages if phase is not None else ():
        for step in stage.steps:
            if step.began_ms is not None and step.ended_ms is None and stage.inprogress:
                return step
    return None


def left_ms(phase: Any, known: Known) -> Optional[Tuple[int, int]]:
    """Return how long a phase is expected to last yet, and by how much that may be wrong.

    None where one of its steps was never seen here.
    """
    usual, left, off = usual_of(known, phase), 0, 0
    for step in _steps(phase):
        if step.ended_ms is not None:
            continue
        times = usual.get(step.step_name)
        if not times:
            return None
        gone = known.now_ms - step.began_ms if step.began_ms is not None else 0
        left += max(_middle(times) - gone, 0)
        off += (max(times) - min(times)) // 2
    return left, off


def usual_of(known: Known, *phases: Any) -> Usual:
    """Return, by name of step, how long it took: in this strategy, in former ones, by hand."""
    found = dict(_took(step for phase in phases for step in _steps(phase)))
    for step in (step for phase in phases for step in _steps(phase)):
        name = step.step_name
        if name not in found:
            times = known.memory.steps.get((KIND, "", "", name), ()) or _by_hand(step, known)
            if times:
                found[name] = times[:TIMES]
    return found


def _by_hand(step: Any, known: Known) -> Tuple[int, ...]:
    kind, action = BY_HAND.get(step.step_name, ("", ""))
    host = step.entity_names[0] if len(step.entity_names) == 1 else ""
    return known.usual_ms(kind, action, host)


def _took(steps: Iterable[Any]) -> Dict[str, Tuple[int, ...]]:
    """Return how long each step took that ended as meant, the latest first."""
    took: Dict[str, List[int]] = {}
    for step in steps:
        if step.began_ms is not None and step.ended_ms is not None and not step.is_bad:
            took.setdefault(step.step_name, []).insert(0, step.ended_ms - step.began_ms)
    return {name: tuple(times[:TIMES]) for name, times in took.items()}


def lasted(phases: Iterable[Any]) -> Iterator[Tuple[str, int]]:
    """Yield the middle time of each step of a strategy that is over, for the record."""
    for name, times in _took(step for phase in phases for step in _steps(phase)).items():
        yield name, _middle(times)


def _middle(times: Sequence[int]) -> int:
    return round(statistics.median(times))


def _steps(phase: Any) -> Iterator[Any]:
    for stage in phase.stages if phase is not None else ():
        yield from stage.steps


def chart(row: Any, known: Known, host: Callable[[Any, Known], Optional[Jump]]) -> Schedule:
    """Return all stages of all phases that began or are to come; ``host`` says where a step is."""
    phases = [row.build_phase, row.apply_phase, row.abort_phase]
    usual = usual_of(known, *phases)
    stretches: List[Stretch] = []
    for phase in phases:
        for stage in phase.stages if phase is not None else ():
            stretches.append(_stage(stage, phase, usual))
            if _is_open(stage):
                stretches += [_step(step, usual, host(step, known)) for step in stage.steps]
    return Schedule(stretches=tuple(stretches), now_ms=_now(row, known), notes=_notes(row, known))


def _now(row: Any, known: Known) -> int:
    """Return the instant to draw for: of one that ended, when it ended."""
    ends = [
        phase.ended_ms for phase in (row.abort_phase, row.apply_phase, row.build_phase) if phase
    ]
    is_over = row.state not in {"building", "applying", "aborting", "ready-to-apply", "initial"}
    ended = [ms for ms in ends if ms is not None]
    return max(ended) if is_over and ended else known.now_ms


def _is_open(stage: Any) -> bool:
    return bool(stage.inprogress or stage.is_bad)


def _ended(part: Any, *, runs: bool) -> Optional[int]:
    ended: Optional[int] = part.ended_ms
    return None if runs else ended


def _stage(stage: Any, phase: Any, usual: Usual) -> Stretch:
    known = [usual[step.step_name] for step in stage.steps if step.step_name in usual]
    is_all = len(known) == len(stage.steps) and bool(known)
    # Build and abort have stages of their own; those of the apply are what people count.
    sign = {"build": "b", "abort": "x"}.get(phase.phase_name, "")
    return Stretch(
        name=f"{sign}{stage.stage_id + 1} {stage.stage_name}",
        began_ms=stage.began_ms,
        ended_ms=_ended(stage, runs=stage.inprogress),
        expected_ms=sum(map(_middle, known)) if is_all else None,
        seen=min(map(len, known), default=0),
        tone=_tone(stage, runs=stage.inprogress),
    )


def _step(step: Any, usual: Usual, jump: Optional[Jump]) -> Stretch:
    times = usual.get(step.step_name, ())
    hosts = f" {' '.join(step.entity_names)}" if step.entity_names else ""
    runs = step.began_ms is not None and step.ended_ms is None
    return Stretch(
        name=f"{step.step_name}{hosts}",
        began_ms=step.began_ms,
        ended_ms=step.ended_ms,
        expected_ms=_middle(times) if times else None,
        seen=len(times),
        depth=1,
        tone=_tone(step, runs=runs),
        jump=jump,
    )


def _tone(part: Any, *, runs: bool) -> Tone:
    if part.is_bad and not runs:
        return Tone.BAD
    return Tone.BUSY if runs else Tone.PLAIN


def _notes(row: Any, known: Known) -> Lines:
    lines: List[Line] = []
    step = running_step(row.phase)
    if step is not None and step.began_ms is not None and step.timeout:
        gone, limit = known.now_ms - step.began_ms, step.timeout * 1000
        words = f"{step.step_name}: {stopwatch(gone)} of limit {stopwatch(limit)}"
        phases = (row.build_phase, row.apply_phase, row.abort_phase)
        times = usual_of(known, *phases).get(step.step_name, ())
        words += f", was {' '.join(map(stopwatch, times))}" if times else ", never seen here"
        if gone > limit * LATE:
            words += "; past the limit the VIM turns back by itself"
        tone = Tone.WARN if gone > limit * LATE else Tone.PLAIN
        lines.append(Line(heading="NOW", text=words, tone=tone))
    if row.why:
        lines.append(Line(heading="WHY", text=" ".join(row.why.split()), tone=Tone.BAD))
    legal = "legal: it turns back, stage by stage"
    if row.is_waiting:
        legal = "legal: it ends at once, and what was applied stays"
    lines.append(Line(heading="ABORT", text=abort_words(row, known) or legal))
    return Lines(lines=tuple(lines))


def abort_words(row: Any, known: Known) -> str:
    """Return why an abort is refused now, "" where it is taken.

    The VIM turns no software deploy back from a stage that restarts a controller, and no upgrade
    of Kubernetes on more than one controller.
    """
    if row.state != "applying":
        return f"refused: it is {row.state}, not applying"
    controllers = [host for host in known.rows("hosts") if host.personality == "controller"]
    if row.name == "kube-upgrade" and len(controllers) > 1:
        return "refused: the way back of a Kubernetes upgrade is a backup and its restore"
    if row.name != "sw-upgrade" or row.apply_phase is None:
        return ""
    for stage in row.apply_phase.stages:
        if stage.inprogress and _restarts_controller(stage):
            return f"refused in {stage.stage_name}; taken again when that stage is over"
    return ""


def _restarts_controller(stage: Any) -> bool:
    steps = (step for step in stage.steps if step.step_name in {"lock-hosts", "upgrade-hosts"})
    return any(name.startswith("controller-") for step in steps for name in step.entity_names)
