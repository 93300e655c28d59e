"""What the VIM said of a strategy that did not end as meant, phase by phase and step by step."""

from __future__ import annotations

from typing import Any, List, Tuple

from backend.figure import Line, Lines
from backend.known import Known
from backend.tone import Tone


def reasons_said(row: Any, _known: Known) -> Lines:
    """Return what each phase, stage and step said that did not end as meant."""
    lines: List[Line] = []
    for phase in (row.build_phase, row.apply_phase, row.abort_phase):
        for part, name in _parts(phase):
            if part.reason and (part.is_bad or part is phase):
                tone = Tone.BAD if part.is_bad else Tone.PLAIN
                texts = part.reason.splitlines()
                lines += [
                    Line(heading="" if n else name, text=t, tone=tone) for n, t in enumerate(texts)
                ]
    return Lines(lines=tuple(lines) or (Line(text="nothing was said"),))


def _parts(phase: Any) -> Tuple[Tuple[Any, str], ...]:
    if phase is None:
        return ()
    steps = tuple((step, step.step_name) for stage in phase.stages for step in stage.steps)
    return ((phase, phase.phase_name), *steps)
