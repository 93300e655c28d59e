"""Is it well with storage? What is wrong first: Ceph's own word, what recovers, what fills up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from backend.errors import NotConfigured
from backend.kinds.alarms import severity_counts
from backend.kinds.ceph_flags import flags_set
from backend.kinds.ceph_status import CephStatus
from backend.kinds.ceph_words import meaning
from backend.kinds.disk_health import unwell
from backend.kinds.fresh_checks import untold
from backend.kinds.host_fresh import why_stale
from backend.kinds.machine import size
from backend.known import Known
from backend.tone import Tone, Verdict
from backend.units import DAY_MS, HOUR_MS, counted, span

# Alarms of storage: Ceph's and the platform's own, and of a filesystem that fills.
CEPH_ALARMS, FULL_ALARM = "800.", "100.104"
# What its own sentence says of it already.
_SAID = {"OSD_DOWN", "OSD_HOST_DOWN", "OSD_ROOT_DOWN", "MON_DOWN", "OSDMAP_FLAGS", "OSD_FLAGS"}
NEEDS = ("ceph", "ceph-checks", "ceph-osds", "ceph-flags", "ceph-pools", "ceph-devices",
         "backends", "alarms", "claims")  # fmt: skip


# Without these nobody can say that all is well, though Ceph says so of itself.
_BESIDE = ("ceph-osds", "backends", "alarms", "claims")
# Where Ceph stops taking data, by its own default; what is further off is not counted in days.
FULL, FAR_MS = 0.95, 730 * DAY_MS


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be; what presses, and of that the first, leads."""

    words: str
    tone: Tone = Tone.WARN
    is_close: bool = False

    @property
    def presses(self) -> bool:
        """Whether it is bad, or one step from it."""
        return self.tone is Tone.BAD or self.is_close


def status_of(known: Known) -> Optional[CephStatus]:
    """Return what Ceph last said of itself, None where it was never read."""
    return next(iter(known.rows("ceph")), None)


def verdict(known: Known) -> Verdict:
    """Return the answer for all storage that is known of, whoever told it."""
    status = status_of(known)
    found = _findings(status, known)
    if found:
        found.sort(key=lambda one: not one.presses)
        tone = Tone.BAD if any(one.tone is Tone.BAD for one in found) else Tone.WARN
        words = [one.words for one in found]
        # Behind what cannot wait; there is no room for the pace of it.
        full = _until(status, known).partition(" at the pace")[0]
        if full.startswith("full"):
            words.insert(max(sum(one.presses for one in found), 1), _sentence(full))
        word = "NOT WELL" if tone is Tone.BAD else "WARN"
        return Verdict(word=word, text=" ".join(words), tone=tone)
    if status is None and (not known.has("backends") or _is_away(known)):
        return _unread(known)
    text, more = _all_well(status, known), _room(status, known)
    stale = why_stale("Ceph", known.reading("ceph"), known) if status is not None else ""
    if stale:
        return Verdict(word="WAS WELL", text=text, more=stale, tone=Tone.WARN)
    silent = untold(known, *(kind for kind in _BESIDE if known.reading(kind).error is not None))
    if silent:
        return Verdict(word="WARN", text=text, more=f"not known: {silent}", tone=Tone.WARN)
    return Verdict(word="WELL", text=text, more=more, tone=Tone.GOOD)


def _is_away(known: Known) -> bool:
    """Whether Ceph was asked and did not answer; where no way to it is set up nobody asks it."""
    error = known.reading("ceph").error
    return error is not None and not isinstance(error, NotConfigured)


def _unread(known: Known) -> Verdict:
    errors = [known.reading(kind).error for kind in ("ceph", "backends")]
    said = next((error for error in errors if error is not None), None)
    if said is None:
        return Verdict(word="READING", text="storage was not read yet.", tone=Tone.PLAIN)
    return Verdict(word="CANNOT", text=f"see: {said.words}", tone=Tone.BAD)


def _all_well(status: Optional[CephStatus], known: Known) -> str:
    if status is None:
        names = [f"{row.name} ({row.backend})" for row in known.rows("backends")]
        what = ", ".join(names) or "no backend"
        return f"{what}: configured, by sysinv alone; Ceph itself is not asked."
    used = "" if status.percent is None else f", {status.percent} % used"
    return f"{status.osds_up} OSDs up, {status.clean} of {status.pgs} groups clean{used}."


def _room(status: Optional[CephStatus], known: Known) -> str:
    """Return how full it is, and when it will be."""
    used = f"{size(status.used)} of {size(status.total)} used" if status and status.total else ""
    return ", ".join(filter(None, (used, _until(status, known))))


def _until(status: Optional[CephStatus], known: Known) -> str:
    return "" if status is None else until_full(status, known)


def _recovery(status: Optional[CephStatus]) -> str:
    return f"recovery: {status.recovery}" if status is not None and status.recovery else ""


def until_full(status: CephStatus, known: Known) -> str:
    """Return when Ceph stops taking data at the pace of what was sampled, "" where that is short.

    The pace is that from the first to the last of the samples: what is written and deleted again
    between them counts for nothing.
    """
    points = known.course("ceph", status.uuid)
    if len(points) < 2 or points[-1][0] - points[0][0] < HOUR_MS:
        return ""
    (began_ms, before), (ended_ms, after) = points[0], points[-1]
    over = span(ended_ms - began_ms)
    grown = after - before
    if grown <= 0:
        return f"not growing in {over}"
    left = status.total * FULL - after
    if left <= 0:
        return "full: Ceph takes no more data"
    left_ms = round(left / grown * (ended_ms - began_ms))
    if left_ms > FAR_MS:
        return f"no end in sight at the pace of {over}"
    return f"full in about {span(left_ms)} at the pace of {over}"


