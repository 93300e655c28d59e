"""What is to be said of the platform's applications: how each stands, and what can be done next."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional

from backend.figure import Jump, Line, Lines
from backend.kinds.application_packages import newer
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import counted, span

# An application is to be applied again, and was not yet.
REAPPLY = "750.006"
_FAILED = ("-failed", "missing")
_NEXT = {
    "uploaded": "a, Apply: it is there and does not run",
    "apply-failed": "l, the log; then a, Apply once more",
    "upload-failed": "a, Delete, then upload its package again",
    "remove-failed": "l, the log; then a, Remove once more",
    "inactive": "its package is kept and not offered",
}


@once
def reapplies(known: Known) -> Mapping[str, Any]:
    """Return the alarms that say an application is to be applied again, by its name."""
    return {
        alarm.entity_instance_id.rpartition("application=")[2]: alarm
        for alarm in known.rows("alarms")
        if alarm.alarm_id == REAPPLY
    }


def has_failed(row: Any) -> bool:
    """Return whether what was last done with it did not succeed."""
    return str(row.status or "").endswith(_FAILED)


def _is_busy(row: Any) -> bool:
    return str(row.status or "").endswith("ing")


def pending(row: Any, known: Known) -> Optional[Any]:
    """Return the alarm that it is to be applied again; where it is being applied it is no news."""
    return reapplies(known).get(row.name) if row.status == "applied" else None


def look(row: Any, known: Known) -> Look:
    """Return how an application stands: by its status, and whether it waits to be applied again."""
    said = tuple(filter(None, (row.progress,)))
    if has_failed(row):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=said)
    if _is_busy(row):
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=said)
    alarm = pending(row, known)
    if alarm is not None:
        waits = f"its re-apply is pending for {span(known.now_ms - alarm.raised_ms)} ({REAPPLY})"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(waits,))
    return WELL


def strip(row: Any, known: Known) -> Lines:
    """Return what runs, what sysinv says of it, and what comes next."""
    lines: List[Line] = [Line(heading="RUNS", text=f"{row.app_version}, {row.status}")]
    if row.progress and row.progress != "completed":
        lines.append(Line(heading="SAYS", text=row.progress))
    alarm = pending(row, known)
    if alarm is not None:
        jump = Jump(kind="alarms", id=alarm.uuid)
        text = f"{alarm.alarm_id}: {alarm.reason_text}"
        lines.append(Line(heading="ALARM", text=text, tone=Tone.WARN, jump=jump))
    better = newer(row.name, row.app_version or "", known)
    if better is not None:
        lines.append(Line(heading="NEWER", text=f"{better.version}: a, Update"))
    following = "a, Apply: it rolls out what changed" if alarm else _NEXT.get(row.status or "")
    if following:
        lines.append(Line(heading="NEXT", text=following))
    return Lines(lines=tuple(lines))


def verdict(known: Known) -> Verdict:
    """Return whether all of them are as they were meant to be, and which is not."""
    reading = known.reading("applications")
    rows = reading.rows
    if not reading.was_read:
        why = reading.error.words if reading.error is not None else "not read yet"
        return Verdict(word="", text=f"applications: {why}", tone=Tone.PLAIN)
    failed = [row for row in rows if has_failed(row)]
    waiting = [row for row in rows if pending(row, known)]
    busy = [row for row in rows if _is_busy(row)]
    running = sum(1 for row in rows if row.status == "applied")
    text = f"{running} of {counted(len(rows), 'application')} applied"
    parts = [f"{row.name} {row.status}" for row in (*failed, *busy)]
    parts += [f"{row.name} waits to be applied again" for row in waiting]
    word, tone = "WELL", Tone.PLAIN
    if failed:
        word, tone = "NOT WELL", Tone.BAD
    elif busy:
        word, tone = "BUSY", Tone.BUSY
    elif waiting:
        word, tone = "WARN", Tone.WARN
    return Verdict(word=word, text="; ".join((text, *parts)) + ".", tone=tone)
