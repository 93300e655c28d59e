from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Iterable, Mapping, Tuple

from backend.deed import Deed, Outcome
from backend.known import Mark, Since
from backend.store.store import Store
from tests.backend.store.things import (
    ALARMS,
    CLOUD,
    EVENTS,
    HOSTS,
    START_MS,
    Clock,
    alarm,
    deed,
    host,
    reading,
)

KEY = ("hosts", "1111-0001", "availability")


def after(seconds: int) -> int:
    return START_MS + seconds * 1000


async def put(store: Store, seconds: int, *bodies: Any) -> None:
    store.record(HOSTS, reading(HOSTS, bodies, after(seconds)), CLOUD)
    await store.written()


async def test_since_is_at_least_since_first_seen_and_exact_after_a_change(store: Store) -> None:
    await put(store, 0, host(1))
    assert (await store.memory(CLOUD)).since[KEY] == Since(ms=after(0), at_least=True)
    await put(store, 10, host(1, task="Locking"))
    assert (await store.memory(CLOUD)).since[KEY] == Since(ms=after(0), at_least=True)
    await put(store, 20, host(1, availability="failed"))
    assert (await store.memory(CLOUD)).since[KEY] == Since(ms=after(20))
    await put(store, 7200, host(1, availability="available"))
    assert (await store.memory(CLOUD)).since[KEY] == Since(ms=after(7200), at_least=True)


async def test_since_ends_with_the_row_and_begins_again_with_it(store: Store) -> None:
    await put(store, 0, host(1), host(2))
    await put(store, 10, host(1, availability="failed"), host(2))
    await put(store, 20, host(2))
    assert KEY not in (await store.memory(CLOUD)).since
    await put(store, 30, host(1, availability="failed"), host(2))
    assert (await store.memory(CLOUD)).since[KEY] == Since(ms=after(30), at_least=True)


async def test_a_memory_read_in_full_says_the_same_as_one_read_onward(
    open_store: Callable[..., Store],
) -> None:
    store = open_store()
    for seconds, states in ((0, "ab"), (10, "bb"), (20, "b"), (30, "bc"), (40, "ac")):
        bodies = [host(number, availability=state) for number, state in enumerate(states)]
        await put(store, seconds, *bodies)
        onward = await store.memory(CLOUD)
    await store.open_deed(deed())
    onward = await store.memory(CLOUD)
    assert await open_store().memory(CLOUD) == onward
    assert len(onward.since) == 2


async def test_without_news_the_memory_is_the_same_object(store: Store) -> None:
    await put(store, 0, host(1))
    await store.open_deed(deed())
    former = await store.memory(CLOUD)
    await put(store, 10, host(1))
    assert await store.memory(CLOUD) is former


async def test_what_another_console_wrote_is_in_the_memory(
    open_store: Callable[..., Store],
) -> None:
    mine, other = open_store(), open_store()
    await put(mine, 0, host(1))
    await mine.memory(CLOUD)
    await put(other, 10, host(1, availability="failed"))
    await other.mark(CLOUD, "hosts", "1111-0001", {"note": "DIMM A4 ordered"})
    memory = await mine.memory(CLOUD)
    assert memory.since[KEY] == Since(ms=after(10), at_least=True)
    assert memory.marks[("hosts", "1111-0001")] == Mark(note="DIMM A4 ordered")


async def done(store: Store, label: str, took_s: int, outcome: Outcome = Outcome.DONE) -> Deed:
    from dataclasses import replace

    opened = await store.open_deed(deed(label=label))
    sent_ms = START_MS + 100
    ended = replace(
        opened,
        sent_ms=sent_ms,
        ended_ms=sent_ms + took_s * 1000,
        outcome=outcome,
        reached={"accepted": sent_ms + 1000, "offline": sent_ms + 20_000},
    )
    await store.update_deed(ended)
    return ended


async def test_usual_times_are_of_the_last_five_deeds_that_went_well(store: Store) -> None:
    for number in range(7):
        await done(store, "worker-1", 40 + number)
    await done(store, "worker-2", 60)
    await done(store, "worker-1", 999, Outcome.FAILED)
    memory = await store.memory(CLOUD)
    mine = tuple(1000 * (46 - number) for number in range(5))
    assert memory.usual[("hosts", "lock", "worker-1")] == mine
    assert memory.usual[("hosts", "lock", "")] == (60_000, *mine[:4])
    assert memory.steps[("hosts", "lock", "worker-2", "accepted")] == (1000,)
    assert memory.steps[("hosts", "lock", "worker-2", "offline")] == (19_000,)


