"""Bad days of IPMI against pretend baseboards: ciphers, garbage, escapes, silence."""

from __future__ import annotations

import asyncio
import errno
import threading
import time
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any, AsyncIterator, Callable, Dict, List, Optional

import pytest
from pyghmi.ipmi.private import session as pyghmi_session

from backend.baseboard import BmcWrite, Sol
from backend.channel import Channel, Notice
from backend.clean import clean
from backend.errors import Malformed, Rejected, StxError, Unreachable
from backend.kinds.hardware_sensors import SENSORS
from backend.known import Known, Reading
from backend.place import Place
from backend.render import rows_text
from backend.secret import Password, Secret
from backend.simulator import bmc as pretended
from backend.simulator import rmcp
from backend.simulator.rmcp import Reply, Station, guid_of
from backend.sources import ipmi, ipmi_sol, ipmi_waits
from backend.sources.ipmi import CALL_S, Ipmi
from backend.sources.ipmi_sol import OPEN_S
from backend.sources.ipmi_wire import Driven

PASSWORD = "s3cret"
SLACK_S = 3.0

Commands = Callable[[int, int, bytes], Reply]


class Line(asyncio.DatagramProtocol):
    """A socket of a station; ``is_dead`` makes it silent, ``twist`` changes what is answered.

    Each answer goes out ``late_s`` after its question came.
    """

    def __init__(self, station: Station) -> None:
        self.station = station
        self.is_dead = False
        self.late_s = 0.0
        self.twist: Callable[[bytes], Optional[bytes]] = lambda answer: answer

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        answer = None if self.is_dead else self.station.answer(data)
        said = self.twist(answer) if answer is not None else None
        if said is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(self.late_s, self.transport.sendto, said, address)


@asynccontextmanager
async def plugged(commands: Commands) -> AsyncIterator[tuple[Ipmi, Line]]:
    line = Line(Station("root", PASSWORD, guid_of("bad"), commands))
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: line, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    board = Ipmi("s0", ("127.0.0.1", port), "root", Password(given=Secret(text=PASSWORD)))
    try:
        yield board, line
    finally:
        await board.close()
        transport.close()


def on(_netfn: int, number: int, _data: bytes) -> Reply:
    return (0, bytes([0x21, 0, 0x40])) if number == 0x01 else (0xC1, b"")


def chassis() -> pretended.Board:
    """Return a pretend chassis that is on, with a clock that stands."""

    class Host:
        id = 1
        uuid = "u"
        availability = "online"

    class Cloud:
        unpowered: set[str] = set()

        class clock:  # noqa: N801
            @staticmethod
            def catch_up() -> None: ...

            @staticmethod
            def now() -> Any:
                return datetime(2026, 11, 21, tzinfo=timezone.utc)

    cloud: Any = Cloud()
    host: Any = Host()
    return pretended.Board(cloud=cloud, host=host, user="root", address=("127.0.0.1", 1))


async def test_a_baseboard_that_refuses_every_cipher_is_told_of_in_words_and_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rmcp, "SUITES", {})
    async with plugged(on) as (board, _):
        began = time.monotonic()
        with pytest.raises((Rejected, Unreachable)) as told:
            await board.ask("power")
        assert time.monotonic() - began < CALL_S + SLACK_S
        assert "BMC of s0" in str(told.value)


GARBAGE: List[bytes] = [b"", b"\x00", b"\xff" * 3, bytes(range(200)), b"\x1b[2J"]


@pytest.mark.parametrize("said", GARBAGE)
@pytest.mark.parametrize("facet", ["power", "sensors", "sel", "inventory", "users", "lan"])
async def test_garbage_in_an_answer_is_an_error_in_words_or_a_row_and_never_a_crash(
    facet: str, said: bytes
) -> None:
    def garbled(netfn: int, number: int, data: bytes) -> Reply:
        # The login is as it should be; all else says yes and nonsense.
        del netfn, number, data
        return 0, said

    async with plugged(garbled) as (board, _):
        (end,) = await asyncio.gather(board.ask(facet), return_exceptions=True)
        if isinstance(end, BaseException):
            assert isinstance(end, StxError)
            assert str(end).startswith("BMC of s0")
        else:
            assert all(isinstance(row, dict) for row in end)


