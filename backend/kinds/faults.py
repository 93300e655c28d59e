"""Faults: active alarms, the log of events, and the types that are hidden."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Optional, Tuple

from backend.area import Contents
from backend.figure import Jump, Line, Lines
from backend.kind import Column, Kind, Rest, Row, Tab
from backend.kinds.alarm_acts import ALARM_ACTIONS, SUPPRESSING, TYPES, active_of
from backend.kinds.alarm_story import facts, is_its_event, strip
from backend.kinds.alarms import (
    NAME,
    SUPPRESSED,
    Alarm,
    alarms_of,
    baseline_ms,
    counts_text,
    epoch_ms,
    is_new,
    lasts,
    letter,
    look,
    one_line,
    order,
    severity_counts,
    tone,
    what,
)
from backend.kinds.cards import card_of
from backend.kinds.entity import hostname_of, jumps, where
from backend.kinds.incidents import INCIDENTS, belong
from backend.kinds.log_places import SERVERS, of_fault
from backend.known import Known
from backend.streams import Logs
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import day, when

__all__ = [
    "ALARMS",
    "EVENTS",
    "FAULTS",
    "SUPPRESSIONS",
    "Alarm",
    "Event",
    "Suppression",
    "alarms_of",
    "counts_text",
    "severity_counts",
]

LOG = "events"
# FM's own pages fail; what is older than this many is in our record.
_NEWEST = "500"


class Event(Row):
    """One line of FM's log: an alarm ``set`` or ``clear``, or a ``log`` that is no alarm."""

    uuid: str
    # A log line may have none.
    event_log_id: Optional[str] = None
    state: str
    entity_instance_id: Optional[str] = None
    severity: str
    timestamp: datetime
    reason_text: Optional[str] = None

    @property
    def at_ms(self) -> int:
        """When it was written, epoch ms."""
        return epoch_ms(self.timestamp)

    @property
    def where(self) -> str:
        """Its entity in few words."""
        return where(self.entity_instance_id or "")


class Suppression(Row):
    """One type of alarm, and whether the whole system hides it."""

    uuid: str
    alarm_id: str
    suppression_status: str
    description: Optional[str] = None


def _first_jump(row: Any, known: Known) -> Optional[Jump]:
    return next(iter(jumps(row.entity_instance_id or "", known)), None)


# --- is it well? -------------------------------------------------------------------------------


def _not_read(known: Known) -> Optional[Verdict]:
    """Return what is said before the first answer, None after it."""
    reading = known.reading(NAME)
    if reading.was_read:
        return None
    words = str(reading.error) if reading.error else "alarms are not read yet"
    return Verdict(word="CAN'T TELL", text=words, tone=Tone.PLAIN)


def verdict(known: Known) -> Verdict:
    """Return how many are new, were there, cleared, suppressed; and how many refuse management."""
    unread = _not_read(known)
    if unread is not None:
        return unread
    rows: Tuple[Alarm, ...] = known.rows(NAME)
    active = [alarm for alarm in rows if not alarm.is_suppressed]
    new = [alarm for alarm in active if is_new(alarm, known)]
    parts = [f"{len(active) - len(new)} were there"]
    cleared = _cleared(known)
    if cleared is not None:
        parts.append(f"{cleared} cleared")
    parts.append(f"{len(rows) - len(active)} suppressed")
    since = baseline_ms(known)
    if since:
        said = "the baseline" if known.memory.baseline_ms else "your last visit"
        word = f"{len(new)} NEW"
        # On another day the day alone: the line has 80 cells.
        moment = when(since, known.now_ms).split(" ")[0]
        text = "   ".join((f"since {said} ({moment})", *parts))
    else:
        word = f"{len(active)} ACTIVE"
        text = "   ".join(("no baseline is set yet", *parts[1:]))
    return Verdict(word=word, text=text, more=_blocking(rows), tone=_worst(new or active))


def _cleared(known: Known) -> Optional[int]:
    """Return how many of those at the baseline are gone, None where nobody wrote them down."""
    there = known.memory.baseline_ids
    return None if there is None else len(there - known.reading(NAME).by_id.keys())


