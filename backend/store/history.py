"""What was: changes and events, as the record's reader asks for them."""

from __future__ import annotations

import json
from typing import Any, Mapping, Tuple

from sqlmodel import Session, col, select

from backend.store.glance import SOURCES, Changed
from backend.store.tables import Change, Event, Item, Name


def changes(
    session: Session, cloud: int, *, kind: str, row_id: str, since_ms: int, limit: int
) -> Tuple[Changed, ...]:
    """Return the last changes (of one kind, of one row), newest first."""
    words = {row.id: row.text for row in session.exec(select(Name))}
    asked = (
        select(Change, Item)
        .join(Item, col(Item.id) == Change.item)
        .where(Item.cloud == cloud, Change.at_ms >= since_ms)
    )
    if kind:
        asked = asked.where(Item.kind == number_of(session, kind))
    if row_id:
        asked = asked.where(Item.row_id == row_id)
    return tuple(
        Changed(
            kind=words[item.kind],
            row_id=item.row_id,
            label=item.label,
            field=words.get(change.field, ""),
            old=change.old,
            new=change.new,
            at_ms=change.at_ms,
            source=SOURCES[change.source],
            body=item.body,
        )
        for change, item in session.exec(asked.order_by(col(Change.id).desc()).limit(limit))
    )


def events(
    session: Session, cloud: int, *, since_ms: int, limit: int
) -> Tuple[Mapping[str, Any], ...]:
    """Return the bodies of the last events, newest first."""
    asked = select(Event.body).where(Event.cloud == cloud, Event.at_ms >= since_ms)
    newest = asked.order_by(col(Event.at_ms).desc(), col(Event.id).desc()).limit(limit)
    return tuple(json.loads(body) for body in session.exec(newest))


def number_of(session: Session, word: str) -> int:
    """Return the number of a word, -1 where it was never written."""
    return session.exec(select(Name.id).where(Name.text == word)).first() or -1
