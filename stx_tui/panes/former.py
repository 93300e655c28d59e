"""A verdict that rests on what is only remembered, and on what could not be read, says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.known import Reading
from backend.tone import Tone, Verdict
from backend.units import span


def as_it_was(verdict: Verdict, reading: Reading[Any], now_ms: int) -> Verdict:
    """Return a verdict that does not claim to know what it only remembers."""
    error = reading.error
    if error is not None and not reading.was_read:
        return Verdict(word="CANNOT", text=str(error), more=error.advice, tone=Tone.BAD)
    if error is None and not reading.is_remembered:
        return _with_malformed(verdict, reading)
    ago = f"{verdict.text} (as of {span(now_ms - reading.at_ms)} ago)"
    why = f"{error}. {error.advice}" if error is not None else "last known state; asking again"
    return Verdict(word=f"WAS {verdict.word}".rstrip(), text=ago, more=why, tone=Tone.WARN)


def _with_malformed(verdict: Verdict, reading: Reading[Any]) -> Verdict:
    """Return a verdict that says how many rows could not be read as their kind."""
    faults = reading.malformed
    if not faults:
        return verdict
    words = f"{len(faults)} could not be read: {faults[0]}"
    return replace(verdict, more=f"{words}; {verdict.more}" if verdict.more else words)
