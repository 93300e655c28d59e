"""Following an act: what is said of each end, and that leaving never stops or repeats it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Tuple

import pytest

from backend.deed import Deed, Outcome
from backend.errors import StoreError, Unreachable
from backend.figure import Timeline, TimelineStep
from backend.known import Memory
from stx_tui.panes.follow import bar, left_ms, share, verdict_of
from stx_tui.screens.act import ActScreen
from stx_tui.screens.detail import DetailScreen
from stx_tui.screens.follow import FollowScreen
from stx_tui.screens.stream import StreamScreen
from tests.tui.desk import NOW_MS, Desk, machine
from tests.tui.machines import MACHINES
from tests.tui.things import until


def step(usual: Any = None, began: Any = None, ended: Any = None) -> TimelineStep:
    return TimelineStep(name="s", usual_ms=usual, began_ms=began, ended_ms=ended, seen=5)


def timeline(*steps: TimelineStep, now_ms: int = 100_000) -> Timeline:
    return Timeline(title="t", steps=steps, now_ms=now_ms, began_ms=0)


def deed(**more: Any) -> Deed:
    values = {
        "number": "2211-0041",
        "cloud": "c",
        "kind": "machines",
        "action": "stop",
        "row_id": "id-m-1",
        "label": "m-1",
        "who": "sysadmin",
        "terminal": "ttyS0",
        "began_ms": NOW_MS,
        "sent_ms": NOW_MS,
        "outcome": Outcome.FOLLOWED,
    }
    return Deed(**{**values, **more})


def test_what_is_to_go_is_the_sum_of_the_usual_times_less_what_is_gone() -> None:
    running = timeline(step(60_000, 0, 60_000), step(90_000, 60_000), step(30_000))
    assert left_ms(running) == (80_000, 0)
    assert share(running) == pytest.approx(100 / 180)


def test_a_step_never_seen_here_makes_no_estimate() -> None:
    running = timeline(step(60_000, 0, 60_000), step(None, 60_000))
    assert left_ms(running) == (0, 1)
    assert share(running) is None
    assert "nobody can tell" in verdict_of(deed(), running).text


def test_it_is_never_all_done_before_it_is() -> None:
    late = timeline(step(10_000, 0), now_ms=900_000)
    assert share(late) == pytest.approx(0.99)
    assert "longer than usual" in verdict_of(deed(), late).text
    assert share(timeline(step(10_000, 0, 900_000), now_ms=900_000)) == 1.0


def test_the_bar_fits_and_shows_its_part() -> None:
    assert bar(0.5, 40) == "[" + "#" * 16 + "." * 16 + "]  50 %"
    assert bar(None, 40) == ""
    assert bar(0.5, 8) == ""


@pytest.mark.parametrize(
    ("outcome", "answer", "words"),
    [
        (Outcome.DONE, "", "REALLY DONE"),
        (Outcome.REFUSED, "host must be locked", "host must be locked"),
        (Outcome.FAILED, "Stop timed out", "Stop timed out"),
        (Outcome.NEVER_SENT, "the console ended before", "NEVER SENT"),
        (Outcome.UNKNOWN, "line cut", "never sent again"),
    ],
)
async def test_each_end_is_said_in_words(outcome: Outcome, answer: str, words: str) -> None:
    desk = Desk(machine("m-1"))
    ended = None if outcome is Outcome.UNKNOWN else NOW_MS + 5000
    async with desk.sat_at():
        desk.watch.remember(Memory(deeds=(deed(outcome=outcome, answer=answer, ended_ms=ended),)))
        await desk.open(FollowScreen("2211-0041"))
        assert words in "\n".join(desk.lines[1:3])
    assert desk.wire.sent == []


async def test_the_steps_come_with_the_times_of_this_site() -> None:
    desk = Desk(machine("m-1", state="stopping"))
    steps = {
        ("machines", "stop", "m-1", "accepted"): (1000, 1200, 900),
        ("machines", "stop", "m-1", "down"): (20_000, 22_000, 19_000),
    }
    async with desk.sat_at():
        begun = deed(reached=MappingProxyType({"accepted": NOW_MS + 1000}), why="ticket 4711")
        desk.watch.remember(Memory(deeds=(begun,), steps=MappingProxyType(steps)))
        await desk.wait(11_000)
        await desk.open(FollowScreen("2211-0041"))
        lines = desk.lines
    assert lines[0].startswith(" STOP m-1  deed 2211-0041 by sysadmin (ttyS0) since 22:41:00Z")
    assert lines[1].startswith(" 0:11 gone, about 0:10 to go")
    assert lines[1].rstrip().endswith(".]  52 %")
    assert lines[2].startswith(" as usual so far")
    assert "ok  accepted" in lines[5]
    assert "0:01    0:01" in lines[5]
    assert ">>  down" in lines[6]
    assert "0:10    0:20" in lines[6]
    assert any("gives up" in line and "10:00" in line for line in lines)
    assert any("200.001 400.002 are expected" in line for line in lines)
    assert any("ticket 4711" in line for line in lines)
    assert lines[23].startswith(" Enter open  l logs  c copy  q leave it running")


async def test_l_opens_the_logs_at_the_moment_it_was_sent() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        desk.watch.remember(Memory(deeds=(deed(sent_ms=NOW_MS - 60_000),)))
        await desk.open(FollowScreen("2211-0041"))
        await desk.press("l")
        await until(desk.pilot, lambda: isinstance(desk.app.screen, StreamScreen))
        assert isinstance(desk.app.screen, StreamScreen)
        assert desk.app.screen._logs.at_ms == NOW_MS - 60_000
        await until(desk.pilot, lambda: "of stop m-1" in desk.lines[1])


async def test_it_is_done_when_the_system_was_seen_at_its_last_step() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ActScreen(MACHINES, "stop", ("id-m-1",)))
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
        desk.clock.ms += 9000
        desk.wire.bodies["/machines"] = [machine("m-1", state="stopping")]
        await desk.read()
        assert "gone" in desk.lines[1]
        desk.clock.ms += 9000
        desk.wire.bodies["/machines"] = [machine("m-1", state="down")]
        await desk.read()
        assert desk.lines[1].startswith(" REALLY DONE after 0:18: all 2 steps were seen.")


async def test_a_failure_is_said_in_the_systems_words() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(ActScreen(MACHINES, "stop", ("id-m-1",)))
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
        desk.clock.ms += 9000
        desk.wire.bodies["/machines"] = [machine("m-1", state="stuck")]
        await desk.read()
        assert desk.lines[1].startswith(" FAILED after 0:09")
        assert "Stop timed out, gave up" in desk.lines[2]


async def test_a_line_that_drops_before_the_answer_is_read_again_and_never_sent_again() -> None:
    desk = Desk(machine("m-1"))
    desk.wire.send_error = Unreachable("sysinv", "line cut", sent=True)
    async with desk.sat_at():
        await desk.open(ActScreen(MACHINES, "stop", ("id-m-1",)))
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
        assert "SENT, OUTCOME UNKNOWN" in desk.lines[1]
        await desk.press("r", "s", "y", "c")
        desk.clock.ms += 9000
        desk.wire.bodies["/machines"] = [machine("m-1", state="down")]
        await desk.read()
        assert "REALLY DONE" in desk.lines[1]
    assert len(desk.wire.sent) == 1


async def test_leaving_stops_nothing_and_it_can_be_opened_again() -> None:
    desk = Desk(machine("m-1", state="stopping"))
    async with desk.sat_at():
        desk.watch.remember(Memory(deeds=(deed(),)))
        await desk.open(FollowScreen("2211-0041"))
        await desk.press("q")
        assert not isinstance(desk.app.screen, FollowScreen)
        assert desk.watch.known.running("machines", "id-m-1")
        await desk.open(FollowScreen("2211-0041"))
        assert "gone" in desk.lines[1]
        await desk.press("enter")
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, DetailScreen)


async def test_a_deed_nobody_knows_is_said() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(FollowScreen("2211-9999"))
        assert "no deed 2211-9999 is known here" in desk.lines[0]


async def test_a_deed_that_could_not_be_recorded_is_followed_all_the_same() -> None:
    desk = Desk(machine("m-1"))
    desk.book.error = StoreError("read-only file system")
    async with desk.sat_at():
        desk.watch.known = replace(desk.watch.known, trouble="read-only file system")
        desk.watch.remember(desk.watch.known.memory)
        await desk.open(ActScreen(MACHINES, "stop", ("id-m-1",)))
        assert "not be in the history" in desk.text
        await desk.type("ym-1")
        await desk.press("enter")
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, FollowScreen)
        assert "unrecorded" in desk.lines[0]
    assert len(desk.wire.sent) == 1


@pytest.mark.parametrize("size", [(160, 50), (40, 12), (10, 3)])
async def test_any_size_shows_how_far_it_is(size: Tuple[int, int]) -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at(size):
        desk.watch.remember(Memory(deeds=(deed(),)))
        await desk.open(FollowScreen("2211-0041"))
        assert desk.lines[1].startswith(" 0:00 gone"[: size[0] - 4])
