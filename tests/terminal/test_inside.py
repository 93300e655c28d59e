"""The driver inside this process, on descriptors of the test's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from stx_tui.terminal import driver_class, far, interval_s, repaint, status
from stx_tui.terminal.profile import Profile, named
from tests.bench.terminal.far import FarEnd
from tests.terminal.little import Little


@asynccontextmanager
async def shown(profile: Profile) -> AsyncIterator[tuple[Little, FarEnd]]:
    """The little app and the far end it is shown on."""
    far_end = FarEnd(bps=profile.bps)
    driver = driver_class(profile, input_fd=far_end.slave, output_fd=far_end.slave)
    app = Little(ansi_color=True, driver_class=driver)
    running = asyncio.create_task(app.run_async())
    try:
        await until(lambda: "80x24" in far_end.emulator.text())
        yield app, far_end
    finally:
        if not running.done():
            app.exit()
        await running
        far_end.close()


async def until(seen: Callable[[], Any], within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_status_says_what_a_slow_line_costs() -> None:
    async with shown(named("vt100", bps=2400, scrub_s=None)) as (app, far_end):
        await until(lambda: far(app).settled)  # type: ignore[union-attr]
        assert status(app).startswith("2400 bd, full screen 0.")
        assert 0.5 < interval_s(app, 0.5) < 2.0
        assert interval_s(app, 60.0) == 60.0
        assert app.animation_level == "none"
        await until(lambda: far(app).bytes_sent == far_end.count)  # type: ignore[union-attr]


async def test_status_is_silent_where_the_line_is_no_matter() -> None:
    async with shown(named("xterm")) as (app, _):
        assert status(app) == ""
        assert interval_s(app, 0.5) == 0.5


async def test_repaint_sends_the_whole_screen_again() -> None:
    async with shown(named("vt220")) as (app, far_end):
        far_end.emulator.feed(b"\x1b[2J\x1b[5;20r\x1b[7m")
        assert "80x24" not in far_end.emulator.text()
        repaint(app)
        await until(lambda: "80x24" in far_end.emulator.text())


async def test_a_mistake_of_the_painter_ends_the_app_and_is_shown() -> None:
    async with shown(named("vt100")) as (app, far_end):
        line = far(app)._line  # type: ignore[union-attr]
        assert line is not None
        line._painter.rows = []
        far_end.type(b"k")
        await until(lambda: app.return_code == 1)


async def test_bells_are_heard_and_other_sequences_are_not_sent() -> None:
    async with shown(named("vt100")) as (app, far_end):
        app.bell()
        app.copy_to_clipboard("x")
        await until(lambda: b"\x07" in far_end.raw)
        assert b"]52" not in far_end.raw


async def test_an_app_without_a_far_end_has_no_status() -> None:
    app = Little(ansi_color=True)
    async with app.run_test():
        repaint(app)
        assert far(app) is None
        assert (status(app), interval_s(app, 3.0)) == ("", 3.0)
