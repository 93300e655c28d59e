"""What changed and who did what, as rows of a table: what came of it all, not every step."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from pydantic import ValidationError

from backend.called import called_then
from backend.deed import Deed, Outcome
from backend.figure import Jump, Line, Lines
from backend.kind import Column, Kind, LocalRead, Row
from backend.known import Known, Reading
from backend.store.diff import undone
from backend.store.glance import Changed
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import DAY_MS, clock, stopwatch
from backend.unlike import NONE, unlike
from stx_tui.rooms import Rooms

# Fields said in one line; the strip says all.
FIELDS = 3
# So many rows of a kind that differ alike are one.
MANY = 5
CAME, WENT = "came", "went"
WORSE, BETTER = "worse", "better"
_NO_FIELDS: Mapping[str, Sequence[str]] = MappingProxyType({})
# In the one line its beginning says which; the strip has it whole.
_UUID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Then:
    """The bodies of a row at the begin of the span and at its end, None where it was not there."""

    was: Optional[Mapping[str, Any]] = None
    now: Optional[Mapping[str, Any]] = None


class Happening(Row):
    """What came of one row, or one deed; ``fields`` are (name, before, now).

    ``course`` is ``worse`` or ``better`` where ``weighed`` found it so.
    """

    key: str
    kind: str
    row_id: str = ""
    label: str
    says: str
    at_ms: int
    fields: Tuple[Tuple[str, str, str], ...] = ()
    deed: str = ""
    # Nobody had looked for a while: it happened at some time before.
    is_found: bool = False
    is_bad: bool = False
    course: str = ""
    then: Then = Then()


def happenings(
    changes: Sequence[Changed],
    deeds: Iterable[Deed],
    since_ms: int,
    first: Mapping[str, Sequence[str]] = _NO_FIELDS,
) -> Tuple[Happening, ...]:
    """Return what came of ``changes`` (newest first) since then, and the deeds since then.

    What changed and changed back is left out; what came and went meanwhile is counted a kind.
    ``first`` are the fields of a kind that are said before others.
    """
    by_row: Dict[Tuple[str, str], List[Changed]] = defaultdict(list)
    for change in reversed(changes):
        by_row[change.kind, change.row_id].append(change)
    found: List[Happening] = []
    flaps: Dict[str, List[Changed]] = defaultdict(list)
    for (kind, _row_id), steps in by_row.items():
        if steps[0].field == "" and steps[0].old is None and _is_gone(steps):
            flaps[kind].append(steps[-1])
            continue
        happening = _of_row(steps, first.get(kind, ()))
        if happening is not None:
            found.append(happening)
    found += [_of_flaps(kind, gone) for kind, gone in flaps.items()]
    return (*found, *(_of_deed(deed) for deed in deeds if deed.began_ms >= since_ms))


def weighed(rows: Iterable[Happening], known: Known, rooms: Rooms) -> Tuple[Happening, ...]:
    """Return rows with what their kind says of them then and now: ``worse``, ``better`` or neither.

    What was then is looked at with what is known now of all around it; each is called as its kind
    calls it on a screen.
    """
    return tuple(row if row.deed else _weighed(row, known, rooms) for row in rows)


def _weighed(row: Happening, known: Known, rooms: Rooms) -> Happening:
    kind = rooms.kind(row.kind)
    if kind is None:
        return row
    label = called_then(kind, row.then.now or row.then.was, row.label, known)
    return row.model_copy(update={"course": _course(kind, row, known), "label": label})


def _course(kind: Kind[Any], row: Happening, known: Known) -> str:
    step = _ill(kind, row.then.now, known) - _ill(kind, row.then.was, known)
    return WORSE if step > 0 else BETTER if step < 0 else ""


def _ill(kind: Kind[Any], body: Optional[Mapping[str, Any]], known: Known) -> int:
    """Return how ill a row of that body looks; what is not there is not ill."""
    if body is None:
        return 0
    try:
        row = kind.model.read(dict(body))
    except ValidationError:
        return 0  # as another version of the service, or of ours, had it: nothing is said of it
    look = kind.look(row, known)
    return 2 if look.tone is Tone.BAD or look.mark is Mark.BAD else int(look.tone is Tone.WARN)


def reading_of(rows: Iterable[Happening], now_ms: int) -> Reading[Happening]:
    """Return rows as a table takes them."""
    by_id = {row.key: row for row in rows}
    return Reading(
        kind="history", rows=tuple(by_id.values()), by_id=MappingProxyType(by_id), at_ms=now_ms
    )


def history_kind(rooms: Rooms) -> Kind[Happening]:
    """Return what happened as a kind of its own: what is unwell now first, the deeds last."""
    order = {kind.name: at for at, kind in enumerate(rooms.kinds)}
    return Kind[Happening](
        name="history",
        singular="change",
        model=Happening,
        read=LocalRead(table="changes"),
        id=lambda row: row.key,
        label=lambda row: row.label,
        columns=(
            Column(heading="OF", value=lambda row: row.kind, most=16),
            Column(heading="NAME", value=lambda row: row.label, most=36),
            Column(heading="WHAT", value=lambda row: row.says, most=120),
            Column(heading="WHEN", joined=lambda row, known: moment(row.at_ms, known.now_ms)),
        ),
        look=lambda row, known: _look(row, known, rooms),
        strip=_strip,
        sort=lambda row, known: (
            bool(row.deed),
            row.course != WORSE,
            _look(row, known, rooms).mark is not Mark.BAD,
            order.get(row.kind, len(order)),
            -row.at_ms,
        ),
        jump=lambda row, _known: Jump(kind=row.kind, id=row.row_id) if row.row_id else None,
        needs=tuple(order),
    )


def verdict(rows: Sequence[Happening], known: Known, rooms: Rooms) -> Verdict:
    """Return the one sentence: how much is different, what of it is unwell now, who else acted."""
    changed = [row for row in rows if not row.deed]
    deeds = [row for row in rows if row.deed]
    unwell = sum(_look(row, known, rooms).mark is Mark.BAD for row in changed)
    others = sum(f"by {known.place.user} ({known.place.terminal})" not in row.says for row in deeds)
    acted = f"Acts: {len(deeds)}" + (f", {others} of them not from here." if others else ".")
    found = sum(row.is_found for row in changed)
    words = "was found later: nobody was looking when it" if found == 1 else ""
    words = words or "were found later: nobody was looking when they"
    more = f"{found} {words} happened." if found else ""
    if not changed:
        return Verdict(word="NOTHING CHANGED", text=acted, more=more)
    worse, better = (sum(row.course == way for row in changed) for way in (WORSE, BETTER))
    ways = (("WORSE", worse), ("BETTER", better), ("different", len(changed) - worse - better))
    word, *others_said = [f"{way} in {count}" for way, count in ways if count]
    not_well = [f"{unwell} not well now"] if unwell else []
    text = "".join(f"{said}, " for said in (*others_said, *not_well))[:-2]
    text = f"{text}. {acted}" if text else acted
    tone = Tone.BAD if worse else Tone.GOOD if better else Tone.PLAIN
    return Verdict(word=word, text=text, more=more, tone=tone)


def moment(ms: int, now_ms: int) -> str:
    """Return an instant as time of day today, with the weekday this week, else with its date."""
    at = datetime.fromtimestamp(ms / 1000, tz=timezone.utc)
    if ms // DAY_MS == now_ms // DAY_MS:
        return clock(ms)
    if now_ms - ms < 6 * DAY_MS:
        return f"{at:%a %H:%MZ}"
    return f"{at:%d %b %H:%MZ}"


def folded(rows: Sequence[Happening], known: Known, rooms: Rooms) -> Tuple[Happening, ...]:
    """Return rows with many of a kind that differ in the same fields, and are well, as one."""
    alike: Dict[Tuple[str, Tuple[str, ...]], List[Happening]] = defaultdict(list)
    for row in rows:
        is_plain = row.fields and not row.deed and row.says not in (CAME, WENT)
        if is_plain and _look(row, known, rooms).mark is not Mark.BAD:
            names = {name.partition(".")[0] for name, _old, _new in row.fields}
            alike[row.kind, tuple(sorted(names))].append(row)
    gone = {row.key for many in alike.values() if len(many) >= MANY for row in many}
    kept = [row for row in rows if row.key not in gone]
    return (*kept, *(_fold(*of, many) for of, many in alike.items() if len(many) >= MANY))


def _fold(kind: str, names: Sequence[str], rows: Sequence[Happening]) -> Happening:
    return Happening(
        key=f"{kind}/{' '.join(names)}",
        kind=kind,
        label=f"{len(rows)} of them",
        says=f"{', '.join(names)} differ",
        at_ms=max(row.at_ms for row in rows),
        fields=tuple((row.label, "", row.says) for row in rows),
        is_found=any(row.is_found for row in rows),
    )


# --- one row -----------------------------------------------------------------------------------


def _is_gone(steps: Sequence[Changed]) -> bool:
    last = [step for step in steps if step.field == ""][-1]
    return last.new is None


def _of_row(steps: Sequence[Changed], before: Sequence[str]) -> Optional[Happening]:
    first: Dict[str, Changed] = {}
    last: Dict[str, Changed] = {}
    for step in steps:
        first.setdefault(step.field, step)
        last[step.field] = step
    there = (first.get(""), last.get(""))
    net = tuple(
        found
        for name in sorted(first, key=lambda name: name not in before)
        if name and first[name].old != last[name].new
        for found in unlike(name, first[name].old, last[name].new)
    )
    if there[0] is not None and there[1] is not None and there[1].new is None:
        says = WENT
    elif there[0] is not None and there[0].old is None:
        says = CAME
    elif net:
        said = [_said(*field) for field in net[:FIELDS]]
        more = [f"and {len(net) - FIELDS} more"] if len(net) > FIELDS else []
        says = ", ".join(said + more)
    else:
        return None
    end = steps[-1]
    then = _then(steps, is_new=says == CAME, is_gone=says == WENT)
    return Happening(
        key=f"{end.kind}/{end.row_id}",
        kind=end.kind,
        row_id="" if says == WENT else end.row_id,
        label=end.label,
        says=says,
        at_ms=end.at_ms,
        fields=net,
        is_found=end.source == "found",
        then=then,
    )


def _then(steps: Sequence[Changed], *, is_new: bool, is_gone: bool) -> Then:
    """Return what the row was before ``steps``, the oldest first, and what it is after them."""
    if not steps[-1].body:
        return Then()
    body = json.loads(steps[-1].body)
    undo = [(step.field, step.old, step.new) for step in reversed(steps) if step.field]
    return Then(was=None if is_new else undone(body, undo), now=None if is_gone else body)


def _of_flaps(kind: str, gone: Sequence[Changed]) -> Happening:
    names = sorted({change.label for change in gone})
    return Happening(
        key=f"{kind}/flaps",
        kind=kind,
        label=f"{len(gone)} other{'s' if len(gone) > 1 else ''}",
        says=f"came and went meanwhile: {', '.join(names)}",
        at_ms=max(change.at_ms for change in gone),
    )


def _of_deed(deed: Deed) -> Happening:
    took = f" after {stopwatch(deed.took_ms)}" if deed.took_ms is not None else ""
    return Happening(
        key=f"deed {deed.number}",
        kind=deed.kind,
        row_id=deed.row_id,
        label=f"{deed.action} {deed.label}".strip(),
        says=f"{deed.outcome.value}{took}, by {deed.who} ({deed.terminal})",
        at_ms=deed.began_ms,
        fields=tuple(
            (name, "", text)
            for name, text in (
                ("why", deed.why),
                ("sent", "; ".join(deed.sends)),
                ("answer", deed.answer),
            )
            if text
        ),
        deed=deed.number,
        is_bad=deed.outcome in (Outcome.FAILED, Outcome.REFUSED, Outcome.UNKNOWN),
    )


def _said(name: str, old: str, new: str) -> str:
    old, new = (_UUID.sub(r"\1..", text) for text in (old, new))
    if old == NONE:
        return f"{name} {new}"
    return f"{name} {old} -> {'none' if new == NONE else new}"


def _look(row: Happening, known: Known, rooms: Rooms) -> Look:
    if row.deed:
        return Look(tone=Tone.BAD, mark=Mark.BAD) if row.is_bad else WELL
    kind = rooms.kind(row.kind)
    now = known.row(row.kind, row.row_id) if row.row_id else None
    if kind is None or now is None:
        return Look(mark=Mark.GONE if row.says == WENT else Mark.NONE)
    look = kind.look(now, known)
    if look.tone is Tone.BAD or look.mark is Mark.BAD:
        return Look(tone=look.tone, mark=Mark.BAD)
    return Look(mark=Mark.NEW if row.says == CAME else Mark.NONE)


def _strip(row: Happening, known: Known) -> Lines:
    when = moment(row.at_ms, known.now_ms)
    if row.is_found:
        when += ", or before: it was found then"
    first = f"{row.label}   {when}" + (f"   {row.course.upper()}" if row.course else "")
    lines = [Line(text=f"deed {row.deed}   {first}   {row.says}" if row.deed else first)]
    for name, old, new in row.fields:
        lines.append(Line(text=f"{name}: {old} -> {new}" if old else f"{name}: {new}"))
    if not row.fields:
        lines.append(Line(text=row.says))
    return Lines(lines=tuple(lines))
