"""The logs that are on this machine, as rows of a kind."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from backend.errors import StxError
from backend.logs.catalogue import NAMES
from backend.logs.file import FileLog
from backend.logs.files import Files, Here
from backend.logs.find import Bad
from backend.logs.line import Stopped
from backend.mask import Body
from backend.units import HOUR_MS

# Bytes gone over for the bad lines of the last hour before they are not counted on.
LAST = 8 * 1024 * 1024


def logs_here(
    now_ms: int, files: Optional[Files] = None, names: Mapping[str, Tuple[str, ...]] = NAMES
) -> Callable[[], Iterator[Body]]:
    """Return the logs that are there: their sizes, their times, what is bad in the last hour."""
    machine = files if files is not None else Here()
    rows: List[Body] = []
    for name, paths in names.items():
        for path in paths:
            facts = machine.facts(path)
            if facts is not None:
                rows.append(_row(machine, name, path, now_ms - HOUR_MS))
                break
    return lambda: iter(rows)


def _row(machine: Files, name: str, path: str, since_ms: int) -> Dict[str, object]:
    row: Dict[str, object] = {"name": name, "path": path}
    log = FileLog(machine, path, name)
    try:
        extent = log.extent()
        row |= {"size": extent.size, "from_ms": extent.from_ms, "to_ms": extent.to_ms}
        if extent.to_ms is not None:
            row["bad"], row["bad_from_ms"] = _bad(log, since_ms)
            row["is_cut"] = row["bad_from_ms"] is None
        row["notes"] = list(log.notes())
    except StxError as error:
        row["error"], row["advice"] = str(error), error.advice
    finally:
        log.close()
    return row


def _bad(log: FileLog, since_ms: int) -> Tuple[int, Optional[int]]:
    """Count what is bad since then; return how many, and since when, None: not so far back."""
    gone = 0

    def step(count: int) -> None:
        nonlocal gone
        gone += count
        if gone > LAST:
            raise Stopped

    found = 0
    try:
        for line in log.up(log.last(), Bad(), step):
            if line.at_ms < since_ms:
                break
            found += 1
    except Stopped:
        return found, None
    return found, since_ms