def _blocking(rows: Tuple[Alarm, ...]) -> str:
    count = sum(1 for alarm in rows if alarm.blocks_management)
    said = f"{count} of {len(rows)} block management actions (strategy, upgrade)"
    return f"{said if count else 'none blocks management actions':<62}b set baseline"


def _worst(alarms: Any) -> Tone:
    tones = {tone(alarm.severity) for alarm in alarms}
    return next((each for each in (Tone.BAD, Tone.WARN, Tone.PLAIN) if each in tones), Tone.GOOD)


def headline(known: Known) -> Verdict:
    """Return whether the site is well by its alarms, in one line."""
    unread = _not_read(known)
    if unread is not None:
        return unread
    rows: Tuple[Alarm, ...] = known.rows(NAME)
    active = [alarm for alarm in rows if not alarm.is_suppressed]
    # What is hidden forbids an upgrade all the same.
    blocking = sum(alarm.blocks_management for alarm in rows)
    more = f"{blocking} block strategies and upgrades."
    if not active:
        hidden = f" {len(rows)} suppressed." if rows else ""
        return Verdict(word="WELL", text=f"no alarms.{hidden}", more=more if blocking else "")
    worst = _worst(active)
    words = ", ".join(f"{count} {name}" for name, count in severity_counts(active).items() if count)
    return Verdict(
        word={Tone.BAD: "NOT WELL", Tone.PLAIN: "WELL"}.get(worst, "WARN"),
        text=f"{words} alarm{'s' if len(active) > 1 else ''}.",
        more=more,
        tone=worst,
    )


# --- the kinds ---------------------------------------------------------------------------------


ALARMS: Kind[Alarm] = Kind(
    name=NAME,
    singular="alarm",
    model=Alarm,
    # A suppressed alarm stands all the same and still refuses upgrades: it is listed, as such.
    read=Rest(
        service="fm",
        path="/alarms",
        items="alarms",
        query={"expand": "True", "include_suppress": "True"},
    ),
    label=lambda alarm: f"{alarm.alarm_id} {alarm.where}",
    columns=(
        Column(heading="S", value=lambda alarm: letter(alarm.severity), width=1),
        Column(heading="ID", value=lambda alarm: alarm.alarm_id, width=8),
        Column(heading="WHERE", value=lambda alarm: alarm.where, most=31),
        Column(heading="WHAT", value=what, most=25),
        Column(heading="FOR", joined=lasts, width=6, right=True),
        Column(heading="RAISED", value=lambda alarm: day(alarm.raised_ms), wide=True),
        Column(
            heading="OWNER", joined=lambda a, k: k.mark(NAME, a.uuid).assigned_to or None, wide=True
        ),
        Column(heading="ENTITY", value=lambda alarm: alarm.entity_instance_id, most=60, wide=True),
        Column(heading="TEXT", value=lambda alarm: alarm.reason, most=120, wide=True),
    ),
    look=look,
    sort=order,
    verdict=verdict,
    strip=strip,
    tabs=(
        Tab(key="o", title="Came together", kind=NAME, related=belong),
        Tab(key="e", title="Events", kind=LOG, related=is_its_event),
        Tab(key="f", title="Fields", figure=facts),
    ),
    jump=_first_jump,
    logs=lambda alarm, known: of_fault(alarm.alarm_id, alarm.hostname, alarm.raised_ms, known),
    logs_needs=(SERVERS,),
    actions=ALARM_ACTIONS,
    aliases=("alarm", "al"),
    # What the strip verifies live stands in their rows.
    needs=("hosts", LOG, "service-groups", "applications", "lldp"),
    state_fields=("severity",),
)


def _event_look(event: Event, _known: Known) -> Look:
    if event.state == "set":
        return Look(tone=tone(event.severity))
    return Look(tone=Tone.PLAIN, mark=Mark.GONE if event.state == "clear" else Mark.NONE)


