"""The shapes of log lines: when a line was written, how bad it says it is, what is left to read.

StarlingX writes two: syslog-ng's ``2026-11-21T02:35:07.123 controller-0 sm: info ...`` and that of
its Python services, ``sysinv 2026-11-21 02:35:07.123 1234 INFO ...`` (also with a comma before the
milliseconds). What has no zone is UTC, as a StarlingX machine's clock is.
"""

from __future__ import annotations

import re
from calendar import month_abbr, timegm
from dataclasses import dataclass
from functools import lru_cache
from time import gmtime
from typing import Match, Optional, Tuple

from backend.clean import clean
from backend.tone import Tone
from backend.units import DAY_MS

# A time stands this near to the beginning of its line, a level not much further.
HEAD, LEVEL_HEAD = 96, 240
# How far beyond the last change of its file that is known a line may be: one follows it for weeks.
AHEAD_MS = 31 * DAY_MS

_FULL = re.compile(
    rb"(?:^[\[|<(]+ ?)?(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)"
    rb"(?:[.,](?P<part>\d{1,9}))?(?: ?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)(?![\w:]))?[\]|>):]*"
)
# charon's two digits of a year; syslog's month by name and klog's letter, which have no year.
_SHORT = re.compile(
    rb"(?P<date>\d\d-\d\d-\d\d) (?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))?(?P<zone>)"
)
_SYSLOG = re.compile(rb"(?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]\d) (?P<time>\d\d:\d\d:\d\d)")
_KLOG = re.compile(rb"[IWEF](?P<month>\d\d)(?P<day>\d\d) (?P<time>\d\d:\d\d:\d\d)\.(?P<part>\d{6})")
_AUDIT = re.compile(rb"msg=audit\((?P<s>\d{9,11})\.(?P<part>\d{3}):\d+\):?")
_MONTHS = {name.encode(): at for at, name in enumerate(month_abbr) if name}

_LEVEL = re.compile(
    rb"(?<![\w.-])(?:(?P<bad>emerg(?:ency)?|alert|crit(?:ical)?|err(?:or)?|fatal|panic)"
    rb"|(?P<warn>warn(?:ing)?)|(?P<plain>notice|info|debug|trace))(?![\w.-])",
    re.IGNORECASE,
)
# What says it without a level: a traceback's head, the kernel's and the loader's own words.
_LOUD = re.compile(
    rb"Traceback \(most recent|\bsegfault\b|Out of memory|Call Trace:|BUG:|\bFAILED\b"
)
# One of these stands in every line that is BAD; the letters of klog apart.
BAD_WORDS = (
    b"err", b"crit", b"emerg", b"alert", b"fatal", b"panic", b"traceback", b"segfault",
    b"out of memory", b"call trace", b"bug:", b"failed",
)  # fmt: skip
_COLOUR = re.compile(rb"\x1b\[[0-9;]*[mK]")


@dataclass(frozen=True)
class Stamp:
    """When a line was written (epoch ms), and where in it that stands."""

    ms: int
    begin: int
    end: int


def stamp(line: bytes, changed_ms: int = 0) -> Optional[Stamp]:
    """Return when a line was written, None where it does not say.

    ``changed_ms`` is when its file was changed last, for times without a year: theirs is the last
    in which they are not beyond that by more than AHEAD_MS, for which one may have followed it.
    """
    head = line[:HEAD]
    found = _FULL.search(head) or _SHORT.match(head)
    try:
        if found is not None:
            return _dated(found)
        return _undated(head, changed_ms)
    except ValueError:  # the thirteenth month: it only looked like a time
        return None


def _dated(found: Match[bytes]) -> Stamp:
    ms = _date_ms(found["date"]) + _time_ms(found["time"], found["part"]) - _zone_ms(found["zone"])
    return Stamp(ms=ms, begin=found.start(), end=found.end())


def _undated(head: bytes, changed_ms: int) -> Optional[Stamp]:
    audit = _AUDIT.search(head)
    if audit is not None:
        ms = int(audit["s"]) * 1000 + int(audit["part"])
        return Stamp(ms=ms, begin=audit.start(), end=audit.end())
    syslog, klog = _SYSLOG.match(head), _KLOG.match(head)
    found = syslog or klog
    if found is None or not changed_ms:
        return None
    month = _MONTHS.get(found["month"], 0) if syslog else int(found["month"])
    part = klog["part"] if klog is not None else None
    of_day = _time_ms(found["time"], part)
    ms = _last_day_ms(month, int(found["day"]), (changed_ms + AHEAD_MS) // DAY_MS) + of_day
    # klog's letter says how bad it is, and stays.
    return Stamp(ms=ms, begin=found.start() + (klog is not None), end=found.end())


@lru_cache(maxsize=64)
def _date_ms(date: bytes) -> int:
    year, month, day = (int(part) for part in date.split(b"-"))
    return _day_ms(year + (2000 if year < 100 else 0), month, day)


@lru_cache(maxsize=64)
def _last_day_ms(month: int, day: int, latest: int) -> int:
    """Return that day of the last year in which it is not after day ``latest`` since 1970."""
    year = gmtime(latest * 86_400).tm_year
    ms = _day_ms(year, month, day)
    return ms if ms <= latest * DAY_MS else _day_ms(year - 1, month, day)


def _day_ms(year: int, month: int, day: int) -> int:
    if not (1 <= month <= 12 and 1 <= day <= 31 and year >= 1970):
        raise ValueError(f"no day: {year}-{month}-{day}")
    return timegm((year, month, day, 0, 0, 0)) * 1000


def _time_ms(time: bytes, part: Optional[bytes]) -> int:
    hours, minutes, seconds = int(time[:2]), int(time[3:5]), int(time[6:])
    if hours > 23 or minutes > 59 or seconds > 60:
        raise ValueError("no time of day")
    ms = int(part[:3].ljust(3, b"0")) if part else 0
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


@lru_cache(maxsize=64)
def _zone_ms(zone: Optional[bytes]) -> int:
    if not zone or zone in (b"Z", b"UTC"):
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return minutes * 60_000 * (-1 if zone[:1] == b"-" else 1)


def tone(line: bytes) -> Tone:
    """Return how bad a line says it is: its first level word decides."""
    if _KLOG.match(line):
        return {b"E": Tone.BAD, b"F": Tone.BAD, b"W": Tone.WARN}.get(line[:1], Tone.PLAIN)
    head = line[:LEVEL_HEAD]
    if b"\x1b" in head:
        head = _COLOUR.sub(b"", head)
    found = _LEVEL.search(head)
    if found is None:
        return Tone.BAD if _LOUD.search(head) else Tone.PLAIN
    if found["bad"]:
        return Tone.BAD
    return Tone.WARN if found["warn"] else Tone.PLAIN


def shown(line: bytes, at: Optional[Stamp]) -> str:
    """Return a line as it can be shown beside its time: without it, and without control bytes."""
    if at is not None:
        before, after = line[: at.begin].rstrip(b" "), line[at.end :].lstrip(b" ")
        line = b" ".join(filter(None, (before, after)))
    return clean(_COLOUR.sub(b"", line).decode("utf-8", "backslashreplace").replace("\t", "  "))


def bad_or_not(line: bytes) -> Tuple[bool, Tone]:
    """Return whether ``n`` stops at a line, and its tone."""
    how = tone(line)
    return how is Tone.BAD, how
