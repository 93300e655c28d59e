"""The logs of this machine that an operator knows by name: how large, how far, how bad."""

from __future__ import annotations

from typing import Optional, Tuple

from backend.figure import Line, Lines
from backend.kind import Column, Kind, LogList, Row
from backend.known import Known
from backend.logs.catalogue import stream_of
from backend.streams import Logs
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import day, span, when


class LogRow(Row):
    """One log with its rotated parts. Instants are epoch ms, None where no line says when.

    ``bad`` are its lines of the last hour that say they are bad, None where no line says when;
    ``error`` is why it cannot be read, ``advice`` what would give it.
    """

    name: str
    path: str
    size: Optional[int] = None
    from_ms: Optional[int] = None
    to_ms: Optional[int] = None
    bad: Optional[int] = None
    bad_from_ms: Optional[int] = None
    # So much is written to it that not all of the last hour was gone through.
    is_cut: bool = False
    notes: Tuple[str, ...] = ()
    error: str = ""
    advice: str = ""

    @property
    def is_counted(self) -> bool:
        """Whether all of its last hour was gone through."""
        return (self.bad is not None or self.size == 0) and not self.is_cut


def _size(row: LogRow) -> Optional[str]:
    if row.size is None:
        return None
    for unit, bytes_of in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if row.size >= bytes_of:
            return f"{row.size / bytes_of:.1f}{unit}"
    return f"{row.size}"


def _moment(ms: Optional[int], known: Known) -> Optional[str]:
    return None if ms is None else when(ms, known.now_ms)


def _quiet(row: LogRow, known: Known) -> Optional[str]:
    return None if row.to_ms is None else span(known.now_ms - row.to_ms)


def _look(row: LogRow, _known: Known) -> Look:
    if row.error:
        return Look(tone=Tone.PLAIN, mark=Mark.UNKNOWN, notes=(row.error,))
    if row.notes:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=row.notes)
    if row.bad:
        return Look(tone=Tone.WARN, mark=Mark.BAD)
    return WELL if row.is_counted else Look(mark=Mark.UNKNOWN, notes=(_uncounted(row),))


def _uncounted(row: LogRow) -> str:
    if row.is_cut:
        return "only its last 8 MiB were gone through for errors: l, then N"
    return "no line of it says when it was written: l reads it"


def _strip(row: LogRow, known: Known) -> Lines:
    lines = [Line(heading=row.name, text=f"{row.path}   l reads it")]
    if row.error:
        lines.append(Line(text=f"{row.error}. {row.advice}", tone=Tone.WARN))
    elif row.from_ms is not None and row.to_ms is not None:
        last = span(known.now_ms - row.to_ms)
        lines.append(
            Line(heading="HAS", text=f"{day(row.from_ms)} to {day(row.to_ms)}, {last} ago")
        )
    if row.bad:
        since = "of its last 8 MiB"
        if row.bad_from_ms is not None:
            since = f"since {when(row.bad_from_ms, known.now_ms)}"
        text = f"{row.bad} lines {since} say they are bad"
        lines.append(Line(heading="ERRORS", text=f"{text}: l, then n"))
    lines += [Line(text=note, tone=Tone.WARN) for note in row.notes]
    return Lines(lines=tuple(lines))


def _verdict(known: Known) -> Verdict:
    rows = known.rows("logs")
    bad = [row for row in rows if row.bad]
    shut = sum(1 for row in rows if row.error)
    more = f"{shut} cannot be read here; root may: sudo -E stx-tui" if shut else ""
    if not rows:
        return Verdict(word="NONE", text="no log that is known by name is here", tone=Tone.PLAIN)
    if shut == len(rows):
        return Verdict(word="CANNOT", text="read any of them", more=more, tone=Tone.WARN)
    if not bad:
        counted = sum(row.is_counted for row in rows)
        text = f"{counted} logs, no line of the last hour says it is bad"
        untold = [row.name for row in rows if not row.is_counted and not row.error]
        if untold:
            more = "; ".join(filter(None, (f"not told by {', '.join(untold)}", more)))
        return Verdict(word="WELL" if counted else "CAN'T TELL", text=text, more=more)
    worst = max(bad, key=lambda row: row.bad or 0)
    text = f"{len(bad)} of {len(rows)} logs have errors in the last hour, most {worst.name}"
    return Verdict(word="WARN", text=f"{text} ({worst.bad})", more=more, tone=Tone.WARN)


def _logs(row: LogRow, _known: Known) -> Logs:
    return Logs(streams=(stream_of(row.name),))


LOGS: Kind[LogRow] = Kind(
    name="logs",
    singular="log",
    model=LogRow,
    read=LogList(),
    id=lambda row: row.name,
    label=lambda row: row.name,
    columns=(
        Column(heading="NAME", value=lambda row: row.name),
        Column(heading="SIZE", value=_size, right=True, width=7),
        Column(heading="FROM", joined=lambda row, known: _moment(row.from_ms, known), width=17),
        Column(heading="TO", joined=lambda row, known: _moment(row.to_ms, known), width=17),
        Column(heading="QUIET", joined=_quiet, right=True, width=5),
        Column(heading="ERR 1h", value=lambda row: row.bad, right=True, width=6),
        Column(heading="PATH", value=lambda row: row.path, most=60, wide=True),
    ),
    look=_look,
    verdict=_verdict,
    strip=_strip,
    sort=lambda row, _known: (not row.bad, row.name),
    logs=_logs,
    noise=frozenset({"size", "from_ms", "to_ms", "bad", "bad_from_ms"}),
    # Each log is opened and its last hour gone through.
    every_s=60.0,
    is_inventory=False,
)
