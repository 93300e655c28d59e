"""Numbers in time: raw for two days, means of ten minutes for ninety."""

from __future__ import annotations

from typing import Tuple

from sqlmodel import Session, col, delete, func, select

from backend.store.tables import Sample, Series
from backend.units import DAY_MS, HOUR_MS, MINUTE_MS

RAW_MS, MEANS_MS = 48 * HOUR_MS, 90 * DAY_MS
MEAN_OVER_MS = 10 * MINUTE_MS


def add(
    session: Session, cloud: int, kind: int, row_id: str, name: str, at_ms: int, value: float
) -> None:
    """Write one value; a second one of the same instant takes its place."""
    series = _series(session, cloud, kind, row_id, name)
    if series is None:
        made = Series(cloud=cloud, kind=kind, row_id=row_id, name=name)
        session.add(made)
        session.flush()
        series = made.id or 0
    session.merge(Sample(series=series, at_ms=at_ms, value=value))


def find(
    session: Session, cloud: int, kind: int, row_id: str, name: str, since_ms: int
) -> Tuple[Tuple[int, float], ...]:
    """Return (instant, value) since then, oldest first: means where no raw values are kept."""
    series = _series(session, cloud, kind, row_id, name)
    asked = select(Sample.at_ms, Sample.value).where(
        Sample.series == series, Sample.at_ms >= since_ms
    )
    return tuple((at_ms, value) for at_ms, value in session.exec(asked.order_by(col(Sample.at_ms))))


def thin(session: Session, now_ms: int) -> None:
    """Make means of raw values that are old enough, and drop means that are."""
    # Whole spans only: one mean is made once, of all its values.
    until_ms = (now_ms - RAW_MS) // MEAN_OVER_MS * MEAN_OVER_MS
    old = (Sample.over_ms == 0, Sample.at_ms < until_ms)
    begin = Sample.at_ms - Sample.at_ms % MEAN_OVER_MS
    asked = select(Sample.series, begin, func.avg(Sample.value)).where(*old)
    means = session.exec(asked.group_by(col(Sample.series), begin)).all()  # type: ignore[arg-type]
    session.exec(delete(Sample).where(*old))  # type: ignore[arg-type]
    for series, at_ms, value in means:
        session.merge(Sample(series=series, at_ms=at_ms, over_ms=MEAN_OVER_MS, value=value))
    session.exec(
        delete(Sample).where(
            col(Sample.over_ms) == MEAN_OVER_MS, col(Sample.at_ms) < now_ms - MEANS_MS
        )
    )


def _series(session: Session, cloud: int, kind: int, row_id: str, name: str) -> int | None:
    return session.exec(
        select(Series.id).where(
            Series.cloud == cloud,
            Series.kind == kind,
            Series.row_id == row_id,
            Series.name == name,
        )
    ).first()
