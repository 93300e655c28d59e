"""One row, page by page: live, with a cursor that stays, and honest when the row is gone."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import Any, List, Tuple

import pytest

from backend.deed import Deed, Outcome
from backend.errors import StoreError, Unreachable
from backend.figure import Bar, Bars, Jump, Line, Lines, Spark, States, Timeline, TimelineStep, Tree
from backend.figure import Node as TreeNode
from backend.kind import Kind, Tab
from backend.known import Known, Reading
from stx_tui.panes.detail import history, overview, pages_of
from stx_tui.panes.figure import FigurePane
from stx_tui.screens.actions import ActionsScreen
from stx_tui.screens.detail import DetailScreen
from tests.tui.desk import NOW_MS, PLACE, Desk, machine
from tests.tui.machines import MACHINES, PARTS, ROOMS, Machine


def detail(page: str = "") -> DetailScreen:
    return DetailScreen(MACHINES, "id-m-1", page)


def changed(**more: Any) -> Any:
    values = {"at_ms": NOW_MS, "field": "state", "old": '"up"', "new": '"held"', "source": "poll"}
    return SimpleNamespace(**{**values, **more})


def test_pages_are_those_declared_then_children_history_and_all_fields() -> None:
    pages = pages_of(MACHINES, (MACHINES, PARTS))
    assert [(page.key, page.title) for page in pages] == [
        ("o", "Overview"),
        ("p", "Parts"),
        ("h", "History"),
        ("y", "YAML"),
    ]


def test_every_page_has_a_letter_of_its_own() -> None:
    children = [
        Kind(
            name=f"{letter}arts",
            singular="part",
            model=Machine,
            parent="machines",
            read=MACHINES.read,
            columns=(),
        )
        for letter in "ppphyqjkac"
    ]
    pages = pages_of(MACHINES, (MACHINES, *children))
    keys = [page.key for page in pages if page.key]
    assert len(set(keys)) == len(keys) == len(pages)
    assert not set("qjkac") & set(keys)


def test_a_child_may_say_the_letter_and_the_title_of_its_page() -> None:
    child = Kind(
        name="long-winded-parts",
        singular="part",
        model=Machine,
        parent="machines",
        read=MACHINES.read,
        columns=(),
        tab="W Parts",
    )
    page = pages_of(MACHINES, (MACHINES, child))[1]
    assert (page.key, page.title, page.kind) == ("W", "Parts", child)


def test_a_declared_tab_keeps_its_letter_against_the_derived_ones() -> None:
    tabs: Any = (Tab(key="h", title="Heat", figure=lambda row, known: Lines()),)
    kind = Kind(
        name="machines",
        singular="machine",
        model=Machine,
        read=MACHINES.read,
        columns=(),
        tabs=tabs,
    )
    assert [page.title for page in pages_of(kind, (kind,)) if page.key == "h"] == ["Heat"]


def test_an_overview_is_derived_where_none_is_declared() -> None:
    kind = Kind(
        name="machines",
        singular="machine",
        model=Machine,
        read=MACHINES.read,
        columns=MACHINES.columns,
        look=MACHINES.look,
    )
    assert pages_of(kind, (kind,))[0].title == "Overview"
    row = Machine(uuid="id", name="m-1", state="held")
    shown = overview(kind, row, Known(cloud="c", now_ms=0, place=PLACE)).lines
    assert [(line.heading, line.text) for line in shown] == [
        ("", "held by a part"),
        ("", ""),
        ("name", "m-1"),
        ("state", "held"),
    ]


def test_the_history_has_deeds_and_changes_newest_first() -> None:
    deed = Deed(
        number="2211-0041",
        cloud="c",
        kind="machines",
        action="stop",
        row_id="id-m-1",
        label="m-1",
        who="sysadmin",
        terminal="ttyS0",
        began_ms=NOW_MS - 60_000,
        sent_ms=NOW_MS - 60_000,
        ended_ms=NOW_MS,
        outcome=Outcome.DONE,
        why="4711",
    )
    changes = (
        changed(source="deed"),
        changed(at_ms=NOW_MS - 120_000, field="", old=None, new='"m-1"', source="found"),
        changed(at_ms=NOW_MS - 130_000, field="", old='"m-1"', new=None),
        changed(at_ms=NOW_MS - 140_000, field="n", old="1", new=None),
    )
    lines = history((deed,), changes, NOW_MS).lines
    assert [line.heading for line in lines] == ["22:41Z", "22:40Z", "22:39Z", "22:38Z", "22:38Z"]
    assert lines[0].text == "state: up -> held  (in an act of ours)"
    assert lines[1].text == 'stop by sysadmin (ttyS0): done 1:00  deed 2211-0041  "4711"'
    assert lines[2].text.startswith("was there first")
    assert lines[3].text == "was gone"
    assert lines[4].text == "n: 1 -> -"


async def test_rows_one_to_three_say_where_what_pages_and_how_it_stands() -> None:
    desk = Desk(machine("m-1", state="held"))
    async with desk.sat_at():
        await desk.open(detail())
        lines = desk.lines
    assert lines[0].startswith(" site-7 > machines > m-1")
    assert "live 22:41Z" in lines[0]
    assert lines[1].startswith(" o Overview  p Parts  h History  y YAML")
    assert lines[2].startswith(" HELD  m-1 is held")
    assert lines[4].startswith(">  state   held")
    assert lines[5].startswith(" ! bolt    loose")
    assert lines[6].startswith(" ----")


async def test_pages_that_have_no_room_are_pointed_at_and_the_one_at_hand_is_in_sight() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.pilot.resize_terminal(30, 24)
        await desk.open(detail())
        assert desk.lines[1].rstrip() == " o Overview  p Parts         >"
        await desk.press("y")
        assert desk.lines[1].rstrip() == "<p Parts  h History  y YAML"
        await desk.pilot.resize_terminal(50, 24)
        await desk.pilot.pause()
        assert desk.lines[1].rstrip() == " o Overview  p Parts  h History  y YAML"


async def test_letters_and_tab_turn_the_pages() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(detail())
        await desk.press("y")
        assert "uuid: id-m-1" in desk.lines[4]
        await desk.press("o")
        assert "state" in desk.lines[4]
        await desk.press("tab")
        await desk.pilot.pause()
        assert "asking for parts" in desk.lines[4]
        await desk.press("shift+tab")
        assert "state" in desk.lines[4]


async def test_children_are_listed_and_enter_goes_to_one() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(detail("p"))
        reading = await desk.watch.read_now("parts", "id-m-1")
        assert reading.rows
        await desk.pilot.pause()
        assert "PART" in desk.lines[4]
        # The heads are no row: the cursor begins, and ends going up, on the first one.
        assert desk.lines[5].startswith(">")
        await desk.press("j", "k", "k", "enter")
        await desk.settle()
        assert desk.lines[0].startswith(" site-7 > parts > bolt")


async def test_below_the_children_stands_what_is_said_of_the_one_under_the_cursor() -> None:
    desk = Desk(machine("m-1"))
    desk.wire.bodies["/parts"] = [machine("bolt"), machine("nut")]
    async with desk.sat_at():
        await desk.open(detail("p"))
        await desk.watch.read_now("parts", "id-m-1")
        await desk.pilot.pause()
        assert desk.lines[8].strip() == "bolt: as its maker tells"
        await desk.press("j")
        assert desk.lines[8].strip() == "nut: as its maker tells"
        # On a line of that itself it stays the same one's.
        await desk.press("j")
        assert desk.lines[8].startswith(">")
        assert "nut: as its maker tells" in desk.lines[8]


async def test_enter_follows_a_line_to_where_it_points() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(detail())
        await desk.press("enter")
        assert "points nowhere" in desk.lines[23]
        await desk.press("j", "enter")
        await desk.settle()
        assert "parts > bolt" in desk.lines[0]


async def test_it_is_live_and_the_cursor_stays_on_its_line() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(detail())
        await desk.press(*"jjjjj")
        before = next(line for line in desk.lines if line.startswith(">"))
        desk.wire.bodies["/machines"] = [machine("m-1", state="down")]
        await desk.read()
        assert "m-1 is down" in desk.lines[2]
        assert next(line for line in desk.lines if line.startswith(">")) == before


async def test_scrolling_stays_where_it_was_when_a_reading_comes() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(detail())
        await desk.press("G")
        last = desk.lines[4:23]
        assert any(line.startswith(">  row 29") for line in last)
        desk.wire.bodies["/machines"] = [machine("m-1", colour="red")]
        await desk.read()
        assert desk.lines[4:23] == last


async def test_a_row_that_vanished_stays_and_says_since_when() -> None:
    desk = Desk(machine("m-1"), machine("m-2"))
    async with desk.sat_at():
        await desk.open(detail())
        desk.wire.bodies["/machines"] = [machine("m-2")]
        desk.clock.ms += 20_000
        await desk.read()
        await desk.wait(60_000)
        assert desk.lines[2].startswith(" GONE  not in any answer since 22:41:20Z (1m)")
        assert "state" in desk.lines[4]
        desk.wire.bodies["/machines"] = [machine("m-1")]
        await desk.read()
        assert desk.lines[2].startswith(" WELL  m-1 is up")


async def test_a_row_that_was_never_there_is_said() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(DetailScreen(MACHINES, "id-none"))
        assert "there is no machine with the id id-none" in desk.lines[2]


async def test_a_source_that_went_silent_leaves_the_row_with_its_age() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(detail())
        desk.wire.error = Unreachable("sysinv", "connection refused")
        desk.clock.ms += 120_000
        await desk.read()
        assert "AGE 2m" in desk.lines[0]
        assert "WAS WELL" in desk.lines[2]
        assert "connection refused" in desk.lines[3]
        assert "state" in desk.lines[4]


async def test_the_history_asks_the_record() -> None:
    desk = Desk(machine("m-1"))
    desk.book.found = (changed(),)
    async with desk.sat_at():
        await desk.open(detail("h"))
        await desk.pilot.pause()
        assert "state: up -> held" in desk.lines[4]


async def test_a_record_that_can_not_be_read_is_said() -> None:
    desk = Desk(machine("m-1"))
    desk.book.error = StoreError("the file is damaged")
    async with desk.sat_at():
        await desk.open(detail("h"))
        await desk.pilot.pause()
        assert "the file is damaged" in desk.lines[23]


async def test_a_opens_what_can_be_done_and_c_the_command() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(detail())
        await desk.press("c")
        assert "stx-tui show machine m-1" in desk.lines[23]
        await desk.press("a")
        assert isinstance(desk.app.screen, ActionsScreen)


async def test_r_asks_again_for_the_row_and_for_what_its_page_looks_at_under_it() -> None:
    """A host's page shows its own baseboard: that is asked again with it, and no other."""
    desk = Desk(machine("m-1"))
    asked: List[Tuple[str, ...]] = []
    async with desk.sat_at():
        station: Any = desk.app.station

        async def ask_again(*of: str) -> None:
            asked.append(of)

        station.ask_again = ask_again
        screen = await desk.open(detail())
        screen.page = replace(screen.page, under=lambda *_: (("parts", "id-m-1"),))
        screen._looks_at = screen._wanted(screen.page)
        await desk.press("r")
        await desk.pilot.pause()
    assert sorted(asked) == [("machines", "", "id-m-1"), ("parts", "id-m-1", "")]


