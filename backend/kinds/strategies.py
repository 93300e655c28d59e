"""Strategies of the VIM: what it orchestrates, its phases, stages and steps, and what that means.

The VIM says some of it otherwise than it is meant: ``apply-failed`` is never seen (it aborts by
itself and ends as ``aborted``, the apply phase's result says why); a phase or stage still running
says ``success`` with ``inprogress``; ``response`` is a text that holds Python.
"""

from __future__ import annotations

from functools import cached_property
from typing import Iterator, List, Optional, Tuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.figure import Jump, Line, Lines
from backend.kind import Body, Column, Kind, Rest, Row, Tab
from backend.kinds.strategy_acts import STRATEGY_ACTIONS
from backend.kinds.strategy_chart import chart, lasted, left_ms, running_step
from backend.kinds.strategy_create import SERVICE
from backend.kinds.strategy_next import BEGIN, next_of
from backend.kinds.strategy_reasons import reasons_said
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import MINUTE_MS, clock, counted, instant_ms, span, stopwatch

TYPES = ("sw-upgrade", "kube-upgrade", "fw-update", "kube-rootca-update", "system-config-update")
_PATHS = tuple(f"/api/orchestration/{name}/strategy" for name in TYPES)
EVERY_S = 5.0


def _hyphens(name: str) -> str:
    return name.replace("_", "-")


class _Part(BaseModel):
    """A part of a strategy; the VIM's keys have hyphens."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        defer_build=True,
        alias_generator=_hyphens,
        populate_by_name=True,
    )
    result: str = ""
    reason: Optional[str] = ""
    start_date_time: Optional[str] = ""
    end_date_time: Optional[str] = ""
    timeout: int = 0

    # Asked several times a drawing, of a thousand steps.
    @cached_property
    def began_ms(self) -> Optional[int]:
        """When it began; the VIM's dates have no zone and are UTC."""
        return instant_ms(self.start_date_time)

    @cached_property
    def ended_ms(self) -> Optional[int]:
        """When it ended."""
        return instant_ms(self.end_date_time)

    @property
    def is_bad(self) -> bool:
        """Whether it ended otherwise than meant."""
        return self.result in {"failed", "timed-out", "aborted", "degraded"}


class StrategyStep(_Part):
    """One step of a stage, on the hosts it names."""

    step_name: str
    entity_names: List[str] = Field(default_factory=list)


class Stage(_Part):
    """A stage: its steps, one after the other."""

    stage_id: int
    stage_name: str
    inprogress: bool = False
    steps: List[StrategyStep] = Field(default_factory=list)


class Phase(_Part):
    """The build, the apply or the abort."""

    phase_name: str
    inprogress: bool = False
    current_stage: int = 0
    stop_at_stage: int = 0
    total_stages: int = 0
    stages: List[Stage] = Field(default_factory=list)

    @property
    def at(self) -> str:
        """At which stage it is, as people count; the VIM counts from 0, and past the last."""
        return f"{min(self.current_stage + 1, self.total_stages)} of {self.total_stages}"

    @property
    def is_waiting(self) -> bool:
        """Whether it stands after the stages that were applied alone, until somebody goes on."""
        return self.inprogress and 0 < self.current_stage == self.stop_at_stage < self.total_stages


