"""How fresh a reading must be before anything about a host may be told from it."""

from __future__ import annotations

from typing import Any

from backend.known import Known, Reading
from backend.units import span

# A reading that much older than that of the hosts is still of the same moment: the host of a
# running act is read every two seconds, and both may be asked in the same breath.
SAME_MOMENT_MS = 3_000


def why_stale(name: str, of: Reading[Any], known: Known) -> str:
    """Return why the rows of a reading do not say how it is now, "" where they do."""
    if not of.was_read:
        return f"{name} not read"
    if of.error is None and not of.is_remembered:
        return ""
    why = of.error.words if of.error is not None else "from the record, not read since"
    return f"{name} as of {span(known.now_ms - of.at_ms)} ago: {why}"


def is_current(name: str, known: Known) -> bool:
    """Whether the last try to read that kind was answered."""
    return not why_stale(name, known.reading(name), known)


def is_with_hosts(name: str, known: Known) -> bool:
    """Whether that kind was read when the hosts were, or after: what it says is of then."""
    at_ms = known.reading("hosts").at_ms
    return is_current(name, known) and known.reading(name).at_ms >= at_ms - SAME_MOMENT_MS
