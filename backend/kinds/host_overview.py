"""A host's first page: the sentence that confirms or contradicts its states, and the facts."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from backend.figure import Jump, Line, Lines
from backend.kinds.agreement import agreement_lines
from backend.kinds.alarms import alarms_of, letter
from backend.kinds.alarms import tone as alarm_tone
from backend.kinds.host import Host
from backend.kinds.host_board import board_line
from backend.kinds.host_columns import STATE_FIELDS, WORKER_FIELDS, role, since
from backend.kinds.host_looks import look, noted, progress
from backend.kinds.host_site import children, hosts, one_sits_on, other_controller
from backend.kinds.host_tasks import gave_up, help_of
from backend.kinds.host_verdict import VERBS
from backend.known import Known
from backend.tone import Tone, Verdict
from backend.units import DAY_MS, day, span, stopwatch, when


def sentence(host: Host, known: Known) -> Verdict:
    """Return one sentence that contradicts or confirms what the three states say."""
    running = progress(host, known)
    if running is not None:
        about = f" of about {stopwatch(running.usual_ms)}" if running.usual_ms else ""
        text = f"step {running.step} of {running.steps}, {stopwatch(running.gone_ms)}{about}."
        return Verdict(word=_verb(running.deed.action), text=text, tone=Tone.BUSY)
    if host.is_discovered:
        return Verdict(word="NEW:", text="nobody said yet what it is to be.", tone=Tone.PLAIN)
    if host.worker_lags:
        text = "BUT ITS WORKER FUNCTION IS NOT: pods will not be scheduled here."
        return Verdict(word="ENABLED,", text=text, tone=Tone.BAD)
    if gave_up(host.doing):
        return Verdict(word="NOT WELL", text=f"{host.doing}.", tone=Tone.BAD)
    if host.doing:
        return Verdict(word="BUSY", text=f"{host.doing}.", tone=Tone.BUSY)
    return _locked(host) if host.is_locked else _unlocked(host, known)


def _unlocked(host: Host, known: Known) -> Verdict:
    if not host.is_enabled:
        text = f"unlocked, and {host.oper}/{host.avail}: nothing of it serves."
        return Verdict(word="NOT WELL", text=text, tone=Tone.BAD)
    bad = [a for a in alarms_of(known, host.hostname or "") if a.severity == "critical"]
    if bad:
        text = f"in service, with {len(bad)} critical alarm{'s' * (len(bad) > 1)}."
        return Verdict(word="NOT WELL", text=text, tone=Tone.BAD)
    found = look(host, known)
    if found.tone is not Tone.GOOD:
        return Verdict(word="WARN", text=f"in service; {found.notes[0]}.", tone=Tone.WARN)
    return Verdict(word="WELL", text="in service with all its functions.", tone=Tone.GOOD)


def _verb(action: str) -> str:
    return VERBS.get(action, action).removeprefix("is ").upper()


def _locked(host: Host) -> Verdict:
    if host.availability == "online":
        text = "and online: it can be worked on, and unlocked."
        return Verdict(word="LOCKED", text=text, tone=Tone.PLAIN)
    text = f"and {host.availability}: it can't be unlocked before it is online."
    return Verdict(word="LOCKED", text=text, tone=Tone.WARN)


# --- the figure --------------------------------------------------------------------------------


def overview(host: Host, known: Known) -> Lines:
    """Return the page: states, configuration, hardware, then alarms and what people noted."""
    return Lines(
        lines=(
            *_states(host, known),
            Line(rule=True),
            *agreement_lines(host, known),
            *_hardware(host, known),
            Line(rule=True),
            *_alarms(host, known),
            *_past(host, known),
        )
    )


def _states(host: Host, known: Known) -> List[Line]:
    state = f"{host.administrative} / {host.operational} / {host.availability}"
    lines = [Line(heading="state", text=_since(state, host, known, STATE_FIELDS))]
    if host.is_aio:
        worker = f"{host.subfunction_oper} / {host.subfunction_avail}"
        tone = Tone.BAD if host.worker_lags else Tone.PLAIN
        text = _since(worker, host, known, WORKER_FIELDS)
        lines.append(Line(heading="worker", text=text, tone=tone))
    if host.doing:
        lines.append(Line(heading="task", text=host.doing, tone=_task_tone(host)))
        found = help_of(host.doing)
        if found is not None:
            lines.append(Line(text=found.means))
    lines.append(_config(host))
    lines.append(Line(heading="role", text=_role(host, known)))
    lines.append(Line(heading="software", text=_software(host, known)))
    if host.installing and host.installing != "completed":
        text = f"{host.installing} {host.install_state_info or ''}".rstrip()
        lines.append(Line(heading="install", text=text, tone=Tone.BUSY))
    if host.vim_progress_status:
        lines.append(Line(heading="services", text=f"VIM: {host.vim_progress_status}"))
    return lines


def _since(text: str, host: Host, known: Known, fields: Tuple[str, ...]) -> str:
    found = since(host, known, fields)
    if found is None:
        return text
    word = "since about" if found.is_about else "at least since" if found.at_least else "since"
    ago_ms = known.now_ms - found.ms
    # An uptime of weeks says the day, not the minute; and a line that wraps is read twice.
    instant = (
        day(found.ms)[:10] if found.is_about and ago_ms > DAY_MS else when(found.ms, known.now_ms)
    )
    return f"{text:<32} {word} {instant}  {span(ago_ms)}"


def _task_tone(host: Host) -> Tone:
    return Tone.BAD if gave_up(host.doing) else Tone.BUSY


def _config(host: Host) -> Line:
    applied, target = (host.config_applied or "-")[:8], (host.config_target or "-")[:8]
    said = (host.config_status or "").strip()
    if host.is_old_config:
        text = f"applied {applied}  target {target}  {said or 'Config out-of-date'}"
        return Line(heading="config", text=text, tone=Tone.WARN)
    return Line(heading="config", text=f"applied {applied}  target {target}  up to date")


def _role(host: Host, known: Known) -> str:
    words = [role(host)]
    peer = other_controller(host, known)
    if peer is not None:
        words.append(f"partner {peer.name} {peer.oper}/{peer.avail}")
    if one_sits_on(host, known):
        words.append("you are on it")
    return "  ".join(words)


def _software(host: Host, known: Known) -> str:
    others = {h.sw_version for h in hosts(known) if h.uuid != host.uuid and h.sw_version}
    said = host.sw_version or "-"
    if not others:
        return said
    same = "as all others" if others == {host.sw_version} else f"others: {' '.join(sorted(others))}"
    return f"{said}  {same}"


def _hardware(host: Host, known: Known) -> List[Line]:
    bmc = board_line(host, known)
    device = (host.boot_device or "-").replace("/dev/disk/by-path/", "")
    boot = f"{device}   console {host.console or '-'}"
    where = f"mgmt {host.mgmt_ip or '-'}   {host.mgmt_mac or '-'}"
    lines = [
        bmc,
        Line(heading="boot", text=boot),
        Line(heading="network", text=where),
    ]
    if host.up_ms:
        lines.append(Line(heading="up", text=span(host.up_ms)))
    place = (host.location or {}).get("locn")
    if place:
        lines.append(Line(heading="location", text=str(place)))
    lines.extend(_parts(host, known))
    return lines


def _parts(host: Host, known: Known) -> List[Line]:
    """Return what of its parts is not at rest; parts that nobody read say nothing."""
    lines: List[Line] = []
    for kind, well in (("osds", "configured"), ("physical-volumes", "provisioned")):
        for row in children(known, kind, host) or ():
            state = _state(row)
            if state and state != well:
                name = getattr(row, "label", None) or getattr(row, "lvm_pv_name", None) or row.uuid
                jump = Jump(kind=kind, id=row.uuid)
                lines.append(Line(heading=kind, text=f"{name} {state}", tone=Tone.WARN, jump=jump))
    return lines


def _state(row: Any) -> Optional[str]:
    found = getattr(row, "state", None) or getattr(row, "pv_state", None)
    return None if found is None else str(found)


def _alarms(host: Host, known: Known) -> List[Line]:
    if not known.has("alarms"):
        return [Line(heading="alarms", text="not read", tone=Tone.WARN)]
    found = alarms_of(known, host.hostname or "")
    if not found:
        return [Line(heading="alarms", text="none")]
    return [
        Line(
            heading=f"{letter(alarm.severity)} {alarm.alarm_id}",
            text=f"{alarm.reason}  raised {when(alarm.raised_ms, known.now_ms)}",
            tone=alarm_tone(alarm.severity),
            jump=Jump(kind="alarms", id=alarm.uuid),
        )
        for alarm in found
    ]


def _past(host: Host, known: Known) -> List[Line]:
    lines = [Line(heading="note", text=note) for note in noted(host, known)]
    usual = known.usual_ms("hosts", "unlock", host.name)[:5]
    if usual:
        times = " ".join(stopwatch(ms) for ms in usual)
        lines.append(Line(heading="before", text=f"last {len(usual)} unlocks {times}"))
    return lines
