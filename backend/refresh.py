"""One more look at one kind: ``refresh(last) → next``, pure but for one question."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import (
    Any,
    Awaitable,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    cast,
)

from pydantic import ValidationError

from backend.baseboard import Bmc
from backend.errors import Absent, Malformed, StxError
from backend.kind import Body, Derived, Kind, R, Read
from backend.known import Key, Known, Reading

Answer = Callable[[], Iterator[Body]]
Ask = Callable[[Read, str], Awaitable[Answer]]


async def refresh(
    kind: Kind[R], last: Reading[R], ask: Ask, now_ms: Callable[[], int]
) -> Reading[R]:
    """Ask once and return the next reading; a failure keeps the last rows, with the error.

    Reading an answer of 10,000 rows takes tenths of a second: it is done row by row on a thread,
    so that the event loop gets its turn.
    """
    try:
        answer = await ask(kind.read, last.parent)
        found = await asyncio.to_thread(_compare, kind, last, answer)
    except StxError as error:
        return replace(last, tried_ms=now_ms(), error=error, changed=(), gone=())
    at_ms = now_ms()
    return Reading(
        kind=kind.name,
        parent=last.parent,
        rows=found.rows,
        by_id=found.by_id,
        at_ms=at_ms,
        tried_ms=at_ms,
        changed=found.changed,
        gone=found.gone,
        malformed=found.malformed,
    )


async def derive(
    kind: Kind[R], last: Reading[R], known: Known, now_ms: Callable[[], int]
) -> Reading[R]:
    """Work out the rows of a derived kind from ``known``, and return its next reading.

    They are as old as the newest of what they are made of, so that an outage of all ages them.
    """
    needs = [known.reading(name) for name in made_of(kind)]
    if isinstance(kind.read, Derived) and kind.read.alone:
        needs = []
    spare = (known.reading(*key) for key in spare_of(kind, known))
    needs += [one for one in spare if one.was_read and one.error is None]
    errors = [need.error for need in needs if need.error is not None]
    if needs and len(errors) == len(needs):
        return replace(last, tried_ms=now_ms(), error=errors[0], changed=(), gone=())
    newest_ms = max((need.at_ms for need in needs), default=0)

    async def ask(read: Read, _parent: str) -> Answer:
        assert isinstance(read, Derived)
        rows = read.rows
        return lambda: iter(rows(known))

    reading = await refresh(kind, last, ask, now_ms)
    return replace(reading, at_ms=newest_ms) if newest_ms else reading


def unite(
    kind: Kind[R],
    last: Reading[R],
    parts: Sequence[Reading[R]],
    news: Sequence[Reading[R]],
    now_ms: int,
) -> Reading[R]:
    """Return the rows under all parents as one reading.

    ``parts`` are the last readings under each, ``news`` those that came since ``last``.
    """
    rows = {kind.id(row): row for part in parts for row in part.rows}
    return replace(
        last,
        rows=tuple(rows.values()),
        by_id=MappingProxyType(rows),
        at_ms=min((part.at_ms for part in parts if part.was_read), default=0),
        tried_ms=now_ms,
        error=_error_of(kind, parts),
        changed=tuple(row_id for part in news for row_id in part.changed),
        gone=tuple(row_id for part in news for row_id in part.gone),
        malformed=tuple(fault for part in parts for fault in part.malformed),
    )


def _error_of(kind: Kind[Any], parts: Sequence[Reading[Any]]) -> Optional[StxError]:
    """Return what is wrong with all of it: of baseboards each is a service of its own.

    One that is dead says so in its own reading, and makes the others' neither late nor wrong.
    """
    is_each_alone = isinstance(kind.read, Bmc)
    if is_each_alone and any(part.error is None and part.was_read for part in parts):
        return None
    return _first_error(parts)


def _first_error(parts: Sequence[Reading[Any]]) -> Optional[StxError]:
    """Return what is wrong under some parent; what only some have not is absent there, not wrong.

    Where no parent has it at all, that is said.
    """
    errors = [part.error for part in parts if part.error is not None]
    wrong = [error for error in errors if not isinstance(error, Absent)]
    if wrong:
        return wrong[0]
    return errors[0] if errors and len(errors) == len(parts) else None


def made_of(kind: Kind[Any]) -> Tuple[str, ...]:
    """Return the kinds that a derived kind is worked out of, () of one that is asked for."""
    read = kind.read
    if not isinstance(read, Derived):
        return ()
    return kind.needs if read.made_of is None else read.made_of


def spare_of(kind: Kind[Any], known: Known) -> Tuple[Key, ...]:
    """Return what a derived kind looks at besides, as its needs stand now."""
    read = kind.read
    return read.spare(known) if isinstance(read, Derived) and read.spare is not None else ()


@dataclass(frozen=True)
class _Found:
    """What an answer holds against the reading before."""

    rows: Tuple[Any, ...]
    by_id: MappingProxyType[str, Any]
    changed: Tuple[str, ...]
    gone: Tuple[str, ...]
    malformed: Tuple[Malformed, ...]


def _compare(kind: Kind[R], last: Reading[R], answer: Answer) -> _Found:
    """Read all rows of ``answer``, keeping the objects of those that did not change."""
    by_id: Dict[str, R] = {}
    changed: List[str] = []
    faults: List[Malformed] = []
    for index, whole in enumerate(answer()):
        body = whole
        if kind.drop:
            body = {key: value for key, value in whole.items() if key not in kind.drop}
        guess = last.rows[index] if index < len(last.rows) else None
        try:
            row, is_news = read_row(kind, last.by_id, body, guess)
        except ValidationError as error:
            faults.append(malformed(kind, index, error))
            continue
        row_id = kind.id(row)
        if row_id in by_id:
            continue
        by_id[row_id] = row
        if is_news:
            changed.append(row_id)
    gone = tuple(row_id for row_id in last.by_id if row_id not in by_id)
    if faults and gone:
        # A row that cannot be read is not a row that is gone: the old ones stay.
        by_id.update((row_id, last.by_id[row_id]) for row_id in gone)
        gone = ()
    rows = tuple(by_id.values())
    if _is_same(rows, last.rows):
        rows = last.rows
    return _Found(
        rows=rows,
        by_id=MappingProxyType(by_id),
        changed=tuple(changed),
        gone=gone,
        malformed=tuple(faults),
    )


def read_row(
    kind: Kind[R], last: Mapping[str, R], body: Body, guess: Optional[R] = None
) -> Tuple[R, bool]:
    """Return the row of ``body``, and whether it says anything new beside noise.

    Services answer in the same order, so the row at the same place is tried first: comparing two
    bodies costs a tenth of reading one.
    """
    if guess is not None and guess.body == body:
        return guess, False
    row = cast("R", kind.model.read(body))
    before = last.get(kind.id(row))
    if before is None:
        return row, True
    if before.body == body:
        return before, False
    return row, _without(before.body, kind) != _without(body, kind)


def _without(body: Body, kind: Kind[Any]) -> Body:
    return {key: value for key, value in body.items() if key not in kind.noise}


def _is_same(rows: Tuple[Any, ...], others: Tuple[Any, ...]) -> bool:
    return len(rows) == len(others) and all(a is b for a, b in zip(rows, others))


def malformed(kind: Kind[Any], index: int, error: ValidationError) -> Malformed:
    """Return what is wrong with the row at ``index`` of an answer."""
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in (index, *first["loc"]))
    return Malformed(kind.name, path, f"{first['msg']}, got {str(first['input'])[:40]!r}")
