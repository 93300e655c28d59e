"""``stx-tui history``: what changed and who did what, from the record; asks nobody."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from backend.called import called_then, named
from backend.clean import clean
from backend.errors import Refused
from backend.folders import record_file, seen_file, store_url
from backend.kind import Kind
from backend.kinds import by_name
from backend.known import Known
from backend.place import find_place
from backend.store.glance import Changed, changes, deeds, glance
from backend.units import DAY_MS, HOUR_MS, MINUTE_MS, day, instant_ms, stopwatch, system_ms
from backend.unlike import unlike
from stx_tui.commands.desk import cloud_settings, the_kind
from stx_tui.commands.kinds import shown

MOST = 1000
# A script reads an empty list as such.
NOTHING = {
    **dict.fromkeys(("table", "wide"), "nothing since then\n"),
    **dict.fromkeys(("json", "yaml"), "[]\n"),
    "csv": "",
}
UNITS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


def run(arguments: argparse.Namespace) -> int:
    """Print changes and deeds, newest first."""
    settings = cloud_settings(arguments)
    url = store_url(settings, arguments.store or "")
    path = seen_file(url)
    if record_file(url) is None:
        words = "the record is shared: below is what was written from here; stx-tui shows all of it"
        print(f"stx-tui: {words}", file=sys.stderr)
    since_ms = since(arguments.since, system_ms())
    kind = the_kind(arguments.kind).name if arguments.kind else ""
    rows: List[Dict[str, Any]] = [
        {
            "ms": deed.began_ms,
            "at": day(deed.began_ms),
            "what": f"{deed.kind} {deed.label}",
            "who": f"{deed.who} ({deed.terminal})",
            "how": f"{deed.action}: {deed.outcome.value}"
            + (f" after {stopwatch(deed.took_ms)}" if deed.took_ms is not None else ""),
            "why": deed.why or deed.answer,
            "deed": deed.number,
        }
        for deed in deeds(path, settings.name, since_ms=since_ms, row=arguments.name, limit=MOST)
        if kind in {"", deed.kind}
    ]
    if not arguments.deeds:
        found = _changes(path, settings.name, kind, arguments.name, since_ms)
        known = _known(path, settings.name, found)
        rows += [
            {
                "ms": change.at_ms,
                "at": day(change.at_ms),
                "what": f"{change.kind} {_label(change, known)}",
                "who": "(seen)" if change.source == "poll" else f"({change.source})",
                "how": _said(change.field or "row", change.old, change.new),
                "why": "",
                "deed": "",
            }
            for change in found
        ]
    rows.sort(key=lambda row: row["ms"], reverse=True)
    lines = [{key: clean(str(row[key])) for key in row if key != "ms"} for row in rows]
    print(shown(lines, arguments.output) if lines else NOTHING[arguments.output], end="")
    return 0


def _changes(path: Path, cloud: str, kind: str, name: str, since_ms: int) -> Sequence[Changed]:
    """Return the last changes, of the row that is called so on a screen where one is named."""
    declared = by_name().get(kind)
    if name and declared is not None and declared.called is not None:
        known = _remembered(path, cloud, (declared,))
        ids = [declared.id(row) for row in named(declared, known.rows(kind), name, known)]
        name = ids[0] if len(ids) == 1 else name
    return changes(path, cloud, kind=kind, row=name, since_ms=since_ms, limit=MOST)


def _known(path: Path, cloud: str, found: Sequence[Changed]) -> Known:
    """Return what is remembered of all that tells what rows are called."""
    kinds = by_name()
    there = {change.kind for change in found if change.kind in kinds}
    return _remembered(path, cloud, [kinds[name] for name in there if kinds[name].called])


def _remembered(path: Path, cloud: str, kinds: Sequence[Kind[Any]]) -> Known:
    names = dict.fromkeys(name for kind in kinds for name in (kind.name, *kind.needs))
    seen = glance(path, cloud, tuple(names))
    return seen.known(by_name(), now_ms=system_ms(), place=find_place())


def _label(change: Changed, known: Known) -> str:
    kind = by_name().get(change.kind)
    body = json.loads(change.body) if change.body else None
    return change.label if kind is None else called_then(kind, body, change.label, known)


def since(text: str, now_ms: int) -> int:
    """Return the instant that ``90m``, ``24h``, ``7d`` or a UTC instant names, in epoch ms."""
    found = re.fullmatch(r"(\d+)([mhd])", text)
    if found:
        return now_ms - int(found[1]) * UNITS[found[2]]
    at_ms = instant_ms(text)
    if at_ms is None:
        raise Refused(f"--since {text!r} is no span and no instant", "as in 24h, 7d")
    return at_ms


def _said(field: str, old: Optional[str], new: Optional[str]) -> str:
    said = "; ".join(f"{path}: {was} -> {now}" for path, was, now in unlike(field, old, new))
    return said or f"{field}: instants alone"
