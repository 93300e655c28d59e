"""The only loop: polls only what is looked at, backs off, speaks once, sweeps the rest."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, AsyncIterator, List, Optional

import pytest

from backend.errors import Unreachable
from backend.kind import Derived, Kind, Reach
from backend.known import Known, Reading
from backend.watch import Watch
from tests.backend.things import KINDS, PARTS, PLACE, THINGS, Clock, Service, thing


def watch(service: Service, clock: Optional[Clock] = None, **more: Any) -> Watch:
    more.setdefault("kinds", KINDS)
    return Watch(
        more.pop("kinds"), service.ask, cloud="c", place=PLACE, now_ms=clock or Clock(), **more
    )


@asynccontextmanager
async def running(watch: Watch) -> AsyncIterator[None]:
    task = asyncio.ensure_future(watch.run())
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def until(claim: Any, seconds: float = 5.0) -> None:
    ends = asyncio.get_running_loop().time() + seconds
    while not claim():
        assert asyncio.get_running_loop().time() < ends, "it never came true"
        await asyncio.sleep(0.01)


async def test_what_is_looked_at_is_polled_until_nobody_looks() -> None:
    service = Service(thing("a"))
    subject = watch(service)
    leave = subject.look("things", every_s=0.05)
    async with running(subject):
        await until(lambda: len(service.asked) >= 3)
        leave()
        await asyncio.sleep(0.1)
        asked = len([path for path, _ in service.asked if path == "/things"])
        await asyncio.sleep(0.2)
        assert len([path for path, _ in service.asked if path == "/things"]) == asked


async def test_two_who_ask_at_once_share_one_question() -> None:
    service = Service(thing("a"))
    service.slow = asyncio.Event()
    subject = watch(service)
    both = asyncio.gather(subject.read_now("things"), subject.read_now("things"))
    await asyncio.sleep(0)
    service.slow.set()
    first, second = await both
    assert first is second
    assert len(service.asked) == 1


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks begin at once since Python 3.12")
async def test_what_was_refused_at_once_is_asked_anew_where_tasks_begin_at_once() -> None:
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    service = Service(thing("a"))
    subject = watch(service)
    service.error = Unreachable("things", "refused")
    assert (await subject.read_now("things")).error is not None
    service.error = None
    assert (await subject.read_now("things")).error is None


async def test_an_outage_is_spoken_of_once_and_its_end_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Service(thing("a"))
    subject = watch(service)
    caplog.set_level(logging.INFO)
    service.error = Unreachable("things", "connection refused")
    for _ in range(3):
        await subject.read_now("things")
    service.error = None
    await subject.read_now("things")
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_failures_back_off() -> None:
    service = Service()
    service.error = Unreachable("things", "connection refused")
    subject = watch(service, seed=1)
    subject.look("things", every_s=0.05)
    async with running(subject):
        await asyncio.sleep(0.6)
    asked = [path for path, _ in service.asked if path == "/things"]
    assert 2 <= len(asked) <= 5  # 0.05 0.1 0.2 0.4 …; without backing off it would be twelve


async def test_the_jump_of_a_watched_field_is_dated() -> None:
    service, clock = Service(thing("a")), Clock(1000)
    subject = watch(service, clock)
    await subject.read_now("things")
    first = subject.known.since("things", "id-a", "state")
    assert first is not None
    assert first.at_least
    clock.ms, service.bodies = 9000, (thing("a", state="down"),)
    await subject.read_now("things")
    since = subject.known.since("things", "id-a", "state")
    assert since is not None
    assert (since.ms, since.at_least) == (9000, False)


async def test_only_good_readings_are_recorded() -> None:
    recorded: List[Reading[Any]] = []
    service = Service(thing("a"))
    subject = watch(service, record=lambda _kind, reading: recorded.append(reading))
    await subject.read_now("things")
    service.error = Unreachable("things", "refused")
    await subject.read_now("things")
    assert len(recorded) == 1


async def test_a_kind_that_answers_per_parent_fans_out_over_the_parents() -> None:
    kinds = {**KINDS, "parts": Kind(**{**vars(PARTS), "reach": Reach.PER_PARENT})}
    service = Service(thing("a"), thing("b"))
    subject = watch(service, kinds=kinds)
    whole = await subject.read_now("parts")
    assert {of for path, of in service.asked if "parts" in path} == {"id-a", "id-b"}
    assert {row.name for row in whole.rows} == {"a", "b"}


async def test_listeners_hear_each_reading_and_then_no_more() -> None:
    heard: List[Optional[Reading[Any]]] = []

    def listen(_known: Known, reading: Optional[Reading[Any]]) -> None:
        heard.append(reading)

    subject = watch(Service(thing("a")))
    leave = subject.listen(listen)
    await subject.read_now("things")
    leave()
    await subject.read_now("things")
    assert len(heard) == 1


async def test_inventory_is_swept_though_nobody_looks() -> None:
    service = Service(thing("a"))
    subject = watch(service)
    async with running(subject):
        await until(lambda: subject.known.has("things"))


async def test_a_change_seen_after_a_time_without_looking_is_only_known_to_be_before() -> None:
    service, clock = Service(thing("a")), Clock(1000)
    subject = watch(service, clock)
    await subject.read_now("things")
    clock.ms, service.bodies = 9_000_000, (thing("a", state="down"),)
    await subject.read_now("things")
    since = subject.known.since("things", "id-a", "state")
    assert since is not None
    assert since.at_least


async def test_what_failed_in_a_sweep_is_tried_again_within_minutes() -> None:
    service = Service()
    service.error = Unreachable("things", "refused")
    subject = watch(service)
    async with running(subject):
        await until(lambda: subject.known.reading("things").error is not None)
        now_s = asyncio.get_running_loop().time()
        assert subject._pace._sweep_due["things"] - now_s < 120


async def test_one_good_answer_brings_the_others_back_at_once() -> None:
    service = Service(thing("a"))
    subject = watch(service)
    subject.look("things", every_s=30.0)
    subject.look("parts", "id-a", every_s=30.0)
    service.error = Unreachable("things", "refused")
    for name, of in (("things", ""), ("parts", "id-a")):
        await subject.read_now(name, of)
        await subject.read_now(name, of)
    service.error = None
    asked = len(service.asked)
    await subject.read_now("things")
    async with running(subject):
        await until(lambda: any("parts" in path for path, _ in service.asked[asked:]), 2.0)


async def test_a_followed_row_is_asked_again_within_seconds_after_an_outage() -> None:
    service = Service()
    service.error = Unreachable("things", "refused")
    subject = watch(service, seed=1)
    subject.look("things", every_s=2.0)
    for _ in range(8):
        await subject.read_now("things")
    due_s = subject._pace._posts[("things", "")].due_s - asyncio.get_running_loop().time()
    assert due_s <= 6.0


# --- kinds that are worked out -------------------------------------------------------------------


def count(known: Known) -> List[Any]:
    rows = [row.name for row in known.rows("things")]
    if known.reading("parts").error is not None:
        rows.append("parts cannot be read")
    return [{"uuid": "all", "name": ", ".join(rows)}]


SUMS = replace(THINGS, name="sums", read=Derived(rows=count), needs=("things",), actions=())
WITH_SUMS = {**KINDS, "sums": SUMS}


async def test_a_derived_kind_reads_what_it_is_made_of_and_asks_nothing_itself() -> None:
    service, recorded = Service(thing("a"), thing("b")), []
    subject = watch(service, kinds=WITH_SUMS, record=lambda kind, _reading: recorded.append(kind))
    reading = await subject.read_now("sums")
    assert [row.name for row in reading.rows] == ["a, b"]
    assert service.asked == [("/things", "")]
    assert recorded == [THINGS, SUMS]
    await subject.read_now("sums")
    assert len(service.asked) == 1  # what was just read is not asked again


async def test_a_derived_kind_is_worked_out_anew_when_what_it_is_made_of_changes() -> None:
    service = Service(thing("a"))
    subject = watch(service, kinds=WITH_SUMS)
    subject.look("sums", every_s=3600.0)
    async with running(subject):
        await subject.read_now("sums")
        service.bodies = (thing("a"), thing("c"))
        await subject.read_now("things")
        await until(lambda: subject.known.rows("sums")[0].name == "a, c")


async def test_a_derived_kind_fails_only_where_nothing_it_is_made_of_can_be_read() -> None:
    service, clock = Service(thing("a")), Clock()
    both = replace(SUMS, needs=("things", "parts"))
    subject = watch(service, clock, kinds={**WITH_SUMS, "sums": both})
    first = await subject.read_now("sums")
    subject.put(replace(subject.known.reading("parts"), error=Unreachable("things", "refused")))
    partly = await subject.read_now("sums")
    assert (partly.error, partly.rows[0].name) == (None, "a, parts cannot be read")
    service.error = Unreachable("things", "refused")
    clock.ms += 60_000
    whole = await subject.read_now("sums")
    assert (whole.error, whole.rows, whole.at_ms) == (service.error, partly.rows, first.at_ms)


@pytest.mark.parametrize("steps", range(6))
async def test_a_cancellation_that_meets_a_new_look_is_not_lost(steps: int) -> None:
    subject = watch(Service(thing("a")))
    task = asyncio.ensure_future(subject.run())
    await asyncio.sleep(0.01)
    subject.look("things")
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=2)
    task.cancel()
    assert done, "it went on"
