"""The listing by its keys: what it shows, where its cursor stays, what it says on bad days."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, List

import pytest
from textual import events

from backend.area import Contents
from backend.errors import Unreachable
from backend.figure import Line, Lines
from stx_tui.app import StxApp
from stx_tui.panes.table import TablePane
from stx_tui.screens import locked
from stx_tui.screens.listing import ListingScreen
from stx_tui.screens.locked import LockedScreen
from stx_tui.screens.quit import QuitScreen
from tests.tui.things import BOXES, NOW_MS, ROOMS, Wire, box, console, screen_text, until

AWAY = Unreachable("store", "connection refused", "is the service up?")


def five(**more: Any) -> Wire:
    """Five boxes, the third of them ill and saying why."""
    boxes = [box(n) for n in range(5)]
    boxes[2] = box(2, state="ill", note="it is cold", **more)
    return Wire(bodies={"/boxes": boxes, "/lids": [box(n, name=f"lid-{n}") for n in range(3)]})


def row_of(app: StxApp, words: str) -> str:
    """The first row of the screen with these words."""
    return next(row for row in screen_text(app) if words in row)


def cursor_row(app: StxApp) -> str:
    return next(row for row in screen_text(app) if row.startswith(">"))


def table(app: StxApp) -> TablePane:
    return app.screen.query_one(TablePane)


async def shown(pilot: Any, words: str) -> List[str]:
    """The screen, as soon as it has these words."""
    await until(pilot, lambda: any(words in row for row in screen_text(pilot.app)))
    return screen_text(pilot.app)


async def heard(pilot: Any) -> None:
    """Wait until a dialog hears what is typed."""
    await until(pilot, lambda: not pilot.app.screen.is_deaf(time.monotonic()))


async def test_first_screen_says_where_one_is_how_it_stands_and_what_is_ill():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        rows = await shown(pilot, "box-4")
        assert rows[0].startswith(" site-7   MODE 1   active me   C5 ")
        assert rows[0].rstrip().endswith("Z")
        assert rows[1].startswith(" 1 Boxes   2 Lids ")
        assert rows[2].startswith(" NOT WELL  1 ill")
        assert rows[3].strip() == "call"
        assert rows[4] == "-" * 78 + "  "
        assert rows[5].startswith("    NAME   STATE  SIZE")
        assert rows[6].startswith(">   box-0  fine      0")
        assert rows[8].startswith(" !  box-2  ill       2")
        assert rows[9].startswith("      it is cold ")
        assert rows[19].startswith(" 5 of 5 boxes -----")
        assert rows[19].rstrip().endswith("- selected: box-0")
        assert rows[20].startswith(" BOX      box-0 is fine")
        assert rows[23].startswith(
            " Enter open  a act  / filter  n next bad  c copy command  ? keys"
        )


async def test_the_last_cell_is_never_written_and_no_row_is_wider_than_the_screen():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        rows = await shown(pilot, "box-4")
        assert rows[23][79] == " "
        assert {len(row) for row in rows} == {80}


async def test_only_default_colours_are_sent_but_for_marks_and_the_verdict():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        inked = [
            segment.text.strip()
            for strip in app.screen._compositor.render_strips(app.size)
            for segment in strip
            if segment.style and segment.style.color and not segment.style.color.is_default
            if segment.text.strip()
        ]
        assert inked == ["NOT WELL", "!"]
        grounds = {
            segment.style.bgcolor.is_default
            for strip in app.screen._compositor.render_strips(app.size)
            for segment in strip
            if segment.style and segment.style.bgcolor
        }
        assert grounds <= {True}


async def test_the_cursor_row_is_reverse_from_the_first_cell_to_the_last():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        strip = app.screen._compositor.render_strips(app.size)[6]
        assert all(segment.style and segment.style.reverse for segment in strip)


async def test_the_cursor_stays_on_its_row_when_rows_come_and_go_above_it():
    wire = five()
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("j", "j", "j")
        assert "box-3" in cursor_row(app)
        wire.bodies["/boxes"] = [box(90), box(91), *wire.bodies["/boxes"][2:]]
        await pilot.press("r")
        await shown(pilot, "box-91")
        assert "box-3" in cursor_row(app)
        assert table(app).chosen == ("id-00003",)


async def test_a_row_that_vanishes_leaves_the_cursor_on_the_one_in_its_place():
    wire = five()
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("j")
        del wire.bodies["/boxes"][1]
        await pilot.press("r")
        await until(pilot, lambda: "box-1 " not in "".join(screen_text(app)))
        assert "box-2" in cursor_row(app)


async def test_n_goes_to_the_next_bad_row_and_round_to_the_first():
    wire = five()
    wire.bodies["/boxes"].append(box(5, state="ill"))
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-5")
        for name in ("box-2", "box-5", "box-2"):
            await pilot.press("n")
            assert name in cursor_row(app)


async def test_n_says_so_where_all_is_well():
    app = console(Wire(bodies={"/boxes": [box(1)]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-1")
        await pilot.press("n")
        assert screen_text(app)[23].startswith(" no box is unwell")


async def test_the_filter_narrows_with_each_key_and_escape_shows_all_again():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("slash", "I", "L", "l")
        rows = await shown(pilot, "1 of 5 boxes with 'ill'")
        assert rows[6].startswith(">!  box-2")
        assert rows[23].startswith(" / ILl")
        await pilot.press("enter")
        assert screen_text(app)[23].startswith(" Enter open")
        assert "box-0" not in "".join(screen_text(app)[5:19])
        await pilot.press("escape")
        await shown(pilot, "5 of 5 boxes")
        assert "box-2" in cursor_row(app)


async def test_a_filter_nothing_matches_says_so():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("slash", "z", "z")
        await shown(pilot, "no boxes with 'zz'")


async def test_keys_typed_into_the_filter_are_no_verbs():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("slash", "q", "2", "n")
        assert isinstance(app.screen, ListingScreen)
        assert app.screen.kind.name == "boxes"
        assert table(app).rows.needle == "q2n"


async def test_a_key_right_behind_the_slash_is_text_and_no_verb():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        for name, character in (("slash", "/"), ("q", "q")):
            app.post_message(events.Key(name, character))
        await shown(pilot, "with 'q'")


async def test_digits_go_to_areas_and_back_to_where_the_cursor_was():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("j", "2")
        await shown(pilot, "3 of 3 lids")
        assert screen_text(app)[2].startswith(" NOT WELL  1 ill")
        await pilot.press("1")
        await shown(pilot, "5 of 5 boxes")
        assert "box-1" in cursor_row(app)
        assert len(app.screen_stack) == 1


async def test_colon_completes_to_a_kind_by_name_and_alias_and_q_comes_back():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("colon", "l", "tab")
        assert screen_text(app)[23].startswith(" : lids")
        await pilot.press("enter")
        await shown(pilot, "3 of 3 lids")
        await pilot.press("q")
        await shown(pilot, "5 of 5 boxes")
        assert app.rooms.kind("bx") is app.rooms.kind("boxes")


async def test_colon_to_nowhere_says_so_and_stays():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("colon", "x", "y", "enter")
        await until(pilot, lambda: screen_text(app)[23].startswith(" there is no kind 'xy'"))
        assert len(app.screen_stack) == 1


async def test_colon_to_a_name_that_is_nearly_one_says_which():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("colon", *"boxxes", "enter")
        said = " there is no kind 'boxxes'; boxes?"
        await until(pilot, lambda: screen_text(app)[23].startswith(said))


async def test_space_picks_rows_and_an_act_is_asked_for_those():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("space", "j", "space")
        assert table(app).chosen == ("id-00000", "id-00002")
        rows = screen_text(app)
        assert rows[6].startswith("  * box-0")
        assert rows[19].rstrip().endswith("picked: 2")


async def test_an_asterisk_picks_all_that_the_filter_lets_through_and_lets_them_go():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("slash", *"box-3", "enter")
        await until(pilot, lambda: len(table(app).rows.shown) == 1)
        await pilot.press("asterisk", "escape")
        assert table(app).chosen == ("id-00003",)
        await pilot.press("asterisk")
        assert len(table(app).chosen) == 5
        assert screen_text(app)[19].rstrip().endswith("picked: 5")
        await pilot.press("asterisk")
        assert table(app).picked == set()


async def test_a_harmless_action_without_a_form_is_done_by_its_key():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("j", "m")
        await until(pilot, lambda: bool(app.station.store.marks))
        assert app.station.store.marks == [("boxes", "id-00001")]
        await shown(pilot, "done")


async def test_a_disruptive_action_is_confirmed_first():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("t")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert type(app.screen).__name__ == "ActScreen"
        assert app.station.store.marks == []


async def test_sorting_by_a_column_and_back():
    wire = Wire(bodies={"/boxes": [box(10), box(9), box(100)]})
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-100")
        await pilot.press("greater_than_sign")
        assert screen_text(app)[23].startswith(" sorted by NAME upwards")
        names = [row[4:11].strip() for row in screen_text(app)[6:9]]
        assert names == ["box-9", "box-10", "box-100"]
        await pilot.press("less_than_sign")
        names = [row[4:11].strip() for row in screen_text(app)[6:9]]
        assert names == ["box-10", "box-9", "box-100"]


async def test_c_shows_the_command_and_sends_nothing_to_a_terminal_that_is_not_known():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("c")
        assert screen_text(app)[23].startswith(" stx-tui show box box-0")
        assert app.clipboard == ""


async def test_b_sets_the_baseline():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("b")
        await shown(pilot, "from now on, what comes is new")
        assert app.station.store.baselines == [
            ("uuid-7", tuple(f"id-0000{n}" for n in range(5)), NOW_MS)
        ]


async def test_question_mark_lists_the_keys_of_where_one_is_and_the_acts_of_the_kind():
    app = console(five())
    async with app.run_test(size=(80, 40)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("question_mark")
        rows = await shown(pilot, "KEYS  boxes")
        text = "\n".join(rows)
        assert "to the next row that is not well" in text
        await pilot.press("end")
        await shown(pilot, "topple it (topple)")
        await pilot.press("q")
        await shown(pilot, "5 of 5 boxes")


async def test_q_at_the_top_asks_and_enter_says_no():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("q")
        await shown(pilot, "LEAVE site-7 ?")
        await heard(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ListingScreen))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: isinstance(app.screen, QuitScreen))
        await pilot.press("y")
        assert isinstance(app.screen, QuitScreen), "typed before it could be read"
        await heard(pilot)
        await pilot.press("y")
    assert app.return_code == 0


async def test_flow_control_bytes_end_nothing():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        await pilot.press("ctrl+q", "ctrl+s", "escape")
        assert isinstance(app.screen, ListingScreen)


# --- bad days ----------------------------------------------------------------------------------


async def test_an_outage_keeps_the_rows_and_says_their_age_and_the_reason():
    wire, now = five(), [NOW_MS]
    app = console(wire, now_ms=lambda: now[0])
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        wire.error = AWAY
        now[0] += 14 * 60_000
        await pilot.press("r")
        rows = await shown(pilot, "AGE 14m store")
        assert rows[2].startswith(" WAS NOT WELL  1 ill (as of 14m ago)")
        assert "store: connection refused. is the service up?" in rows[3]
        assert rows[6].startswith(">   box-0")
        hole = [s for s in app.screen._compositor.render_strips(app.size)[0] if "AGE" in s.text]
        assert [s.style.reverse for s in hole if s.style] == [False]
        wire.error = None
        await pilot.press("r")
        await shown(pilot, " live ")


async def test_a_service_that_never_answered_says_so_where_the_rows_would_be():
    app = console(Wire(bodies={"/boxes": []}, error=AWAY))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.station is not None)
        app.station.watch._ask = Wire(error=AWAY).ask
        await pilot.press("r")
        rows = await shown(pilot, "NO store")
        assert rows[2].startswith(" CANNOT  store: connection refused")
        assert "boxes were not read: store: connection refused" in rows[6]


async def test_a_station_that_does_not_open_is_words_and_no_exit():
    app = console(Wire(error=AWAY))
    async with app.run_test(size=(80, 24)) as pilot:
        rows = await shown(pilot, "CANNOT  store: connection refused")
        assert rows[3].strip() == "is the service up?"
        await pilot.press("r")
        assert screen_text(app)[23].startswith(" store: connection refused")


async def test_a_kind_without_rows_says_that_there_are_none():
    app = console(Wire(bodies={"/boxes": []}))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "there are no boxes")
        await pilot.press("j", "n", "space", "enter", "slash", "a", "enter")
        assert table(app).chosen == ()


@pytest.mark.parametrize(
    "name",
    [
        "\x1b]0;owned\x07\x1b[2Jx",
        "[bold red]x[/]",
        "x\u202egnp.exe",
        "x\ty\nz\r",
        "\ud800half",
        "宽" * 60,
        "a\u0301\u0301\u0301\u0301\u0301x",
        "y" * 10_000,
    ],
)
async def test_names_from_outside_are_shown_as_they_are_and_obeyed_by_nobody(name: str):
    wire = Wire(bodies={"/boxes": [box(1, name=name, note=name), box(2, state="ill", note=name)]})
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-2")
        rows = screen_text(app)
        text = "".join(rows)
        assert text.isprintable()
        assert not set(text) & {"\u202e", "\x1b"}
        assert row_of(app, "box-2").startswith(" !  box-2")
        if name.startswith("["):
            assert "[bold red]x[/]" in rows[6]


async def test_twenty_thousand_rows_are_walked_filtered_and_left():
    app = console(Wire(bodies={"/boxes": [box(n) for n in range(20_000)]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "20000 of 20000 boxes")
        await pilot.press("G")
        assert "box-19999" in cursor_row(app)
        await pilot.press("slash", *"box-1234")
        await until(pilot, lambda: table(app).rows.work(0) is False)
        await shown(pilot, "11 of 20000 boxes")


@pytest.mark.parametrize(
    "size", [(1, 1), (2, 2), (10, 3), (12, 4), (20, 5), (40, 12), (79, 23), (132, 24), (160, 50)]
)
async def test_any_size_is_drawn(size: Any):
    app = console(five())
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: len(table(app).rows) == 5)
        await pilot.press("n", "slash", "b", "enter", "colon", "escape", "question_mark", "q")
        await pilot.resize_terminal(80, 24)
        rows = await shown(pilot, "5 of 5 boxes")
        assert rows[8].startswith(">!  box-2")


async def test_at_40x12_there_is_the_selected_row_and_the_counts():
    app = console(five())
    async with app.run_test(size=(40, 12)) as pilot:
        rows = await shown(pilot, "box-4")
        assert "C5" in rows[0]
        assert rows[3].startswith(">   box-0")


async def test_at_10x3_there_is_the_selected_row_and_the_counts():
    app = console(five())
    async with app.run_test(size=(10, 3)) as pilot:
        rows = await shown(pilot, "box-0")
        assert "C5" in rows[0]
        assert rows[1].startswith(">   box-0")


async def test_a_wide_terminal_has_the_strip_beside_the_table():
    app = console(five())
    async with app.run_test(size=(160, 50)) as pilot:
        await shown(pilot, "box-4")
        assert row_of(app, "NAME").index("5 of 5 boxes") > 80


# --- left alone --------------------------------------------------------------------------------


async def test_left_alone_it_shows_nothing_but_that_it_is_locked_until_the_password():
    wire, now = five(), [NOW_MS]
    app = console(wire, now_ms=lambda: now[0], lock_after_s=600)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        app.lock.look_round()
        assert not isinstance(app.screen, LockedScreen)
        now[0] += 600_000
        app.lock.look_round()
        rows = await shown(pilot, " locked")
        assert "".join(rows).strip() == "locked"
        await pilot.press("2", "q", "ctrl+c", "enter")
        rows = await shown(pilot, "locked: no")
        assert isinstance(app.screen, LockedScreen)
        await pilot.press(*"sesame", "enter")
        assert isinstance(app.screen, LockedScreen), "a wrong one costs time"
        await until(pilot, lambda: "locked: no" not in screen_text(app)[0])
        await pilot.press(*"sesame", "enter")
        await shown(pilot, "box-4")


async def test_what_opens_by_itself_while_it_is_locked_lies_beneath_the_lock():
    now = [NOW_MS]
    app = console(five(), now_ms=lambda: now[0], lock_after_s=600)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        now[0] += 600_000
        app.lock.look_round()
        await shown(pilot, " locked")
        await pilot.press(*"ses")
        # As a log that took its time to be found, a session, a page that was asked for before.
        app.push_screen(ListingScreen(app.rooms.kinds[1]))
        assert isinstance(app.screen, LockedScreen), "it is seen, and keys reach it"
        for _ in range(5):
            await pilot.pause()
            assert "".join(screen_text(app)).strip() == "locked"
        app.go("boxes")
        assert isinstance(app.screen, LockedScreen), "it was opened without a password"
        await pilot.pause()
        assert "".join(screen_text(app)).strip() == "locked"
        await pilot.press(*"ame", "enter")
        await shown(pilot, "box-4")
        assert [type(screen) for screen in app.screen_stack] == [ListingScreen]


async def test_a_lock_listens_again_whatever_goes_wrong_and_keeps_no_noise(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(locked, "WRONG_S", 0.05)
    now = [NOW_MS]
    app = console(five(), now_ms=lambda: now[0], lock_after_s=600)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, "box-4")
        now[0] += 600_000
        app.lock.look_round()
        await shown(pilot, " locked")
        screen = app.screen
        right = screen._is_password

        async def broken(_typed: str) -> bool:
            raise ZeroDivisionError("a mistake of ours")

        screen._is_password = broken
        await pilot.press("x", "enter")
        await until(pilot, lambda: not screen._is_waiting)
        screen._is_password = right
        for _ in range(locked.LONGEST + 100):
            screen.on_key(events.Key("x", "x"))
        assert len(screen._typed) == locked.LONGEST
        await pilot.press("ctrl+u", *"sesame", "enter")
        await shown(pilot, "box-4")


async def test_columns_that_just_fit_are_not_cut_for_the_gap_behind_the_last():
    app = console(five())
    async with app.run_test(size=(23, 24)) as pilot:
        await shown(pilot, "box-4")
        assert "NAME   STATE  SIZE" in row_of(app, "NAME")
        assert "box-4  fine      4" in row_of(app, "box-4")


@pytest.mark.parametrize(("count", "said"), [(1, 5), (12, 1)])
async def test_below_a_summary_one_row_leaves_its_room_to_what_is_said_of_it(count: int, said: int):
    words = Lines(lines=tuple(Line(heading=f"W{n}", text=f"word {n}") for n in range(5)))
    picture = Lines(lines=tuple(Line(text=f"picture {n}") for n in range(6)))
    kind = replace(BOXES, strip=lambda *_: words, summary=lambda _known: picture)
    area = replace(ROOMS.areas[0], open=lambda: Contents((kind,), ROOMS.areas[0].headline))
    boxes = [box(n) for n in range(count)]
    app = console(Wire(bodies={"/boxes": boxes}), rooms=replace(ROOMS, areas=(area,)))
    async with app.run_test(size=(80, 24)) as pilot:
        rows = await shown(pilot, f"word {said - 1}")
        assert sum("picture" in row for row in rows) == 6
        assert sum("word" in row for row in rows) == said
        assert sum("fine" in row and "box-" in row for row in rows[:20]) >= min(count, 7)