@pytest.mark.parametrize("said", GARBAGE)
async def test_garbage_at_the_opening_of_a_console_is_told_and_ends_no_thread(said: bytes) -> None:
    def garbled(netfn: int, number: int, data: bytes) -> Reply:
        del netfn, number, data
        return 0, said

    async with plugged(garbled) as (board, _):
        began = time.monotonic()
        with pytest.raises(StxError, match="BMC of s0"):
            await board.open(Sol(server="s0"))
        assert time.monotonic() - began < OPEN_S


class Consoles:
    """Commands of a baseboard that opens its serial console, and answers all else with nothing."""

    port = 0

    def __call__(self, netfn: int, number: int, data: bytes) -> Reply:
        del data
        if (netfn, number) == (0x06, 0x48):  # activate payload
            return 0, bytes([0, 0, 0, 0, 255, 0, 255, 0, *self.port.to_bytes(2, "little"), 0, 0])
        return 0, b""


@asynccontextmanager
async def console() -> AsyncIterator[Channel]:
    commands = Consoles()
    async with plugged(commands) as (board, _):
        commands.port = board.address[1]
        channel = await board.open(Sol(server="s0"))
        try:
            yield channel
        finally:
            await channel.close()


async def test_garbage_at_an_open_console_is_a_line_that_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ipmi_sol, "PROBE_S", 0.1)
    async with console() as channel:
        heard = await asyncio.wait_for(channel.read(), 10)
    assert isinstance(heard, Notice)
    assert heard.is_down
    assert "cannot be read" in heard.words


async def test_a_long_log_of_a_slow_baseboard_is_cleared_in_its_own_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = chassis()
    for offset in range(40):
        slow.note(0x01, 1, 0x01, 0, offset)
    async with plugged(slow.command) as (board, line):
        assert len(await board.ask("sel")) == 40
        monkeypatch.setattr(ipmi, "CALL_S", 0.5)
        line.late_s = 0.02
        await board.send(BmcWrite(server="s0", verb="sel-clear", values={"last": "40"}))
    assert slow.log == []


async def test_an_answer_that_is_late_is_seen_to_by_one_thread_though_a_console_looks_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late: List[str] = []
    port = 0
    timed_out = pyghmi_session.Session._timedout

    def seen(session: Any) -> None:
        # Its own session the console's thread may see to, on a machine that is busy.
        if session.port == port:
            late.append(threading.current_thread().name)
        timed_out(session)

    monkeypatch.setattr(pyghmi_session.Session, "_timedout", seen)
    monkeypatch.setattr(ipmi_sol, "PROBE_S", 60.0)
    async with console(), plugged(on) as (board, line):
        port = board.address[1]
        assert (await board.ask("power"))[0]["power"] == "on"
        line.is_dead = True
        asked = asyncio.ensure_future(board.ask("power"))
        while not (late or asked.done()):  # noqa: ASYNC110 - threads see to it
            await asyncio.sleep(0.01)
        line.is_dead = False
        assert (await asked)[0]["power"] == "on"
    assert set(late) == {"wire"}


async def test_packets_that_are_cut_or_changed_on_the_way_are_not_believed() -> None:
    async with plugged(on) as (board, line):
        assert (await board.ask("power"))[0]["power"] == "on"
        line.twist = lambda answer: answer[:-1] + bytes([answer[-1] ^ 0xFF])
        began = time.monotonic()
        with pytest.raises((Unreachable, Malformed)):
            await board.ask("power")
        assert time.monotonic() - began < CALL_S + SLACK_S


async def test_one_that_dies_in_mid_session_is_known_within_our_deadline_and_found_again() -> None:
    async with plugged(on) as (board, line):
        assert (await board.ask("power"))[0]["power"] == "on"
        line.is_dead = True
        began = time.monotonic()
        with pytest.raises(Unreachable):
            await board.ask("power")
        assert time.monotonic() - began < CALL_S + SLACK_S
        line.is_dead = False
        while True:
            try:
                assert (await board.ask("power"))[0]["power"] == "on"
            except Unreachable:
                await asyncio.sleep(0.2)
                continue
            break


