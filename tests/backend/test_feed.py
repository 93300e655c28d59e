"""Kinds that tell of themselves: heard while looked at, kept while their source is away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, AsyncGenerator, Dict, List, Tuple

import pytest

from backend import feed, watch
from backend.errors import Unreachable
from backend.kind import Kube
from backend.known import Reading
from backend.told import Told
from backend.watch import Watch
from tests.backend.test_watch import running, until
from tests.backend.things import PLACE, THINGS, Clock, Service, thing

PODS = replace(THINGS, name="pods", read=Kube(plural="pods"), every_s=10.0)


class Teller:
    """Tells what a test says; an error is raised where it comes."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[Any] = asyncio.Queue()
        self.begun = 0
        self.ended = 0

    def say(self, *bodies: Dict[str, Any], **more: Any) -> None:
        self.said.put_nowait(Told(bodies=bodies, **more))

    async def tell(self) -> AsyncGenerator[Told, None]:
        self.begun += 1
        try:
            while True:
                said = await self.said.get()
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            self.ended += 1


class Desk:
    """A watch of one kind that is told, with all its readings."""

    def __init__(self) -> None:
        self.teller = Teller()
        self.clock = Clock()
        self.recorded: List[Reading[Any]] = []
        self.heard: List[Reading[Any]] = []
        self.watch = Watch(
            {"pods": PODS},
            Service().ask,
            cloud="c",
            place=PLACE,
            now_ms=self.clock,
            tellers=lambda _read: self.teller,
            record=lambda _kind, reading: self.recorded.append(reading),
            seed=1,
        )
        self.watch.listen(lambda _known, said: None if said is None else self.heard.append(said))

    @property
    def reading(self) -> Reading[Any]:
        return self.watch.known.reading("pods")

    @property
    def names(self) -> Tuple[str, ...]:
        return tuple(row.name for row in self.reading.rows)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "FIRST_S", 0.01)


async def test_pages_are_shown_as_they_come_and_the_whole_is_whole_at_its_end() -> None:
    desk = Desk()
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("a"), begins=True)
        await until(lambda: desk.names == ("a",))
        # So many are there so far, and nobody can say yet that another is not.
        assert not desk.reading.was_read
        desk.teller.say(thing("b"), ends=True)
        await until(lambda: desk.names == ("a", "b"))
        assert desk.reading.was_read
        assert desk.reading.changed == ("id-b",)
    await desk.watch.close()


async def test_a_change_makes_one_new_row_and_the_others_keep_their_objects() -> None:
    desk = Desk()
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("a"), thing("b"), begins=True, ends=True)
        await until(lambda: len(desk.names) == 2)
        before = desk.reading
        desk.teller.say(thing("b", "down"), thing("c"), gone=("id-zz",))
        await until(lambda: len(desk.names) == 3)
        assert desk.reading.rows[0] is before.rows[0]
        assert desk.reading.changed == ("id-b", "id-c")
        desk.teller.say(gone=("id-a",))
        await until(lambda: desk.names == ("b", "c"))
        assert desk.reading.gone == ("id-a",)
    await desk.watch.close()


async def test_that_all_holds_makes_the_rows_young_and_none_of_them_new() -> None:
    desk = Desk()
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("a"), begins=True, ends=True)
        await until(lambda: desk.reading.was_read)
        before = desk.reading
        desk.clock.ms += 5000
        desk.teller.say()
        await until(lambda: desk.reading.at_ms > before.at_ms)
        assert desk.reading.rows is before.rows
        assert desk.reading.changed == ()
    await desk.watch.close()


async def test_rows_stay_with_the_reason_while_the_server_is_away_and_go_on_when_it_is_back() -> (
    None
):
    desk = Desk()
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("a"), begins=True, ends=True)
        await until(lambda: desk.reading.was_read)
        at_ms = desk.reading.at_ms
        desk.clock.ms += 9000
        desk.teller.said.put_nowait(Unreachable("kubernetes", "connection refused"))
        await until(lambda: desk.reading.error is not None)
        assert desk.names == ("a",)
        assert desk.reading.at_ms == at_ms
        desk.teller.say(thing("b"))
        await until(lambda: desk.names == ("a", "b"))
        assert desk.reading.error is None
        assert desk.teller.begun == 2
    await desk.watch.close()


async def test_a_list_that_comes_anew_lets_go_only_at_its_end() -> None:
    desk = Desk()
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("a"), thing("b"), begins=True, ends=True)
        await until(lambda: len(desk.names) == 2)
        desk.teller.say(thing("c"), begins=True)
        await until(lambda: desk.names == ("a", "b", "c"))
        desk.teller.say(thing("b"), ends=True)
        await until(lambda: desk.names == ("b", "c"))
        assert desk.reading.gone == ("id-a",)
    await desk.watch.close()


