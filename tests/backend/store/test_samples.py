from __future__ import annotations

from backend.store.samples import MEAN_OVER_MS
from backend.store.store import Store
from tests.backend.store.things import CLOUD, START_MS, Clock

HOUR_MS = 3_600_000
TEMPERATURE = (CLOUD, "sensors", "s-1", "temperature")


async def test_samples_come_back_in_their_order(store: Store) -> None:
    for at_ms, value in ((START_MS + 20, 42.5), (START_MS, 41.0), (START_MS + 20, 43.0)):
        await store.sample(*TEMPERATURE, value, at_ms)
    await store.written()
    assert await store.samples(*TEMPERATURE) == ((START_MS, 41.0), (START_MS + 20, 43.0))
    assert await store.samples(*TEMPERATURE, since_ms=START_MS + 1) == ((START_MS + 20, 43.0),)
    assert await store.samples(CLOUD, "sensors", "s-2", "temperature") == ()


async def test_old_samples_become_means_and_older_means_go(store: Store, clock: Clock) -> None:
    begin = START_MS // MEAN_OVER_MS * MEAN_OVER_MS
    for minute in range(20):
        await store.sample(*TEMPERATURE, float(minute), begin + minute * 60_000)
    await store.sample(*TEMPERATURE, 99.0, begin + 47 * HOUR_MS)
    clock.now = begin + 49 * HOUR_MS
    store.contact(CLOUD, "sensors", "", clock.now)
    await store.written()
    assert await store.samples(*TEMPERATURE) == (
        (begin, 4.5),
        (begin + MEAN_OVER_MS, 14.5),
        (begin + 47 * HOUR_MS, 99.0),
    )
    clock.now = begin + 91 * 24 * HOUR_MS
    store.contact(CLOUD, "sensors", "", clock.now)
    await store.written()
    assert await store.samples(*TEMPERATURE) == ((begin + 47 * HOUR_MS, 99.0),)
