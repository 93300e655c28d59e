"""Keys that arrive together: each is for what the one before it left on the screen."""

from __future__ import annotations

import time

import pytest
from textual import events

from stx_tui.app import StxApp
from stx_tui.panes.prompt import PromptPane
from stx_tui.panes.table import TablePane
from tests.tui.test_listing import five, heard
from tests.tui.things import console, screen_text, until

NAMES = {
    "\r": "enter",
    "?": "question_mark",
    ":": "colon",
    "/": "slash",
    "\x1b": "escape",
    "\x15": "ctrl+u",
}


def together(app: StxApp, keys: str) -> None:
    """Let keys arrive in one packet, or be read at once by a machine that was busy."""
    at_s = time.monotonic()
    for number, one in enumerate(keys):
        event = events.Key(NAMES.get(one, one), one)
        event.time = at_s + 0.07 * number
        app.post_message(event)


def stands_on(app: StxApp, name: str) -> bool:
    """Whether the cursor of the listing that is on the screen is on that row."""
    return any(row.startswith(">") and name in row for row in screen_text(app))


@pytest.mark.parametrize("keys", ["\r", "?", "H", "w", "\r?"])
async def test_a_key_behind_one_that_closes_a_screen_is_for_what_lies_beneath(keys: str):
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("box-4" in row for row in screen_text(app)))
        for one in keys:
            together(app, one)
            await pilot.pause()
        assert len(app.screen_stack) == 1 + len(keys)
        together(app, "q" * len(keys) + "j")
        await until(pilot, lambda: stands_on(app, "box-1"))
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("keys", ["aq", "a\x1b", "tn", "tq", "qn", "q\x1b"])
async def test_a_key_behind_one_that_closes_a_dialog_is_for_what_lies_beneath(keys: str):
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("box-4" in row for row in screen_text(app)))
        together(app, keys[0])
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await heard(pilot)
        together(app, keys[1] + "j")
        await until(pilot, lambda: stands_on(app, "box-1"))
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize(
    ("keys", "row", "needle"),
    [("/box\rjj", "box-2", "box"), (":\x1bjj", "box-2", ""), ("/ill\x1bjj", "box-4", "")],
)
async def test_a_key_behind_the_end_of_a_typed_line_is_no_part_of_the_line(
    keys: str, row: str, needle: str
):
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("box-4" in row for row in screen_text(app)))
        together(app, keys)
        await until(pilot, lambda: stands_on(app, row))
        assert not app.screen.query_one(PromptPane).display
        assert app.screen.query_one(TablePane).rows.needle == needle


async def test_a_paste_behind_a_key_waits_for_the_line_that_the_key_opens():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("box-4" in row for row in screen_text(app)))
        together(app, ":")
        app.post_message(events.Paste("lids"))
        together(app, "\r")
        await until(pilot, lambda: stands_on(app, "lid-0"))


async def test_a_hundred_keys_at_once_are_all_taken_in_their_order():
    app = console(five())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("box-4" in row for row in screen_text(app)))
        together(app, "/" + "x" * 40 + "\x15box-3\x15" + "\x1b" + "?q" * 30 + "j")
        await until(pilot, lambda: stands_on(app, "box-4"))
        assert len(app.screen_stack) == 1
