"""What would happen: an action on rows, seen from what is known, before anything is sent."""

from __future__ import annotations

import shlex
import statistics
from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Sequence, Tuple, Type, Union

from backend.called import called
from backend.errors import Refused
from backend.forms import Given, field_named, given, is_secret
from backend.kind import (
    Action,
    Answer,
    Asker,
    Consequence,
    Expected,
    Form,
    Kind,
    LocalWrite,
    Plan,
    Reason,
    Risk,
    Row,
    Write,
)
from backend.known import Known
from backend.plan import Session
from backend.units import span

ALONE = "nothing else under way on it"
# What must be typed is typed by a hand, on any keyboard: no name is asked for that is longer.
MOST_TYPED = 200
# How long after its last sign an open deed bars others: then what it waits for may need them.
BARS_MS = 900_000


@dataclass(frozen=True)
class Preview:
    """Everything there is to know before an action is sent, for one row or several.

    ``target`` is the kind of its rows: the parent's for what is done under one. ``given`` is what
    was asked and answered, beside what is so now. ``wants`` is what must be typed to confirm:
    nothing, ``yes``, the row's label (its id, where nobody could type that), or for several rows
    their number and kind. ``usual_ms`` are the last durations here, newest first.
    """

    kind: Kind[Any]
    target: Kind[Any]
    action: Action[Any]
    rows: Tuple[Row, ...]
    form: Form
    given: Tuple[Given, ...]
    known: Known
    plans: Tuple[Plan, ...]
    risk: Risk
    reasons: Tuple[Reason, ...]
    consequences: Tuple[Consequence, ...]
    usual_ms: Tuple[int, ...]
    wants: str
    title: str
    expects: Tuple[Expected, ...] = ()
    ends_session: bool = False
    # The last durations of the action that undoes it (``Action.undone_by``).
    undoing_ms: Tuple[int, ...] = ()

    @property
    def blocked(self) -> Tuple[Reason, ...]:
        """The reasons that forbid it."""
        return tuple(reason for reason in self.reasons if reason.blocks)

    @property
    def refusal(self) -> str:
        """What forbids it, in words; "" where nothing does."""
        return "; ".join(reason.words or reason.check for reason in self.blocked)

    @property
    def writes(self) -> Tuple[Write, ...]:
        """All that would be sent, in order."""
        return tuple(step.write for plan in self.plans for step in plan.steps)

    @property
    def opens(self) -> Optional[Session]:
        """The session it opens, where it opens one: for one row alone."""
        return self.plans[0].opens if len(self.plans) == 1 else None

    @property
    def says(self) -> Tuple[object, ...]:
        """What somebody who confirms has read: if it differs, they confirmed something else."""
        return (self.title, self.wants, self.requests, self.commands, self.given)

    @property
    def requests(self) -> Tuple[str, ...]:
        """The requests, without secrets."""
        return tuple(one.request for plan in self.plans for one in said(plan))

    @property
    def commands(self) -> Tuple[str, ...]:
        """The same as an operator would type it."""
        return commands_of(*self.plans)


def preview(
    known: Known,
    kind: Kind[Any],
    action: Action[Any],
    row_ids: Sequence[str],
    form: Form,
    target: Optional[Kind[Any]] = None,
) -> Preview:
    """Return what would happen, pure; ``target`` is the kind of the rows, where it is not its own.

    Raises ``Refused`` where a row is not there any more.
    """
    target = target or kind
    rows = tuple(_row(known, target, row_id) for row_id in row_ids)
    targets: Tuple[Optional[Row], ...] = rows or (None,)
    plans = tuple(action.plan(row, form, known) for row in targets)
    risk = max(action.risk(row, form, known) for row in targets)
    # What only we remember harms nobody, however many rows it is said of.
    is_ours = all(isinstance(one, LocalWrite) for plan in plans for one in said(plan))
    if (len(rows) > 1 or known.trouble) and not is_ours:
        risk = risk.raised()
    reasons = _gate(known, target, rows, action.beside) + _each(
        action.reasons, targets, form, known
    )
    if len(rows) > 1 and action.together is not None:
        reasons += action.together(rows, known)
    if len(rows) > 1 and any(plan.opens is not None for plan in plans):
        reasons += (_no("one at a time", "a session is opened with one alone"),)
    return Preview(
        kind=kind,
        target=target,
        action=action,
        rows=rows,
        form=form,
        given=given(form, rows[0] if len(rows) == 1 and target is kind else None),
        known=known,
        plans=plans,
        risk=risk,
        reasons=reasons,
        consequences=_each(action.consequences, targets, form, known),
        usual_ms=_usual(known, kind, action.name, target, rows),
        undoing_ms=_usual(known, kind, action.undone_by, target, rows),
        wants=_wants(target, rows, risk),
        title=_title(kind, action, target, rows, known),
        expects=tuple(
            alarm
            for row in targets
            for alarm in (action.expects(row, known) if action.expects else ())
        ),
        ends_session=bool(
            action.ends_session and any(action.ends_session(row, known) for row in targets)
        ),
    )


