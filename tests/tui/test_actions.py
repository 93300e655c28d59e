"""What can be done: every action with its key and risk, and why not where not."""

from __future__ import annotations

from typing import Tuple

import pytest

from stx_tui.screens.act import ActScreen
from stx_tui.screens.actions import ActionsScreen
from stx_tui.screens.form import FormScreen
from stx_tui.screens.listing import ListingScreen
from stx_tui.screens.whynot import WhyNotScreen
from tests.tui.desk import Desk, machine
from tests.tui.machines import MACHINES, PARTS


async def test_each_action_stands_there_with_its_key_and_its_risk_in_words() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ActionsScreen(MACHINES, ("id-m-1",)))
        assert desk.lines[0].startswith(" WHAT CAN BE DONE with m-1")
        assert desk.lines[1].startswith(">  s  Stop")
        assert "stops something: wants yes typed" in desk.lines[1]
        assert "runs at once, breaks nothing" in desk.lines[2]
        assert "asks colour, cores, owner" in desk.lines[3]
    assert desk.wire.sent == []


async def test_what_can_not_be_done_stands_last_and_says_why() -> None:
    desk = Desk(machine("m-1", state="held"))
    async with desk.sat_at():
        await desk.open(ActionsScreen(MACHINES, ("id-m-1",)))
        refused = next(at for at, row in enumerate(desk.lines) if row.startswith(" ! s  Stop"))
        assert "CANNOT: part bolt holds it since 0:40" in desk.lines[refused]
        assert not any("CANNOT" in row for row in desk.lines[1:refused])


async def test_its_key_goes_on_to_the_confirmation() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ActionsScreen(MACHINES, ("id-m-1",)))
        await desk.press("s")
        await desk.settle()
        assert isinstance(desk.app.screen, ActScreen)
    assert desk.wire.sent == []


async def test_enter_goes_on_with_the_line_under_the_cursor() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ActionsScreen(MACHINES, ("id-m-1",)))
        await desk.press("j", "j", "enter")
        await desk.settle()
        assert isinstance(desk.app.screen, FormScreen)


async def test_a_blocked_one_can_be_opened_to_see_all_of_it() -> None:
    desk = Desk(machine("m-1", state="held"))
    async with desk.sat_at():
        await desk.open(ActionsScreen(MACHINES, ("id-m-1",)))
        await desk.press("G", "enter")
        await desk.settle()
        assert desk.lines[0].startswith(" CANNOT STOP m-1")


async def test_several_rows_are_named_and_their_risk_is_a_step_higher() -> None:
    desk = Desk(machine("m-1"), machine("m-2"))
    async with desk.sat_at():
        await desk.open(ActionsScreen(MACHINES, ("id-m-1", "id-m-2")))
        assert "2 machines: m-1, m-2" in desk.lines[0]
        assert "may not be undone" in desk.lines[1]


async def test_it_is_live() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ActionsScreen(MACHINES, ("id-m-1",)))
        desk.wire.bodies["/machines"] = [machine("m-1", state="held")]
        await desk.read()
        assert "! s  Stop" in desk.text
        desk.wire.bodies["/machines"] = []
        await desk.read()
        assert "(gone)" in desk.lines[0]


async def test_c_shows_the_command() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ActionsScreen(MACHINES, ("id-m-1",)))
        await desk.press("c")
        assert "system machine-stop m-1" in desk.lines[23]


@pytest.mark.parametrize("size", [(160, 50), (40, 12), (10, 3)])
async def test_any_size_can_be_left(size: Tuple[int, int]) -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at(size):
        await desk.open(ActionsScreen(MACHINES, ("id-m-1",)))
        assert "s  S" in desk.lines[1]
        await desk.press("j", "k", "q")
        assert not isinstance(desk.app.screen, ActionsScreen)


@pytest.mark.parametrize(("key", "screen"), [("a", ActionsScreen), ("w", WhyNotScreen)])
async def test_of_a_row_that_only_points_it_is_what_it_points_to_that_is_acted_on(
    key: str, screen: type
) -> None:
    desk = Desk(machine("m-1"), machine("m-2"))
    desk.wire.bodies["/parts"] = [machine("bolt", machine="id-m-2")]
    async with desk.sat_at():
        await desk.open(ListingScreen(PARTS))
        await desk.press(key)
        await desk.settle()
        assert isinstance(desk.app.screen, screen)
        assert "m-2" in desk.lines[0]


async def test_of_a_row_that_points_nowhere_nothing_can_be_done() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ListingScreen(PARTS))
        await desk.press("a")
        await desk.settle()
        assert "nothing can be done with parts" in desk.text