def _event_strip(event: Event, known: Known) -> Lines:
    card = card_of(event.event_log_id)
    lines = [Line(heading=event.event_log_id or event.state, text=one_line(event.reason_text))]
    if event.entity_instance_id:
        lines.append(
            Line(
                heading="WHERE",
                text=one_line(event.entity_instance_id),
                jump=_first_jump(event, known),
            )
        )
    if card is not None and event.state == "set":
        lines.append(Line(heading="MEANS", text=card.short))
    return Lines(lines=tuple(lines))


def _event_logs(event: Event, known: Known) -> Logs:
    hostname = hostname_of(event.entity_instance_id or "")
    return of_fault(event.event_log_id or "", hostname, event.at_ms, known)


EVENTS: Kind[Event] = Kind(
    name=LOG,
    singular="event",
    model=Event,
    read=Rest(
        service="fm",
        path="/event_log",
        items="event_log",
        query={"limit": _NEWEST, "include_suppress": "True"},
    ),
    label=lambda event: f"{event.event_log_id or event.state} {event.where}".strip(),
    columns=(
        Column(heading="TIME", joined=lambda event, k: when(event.at_ms, k.now_ms), width=17),
        Column(heading="STATE", value=lambda event: event.state, width=5),
        Column(heading="S", value=lambda event: letter(event.severity) or None, width=1),
        Column(heading="ID", value=lambda event: event.event_log_id, width=8),
        Column(heading="WHERE", value=lambda event: one_line(event.where), most=24),
        Column(heading="TEXT", value=lambda event: one_line(event.reason_text), most=120),
    ),
    look=_event_look,
    sort=lambda event, _known: (-event.at_ms, event.uuid),
    strip=_event_strip,
    jump=_first_jump,
    logs=_event_logs,
    logs_needs=(SERVERS,),
    aliases=("event", "ev", "event_log", "event-log"),
    every_s=30.0,
    is_log=True,
)


def _type_look(row: Suppression, known: Known) -> Look:
    if row.suppression_status != SUPPRESSED:
        return WELL
    count = active_of(row.alarm_id, known)
    notes = (f"hides {count} active",) if count else ()
    return Look(tone=Tone.WARN if count else Tone.PLAIN, mark=Mark.OUT, notes=notes)


def _type_words(row: Suppression) -> str:
    card = card_of(row.alarm_id)
    return card.short if card else one_line(row.description)


def _type_strip(row: Suppression, known: Known) -> Lines:
    card = card_of(row.alarm_id)
    hidden = row.suppression_status == SUPPRESSED
    said = "hidden from everybody, system-wide" if hidden else "shown"
    lines = [
        Line(heading=row.alarm_id, text=one_line(row.description)),
        Line(heading="STATE", text=f"{said}; {active_of(row.alarm_id, known)} active"),
    ]
    if card is not None:
        lines.append(Line(heading="CAUSE", text=card.cause.replace("{host}", "the host")))
    return Lines(lines=tuple(lines))


SUPPRESSIONS: Kind[Suppression] = Kind(
    name=TYPES,
    singular="suppression",
    model=Suppression,
    read=Rest(service="fm", path="/event_suppression", items="event_suppression"),
    label=lambda row: row.alarm_id,
    columns=(
        Column(heading="ID", value=lambda row: row.alarm_id, width=8),
        Column(heading="STATE", value=lambda row: row.suppression_status, width=12),
        Column(
            heading="ACTIVE", joined=lambda row, k: active_of(row.alarm_id, k) or None, right=True
        ),
        Column(heading="WHAT", value=_type_words, most=50),
    ),
    look=_type_look,
    sort=lambda row, known: (
        row.suppression_status != SUPPRESSED,
        not active_of(row.alarm_id, known),
        row.alarm_id,
    ),
    strip=_type_strip,
    actions=SUPPRESSING,
    aliases=("suppression", "event_suppression", "event-suppress-list"),
    needs=(NAME,),
    every_s=60.0,
    state_fields=("suppression_status",),
)

FAULTS = Contents(
    kinds=(ALARMS, INCIDENTS, EVENTS, SUPPRESSIONS),
    headline=headline,
)
