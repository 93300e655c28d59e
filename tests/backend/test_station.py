"""A station: what it knows of deeds while the record is read beside their going on."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.deed import Deed, Outcome
from backend.errors import StoreError
from backend.kinds import every_kind
from backend.kinds.hardware_sensors import SENSORS
from backend.known import Memory
from backend.place import Place
from backend.settings import CloudSettings
from backend.sources.tls import Pins
from backend.station import Station
from backend.store import writer
from backend.store.store import Store
from tests.backend.test_courses import NOW_MS, heard, sensor


class Slow(Store):
    """A record whose reading takes as long as the test wants, after it was read."""

    gate: asyncio.Event

    async def memory(self, cloud: str) -> Memory:
        memory = await super().memory(cloud)
        await self.gate.wait()
        return memory


def deed_of(outcome: Outcome) -> Deed:
    return Deed(
        number="",
        cloud="c",
        kind="hosts",
        action="lock",
        row_id="1",
        label="worker-0",
        who="me",
        terminal="pts/0",
        began_ms=1,
        outcome=outcome,
    )


async def test_a_deed_that_ends_while_the_record_is_read_is_not_known_as_it_was_before(
    tmp_path: Path,
) -> None:
    store = Slow(tmp_path / "record.db", now_ms=lambda: 1, kinds=every_kind())
    store.gate = asyncio.Event()
    store.gate.set()
    station = Station(
        CloudSettings(name="c"),
        store=store,
        place=Place(hostname="desk"),
        now_ms=lambda: 1,
        pins=Pins(tmp_path / "pins.json"),
    )
    deed = await station.open_deed(deed_of(Outcome.OPEN))
    await station.remember()
    store.gate.clear()
    reading = asyncio.ensure_future(station.remember())
    # The record has been read, and its answer is on its way: now the deed ends.
    await asyncio.sleep(0.05)
    ended = replace(deed, outcome=Outcome.DONE, ended_ms=2)
    await station.update_deed(ended)
    station._on_deed(ended)
    store.gate.set()
    await reading
    (known,) = station.watch.known.memory.deeds
    assert known.outcome is Outcome.DONE
    await station.close()


class Unreadable(Store):
    """A record whose numbers cannot be read."""

    async def samples(self, *_of: Any, **_more: Any) -> Any:
        raise StoreError("the record is locked by another program")


async def test_numbers_that_the_record_cannot_give_back_stop_nothing(tmp_path: Path) -> None:
    store = Unreadable(tmp_path / "record.db", now_ms=lambda: NOW_MS, kinds=every_kind())
    station = Station(
        CloudSettings(name="c"),
        store=store,
        place=Place(hostname="desk"),
        now_ms=lambda: NOW_MS,
        pins=Pins(tmp_path / "pins.json"),
    )
    reading = heard(NOW_MS, sensor("Temp"))
    station._record(SENSORS, reading)
    await station.settled()
    ((_at_ms, value),) = station.watch.known.course(SENSORS.name, SENSORS.id(sensor("Temp")), "s0")
    assert value == 41.0
    await station.close()


async def test_a_disk_that_hangs_holds_nobody_up_who_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CLOSE_S", 0.2, raising=False)
    gate = threading.Event()
    store = Store(tmp_path / "record.db", now_ms=lambda: 1, kinds=every_kind())
    station = Station(
        CloudSettings(name="c"),
        store=store,
        place=Place(hostname="desk"),
        now_ms=lambda: 1,
        pins=Pins(tmp_path / "pins.json"),
    )
    store._writer.put(writer.Job(work=lambda *_: gate.wait()))
    leaving = asyncio.ensure_future(station.close())
    await asyncio.wait({leaving}, timeout=10)
    gate.set()
    assert leaving.done()
    leaving.result()
    assert any("what came last is not in it" in notice for notice in store.notices)
