"""Twin difference: two rows of a sort against each other, field by field, over all their children.

What is each one's own (names, addresses, serial numbers) and what always changes is left out, so
that what stays is what somebody would have to explain. Pure, on what is known.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Tuple

from backend.figure import Jump, Line, Lines
from backend.kind import Kind, Row
from backend.kinds.host_fresh import why_stale
from backend.known import Key, Known, Reading
from backend.tone import Tone, Verdict

# Fields that name a row or another one, or say when it was written, whatever kind it is.
_OWN = re.compile(r"(?:^|_)(?:u?uuid|id|at)$|^(?:links|forihostid|hostname|host_id)$")
_MOST = 120


@dataclass(frozen=True)
class Difference:
    """One thing that is not alike: ``field`` "" where a whole row is only on one side.

    ``one`` and ``other`` are what each side says, None where it has no such thing.
    """

    kind: str
    name: str
    field: str
    one: Optional[str]
    other: Optional[str]
    jump: Optional[Jump] = None


@dataclass(frozen=True)
class Compared:
    """What came of comparing: ``things`` rows were compared, ``untold`` kinds could not be.

    Those of ``old`` kinds are compared as they were when they were read last.
    """

    differences: Tuple[Difference, ...]
    things: int
    untold: Tuple[str, ...] = ()
    old: Tuple[str, ...] = ()


def twins_of(kind: Kind[Any], row: Row, known: Known) -> Tuple[Row, ...]:
    """Return the rows that ``row`` is to be like, the likeliest first; () where kind has none."""
    return tuple(kind.twins(row, known)) if kind.twins is not None else ()


def children_of(kind: Kind[Any], kinds: Iterable[Kind[Any]]) -> Tuple[Kind[Any], ...]:
    """Return the kinds whose rows belong to one of ``kind``."""
    return tuple(one for one in kinds if one.parent == kind.name)


def keys_of(kind: Kind[Any], kinds: Iterable[Kind[Any]], *row_ids: str) -> Tuple[Key, ...]:
    """Return the readings that the comparison rests on."""
    below = ((one.name, row_id) for one in children_of(kind, kinds) for row_id in row_ids)
    return ((kind.name, ""), *below)


def compare(
    known: Known, kind: Kind[Any], one: Row, other: Row, kinds: Iterable[Kind[Any]]
) -> Compared:
    """Return all in which two rows and their children differ."""
    found = list(_fields(kind, kind.name_of(one), one, other))
    things, untold = 1, []
    old = [why_stale(kind.name, known.reading(kind.name), known)]
    for child in children_of(kind, kinds):
        sides = [_under(known, child, kind.id(row)) for row in (one, other)]
        readings = [reading for _, reading in sides]
        why = "; ".join(dict.fromkeys(filter(None, (_stale(one, known) for one in readings))))
        if not all(reading.was_read for reading in readings):
            untold.append(f"{child.name}: {why}")
            continue
        old.append(f"{child.name}: {why}" if why else "")
        ours, theirs = (_paired(child, rows) for rows, _ in sides)
        things += len(ours.keys() | theirs.keys())
        found += _children(child, ours, theirs)
    return Compared(
        differences=tuple(found),
        things=things,
        untold=tuple(untold),
        old=tuple(filter(None, old)),
    )


def _under(known: Known, child: Kind[Any], row_id: str) -> Tuple[Sequence[Row], Reading[Any]]:
    """Return the rows under one parent, and the reading that has them."""
    own, whole = known.reading(child.name, row_id), known.reading(child.name)
    if own.was_read or not whole.was_read:
        return own.rows, own
    return [row for row in whole.rows if row.parent_id(known) == row_id], whole


def _stale(reading: Reading[Any], known: Known) -> str:
    return why_stale("one side" if reading.parent else "both", reading, known)


def _paired(kind: Kind[Any], rows: Sequence[Row]) -> Dict[str, Row]:
    """Return rows by what they are on any host; several of one name are numbered."""
    found: Dict[str, Row] = {}
    for row in rows:
        name = kind.like(row) if kind.like is not None else kind.name_of(row)
        key, at = name, 2
        while key in found:
            key, at = f"{name} #{at}", at + 1
        found[key] = row
    return found


def _children(
    kind: Kind[Any], ours: Mapping[str, Row], theirs: Mapping[str, Row]
) -> Iterable[Difference]:
    for name in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(name), theirs.get(name)
        if one is not None and other is not None:
            yield from _fields(kind, name, one, other)
            continue
        there = one if one is not None else other
        assert there is not None
        said = _summary(kind, there)
        yield Difference(
            kind=kind.name,
            name=name,
            field="",
            one=said if one is not None else None,
            other=said if other is not None else None,
            jump=Jump(kind=kind.name, id=kind.id(there)),
        )


def _summary(kind: Kind[Any], row: Row) -> str:
    """Return what the first columns of a row say, its own name left out."""
    cells = (column.value(row) for column in kind.columns if column.value is not None)
    said = [str(cell) for cell in cells if cell not in (None, "", kind.name_of(row))]
    return " ".join(said[:3]) or "there"


def _fields(kind: Kind[Any], name: str, one: Row, other: Row) -> Iterable[Difference]:
    ours, theirs = one.body, other.body
    if ours == theirs:
        return
    left_out = kind.own | kind.noise | kind.secret | kind.drop
    for field in dict.fromkeys((*ours, *theirs)):
        values = ours.get(field), theirs.get(field)
        if values[0] == values[1] or field in left_out or _OWN.search(field):
            continue
        for inner, *sides in _inner(field, *values, left_out):
            yield Difference(
                kind=kind.name,
                name=name,
                field=inner,
                one=_text(sides[0]),
                other=_text(sides[1]),
                jump=Jump(kind=kind.name, id=kind.id(one)),
            )


def _inner(
    field: str, one: Any, other: Any, left_out: FrozenSet[str]
) -> Iterable[Tuple[str, Any, Any]]:
    """Yield a field that differs; of nested objects each of their own fields that does."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        yield field, one, other
        return
    for name in dict.fromkeys((*one, *other)):
        inner = f"{field}.{name}"
        if one.get(name) != other.get(name) and inner not in left_out and not _OWN.search(name):
            yield inner, one.get(name), other.get(name)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "-"
    said = json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)
    return said if len(said) <= _MOST else f"{said[:_MOST]}..."


