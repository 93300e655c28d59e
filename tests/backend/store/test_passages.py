"""Through which states a row went: each with its instant, of every time that it was there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, List, Tuple

from backend.store.store import Store
from tests.backend.store.test_memory import after
from tests.backend.store.things import ALARMS, CLOUD, HOSTS, alarm, host, reading

DEPLOY = replace(HOSTS, passes="availability")
ROW = "1111-0001"


async def told(store: Store, *states: Tuple[int, str]) -> List[Tuple[str, int, bool]]:
    """Record in which state the row is at some seconds ("": it is not there); return passages."""
    for seconds, state in states:
        bodies: Tuple[Any, ...] = (host(1, availability=state),) if state else ()
        store.record(DEPLOY, reading(DEPLOY, bodies, after(seconds)), CLOUD)
        await store.written()
    found = (await store.memory(CLOUD)).passages["hosts"]
    assert {one.row_id for one in found} == {ROW}
    return [(one.value, (one.ms - after(0)) // 1000, one.at_least) for one in found]


async def test_each_state_is_told_with_its_instant_and_the_first_is_only_by_then(
    open_store: Callable[..., Store],
) -> None:
    store = open_store(kinds=(DEPLOY,))
    found = await told(store, (0, "start"), (10, "start"), (20, "start-done"), (30, "host"))
    assert found == [("start", 0, True), ("start-done", 20, False), ("host", 30, False)]


async def test_what_was_looked_for_and_not_there_came_when_it_is_seen(
    open_store: Callable[..., Store],
) -> None:
    store = open_store(kinds=(DEPLOY,))
    assert await told(store, (0, ""), (10, "start"), (20, "start-done")) == [
        ("start", 10, False),
        ("start-done", 20, False),
    ]


async def test_a_row_that_went_and_came_again_has_two_lives_each_with_its_own_states(
    open_store: Callable[..., Store],
) -> None:
    store = open_store(kinds=(DEPLOY,))
    lives = ((0, ""), (10, "start"), (20, "completed"), (30, ""), (40, "start"), (50, "host"))
    expected = [
        ("start", 10, False),
        ("completed", 20, False),
        ("", 30, False),
        ("start", 40, False),
        ("host", 50, False),
    ]
    assert await told(store, *lives) == expected
    # One read in full says the same as one that was there all the time.
    assert await told(open_store(kinds=(DEPLOY,))) == expected


async def test_one_that_came_back_as_it_went_is_told_in_that_state(
    open_store: Callable[..., Store],
) -> None:
    store = open_store(kinds=(DEPLOY,))
    assert await told(store, (0, ""), (10, "start"), (20, ""), (30, "start"), (40, "host")) == [
        ("start", 10, False),
        ("", 20, False),
        ("start", 30, False),
        ("host", 40, False),
    ]


async def test_what_was_found_after_a_pause_is_no_instant(
    open_store: Callable[..., Store],
) -> None:
    store = open_store(kinds=(DEPLOY,))
    assert await told(store, (0, ""), (10, "start"), (7200, "host")) == [
        ("start", 10, False),
        ("host", 7200, True),
    ]


async def test_the_first_alarm_of_a_site_that_had_none_is_news(store: Store) -> None:
    for seconds, bodies in ((0, ()), (10, (alarm(1),))):
        store.record(ALARMS, reading(ALARMS, bodies, after(seconds)), CLOUD)
        await store.written()
    (came,) = await store.changes(CLOUD)
    assert (came.kind, came.row_id, came.field, came.old) == ("alarms", "a-00001", "", None)


async def test_a_kind_that_does_not_ask_for_it_has_none(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, (host(1),), after(0)), CLOUD)
    await store.written()
    assert (await store.memory(CLOUD)).passages == {}
