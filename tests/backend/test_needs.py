"""Derived kinds that do not wait for what hangs, and readings that are hurried by news."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, AsyncIterator, Dict, List, Set

import pytest

from backend import needs
from backend.errors import Unreachable
from backend.kind import Ceph, Derived, Kind, Read
from backend.kinds import kind_named
from backend.known import Known
from backend.refresh import Answer
from backend.watch import Watch
from tests.backend.kinds import ceph
from tests.backend.kinds.site import reading
from tests.backend.test_watch import running, until
from tests.backend.things import PLACE, THINGS, Clock, thing

# Within this much of what is read something is to be told of it, on a busy machine too, in seconds.
SOON_S = 6.0


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nobody for long."""
    monkeypatch.setattr(needs, "ALONE_S", 0.1)
    monkeypatch.setattr(needs, "FIRST_S", 0.2)


OTHERS = replace(THINGS, name="others", read=replace(THINGS.read, path="/others"), actions=())


def _both(known: Known) -> List[Any]:
    names = [row.name for kind in ("things", "others") for row in known.rows(kind)]
    return [{"uuid": "all", "name": ", ".join(names)}]


def sums(**how: Any) -> Dict[str, Kind[Any]]:
    of = ("things", "others")
    read = Derived(rows=_both, **how)
    one = replace(THINGS, name="sums", read=read, needs=of, actions=(), every_s=3600.0)
    return {kind.name: kind for kind in (THINGS, OTHERS, one)}


class Wire:
    """Answers by path; what hangs is never answered until it is let go."""

    def __init__(self, **bodies: Any) -> None:
        self.bodies = bodies
        self.hangs: Set[str] = set()
        self.asked: List[str] = []
        self.let_go = asyncio.Event()

    async def ask(self, read: Read, _parent: str) -> Answer:
        name = str(getattr(read, "path", "")).strip("/")
        self.asked.append(name)
        if name in self.hangs:
            await self.let_go.wait()
        found = self.bodies.get(name, ())
        return lambda: iter(found)


@asynccontextmanager
async def looking(wire: Wire, kinds: Dict[str, Kind[Any]], *names: str) -> AsyncIterator[Watch]:
    watch = Watch(kinds, wire.ask, cloud="c", place=PLACE, now_ms=Clock())
    for name in names:
        watch.look(name)
    async with running(watch):
        yield watch
    wire.let_go.set()
    await watch.close()


def name_of(watch: Watch) -> str:
    rows = watch.known.rows("sums")
    return rows[0].name if rows else ""


async def test_what_is_told_in_part_is_told_though_a_part_of_it_hangs_from_the_start() -> None:
    wire = Wire(things=(thing("a"),), others=(thing("b"),))
    wire.hangs = {"others"}
    async with looking(wire, sums(partly=True), "sums") as watch:
        await until(lambda: name_of(watch) == "a", SOON_S)
        wire.bodies["things"] = (thing("c"),)
        await watch.read_now("things")
        await until(lambda: name_of(watch) == "c", SOON_S)
        wire.let_go.set()
        await until(lambda: name_of(watch) == "c, b", SOON_S)


async def test_of_nothing_at_all_no_part_is_told() -> None:
    wire = Wire(things=(thing("a"),), others=(thing("b"),))
    wire.hangs = {"things", "others"}
    async with looking(wire, sums(partly=True), "sums") as watch:
        await asyncio.sleep(0.8)
        assert not watch.known.has("sums")
        wire.let_go.set()
        await until(lambda: name_of(watch) == "a, b", SOON_S)


async def test_what_is_told_whole_waits_for_all_of_it() -> None:
    wire = Wire(things=(thing("a"),), others=(thing("b"),))
    wire.hangs = {"others"}
    async with looking(wire, sums(), "sums") as watch:
        await asyncio.sleep(0.8)
        assert not watch.known.has("sums")


