"""Through which states the rows of a kind went, as the record saw it: of kinds with few rows."""

from __future__ import annotations

import json
from typing import Dict, Iterator, List, Optional, Tuple

from sqlmodel import Session, col, select

from backend.known import Passage
from backend.store.tables import Change, Item, Source

# Changes looked at, the last ones: dozens of deploys.
MOST = 1000


def passages(session: Session, cloud: int, kind: int, field: int, path: str) -> Tuple[Passage, ...]:
    """Return the passages of all rows of a kind, oldest first.

    ``kind`` and ``field`` are the numbers of the record (that of the field is -1 where it never
    changed), ``path`` is the field's name in a body. In which state a row came is told by the
    change after it, or by the row as it is.
    """
    of_kind = (Item.cloud == cloud, Item.kind == kind)
    items = {item.id: item for item in session.exec(select(Item).where(*of_kind))}
    asked = (
        select(Change)
        .where(col(Change.item).in_(items), col(Change.field).in_((0, field)))
        .order_by(col(Change.id).desc())
        .limit(MOST)
    )
    by_item: Dict[int, List[Change]] = {}
    for change in reversed(session.exec(asked).all()):
        by_item.setdefault(change.item, []).append(change)
    found = [
        passage
        for number, item in items.items()
        for passage in _of_item(item, by_item.get(number or 0, []), path)
    ]
    return tuple(sorted(found, key=lambda one: one.ms))


def _of_item(item: Item, changes: List[Change], path: str) -> Iterator[Passage]:
    """Yield the passages of one row; the very first of a kind came before anybody saw it come."""
    if not any(not change.field and change.old is None for change in changes):
        first = changes[0].at_ms if changes else item.seen_ms
        state = _next(changes, item, path)
        yield Passage(item.row_id, state, min(item.seen_ms, first), at_least=True)
    for at, change in enumerate(changes):
        is_found = change.source == Source.FOUND
        if change.field:
            yield Passage(item.row_id, _text(change.new), change.at_ms, at_least=is_found)
        elif change.new is None:
            yield Passage(item.row_id, "", change.at_ms, at_least=is_found)
        elif not _is_told_next(changes, at):
            state = _next(changes[at + 1 :], item, path)
            yield Passage(item.row_id, state, change.at_ms, at_least=is_found)


def _is_told_next(changes: List[Change], at: int) -> bool:
    """Whether a row that came back came in another state than it went: the next change says it."""
    following = changes[at + 1 : at + 2]
    return any(one.field and one.at_ms == changes[at].at_ms for one in following)


def _next(changes: List[Change], item: Item, path: str) -> str:
    """Return the state before ``changes``: what the first of them that is of it says it was."""
    first = next((change for change in changes if change.field), None)
    if first is not None:
        return _text(first.old)
    return str(json.loads(item.body).get(path) or "")


def _text(value: Optional[str]) -> str:
    return "" if value is None else str(json.loads(value) or "")