# --- in words ----------------------------------------------------------------------------------


def verdict(one: str, other: str, found: Compared) -> Verdict:
    """Return in a sentence how alike two rows are."""
    count = len(found.differences)
    parts = (("not compared", found.untold), ("as it was", found.old))
    more = ". ".join(f"{words}: {'; '.join(kinds)}" for words, kinds in parts if kinds)
    if count == 0:
        word, tone = ("ALIKE", Tone.GOOD) if not more else ("ALIKE SO FAR", Tone.PLAIN)
        text = f"{one} and {other}, in {found.things} things compared."
        return Verdict(word=word, text=text, more=more, tone=tone)
    places = len({(each.kind, each.name) for each in found.differences})
    fields, things = _counted(count, "field"), _counted(places, "thing")
    text = f"{one} from {other} in {fields} of {things}; {found.things} compared."
    return Verdict(word="DIFFERS", text=text, more=more, tone=Tone.WARN)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def figure(one: str, other: str, found: Compared) -> Lines:
    """Return the differences kind by kind, what each side says beside it."""
    lines: List[Line] = []
    last = ("", "")
    for each in found.differences:
        if each.kind != last[0]:
            lines += [Line(rule=True)] * bool(lines) + [Line(heading=each.kind.upper())]
        if each.field == "":
            side = one if each.one is not None else other
            text = f"only on {side}: {each.one or each.other}"
            lines.append(Line(heading=f"  {each.name}", text=text, tone=Tone.WARN, jump=each.jump))
        else:
            heading = f"  {each.name}" if (each.kind, each.name) != last else "  "
            text = f"{each.field}: {each.one} | {each.other}"
            lines.append(Line(heading=heading, text=text, jump=each.jump))
        last = (each.kind, each.name)
    return Lines(lines=tuple(lines))