async def test_what_comes_while_a_kind_is_worked_out_is_worked_in_after_it() -> None:
    wire = Wire(things=(thing("a"),))
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(known: Known) -> List[Any]:
        # On the thread of the reading, as any answer is read.
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        return _both(known)

    async with looking(wire, sums(), "sums") as watch:
        await until(lambda: name_of(watch) == "a", SOON_S)
        kinds = watch._kinds
        assert isinstance(kinds, dict)
        kinds["sums"] = replace(kinds["sums"], read=Derived(rows=slow))
        wire.bodies["things"] = (thing("b"),)
        await watch.read_now("things")
        await asyncio.wait_for(begun.wait(), SOON_S)
        wire.bodies["things"] = (thing("c"),)
        await watch.read_now("things")
        go_on.set()
        await until(lambda: name_of(watch) == "c", SOON_S)


async def test_news_of_a_source_have_what_is_looked_at_of_it_read_again_at_once() -> None:
    wire = Wire(things=(thing("a"),), others=(thing("b"),))
    slow = replace(OTHERS, read=replace(OTHERS.read, service="elsewhere"))
    kinds = {"things": replace(THINGS, every_s=3600.0), "others": replace(slow, every_s=3600.0)}
    async with looking(wire, kinds, *kinds) as watch:
        await until(lambda: watch.known.has("things") and watch.known.has("others"), SOON_S)
        wire.bodies["things"] = (thing("c"),)
        watch.hurry(kinds["things"].read.source)
        await until(lambda: watch.known.rows("things")[0].name == "c", SOON_S)
        assert wire.asked.count("others") == 1


async def test_news_that_come_while_it_is_read_have_it_read_once_more() -> None:
    wire = Wire(things=(thing("a"),))
    kinds = {"things": replace(THINGS, every_s=3600.0)}
    wire.hangs = {"things"}
    async with looking(wire, kinds, "things") as watch:
        await until(lambda: wire.asked == ["things"], SOON_S)
        watch.hurry(kinds["things"].read.source)
        wire.hangs = set()
        wire.let_go.set()
        await until(lambda: wire.asked == ["things"] * 2, SOON_S)


# --- the map of storage ------------------------------------------------------------------------


class Sites:
    """A Ceph that answers as one was recorded, and a sysinv that never answers."""

    def __init__(self) -> None:
        self.told = ceph.answers("16-well")
        self.never = asyncio.Event()

    async def ask(self, read: Read, _parent: str) -> Answer:
        if not isinstance(read, Ceph):
            await self.never.wait()
            raise Unreachable("sysinv", "gone")
        asked = {command.prefix for command in (*read.commands, *read.extras)}
        rows = list(read.rows({key: one for key, one in self.told.items() if key in asked}))
        return lambda: iter(rows)


async def test_a_dead_osd_is_on_the_map_though_sysinv_hangs() -> None:
    site = Sites()
    names = ("storage-map", *kind_named("storage-map").needs)  # type: ignore[union-attr]
    kinds = {name: kind_named(name) for name in names}
    watch = Watch(
        {name: kind for name, kind in kinds.items() if kind is not None},
        site.ask,
        cloud="site-7",
        place=PLACE,
        now_ms=lambda: time.time_ns() // 1_000_000,
    )
    watch.look("storage-map")

    def line() -> str:
        return next((row.note for row in watch.known.rows("storage-map")
                     if row.text == "osd.2"), "")  # fmt: skip

    async with running(watch):
        await until(lambda: line().startswith("up in"), 10)
        assert not watch.known.has("disks")
        site.told = ceph.answers("16-sick")
        watch.hurry("ceph")
        await until(lambda: line().startswith("DOWN in"), SOON_S)
        assert watch.known.reading("storage-map").error is None
    site.never.set()
    await watch.close()


@pytest.mark.parametrize("known", ["hosts", "disks", "osds"])
def test_where_sysinv_answered_in_part_its_osds_are_told_by_ceph(known: str) -> None:
    site = ceph.cluster()
    site = replace(site, readings={**site.readings, (known, ""): reading(known, [])})
    read: Any = kind_named("storage-map").read  # type: ignore[union-attr]
    rows = [row["text"] for row in read.rows(site) if row["of"] == "ceph-osds"]
    assert rows[:3] == ["osd.0", "osd.1", "osd.2"]
