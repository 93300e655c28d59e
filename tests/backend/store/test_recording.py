from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Callable, Dict, List, Tuple

from backend.errors import Malformed, Unreachable
from backend.known import Reading
from backend.store.diff import undone
from backend.store.store import Store
from tests.backend.store.things import (
    CLOUD,
    DISKS,
    EVENTS,
    HOSTS,
    START_MS,
    Clock,
    alarm,
    deed,
    host,
    reading,
)

Counted = Callable[[], Dict[str, int]]


async def said(store: Store, **which: Any) -> List[Tuple[Any, ...]]:
    """Return the changes oldest first, as (label, field, old, new, seconds, source)."""
    await store.written()
    return [
        (c.label, c.field, c.old, c.new, (c.at_ms - START_MS) // 1000, c.source)
        for c in reversed(await store.changes(CLOUD, **which))
    ]


def after(seconds: int) -> int:
    return START_MS + seconds * 1000


async def test_a_changed_field_is_recorded_with_old_and_new(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1), host(2)]), CLOUD)
    store.record(HOSTS, reading(HOSTS, [host(1, availability="failed"), host(2)], after(10)), CLOUD)
    assert await said(store) == [
        ("worker-1", "availability", '"available"', '"failed"', 10, "poll")
    ]
    assert store.trouble is None


async def test_the_first_reading_of_a_kind_is_no_change_but_a_row_that_comes_later_is(
    store: Store,
) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1)]), CLOUD)
    store.record(HOSTS, reading(HOSTS, [host(1), host(2)], after(10)), CLOUD)
    assert await said(store) == [("worker-2", "", None, '"worker-2"', 10, "poll")]


async def test_a_row_that_goes_and_comes_back_is_said_so(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1), host(2)]), CLOUD)
    store.record(HOSTS, reading(HOSTS, [host(1)], after(10)), CLOUD)
    back = [host(1), host(2, availability="offline")]
    store.record(HOSTS, reading(HOSTS, back, after(20)), CLOUD)
    assert await said(store) == [
        ("worker-2", "", '"worker-2"', None, 10, "poll"),
        ("worker-2", "", None, '"worker-2"', 20, "poll"),
        ("worker-2", "availability", '"available"', '"offline"', 20, "poll"),
    ]


async def test_an_unchanged_poll_writes_no_row(store: Store, count: Counted) -> None:
    same = reading(HOSTS, [host(1), host(2)])
    store.record(HOSTS, same, CLOUD)
    await store.written()
    before = count()
    for number in range(1, 6):
        # First with the very same rows, then with equal ones read anew.
        again = reading(HOSTS, [host(1), host(2)], after(10 * number))
        store.record(HOSTS, again, CLOUD)
    await store.written()
    assert count() == before
    assert before["item"] == 2


async def test_a_poll_of_which_only_declared_noise_differs_writes_no_row(
    store: Store, count: Counted
) -> None:
    noisy = host(1, uptime=5, capabilities={"heard": 1, "function": "monitor"})
    store.record(HOSTS, reading(HOSTS, [noisy]), CLOUD)
    await store.written()
    before = count()
    louder = host(1, uptime=15, capabilities={"heard": 2, "function": "monitor"})
    store.record(HOSTS, reading(HOSTS, [louder], after(10)), CLOUD)
    await store.written()
    assert count() == before
    changed = host(1, uptime=25, capabilities={"heard": 3, "function": "none"})
    store.record(HOSTS, reading(HOSTS, [changed], after(20)), CLOUD)
    assert [line[1] for line in await said(store)] == ["capabilities.function"]


async def test_a_poll_without_news_sends_the_database_no_write_at_all(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1, uptime=1), host(2)]), CLOUD)
    await store.written()
    said: List[str] = []
    raw = store._database._raw
    assert raw is not None
    raw.set_trace_callback(said.append)
    store.record(HOSTS, reading(HOSTS, [host(1, uptime=2), host(2)], after(10)), CLOUD)
    await store.written()
    assert said
    assert {sql.split()[0] for sql in said} <= {"BEGIN", "COMMIT", "PRAGMA"}


async def test_secrets_never_reach_the_file(store: Store, path: Any) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1, bm_password="tr0ub4dor")]), CLOUD)
    store.record(HOSTS, reading(HOSTS, [host(1, bm_password="c0rrect", x=1)], after(10)), CLOUD)
    assert [line[1] for line in await said(store)] == ["x"]
    await store.close()
    held = b"".join(part.read_bytes() for part in path.parent.iterdir())
    assert b"worker-1" in held
    assert b"tr0ub4dor" not in held
    assert b"c0rrect" not in held