# --- how a write says itself -------------------------------------------------------------------


def said(plan: Plan) -> Tuple[Union[Write, Session], ...]:
    """Return all that a plan sends and opens, in order: each says itself."""
    opens = (plan.opens,) if plan.opens is not None else ()
    return (*(step.write for step in plan.steps), *opens)


def commands_of(*plans: Plan) -> Tuple[str, ...]:
    """Return what an operator would type for all of them; what one command does stands once."""
    commands = (command_line(one) for plan in plans for one in said(plan) if one.command)
    return tuple(dict.fromkeys(commands))


def command_line(one: Union[Write, Session]) -> str:
    """Return the command an operator would type for it."""
    return shlex.join(one.command)


# --- the gate ----------------------------------------------------------------------------------


def _gate(
    known: Known, kind: Kind[Any], rows: Tuple[Row, ...], beside: Tuple[str, ...]
) -> Tuple[Reason, ...]:
    """What forbids any action here: read-only, the role, an act under way, never two at once."""
    reasons: List[Reason] = []
    if known.read_only:
        reasons.append(_no("not read-only", "this console is in read-only mode for this cloud"))
    if known.trouble:
        words = f"this act will not be in the history: {known.trouble}"
        reasons.append(
            Reason(check="the record", answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)
        )
    if known.roles and known.roles <= {"reader"}:
        reasons.append(_no("the role may act", "the role reader may look and not act"))
    for row in rows:
        for deed in known.running(kind.name, kind.id(row)):
            if deed.action in beside:
                continue
            words = f"{deed.action} of {deed.label} is under way (deed {deed.number})"
            if known.now_ms - deed.seen_ms < BARS_MS:
                reasons.append(_no(ALONE, words))
            else:
                words = (
                    f"{words}, and nothing of it was seen for {span(known.now_ms - deed.seen_ms)}"
                )
                reasons.append(
                    Reason(check=ALONE, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)
                )
    readings = [known.find(kind.name, kind.id(row))[1] for row in rows]
    errors = [one.error for one in readings or [known.reading(kind.name)] if one.error is not None]
    if errors:
        words = f"no answer, so nothing can be sent: {errors[0].words}"
        reasons.append(_no("the service answers", words))
    return tuple(reasons)


def _no(check: str, words: str) -> Reason:
    return Reason(check=check, answer=Answer.NO, words=words, asker=Asker.OURS)


def _row(known: Known, kind: Kind[Any], row_id: str) -> Row:
    row: Optional[Row] = known.find(kind.name, row_id)[0]
    if row is None:
        raise Refused(f"{kind.singular} {row_id} is not there any more")
    return row


def _each(
    ask: Callable[[Any, Any, Known], Tuple[Any, ...]],
    targets: Tuple[Optional[Row], ...],
    form: Form,
    known: Known,
) -> Tuple[Any, ...]:
    """Ask for every row; the same answer for several is said once."""
    return tuple(dict.fromkeys(said for row in targets for said in ask(row, form, known)))


def _wants(kind: Kind[Any], rows: Tuple[Row, ...], risk: Risk) -> str:
    if risk is Risk.HARMLESS:
        return ""
    if risk is Risk.DISRUPTIVE or not rows:
        return "yes"
    return _typed_name(kind, rows[0]) if len(rows) == 1 else f"{len(rows)} {kind.name}"


def _typed_name(kind: Kind[Any], row: Row) -> str:
    """Return what tells a row and can be typed: its name, else its id; never nothing."""
    for word in map(str, (kind.name_of(row), kind.id(row))):
        can_be_typed = word.isascii() and word.isprintable() and word == word.strip()
        if can_be_typed and 0 < len(word) <= MOST_TYPED:
            return word
    return f"1 {kind.singular}"


def _title(
    kind: Kind[Any], action: Action[Any], target: Kind[Any], rows: Tuple[Row, ...], known: Known
) -> str:
    names = [target.name_of(row) for row in rows]
    if action.title is not None and len(rows) == 1:
        names = [action.title(rows[0], known)]
    what = names[0] if len(names) == 1 else f"{len(names)} {target.name}" if names else ""
    if target is not kind:
        what = f"{kind.singular} on {what}"
    return f"{action.words.upper()} {what or kind.singular}"


def _usual(
    known: Known, kind: Kind[Any], action: str, target: Kind[Any], rows: Tuple[Row, ...]
) -> Tuple[int, ...]:
    return known.usual_ms(kind.name, action, called(target, rows[0], known) if rows else "")


def secret_fields(form: Type[Form]) -> Tuple[str, ...]:
    """Return the fields of a form that are never shown or recorded."""
    return tuple(name for name, field in form.model_fields.items() if is_secret(field))


def refused_field(preview: Preview, answer: str) -> str:
    """Return the field of its form that the service's refusal names, "" where it names none."""
    return field_named(type(preview.form), answer)


def middle(values: Sequence[int]) -> Optional[int]:
    """Return the median of former times, None where there are none."""
    return round(statistics.median(values)) if values else None