class Strategy(Row):
    """What the VIM orchestrates now; there is at most one, of one of five types."""

    model_config = ConfigDict(
        frozen=True, extra="allow", defer_build=True, alias_generator=_hyphens
    )
    uuid: str
    name: str
    state: str
    current_phase: str = ""
    current_phase_completion_percentage: int = 0
    controller_apply_type: Optional[str] = None
    storage_apply_type: Optional[str] = None
    worker_apply_type: Optional[str] = None
    max_parallel_worker_hosts: Optional[int] = None
    alarm_restrictions: Optional[str] = None
    build_phase: Optional[Phase] = None
    apply_phase: Optional[Phase] = None
    abort_phase: Optional[Phase] = None

    @property
    def phase(self) -> Optional[Phase]:
        """The phase it is in."""
        phases = {"apply": self.apply_phase, "abort": self.abort_phase}
        return phases.get(self.current_phase, self.build_phase)

    @property
    def target(self) -> str:
        """Whereto it leads: a release or a version, "" where the type has none."""
        found = self.body.get("release-id") or self.body.get("release")
        found = found or self.body.get("to-version")
        return " ".join(map(str, found)) if isinstance(found, list) else str(found or "")

    @property
    def next_stage(self) -> Optional[int]:
        """The stage that an apply would begin with, from 0; None while none is taken."""
        if self.state == "ready-to-apply":
            return 0
        phase = self.apply_phase
        waits = self.state == "applying" and phase is not None and phase.is_waiting
        return phase.current_stage if phase is not None and waits else None

    @property
    def is_waiting(self) -> bool:
        """Whether it stands between two stages; the VIM calls that ``applying`` too."""
        return self.state == "applying" and self.next_stage is not None

    @property
    def why(self) -> str:
        """Why it failed, in the VIM's words: of the apply phase before all others."""
        for phase in (self.apply_phase, self.build_phase, self.abort_phase):
            if phase is not None and phase.is_bad:
                return phase.reason or _first_reason(phase) or phase.result
        return ""


def _first_reason(phase: Phase) -> str:
    steps = (step for stage in phase.stages for step in stage.steps if step.is_bad)
    return next((f"{step.step_name}: {step.reason or step.result}" for step in steps), "")


# --- how it looks ------------------------------------------------------------------------------

_RUNS = {"initial", "building", "applying", "aborting"}
_WELL = {"applied", "ready-to-apply"}
_KNOWN = {
    *(*_RUNS, *_WELL, "aborted", "build-failed", "build-timeout", "abort-failed"),
    *("abort-timeout", "apply-failed", "apply-timeout"),
}


def meaning(row: Strategy) -> str:
    """Return what a state means, where the word alone says another thing."""
    applied = row.apply_phase
    if row.state == "aborted" and applied is not None and applied.result in {"failed", "timed-out"}:
        return f"the apply {applied.result}, and the VIM turned back by itself"
    if row.state == "ready-to-apply" and row.build_phase is not None and _alarms(row.build_phase):
        return "alarms stand in the way: an apply is refused or fails until they are gone"
    if row.is_waiting and applied is not None:
        return f"nothing runs: it waits until somebody applies stage {applied.at}"
    return ""


def _alarms(phase: Phase) -> bool:
    return (phase.reason or "").startswith("Unignored platform alarms")


def _look(row: Strategy, _known: Known) -> Look:
    if row.state not in _KNOWN:
        words = f"{row.state} is a state that this console does not know: nothing is offered"
        return Look(mark=Mark.UNKNOWN, notes=(words,))
    notes = tuple(filter(None, (meaning(row), row.why)))
    if row.is_waiting:
        return Look(tone=Tone.WARN, mark=Mark.BUSY, notes=notes)
    if row.state in _RUNS:
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=notes)
    if row.state in _WELL:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=notes) if notes else WELL
    return Look(tone=Tone.BAD, mark=Mark.BAD, notes=notes)


def verdict(known: Known) -> Verdict:
    """Return what is orchestrated, how far it is, and about when it ends."""
    reading = known.reading("strategies")
    if not reading.rows:
        if reading.was_read:
            return Verdict(word="WELL", text="no strategy.", more=BEGIN)
        words = reading.error.words if reading.error else "the strategy was not read yet."
        return Verdict(word="CANNOT" if reading.error else "READING", text=words, tone=Tone.PLAIN)
    return said_of(reading.rows[0], known)


