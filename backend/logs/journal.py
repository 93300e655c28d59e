"""systemd's journal as a log: ``journalctl -o json``, gone through by its own cursors."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Generator, Iterator, Optional, Protocol, Sequence, Tuple

from backend.errors import Malformed, Unreadable
from backend.logs.line import LONGEST, Extent, Find, Landing, LogLine, Position
from backend.streams import Journal
from backend.tone import Tone

FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_COMM,_PID,_HOSTNAME"
# Words of syslog's priorities, worst first, as StarlingX's own syslog writes them.
_PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_FIRST = ""
# When an entry was written, in microseconds; the last of year 9999 is the latest that can be told.
_WHEN, _LATEST_US = "__REALTIME_TIMESTAMP", 253_402_300_799_000_000


class Lines(Protocol):
    """What runs a program and gives its lines as they come; the program ends with the iterator."""

    def __call__(self, argv: Sequence[str]) -> Generator[bytes, None, None]:
        """Run ``argv``; raises ``StxError``."""


class JournalLog:
    """The journal of a machine, or of some of its units.

    A position is before (``b``) or behind (``a``) an entry, by its cursor, or a time (``@``, in
    microseconds); "" is the beginning.
    """

    def __init__(self, stream: Journal, run: Lines) -> None:
        self.name = stream.called
        self._run = run
        self._base = (
            *("journalctl", "--quiet", "--no-pager", "--all", "-o", "json"),
            f"--output-fields={FIELDS}",
            *(("-D", stream.folder) if stream.folder else ()),
            *(word for unit in stream.units for word in ("-u", unit)),
        )

    def extent(self) -> Extent:
        """Return from when to when it goes; its bytes are not known."""
        first, last = self._one(), self._one("--reverse")
        return Extent(from_ms=first.at_ms if first else None, to_ms=last.at_ms if last else None)

    def first(self) -> Position:
        """Return where it begins."""
        return _FIRST

    def last(self) -> Position:
        """Return where it ends now."""
        last = self._one("--reverse")
        return last.end if last is not None else _FIRST

    def at(self, ms: int) -> Landing:
        """Return where the first entry of that time or later begins."""
        return Landing(position=f"@{ms * 1000}")

    def down(
        self, position: Position, find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        """Go through the entries from ``position`` on."""
        yield from self._entries(_downwards(str(position)), find, step)

    def up(
        self, position: Position, find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        """Go through the entries before ``position``, the nearest first."""
        if position != _FIRST:
            yield from self._entries(("--reverse", *_upwards(str(position))), find, step)

    def count(self, find: Find, step: Callable[[int], None]) -> int:
        """Return how many entries there are to find."""
        return sum(1 for _entry in self._entries((), find, step))

    def whole(self, line: LogLine) -> bytes:
        """Return all of an entry; a long one is asked for again."""
        cursor = str(line.start)[1:]
        for raw in self._raw(("-n", "1", f"--cursor={cursor}")):
            return _text(_read(raw))
        return line.raw

    def notes(self) -> Tuple[str, ...]:
        """Return nothing: the journal says itself what it dropped."""
        return ()

    def news(self) -> Tuple[str, ...]:
        """Return nothing: it rotates by itself."""
        return ()

    def close(self) -> None:
        """Do nothing: what runs ends with its reader."""

    # --- private -------------------------------------------------------------------------------

    def _one(self, *more: str) -> Optional[LogLine]:
        return next(self._entries(more, None, lambda _bytes: None), None)

    def _entries(
        self, more: Sequence[str], find: Optional[Find], step: Callable[[int], None]
    ) -> Iterator[LogLine]:
        for raw in self._raw(more):
            step(len(raw))
            line = self._line(_read(raw))
            if find is None or find(line.raw):
                yield line

    def _raw(self, more: Sequence[str]) -> Iterator[bytes]:
        running = self._run((*self._base, *more))
        try:
            # A generator that is closed ends its program at once.
            with closing(running):
                yield from (raw for raw in running if raw.startswith(b"{"))
        except Unreadable as error:
            if "permission" in str(error).lower():
                advice = "root may, and members of the groups adm and systemd-journal"
                raise Unreadable(str(error), advice) from error
            raise

    def _line(self, entry: Dict[str, Any]) -> LogLine:
        whole, cursor = _text(entry), str(entry.get("__CURSOR", ""))
        return LogLine(
            raw=whole[:LONGEST],
            at_ms=int(entry.get(_WHEN, 0)) // 1000,
            log=self.name,
            start=f"b{cursor}",
            end=f"a{cursor}",
            size=len(whole),
            said=_tone(entry),
        )


def _downwards(position: str) -> Tuple[str, ...]:
    if position == _FIRST:
        return ()
    if position[0] == "@":
        return (f"--since=@{_seconds(position)}",)
    return (f"--{'after-' * (position[0] == 'a')}cursor={position[1:]}",)


def _upwards(position: str) -> Tuple[str, ...]:
    if position[0] == "@":
        # Until is meant with what was then.
        return (f"--until=@{_seconds(f'@{int(position[1:]) - 1}')}",)
    return (f"--{'after-' * (position[0] == 'b')}cursor={position[1:]}",)


def _seconds(position: str) -> str:
    seconds, micros = divmod(int(position[1:]), 1_000_000)
    return f"{seconds}.{micros:06d}"


def _read(raw: bytes) -> Dict[str, Any]:
    try:
        entry = json.loads(raw)
    except ValueError as error:
        raise Malformed("journal", "entry", f"journalctl wrote no JSON: {raw[:40]!r}") from error
    if not isinstance(entry, dict):
        raise Malformed("journal", "entry", f"journalctl wrote {type(entry).__name__}")
    when = str(entry.get(_WHEN, 0))
    if not when.isdigit() or int(when) > _LATEST_US:
        raise Malformed("journal", _WHEN, f"{when[:40]!r} is no time")
    return entry


def _bytes(value: Any) -> bytes:
    """Return a field: text, or a list of bytes where it is no UTF-8, or of several values."""
    if isinstance(value, list) and all(isinstance(one, int) for one in value):
        return bytes(value)
    if isinstance(value, list):
        return b" ".join(map(_bytes, value))
    return str(value if value is not None else "").encode("utf-8", "surrogateescape")


def _text(entry: Dict[str, Any]) -> bytes:
    """Return an entry as a line of StarlingX's own syslog."""
    at = datetime.fromtimestamp(int(entry.get(_WHEN, 0)) / 1e6, tz=timezone.utc)
    who = _bytes(entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM") or "-")
    pid = b"[%s]" % _bytes(entry["_PID"]) if entry.get("_PID") else b""
    when = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}".encode()
    level = _PRIORITIES[_priority(entry)].encode()
    head = (when, _bytes(entry.get("_HOSTNAME") or "-"), who + pid + b":", level)
    return b" ".join((*head, _bytes(entry.get("MESSAGE"))))


def _priority(entry: Dict[str, Any]) -> int:
    digit = str(entry.get("PRIORITY", "6"))
    return int(digit) if digit.isdigit() and int(digit) < len(_PRIORITIES) else 6


def _tone(entry: Dict[str, Any]) -> Tone:
    priority = _priority(entry)
    return Tone.BAD if priority <= 3 else Tone.WARN if priority == 4 else Tone.PLAIN
