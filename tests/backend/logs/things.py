"""Logs as tests write them: into real files, with the times they are told."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Iterable, Iterator, List, Optional

from backend.logs.file import FileLog
from backend.logs.files import Here
from backend.logs.find import Text
from backend.logs.line import LogLine

MINUTE_MS = 60_000
# 2026-11-21 02:00Z
BEGAN_MS = round(datetime(2026, 11, 21, 2, tzinfo=timezone.utc).timestamp() * 1000)


def no_step(_count: int) -> None:
    """Nobody waits."""


def written(ms: int, text: str = "controller-0 sm: info all is well") -> str:
    """Return a line as syslog-ng writes it on StarlingX."""
    at = datetime.fromtimestamp(ms / 1000, tz=timezone.utc)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d} {text}"


def fill(path: Path, times: Iterable[int], text: str = "controller-0 sm: info line {at}") -> None:
    """Write a log with a line at each of ``times``."""
    lines = (written(ms, text.format(at=at)) for at, ms in enumerate(times))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def opened(path: Path, name: str = "") -> FileLog:
    return FileLog(Here(), str(path), name or path.stem)


def all_down(log: FileLog, find: Optional[Text] = None) -> List[LogLine]:
    return list(log.down(log.first(), find, no_step))


def all_up(log: FileLog, find: Optional[Text] = None) -> List[LogLine]:
    return list(log.up(log.last(), find, no_step))


def first(lines: Iterator[LogLine], count: int) -> List[LogLine]:
    return list(islice(lines, count))


def texts(lines: Iterable[LogLine]) -> List[str]:
    return [line.text.rpartition(" ")[2] for line in lines]