def said_of(row: Strategy, known: Known) -> Verdict:
    """Return how one strategy stands."""
    phase = row.phase
    more = meaning(row) or next(iter(row.why.splitlines()), "")
    if row.is_waiting and phase is not None:
        text = f"{row.name} {row.target} stands after {counted(phase.current_stage, 'stage')}."
        return Verdict(word="WAITING", text=text, more=more, tone=Tone.WARN)
    if row.state in _RUNS and phase is not None:
        return Verdict(
            word=row.state.upper(), text=_going(row, phase, known), more=more, tone=Tone.BUSY
        )
    is_well = row.state in _WELL and not more
    tone = Tone.GOOD if is_well else Tone.BAD
    text = f"{row.name} {row.target} is {row.state}."
    return Verdict(word="WELL" if is_well else "NOT WELL", text=text, more=more, tone=tone)


def _going(row: Strategy, phase: Phase, known: Known) -> str:
    done = row.current_phase_completion_percentage
    said = f"{done} %, stage {phase.at}"
    if phase.began_ms is not None:
        said += f", {stopwatch(known.now_ms - phase.began_ms)} gone"
    found = left_ms(phase, known)
    if found is None:
        return f"{said}; when it ends is not known"
    left, off = found
    more = f" (+- {span(off)})" if off >= MINUTE_MS else ""
    return f"{said}; ends about {clock(known.now_ms + left)}{more}"


def _strip(row: Strategy, known: Known) -> Lines:
    lines = [
        Line(heading="NEXT", text=next_of(row, known)),
        Line(
            heading="HOW",
            text=f"controllers {row.controller_apply_type or '-'}  storage "
            f"{row.storage_apply_type or '-'}  workers {row.worker_apply_type or '-'} "
            f"max {row.max_parallel_worker_hosts or '-'}  alarms {row.alarm_restrictions or '-'}",
        ),
    ]
    step = running_step(row.phase)
    if step is not None:
        hosts = " ".join(step.entity_names) or "the system"
        gone = stopwatch(known.now_ms - (step.began_ms or known.now_ms))
        said = f"{step.step_name}  {hosts}  {gone} of limit {stopwatch(step.timeout * 1000)}"
        lines.insert(1, Line(heading="NOW", text=said, jump=_host(step, known)))
    if row.why:
        lines.insert(1, Line(heading="WHY", text=row.why, tone=Tone.BAD))
    return Lines(lines=tuple(lines))


def _host(step: StrategyStep, known: Known) -> Optional[Jump]:
    """Return where the host is that a step stands on."""
    hosts = (host for host in known.rows("hosts") if host.name in step.entity_names)
    return next((Jump(kind="hosts", id=host.uuid) for host in hosts), None)


def _lasted(body: Body) -> Iterator[Tuple[str, int]]:
    """Yield how long the steps of a strategy took that is gone."""
    try:
        row = Strategy.model_validate(body)
    except ValidationError:
        return iter(())  # recorded as another release of the VIM had it: nothing is known of it
    return lasted((row.build_phase, row.apply_phase, row.abort_phase))


def _stage(row: Strategy, _known: Known) -> Optional[str]:
    phase = row.phase
    return phase.at if phase is not None else None


STRATEGIES: Kind[Strategy] = Kind(
    name="strategies",
    singular="strategy",
    model=Strategy,
    read=Rest(service=SERVICE, path=_PATHS[0], items="strategy", also=_PATHS[1:]),
    label=lambda row: row.name,
    columns=(
        Column(heading="TYPE", value=lambda row: row.name),
        Column(heading="TO", value=lambda row: row.target or None, most=28),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="PHASE", value=lambda row: row.current_phase),
        Column(heading="DONE", value=lambda row: f"{row.current_phase_completion_percentage} %"),
        Column(heading="STAGE", joined=_stage),
    ),
    look=_look,
    strip=_strip,
    verdict=verdict,
    sentence=said_of,
    tabs=(
        Tab(key="o", title="Chart", figure=lambda row, known: chart(row, known, _host)),
        Tab(key="r", title="Reasons", figure=reasons_said),
    ),
    state_fields=("state", "current-phase"),
    lasted=_lasted,
    actions=STRATEGY_ACTIONS,
    aliases=("sw-manager", "orchestration"),
    needs=("hosts",),
    every_s=EVERY_S,
)
