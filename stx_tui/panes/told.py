"""What is said above logs: what one looks at, from when to when, how many lines match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from backend.errors import StxError
from backend.logs.moments import exact
from backend.logs.reader import Reader
from backend.tone import Tone, Verdict
from backend.units import DAY_MS


@dataclass
class Told:
    """What is known of the logs beside their lines; instants are epoch ms."""

    names: Tuple[str, ...]
    of: str = ""
    cannot: str = ""
    from_ms: Optional[int] = None
    to_ms: Optional[int] = None
    is_empty: bool = False
    errors: Tuple[StxError, ...] = ()
    notes: Tuple[str, ...] = ()
    news: Tuple[str, ...] = ()


def verdict(
    told: Told, reader: Optional[Reader], *, follows: bool, now_ms: int, keys: bool = True
) -> Verdict:
    """Return row 3: the word says what is done, the text of what, how much of it matches.

    ``keys`` says that there are keys to be told of.
    """
    if told.cannot:
        return Verdict(word="CANNOT", text=told.cannot, tone=Tone.BAD)
    if reader is None:
        return Verdict(word="OPENING", text=", ".join(told.names), tone=Tone.BUSY)
    text = f"{_extent(told, now_ms)}; {_matching(reader)}"
    more = "  ".join(_more(told, reader))
    if reader.progress is not None:
        word = f"SEARCHING {reader.progress.percent} %"
        return Verdict(word=word, text=f"{text}; Esc stops", more=more, tone=Tone.BUSY)
    tone = Tone.WARN if told.errors or reader.view.troubles else Tone.PLAIN
    if follows:
        return Verdict(word="FOLLOWING", text=text, more=more, tone=tone)
    return Verdict(
        word="STANDING", text=text, more=more or "f follows what comes" * keys, tone=tone
    )


def _extent(told: Told, now_ms: int) -> str:
    if told.from_ms is None and told.is_empty:
        return "no line so far"
    if told.from_ms is None or told.to_ms is None:
        return "no line says when it was written" if told.from_ms == told.to_ms else "-"
    first, last = exact(told.from_ms)[:16] + "Z", exact(told.to_ms)[:19] + "Z"
    if told.from_ms // DAY_MS == told.to_ms // DAY_MS:
        last = last[11:]
    quiet_ms = now_ms - told.to_ms
    old = f" ({quiet_ms // DAY_MS}d ago)" if quiet_ms > DAY_MS else ""
    return f"{first} to {last}{old}"


def _matching(reader: Reader) -> str:
    if not reader.text:
        return "all lines"
    if reader.matching is not None:
        many = "1 line has" if reader.matching == 1 else f"{reader.matching:,} lines have"
        return f"{many} {reader.text!r}"
    counted = f", {reader.counted.percent} % counted" if reader.counted is not None else ""
    return f"lines with {reader.text!r}{counted}"


def _more(told: Told, reader: Reader) -> Tuple[str, ...]:
    """Return what is not as it should be: what cannot be read first, then what became of others."""
    failed = [f"{error}" + (f" ({error.advice})" if error.advice else "") for error in told.errors]
    failed += [f"{name}: {error}" for name, error in reader.view.troubles.items()]
    return (*failed, *reader.view.notes, *told.news, *told.notes)
