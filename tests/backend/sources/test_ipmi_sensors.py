"""Sensors over IPMI of which some cannot be read: the others are shown, and why those are not."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Optional

import pytest

from backend.errors import Rejected, Unreachable
from backend.simulator.rmcp import Reply
from backend.sources import ipmi
from tests.backend.sources.test_ipmi_bad_days import Commands, chassis, plugged

READING, LIMITS = (4, 0x2D), (4, 0x27)
FIRST = 1


def answering(command: Any, number: int, said: Reply) -> Commands:
    """Return a chassis' commands, one of whose first sensor's is answered otherwise."""
    usual = chassis().command

    def answer(netfn: int, asked: int, data: bytes) -> Reply:
        if (netfn, asked) == command and (number == 0 or data[:1] == bytes([number])):
            return said
        return usual(netfn, asked, data)

    return answer


async def sensors(commands: Commands) -> Dict[int, Dict[str, Any]]:
    async with plugged(commands) as (board, _):
        return {row["number"]: row for row in await board.ask("sensors")}


@pytest.mark.parametrize("said", [(0xFF, b""), (0xC3, b""), (0, b""), (0, b"\x00")])
async def test_a_sensor_that_cannot_be_read_says_why_beside_the_others(said: Reply) -> None:
    usual = await sensors(chassis().command)
    rows = await sensors(answering(READING, FIRST, said))
    assert rows[FIRST]["trouble"]
    assert rows[FIRST]["sensor"] == usual[FIRST]["sensor"]
    assert {n: row for n, row in rows.items() if n != FIRST} == {
        n: row for n, row in usual.items() if n != FIRST
    }


async def test_a_sensor_that_has_no_reading_while_the_machine_is_off_is_no_trouble() -> None:
    rows = await sensors(answering(READING, FIRST, (0xD5, b"")))
    assert (rows[FIRST]["unavailable"], rows[FIRST]["trouble"]) == (True, "")
    async with plugged(answering(READING, FIRST, (0xD5, b""))) as (board, _):
        assert await board.ask("health") == [{"health": "ok", "bad": []}]


async def test_health_of_which_a_sensor_was_not_read_is_not_well() -> None:
    async with plugged(answering(READING, FIRST, (0xFF, b""))) as (board, _):
        (row,) = await board.ask("health")
    assert row["health"] == "warning"
    assert "not read" in row["bad"][0]


async def test_where_no_sensor_can_be_read_that_is_an_error_and_no_list_of_nothing() -> None:
    async with plugged(answering(READING, 0, (0xFF, b""))) as (board, _):
        for facet in ("sensors", "health"):
            with pytest.raises(Rejected):
                await board.ask(facet)


async def test_limits_that_are_garbage_cost_only_the_limits() -> None:
    rows = await sensors(answering(LIMITS, FIRST, (0, b"")))
    assert rows[FIRST]["thresholds"] == {}
    assert rows[FIRST]["value"] is not None


async def test_one_that_falls_silent_among_its_sensors_is_away_and_not_full_of_troubles() -> None:
    asked = 0

    def two(answer: bytes) -> Optional[bytes]:
        nonlocal asked
        asked += 1
        return answer if asked <= 2 else None

    async with plugged(chassis().command) as (board, line):
        await board.ask("sensors")
        line.twist = two
        with pytest.raises(Unreachable):
            await board.ask("sensors")


# --- parts ---------------------------------------------------------------------------------------


async def parts(commands: Commands) -> Dict[str, Dict[str, Any]]:
    async with plugged(commands) as (board, _):
        return {row["component"]: row for row in await board.ask("inventory")}


@pytest.mark.parametrize("said", [(0xFF, b""), (0, b"")])
async def test_a_part_whose_record_cannot_be_read_says_why_beside_the_others(said: Reply) -> None:
    usual = await parts(chassis().command)
    rows = await parts(answering((10, 0x11), 0, said))
    assert set(rows) == set(usual)
    assert rows["System"]["trouble"]
    assert rows["BMC Version"] == usual["BMC Version"]


# --- a log that never ends ---------------------------------------------------------------------


@pytest.mark.parametrize("first", [1, 2, 3])
async def test_a_log_whose_records_lead_back_into_themselves_is_read_once(first: int) -> None:
    """Some firmware does that where a record was added while the log wrapped around."""
    board = chassis()
    for offset in range(3):
        board.note(0x01, 1, 0x01, 0, offset)

    def looping(netfn: int, number: int, data: bytes) -> Reply:
        code, said = board.command(netfn, number, data)
        if (netfn, number) == (10, 0x43) and said[:2] == b"\xff\xff":
            said = bytes([first, 0]) + said[2:]  # after the last comes that one again
        return code, said

    async with plugged(looping) as (mine, _):
        rows = await asyncio.wait_for(mine.ask("sel"), 20)
        assert [row["record"] for row in rows] == ["1", "2", "3"]
        assert (await mine.ask("power"))[0]["power"] == "on"


async def test_a_call_that_takes_too_long_ends_with_its_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Left to itself it would ask its baseboard for ever, and bar all other questions."""
    monkeypatch.setattr(ipmi, "LONG_S", 1.0)
    usual = chassis().command

    def erasing(netfn: int, number: int, data: bytes) -> Reply:
        # "Erase in progress" at every look at the clock of its log: pyghmi looks again at once.
        return (0x81, b"") if (netfn, number) == (10, 0x48) else usual(netfn, number, data)

    async with plugged(erasing) as (mine, _):
        with pytest.raises(Unreachable, match="no answer within"):
            await mine.ask("sel")
        assert (await asyncio.wait_for(mine.ask("power"), 8))[0]["power"] == "on"
