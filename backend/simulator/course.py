"""The course of a strategy: step after step, on the pretend clock and on the pretend hosts.

A software deploy and an upgrade of Kubernetes really lock, change and unlock the pretend hosts; of
the other types the steps that lock hosts do, and the rest just takes its time.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Optional

from backend.simulator import kube_upgrade, patching, software, stages
from backend.simulator.cloud import Cloud
from backend.simulator.life import perform
from backend.simulator.model import Host, Json
from backend.simulator.refuse import Refusal

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


def _holds(cloud: Cloud, at: Json, name: str) -> bool:
    """Whether this strategy is still the one, and still in that phase."""
    return (
        cloud.strategy is at and at["current-phase"] == name and at[f"{name}-phase"]["inprogress"]
    )


def _next(cloud: Cloud, at: Json, name: str) -> None:
    """Begin the next step of a phase, or end the stage, or the phase."""
    phase = at[f"{name}-phase"]
    stage = current(phase)
    if stage is None or phase["current-stage"] >= phase["stop-at-stage"]:
        _over(cloud, at, name)
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
    done = _work(cloud, at, step, hosts)

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
    is_whole = phase["current-stage"] >= len(phase["stages"])
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
        at["state"] = "applied" if is_whole else "ready-to-apply"
    else:
        at["state"] = "aborted"


def _alarms(cloud: Cloud, at: Json) -> None:
    """Strict with alarms: a software deploy stays ready and names them, the others fail here."""
    found = sorted({alarm.alarm_id for alarm in cloud.alarms.values()})
    phase = at["build-phase"]
    if not found or at["alarm-restrictions"] != "strict":
        phase["reason"] = "No unignored alarms present"
        at["state"] = "ready-to-apply"
        return
    phase["reason"] = f"Unignored platform alarms are present: {json.dumps(found)}"
    at["state"] = "ready-to-apply"
    if at["name"] != "sw-upgrade":
        phase["result"] = "failed"
        at["state"] = "build-failed"


# --- the steps ---------------------------------------------------------------------------------

# Given the seconds gone: None while it runs, "" when done, else why it failed.
Done = Callable[[float], Optional[str]]


def _work(cloud: Cloud, at: Json, step: Json, hosts: list[Host]) -> Done:
    """Begin what a step does and return how to tell that it is over."""
    name = step["step-name"]
    if cloud.software.doomed & {name}:
        cloud.software.doomed.discard(name)
        return lambda _gone: f"{name} failed"
    try:
        if name in _ON_HOSTS:
            return _ON_HOSTS[name](cloud, hosts)
        if name in _ON_SYSTEM:
            return _ON_SYSTEM[name](cloud, at)
    except Refusal as refusal:
        words = refusal.sentence
        return lambda _gone: f"{name}: {words}"
    lasts = cloud.jitter(stages.USUAL.get(name, stages.LASTS))
    return lambda gone: "" if gone >= lasts else None


def _lock(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        if host.administrative == "unlocked":
            perform(cloud, host, "lock")
    return lambda _gone: "" if all(_is_out(host) for host in hosts) else None


def _is_out(host: Host) -> bool:
    return (host.administrative, host.availability) == ("locked", "online")


def _unlock(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        if host.administrative == "locked":
            perform(cloud, host, "unlock")

    def done(_gone: float) -> Optional[str]:
        if not all(host.is_serving and host.availability == "available" for host in hosts):
            return None
        for host in hosts:
            software.unlocked(cloud, host)
            patching.unlocked(cloud, host)
        return ""

    return done


def _swact(cloud: Cloud, hosts: list[Host]) -> Done:
    active = [host for host in hosts if host.is_active]
    for host in active:
        perform(cloud, host, "swact")
    return lambda _gone: "" if not any(host.is_active for host in hosts) else None


def _sync(cloud: Cloud, _hosts: list[Host]) -> Done:
    return lambda _gone: None if cloud.recovering else ""


def _deploy(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        software.deploy_host(cloud, host)

    def done(_gone: float) -> Optional[str]:
        states = {cloud.software.hosts[host.name]["host_state"] for host in hosts}
        failed = "Deploy hosts failed" if "failed" in states else None
        return "" if states == {"deployed"} else failed

    return done


def _start(cloud: Cloud, at: Json) -> Done:
    software.start(cloud, at["release"][0])
    return lambda _gone: _reached(cloud, "start-done", "start-failed")


def _activate(cloud: Cloud, _at: Json) -> Done:
    software.activate(cloud)
    return lambda _gone: _reached(cloud, "activate-done", "activate-failed")


def _complete(cloud: Cloud, _at: Json) -> Done:
    software.complete(cloud)
    return lambda _gone: _reached(cloud, "completed", "")


def _forget(cloud: Cloud, _at: Json) -> Done:
    software.delete(cloud)
    return lambda _gone: ""


def _kube(state: str, done: str) -> Callable[[Cloud, Json], Done]:
    def work(cloud: Cloud, _at: Json) -> Done:
        kube_upgrade.ask(cloud, state)
        return lambda _gone: _kube_reached(cloud, done)

    return work


def _kube_reached(cloud: Cloud, done: str) -> Optional[str]:
    state = cloud.kube.upgrade["state"] if cloud.kube.upgrade else ""
    return "" if state == done else f"it is {state}" if state.endswith("failed") else None


def _kube_start(cloud: Cloud, at: Json) -> Done:
    kube_upgrade.start(cloud, at["to-version"])
    return lambda _gone: ""


def _kube_plane(*, first: bool) -> Callable[[Cloud, Json], Done]:
    def work(cloud: Cloud, _at: Json) -> Done:
        active = [host for host in cloud.of("controller") if host.is_active == first]
        kube_upgrade.control_plane(cloud, (active or cloud.of("controller"))[0])
        return lambda _gone: _kube_reached(
            cloud, f"upgraded-{'first' if first else 'second'}-master"
        )

    return work


def _kubelets(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        kube_upgrade.kubelet(cloud, host)
    version = cloud.kube.upgrade["to_version"] if cloud.kube.upgrade else ""
    return lambda _gone: "" if all(cloud.kube.kubelet(h) == version for h in hosts) else None


def _reached(cloud: Cloud, state: str, failed: str) -> Optional[str]:
    now = cloud.software.deploy["state"] if cloud.software.deploy else ""
    return "" if now == state else f"deploy is {failed}" if now == failed else None


_ON_HOSTS: dict[str, Callable[[Cloud, list[Host]], Done]] = {
    "lock-hosts": _lock,
    "unlock-hosts": _unlock,
    "swact-hosts": _swact,
    "wait-data-sync": _sync,
    "upgrade-hosts": _deploy,
    "kube-upgrade-kubelet": _kubelets,
}
_ON_SYSTEM: dict[str, Callable[[Cloud, Json], Done]] = {
    "start-upgrade": _start,
    "activate-upgrade": _activate,
    "complete-upgrade": _complete,
    "sw-deploy-delete": _forget,
    "kube-upgrade-start": _kube_start,
    "kube-upgrade-download-images": _kube("downloading-images", "downloaded-images"),
    "kube-pre-application-update": _kube("pre-updating-apps", "pre-updated-apps"),
    "kube-upgrade-networking": _kube("upgrading-networking", "upgraded-networking"),
    "kube-upgrade-storage": _kube("upgrading-storage", "upgraded-storage"),
    "kube-host-cordon": _kube("cordon-started", "cordon-complete"),
    "kube-host-uncordon": _kube("uncordon-started", "uncordon-complete"),
    "kube-upgrade-first-control-plane": _kube_plane(first=True),
    "kube-upgrade-second-control-plane": _kube_plane(first=False),
    "kube-upgrade-complete": _kube("upgrade-complete", "upgrade-complete"),
    "kube-post-application-update": _kube("post-updating-apps", "post-updated-apps"),
}
