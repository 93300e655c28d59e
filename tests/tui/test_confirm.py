"""The confirmation by keyboard: what is asked of each risk, and what never confirms anything."""

from __future__ import annotations

import asyncio
import random
import string
import time
from dataclasses import replace
from typing import Any, Tuple

import pytest
from textual import events

from backend.deed import Outcome
from backend.errors import Refused, Rejected, StoreError, Unreachable
from stx_tui.screens.act import ActScreen
from stx_tui.screens.actions import ActionsScreen
from stx_tui.screens.detail import DetailScreen
from stx_tui.screens.follow import FollowScreen
from stx_tui.screens.results import ResultsScreen
from tests.tui.desk import Desk, machine
from tests.tui.machines import MACHINES
from tests.tui.things import until


def stop(*names: str) -> ActScreen:
    return ActScreen(MACHINES, "stop", tuple(f"id-{name}" for name in names))


async def test_the_whole_screen_says_what_happens_and_no_is_in_focus() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        lines = desk.lines
    assert lines[0].startswith(" STOP m-1 ?")
    assert "site-7   22:41:00Z" in lines[0]
    assert lines[2].startswith(" WHAT STOPS")
    assert lines[4].startswith(" ! 2 have NOWHERE ELSE to go")
    assert any("200.001 400.002" in line for line in lines)
    assert any("3 pass, 0 fail, 1 only the server knows" in line for line in lines)
    assert any(" ?  sole provider of a service" in line for line in lines)
    assert any("WE ASK, SYSINV DOES NOT" in line for line in lines)
    assert any(line.startswith(" SAME AS   system machine-stop m-1") for line in lines)
    assert lines[23].startswith("   [ No ] n     [ Stop ]  type yes and Enter")
    assert lines[23].rstrip() == lines[23][:79].rstrip()


async def test_yes_typed_by_a_hand_sends_once_and_goes_on_to_following() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.press("w")
        await desk.type("cfg change, ticket 4711")
        await desk.press("enter")
        await desk.type("yes")
        assert desk.wire.sent == []
        await desk.press("enter")
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, FollowScreen)
        await desk.press("enter", "enter")
    assert len(desk.wire.sent) == 1
    assert desk.book.deeds[0].why == "cfg change, ticket 4711"


async def test_y_from_no_is_the_first_letter_of_yes() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
    assert len(desk.wire.sent) == 1


async def test_what_may_not_be_undone_wants_the_name() -> None:
    desk = Desk(machine("core-0"))
    async with desk.sat_at():
        await desk.open(stop("core-0"))
        assert "YOU ARE ON IT (ttyS0): THIS PROGRAM ENDS WITH IT." in desk.lines[2]
        assert "then type core-0 and Enter" in desk.lines[23]
        await desk.type("yyes")
        await desk.press("enter")
        assert desk.wire.sent == []
        assert "that is not core-0: nothing was sent" in desk.text
        await desk.type("core-0")
        await desk.press("enter")
        await desk.pilot.pause()
    assert len(desk.wire.sent) == 1


async def test_what_harms_nobody_is_done_at_once() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ActScreen(MACHINES, "wink", ("id-m-1",)))
        await desk.pilot.pause()
        assert not isinstance(desk.app.screen, ActScreen)
        assert "WINK m-1: done" in desk.text
    assert len(desk.wire.sent) == 1


@pytest.mark.parametrize("key", ["n", "q", "escape", "enter"])
async def test_each_of_these_leaves_and_sends_nothing(key: str) -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.press(key)
        assert not isinstance(desk.app.screen, ActScreen)
    assert desk.wire.sent == []


async def test_escape_leaves_the_answer_first_and_then_the_dialog() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.press("y")
        assert desk.lines[22].startswith(" ANSWER > y___")
        await desk.press("backspace")
        assert "yes and Enter; Esc back to No" in desk.lines[22]
        await desk.press("escape")
        assert "ANSWER" not in desk.text
        assert isinstance(desk.app.screen, ActScreen)
        await desk.press("escape")
        assert not isinstance(desk.app.screen, ActScreen)
    assert desk.wire.sent == []


