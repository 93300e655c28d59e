"""The course of a strategy: step after step, on the pretend clock and on the pretend hosts.

What a step does is done to the pretend hosts (``stage_work``): they are locked, changed, unlocked.
"""

from __future__ import annotations

import json
from typing import Any

from backend.simulator import stage_work, stages
from backend.simulator.cloud import Cloud
from backend.simulator.model import Alarm, Json

# How often a step that waits for hosts looks at them, in pretend seconds.
TICK_S = 1.0


def current(phase: Json) -> Any:
    """The stage that a phase is in, None past the last."""
    at = phase["current-stage"]
    return phase["stages"][at] if at < len(phase["stages"]) else None


def begin(cloud: Cloud, at: Json, name: str) -> None:
    """Begin a phase: its first step, and all others after it on the clock."""
    phase = at[f"{name}-phase"]
    phase.update(inprogress=True, result="inprogress")
    phase["start-date-time"] = stages.said(cloud.now())
    phase["completion-percentage"] = at["current-phase-completion-percentage"] = 0
    _next(cloud, at, name)


def waits(at: Json) -> bool:
    """Whether a strategy stands between two stages, until somebody goes on or turns back."""
    phase = at["apply-phase"]
    return bool(at["state"] == "applying" and phase["current-stage"] == phase["stop-at-stage"])


def go_on(cloud: Cloud, at: Json) -> None:
    """Begin the stage that it waits before."""
    _next(cloud, at, "apply")


def _holds(cloud: Cloud, at: Json, name: str) -> bool:
    """Whether this strategy is still the one, and still in that phase."""
    return (
        cloud.strategy is at and at["current-phase"] == name and at[f"{name}-phase"]["inprogress"]
    )


def _next(cloud: Cloud, at: Json, name: str) -> None:
    """Begin the next step of a phase, or end the stage, or the phase."""
    phase = at[f"{name}-phase"]
    stage = current(phase)
    if stage is None:
        _over(cloud, at, name)
        return
    if phase["current-stage"] >= phase["stop-at-stage"]:
        # After one stage alone it waits in the midst of its phase, and is still applying.
        return
    if not stage["start-date-time"]:
        stage.update(inprogress=True, result="inprogress")
        stage["start-date-time"] = stages.said(cloud.now())
    number = stage["current-step"]
    if number >= len(stage["steps"]):
        stage.update(inprogress=False, result="success")
        stage["end-date-time"] = stages.said(cloud.now())
        # What runs on says success, as the real one does.
        phase["result"] = "success"
        phase["current-stage"] += 1
        _next(cloud, at, name)
        return
    step = stage["steps"][number]
    step["start-date-time"], step["result"] = stages.said(cloud.now()), "wait"
    began = cloud.clock.now()
    hosts = [host for host in map(cloud.host, step["entity-uuids"]) if host is not None]
    done = stage_work.begin(cloud, at, step, hosts)

    def look() -> None:
        if not _holds(cloud, at, name):
            return
        gone = (cloud.clock.now() - began).total_seconds()
        words = done(gone)
        if words is None and gone < step["timeout"]:
            cloud.clock.at(TICK_S, look)
            return
        _ended(cloud, at, name, step, "timed-out" if words is None else words)

    look()


def _ended(cloud: Cloud, at: Json, name: str, step: Json, words: str) -> None:
    phase = at[f"{name}-phase"]
    stage = current(phase)
    step["end-date-time"] = stages.said(cloud.now())
    step["result"] = "success" if not words else "timed-out" if words == "timed-out" else "failed"
    step["reason"] = words
    if words and name != "abort":
        stage.update(inprogress=False, result=step["result"], reason=words)
        stage["end-date-time"] = stages.said(cloud.now())
        _fail(cloud, at, name, step["result"], words)
        return
    stage["current-step"] += 1
    total = sum(len(one["steps"]) for one in phase["stages"])
    done = sum(one["current-step"] for one in phase["stages"])
    phase["completion-percentage"] = at["current-phase-completion-percentage"] = done * 100 // total
    _next(cloud, at, name)


def _fail(cloud: Cloud, at: Json, name: str, result: str, words: str) -> None:
    """A build that fails ends there; an apply that fails is turned back by the VIM itself."""
    if name == "apply":
        abort(cloud, at, result, words)
        return
    phase = at[f"{name}-phase"]
    phase.update(inprogress=False, result=result, reason=words)
    phase["end-date-time"] = stages.said(cloud.now())
    at["current-phase-completion-percentage"] = 100
    at["state"] = f"{name}-failed"


def abort(cloud: Cloud, at: Json, result: str, words: str) -> None:
    """Turn back: the apply ends with this result, and a stage of its own undoes what it can."""
    phase = at["apply-phase"]
    if waits(at):
        # Nothing runs that could be undone.
        at["state"] = "aborted"
        phase.update(inprogress=False, result=result, reason=words)
        return
    stage = current(phase)
    phase.update(inprogress=False, result=result, reason=words)
    phase["end-date-time"] = stages.said(cloud.now())
    told = stage["stage-name"] if stage else at["name"]
    out = [host for host in cloud.hosts if host.personality and host.administrative == "locked"]
    mine = {name for step in (stage["steps"] if stage else ()) for name in step["entity-names"]}
    back = [host for host in out if host.name in mine]
    steps: stages.Steps = [("unlock-hosts", back)] if back else [("query-alarms", ())]
    at["abort-phase"] = stages.phase("abort", [stages.stage(0, told, steps)])
    at["state"], at["current-phase"] = "aborting", "abort"
    begin(cloud, at, "abort")


def _over(cloud: Cloud, at: Json, name: str) -> None:
    phase = at[f"{name}-phase"]
    phase.update(inprogress=False, result="success")
    phase["completion-percentage"] = 100
    phase["end-date-time"] = stages.said(cloud.now())
    at["current-phase-completion-percentage"] = 100
    if name == "build":
        made = stages.applying(cloud, at)
        at["apply-phase"] = stages.phase("apply", made)
        at["release-id"] = (at.get("release") or [""])[0]
        _alarms(cloud, at)
    elif name == "apply":
        at["state"] = "applied"
    else:
        at["state"] = "aborted"


def _forbids(alarm: Alarm, at: Json) -> bool:
    """Strict takes no alarm, relaxed none that affects management, permissive any."""
    how = at["alarm-restrictions"]
    return how == "strict" or (how == "relaxed" and alarm.mgmt_affecting == "True")


def _alarms(cloud: Cloud, at: Json) -> None:
    """With alarms in the way a software deploy stays ready and names them, the others fail here."""
    found = sorted({alarm.alarm_id for alarm in cloud.alarms.values() if _forbids(alarm, at)})
    phase = at["build-phase"]
    if at["name"] == "fw-update" and not stages.to_program(cloud):
        phase.update(result="failed", reason="no firmware update required")
        at["state"] = "build-failed"
        return
    if not found:
        phase["reason"] = "No unignored alarms present"
        at["state"] = "ready-to-apply"
        return
    phase["reason"] = f"Unignored platform alarms are present: {json.dumps(found)}"
    at["state"] = "ready-to-apply"
    if at["name"] != "sw-upgrade":
        phase["result"] = "failed"
        at["state"] = "build-failed"
