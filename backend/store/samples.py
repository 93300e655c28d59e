"""Numbers in time: raw for two days, means of ten minutes for ninety."""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence, Tuple

from sqlmodel import Session, col, delete, func, select

from backend.store.tables import Sample, Series
from backend.units import DAY_MS, HOUR_MS, MINUTE_MS

RAW_MS, MEANS_MS = 48 * HOUR_MS, 90 * DAY_MS
MEAN_OVER_MS = 10 * MINUTE_MS
# Ids that one question names: SQLite takes 999.
CHUNK = 500


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
    session: Session, cloud: int, kind: int, name: str, row_ids: Sequence[str], since_ms: int
) -> Mapping[str, Tuple[Tuple[int, float], ...]]:
    """Return (instant, value) by row since then, oldest first: means where no raw are kept."""
    found: Dict[str, List[Tuple[int, float]]] = {}
    for at in range(0, len(row_ids), CHUNK):
        asked = (
            select(Series.row_id, Sample.at_ms, Sample.value)
            .join(Sample, col(Sample.series) == Series.id)
            .where(
                Series.cloud == cloud,
                Series.kind == kind,
                Series.name == name,
                col(Series.row_id).in_(row_ids[at : at + CHUNK]),
                Sample.at_ms >= since_ms,
            )
        )
        for row_id, at_ms, value in session.exec(asked.order_by(col(Sample.at_ms))):
            found.setdefault(row_id, []).append((at_ms, value))
    return {row_id: tuple(points) for row_id, points in found.items()}


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
