"""Times as an operator types them: a clock's, a day's, or so long before or after."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from backend.errors import Refused
from backend.units import DAY_MS, HOUR_MS, MINUTE_MS, instant_ms

_UNITS = {"s": 1000, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,3}))?)?\s*Z?", re.IGNORECASE)
_SPAN = re.compile(r"([+-]?)(\d+)([smhd])")

WAYS = "as 02:35Z, 2026-11-21 02:35Z, -10m, +1h"


def moment_ms(text: str, near_ms: int, *, latest_ms: int = 0) -> int:
    """Return the instant (epoch ms) that ``text`` names.

    A time of day is the one nearest to ``near_ms``, and not after ``latest_ms`` where that is
    given; ``10m`` and ``-10m`` are so long before ``near_ms``, ``+10m`` after it. Raises
    ``Refused`` where it names none.
    """
    text = text.strip()
    found = _SPAN.fullmatch(text)
    if found is not None:
        away = int(found[2]) * _UNITS[found[3]]
        return near_ms + (away if found[1] == "+" else -away)
    found = _CLOCK.fullmatch(text)
    if found is not None:
        return _of_day(found, near_ms, latest_ms, text)
    ms = instant_ms(text)
    if ms is None:
        raise Refused(f"{text!r} is no time" if text else "no time was given", WAYS)
    return ms


def _of_day(found: re.Match[str], near_ms: int, latest_ms: int, text: str) -> int:
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise Refused(f"{text!r} is no time of day", WAYS)
    of_day = ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((found[4] or "0").ljust(3, "0"))
    midnight = near_ms - near_ms % DAY_MS
    days = [midnight + day * DAY_MS + of_day for day in (-1, 0, 1)]
    if latest_ms:
        days = [ms for ms in days if ms <= latest_ms] or days[:1]
    return min(days, key=lambda ms: abs(ms - near_ms))


def exact(ms: int) -> str:
    """Return an instant with its milliseconds: ``2026-11-21 02:35:07.123Z``; "?" for none."""
    if ms <= 0:
        return "?"
    at = datetime.fromtimestamp(ms / 1000, tz=timezone.utc)
    return f"{at:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}Z"
