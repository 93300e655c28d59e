"""Spans, instants and sizes as an operator reads them."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone
from typing import Optional

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# The years 1 to 9999: what lies outside is a service's slip, and no instant.
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999


def system_ms() -> int:
    """Return now by this machine's own clock, in epoch ms."""
    return time.time_ns() // 1_000_000


def span(ms: int) -> str:
    """Return a span of milliseconds in one unit: ``40s``, ``6m``, ``3h``, ``41d``."""
    if ms < MINUTE_MS:
        return f"{max(ms, 0) // 1000}s"
    if ms < HOUR_MS:
        return f"{ms // MINUTE_MS}m"
    if ms < 2 * DAY_MS:
        return f"{ms // HOUR_MS}h"
    return f"{ms // DAY_MS}d"


def stopwatch(ms: int) -> str:
    """Return a span of milliseconds as ``m:ss``, or ``h:mm:ss`` from an hour on."""
    seconds = max(ms, 0) // 1000
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def clock(ms: int, *, seconds: bool = False) -> str:
    """Return an instant (epoch ms) as UTC time of day: ``02:41Z`` or ``02:41:20Z``; else "?"."""
    return _written(ms, "%H:%M:%SZ" if seconds else "%H:%MZ")


def day(ms: int) -> str:
    """Return an instant (epoch ms) as UTC day and time: ``2026-11-21 02:41Z``; else "?"."""
    return _written(ms, "%Y-%m-%d %H:%MZ")


def _written(ms: int, form: str) -> str:
    if not _FIRST_MS <= ms <= _LAST_MS:
        return "?"
    return datetime.fromtimestamp(ms / 1000, tz=timezone.utc).strftime(form)


def when(ms: int, now_ms: int) -> str:
    """Return an instant as time of day where it was today, else with its day."""
    same_day = ms // DAY_MS == now_ms // DAY_MS
    return clock(ms) if same_day else day(ms)


def instant_ms(text: object) -> Optional[int]:
    """Return epoch ms of a service's timestamp; one without a zone is UTC, as FM's are.

    Takes ISO 8601 with ``T`` or a space, with or without seconds, a fraction of any length (Go
    writes nine digits) and zone (``Z``, ``+00:00``, ``+0000``); None of what is no instant.
    """
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    date, time_of_day, fraction, zone = found.groups()
    micro = (fraction or "")[:6].ljust(6, "0")
    away = "+00:00" if zone in (None, "Z", "z") else f"{zone[:3]}:{zone[3:].lstrip(':') or '00'}"
    seconds = time_of_day if len(time_of_day or "") > 5 else f"{time_of_day or '00:00'}:00"
    try:
        # The least of what Python 3.9 reads.
        moment = datetime.fromisoformat(f"{date}T{seconds}.{micro}{away}")
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def written_ms(text: Optional[str], form: str) -> Optional[int]:
    """Return epoch ms of an instant in UTC written in ``strptime``'s form, None where it is not."""
    try:
        return round(datetime.strptime(f"{text} +0000", f"{form} %z").timestamp() * 1000)
    except ValueError:
        return None


def mib(value: Optional[int]) -> str:
    """Return mebibytes in the unit that reads best: ``512M``, ``894G``, ``1.7T``."""
    if value is None:
        return "-"
    if value < 1024:
        return f"{value}M"
    if value < 1024 * 1024:
        return f"{value / 1024:.0f}G"
    return f"{value / 1024 / 1024:.1f}T"


def yes_no(said: Optional[bool]) -> Optional[str]:
    """Return ``yes`` or ``no``, None of what nobody said: that is no *no*."""
    return None if said is None else "yes" if said else "no"


def counted(number: int, thing: str) -> str:
    """Return how many of a thing: ``1 OSD``, ``2 OSDs``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
