"""The pretend clock runs, is driven or stands still; what is due happens in order, on time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from backend.simulator.clock import Clock

START = datetime(2026, 11, 21, tzinfo=timezone.utc)


class Ticks:
    """Real seconds, as the test says they pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def test_a_running_clock_is_as_much_faster_as_it_is_told(ticks: Ticks) -> None:
    clock = Clock(start=START, speed=20, ticks=ticks)
    ticks.now += 3
    clock.catch_up()
    assert clock.now() == START + timedelta(seconds=60)


def test_a_frozen_clock_only_moves_when_driven(ticks: Ticks) -> None:
    clock = Clock(start=START, speed=20, frozen=True, ticks=ticks)
    ticks.now += 3
    clock.catch_up()
    assert clock.now() == START
    clock.advance(5)
    assert clock.now() == START + timedelta(seconds=5)


def test_a_driven_clock_runs_on_from_where_it_was_driven_to(ticks: Ticks) -> None:
    clock = Clock(start=START, speed=2, ticks=ticks)
    ticks.now += 1
    clock.advance(10)
    ticks.now += 1
    clock.catch_up()
    assert clock.now() == START + timedelta(seconds=14)


def test_what_is_due_happens_in_order_each_at_its_own_time(ticks: Ticks) -> None:
    clock = Clock(start=START, ticks=ticks)
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, (clock.now() - START).total_seconds()))

    clock.at(5, lambda: note("second"))
    clock.at(2, lambda: note("first"))
    clock.at(5, lambda: note("third"))
    clock.at(3, lambda: clock.at(0.5, lambda: note("by the way")))
    clock.at(60, lambda: note("later"))
    clock.advance(10)
    assert seen == [("first", 2), ("by the way", 3.5), ("second", 5), ("third", 5)]
    clock.advance(10)
    assert len(seen) == 4