async def test_what_is_typed_in_the_first_half_second_is_not_for_the_dialog() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        desk.app.push_screen(stop("m-1"))
        await desk.pilot.pause()
        dialog: Any = desk.app.screen
        early = dialog._deaf_until - 0.1
        for name, character in (("y", "y"), ("e", "e"), ("s", "s"), ("enter", "\r"), ("q", "q")):
            event = events.Key(name, character)
            event.time = early
            desk.app.post_message(event)
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, ActScreen)
        assert "ANSWER" not in desk.text
        await desk.settle()
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
    assert len(desk.wire.sent) == 1


async def test_a_pasted_answer_is_dropped() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.paste("yes\n")
        assert "a paste was dropped" in desk.text
        await desk.press("y", "backspace")
        await desk.paste("yes")
        await desk.press("enter")
        assert "type it by hand" in desk.text
    assert desk.wire.sent == []


async def test_a_pasted_part_taints_the_answer() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.press("y")
        await desk.paste("es")
        await desk.press("enter")
        assert "type it by hand" in desk.text
    assert desk.wire.sent == []


async def test_a_burst_of_keys_confirms_nothing() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.press("y", "e", "s", "enter", every_s=0.001)
        assert "a burst or a paste" in desk.text
    assert desk.wire.sent == []


@pytest.mark.parametrize("seed", range(2))
async def test_line_noise_never_confirms(seed: int) -> None:
    noise = random.Random(seed)
    keys = [*string.ascii_lowercase, *string.digits, "enter", "tab", "escape", " ", "."]
    # The worst there is: every burst holds the letters that would confirm.
    bursts = [[*"yes", "enter"], ["y", *"yes", "enter"], ["w", "enter", *"yes", "enter"]]
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        for _ in range(12):
            burst = noise.choice(bursts) if noise.random() < 0.5 else noise.choices(keys, k=6)
            await desk.press(*burst, every_s=noise.choice((0.0, 0.001, 0.01)), on=ActScreen)
            if not isinstance(desk.app.screen, ActScreen):
                while len(desk.app.screen_stack) > 1:
                    await desk.app.pop_screen()
                await desk.open(stop("m-1"))
    assert desk.wire.sent == []
    assert desk.book.deeds == []


