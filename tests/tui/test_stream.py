"""Logs on the screen: real files, followed, filtered, gone through and saved."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, AsyncIterator, List, Optional, Tuple

import pytest

from backend.errors import NotConfigured
from backend.logs.file import FileLog
from backend.logs.files import Here
from backend.logs.reader import Reader
from backend.streams import LogFile, Logs
from stx_tui.app import StxApp
from stx_tui.screens.slices import save_slice
from stx_tui.screens.stream import StreamScreen
from tests.backend.logs.things import BEGAN_MS, fill, written
from tests.tui.things import (
    BOXES,
    NOW_MS,
    PLACE,
    ROOMS,
    Wire,
    box,
    console,
    screen_text,
    until,
)


async def nobody() -> Any:
    raise NotConfigured("no cloud is set up")


@asynccontextmanager
async def looked_at(
    *paths: Path, at_ms: Optional[int] = None, size: Tuple[int, int] = (80, 24)
) -> AsyncIterator[Tuple[StxApp, Any]]:
    """Open a console without any cloud on these logs, and wait until their lines are there."""
    app = StxApp(None, nobody, rooms=ROOMS, now_ms=lambda: NOW_MS, place=PLACE, cloud="site-7")
    streams = tuple(LogFile(path=str(path)) for path in paths)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.open_logs(Logs(streams=streams, at_ms=at_ms, of="" if at_ms is None else "alarm x"))
        await until(pilot, lambda: isinstance(app.screen, StreamScreen))
        await until(pilot, lambda: any(word in said(app) for word in (">  ", ">! ", "CANNOT")))
        yield app, pilot


def said(app: StxApp) -> str:
    return "\n".join(screen_text(app))


def verdict(app: StxApp) -> str:
    return screen_text(app)[2]


def body(app: StxApp) -> List[str]:
    """Return the rows between the rules."""
    lines = screen_text(app)
    return lines[5 : next(at for at, line in enumerate(lines) if at > 5 and "---" in line)]


async def typed(pilot: Any, text: str) -> None:
    for character in text:
        names = {":": "colon", " ": "space", "-": "minus", "/": "slash", ".": "full_stop"}
        await pilot.press(names.get(character, character))


def sm(tmp_path: Path, count: int = 500) -> Path:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + count * 1000, 1000))
    return path


async def test_the_screen_says_what_one_looks_at_and_follows_what_comes(tmp_path: Path) -> None:
    path = sm(tmp_path)
    async with looked_at(path) as (app, pilot):
        await until(pilot, lambda: "02:08:19Z" in verdict(app))
        assert verdict(app).startswith(" FOLLOWING  2026-11-21 02:00Z to 02:08:19Z")
        assert body(app)[-1].startswith(">  02:08:19.000 info line 499")
        with path.open("a") as log:
            log.write(f"{written(BEGAN_MS + 500_000, 'controller-0 sm: err it broke')}\n")
        await until(pilot, lambda: "err it broke" in body(app)[-1])
        assert body(app)[-1].startswith(">! 02:08:20.000")
        assert body(app)[-2].startswith("   02:08:19.000")
        await pilot.press("k")
        assert verdict(app).startswith(" STANDING")


async def test_logs_are_opened_at_their_moment_with_what_led_to_it(tmp_path: Path) -> None:
    fill(tmp_path / "kern.log", [BEGAN_MS + 100_500], "controller-0 kernel: warning link down")
    paths = (sm(tmp_path), tmp_path / "kern.log")
    async with looked_at(*paths, at_ms=BEGAN_MS + 100_000) as (app, _pilot):
        rows = body(app)
        here = next(at for at, row in enumerate(rows) if row.startswith(">"))
        assert rows[here].startswith(">  02:01:40 sm   info line 100")
        assert rows[here + 1].startswith(" w 02:01:40 kern warning link down")
        assert here >= 3
        assert "of alarm x" in screen_text(app)[1]
        assert verdict(app).startswith(" STANDING")
        # The strip has all of it: the day, the log, every word.
        assert "2026-11-21 02:01:40.000Z  sm" in "\n".join(screen_text(app)[-6:])


async def test_a_filter_shows_and_counts_as_one_types_and_escape_shows_all(tmp_path: Path) -> None:
    async with looked_at(sm(tmp_path)) as (app, pilot):
        await pilot.press("slash")
        await typed(pilot, "line 12")
        await until(pilot, lambda: "11 lines have 'line 12'" in verdict(app))
        assert [row.split()[-1] for row in body(app) if row.strip()][-3:] == [
            "127",
            "128",
            "129",
        ]
        await pilot.press("enter", "escape")
        await until(pilot, lambda: "all lines" in verdict(app))


async def test_n_goes_to_the_next_error_and_says_where_there_is_none(tmp_path: Path) -> None:
    path = sm(tmp_path)
    text = path.read_text().replace("info line 250\n", "err line 250\n")
    path.write_text(text)
    async with looked_at(path, at_ms=BEGAN_MS) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: any(row.startswith(">! 02:04:10") for row in body(app)))
        await pilot.press("n")
        await until(pilot, lambda: "no line after this one says it is bad" in screen_text(app)[-1])


async def test_a_time_that_is_typed_is_gone_to_and_nonsense_is_said(tmp_path: Path) -> None:
    async with looked_at(sm(tmp_path)) as (app, pilot):
        await pilot.press("t")
        await typed(pilot, "02:03")
        await pilot.press("enter")
        await until(pilot, lambda: any(row.startswith(">  02:03:00") for row in body(app)))
        await pilot.press("t")
        await typed(pilot, "soon")
        await pilot.press("enter")
        await until(pilot, lambda: "'soon' is no time" in screen_text(app)[-1])


async def test_a_slice_is_saved_as_it_was_written_and_never_over_a_file(tmp_path: Path) -> None:
    path, target = sm(tmp_path), tmp_path / "slice.log"
    async with looked_at(path, at_ms=BEGAN_MS + 100_000) as (app, pilot):
        await pilot.press("space", "j", "j")
        for _ in range(2):
            await pilot.press("s", "ctrl+u")
            app.screen.query_one("#prompt").text = str(target)  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(pilot, lambda: "saved" in screen_text(app)[-1])
            if "3 lines" in screen_text(app)[-1]:
                await pilot.press("j")
        assert "is there already" in screen_text(app)[-1]
    assert target.read_text().splitlines() == path.read_text().splitlines()[100:103]


@pytest.mark.parametrize("is_up", [True, False], ids=["upwards", "downwards"])
async def test_a_slice_that_is_longer_than_what_is_kept_is_whole(
    tmp_path: Path, *, is_up: bool
) -> None:
    path, target = tmp_path / "sm.log", tmp_path / "slice.log"
    path.write_text("".join(f"{written(BEGAN_MS + at, f'line {at}')}\n" for at in range(9000)))
    reader = Reader([FileLog(Here(), str(path), "sm")])
    looks = [reader.to_last, reader.to_first]
    await looks[not is_up]()
    picked = reader.view.lines[-1 if is_up else 0]
    await looks[is_up]()
    here = reader.view.lines[0 if is_up else -1]
    pane: Any = SimpleNamespace(line=here, picked=picked, lines=reader.view.lines)
    assert "saved 9000 lines" in await save_slice(reader, pane, str(target))
    assert target.read_text() == path.read_text()
    await reader.close()


async def test_a_log_that_is_not_there_is_said_and_the_others_are_shown(tmp_path: Path) -> None:
    async with looked_at(sm(tmp_path), tmp_path / "none.log") as (app, _pilot):
        assert "there is no" in screen_text(app)[3]
    async with looked_at(tmp_path / "none.log") as (app, _pilot):
        assert "CANNOT" in verdict(app)


async def test_long_lines_wrap_and_small_and_wide_screens_hold(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    path.write_text("".join(f"{written(BEGAN_MS + at, 'long ' * 60)}\n" for at in range(50)))
    for size in ((80, 24), (160, 50), (40, 12), (20, 4)):
        async with looked_at(path, size=size) as (app, pilot):
            await pilot.press("w", "k", "pageup", "pagedown", "g")
            await until(pilot, lambda: app.screen.query_one("#stream").size.height > 0)
            assert all(len(line) <= size[0] for line in screen_text(app))


async def test_the_times_go_to_make_room_for_words_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    path.write_text(f"{written(BEGAN_MS, 'word ' * 60)}\n")
    async with looked_at(path) as (app, pilot):
        (before,) = (line for line in body(app) if "word" in line)
        await pilot.press("T")
        await until(pilot, lambda: before not in body(app))
        (without,) = (line for line in body(app) if "word" in line)
        assert before[3:15] not in without
        assert without.count("word") > before.count("word")
        # The line under the cursor still has its time below.
        assert before[3:15] in "\n".join(screen_text(app)[-8:])
        await pilot.press("T")
        await until(pilot, lambda: before in body(app))


async def test_every_thing_one_can_do_with_a_log_has_a_key_and_stands_in_the_help(
    tmp_path: Path,
) -> None:
    async with looked_at(sm(tmp_path, 5), size=(120, 60)) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: "beside these" in said(app))
        for key, words in (
            ("f", "stay at the end as lines come"),
            ("p", "before the last restart"),
            ("t", "go to a time"),
            ("T", "the time of each line"),
            ("w", "show long lines whole"),
            ("s", "save the slice"),
            ("/", "show only lines with a text"),
            ("o", "only the log of this line"),
            ("+", "one more log beside these"),
        ):
            (line,) = (line for line in screen_text(app) if words in line)
            assert line.split()[0] == key


async def test_what_is_read_goes_on_as_one_scrolls(tmp_path: Path) -> None:
    async with looked_at(sm(tmp_path, 3000)) as (app, pilot):
        pane: Any = app.screen.query_one("#stream")
        for _ in range(40):
            await pilot.press("pageup")
        await until(pilot, lambda: len(pane.lines) > 400)
        await pilot.press("g")
        await until(pilot, lambda: any("info line 0" in row for row in body(app)))
        await pilot.press("G")
        await until(pilot, lambda: any("info line 2999" in row for row in body(app)))


def _logs_of_box(box: Any, _known: Any) -> Logs:
    return Logs(streams=(LogFile(path=box.note),), at_ms=BEGAN_MS + 1000, of=box.name)


async def test_l_opens_the_logs_of_the_row_and_says_where_none_is_known(tmp_path: Path) -> None:
    boxes = replace(BOXES, logs=_logs_of_box)
    area = ROOMS.areas[0].with_kinds(lambda _kinds: (boxes,))
    rooms = replace(ROOMS, areas=(area, ROOMS.areas[1]))
    wire = Wire(bodies={"/boxes": [box(1, note=str(sm(tmp_path)))], "/lids": [box(2)]})
    app = console(wire, rooms=rooms)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "box-1" in said(app))
        await pilot.press("l")
        await until(pilot, lambda: ">  02:00:01" in said(app))
        assert "of box-1" in screen_text(app)[1]
        await pilot.press("q", "enter")
        await until(pilot, lambda: "boxes > box-1" in said(app))
        await pilot.press("l")
        await until(pilot, lambda: ">  02:00:01" in said(app))
        await pilot.press("q", "2")
        await until(pilot, lambda: "box-2" in said(app))
        await pilot.press("l")
        await until(pilot, lambda: "no log is known to tell of a lid" in said(app))


async def test_of_several_logs_the_one_under_the_cursor_can_be_read_alone(tmp_path: Path) -> None:
    paths = [tmp_path / "first.log", tmp_path / "second.log"]
    for path in paths:
        fill(path, range(BEGAN_MS, BEGAN_MS + 3000, 1000))
    async with looked_at(*paths) as (app, pilot):
        both = body(app)
        await pilot.press("o")
        await until(pilot, lambda: "second alone" in said(app))
        assert not any(" first " in row for row in body(app))
        assert any(" second " in row for row in body(app))
        await pilot.press("o")
        await until(pilot, lambda: body(app) == both)
        assert "alone" not in said(app)


async def test_the_run_before_is_one_key_away_and_back(tmp_path: Path) -> None:
    now, before = tmp_path / "now.log", tmp_path / "before.log"
    fill(now, [BEGAN_MS])
    fill(before, [BEGAN_MS], "it ended")
    async with looked_at(now) as (app, pilot):
        await pilot.press("p")
        await until(pilot, lambda: "no run before this one is known" in said(app))
        await pilot.press("q")
        streams = (LogFile(path=str(now)),), (LogFile(path=str(before)),)
        app.open_logs(Logs(streams=streams[0], before=streams[1], of="pod lab/web-1"))
        await until(pilot, lambda: "of pod lab/web-1" in said(app))
        await pilot.press("p")
        await until(pilot, lambda: "it ended" in said(app))
        await pilot.press("p")
        await until(pilot, lambda: "LOGS  now" in said(app) and "it ended" not in said(app))


async def test_a_log_that_nobody_wrote_to_says_so(tmp_path: Path) -> None:
    path = tmp_path / "quiet.log"
    path.touch()
    async with looked_at() as (app, pilot):
        app.open_logs(Logs(streams=(LogFile(path=str(path)),)))
        await until(pilot, lambda: "nothing is written there so far" in said(app))


async def test_one_more_log_is_added_to_those_one_looks_at(tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    fill(other, [BEGAN_MS + 250_000], "other: err it broke")
    wide = looked_at(sm(tmp_path), at_ms=BEGAN_MS + 250_000, size=(240, 24))
    async with wide as (app, pilot):
        await pilot.press("plus")
        await until(pilot, lambda: screen_text(app)[-1].startswith(" + "))
        await typed(pilot, str(other))
        await pilot.press("enter")
        await until(pilot, lambda: "it broke" in "\n".join(body(app)))
        assert "LOGS  sm  other" in said(app)
        assert any("info line 249" in row for row in body(app))
        await pilot.press("c")
        assert f"stx-tui logs {tmp_path}/sm.log {other} --at 2026-11-21T02:04:10Z" in said(app)


async def test_one_that_cannot_be_added_is_said_and_the_others_stay(tmp_path: Path) -> None:
    async with looked_at(sm(tmp_path)) as (app, pilot):
        await pilot.press("plus")
        await until(pilot, lambda: screen_text(app)[-1].startswith(" + "))
        await typed(pilot, "pod:dns")
        await pilot.press("enter")
        await until(pilot, lambda: "no pod is called dns" in said(app))
        assert "info line 499" in said(app)
        await pilot.press("plus")
        await until(pilot, lambda: screen_text(app)[-1].startswith(" + "))
        await typed(pilot, "/nowhere/x.log")
        await pilot.press("enter")
        await until(pilot, lambda: "/nowhere/x.log" in "\n".join(screen_text(app)[2:4]))
        assert "info line 499" in said(app)
