"""The console itself on its frozen pretend cloud: the demo's own past, at 80x24."""

from __future__ import annotations

import asyncio
import atexit
import logging
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Optional, Tuple

from backend.kinds import every_kind
from backend.simulator.scenes import CALM_START
from backend.station import Station
from backend.store.glance import glance
from backend.store.store import Store
from stx_tui.app import StxApp
from stx_tui.commands.console import FIRST
from stx_tui.commands.demo import PretendCloud
from stx_tui.panes.table import TablePane
from stx_tui.story import PLACE, live
from stx_tui.terminal.profile import Profile
from tests.bench.terminal.measure import Step

# A dialog is deaf for half a second after it was painted.
HEARS_S = 0.7
NAME = "site-7"


class Gate:
    """A door in front of the network: the first screen is measured alone."""

    def __init__(self) -> None:
        self._is_open = False

    def open(self) -> None:
        self._is_open = True

    async def wait(self) -> None:
        # Looked at, not waited for: it is made before there is a loop.
        while not self._is_open:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


GATE = Gate()


def hear(app: StxApp, count: int, **fields: object) -> None:
    """Let a reading of the ports arrive in which so many rows below the first differ."""
    assert app.station is not None
    last = app.known.reading("ports")
    shown = app.screen.query_one(TablePane).rows.shown
    chosen = {entry.id for entry in shown[1 : count + 1]}
    by_id = {
        key: row.model_copy(update=fields) if key in chosen else row
        for key, row in last.by_id.items()
    }
    reading = replace(
        last,
        rows=tuple(by_id.values()),
        by_id=MappingProxyType(by_id),
        changed=tuple(chosen),
    )
    app.station.watch.put(reading)


def make(profile: Optional[Profile], **how: Any) -> StxApp:
    """Return the console as ``stx-tui demo --freeze`` opens it; the cloud ends with the process."""
    del profile  # the console looks the same in all of them
    logging.getLogger("backend").addHandler(logging.NullHandler())
    stack = ExitStack()
    atexit.register(stack.close)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stx-tui-bench-")))
    cloud = stack.enter_context(
        PretendCloud(scene="site-7-calm", seed=7, frozen=True, start=CALM_START)
    )
    settings = cloud.settings(folder, NAME)

    def station() -> Station:
        store = Store(folder / "record.db", now_ms=cloud.now_ms, kinds=every_kind())
        return Station(settings, store=store, place=PLACE, now_ms=cloud.now_ms)

    async def past() -> None:
        made = station()
        await live(made, cloud.now_ms, cloud.advance)
        await made.close()

    async def opener() -> Station:
        await GATE.wait()
        opened = station()
        await opened.start()
        return opened

    asyncio.run(past())
    seen = glance(folder / "record.db", settings.name, FIRST)
    return StxApp(seen, opener, now_ms=cloud.now_ms, place=PLACE, cloud=NAME, **how)


def typed(text: str) -> Tuple[Step, ...]:
    """Type as a hand does: what comes all at once is taken for a paste."""
    return tuple(Step("", bytes([key])) for key in text.encode())


HOOKS = {
    "open": lambda _app: GATE.open(),
    "one": lambda app: hear(app, 1, numa_node=1),
    "twenty": lambda app: hear(app, 10, numa_node=2, driver="e810"),
}
TO_FIRST = (Step("", hook="open", wait_s=4.0),)
TO_LONG = typed(":services\r")
STEPS = (
    *TO_FIRST,
    Step("cursor down, strip grows", b"j"),
    Step("cursor down", b"j"),
    Step("cursor down again", b"j"),
    Step("pane 1 to 2", b"2"),
    Step("pane 2 to 1", b"1"),
    *typed("/"),
    Step("filter key", b"c"),
    Step("filter key back", b"\x7f"),
    *typed("\r"),
    Step("acts open", b"a", wait_s=HEARS_S),
    Step("acts close", b"q"),
    Step("dialog open", b"L", wait_s=HEARS_S),
    Step("dialog close", b"q"),
    Step("detail open", b"v", wait_s=HEARS_S),
    Step("detail close", b"q"),
    Step("help open", b"?", wait_s=HEARS_S),
    Step("help close", b"q"),
    *typed(":services\r"),
    *typed("j" * 12),
    Step("cursor down that scrolls", b"j"),
    Step("scrolls again", b"j"),
    *typed("q:ports\r"),
    Step("", wait_s=1.0),
    Step("one cell changed", hook="one"),
    Step("twenty cells changed", hook="twenty"),
    *typed("q"),
)
