"""A lock from the key to its real end and into the history, against the pretend cloud."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Tuple

from textual import events
from textual.pilot import Pilot

from backend.figure import Jump
from backend.kinds import every_kind
from backend.place import Place
from backend.settings import CloudSettings, load
from backend.simulator import Simulator
from backend.simulator.children import children
from backend.sources.tls import Pins
from backend.station import Station
from backend.store.store import Store
from stx_tui.app import StxApp
from stx_tui.panes.figure import FigurePane
from stx_tui.screens.act import ActScreen
from stx_tui.screens.actions import ActionsScreen
from stx_tui.screens.detail import DetailScreen
from stx_tui.screens.follow import FollowScreen
from tests.tui.things import screen_text

PLACE = Place(hostname="laptop", user="sysadmin", terminal="ttyS0")


def settings_of(simulator: Simulator, tmp_path: Path) -> CloudSettings:
    told = [line.split(" ", 1)[1] for line in simulator.openrc().splitlines() if "=" in line]
    env = {name: value.strip("'") for name, _, value in (line.partition("=") for line in told)}
    settings = load({**env, "HOME": str(tmp_path)}).default
    assert settings is not None
    return settings


@asynccontextmanager
async def console(tmp_path: Path) -> AsyncIterator[Tuple[StxApp, Pilot[None], Simulator]]:
    async with Simulator(frozen=True) as simulator:

        def now_ms() -> int:
            return round(simulator.clock.now().timestamp() * 1000)

        async def opener() -> Station:
            station = Station(
                settings_of(simulator, tmp_path),
                store=Store(tmp_path / "record.db", now_ms=now_ms, kinds=every_kind()),
                place=PLACE,
                now_ms=now_ms,
                pins=Pins(tmp_path / "pins.json"),
            )
            await station.start()
            return station

        app = StxApp(None, opener, now_ms=now_ms, place=PLACE)
        async with app.run_test(size=(80, 24)) as pilot:
            await seen(app, pilot, "worker-2")
            yield app, pilot, simulator


async def seen(app: StxApp, pilot: Pilot[None], words: str, wait_s: float = 10.0) -> str:
    """Wait until ``words`` stand on the screen."""
    ends = time.monotonic() + wait_s
    while time.monotonic() < ends:
        text = "\n".join(screen_text(app))
        if words in text:
            return text
        await pilot.pause(0.05)
    raise AssertionError(f"{words!r} never came:\n{text}")


async def hear(app: StxApp, pilot: Pilot[None]) -> None:
    """Wait until the dialog on top hears keys, without waiting half a second."""
    await pilot.pause()
    dialog: Any = app.screen
    dialog._deaf_until = 0.0


async def type_slowly(app: StxApp, pilot: Pilot[None], text: str) -> None:
    at_s = time.monotonic()
    for one in text:
        at_s += 0.15
        event = events.Key("enter" if one == "\r" else one, one)
        event.time = at_s
        app.post_message(event)
        await pilot.pause()


async def test_a_lock_is_previewed_confirmed_followed_to_its_end_and_found_again(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as (app, pilot, simulator):
        assert app.station is not None
        host = next(h for h in app.known.rows("hosts") if h.hostname == "worker-2")
        app.push_screen(ActionsScreen(app.rooms.by_name["hosts"], (host.uuid,)))
        await seen(app, pilot, "stops something: wants yes typed")
        await hear(app, pilot)
        await type_slowly(app, pilot, "L")
        await seen(app, pilot, "SAME AS   system host-lock worker-2")
        assert isinstance(app.screen, ActScreen)
        await seen(app, pilot, "0 fail")
        await hear(app, pilot)
        await type_slowly(app, pilot, "w" + "ticket 4711\r" + "yes\r")
        await seen(app, pilot, "gone")
        assert isinstance(app.screen, FollowScreen)
        for _ in range(20):
            await simulator.advance(20)
            await app.station.watch.read_now("hosts")
            await pilot.pause()
            if "REALLY DONE" in screen_text(app)[1]:
                break
        await seen(app, pilot, "REALLY DONE")
        app.push_screen(DetailScreen(app.rooms.by_name["hosts"], host.uuid, "h"))
        text = await seen(app, pilot, "lock by sysadmin (ttyS0): done")
        assert '"ticket 4711"' in text


async def test_w_says_of_a_host_why_each_action_would_be_refused_and_leads_there(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as (app, pilot, _simulator):
        await pilot.press("w")
        text = await seen(app, pilot, "WHY NOT  host controller-0")
        assert "CAN " in text
        await seen(app, pilot, "CANNOT: 1 reason")
        text = await seen(app, pilot, "not the active controller: controller-0 is the active")
        while app.screen.query_one(FigurePane).jump is None:
            await pilot.press("j")
        await pilot.press("enter")
        assert isinstance(app.screen, DetailScreen)
        await pilot.press("w")
        await seen(app, pilot, "WHY NOT  host")
        await pilot.press("q")
        assert isinstance(app.screen, DetailScreen)


async def test_a_host_is_compared_with_its_twin_over_all_its_children(tmp_path: Path) -> None:
    async with console(tmp_path) as (app, pilot, simulator):
        cloud = simulator.cloud
        host = cloud.named("worker-2")
        children(cloud, host, "idisks")[0]["size_mib"] = 1
        app.open(Jump(kind="hosts", id=host.uuid))
        await seen(app, pilot, "unlocked / enabled / available")
        await pilot.press("D")
        await seen(app, pilot, "TWINS  worker-2 | worker-3")
        await seen(app, pilot, "size_mib: 1 | 457440")
        await pilot.press("t")
        await seen(app, pilot, "TWINS  worker-2 | worker-0")
        await pilot.press("q")
        assert isinstance(app.screen, DetailScreen)