async def test_colon_goes_elsewhere_from_here() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(detail())
        await desk.press("colon")
        await desk.type("parts")
        await desk.press("enter")
        await desk.pilot.pause()
        there: Any = desk.app.screen
        assert there.kind is PARTS


@pytest.mark.parametrize("size", [(160, 50), (40, 12), (10, 3), (20, 1)])
async def test_any_size_shows_what_there_is_room_for(size: Tuple[int, int]) -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at(size):
        await desk.open(detail())
        for key in "yhpojkGg":
            await desk.press(key)
        assert all(len(line) <= size[0] for line in desk.lines)


async def test_what_comes_from_outside_is_text_and_nothing_else() -> None:
    desk = Desk({"uuid": "id-m-1", "name": "m[red]\x1b]0;x\x07\u202e", "state": "up"})
    async with desk.sat_at():
        await desk.open(detail())
        seen = desk.text
        await desk.press("y")
        seen += desk.text
    assert not set("\x1b\x07\u202e") & set(seen)
    assert "[red]" in seen


async def test_every_figure_can_be_drawn() -> None:
    figures = (
        Lines(lines=(Line(heading="h", text="t"), Line(rule=True), Line(text="x" * 300))),
        Bars(bars=(Bar(label="disk", value=3, whole=4, unit="G"),)),
        Spark(label="load", points=((0, 1.0), (1000, 2.0))),
        Tree(
            nodes=(TreeNode(id="a", text="a"), TreeNode(id="b", text="b", jump=Jump(kind="parts"))),
            edges=(("a", "b"),),
        ),
        States(states=("a", "b"), edges=(("a", "b"),), current="b"),
        Timeline(title="t", steps=(TimelineStep(name="s"),), now_ms=1, began_ms=0),
    )
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        screen = await desk.open(detail())
        pane = screen.query_one(FigurePane)
        for figure in figures:
            pane.draw(figure, NOW_MS)
            pane.to_top()
            await desk.pilot.pause()
            assert pane.here is not None
            assert desk.lines[4].strip()


def test_a_reading_of_any_parent_is_found() -> None:
    from stx_tui.panes.detail import find

    row = Machine(uuid="id-x", name="x")
    reading = Reading(
        kind="machines", parent="p", rows=(row,), by_id=MappingProxyType({"id-x": row}), at_ms=1
    )
    known = Known(
        cloud="c",
        now_ms=1,
        place=PLACE,
        readings=MappingProxyType({("machines", "p"): reading}),
    )
    assert find(known, "machines", "id-x") == (row, reading)
    assert find(known, "machines", "id-y")[0] is None
    assert ROOMS.kind("machines") is MACHINES
