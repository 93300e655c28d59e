"""Active alarms as FM lists them: the row, its place in the order, what is new, what expected."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple, Union

from backend.deed import Deed, Outcome
from backend.kind import Action, Expected, Row
from backend.kinds.cards import card_of
from backend.kinds.entity import hostname_of, where
from backend.kinds.once import once
from backend.known import Known
from backend.tone import Look, Mark, Tone
from backend.units import clock, span

NAME = "alarms"
SUPPRESSED = "suppressed"

# Worst first. What FM may yet invent stands behind major: it is never lost at the end.
_SEVERITIES = ("critical", "major", "minor", "warning")
_LETTERS: Mapping[str, str] = MappingProxyType(
    {"critical": "C", "major": "M", "minor": "m", "warning": "w"}
)
_RANKS: Mapping[str, float] = MappingProxyType(
    {severity: float(rank) for rank, severity in enumerate(_SEVERITIES)}
)
_UNKNOWN_RANK = 1.5
_TONES: Mapping[str, Tone] = MappingProxyType(
    {"critical": Tone.BAD, "major": Tone.WARN, "minor": Tone.WARN, "warning": Tone.PLAIN}
)
# The field that an act which another one undoes takes elsewhere: a lock, an unlock.
_TAKEN = "administrative"
# The alarm bears the controller's time, the deed this machine's.
_CLOCKS_APART_MS = 5_000
# What a deed brings may come a little after its end: Ceph takes its time to miss an OSD.
_LATE_MS = 60_000
# What of a text changes from one alarm of a type to the next, and says most: a share, a health.
_TELLING = re.compile(r"actual:?\s*(\d{1,3})(?:\.\d+)?\s*%|\b(HEALTH_[A-Z]+)\b")


class Alarm(Row):
    """One active alarm. ``mgmt_affecting`` and ``degrade_affecting`` are "True" or "False"."""

    uuid: str
    alarm_id: str
    entity_instance_id: str
    severity: str
    # Naive on the wire, and UTC.
    timestamp: datetime
    reason_text: Optional[str] = None
    proposed_repair_action: Optional[str] = None
    suppression_status: Optional[str] = None
    mgmt_affecting: Optional[str] = None
    degrade_affecting: Optional[str] = None

    @property
    def raised_ms(self) -> int:
        """When it was raised, epoch ms."""
        return epoch_ms(self.timestamp)

    @property
    def where(self) -> str:
        """Its entity in few words."""
        return where(self.entity_instance_id)

    @property
    def hostname(self) -> str:
        """The host it is on, "" where it is on none."""
        return hostname_of(self.entity_instance_id)

    @property
    def reason(self) -> str:
        """Its text on one line."""
        return one_line(self.reason_text)

    @property
    def blocks_management(self) -> bool:
        """Whether strategies and upgrades are refused while it stands."""
        return self.mgmt_affecting == "True"

    @property
    def is_suppressed(self) -> bool:
        """Whether its type is hidden from everybody; it stands all the same."""
        return self.suppression_status == SUPPRESSED


def epoch_ms(moment: datetime) -> int:
    """Return epoch ms; an instant without zone is UTC, as FM's are."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return round(moment.timestamp() * 1000)


def one_line(text: Optional[str]) -> str:
    """Return a text of several lines as one."""
    return " ".join((text or "").split())


def letter(severity: str) -> str:
    """Return C, M, m or w; "?" for a severity that nobody has told us of, "" for none."""
    if severity == "not-applicable":
        return ""
    return _LETTERS.get(severity, "?")


def rank(severity: str) -> float:
    """Return the place of a severity, worst (0) first."""
    return _RANKS.get(severity, _UNKNOWN_RANK)


def tone(severity: str) -> Tone:
    """Return how bad a severity is."""
    return _TONES.get(severity, Tone.WARN)


def what(alarm: Alarm) -> str:
    """Return what is wrong in our few words, with what is telling in the text; else the text."""
    card = card_of(alarm.alarm_id)
    if card is None:
        return alarm.reason or alarm.alarm_id
    found = _TELLING.search(alarm.reason_text or "")
    if found is None:
        return card.short
    return f"{card.short} {found.group(2) or found.group(1) + '%'}"


def lasts(alarm: Alarm, known: Known) -> str:
    """Return for how long it stands, with a * where it blocks management actions."""
    star = "*" if alarm.blocks_management else " "
    return f"{span(known.now_ms - alarm.raised_ms)} {star}"


# --- new, seen, expected -----------------------------------------------------------------------


def baseline_ms(known: Known) -> int:
    """Return since when an alarm is new: the baseline, else this person's last visit, 0: never."""
    return known.memory.baseline_ms or known.memory.visit_ms


def is_new(alarm: Alarm, known: Known) -> bool:
    """Whether it came after the baseline and nothing that we do makes us expect it."""
    there = known.memory.baseline_ids
    if there is not None:
        came = alarm.uuid not in there
    else:
        since = baseline_ms(known)
        came = bool(since) and alarm.raised_ms > since
    return came and not alarm.is_suppressed and expecting(alarm, known) is None