async def test_a_row_that_cannot_be_read_is_said_and_takes_no_other_with_it() -> None:
    desk = Desk()
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say({"uuid": 7}, thing("a"), begins=True, ends=True)
        await until(lambda: desk.reading.was_read)
        assert desk.names == ("a",)
        assert "pods: 0.uuid" in str(desk.reading.malformed[0])
    await desk.watch.close()


async def test_what_nobody_looks_at_any_more_is_heard_for_a_while_and_then_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "LINGER_S", 0.2)
    monkeypatch.setattr(watch, "TICK_S", 0.1)
    desk = Desk()
    leave = desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("a"), begins=True, ends=True)
        await until(lambda: desk.reading.was_read)
        leave()
        desk.watch.look("pods")()
        assert desk.teller.ended == 0
        await until(lambda: desk.teller.ended == 1, seconds=15)
        assert desk.names == ("a",)
    await desk.watch.close()


async def test_five_readings_a_second_are_written_no_oftener_than_polled_ones() -> None:
    desk = Desk()
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("a"), begins=True, ends=True)
        for beat in range(5):
            desk.teller.say(thing("a", beat=beat), thing(f"n{beat}"))
        await until(lambda: len(desk.names) == 6)
        assert [len(reading.rows) for reading in desk.recorded] == [1]
    await desk.watch.close()


async def test_a_defect_of_ours_in_a_feed_ends_the_loop_and_is_shown() -> None:
    desk = Desk()
    desk.watch.look("pods")
    desk.teller.said.put_nowait(ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(desk.watch.run(), 5)
    await desk.watch.close()


async def test_what_nobody_looks_at_is_listed_once_and_not_heard() -> None:
    desk = Desk()
    desk.teller.say(thing("a"), begins=True)
    desk.teller.say(thing("b"), ends=True)
    reading = await desk.watch.read_now("pods")
    assert [row.name for row in reading.rows] == ["a", "b"]
    await until(lambda: desk.teller.ended == 1)
    # Asked for once more it is listed once more.
    desk.teller.say(thing("b"), begins=True, ends=True)
    assert [row.name for row in (await desk.watch.read_now("pods")).rows] == ["b"]
    await until(lambda: desk.teller.ended == 2)
    assert desk.teller.begun == 2
    await desk.watch.close()


async def test_what_nobody_looks_at_and_cannot_be_listed_is_not_asked_for_over_and_over() -> None:
    desk = Desk()
    desk.teller.said.put_nowait(Unreachable("kubernetes", "no route to host"))
    reading = await desk.watch.read_now("pods")
    assert isinstance(reading.error, Unreachable)
    await until(lambda: desk.teller.ended == 1)
    assert desk.teller.begun == 1
    await desk.watch.close()


async def test_who_comes_to_look_while_all_is_listed_sees_its_pages_and_it_is_listed_once() -> None:
    desk = Desk()
    listing = asyncio.ensure_future(desk.watch.read_now("pods"))
    desk.teller.say(thing("a"), begins=True)
    await until(lambda: desk.names == ("a",))
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("b"), ends=True)
        assert [row.name for row in (await listing).rows] == ["a", "b"]
        # It is heard from then on, where it was listed.
        desk.teller.say(thing("c"))
        await until(lambda: desk.names == ("a", "b", "c"))
        assert desk.teller.begun == 1
    await desk.watch.close()


async def test_who_comes_to_look_at_what_waits_for_its_turn_waits_for_none() -> None:
    desk = Desk()
    desk.watch._limits["kubernetes"] = asyncio.Semaphore(0)
    waiting = asyncio.ensure_future(desk.watch.read_now("pods"))
    await until(lambda: bool(desk.watch._queued))
    desk.watch.look("pods")
    async with running(desk.watch):
        desk.teller.say(thing("a"), begins=True, ends=True)
        await until(lambda: desk.names == ("a",))
        desk.watch._limits["kubernetes"].release()
        assert [row.name for row in (await waiting).rows] == ["a"]
        assert desk.teller.begun == 1
    await desk.watch.close()


async def test_a_source_that_is_away_all_night_is_still_asked_in_the_morning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "CEILING_S", 0.0)
    desk = Desk()
    desk.watch.look("pods")
    async with running(desk.watch):
        for _ in range(1100):
            desk.teller.said.put_nowait(Unreachable("kubernetes", "connection refused"))
        desk.teller.say(thing("a"), begins=True, ends=True)
        await until(lambda: desk.names == ("a",))
        assert desk.reading.error is None
    await desk.watch.close()
