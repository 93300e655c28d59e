"""What can be done to an alarm: marks of our own, a delete, and hiding its whole type."""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import (
    Action,
    Answer,
    Asker,
    Consequence,
    Form,
    LocalWrite,
    Nothing,
    Plan,
    Reason,
    RestWrite,
    Risk,
    Step,
)
from backend.kinds.alarms import NAME, SUPPRESSED, Alarm
from backend.kinds.once import once
from backend.known import Known
from backend.tone import Tone

TYPES = "suppressions"


class AssignForm(Form):
    """Whose alarm it is from now on."""

    to: str = Field(min_length=1, max_length=64, description="who looks after it")


class NoteForm(Form):
    """What is known of it."""

    note: str = Field(min_length=1, max_length=500, description="what the next person should know")


def _harmless(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.HARMLESS


def _disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _called(alarm: Alarm) -> str:
    return f"alarm {alarm.alarm_id} of {alarm.where}"


# --- marks: FM has none, they live in our record -----------------------------------------------


def _mark(
    alarm: Alarm, verb: str, sentence: str, values: Mapping[str, Optional[str]], *words: str
) -> Plan:
    command = ("stx-tui", "do", "alarm", verb, alarm.uuid, *words)
    return Plan.of(
        LocalWrite(kind=NAME, id=alarm.uuid, values=values, command=command, sentence=sentence)
    )


def _acknowledge(alarm: Alarm, _form: Nothing, known: Known) -> Plan:
    values = {"seen_by": known.place.user, "seen_ms": str(known.now_ms)}
    sentence = f"note in our record that {known.place.user} has seen {_called(alarm)}"
    return _mark(alarm, "acknowledge", sentence, values)


def _unmark(alarm: Alarm, _form: Nothing, _known: Known) -> Plan:
    names = ("seen_by", "seen_ms", "assigned_to", "note", "note_by", "note_ms")
    sentence = f"take seen, owner and note of {_called(alarm)} out of our record"
    return _mark(alarm, "unmark", sentence, dict.fromkeys(names))


def _assign(alarm: Alarm, form: AssignForm, _known: Known) -> Plan:
    sentence = f"note in our record that {form.to} looks after {_called(alarm)}"
    return _mark(alarm, "assign", sentence, {"assigned_to": form.to}, "--to", form.to)


def _annotate(alarm: Alarm, form: NoteForm, known: Known) -> Plan:
    values = {"note": form.note, "note_by": known.place.user, "note_ms": str(known.now_ms)}
    sentence = f"put a note to {_called(alarm)} into our record"
    return _mark(alarm, "annotate", sentence, values, "--note", form.note)


def _has_no_mark(alarm: Alarm, known: Known) -> bool:
    mark = known.mark(NAME, alarm.uuid)
    return not (mark.seen_by or mark.assigned_to or mark.note)


def _is_seen(alarm: Alarm, known: Known) -> bool:
    return bool(known.mark(NAME, alarm.uuid).seen_by)


# --- delete ------------------------------------------------------------------------------------


def _delete(alarm: Alarm, _form: Nothing, _known: Known) -> Plan:
    write = RestWrite(
        service="fm",
        method="DELETE",
        path=f"/alarms/{alarm.uuid}",
        command=("fm", "alarm-delete", alarm.uuid),
        sentence=f"write into FM's log that {_called(alarm)} is cleared, and drop it from the list",
    )

    def is_gone(known: Known) -> bool:
        return known.row(NAME, alarm.uuid) is None

    return Plan(steps=(Step(write=write, took=is_gone),))


def _fault_may_remain(_alarm: Alarm, _form: Nothing, _known: Known) -> Tuple[Reason, ...]:
    return (
        Reason(
            check="fault is gone",
            answer=Answer.CANT_TELL,
            words="only the service that raised it knows",
            asker=Asker.SERVER,
        ),
    )


def _after_delete(alarm: Alarm, _form: Nothing, _known: Known) -> Tuple[Consequence, ...]:
    said = [
        Consequence(
            words="the event log says *clear* for everybody, though the fault may remain",
            tone=Tone.BAD,
        ),
        Consequence(
            words="while the fault lasts it may not be raised again: nobody is told any more",
            tone=Tone.BAD,
        ),
    ]
    if alarm.blocks_management:
        said.append(
            Consequence(
                words="strategies and upgrades no longer stop at it: they start on a sick system",
                tone=Tone.WARN,
            )
        )
    return tuple(said)


# --- suppress: by type and for the whole system --------------------------------------------------


def type_of(alarm_id: str, known: Known) -> Optional[Any]:
    """Return FM's row of that alarm type, None where it was not read or has none."""
    return next((row for row in known.rows(TYPES) if row.alarm_id == alarm_id), None)


def active_of(alarm_id: str, known: Known) -> int:
    """Return how many active alarms are of that type."""
    return _counts(known.rows(NAME)).get(alarm_id, 0)


@once
def _counts(rows: Tuple[Any, ...]) -> Mapping[str, int]:
    return Counter(alarm.alarm_id for alarm in rows)


def _switch(row: Any, known: Known, status: str, verb: str, sentence: str) -> Plan:
    found = row if not isinstance(row, Alarm) else type_of(row.alarm_id, known)
    if found is None:
        return Plan(steps=())
    alarm_id, uuid = found.alarm_id, found.uuid
    write = RestWrite(
        service="fm",
        method="PATCH",
        path=f"/event_suppression/{uuid}",
        body=[{"op": "replace", "path": "/suppression_status", "value": status}],
        command=("fm", verb, "--alarm_id", alarm_id),
        sentence=sentence.format(alarm_id=alarm_id),
    )

    # Looked for where it was asked: only the kind that one acts on is read again.
    place = (NAME, row.uuid) if isinstance(row, Alarm) else (TYPES, uuid)

    def took(known: Known) -> bool:
        now = known.row(*place)
        if now is None:
            return isinstance(row, Alarm)
        return bool(now.suppression_status == status)

    return Plan(steps=(Step(write=write, took=took),))


def _suppress(row: Any, _form: Nothing, known: Known) -> Plan:
    sentence = "hide every alarm {alarm_id}, now and later, from everybody"
    return _switch(row, known, SUPPRESSED, "event-suppress", sentence)


def _unsuppress(row: Any, _form: Nothing, known: Known) -> Plan:
    sentence = "show alarms {alarm_id} to everybody again"
    return _switch(row, known, "unsuppressed", "event-unsuppress", sentence)


def _has_type(row: Any, _form: Nothing, known: Known) -> Tuple[Reason, ...]:
    """Refuse where FM's list of types was not read, or has no such type."""
    if not isinstance(row, Alarm):
        return ()
    check = "FM knows the type"
    if type_of(row.alarm_id, known) is not None:
        return (Reason(check=check, answer=Answer.PASSES, asker=Asker.OURS),)
    has = known.has(TYPES)
    words = f"FM has no type {row.alarm_id}" if has else "the list of types is not read yet"
    return (Reason(check=check, answer=Answer.NO, words=words, asker=Asker.OURS),)


def _after_suppress(row: Any, _form: Nothing, known: Known) -> Tuple[Consequence, ...]:
    count = active_of(row.alarm_id, known)
    if known.has(NAME):
        hides = f"hides {count} active alarm{'' if count == 1 else 's'} of type {row.alarm_id}"
    else:
        hides = f"hides all active alarms of type {row.alarm_id} (alarms not read: can't count)"
    return (
        Consequence(words=f"{hides}, on every host", tone=Tone.BAD if count else Tone.PLAIN),
        Consequence(
            words="system-wide: no console, command line or notification shows the type any more",
            tone=Tone.WARN,
        ),
        Consequence(words="they are still raised, and still refuse strategies and upgrades"),
    )


def _after_unsuppress(row: Any, _form: Nothing, known: Known) -> Tuple[Consequence, ...]:
    count = active_of(row.alarm_id, known)
    return (Consequence(words=f"{count} active of type {row.alarm_id} come back into every list"),)


def _suppressed(row: Any, _known: Known) -> bool:
    return bool(row.suppression_status == SUPPRESSED)


def _unsuppressed(row: Any, known: Known) -> bool:
    return not _suppressed(row, known)


SUPPRESSING: Tuple[Action[Any], ...] = (
    Action(
        name="suppress",
        key="S",
        words="suppress the type",
        plan=_suppress,
        risk=_disruptive,
        reasons=_has_type,
        consequences=_after_suppress,
        hidden=_suppressed,
        needs=(TYPES, NAME),
        aliases=("event-suppress",),
    ),
    Action(
        name="unsuppress",
        key="U",
        words="show the type again",
        plan=_unsuppress,
        risk=_disruptive,
        reasons=_has_type,
        consequences=_after_unsuppress,
        hidden=_unsuppressed,
        needs=(TYPES, NAME),
        aliases=("event-unsuppress",),
    ),
)

ALARM_ACTIONS: Tuple[Action[Alarm], ...] = (
    Action(
        name="acknowledge",
        key="m",
        words="mark seen",
        plan=_acknowledge,
        risk=_harmless,
        hidden=_is_seen,
        aliases=("ack",),
    ),
    Action(name="assign", key="t", words="assign", plan=_assign, risk=_harmless, form=AssignForm),
    Action(
        name="annotate",
        key="N",
        words="note",
        plan=_annotate,
        risk=_harmless,
        form=NoteForm,
        aliases=("note",),
    ),
    Action(
        name="unmark",
        key="u",
        words="unmark",
        plan=_unmark,
        risk=_harmless,
        hidden=_has_no_mark,
    ),
    Action(
        name="delete",
        key="X",
        words="delete (not mend)",
        plan=_delete,
        risk=_disruptive,
        reasons=_fault_may_remain,
        consequences=_after_delete,
        aliases=("alarm-delete",),
    ),
    *SUPPRESSING,
)
