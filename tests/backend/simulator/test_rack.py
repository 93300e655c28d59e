"""Pretend servers have baseboards on UDP, and their power moves the pretend hosts."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Dict, List, Tuple

import pytest
from pyghmi.ipmi.command import Command
from pyghmi.ipmi.private import session

from backend.baseboard import BmcWrite
from backend.errors import Rejected, Unauthorized, Unreachable
from backend.secret import Password, Secret
from backend.simulator import Simulator, rack
from backend.simulator.rmcp import ASF, IANA_ASF, Station, guid_of
from backend.sources import ipmi, ipmi_waits
from backend.sources.ipmi import Ipmi

LOCKED = "worker-1"
SERVING = "worker-0"


@asynccontextmanager
async def racked(
    name: str, password: str = "", user: str = ""
) -> AsyncIterator[Tuple[Simulator, Ipmi]]:
    async with Simulator(frozen=True, bmc=True) as simulator:
        said = simulator.rack.settings()[name]
        host, _, port = said["address"].partition(":")
        secret = Password(given=Secret(text=password or said["password"]))
        board = Ipmi(name, (host, int(port)), user or said["username"], secret)
        try:
            yield simulator, board
        finally:
            await board.close()


def order(verb: str, **values: str) -> BmcWrite:
    return BmcWrite(server="x", verb=verb, values=values)


async def power(board: Ipmi) -> str:
    (row,) = await board.ask("power")
    return str(row["power"])


async def test_a_locked_host_whose_power_is_cut_goes_offline_and_stays_so() -> None:
    async with racked(LOCKED) as (simulator, board):
        assert await power(board) == "on"
        await board.send(order("power-off"))
        host = simulator.cloud.named(LOCKED)
        assert (host.administrative, host.availability) == ("locked", "offline")
        await simulator.advance(3600)
        assert (await power(board), host.availability) == ("off", "offline")
        await board.send(order("power-on"))
        assert (await power(board), host.availability) == ("on", "offline")
        await simulator.advance(600)
        assert host.availability == "online"


async def test_an_unlocked_host_whose_power_is_cut_fails_and_maintenance_powers_it_on() -> None:
    async with racked(SERVING) as (simulator, board):
        await board.send(order("power-off"))
        host = simulator.cloud.named(SERVING)
        assert (host.operational, await power(board)) == ("disabled", "off")
        await simulator.advance(90)
        assert await power(board) == "on"
        await simulator.advance(900)
        assert (host.administrative, host.operational) == ("unlocked", "enabled")


async def test_power_by_sysinv_is_what_the_baseboard_tells() -> None:
    async with racked(LOCKED) as (simulator, board):
        host = simulator.cloud.named(LOCKED)
        simulator.cloud.touch(host, availability="power-off")
        assert await power(board) == "off"
        await board.send(order("power-on"))
        await simulator.advance(600)
        assert (host.availability, await power(board)) == ("online", "on")


async def test_a_reset_reboots_and_power_events_are_in_its_log() -> None:
    async with racked(LOCKED) as (simulator, board):
        await board.send(order("reset"))
        host = simulator.cloud.named(LOCKED)
        assert host.booted_at is None
        await simulator.advance(600)
        assert host.availability == "online"
        await board.send(order("power-off"))
        await board.send(order("power-on"))
        events = await board.ask("sel")
        assert [one["is_over"] for one in events] == [False, True]
        with pytest.raises(Rejected, match="went on"):
            await board.send(order("sel-clear", last=events[0]["record"]))
        await board.send(order("sel-clear", last=events[1]["record"]))
        assert await board.ask("sel") == []


async def test_it_tells_of_sensors_parts_boot_light_network_and_users() -> None:
    async with racked(LOCKED) as (_, board):
        sensors = {row["sensor"]: row for row in await board.ask("sensors")}
        assert sensors["12V"]["value"] == pytest.approx(12.1)
        assert sensors["CPU1 Temp"]["thresholds"]["upper_major"] == 90
        await board.send(order("boot", device="network", always="no", uefi="yes"))
        await board.send(order("identify", on="yes", seconds="30"))
        (row,) = await board.ask("power")
        assert (row["boot"], row["identify"]) == ("network", "on for a time")
        assert (await board.ask("inventory"))[0]["board_serial_number"].startswith("P0")
        assert [user["name"] for user in await board.ask("users")] == ["root"]
        assert (await board.ask("lan"))[0]["firmware"] == "2.10"
        await board.send(order("power-off"))
        sensors = {row["sensor"]: row for row in await board.ask("sensors")}
        assert sensors["CPU1 Temp"]["unavailable"]
        assert not sensors["Inlet Temp"]["unavailable"]


@pytest.mark.parametrize(("user", "password"), [("root", "wrong"), ("nobody", "Adm1n*pretend")])
async def test_a_wrong_name_or_password_does_not_get_in(user: str, password: str) -> None:
    async with racked(LOCKED, user=user, password=password) as (_, board):
        with pytest.raises(Unauthorized):
            await board.ask("power")


async def test_one_that_is_ordered_away_says_nothing() -> None:
    async with racked(LOCKED) as (simulator, board):
        simulator.order("bmc-away", host=LOCKED)
        with pytest.raises(Unreachable, match="does not answer"):
            await board.ask("power")


async def test_without_being_asked_for_there_are_none() -> None:
    async with Simulator(frozen=True) as simulator:
        assert simulator.rack.settings() == {}
        assert "bmc" not in simulator.settings()


@pytest.mark.parametrize(
    "packet",
    [b"", b"\x06\x00\xff\x07", b"\xff" * 400, bytes.fromhex("0600ff0706c000000000") + bytes(40)],
)
def test_garbage_is_answered_by_nobody(packet: bytes) -> None:
    station = Station("root", "secret", guid_of("x"), lambda *_: (0, b""))
    assert station.answer(packet) is None


def test_a_presence_ping_is_answered_as_one_that_speaks_ipmi() -> None:
    station = Station("root", "secret", guid_of("x"), lambda *_: (0, b""))
    pong = station.answer(ASF + IANA_ASF + bytes([0x80, 7, 0, 0]))
    assert pong is not None
    assert (pong[8], pong[9], pong[20] & 0x80) == (0x40, 7, 0x80)


async def test_many_answer_at_once_on_one_loop() -> None:
    async with Simulator("standard", hosts=40, frozen=True, bmc=True) as simulator:
        boards = [
            Ipmi(
                name,
                ("127.0.0.1", int(said["address"].partition(":")[2])),
                said["username"],
                Password(given=Secret(text=said["password"])),
            )
            for name, said in simulator.rack.settings().items()
        ]
        assert len(boards) >= 20
        rows = await asyncio.gather(*(board.ask("power") for board in boards))
        assert {row["power"] for (row,) in rows} <= {"on", "off"}
        await asyncio.gather(*(board.close() for board in boards))


class Going(Dict[int, Any]):
    """The sessions with one baseboard, of which the last goes while a packet of it is looked at."""

    def __contains__(self, port: object) -> bool:
        return True


async def test_a_packet_of_a_session_that_goes_meanwhile_stops_nobody_else() -> None:
    """pyghmi's own thread, which a serial console hears its baseboard by, goes on."""
    async with racked(LOCKED) as (simulator, board):
        said = simulator.rack.settings()[LOCKED]
        how = {"userid": said["username"].encode(), "password": said["password"].encode()}
        host, port = board.address
        plain = await asyncio.to_thread(lambda: Command(bmc=host, port=port, **how))
        ipmi_waits.hasten(plain.ipmi_session)
        ours = session.iosockets[0]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
            late.bind(("127.0.0.1", 0))
            there = late.getsockname()
            is_ipv6 = ours.family == socket.AF_INET6
            came_from = (f"::ffff:{there[0]}", there[1], 0, 0) if is_ipv6 else there
            session.Session.bmc_handlers[came_from] = Going()
            try:
                late.sendto(b"too late", ("127.0.0.1", ours.getsockname()[1]))
                state = await asyncio.to_thread(plain.get_power)
                assert state == {"powerstate": "on"}
                assert session.iothread.is_alive()
            finally:
                del session.Session.bmc_handlers[came_from]
        await asyncio.to_thread(plain.ipmi_session.logout)


async def test_a_session_nobody_needs_is_closed_and_opened_again_when_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There are few of them, and maintenance holds some: at most one of ours, and that not long."""
    stations: List[Station] = []

    class Kept(Station):
        def __init__(self, *of: Any) -> None:
            super().__init__(*of)
            stations.append(self)

    def held() -> int:
        return sum(len(station._sessions) for station in stations)

    monkeypatch.setattr(rack, "Station", Kept)
    monkeypatch.setattr(ipmi, "IDLE_S", 0.3)
    async with racked(LOCKED) as (_, board):
        await asyncio.gather(*(board.ask(facet) for facet in ("power", "sensors", "sel")))
        assert held() == 1
        for _ in range(300):
            if not held():
                break
            await asyncio.sleep(0.02)
        assert held() == 0
        assert await power(board) == "on"
