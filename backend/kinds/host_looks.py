"""How a host looks in the list: its mark, and the lines that say why it is not well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Optional, Tuple

from backend.deed import Deed
from backend.figure import Line, Lines
from backend.kinds.alarms import Alarm, alarms_of
from backend.kinds.host import Host
from backend.kinds.host_ladders import LADDERS
from backend.kinds.host_site import active_controller, one_sits_on
from backend.kinds.host_tasks import gave_up, help_of
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import clock, span, stopwatch, when

BAR = 20

# Alarms that maintenance raises because it takes or took the host away itself.
EXPECTED_WHILE_BUSY = ("200.001", "250.001", "400.002", "800.001", "800.011")


@dataclass(frozen=True)
class Progress:
    """How far a running deed is: the step (from 1) of so many, and its times in ms."""

    deed: Deed
    step: int
    steps: int
    name: str
    gone_ms: int
    usual_ms: Optional[int]
    gives_up_ms: Optional[int]
    then: str


def progress(host: Host, known: Known) -> Optional[Progress]:
    """Return how far the running deed of a host is, None where none runs."""
    if not known.memory.deeds:
        return None
    deed = next(iter(known.running("hosts", host.uuid)), None)
    if deed is None or deed.action not in LADDERS:
        return None
    rungs = LADDERS[deed.action](host, known)
    at = next((i for i, rung in enumerate(rungs) if rung.name not in deed.reached), len(rungs) - 1)
    usual = known.usual_ms("hosts", deed.action, deed.label)
    limit_s = rungs[at].gives_up_s
    began_ms = deed.sent_ms or deed.began_ms
    step_began_ms = max((*deed.reached.values(), began_ms))
    return Progress(
        deed=deed,
        step=at + 1,
        steps=len(rungs),
        name=rungs[at].name,
        gone_ms=known.now_ms - began_ms,
        usual_ms=sorted(usual)[len(usual) // 2] if usual else None,
        gives_up_ms=limit_s * 1000 - (known.now_ms - step_began_ms) if limit_s else None,
        then=rungs[at].then,
    )


def look(host: Host, known: Known) -> Look:
    """Return tone, mark and notes of a host; one that is well has neither mark nor words."""
    found = _state(host, known)
    notes = noted(host, known)
    return replace(found, notes=found.notes + notes) if notes else found


def _state(host: Host, known: Known) -> Look:
    running = progress(host, known)
    if running is not None:
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=_progress_words(host, running))
    if host.is_at_ease:
        notes = _alarm_words(host, known)
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=notes) if notes else WELL
    if host.is_discovered:
        return Look(
            mark=Mark.UNKNOWN,
            notes=("discovered on mgmt, no personality yet: a, then Classify",),
        )
    if host.doing:
        return _busy(host)
    if host.is_installing or host.installing == "failed":
        return _installing(host)
    if host.is_locked:
        return Look(tone=Tone.PLAIN, mark=Mark.OUT, notes=_locked_words(host))
    return _unlocked(host, known)


def _busy(host: Host) -> Look:
    if gave_up(host.doing):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(host.doing, f"that is: {_means(host)}"))
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(host.doing,))


def _means(host: Host) -> str:
    found = help_of(host.doing)
    return found.means if found else "a word of maintenance that is not known here"


def _installing(host: Host) -> Look:
    more = f": {host.install_state_info}" if host.install_state_info else ""
    if host.installing == "failed":
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(f"the installation failed{more}",))
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(f"installation: {host.installing}{more}",))


def _locked_words(host: Host) -> Tuple[str, ...]:
    if host.availability in ("offline", "failed", "power-off", "poweroff"):
        return (f"locked and {host.availability}: it can't be unlocked like that",)
    return ()


def _unlocked(host: Host, known: Known) -> Look:
    if host.worker_lags:
        state = f"{host.subfunction_oper}/{host.subfunction_avail}"
        words = f"worker function {state}: no pods are scheduled here"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if host.avail == "intest":
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=("tests itself",))
    if host.oper != "enabled" or host.avail not in ("available", "degraded"):
        words = f"unlocked, and {host.oper}/{host.avail}: nothing of it serves"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    notes = (*_alarm_words(host, known), *_config_words(host))
    if not notes:
        return Look(tone=Tone.GOOD)
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=notes)


def _alarm_words(host: Host, known: Known) -> Tuple[str, ...]:
    """Name the worst alarm: as what degrades the host where it is degraded."""
    mine = alarms_of(known, host.hostname or "")
    critical = [alarm for alarm in mine if alarm.severity == "critical"]
    if host.avail != "degraded":
        return (f"critical: {_spoken(critical[0], known)}",) if critical else ()
    causes = [
        alarm
        for alarm in mine
        if alarm.degrade_affecting == "True" or alarm.alarm_id.startswith("200.")
    ]
    if not causes:
        return ("degraded; no alarm says by what",)
    more = f" and {len(causes) - 1} more" if len(causes) > 1 else ""
    words = f"degraded by {_spoken(causes[0], known)}{more}"
    others = [alarm for alarm in critical if alarm is not causes[0]]
    return (words, *(f"critical: {_spoken(alarm, known)}" for alarm in others[:1]))


def _spoken(alarm: Alarm, known: Known) -> str:
    """Return an alarm of a host in a few words: ``200.006 process pmond (raised 23:41Z)``."""
    where = alarm.where.replace(alarm.hostname, "", 1).strip()
    raised = when(alarm.raised_ms, known.now_ms)
    return f"{alarm.alarm_id} {where}".strip() + f" (raised {raised})"


def _config_words(host: Host) -> Tuple[str, ...]:
    if not host.is_old_config:
        return ()
    says = (host.config_status or "").strip()
    if says and says != "Config out-of-date":
        return (says,)
    return ("runs an old configuration: lock and unlock it to apply the new one",)


def _progress_words(host: Host, at: Progress) -> Tuple[str, ...]:
    doing = host.doing or at.name
    words = f"step {at.step} of {at.steps}   {_bar(at)}"
    if at.gives_up_ms is not None:
        words += f"  gives up in {stopwatch(at.gives_up_ms)}"
    # Maintenance's longest task has 67 characters.
    return (f"{doing:<16} {words}",) if len(doing) <= BAR else (doing, words)


def _bar(at: Progress) -> str:
    share = at.gone_ms / at.usual_ms if at.usual_ms else (at.step - 1) / at.steps
    # Full only when it is done: an estimate never says so.
    full = max(0, min(BAR - 1, int(share * BAR)))
    return "[" + "#" * full + "." * (BAR - full) + "]"


def noted(host: Host, known: Known) -> Tuple[str, ...]:
    """Return what people noted of a host, with who and when."""
    mark = known.mark("hosts", host.uuid)
    if not mark.note:
        return ()
    ago = f"{span(known.now_ms - mark.note_ms)} ago, " if mark.note_ms else ""
    return (f'note, {ago}{mark.note_by or "somebody"}: "{mark.note}"',)


# --- the strip below the list ------------------------------------------------------------------


def strip(host: Host, known: Known) -> Lines:
    """Return what is worth knowing of the selected host without opening it."""
    lines: List[Line] = []
    last = next(
        (d for d in known.memory.deeds if d.kind == "hosts" and d.row_id == host.uuid), None
    )
    if last is not None:
        lines.append(_deed_line(last, known))
    running = progress(host, known)
    if running is not None and running.gives_up_ms is not None:
        words = f"{running.name}: maintenance gives up in {stopwatch(running.gives_up_ms)}"
        lines.append(Line(text=f"{words}, then {running.then}" if running.then else words))
    if host.doing:
        lines.append(Line(text=f"{host.doing}: {_means(host)}"))
    expected = _expected_words(host, known)
    if expected:
        lines.append(Line(text=expected))
    lines.append(Line(text=_where(host, known)))
    return Lines(lines=tuple(lines))


def _deed_line(deed: Deed, known: Known) -> Line:
    why = f': "{deed.why}"' if deed.why else ""
    at = when(deed.sent_ms or deed.began_ms, known.now_ms)
    usual = known.usual_ms("hosts", deed.action, deed.label)[:3]
    took = "   took here " + " ".join(stopwatch(ms) for ms in usual) if usual else ""
    return Line(
        text=f"{deed.action} {at} by {deed.who} ({deed.terminal}){why}: {deed.outcome.value}{took}"
    )


def _expected_words(host: Host, known: Known) -> str:
    """Say which standing alarms of a host belong to what is done to it just now."""
    if progress(host, known) is None and not host.is_locked:
        return ""
    mine = [a for a in alarms_of(known, host.hostname or "") if a.alarm_id in EXPECTED_WHILE_BUSY]
    if not mine:
        return ""
    ids = " ".join(dict.fromkeys(alarm.alarm_id for alarm in mine))
    return f"{ids}: expected until it is unlocked again"


def _where(host: Host, known: Known) -> str:
    parts = [f"mgmt {host.mgmt_ip or '-'}"]
    parts.append(f"BMC {host.bm_type} {host.bm_ip or '-'}" if host.has_bmc else "no BMC known")
    if host.up_ms:
        parts.append(f"up {span(host.up_ms)}")
    if one_sits_on(host, known):
        parts.append("you are on it")
    active = active_controller(known)
    if host.is_controller and active is not None:
        parts.append("active" if host.is_active else "standby")
    at_ms = known.reading("hosts").at_ms
    if known.reading("hosts").is_remembered and at_ms:
        parts.append(f"as of {clock(at_ms)}")
    return "   ".join(parts)