async def test_packets_that_are_lost_on_the_way_are_asked_for_again() -> None:
    async with plugged(on) as (board, line):
        lost = {2, 6}  # of the log-in's and of the questions' after it
        count = 0

        def lossy(answer: bytes) -> Optional[bytes]:
            nonlocal count
            count += 1
            return None if count in lost else answer

        line.twist = lossy
        assert (await board.ask("power"))[0]["power"] == "on"
        assert count > max(lost)


async def test_a_network_that_is_gone_is_told_and_the_next_question_is_answered_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_of: Any, **_more: Any) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    async with plugged(on) as (board, _):
        for is_logged_in in (False, True):
            if is_logged_in:
                assert (await board.ask("power"))[0]["power"] == "on"
            with monkeypatch.context() as cut:
                cut.setattr(Driven, "send_payload", gone)
                with pytest.raises(Unreachable):
                    await board.ask("power")
                await board.close()
            assert (await board.ask("power"))[0]["power"] == "on"


async def test_two_rows_of_one_baseboard_hear_each_their_own_answers() -> None:
    async with plugged(on) as (board, _):
        again = Ipmi("s1", board.address, "root", Password(given=Secret(text=PASSWORD)))
        for _round in range(2):
            for one in await asyncio.gather(board.ask("power"), again.ask("power")):
                assert one[0]["power"] == "on"
        await again.close()


async def test_after_a_question_nobody_waits_for_any_more_the_next_one_is_answered() -> None:
    async with plugged(on) as (board, line):
        for is_logged_in in (False, True):
            if is_logged_in:
                assert (await board.ask("power"))[0]["power"] == "on"
            line.is_dead = True
            task = asyncio.ensure_future(board.ask("power"))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            line.is_dead = False
            assert (await board.ask("power"))[0]["power"] == "on"


async def test_sensor_names_with_escapes_reach_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = pretended.Sensor("\x1b[2J\x07Hot", 1, 1, 46, (80, 90, 100, 5, 3, 1))
    monkeypatch.setattr(pretended, "SENSORS", (evil,))

    async with plugged(chassis().command) as (board, _):
        bodies: List[Dict[str, Any]] = await board.ask("sensors")
    rows = tuple(SENSORS.model.read({"server": "s0", **body}) for body in bodies)
    assert rows
    reading = Reading(
        kind=SENSORS.name, rows=rows, by_id={SENSORS.id(row): row for row in rows}, at_ms=1
    )
    known = Known(
        cloud="c", now_ms=1, place=Place(user="x"), readings={(SENSORS.name, ""): reading}
    )
    for output in ("table", "wide", "csv"):
        shown = rows_text(SENSORS, rows, known, output, wide=True)
        assert "Hot" in shown
        assert all(line == clean(line) for line in shown.splitlines())


def test_one_that_waits_for_a_packet_looks_after_a_moment_whether_it_was_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: List[float] = []
    monkeypatch.setattr(ipmi_waits, "_wait", lambda timeout, *_where, **_how: slept.append(timeout))
    for timeout in (5.0, 0.01):
        pyghmi_session._io_wait(timeout, ("127.0.0.1", 623))
    assert slept == [ipmi_waits.LOOK_S, 0.01]


async def test_a_console_nobody_waits_for_any_more_is_given_back_and_can_be_opened_again() -> None:
    commands = Consoles()
    async with plugged(commands) as (board, line):
        commands.port = board.address[1]
        line.late_s = 0.2  # so that it is under way for a while
        opening = asyncio.ensure_future(board.open(Sol(server="s0")))
        while board.sol is None:  # noqa: ASYNC110 - another thread is heard of no other way
            await asyncio.sleep(0.01)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        line.late_s = 0.0
        channel = await asyncio.wait_for(board.open(Sol(server="s0")), OPEN_S)
        await channel.close()


async def test_a_console_that_is_left_leaves_no_session_of_ours_at_its_baseboard() -> None:
    """pyghmi deactivates the console, and leaves its session to run out there."""
    commands = Consoles()
    async with plugged(commands) as (board, line):
        commands.port = board.address[1]
        channel = await board.open(Sol(server="s0"))
        assert len(line.station._sessions) == 1
        await channel.close()
        assert not line.station._sessions
