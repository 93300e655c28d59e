"""Rows as text for a pipe or a printer: table, wide, JSON, YAML or CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any, Dict, FrozenSet, List, Sequence

from backend.clean import cells, clean, pad
from backend.draw import figure_lines
from backend.kind import Column, Derived, Json, Kind
from backend.known import Known

__all__ = ["OUTPUTS", "clean", "figure_lines", "rows_text"]

OUTPUTS = ("table", "wide", "json", "yaml", "csv")

_GAP = "  "
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?")
# What a spreadsheet takes as the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def rows_text(
    kind: Kind[Any], rows: Sequence[Any], known: Known, output: str, wide: bool = False
) -> str:
    """Return ``rows`` in the order given, ending in a newline; ``output`` is one of OUTPUTS.

    ``table`` and ``wide`` begin each line with the row's mark and show notes below the row; "wide"
    (or ``wide``) adds the wide columns and cuts nothing. ``json`` and ``yaml`` are a list of what
    the service sent (of what is worked out, what it was worked out of too), without secrets and
    dropped fields, plus ``_kind``, ``_id`` and ``_label``.
    ``csv`` has all columns after ID; a text that a spreadsheet would compute (``=1+1``) gets
    a ``'`` in front. Raises ``ValueError`` for another output.
    """
    if output == "json":
        return json.dumps(_bodies(kind, rows, known), indent=2) + "\n"
    if output == "yaml":
        return _yaml(_bodies(kind, rows, known))
    if output == "csv":
        return _csv(kind, rows, known)
    if output in ("table", "wide"):
        return _table(kind, rows, known, wide or output == "wide")
    raise ValueError(f"{output} is none of {' '.join(OUTPUTS)}")


# --- for people --------------------------------------------------------------------------------


def _table(kind: Kind[Any], rows: Sequence[Any], known: Known, wide: bool) -> str:
    columns = [column for column in kind.columns if wide or not column.wide]
    grid = [[_cell(column, row, known) for column in columns] for row in rows]
    widths = [_width(column, index, grid, wide) for index, column in enumerate(columns)]
    heads = [clean(column.heading) for column in columns]
    lines = ["  " + _line(columns, widths, heads)]
    for row, texts in zip(rows, grid):
        seen = kind.look(row, known)
        lines.append(f"{seen.mark.value} " + _line(columns, widths, texts))
        lines += [f"    {clean(note)}" for note in seen.notes]
    return "".join(line.rstrip() + "\n" for line in lines)


def _line(columns: Sequence[Column[Any]], widths: Sequence[int], texts: Sequence[str]) -> str:
    return _GAP.join(
        pad(text, width, right=column.right) for column, width, text in zip(columns, widths, texts)
    )


def _width(column: Column[Any], index: int, grid: List[List[str]], wide: bool) -> int:
    longest = max((cells(texts[index]) for texts in grid), default=0)
    most = longest if wide else column.width or column.most
    return max(len(column.heading), min(longest, most))


def _cell(column: Column[Any], row: Any, known: Known) -> str:
    return shown(column.cell(row, known))


def shown(value: Any) -> str:
    """Return a cell's value as people read it: None is ``-``, a float has one decimal."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}"
    return clean(str(value))


# --- for programs ------------------------------------------------------------------------------


def _bodies(kind: Kind[Any], rows: Sequence[Any], known: Known) -> List[Dict[str, Json]]:
    hidden = kind.secret | kind.drop
    joined = kind.read.joined if isinstance(kind.read, Derived) else None
    return [
        {
            **_without(dict(row.body) or row.model_dump(mode="json"), hidden),
            **(joined(row, known) if joined else {}),
            "_kind": kind.name,
            "_id": kind.id(row),
            "_label": kind.name_of(row),
        }
        for row in rows
    ]


def _without(body: Any, hidden: FrozenSet[str]) -> Any:
    """Return a body without the hidden fields, however deep they sit."""
    if isinstance(body, dict):
        return {
            str(name): _without(value, hidden) for name, value in body.items() if name not in hidden
        }
    if isinstance(body, (list, tuple)):
        return [_without(value, hidden) for value in body]
    return body


def _yaml(bodies: List[Dict[str, Json]]) -> str:
    import yaml  # 20 ms that nobody else pays

    # Unicode off: what is not ASCII is written as an escape, which no terminal obeys.
    text: str = yaml.safe_dump(bodies, sort_keys=False, allow_unicode=False, width=100)
    return text


def _csv(kind: Kind[Any], rows: Sequence[Any], known: Known) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["_id", *(_safe(column.heading) for column in kind.columns)])
    for row in rows:
        values = (column.cell(row, known) for column in kind.columns)
        writer.writerow([_safe(kind.id(row)), *(_safe(value) for value in values)])
    return out.getvalue()


def _safe(value: Any) -> str:
    """Return a value that no spreadsheet computes; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = clean(str(value)).strip()
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
