"""A baseboard's event log as a log beside others: by time, each event once, its bad days said."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict, List, Union

import pytest

from backend.baseboard import SelLog
from backend.errors import StxError, Unreachable
from backend.listening import open_here
from backend.logs.reader import Reader
from backend.sources import bmc_log
from backend.sources.bmc_log import line_of, open_log
from backend.streams import LogFile
from backend.tone import Tone


def event(record: int, at: str, words: str, health: str = "critical") -> Dict[str, Any]:
    stamp = f"2026-11-21T{at}+00:00" if at else ""
    said = {"record": str(record), "timestamp": stamp, "sensor": "CPU1 Temp", "event": words}
    return {**said, "health": health, "is_over": False}


class Board:
    """What a baseboard answers, or what is wrong with it."""

    def __init__(self, *events: Dict[str, Any]) -> None:
        self.events = list(events)
        self.error: Union[StxError, None] = None

    async def __call__(self) -> List[Dict[str, Any]]:
        if self.error is not None:
            raise self.error
        return list(self.events)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bmc_log, "AGAIN_S", 0.01)


@asynccontextmanager
async def merged(board: Board, room: Path) -> AsyncIterator[Reader]:
    path = room / "mtcAgent.log"
    lines = (
        "2026-11-21T02:35:00.000 controller-0 mtcAgent Info : heartbeat lost",
        "2026-11-21T02:35:09.000 controller-0 mtcAgent Info : rebooting",
    )
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    logs = [await open_here(LogFile(path=str(path))), await open_log(SelLog(server="s0"), board)]
    reader = Reader(logs)
    yield reader
    await reader.close()


async def until(reader: Reader, is_so: Callable[[], bool]) -> List[str]:
    """Let what comes come, until it is so; what was told meanwhile."""
    told: List[str] = []
    for _ in range(500):
        _came, news = await reader.grow()
        told += news
        if is_so():
            return told
        await asyncio.sleep(0.01)
    raise AssertionError([line.text for line in reader.view.lines])


async def test_events_stand_between_the_lines_of_other_logs_by_their_time(tmp_path: Path) -> None:
    board = Board(event(1, "02:35:04", "over its limit"), event(2, "02:35:20", "well", "ok"))
    async with merged(board, tmp_path) as reader:
        await reader.run(lambda step: reader.view.to_last(10, step))
        names = [line.log for line in reader.view.lines]
        assert names == ["mtcAgent", "s0:SEL", "mtcAgent", "s0:SEL"]
        hot = reader.view.lines[1]
        assert hot.tone is Tone.BAD
        assert "CPU1 Temp: over its limit" in hot.text


async def test_an_event_that_comes_is_followed_and_shown_once(tmp_path: Path) -> None:
    board = Board(event(1, "02:35:04", "over its limit"))
    async with merged(board, tmp_path) as reader:
        await reader.run(lambda step: reader.view.to_last(10, step))
        board.events.append(event(2, "02:36:00", "off"))
        await until(reader, lambda: "off" in reader.view.lines[-1].text)
        sel = [line for line in reader.view.lines if line.log == "s0:SEL"]
        assert len(sel) == 2


async def test_a_baseboard_that_falls_silent_is_said_once_and_its_events_stay(
    tmp_path: Path,
) -> None:
    board = Board(event(1, "02:35:04", "over its limit"))
    async with merged(board, tmp_path) as reader:
        await reader.run(lambda step: reader.view.to_last(10, step))
        board.error = Unreachable("BMC of s0", "no answer")
        told: List[str] = []
        told += await until(reader, lambda: board.error is not None)
        for _ in range(200):
            told += (await reader.grow())[1]
            if told:
                break
            await asyncio.sleep(0.01)
        assert any("asked for again" in words for words in told)
        assert any(line.log == "s0:SEL" for line in reader.view.lines)


async def test_a_baseboard_that_cannot_be_asked_is_said_and_the_others_are_read() -> None:
    board = Board()
    board.error = Unreachable("BMC of s0", "no answer")
    with pytest.raises(Unreachable):
        await open_log(SelLog(server="s0"), board)


def test_an_event_from_before_its_clock_was_set_has_no_time_of_ours() -> None:
    assert line_of(event(1, "", "over")) == b"CRITICAL CPU1 Temp: over"


async def test_an_empty_event_log_holds_nobody_up() -> None:
    began = asyncio.get_running_loop().time()
    log = await open_log(SelLog(server="s0"), Board())
    assert asyncio.get_running_loop().time() - began < bmc_log.OPEN_S
    assert log.extent().size == 0
    await log.end()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks begin at once since Python 3.12")
async def test_it_opens_where_tasks_begin_at_once_as_the_consoles_do(tmp_path: Path) -> None:
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    async with merged(Board(event(1, "02:35:04", "Upper critical")), tmp_path) as reader:
        await reader.to_last()
        assert any("Upper critical" in line.text for line in reader.view.lines)
