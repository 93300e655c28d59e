"""What became other since it was read last, one line a row: for paper, where nothing is redrawn."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Mapping, Tuple

from backend.kind import Kind
from backend.known import Known, Reading
from stx_tui.panes.text import safe

# Fields of a row that are said in one line.
MOST = 4


def of_rows(kind: Kind[Any], before: Reading[Any], now: Reading[Any]) -> Tuple[str, ...]:
    """Return what came, went and changed between two readings of ``kind``; noise apart."""
    if now.error is not None:
        return () if before.error == now.error else (f"no answer: {now.error}",)
    lines = ["answers again"] if before.error is not None else []
    for row_id in now.changed:
        row, old = now.by_id.get(row_id), before.by_id.get(row_id)
        if row is not None:
            name = safe(kind.name_of(row))
            lines.append(f"{name}  {_differs(kind, old, row) if old is not None else 'came'}")
    for row_id in now.gone:
        old = before.by_id.get(row_id)
        lines.append(f"{safe(kind.name_of(old)) if old is not None else row_id}  went")
    return tuple(lines)


def marks(kind: Kind[Any], rows: Iterable[Any], known: Known) -> Mapping[str, str]:
    """Return each row's mark by its name, for what follows from other kinds' readings."""
    found: Dict[str, str] = {}
    for row in rows:
        look = kind.look(row, known)
        found[safe(kind.name_of(row))] = f"{look.mark.value} {look.tone.value}"
    return found


def _differs(kind: Kind[Any], old: Any, row: Any) -> str:
    unsaid = kind.noise | kind.secret | kind.drop
    names = [name for name in {**old.body, **row.body} if name not in unsaid]
    changed = [name for name in names if old.body.get(name) != row.body.get(name)]
    said = [f"{n}: {_value(old.body.get(n))} -> {_value(row.body.get(n))}" for n in changed[:MOST]]
    more = [f"and {len(changed) - MOST} more"] if len(changed) > MOST else []
    return ", ".join([*said, *more]) or "changed"


def _value(value: Any) -> str:
    if value is None or value == "":
        return "-"
    return safe(value if isinstance(value, str) else json.dumps(value, default=str))