async def test_readings_that_failed_or_were_remembered_are_not_recorded(
    store: Store, count: Counted
) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1)]), CLOUD)
    away = Unreachable("sysinv", "connection refused")
    store.record(HOSTS, reading(HOSTS, [], after(10), error=away), CLOUD)
    store.record(HOSTS, reading(HOSTS, [], after(10), is_remembered=True), CLOUD)
    await store.written()
    assert count()["change"] == 0


async def test_a_row_that_could_not_be_read_is_not_gone(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1), host(2)]), CLOUD)
    fault = Malformed("hosts", "1.hostname", "a number")
    store.record(HOSTS, reading(HOSTS, [host(1)], after(10), malformed=(fault,)), CLOUD)
    assert await said(store) == []


async def test_under_one_parent_only_its_own_rows_go(store: Store) -> None:
    store.record(DISKS, reading(DISKS, [host(1), host(2)], parent="h1"), CLOUD)
    store.record(DISKS, reading(DISKS, [host(3)], parent="h2"), CLOUD)
    store.record(DISKS, reading(DISKS, [host(2)], after(10), parent="h1"), CLOUD)
    assert await said(store) == [("1111-0001", "", '"1111-0001"', None, 10, "poll")]


async def test_rows_read_for_all_parents_are_those_of_one_once_it_was_asked(store: Store) -> None:
    store.record(DISKS, reading(DISKS, [host(1), host(2)]), CLOUD)
    store.record(DISKS, reading(DISKS, [host(1)], after(10), parent="h1"), CLOUD)
    store.record(DISKS, reading(DISKS, [], after(20), parent="h1"), CLOUD)
    assert await said(store) == [("1111-0001", "", '"1111-0001"', None, 20, "poll")]


async def test_rows_of_other_parents_are_no_news_where_only_one_was_read_before(
    store: Store,
) -> None:
    store.record(DISKS, reading(DISKS, [host(1)], parent="a"), CLOUD)
    store.record(DISKS, reading(DISKS, [host(1), host(2)], after(10)), CLOUD)
    assert await said(store) == []
    store.record(DISKS, reading(DISKS, [host(1), host(2), host(3)], after(20)), CLOUD)
    assert await said(store) == [("1111-0003", "", None, '"1111-0003"', 20, "poll")]


async def test_what_comes_after_all_were_read_under_their_parent_is_news(store: Store) -> None:
    store.record(DISKS, reading(DISKS, [host(1)]), CLOUD)
    store.record(DISKS, reading(DISKS, [host(1)], after(5), parent="a"), CLOUD)
    store.record(DISKS, reading(DISKS, [host(1), host(2)], after(10)), CLOUD)
    assert [change[0] for change in await said(store)] == ["1111-0002"]


async def test_what_changed_while_nobody_looked_is_found_later(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1)]), CLOUD)
    store.record(HOSTS, reading(HOSTS, [host(1, availability="failed")], after(7200)), CLOUD)
    assert [line[5] for line in await said(store)] == ["found"]


async def test_what_changes_under_an_open_deed_is_of_that_deed(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1), host(2)]), CLOUD)
    await store.open_deed(deed("1111-0001"))
    locked = [host(1, availability="online"), host(2, availability="failed")]
    store.record(HOSTS, reading(HOSTS, locked, after(10)), CLOUD)
    assert [(line[0], line[5]) for line in await said(store)] == [
        ("worker-1", "deed"),
        ("worker-2", "poll"),
    ]


async def test_two_consoles_on_one_store_record_a_change_once(
    open_store: Callable[..., Store], count: Counted
) -> None:
    consoles = [open_store(), open_store()]
    for seconds, state in ((0, "available"), (10, "failed"), (20, "available")):
        now = reading(HOSTS, [host(1, availability=state), host(2)], after(seconds))
        for console in consoles:
            console.record(HOSTS, now, CLOUD)
        for console in consoles:
            await console.written()
    assert count()["change"] == 2
    assert count()["item"] == 2


async def test_an_older_reading_of_a_slower_console_undoes_nothing(
    open_store: Callable[..., Store],
) -> None:
    quick, slow = open_store(), open_store()
    quick.record(HOSTS, reading(HOSTS, [host(1)]), CLOUD)
    quick.record(HOSTS, reading(HOSTS, [host(1, availability="failed")], after(10)), CLOUD)
    await quick.written()
    slow.record(HOSTS, reading(HOSTS, [host(1)], after(9)), CLOUD)
    assert len(await said(slow)) == 1