def expecting(alarm: Alarm, known: Known) -> Optional[Deed]:
    """Return the deed that this alarm was to come with, None where there is none.

    A running one, or one that has ended and what it was done to is still as it left it: what came
    with the lock of a host is no news for as long as that host is locked.
    """
    for expected, deed in _expectations(known):
        if expected.alarm_id == alarm.alarm_id and _is_meant(alarm, expected.entity, deed):
            return deed
    return None


def _is_meant(alarm: Alarm, entity: str, deed: Deed) -> bool:
    """Whether it is at the place that was named, or, where none was, came after the deed began."""
    if deed.ended_ms is not None and alarm.raised_ms > deed.ended_ms + _LATE_MS:
        return False
    if not entity:
        return alarm.raised_ms >= deed.began_ms - _CLOCKS_APART_MS
    own = alarm.entity_instance_id
    return own == entity or own.startswith(f"{entity}.") or alarm.hostname == entity


@once
def _expectations(known: Known) -> Tuple[Tuple[Expected, Deed], ...]:
    found: List[Tuple[Expected, Deed]] = []
    for deed in known.memory.deeds:
        action, row = action_of(deed), known.row(deed.kind, deed.row_id)
        if action is None or action.expects is None or row is None:
            continue
        if deed.is_open or (action.undone_by and _is_as_left(row, deed, known)):
            found += [(expected, deed) for expected in action.expects(row, known)]
    return tuple(found)


def action_of(deed: Deed) -> Optional[Action[Any]]:
    """Return the action as it is declared, None where this release has none such."""
    from backend.kinds import kind_named  # that list has these alarms in it

    kind = kind_named(deed.kind)
    return kind.action(deed.action) if kind else None


def _is_as_left(row: Any, deed: Deed, known: Known) -> bool:
    """Whether a row is in the state that an ended deed took it to, and was all the time since."""
    if deed.ended_ms is None or deed.outcome not in (Outcome.DONE, Outcome.UNKNOWN):
        return False
    before = deed.before.get(_TAKEN)
    if before is None or before == getattr(row, _TAKEN, before):
        return False
    since = known.since(deed.kind, deed.row_id, _TAKEN)
    return since is None or since.at_least or since.ms <= deed.ended_ms + _CLOCKS_APART_MS


def look(alarm: Alarm, known: Known) -> Look:
    """Return the mark: ``-`` suppressed, ``~`` expected, ``a`` seen, ``+`` new."""
    mark = known.mark(NAME, alarm.uuid)
    deed = expecting(alarm, known)
    notes: List[str] = []
    if deed is not None:
        notes.append(f"EXPECTED: {deed.action} {deed.label}, since {clock(deed.began_ms)}")
    if mark.assigned_to:
        notes.append(f"assigned to {mark.assigned_to}")
    if mark.note:
        notes.append(f'note, {mark.note_by}: "{one_line(mark.note)}"')
    if alarm.is_suppressed:
        return Look(tone=Tone.PLAIN, mark=Mark.OUT, notes=tuple(notes))
    sign = Mark.NONE
    if deed is not None:
        sign = Mark.BUSY
    elif mark.seen_by:
        sign = Mark.SEEN
    elif is_new(alarm, known):
        sign = Mark.NEW
    return Look(tone=tone(alarm.severity), mark=sign, notes=tuple(notes))


def order(alarm: Alarm, known: Known) -> Tuple[bool, bool, float, int, str]:
    """Return the sorting key: suppressed last; new first; then the worst, then the latest."""
    new = is_new(alarm, known)
    return (alarm.is_suppressed, not new, rank(alarm.severity), -alarm.raised_ms, alarm.uuid)


# --- of a host ---------------------------------------------------------------------------------


def alarms_of(known: Known, hostname: str) -> Tuple[Alarm, ...]:
    """Return the active alarms on a host and on what is in it, worst first; none suppressed."""
    by_host = _by_host(known.rows(NAME))
    found = by_host.get(hostname, ())
    if isinstance(found, list):
        # Sorted when first asked for: the first screen of 1,000 hosts asks for twenty.
        found.sort(key=lambda alarm: (rank(alarm.severity), -alarm.raised_ms))
        found = by_host[hostname] = tuple(found)
    return found


@once
def _by_host(rows: Tuple[Any, ...]) -> Dict[str, Union[List[Alarm], Tuple[Alarm, ...]]]:
    lists: Dict[str, List[Alarm]] = {}
    for alarm in rows:
        if not alarm.is_suppressed and alarm.hostname:
            lists.setdefault(alarm.hostname, []).append(alarm)
    return dict(lists)


def severity_counts(rows: Iterable[Alarm]) -> Mapping[str, int]:
    """Return how many of each severity, worst first, with every known one; suppressed left out."""
    counts: Dict[str, int] = dict.fromkeys(_SEVERITIES, 0)
    for alarm in rows:
        if not alarm.is_suppressed:
            counts[alarm.severity] = counts.get(alarm.severity, 0) + 1
    return counts


def counts_text(rows: Iterable[Alarm], *, zeros: bool = False) -> str:
    """Return ``C1 M3 w2``, "" for none; with ``zeros`` all four: ``C1 M3 m0 w2``."""
    counts = severity_counts(rows)
    return " ".join(
        f"{letter(severity)}{count}"
        for severity, count in counts.items()
        if count or (zeros and severity in _LETTERS)
    )