async def test_deeds_are_the_open_ones_and_the_last_fifty(store: Store) -> None:
    still_open = await store.open_deed(deed(label="old"))
    for _ in range(51):
        last = await done(store, "worker-1", 1)
    deeds = (await store.memory(CLOUD)).deeds
    assert (len(deeds), deeds[0], deeds[-1]) == (51, last, still_open)


async def test_marks_are_given_and_taken_away(store: Store) -> None:
    values = {"seen_by": "anna", "seen_ms": str(START_MS), "note": "known"}
    await store.mark(CLOUD, "alarms", "a-1", values, who="anna")
    key = ("alarms", "a-1")
    assert (await store.memory(CLOUD)).marks[key] == Mark(
        seen_by="anna", seen_ms=START_MS, note="known"
    )
    await store.mark(CLOUD, "alarms", "a-1", {"seen_by": "bob", "seen_ms": None, "note": None})
    assert (await store.memory(CLOUD)).marks[key] == Mark(seen_by="bob")
    await store.mark(CLOUD, "alarms", "a-1", {"seen_by": None})
    assert key not in (await store.memory(CLOUD)).marks


async def test_the_baseline_and_the_last_visit_are_remembered(
    open_store: Callable[..., Store], clock: Clock
) -> None:
    store = open_store()
    assert (await store.memory(CLOUD)).baseline_ids is None
    assert await store.visit(CLOUD, "anna", "ttyS0") == 0
    await store.set_baseline(CLOUD, ["b", "a"], START_MS)
    clock.now = after(600)
    await store.close()
    clock.now = after(3600)
    store = open_store()
    assert await store.visit(CLOUD, "bob", "pts/1") == 0
    assert await store.visit(CLOUD, "anna", "pts/1") == after(600)
    memory = await store.memory(CLOUD)
    assert (memory.baseline_ms, memory.baseline_ids) == (START_MS, frozenset("ab"))
    assert memory.visit_ms == after(600)


async def test_seen_before_counts_alarms_of_the_list_and_of_the_log_once(store: Store) -> None:
    entity = "host=worker-1"
    at = ("2025-11-20T08:00:00", "2025-11-21T08:00:00", "2025-11-22T08:00:00")
    log = [
        alarm(1, at[0], alarm_id=None, event_log_id="200.001", state="set"),
        alarm(2, at[0], alarm_id=None, event_log_id="200.001", state="clear"),
        alarm(3, at[1], alarm_id=None, event_log_id="200.001", state="set"),
        alarm(4, "2025-01-01T00:00:00", alarm_id=None, event_log_id="200.001", state="set"),
    ]
    events = [EVENTS.model.read(body) for body in log]
    store.record(
        EVENTS,
        reading(EVENTS, [row.body for row in events]),
        CLOUD,
    )
    store.record(ALARMS, reading(ALARMS, [alarm(9, at[1]), alarm(8, "never")]), CLOUD)
    await store.written()
    days = 24 * 3600 * 1000
    first = 1_763_625_600_000
    seen = (await store.memory(CLOUD)).seen_before
    assert seen == {("200.001", entity): (first, first + days)}
    store.record(ALARMS, reading(ALARMS, [alarm(10, at[2])], after(10)), CLOUD)
    await store.written()
    seen = (await store.memory(CLOUD)).seen_before
    assert seen == {("200.001", entity): (first, first + days, first + 2 * days)}


async def test_of_a_cloud_never_seen_there_is_no_memory(store: Store) -> None:
    await put(store, 0, host(1))
    memory = await store.memory("another")
    assert not memory.since
    assert store.trouble is None


# --- how long things took in rows that are gone --------------------------------------------------


def lasted(body: Mapping[str, Any]) -> Iterable[Tuple[str, int]]:
    return [(name, int(took)) for name, took in body.get("took", {}).items()]


async def test_what_took_how_long_is_remembered_of_rows_that_are_gone_the_newest_first(
    open_store: Callable[..., Store],
) -> None:
    kind = replace(HOSTS, lasted=lasted)
    store = open_store(kinds=(kind,))
    for number, took in enumerate((30, 20, 10)):
        bodies = [host(number, took={"lock": took})]
        store.record(kind, reading(kind, bodies, after(number * 10)), CLOUD)
        await store.written()
    steps = (await store.memory(CLOUD)).steps
    # The one that is there still says nothing of what is usual.
    assert steps["hosts", "", "", "lock"] == (20, 30)
    again = await store.memory(CLOUD)
    assert again.steps == steps
