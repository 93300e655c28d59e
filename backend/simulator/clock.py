"""The pretend clock: runs faster than ours, is driven, or stands still; and what is due on it."""

from __future__ import annotations

import heapq
import time
from datetime import datetime, timedelta, timezone
from typing import Callable

Due = Callable[[], None]

START = datetime(2026, 11, 21, 2, 41, 20, tzinfo=timezone.utc)


class Clock:
    """Pretend time in UTC, and the work that falls due on it.

    Nothing runs by itself: whoever looks calls `catch_up` (as often as he likes) or `advance`, and
    all that fell due meanwhile runs in order, each with the clock standing at its own time.
    """

    def __init__(
        self,
        *,
        start: datetime = START,
        speed: float = 1.0,
        frozen: bool = False,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.speed = 0.0 if frozen else speed
        self._ticks = ticks
        self.began = start
        self._now = start
        self._anchor = (start, ticks())
        self._due: list[tuple[datetime, int, Due]] = []
        self._count = 0

    @property
    def frozen(self) -> bool:
        return self.speed == 0.0

    def now(self) -> datetime:
        """The pretend instant up to which everything due has happened."""
        return self._now

    def at(self, delay_s: float, due: Due) -> None:
        """Run `due` when `delay_s` pretend seconds have passed."""
        self._count += 1
        when = self._now + timedelta(seconds=max(0.0, delay_s))
        heapq.heappush(self._due, (when, self._count, due))

    def catch_up(self) -> None:
        """Do what fell due since the last look. A frozen clock has nothing to catch up with."""
        if not self.frozen:
            instant, tick = self._anchor
            passed = (self._ticks() - tick) * self.speed
            self._run_until(instant + timedelta(seconds=passed))

    def go(self, speed: float) -> None:
        """Run on at another speed from now; 0 stands still."""
        self.catch_up()
        self.speed = speed
        self._anchor = (self._now, self._ticks())

    def advance(self, seconds: float) -> None:
        """Jump `seconds` pretend seconds ahead, doing all that falls due on the way."""
        self.catch_up()
        self._run_until(self._now + timedelta(seconds=seconds))
        self._anchor = (self._now, self._ticks())

    def _run_until(self, end: datetime) -> None:
        while self._due and self._due[0][0] <= end:
            when, _, due = heapq.heappop(self._due)
            self._now = max(self._now, when)
            due()
        self._now = max(self._now, end)
