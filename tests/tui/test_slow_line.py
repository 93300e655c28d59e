"""What a slow line changes of a listing: a key's answer fits into a third of a second."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any, Callable, List, Optional

import pytest

from backend.figure import Line, Lines
from backend.known import Known
from stx_tui.panes.strip import MORE
from stx_tui.rooms import Rooms
from stx_tui.screens.shape import STRIP_LEAST, STRIP_MOST, strip_most
from stx_tui.terminal import driver_class, far
from stx_tui.terminal.driver import KEY_S
from stx_tui.terminal.profile import named
from tests.bench.terminal.far import FarEnd
from tests.tui.things import BOXES, ROOMS, Wire, box, console


def _talkative(one: Any, known: Known) -> Lines:
    return Lines(
        lines=tuple(Line(heading=f"{n}", text=f"{one.name} says {n} " * 20) for n in range(8))
    )


LONG = replace(
    ROOMS,
    areas=(ROOMS.areas[0].with_kinds(lambda _kinds: (replace(BOXES, strip=_talkative),)),),
)


async def until(is_so: Callable[[], Any], within_s: float = 60.0) -> None:
    ends = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < ends
        await asyncio.sleep(0.02)


async def walked(bps: Optional[int], rooms: Rooms = LONG) -> tuple[List[int], FarEnd]:
    """Return the bytes of five steps of the cursor, and the far end as it was left."""
    end = FarEnd()
    app = console(Wire({"/boxes": [box(n, note="rather long") for n in range(9)]}), rooms=rooms)
    profile = named("vt100", bps=bps, scrub_s=None)
    app.driver_class = driver_class(profile, input_fd=end.slave, output_fd=end.slave)
    running = asyncio.create_task(app.run_async())
    costs: List[int] = []
    try:
        await until(lambda: "live" in end.emulator.text()[0])
        await until(lambda: far(app).settled)  # type: ignore[union-attr]
        for number in range(1, 6):
            before = end.count
            end.type(b"j")
            await until(lambda n=number: f"selected: box-{n}" in "\n".join(end.emulator.text()))
            await until(lambda: far(app).settled)  # type: ignore[union-attr]
            await until(lambda: far(app).bytes_sent == end.count)  # type: ignore[union-attr]
            costs.append(end.count - before)
    finally:
        app.exit()
        await running
        end.close()
    return costs, end


async def test_at_9600_baud_every_step_fits_the_third_of_a_second_and_says_what_is_left_out() -> (
    None
):
    costs, end = await walked(9600)
    assert max(costs) <= KEY_S * 960, costs
    assert MORE.strip() in "\n".join(end.emulator.text())
    text = end.emulator.text()
    assert [row[:2] for row in text[20:23]] == [" 0", " 1", " 2"]


async def test_the_bar_of_the_cursor_ends_with_the_name_where_the_line_is_slow() -> None:
    _, end = await walked(9600)
    rows = end.emulator.cells(colours=False)
    bar = next(row for row in rows[5:] if row[0].text == ">")
    assert all(seen.reverse for seen in bar[:12])
    assert not any(seen.reverse for seen in bar[20:])


async def test_a_fast_line_has_the_whole_strip_and_the_whole_bar() -> None:
    _, end = await walked(115_200)
    rows = end.emulator.cells(colours=False)
    bar = next(row for row in rows[5:] if row[0].text == ">")
    assert all(seen.reverse for seen in bar)
    assert MORE.strip() not in "\n".join(end.emulator.text())


@pytest.mark.parametrize(
    ("room", "rows"), [(None, STRIP_MOST), (336, 4), (84, STRIP_LEAST), (672, 8), (4032, 9)]
)
def test_the_strip_has_what_a_key_has_time_for(room: Optional[int], rows: int) -> None:
    assert strip_most(80, room) == rows
