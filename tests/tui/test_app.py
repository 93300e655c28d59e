"""The console as a whole: how it starts, what it remembers, and how one gets about."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

from rich.text import Text
from textual import events

from backend.area import Contents
from backend.deed import Deed, Outcome
from backend.errors import Unreachable, Untrusted
from backend.known import Memory, Reading
from backend.place import Phase
from backend.store.glance import glance
from backend.store.store import Store
from backend.tone import Verdict
from stx_tui.app import StxApp
from stx_tui.panes.prompt import PromptPane
from stx_tui.panes.table import TablePane
from stx_tui.screens.listing import ListingScreen
from tests.tui.things import (
    BOXES,
    LIDS,
    NOW_MS,
    PLACE,
    ROOMS,
    Box,
    Wire,
    box,
    console,
    screen_text,
    station,
    until,
)

HOUR_AGO = NOW_MS - 3_600_000


def cursor_row(app: StxApp) -> str:
    return next(row for row in screen_text(app) if row.startswith(">"))


async def recorded(path: Path) -> Any:
    """The last look at a record in which two boxes were written an hour ago."""
    rows = {row.uuid: row for row in (Box.read(box(1)), Box.read(box(2, state="ill")))}
    reading = Reading(
        kind="boxes", rows=tuple(rows.values()), by_id=MappingProxyType(rows), at_ms=HOUR_AGO
    )
    store = Store(path, now_ms=lambda: HOUR_AGO, kinds=(BOXES,))
    store.record(BOXES, reading, "site-7")
    await store.close()
    return glance(path, "site-7", ("boxes",))


async def test_it_opens_with_what_it_last_knew_before_anything_is_asked(tmp_path: Path):
    seen = await recorded(tmp_path / "record.db")
    gate = asyncio.Event()
    wire = Wire(bodies={"/boxes": [box(1), box(3)]})

    async def opener() -> Any:
        await gate.wait()
        return station(wire)

    app = StxApp(seen, opener, rooms=ROOMS, now_ms=lambda: NOW_MS, place=PLACE)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "AGE 1h store" in screen_text(app)[0])
        rows = screen_text(app)
        assert rows[0].startswith(" site-7 ")
        assert rows[2].startswith(" WAS NOT WELL  1 ill (as of 1h ago)")
        assert rows[3].strip() == "last known state; asking again"
        assert rows[6].startswith(">   box-1")
        assert rows[7].startswith(" !  box-2")
        assert wire.asked == []
        await pilot.press("a", "r")
        assert screen_text(app)[23].startswith(" not connected yet: what is shown is remembered")
        gate.set()
        await until(pilot, lambda: " live " in screen_text(app)[0])
        assert screen_text(app)[7].startswith("    box-3")


async def test_what_is_remembered_stays_when_the_station_opens_on_a_site_that_is_away(
    tmp_path: Path,
):
    seen = await recorded(tmp_path / "record.db")
    wire = Wire(error=Unreachable("store", "connection refused"))

    async def opener() -> Any:
        return station(wire)

    app = StxApp(seen, opener, rooms=ROOMS, now_ms=lambda: NOW_MS, place=PLACE)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "connection refused" in screen_text(app)[3])
        rows = screen_text(app)
        assert rows[6].startswith(">   box-1")
        assert rows[7].startswith(" !  box-2")


async def test_a_defect_ends_the_loop_and_is_said_and_the_console_stays():
    wire = Wire(bodies={"/boxes": [box(1)]})
    app = console(wire)

    async def broken(read: Any, parent: str) -> Any:
        raise ZeroDivisionError("a mistake of ours")

    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        app.station.watch._ask = broken
        await pilot.press("2")
        await until(pilot, lambda: "CANNOT  ZeroDivisionError" in screen_text(app)[2])
        assert "a defect of this program" in screen_text(app)[3]
        await pilot.press("1")
        assert cursor_row(app).startswith(">   box-1")


async def test_the_first_screen_needs_no_library_of_the_wire_or_the_record():
    code = (
        "import sys; import stx_tui.app, stx_tui.commands.console;"
        "from dataclasses import replace; from stx_tui.rooms import all_rooms;"
        "rooms = replace(all_rooms(), is_whole=False);"
        "rooms.looked_at(rooms.first_kind), rooms.area_of(rooms.first_kind);"
        "names = set(sys.modules);"
        "print(sorted({name.split('.')[0] for name in names} | names))"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = done.stdout
    assert "textual" in loaded
    for name in ("sqlmodel", "sqlalchemy", "httpx", "kubernetes", "pyghmi"):
        assert f"'{name}'" not in loaded
    # Nor what stands in the areas that nobody has gone to.
    for name in ("storage", "kubernetes", "patches", "hardware", "ground"):
        assert f"'backend.kinds.{name}'" not in loaded
    assert "'backend.kinds.platform'" in loaded


async def test_colon_goes_to_a_row_by_its_name_and_says_where_there_is_none():
    app = console(Wire(bodies={"/boxes": [box(1), box(2)], "/lids": [box(5, name="top")]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        await pilot.press("colon", *"box box-2", "enter")
        await until(pilot, lambda: type(app.screen).__name__ == "DetailScreen")
        await pilot.press("q", "colon", *"lids/nine", "enter")
        await until(pilot, lambda: app.known.has("lids"))
        await pilot.press("colon", *"lids/nine", "enter")
        await until(pilot, lambda: "no lid 'nine' is known" in screen_text(app)[23])


async def test_keys_can_be_rebound():
    async def opener() -> Any:
        return station(Wire(bodies={"/boxes": [box(1), box(2, state="ill")]}))

    app = StxApp(
        None, opener, rooms=ROOMS, now_ms=lambda: NOW_MS, place=PLACE, keymap={"next-bad": "f"}
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        await pilot.press("n")
        assert "box-1" in cursor_row(app)
        await pilot.press("f")
        assert "box-2" in cursor_row(app)
        assert "f next bad" in screen_text(app)[23]


async def test_what_is_pasted_into_the_filter_is_text_of_one_line():
    app = console(Wire(bodies={"/boxes": [box(1), box(2)]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        await pilot.press("slash")
        app.screen.query_one(PromptPane).post_message(events.Paste("box-2\x1b\nq\ny\n"))
        await pilot.pause()
        assert app.screen.query_one(TablePane).rows.needle == "box-2"
        await pilot.press("backspace", "1")
        assert "box-1" in cursor_row(app)
        await pilot.press("ctrl+u", "backspace")
        assert not app.screen.query_one(PromptPane).display


async def test_leaving_says_what_goes_on_without_the_console():
    app = console(Wire(bodies={"/boxes": [box(1)]}))
    deed = Deed(
        number="1", cloud="c", kind="boxes", action="topple", row_id="id-00001", label="box-1",
        who="me", terminal="t", began_ms=NOW_MS - 60_000, outcome=Outcome.FOLLOWED,
    )  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        app.station.watch.remember(Memory(deeds=(deed,)))
        await until(pilot, lambda: "~ box-1 1:00" in screen_text(app)[0])
        await pilot.press("q")
        await until(pilot, lambda: "They go on by themselves" in "".join(screen_text(app)))


async def test_screens_do_not_pile_up_without_end():
    app = console(Wire(bodies={"/boxes": [box(1)], "/lids": [box(2)]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        for _ in range(3):
            await pilot.press("colon", *"lids", "enter", "colon", *"boxes", "enter")
        assert len(app.screen_stack) == 1
        assert isinstance(app.screen, ListingScreen)


async def test_back_over_several_lists_at_once_nothing_is_shown_on_one_that_was_left():
    tops = ("lids", "crates", "bins", "sacks")
    kinds = tuple(replace(LIDS, name=name, singular=name[:-1]) for name in tops)
    areas = (
        ROOMS.areas[0],
        replace(
            ROOMS.areas[1], open=lambda: Contents(kinds, lambda _k: Verdict(word="WELL", text=""))
        ),
    )
    wire = Wire(bodies={"/boxes": [box(1)], "/lids": [box(2)]})
    app = console(wire, rooms=replace(ROOMS, areas=areas))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        for kind in kinds:
            app.go(kind.name)
            await pilot.pause()
        left = app.screen_stack[1:]
        app.go("boxes")
        # Each was on top for a moment, and meant to show what is known as soon as it can.
        for screen in left:
            assert isinstance(screen, ListingScreen)
            await until(pilot, lambda one=screen: not one.query("StatusPane"))
            screen.show_known()
        assert "box-1" in cursor_row(app)


async def test_only_what_is_on_top_is_polled():
    wire = Wire(bodies={"/boxes": [box(1)], "/lids": [box(2)]})
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        await pilot.press("colon", *"lids", "enter")
        await until(pilot, lambda: app.known.has("lids"))
        posts = app.station.watch._pace._posts
        assert set(posts) == {("boxes", ""), ("lids", "")}  # the banner looks at boxes
        await pilot.press("q")
        await until(pilot, lambda: set(posts) == {("boxes", "")})


async def test_ctrl_l_and_its_printable_twin_paint_anew():
    app = console(Wire(bodies={"/boxes": [box(1)]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        await pilot.pause()
        before = screen_text(app)
        await pilot.press("ctrl+l", "L")
        assert screen_text(app) == before


async def test_a_certificate_nobody_vouches_for_is_shown_once_and_pinned_by_yes_in_letters():
    error = Untrusted("store", "https://10.0.0.1:5000", ":".join(["AB"] * 32))
    wire = Wire(error=error)
    app = console(wire, is_away=False)
    pinned = []

    def accept(shown: Untrusted) -> None:
        pinned.append(shown.fingerprint)
        wire.error, wire.bodies = None, {"/boxes": [box(1)]}

    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: type(app.screen).__name__ == "TrustScreen")
        app.station.lookout = SimpleNamespace(accept=accept)
        await until(pilot, lambda: not app.screen.is_deaf(time.monotonic()))
        text = "".join(screen_text(app))
        assert "TRUST https://10.0.0.1:5000 ?" in text
        assert text.count("AB") == 32
        for key in "yes":
            await pilot.press(key)
            await pilot.pause(0.05)
        await pilot.press("enter")
        await until(pilot, lambda: "box-1" in "".join(screen_text(app)))
        assert pinned == [error.fingerprint]


async def test_a_certificate_that_changed_is_never_offered_for_trust():
    error = Untrusted("store", "https://10.0.0.1:5000", "AB", pinned="CD")
    app = console(Wire(error=error), is_away=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "CHANGED" in screen_text(app)[2])
        assert isinstance(app.screen, ListingScreen)


async def test_what_somebody_left_stands_in_row_one_of_the_screen_that_was_there_first() -> None:
    left = replace(BOXES, reminder=lambda known: "LEFT OPEN" if known.rows("boxes") else "")
    rooms = replace(ROOMS, areas=(ROOMS.areas[0].with_kinds(lambda _kinds: (left,)),))
    app = console(Wire(bodies={"/boxes": [box(1)]}), rooms=rooms)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "LEFT OPEN" in screen_text(app)[0])


async def test_leaving_asks_and_names_what_was_left_on() -> None:
    left = replace(BOXES, reminder=lambda known: "noout SET" if known.rows("boxes") else "")
    rooms = replace(ROOMS, areas=(ROOMS.areas[0].with_kinds(lambda _kinds: (left,)),))
    app = console(Wire(bodies={"/boxes": [box(1)]}), rooms=rooms)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "noout SET" in screen_text(app)[0])
        await pilot.press("q")
        await until(pilot, lambda: any("LEFT SO: noout SET" in row for row in screen_text(app)))
        assert "[ No ] n or Enter" in screen_text(app)[23]


async def test_leaving_says_not_to_log_out_before_the_first_unlock() -> None:
    app = console(Wire(bodies={"/boxes": [box(1)]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "box-1" in "".join(screen_text(app)))
        watch: Any = app.station.watch if app.station is not None else None
        watch.known = replace(watch.known, place=replace(PLACE, phase=Phase.BOOTSTRAPPED))
        watch.remember(Memory())
        await pilot.press("q")
        await until(pilot, lambda: any("DO NOT LOG OUT" in row for row in screen_text(app)))
        assert any("Nothing is under way" in row for row in screen_text(app))


async def test_a_defect_that_ends_the_console_shows_where_it_is_and_no_variable() -> None:
    def defect() -> None:
        password = "hunter2"
        raise ValueError(f"{len(password)} \x1b[2Jcharacters")

    app = console(Wire(bodies={"/boxes": [box(1)]}))
    try:
        defect()
    except ValueError as error:
        app._handle_exception(error)
    (told,) = app._exit_renderables
    assert isinstance(told, Text)
    assert "in defect" in told.plain
    assert "ValueError: 7 \\x1b[2Jcharacters" in told.plain
    assert "hunter2" not in told.plain


async def test_work_begins_after_what_began_it_on_every_python() -> None:
    wire, order = Wire(bodies={"/boxes": []}), []

    async def work() -> None:
        order.append("work")

    async def opener() -> Any:
        return station(wire)

    app = StxApp(None, opener, rooms=ROOMS, now_ms=lambda: NOW_MS, place=PLACE)

    async def begin(pilot: Any) -> None:
        await until(pilot, lambda: app.station is not None)
        app.run_worker(work())
        order.append("went on")
        await until(pilot, lambda: "work" in order)
        app.exit()

    # As it is run for a person: only so the library has tasks begin at once.
    await app.run_async(headless=True, size=(80, 24), auto_pilot=begin)
    assert order == ["went on", "work"]