# --- what is not well --------------------------------------------------------------------------


def _findings(status: Optional[CephStatus], known: Known) -> List[Finding]:
    found: List[Optional[Finding]] = []
    if status is not None:
        found += [_osds(status, known), _quorum(status)]
    recovers = Finding(_sentence(_recovery(status))) if _recovery(status) else None
    # What moves says how long it takes yet; that nothing does is said after what keeps it.
    moves = status is not None and bool(status.recovering_objects_s)
    found += [recovers] if moves else []
    found += [_full(known), _backends(known), _ceph_alarms(status, known), _disks(known)]
    found += [*_checks(status, known), _flags(known)] if status is not None else []
    found += [_claims(known), None if moves else recovers]
    return [one for one in found if one is not None]


def _osds(status: CephStatus, known: Known) -> Optional[Finding]:
    down = status.osds - status.osds_up
    if not down:
        return None
    rows = [row for row in known.rows("ceph-osds") if not row.is_up]
    names = ", ".join(f"{row.name} ({row.host})" for row in rows[:3])
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    since = [known.since("ceph-osds", row.uuid, "is_up") for row in rows]
    oldest = min((one.ms for one in since if one is not None), default=None)
    long = "" if oldest is None else f" {span(known.now_ms - oldest)}"
    of = f": {names}{more}" if names else ""
    stopped = any(code == "PG_AVAILABILITY" for code in status.checks)
    words = f"{down} of {status.osds} OSDs down{long}{of}."
    return Finding(
        words,
        Tone.BAD if stopped or status.osds_up == 0 else Tone.WARN,
        # With half of them gone the next one takes data with it.
        is_close=2 * status.osds_up <= status.osds,
    )


def _quorum(status: CephStatus) -> Optional[Finding]:
    there = len(status.quorum)
    if there >= status.monitors:
        return None
    words = f"{there} of {status.monitors} monitors in quorum."
    return Finding(words, Tone.BAD if there <= status.monitors // 2 + 1 else Tone.WARN)


def _checks(status: CephStatus, known: Known) -> List[Finding]:
    rows = {row.code: row for row in known.rows("ceph-checks") if not row.muted}
    codes = [code for code in status.checks if code not in _SAID]
    found = []
    for code in codes:
        row = rows.get(code)
        tone = Tone.BAD if row is not None and row.severity == "HEALTH_ERR" else Tone.WARN
        found.append(Finding(f"{_sentence(meaning(code, code).means)}", tone))
    if status.health == "HEALTH_ERR" and not any(one.tone is Tone.BAD for one in found):
        found.insert(0, Finding("Ceph says HEALTH_ERR.", Tone.BAD))
    return found


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _flags(known: Known) -> Optional[Finding]:
    names = flags_set(known)
    return Finding(f"{' '.join(names)} set.") if names else None


def _backends(known: Known) -> Optional[Finding]:
    bad = [row for row in known.rows("backends") if row.state not in (None, "configured")]
    if not bad:
        return None
    row = bad[0]
    task = f" ({row.task})" if row.task else ""
    tone = Tone.BAD if "fail" in str(row.state) else Tone.WARN
    return Finding(f"The backend {row.name} is {row.state}{task}.", tone)


def _ceph_alarms(status: Optional[CephStatus], known: Known) -> Optional[Finding]:
    """Say what alarms tell of Ceph, where it does not speak for itself."""
    if status is not None and known.reading("ceph").error is None:
        return None
    bad = [row for row in known.rows("alarms") if row.alarm_id.startswith(CEPH_ALARMS)]
    if not bad:
        return None
    tone = Tone.BAD if severity_counts(tuple(bad)).get("critical") else Tone.WARN
    return Finding(f"{bad[0].reason.rstrip('.')} ({bad[0].alarm_id}).", tone)


def _full(known: Known) -> Optional[Finding]:
    bad = [row for row in known.rows("alarms") if row.alarm_id == FULL_ALARM]
    if not bad:
        return None
    names = ", ".join(row.where for row in bad[:2])
    more = f" and {len(bad) - 2} more" if len(bad) > 2 else ""
    worst = any(row.severity == "critical" for row in bad)
    return Finding(f"Filling up: {names}{more}.", Tone.BAD if worst else Tone.WARN)


def _disks(known: Known) -> Optional[Finding]:
    bad = unwell(known)
    if not bad:
        return None
    return Finding(f"{counted(len(bad), 'disk')} worn out or about to fail: {bad[0].name}.")


def _claims(known: Known) -> Optional[Finding]:
    rows: Tuple[Any, ...] = known.rows("claims")
    lost = [row for row in rows if row.phase == "Lost"]
    waits = [row for row in rows if row.phase == "Pending"]
    if lost:
        words = f"{counted(len(lost), 'claim')} without the volume it had: {lost[0].name}."
        return Finding(words, Tone.BAD)
    return Finding(f"{len(waits)} of {len(rows)} claims pending.") if waits else None
