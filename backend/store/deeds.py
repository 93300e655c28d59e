"""Deeds as they are written and read: the value of ``backend.deed`` and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Dict, Tuple

from sqlmodel import Session, col, func, select

from backend.deed import Deed
from backend.errors import StoreError
from backend.store.diff import text
from backend.store.glance import deed_of
from backend.store.tables import DeedRow

_COPIED = (
    "number", "kind", "action", "row_id", "label", "who", "terminal", "process", "why", "answer",
    "began_ms", "sent_ms", "answered_ms", "ended_ms",
)  # fmt: skip


def insert(session: Session, cloud: int, deed: Deed) -> Deed:
    """Write a new deed and return it with its number: day and month, then a count that goes on."""
    last = session.exec(select(func.max(DeedRow.count)).where(DeedRow.cloud == cloud)).one()
    count = (last or 0) + 1
    day = datetime.fromtimestamp(deed.began_ms / 1000, tz=timezone.utc)
    deed = replace(deed, number=deed.number or f"{day:%d%m}-{count:04d}")
    session.add(DeedRow(cloud=cloud, count=count, **_fields(deed)))
    return deed


def update(session: Session, cloud: int, deed: Deed) -> None:
    """Write how a deed stands; raises ``StoreError`` where there is none of that number."""
    row = session.exec(
        select(DeedRow).where(DeedRow.cloud == cloud, DeedRow.number == deed.number)
    ).first()
    if row is None:
        raise StoreError(f"there is no deed {deed.number} in the record")
    for name, value in _fields(deed).items():
        setattr(row, name, value)


def find(
    session: Session, cloud: int, *, limit: int = 50, row_id: str = "", number: str = ""
) -> Tuple[Deed, ...]:
    """Return the last ``limit`` deeds (of one row, or of one number), newest first."""
    asked = select(DeedRow).where(DeedRow.cloud == cloud)
    if row_id:
        asked = asked.where(DeedRow.row_id == row_id)
    if number:
        asked = asked.where(DeedRow.number == number)
    rows = session.exec(asked.order_by(col(DeedRow.id).desc()).limit(limit))
    return tuple(deed_of(row.model_dump()) for row in rows)


def open_and_last(session: Session, cloud: int, limit: int) -> Tuple[Deed, ...]:
    """Return all deeds whose end is awaited and the last ``limit``, newest first."""
    asked = select(DeedRow).where(DeedRow.cloud == cloud, col(DeedRow.ended_ms).is_(None))
    rows = {row.id: row for row in session.exec(asked)}
    last = select(DeedRow).where(DeedRow.cloud == cloud).order_by(col(DeedRow.id).desc())
    rows.update({row.id: row for row in session.exec(last.limit(limit))})
    newest = sorted(rows.values(), key=lambda row: -(row.id or 0))
    return tuple(deed_of(row.model_dump()) for row in newest)


def _fields(deed: Deed) -> Dict[str, Any]:
    detail = {
        "sends": deed.sends,
        "commands": deed.commands,
        "form": dict(deed.form),
        "before": dict(deed.before),
        # Pairs, for their order is the ladder's: rungs passed at one reading have one instant.
        "held": list(deed.held),
        "reached": [list(pair) for pair in deed.reached.items()],
    }
    return {
        "cloud_said": deed.cloud,
        "outcome": deed.outcome.value,
        "detail": text(detail),
        **{name: getattr(deed, name) for name in _COPIED},
    }