async def test_where_it_is_blocked_there_is_nothing_to_confirm_with() -> None:
    desk = Desk(machine("m-1", state="held"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        assert desk.lines[0].startswith(" CANNOT STOP m-1: 1 reason")
        assert "1 FAIL" in desk.lines[2]
        assert desk.lines[3].startswith(" ! 1  part bolt holds it since 0:40")
        assert "[ Stop ] absent: 1 reason above" in desk.lines[23]
        assert "WHY >" not in desk.text
        await desk.type("yes")
        await desk.press("y", "enter")
    assert desk.wire.sent == []


async def test_a_digit_goes_to_where_it_is_mended() -> None:
    desk = Desk(machine("m-1", state="held"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.press("2")
        assert isinstance(desk.app.screen, ActScreen)
        await desk.press("1")
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, DetailScreen)
        assert "bolt" in desk.lines[0]


async def test_read_only_says_so_and_confirms_nothing() -> None:
    desk = Desk(machine("m-1"), read_only=True)
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        assert "read-only mode" in desk.text
        await desk.type("yes")
        await desk.press("enter")
    assert desk.wire.sent == []


async def test_rows_that_are_done_together_are_not_said_to_wait_for_each_other() -> None:
    desk = Desk(machine("m-1"), machine("m-2"))
    async with desk.sat_at():
        together = tuple(replace(one, at_once=True) for one in MACHINES.actions)
        kind = replace(MACHINES, actions=together)
        await desk.open(ActScreen(kind, "stop", ("id-m-1", "id-m-2")))
        assert "all at once, each to its own end" in desk.text
        assert "one after the other" not in desk.text
        await desk.type("y2 machines")
        await desk.press("enter")
        await desk.pilot.pause()
        # Each is followed where one stands, to its real end; what came to no good stands first.
        assert isinstance(desk.app.screen, ResultsScreen)
        assert "2 under way, 0 of 2 done" in desk.lines[0]
        assert [row.split()[:3] for row in desk.lines[2:4]] == [
            [">", "m-1", "under"],
            ["m-2", "under", "way"],
        ]
        first, second = desk.watch.known.memory.deeds[::-1]
        at = desk.clock.ms + 8000
        await desk._update(replace(first, outcome=Outcome.DONE, ended_ms=at))
        await desk._update(
            replace(second, outcome=Outcome.FAILED, ended_ms=at, answer="stuck\x1b[2J")
        )
        await desk.pilot.pause()
        assert "1 NOT DONE, 1 of 2 done" in desk.lines[0]
        assert desk.lines[2].split() == ["!", "m-2", "failed", "stuck\\x1b[2J"]
        assert desk.lines[3].split() == [">", "m-1", "done", "after", "0:08"]
        await desk.press("enter")
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, FollowScreen)
        assert "m-1" in desk.lines[0]


async def test_what_nothing_here_could_read_is_not_asked_for_before_it_is_sent() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        needy = tuple(replace(one, needs=(*one.needs, "hosts")) for one in MACHINES.actions)
        await desk.open(ActScreen(replace(MACHINES, actions=needy), "stop", ("id-m-1",)))
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
    assert len(desk.wire.sent) == 1


async def test_several_rows_are_named_and_want_more_than_yes() -> None:
    desk = Desk(machine("m-1"), machine("m-2"))
    async with desk.sat_at():
        await desk.open(stop("m-1", "m-2"))
        assert desk.lines[0].startswith(" STOP 2 machines ?")
        assert "m-1, m-2" in desk.text
        assert "one after the other" in desk.text
        await desk.type("yyes")
        await desk.press("enter")
        assert desk.wire.sent == []
        await desk.press(*"2 machines")
        await desk.press("enter")
        await desk.pilot.pause()
    assert [write.path for write in desk.wire.sent] == [
        "/v1/machines/id-m-1",
        "/v1/machines/id-m-2",
    ]


async def test_a_row_that_vanishes_meanwhile_is_said_and_refused() -> None:
    desk = Desk(machine("m-1"), machine("m-2"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.type("ye")
        desk.wire.bodies["/machines"] = [machine("m-2")]
        await desk.read()
        assert "M-1 IS GONE SINCE 22:41:00Z" in desk.text
        assert desk.lines[0].startswith(" CANNOT STOP m-1")
        assert "[ Stop ]" not in desk.text
        # It comes back: still not what was asked about.
        desk.wire.bodies["/machines"] = [machine("m-1")]
        await desk.read()
        await desk.type("yes")
        await desk.press("enter")
    assert desk.wire.sent == []


async def test_a_row_with_the_same_name_and_another_id_is_not_the_one() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        desk.wire.bodies["/machines"] = [{"uuid": "id-new", "name": "m-1"}]
        await desk.read()
        assert "ANOTHER MACHINE HAS ITS NAME NOW" in desk.text
        await desk.type("yes")
        await desk.press("enter")
    assert desk.wire.sent == []


async def test_a_row_that_is_called_otherwise_now_is_refused() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        desk.wire.bodies["/machines"] = [{"uuid": "id-m-1", "name": "m-9"}]
        await desk.read()
        assert "M-1 IS CALLED M-9 NOW" in desk.text
        await desk.type("yes")
        await desk.press("enter")
    assert desk.wire.sent == []


async def test_what_is_new_while_one_types_has_to_be_read_first() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.type("yes")
        desk.wire.bodies["/machines"] = [machine("m-1", state="held")]
        await desk.read()
        assert "it changed while you looked" in desk.text
        await desk.press("enter")
    assert desk.wire.sent == []


async def test_old_data_is_said_and_asked_again_first() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.wait(240_000)
        asked = len(desk.wire.asked)
        await desk.open(stop("m-1"))
        await desk.pilot.pause()
        assert desk.wire.asked[asked:] == ["/machines", "/parts"]


async def test_data_that_grew_old_in_the_dialog_is_asked_again_before_it_is_sent() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.wait(240_000)
        desk.wire.bodies["/machines"] = [machine("m-1", state="held")]
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
        assert desk.lines[0].startswith(" CANNOT STOP m-1")
    assert desk.wire.sent == []


async def test_what_stays_old_wants_a_second_yes() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))

        async def mute(read: Any, parent: str) -> Any:
            if read.path == "/parts":
                raise Unreachable("sysinv", "no answer")
            return await ask(read, parent)

        ask, desk.watch._ask = desk.watch._ask, mute
        await desk.wait(240_000)
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
        assert "still parts 4m old" in desk.text
        assert desk.wire.sent == []
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
    assert len(desk.wire.sent) == 1


async def test_a_refusal_before_the_sending_keeps_the_dialog_and_says_why() -> None:
    desk = Desk(machine("m-1"))
    desk.book.error = StoreError("no space left on device")
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, ActScreen)
        assert "not sent" in desk.text
        assert "no space left" in desk.text
    assert desk.wire.sent == []


async def test_a_refusal_of_the_service_is_shown_in_its_own_words() -> None:
    desk = Desk(machine("m-1"))
    desk.wire.send_error = Rejected("sysinv", 400, "Rejected: host m-1 must be locked")
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, FollowScreen)
        assert "REFUSED" in desk.lines[1]
        assert "Rejected: host m-1 must be locked" in desk.text


