"""Which row to paint again while nothing happens, since the far screen cannot be read back."""

from __future__ import annotations

from typing import Optional


class Scrub:
    """A row every `every_s` seconds of quiet, from the top down; None: never.

    What the kernel or `wall` wrote over the screen is gone after one round. A row costs 60 to 90
    bytes, and is the first thing to wait when the operator does something.
    """

    def __init__(self, every_s: Optional[float]) -> None:
        self._every_s = every_s
        self._next_at: Optional[float] = None
        self._row = 0

    def touched(self, now: float) -> None:
        """Something was sent: the quiet starts over."""
        if self._every_s is not None:
            self._next_at = now + self._every_s

    def pause(self, now: float) -> Optional[float]:
        """Seconds until a row is due, 0 if one is, None if none ever will be."""
        if self._next_at is None:
            return None
        return max(0.0, self._next_at - now)

    def row(self, height: int) -> int:
        """The row that is due; the next call gives the next one."""
        row = self._row % height
        self._row = row + 1
        return row