async def test_a_clock_that_was_an_hour_ahead_silences_nothing(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1)], after(3600)), CLOUD)
    store.record(HOSTS, reading(HOSTS, [host(1, availability="failed")], after(0)), CLOUD)
    assert len(await said(store)) == 1


async def test_events_are_stored_once_as_they_come(store: Store, count: Counted) -> None:
    def log(*numbers: int) -> Reading[Any]:
        bodies = [alarm(n, at=f"2025-11-22T08:{n:02d}:00", state="set") for n in numbers]
        return reading(EVENTS, bodies)

    store.record(EVENTS, log(3, 2, 1), CLOUD)
    store.record(EVENTS, log(4, 3, 2), CLOUD)
    await store.written()
    assert count()["event"] == 4
    assert count()["item"] == 0
    events = await store.events(CLOUD, limit=2)
    assert [event["uuid"] for event in events] == ["a-00004", "a-00003"]


async def test_what_is_secret_is_not_stored_of_an_event_either(store: Store) -> None:
    kind = replace(EVENTS, secret=frozenset({"reason_text"}))
    store.record(kind, reading(kind, [alarm(1, reason_text="hunter2")]), CLOUD)
    await store.written()
    (event,) = await store.events(CLOUD)
    assert event["uuid"] == "a-00001"
    assert "hunter2" not in str(event)


async def test_an_event_without_a_usable_instant_stands_where_it_was_read(store: Store) -> None:
    bodies = [alarm(1, at="yesterday"), alarm(2, timestamp=None), alarm(3)]
    store.record(EVENTS, reading(EVENTS, bodies), CLOUD)
    await store.written()
    assert len(await store.events(CLOUD, since_ms=START_MS)) == 2


async def test_changes_played_backwards_from_the_item_give_the_first_body(
    store: Store, path: Any
) -> None:
    bodies = [
        host(1, a={"b": [1], "c.d": None}),
        host(1, a={"b": [2], "c.d": 1}, task="Locking"),
        host(1, a=None, task=""),
        host(1, availability="failed"),
    ]
    for number, body in enumerate(bodies):
        store.record(HOSTS, reading(HOSTS, [body], after(10 * number)), CLOUD)
    await store.written()
    changes = [(c.field, c.old, c.new) for c in await store.changes(CLOUD)]
    assert undone(bodies[-1], changes) == bodies[0]
    assert json.loads(json.dumps(bodies[-1])) == bodies[-1]


async def test_text_that_no_database_takes_is_stored_all_the_same(store: Store) -> None:
    wild = host(1, hostname="w\0rker\ud800", task="\x1b[2J \u202e \ud800")
    store.record(HOSTS, reading(HOSTS, [host(2)]), CLOUD)
    # A body built as from JSON, where half a character may stand.
    row = HOSTS.model.model_construct(uuid="1111-0001", hostname="w\0rker\ud800")
    row._body = wild
    both = reading(HOSTS, [host(2)], after(10))
    rows = (*both.rows, row)
    store.record(
        HOSTS,
        Reading(kind="hosts", rows=rows, by_id={r.uuid: r for r in rows}, at_ms=after(10)),
        CLOUD,
    )
    assert [line[0] for line in await said(store)] == ["w?rker?"]
    assert store.trouble is None


async def test_a_cloud_keeps_its_record_when_it_is_named_and_renamed(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1)]), "site-7")
    store.name_cloud(CLOUD, "site-7")
    store.record(HOSTS, reading(HOSTS, [host(1, availability="x")], after(10)), CLOUD)
    store.name_cloud(CLOUD, "site-8")
    await store.written()
    assert len(await store.changes(CLOUD)) == 1
    assert len(await store.changes("site-8")) == 1
    assert await store.changes("site-7") == ()


async def test_contacts_are_written_at_most_once_a_minute_and_at_the_end(
    store: Store, clock: Clock, open_store: Callable[..., Store], path: Any
) -> None:
    from backend.store.glance import glance

    same = reading(HOSTS, [host(1)])
    for seconds in range(0, 100, 10):
        clock.now = after(seconds)
        store.record(
            HOSTS, reading(HOSTS, [], clock.now, error=Unreachable("sysinv", "gone")), CLOUD
        )
    clock.now = after(100)
    store.record(HOSTS, same, CLOUD)
    store.contact(CLOUD, "hosts", "", after(110), "sysinv: too slow")
    await store.close()
    seen = glance(path, CLOUD, ["hosts"]).seen[0]
    assert (seen.at_ms, seen.error) == (after(110), "sysinv: too slow")
