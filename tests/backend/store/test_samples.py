from __future__ import annotations

from typing import Any

from backend.store.samples import MEAN_OVER_MS
from backend.store.store import Store
from tests.backend.store.things import CLOUD, START_MS, Clock

HOUR_MS = 3_600_000
TEMPERATURE = (CLOUD, "sensors", "temperature")


async def course(store: Store, row_id: str = "s-1", since_ms: int = 0) -> Any:
    found = await store.samples(*TEMPERATURE, (row_id,), since_ms=since_ms)
    return found.get(row_id, ())


async def test_samples_come_back_in_their_order(store: Store) -> None:
    for at_ms, value in ((START_MS + 20, 42.5), (START_MS, 41.0), (START_MS + 20, 43.0)):
        store.sample(*TEMPERATURE, {"s-1": value}, at_ms)
    await store.written()
    assert await course(store) == ((START_MS, 41.0), (START_MS + 20, 43.0))
    assert await course(store, since_ms=START_MS + 1) == ((START_MS + 20, 43.0),)
    assert await course(store, "s-2") == ()


async def test_old_samples_become_means_and_older_means_go(store: Store, clock: Clock) -> None:
    begin = START_MS // MEAN_OVER_MS * MEAN_OVER_MS
    for minute in range(20):
        store.sample(*TEMPERATURE, {"s-1": float(minute)}, begin + minute * 60_000)
    store.sample(*TEMPERATURE, {"s-1": 99.0}, begin + 47 * HOUR_MS)
    clock.now = begin + 49 * HOUR_MS
    store.contact(CLOUD, "sensors", "", clock.now)
    await store.written()
    assert await course(store) == (
        (begin, 4.5),
        (begin + MEAN_OVER_MS, 14.5),
        (begin + 47 * HOUR_MS, 99.0),
    )
    clock.now = begin + 91 * 24 * HOUR_MS
    store.contact(CLOUD, "sensors", "", clock.now)
    await store.written()
    assert await course(store) == ((begin + 47 * HOUR_MS, 99.0),)


async def test_many_rows_are_asked_for_at_once(store: Store) -> None:
    values = {f"s-{number}": float(number) for number in range(1200)}
    store.sample(*TEMPERATURE, values, START_MS)
    await store.written()
    found = await store.samples(*TEMPERATURE, tuple(values))
    assert {row_id: points[0][1] for row_id, points in found.items()} == values
