"""The columns of the host list: one thought each, the worse of two functions, no task."""

from __future__ import annotations

from typing import Optional, Tuple

from backend.kind import Column
from backend.kinds.alarms import alarms_of, counts_text
from backend.kinds.host import Host
from backend.known import Known, Since
from backend.units import span

# The alarm that stands while a host is locked.
LOCKED = "200.001"
STATE_FIELDS = ("administrative", "operational", "availability")
WORKER_FIELDS = ("subfunction_oper", "subfunction_avail")


def role(host: Host) -> str:
    """Return what a host is: ``ctl+wrk ACT``, ``ctl sby``, ``worker``, ``(new)``."""
    if host.is_discovered:
        return "(new)"
    if not host.is_controller:
        return str(host.personality)
    functions = "ctl+wrk" if host.is_aio else "ctl"
    if host.is_active:
        return f"{functions} ACT"
    return f"{functions} sby" if host.invprovision == "provisioned" else functions


def config(host: Host) -> str:
    """Return whether the configuration is the one wanted: ``ok``, ``OLD``, ``-`` without one."""
    if host.is_old_config:
        return "OLD"
    return "ok" if host.config_target or host.config_applied else "-"


def since(host: Host, known: Known, fields: Tuple[str, ...] = ()) -> Optional[Since]:
    """Return since when the host is in this state, None where nobody knows.

    What changed before anybody looked is told from the alarm that came with it, or from the boot.
    """
    fields = fields or STATE_FIELDS + (WORKER_FIELDS if host.is_aio else ())
    seen = known.since("hosts", host.uuid, *fields)
    if seen is not None and not seen.at_least:
        return seen
    told_ms = _told_ms(host, known)
    if told_ms is None or (seen is not None and told_ms > seen.ms):
        return seen
    return Since(ms=told_ms, is_about=True)


def _told_ms(host: Host, known: Known) -> Optional[int]:
    """Return the instant that something beside the host's state tells of it."""
    raised = [
        alarm.raised_ms
        for alarm in alarms_of(known, host.hostname or "")
        if (alarm.alarm_id == LOCKED if host.is_locked else alarm.degrade_affecting == "True")
    ]
    if host.is_locked or host.avail == "degraded":
        return min(raised, default=None)
    reading_ms = known.reading("hosts").at_ms
    if host.is_enabled and host.avail == "available" and host.up_ms:
        # It has been up since minutes after its boot; of what was before we know nothing.
        return reading_ms - host.up_ms
    return None


def how_long(host: Host, known: Known) -> str:
    """Return how long the host is in this state: ``6m``; ``~41d`` (told) or ``>41d`` (at least)."""
    found = since(host, known)
    if found is None:
        return "-"
    mark = "~" if found.is_about else ">" if found.at_least else ""
    return mark + span(known.now_ms - found.ms)


def _alarms(host: Host, known: Known) -> str:
    if not known.has("alarms"):
        return "?"
    return counts_text(alarms_of(known, host.hostname or ""))


COLUMNS: Tuple[Column[Host], ...] = (
    Column(heading="NAME", value=lambda h: h.name, most=20),
    Column(heading="ROLE", value=role, most=14),
    Column(heading="ADMIN", value=lambda h: h.administrative, most=10),
    Column(heading="OPER", value=lambda h: h.oper, most=10),
    Column(heading="AVAIL", value=lambda h: h.avail, most=12),
    Column(heading="CFG", value=config),
    Column(heading="ALARMS", joined=_alarms, most=14),
    Column(heading="FOR", joined=how_long, right=True),
    Column(heading="ADDRESS", value=lambda h: h.mgmt_ip, wide=True),
    Column(heading="BMC", value=lambda h: h.bm_ip if h.has_bmc else None, wide=True),
    Column(heading="SOFTWARE", value=lambda h: h.sw_version, wide=True),
    Column(heading="SERVICES", value=lambda h: h.vim_progress_status, wide=True),
)