async def test_leaving_while_it_is_sent_stops_nothing() -> None:
    desk = Desk(machine("m-1"))
    desk.wire.slow = asyncio.Event()
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        await desk.type("yes")
        await desk.press("enter")
        assert "sending" in desk.text
        await desk.type("yes")
        await desk.press("enter", "q")
        assert not isinstance(desk.app.screen, ActScreen)
        desk.wire.slow.set()
        await desk.pilot.pause()
        await desk.pilot.pause()
    assert len(desk.wire.sent) == 1


async def test_c_shows_the_command_and_d_every_check() -> None:
    desk = Desk(machine("m-1"), machine("m-2"))
    async with desk.sat_at((80, 18)):
        await desk.open(stop("m-1", "m-2"))
        assert "2 checks pass" in desk.text
        await desk.press("d")
        assert "2 checks pass" not in desk.text
        assert "ok  not held" in desk.text
        await desk.press("c")
        assert "system machine-stop m-1 ; system machine-stop m-2" in desk.text


@pytest.mark.parametrize("size", [(160, 50), (40, 12), (10, 3), (80, 5)])
async def test_any_size_shows_the_title_and_no(size: Tuple[int, int]) -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at(size):
        await desk.open(stop("m-1"))
        assert desk.lines[0].startswith(" STOP m-1 ?"[: size[0] - 5])
        assert "No" in desk.lines[-1]
        await desk.press("w", "enter", "y", "d", "j", "k", "q")


async def test_names_from_outside_reach_the_screen_as_text_only() -> None:
    evil = "m\x1b[2J[bold]\u202ex"
    desk = Desk({"uuid": "id-e", "name": evil})
    async with desk.sat_at():
        await desk.open(ActScreen(MACHINES, "stop", ("id-e",)))
        text = desk.text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold]" in text


async def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(Refused):
        ActScreen(MACHINES, "fly", ("id-m-1",))


def packet(desk: Desk, keys: str) -> None:
    """Let keys arrive as one: from a paste where that is not told apart, or a line that hung."""
    at_s = time.monotonic()
    for one in keys:
        event = events.Key("enter" if one == "\r" else one, one)
        event.time = at_s
        desk.app.post_message(event)


@pytest.mark.parametrize("keys", ["asn", "aq", "sn", "s\r", "sq", "sy", "syyes\r"])
async def test_a_dialog_that_a_packet_of_keys_opens_is_deaf_to_the_rest_of_it(keys: str) -> None:
    opens = ActionsScreen if keys[0] == "a" else ActScreen
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        packet(desk, keys)
        await until(desk.pilot, lambda: isinstance(desk.app.screen, opens))
        for _ in range(8):
            await desk.pilot.pause()
        assert isinstance(desk.app.screen, opens)
        assert desk.app.focused is None
    assert desk.wire.sent == []


async def test_a_dialog_beneath_another_screen_takes_none_away_with_it() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(stop("m-1"))
        dialog = desk.app.screen
        desk.app.action_keys()
        await desk.pilot.pause()
        above = desk.app.screen
        dialog.dismiss(())
        await desk.pilot.pause()
        assert desk.app.screen is above
        await desk.settle()
        await desk.press("q")
        assert desk.app.screen is dialog
        await desk.settle()
        await desk.press("n")
        assert desk.app.screen is not dialog
        dialog.dismiss(())
        await desk.pilot.pause()
        assert len(desk.app.screen_stack) == 1
