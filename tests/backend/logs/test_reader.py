"""Several logs merged: looked at from either end, by time, filtered, followed, counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import AsyncIterator, List

import pytest

from backend.errors import Refused, Unreachable
from backend.logs.gathered import Gathered
from backend.logs.line import LogLine
from backend.logs.reader import Reader
from backend.logs.view import View
from tests.backend.logs.things import BEGAN_MS, MINUTE_MS, fill, no_step, opened, texts, written


def two(tmp_path: Path, count: int = 1000) -> Reader:
    """Return a reader of two logs whose lines alternate: a line a second, numbered in all."""
    for at, name in enumerate(("sm", "kern")):
        times = range(BEGAN_MS + at * 500, BEGAN_MS + count * 1000, 1000)
        fill(tmp_path / f"{name}.log", times, f"controller-0 {name}: info of {name} {{at}}")
    return Reader([opened(tmp_path / "sm.log"), opened(tmp_path / "kern.log")])


def times(lines: List[LogLine]) -> List[int]:
    return [line.at_ms for line in lines]


async def test_lines_of_several_logs_stand_in_the_order_of_their_times(tmp_path: Path) -> None:
    reader = two(tmp_path)
    assert await reader.to_last(10)
    assert times(reader.view.lines) == list(range(BEGAN_MS + 995_000, BEGAN_MS + 1_000_000, 500))
    assert [line.log for line in reader.view.lines[:3]] == ["sm", "kern", "sm"]
    assert await reader.more_up(10) == 10
    assert times(reader.view.lines)[0] == BEGAN_MS + 990_000
    assert reader.view.is_to_last
    assert not reader.view.is_from_first


async def test_a_time_is_looked_at_with_what_led_to_it(tmp_path: Path) -> None:
    reader = two(tmp_path)
    index = await reader.to_time(BEGAN_MS + 500_000, 50)
    assert index == 50
    assert reader.view.lines[index].at_ms == BEGAN_MS + 500_000
    assert times(reader.view.lines) == sorted(times(reader.view.lines))
    assert await reader.to_time(BEGAN_MS + 10**9) is not None
    assert reader.view.lines[-1].at_ms == BEGAN_MS + 999_500


async def test_what_is_far_from_where_one_looks_is_let_go_and_read_again(tmp_path: Path) -> None:
    view = View(two(tmp_path).view.logs, kept=100)
    view.to_first(100, no_step)
    whole = list(view.lines)
    view.more_down(80, no_step)
    assert len(view.lines) == 100
    assert not view.is_from_first
    assert view.more_up(80, no_step) == 80
    assert view.lines == whole
    view.to_last(100, no_step)
    last = list(view.lines)
    view.more_up(30, no_step)
    assert not view.is_to_last
    view.more_down(30, no_step)
    assert view.lines == last


async def test_a_filter_stays_near_the_line_it_was_typed_at(tmp_path: Path) -> None:
    reader = two(tmp_path)
    index = await reader.to_time(BEGAN_MS + 500_000)
    assert index is not None
    at = await reader.search("of kern 50", reader.view.lines[index])
    assert at is not None
    assert texts(reader.view.lines) == ["50", *map(str, range(500, 510))]
    assert reader.view.lines[at].at_ms == BEGAN_MS + 500_500
    assert reader.matching == 11
    assert await reader.search("", reader.view.lines[at]) is not None
    assert len(reader.view.lines) > 200


async def test_all_that_match_are_counted_though_not_read(tmp_path: Path) -> None:
    reader = two(tmp_path)
    await reader.search("INFO OF")
    assert await reader.count() == 0  # a capital is meant as one
    await reader.search("info of")
    assert reader.matching is None
    assert len(reader.view.lines) == 200
    assert await reader.count() == 2000


async def test_the_next_error_is_found_far_away_and_back(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    lines = [written(BEGAN_MS + at, f"controller-0 sm: info of {at}") for at in range(20_000)]
    lines[3] = written(BEGAN_MS + 3, "controller-0 sm: err of 3")
    lines[15_000] = written(BEGAN_MS + 15_000, "controller-0 sm: crit of 15000")
    path.write_text("".join(f"{line}\n" for line in lines))
    reader = Reader([opened(path)])
    await reader.to_first()
    index = await reader.next_bad(None)
    assert index == 3
    index = await reader.next_bad(reader.view.lines[3])
    assert index is not None
    assert reader.view.lines[index].text.endswith("crit of 15000")
    assert len(reader.view.lines) == 400
    assert await reader.next_bad(reader.view.lines[index]) is None
    assert reader.view.lines[index].text.endswith("crit of 15000")
    index = await reader.next_bad(reader.view.lines[index], back=True)
    assert index is not None
    assert reader.view.lines[index].text.endswith("err of 3")


async def test_lines_that_come_are_followed_through_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS])
    reader = Reader([opened(path)])
    await reader.to_last()
    with path.open("a") as log:
        log.write(f"{written(BEGAN_MS + 1, 'came 1')}\n")
    assert await reader.grow() == (1, ())
    path.rename(tmp_path / "sm.log.1")
    path.write_text(f"{written(BEGAN_MS + 2, 'came 2')}\n")
    came, news = await reader.grow()
    assert (came, news) == (1, ("sm rotated: it goes on in a new file",))
    assert texts(reader.view.lines) == ["0", "1", "2"]
    assert await reader.grow() == (0, ())


async def test_following_gives_each_line_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS])
    reader = Reader([opened(path)])
    await reader.to_last()
    lines = reader.lines()
    coming = asyncio.ensure_future(lines.__anext__())
    with path.open("a") as log:
        log.write(f"{written(BEGAN_MS + 1, 'came 1')}\n")
    assert (await asyncio.wait_for(coming, 5)).text == "came 1"
    await lines.aclose()


async def test_a_search_ends_when_another_is_wanted_or_nobody_waits(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + 200_000))
    reader = Reader([opened(path)])
    await reader.to_last()
    slow = asyncio.ensure_future(reader.search("nowhere to be found"))
    await asyncio.sleep(0)
    assert await reader.search("line 7") is not None
    assert await slow is None or reader.text == "line 7"
    again = asyncio.ensure_future(reader.search("nowhere to be found"))
    await asyncio.sleep(0)
    again.cancel()
    with pytest.raises(asyncio.CancelledError):
        await again
    assert await reader.to_last()


async def test_a_log_that_fails_is_left_out_and_said_and_the_others_go_on(tmp_path: Path) -> None:
    reader = two(tmp_path)
    (tmp_path / "kern.log").unlink()
    await reader.to_last()
    assert {line.log for line in reader.view.lines} == {"sm"}
    assert "there is no" in str(reader.view.troubles["kern"])


async def test_text_that_only_arrives_is_a_log_like_any_other() -> None:
    async def arrives() -> AsyncIterator[bytes]:
        for at in range(30):
            yield written(BEGAN_MS + at, f"pod {at}").encode() + b"\n"
        raise Unreachable("kubernetes", "the line was cut")

    log = Gathered("pod", arrives, kept=20)
    await log.gather()
    reader = Reader([log])
    await reader.to_last(100)
    kept = texts(reader.view.lines)
    assert kept[-1] == "29"
    assert 18 <= len(kept) <= 20
    assert log.notes() == (f"pod: its first {30 - len(kept)} lines were dropped",)
    assert await reader.grow() == (0, ("pod: kubernetes: the line was cut",))
    index = await reader.to_time(BEGAN_MS + 25)
    assert index is not None
    assert texts(reader.view.lines)[index] == "25"
    await reader.search("pod 2")
    assert await reader.count() == 10


async def test_no_more_than_so_many_bytes_of_a_stream_are_kept_however_long_its_lines_are() -> None:
    async def arrives() -> AsyncIterator[bytes]:
        for number in range(1000):
            yield b"%03d" % number + (b"" if number < 10 else b"x" * 997)

    log = Gathered("pod", arrives, kept_bytes=20_000)
    await log.gather()
    reader = Reader([log])
    await reader.to_last(100)
    kept = [line.raw[:3] for line in reader.view.lines]
    assert kept[-1] == b"999"
    assert 18 <= len(kept) <= 20
    assert log.notes() == (f"pod: its first {1000 - len(kept)} lines were dropped",)


async def test_a_flood_that_came_all_at_once_leaves_the_loop_its_turns() -> None:
    async def arrives() -> AsyncIterator[bytes]:
        for number in range(3000):
            yield b"2026-05-01T02:00:00Z line %d" % number

    log = Gathered("pod", arrives)
    taken: List[int] = []

    async def others() -> None:
        while log.arrived < 3000:
            taken.append(log.arrived)
            await asyncio.sleep(0)

    await asyncio.gather(log.gather(), others())
    steps = [after - before for before, after in zip(taken, taken[1:])]
    assert max(steps) <= 200


async def test_a_stream_that_fails_before_its_first_line_says_why() -> None:
    async def arrives() -> AsyncIterator[bytes]:
        raise Refused("no such pod")
        yield b""

    log = Gathered("pod", arrives)
    await log.gather()
    reader = Reader([log])
    await reader.to_last()
    assert str(reader.view.troubles["pod"]) == "no such pod"


def test_the_clock_of_one_log_that_was_set_back_does_not_mix_its_own_lines(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS, BEGAN_MS + 5 * MINUTE_MS, BEGAN_MS + MINUTE_MS, BEGAN_MS + 6 * MINUTE_MS])
    fill(tmp_path / "kern.log", [BEGAN_MS + 2 * MINUTE_MS], "controller-0 kernel: info k")
    view = View([opened(path), opened(tmp_path / "kern.log")])
    view.to_first(10, no_step)
    assert texts([line for line in view.lines if line.log == "sm"]) == ["0", "1", "2", "3"]
    assert len(view.lines) == 5
