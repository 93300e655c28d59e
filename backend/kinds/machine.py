"""What all kinds of a machine share: whose they are, and how they are asked for."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from backend.kind import Column, Row
from backend.known import Known
from backend.plan import HERE

# The kind whose rows are machines, and how often their children are read, in seconds.
MACHINES, EVERY_S = "machines", 30.0


class OfMachine(Row):
    """Something found on one machine; ``machine`` is the id of that machine."""

    machine: str = HERE


def machine_name(row: OfMachine, known: Known) -> str:
    """Return what people call the machine of a row."""
    machine = known.row(MACHINES, row.machine)
    if machine is not None:
        return str(machine.name)
    return known.place.hostname if row.machine == HERE else row.machine


MACHINE: Column[Any] = Column(heading="MACHINE", joined=machine_name, most=20)


def size(count: Optional[int]) -> Optional[str]:
    """Return bytes in the unit that reads best: ``512K``, ``894M``, ``1.7T``; None stays None."""
    if count is None:
        return None
    value, unit = float(count), "B"
    for larger in "KMGT":
        if value < 1024:
            break
        value, unit = value / 1024, larger
    if unit == "B":
        return f"{count}B"
    return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"


# --- what parsers share ------------------------------------------------------------------------


def objects(text: str, *keys: str) -> List[Dict[str, Any]]:
    """Return the objects of the list under ``keys`` of a JSON text (``()``: it is the list).

    Raises ``ValueError`` where there is no such list.
    """
    found: Any = json.loads(text)
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"no list of objects under {'.'.join(keys) or 'the top'}")
    return found


def split_rows(text: str, names: Tuple[str, ...], separator: Optional[str]) -> List[Dict[str, str]]:
    """Return lines of so many fields, the last with all that is left; else ``ValueError``.

    Only a newline ends a line: names and what was printed may hold all else that might.
    """
    found = []
    for line in filter(str.strip, text.split("\n")):
        parts = line.split(separator, len(names) - 1)
        if len(parts) != len(names):
            raise ValueError(f"a line with {len(parts)} of {len(names)} fields: {line[:60]!r}")
        found.append(dict(zip(names, parts)))
    return found


def whole(text: Any) -> Optional[int]:
    """Return a whole number of what a program wrote as one, None of ``-`` and nothing."""
    if text in (None, "", "-"):
        return None
    return int(text)


def flattened(rows: Iterable[Mapping[str, Any]], depth: int = 0) -> Iterable[Dict[str, Any]]:
    """Yield a tree of ``children`` as rows that say how deep they stand and under what."""
    for row in rows:
        below = row.get("children") or ()
        yield {**{k: v for k, v in row.items() if k != "children"}, "depth": depth}
        for child in flattened(below, depth + 1):
            yield {"under": row.get("name"), **child}
