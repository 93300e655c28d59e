"""What is told of one alarm: text, cause, what to do, how to tell it is over, what came with it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any, List, Optional, Tuple

from backend.figure import Jump, Line, Lines
from backend.kinds.alarm_evidence import seen_now
from backend.kinds.alarms import (
    NAME,
    Alarm,
    action_of,
    expecting,
    letter,
    one_line,
    what,
)
from backend.kinds.cards import Card, card_of, filled
from backend.kinds.entity import jumps, path_of
from backend.kinds.once import once
from backend.known import Known
from backend.tone import Tone
from backend.units import DAY_MS, clock, day, span, stopwatch, when

# What is raised this close together, here or on no host at all, has one cause.
TOGETHER_MS = 120_000
# How far back a flapping alarm is counted.
_FLAPS_MS = DAY_MS


def strip(alarm: Alarm, known: Known) -> Lines:
    """Return the lower half of the list: what it is, why, what to do, how to tell it is over."""
    card = card_of(alarm.alarm_id)
    host, innermost = alarm.hostname, _innermost(alarm)
    lines = [_title(alarm, known)]
    lines += _said_by_people(alarm, known)
    lines.append(_cause(alarm, card, known, host, innermost))
    if card is not None:
        lines.append(_do(alarm, card, known, host, innermost))
        lines.append(_verify(alarm, card, known, host, innermost))
    vendor = one_line(alarm.proposed_repair_action).replace("<hostname>", host or "the host")
    if vendor:
        lines.append(Line(heading="VENDOR", text=vendor))
    lines += _with_it(alarm, known)
    lines += _before(alarm, known)
    return Lines(lines=tuple(lines))


def _innermost(alarm: Alarm) -> str:
    path = path_of(alarm.entity_instance_id)
    return next((value or name for name, value in reversed(path)), "")


def _title(alarm: Alarm, known: Known) -> Line:
    said = f"set {_instant(alarm.raised_ms, known.now_ms)}"
    flaps = _flaps(alarm, known)
    if flaps is not None:
        said += f", flaps {flaps}"
    text = alarm.reason or what(alarm)
    where_to = jumps(alarm.entity_instance_id, known)
    return Line(
        heading=alarm.alarm_id, text=f"{text}  {said}", jump=where_to[0] if where_to else None
    )


def _instant(ms: int, now_ms: int) -> str:
    return clock(ms, seconds=True) if ms // DAY_MS == now_ms // DAY_MS else day(ms)


def _said_by_people(alarm: Alarm, known: Known) -> List[Line]:
    mark = known.mark(NAME, alarm.uuid)
    said = []
    if mark.seen_by:
        said.append(f"seen by {mark.seen_by} {when(mark.seen_ms, known.now_ms)}")
    if mark.assigned_to:
        said.append(f"assigned to {mark.assigned_to}")
    lines = [Line(heading="OURS", text=", ".join(said))] if said else []
    if mark.note:
        by = f"{mark.note_by} {when(mark.note_ms, known.now_ms)}"
        lines.append(Line(heading="NOTE", text=f'"{one_line(mark.note)}" ({by})'))
    return lines


def _cause(alarm: Alarm, card: Optional[Card], known: Known, host: str, innermost: str) -> Line:
    deed = expecting(alarm, known)
    if deed is not None:
        gone = stopwatch(known.now_ms - deed.began_ms)
        text = f"{deed.action} {deed.label} runs since {clock(deed.began_ms)} ({gone} gone)"
        if deed.ended_ms is not None:
            text = f"{deed.action} {deed.label}, ended {when(deed.ended_ms, known.now_ms)}"
        return Line(
            heading="CAUSE",
            text=f"{text}. EXPECTED",
            tone=Tone.BUSY,
            jump=Jump(kind=deed.kind, id=deed.row_id),
        )
    if card is not None:
        return Line(heading="CAUSE", text=filled(card.cause, host, innermost))
    probable = one_line(str(alarm.body.get("probable_cause") or ""))
    if probable in ("", "unknown", "unspecified-reason"):
        return Line(heading="CAUSE", text="not known to us; the service names none either")
    return Line(heading="CAUSE", text=f"the service says: {probable.replace('-', ' ')}")


def _do(alarm: Alarm, card: Card, known: Known, host: str, innermost: str) -> Line:
    deed = expecting(alarm, known)
    if deed is None:
        return Line(heading="DO", text=filled(card.do, host, innermost))
    if deed.ended_ms is not None:
        action = action_of(deed)
        undone_by = action.undone_by if action is not None else ""
        return Line(heading="DO", text=f"nothing: it goes with the {undone_by} of {deed.label}")
    usual = sorted(known.usual_ms(deed.kind, deed.action, deed.label))
    left = usual[len(usual) // 2] - (known.now_ms - deed.began_ms) if usual else 0
    more = f" (about {stopwatch(left)} more)" if left > 0 else ""
    text = f"wait for {deed.action} {deed.label} to end{more}; look again when it has"
    return Line(heading="DO", text=text)


def _verify(alarm: Alarm, card: Card, known: Known, host: str, innermost: str) -> Line:
    now = seen_now(card.live, alarm, known)
    text = filled(card.verify, host, innermost)
    return Line(heading="VERIFY", text=f"{text}: now {now}" if now else text)


# --- what came with it, and before ---------------------------------------------------------------


def came_together(one: Alarm, other: Alarm) -> bool:
    """Whether two alarms look like one incident: raised together, on one host or one on none."""
    if one.uuid == other.uuid or abs(one.raised_ms - other.raised_ms) > TOGETHER_MS:
        return False
    return not one.hostname or not other.hostname or one.hostname == other.hostname


def _with_it(alarm: Alarm, known: Known) -> List[Line]:
    deed = expecting(alarm, known)
    if deed is not None:
        others = [
            other
            for other in known.rows(NAME)
            if other.uuid != alarm.uuid and expecting(other, known) is deed
        ]
        came = f"with {deed.action} {deed.label} ({clock(deed.began_ms)})"
    else:
        others = _at_one_time(alarm, known)
        came = f"within {TOGETHER_MS // 60_000} minutes"
    if not others:
        return []
    first = min(others, key=lambda other: (other.raised_ms, other.uuid))
    named = f"{letter(first.severity)} {first.alarm_id} {first.where} {what(first)}"
    more = f", and {len(others) - 1} more" if len(others) > 1 else ""
    text = f"{len(others)} came {came}: {named}{more}"
    return [Line(heading="WITH IT", text=text, jump=Jump(kind=NAME, id=first.uuid))]


def _at_one_time(alarm: Alarm, known: Known) -> List[Alarm]:
    times, alarms = _by_time(known.rows(NAME))
    low = bisect_left(times, alarm.raised_ms - TOGETHER_MS)
    high = bisect_right(times, alarm.raised_ms + TOGETHER_MS)
    return [other for other in alarms[low:high] if came_together(alarm, other)]


@once
def _by_time(rows: Tuple[Any, ...]) -> Tuple[List[int], List[Any]]:
    alarms = sorted(rows, key=lambda alarm: alarm.raised_ms)
    return [alarm.raised_ms for alarm in alarms], alarms


def _flaps(alarm: Alarm, known: Known) -> Optional[int]:
    """Return how often it was set and cleared in a day before now; None where no log was read."""
    if not known.has("events"):
        return None
    return sum(
        1
        for event in known.rows("events")
        if event.state == "clear"
        and event.event_log_id == alarm.alarm_id
        and event.entity_instance_id == alarm.entity_instance_id
        and known.now_ms - event.at_ms <= _FLAPS_MS
    )


def _before(alarm: Alarm, known: Known) -> List[Line]:
    seen = known.memory.seen_before.get((alarm.alarm_id, alarm.entity_instance_id), ())
    times = sorted((ms for ms in seen if ms < alarm.raised_ms), reverse=True)
    if not times:
        return []
    last = when(times[0], known.now_ms)
    since = span(known.now_ms - times[-1])
    count = "once" if len(times) == 1 else f"{len(times)} times in {since}"
    return [Line(heading="BEFORE", text=f"seen before: {count}, last {last}")]


# --- pages of the detail -------------------------------------------------------------------------


def facts(alarm: Alarm, _known: Known) -> Lines:
    """Return every field as the service sent it."""
    return Lines(
        lines=tuple(
            Line(heading=str(name), text=one_line(str(value)))
            for name, value in alarm.body.items()
            if value is not None
        )
    )


def is_its_event(alarm: Alarm, event: Any) -> bool:
    """Whether a line of the event log is about this alarm's type and place."""
    return bool(
        event.event_log_id == alarm.alarm_id
        and event.entity_instance_id == alarm.entity_instance_id
    )
