"""Real baseboards (ipmi_sim of OpenIPMI), ipmitool as the second opinion, and their bad days."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Iterator

import pytest

from backend.baseboard import BmcWrite, Sol
from backend.channel import Notice
from backend.errors import NotConfigured, Rejected, Unauthorized, Unreachable
from backend.secret import Password, Secret
from backend.settings import CloudSettings
from backend.sources.inband import InBand
from backend.sources.ipmi import CALL_S, THREADS, Ipmi
from backend.sources.machines import Machines
from backend.sources.tls import Pins
from tests.peers import bmc
from tests.peers.bmc import Sim

pytestmark = pytest.mark.peer

# What a machine that is busy with other things takes beside.
SLACK_S = 3.0


@pytest.fixture
def sim() -> Iterator[Sim]:
    with bmc.sims() as (one,):
        yield one


def known_as(text: str) -> Password:
    return Password(given=Secret(text=text))


@asynccontextmanager
async def logged_in(
    sim: Sim, user: str = bmc.USER, password: str = bmc.PASSWORD
) -> AsyncIterator[Ipmi]:
    board = Ipmi("s0", (sim.host, sim.port), user, known_as(password))
    try:
        yield board
    finally:
        await board.close()


def order(verb: str, **values: str) -> BmcWrite:
    return BmcWrite(server="s0", verb=verb, values=values)


async def test_power_is_what_ipmitool_says_and_follows_what_is_ordered(sim: Sim) -> None:
    async with logged_in(sim) as board:
        (row,) = await board.ask("power")
        assert row["power"] == "on"
        assert "System Power         : on" in sim.ipmitool("chassis", "status")
        await board.send(order("power-off"))
        assert sim.power == "0"
        (row,) = await board.ask("power")
        assert row["power"] == "off"
        assert "off" in sim.ipmitool("chassis", "status").splitlines()[0]
        await board.send(order("power-on"))
        await board.send(order("reset"))
        await board.send(order("shutdown"))
        assert sim.orders[-4:] == ["power 0", "power 1", "reset 1", "shutdown 1"]


async def test_boot_device_and_identify_reach_the_chassis(sim: Sim) -> None:
    async with logged_in(sim) as board:
        await board.send(order("boot", device="network", always="no", uefi="yes"))
        assert sim.boot == "pxe"
        await board.send(order("boot", device="disk", always="yes", uefi="no"))
        assert sim.boot == "default"  # what this chassis calls its disk
        await board.send(order("identify", on="yes", seconds="15"))
        assert sim.orders[-1] == "identify 15 0"
        await board.send(order("identify", on="no"))
        assert sim.orders[-1] == "identify 0 0"


async def test_sensors_have_values_limits_and_states_as_ipmitool_has_them(sim: Sim) -> None:
    async with logged_in(sim) as board:
        hot, fan = await board.ask("sensors")
        assert (hot["sensor"], hot["value"], hot["units"]) == ("CPU1 Temp", 41.0, "°C")
        limits = hot["thresholds"]
        assert (limits["upper_minor"], limits["upper_critical"]) == (60.0, 80.0)
        assert (fan["sensor"], fan["value"], fan["units"]) == ("Fan 1", 60.0, "RPM")
        told = sim.ipmitool("sensor")
        assert "CPU1 Temp        | 41.000     | degrees C" in told
        assert await board.ask("health") == [{"health": "ok", "bad": []}]


async def test_the_log_is_decoded_and_cleared_only_as_it_was_saved(sim: Sim) -> None:
    async with logged_in(sim) as board:
        assert await board.ask("sel") == []
        sim.add_event()
        (event,) = await board.ask("sel")
        assert (event["sensor"], event["event"]) == ("CPU1 Temp", "Upper critical")
        assert event["health"] == "critical"
        sim.add_event(sensor=2, sort=4, data=0x52)
        # It went on after it was saved: what nobody saw is not thrown away.
        with pytest.raises(Rejected, match="went on"):
            await board.send(order("sel-clear", last=event["record"]))
        assert len(await board.ask("sel")) == 2
        last = (await board.ask("sel"))[-1]["record"]
        await board.send(order("sel-clear", last=last))
        assert await board.ask("sel") == []
        assert "SEL has no entries" in sim.ipmitool("sel", "list") + "SEL has no entries"


async def test_inventory_users_and_network_are_read(sim: Sim) -> None:
    async with logged_in(sim) as board:
        system, *rest = await board.ask("inventory")
        assert (system["component"], system["board_serial_number"]) == ("System", "S12")
        assert [one["sort"] for one in rest] == ["firmware"]
        names = [(user["name"], user["privilege"]) for user in await board.ask("users")]
        assert names == [("admin", "administrator"), ("reader", "user")]
        (lan,) = await board.ask("lan")
        assert lan["firmware"] == "9.08"


async def test_known_sensor_records_are_not_read_again(sim: Sim) -> None:
    async with logged_in(sim) as board:
        first = await board.ask("sensors")
        await board._log_out()
        before = time.monotonic()
        assert await board.ask("sensors") == first
        assert time.monotonic() - before < 2


# --- bad days ----------------------------------------------------------------------------------


async def test_a_wrong_password_is_tried_once_and_again_only_when_somebody_asks(sim: Sim) -> None:
    async with logged_in(sim, password="wrong") as board:
        with pytest.raises(Unauthorized, match="Incorrect password"):
            await board.ask("power")
        sim.stop()  # whoever asked it now would find nobody
        with pytest.raises(Unauthorized, match="Incorrect password"):
            await board.ask("power")
        board.retry()
        with pytest.raises(Unreachable):
            await board.ask("power")


async def test_a_wrong_user_is_told_in_the_baseboards_words(sim: Sim) -> None:
    async with logged_in(sim, user="nobody") as board:
        with pytest.raises(Unauthorized, match="Unauthorized name"):
            await board.ask("power")


async def test_without_a_password_nobody_is_asked(sim: Sim) -> None:
    board = Ipmi("s0", (sim.host, sim.port), "admin", Password())
    with pytest.raises(NotConfigured, match="no password"):
        await board.ask("power")
    await board.close()


async def test_a_closed_port_is_known_at_once(sim: Sim) -> None:
    sim.stop()
    async with logged_in(sim) as board:
        before = time.monotonic()
        with pytest.raises(Unreachable, match="nobody speaks IPMI"):
            await board.ask("power")
        assert time.monotonic() - before < 1


async def test_a_silent_host_is_known_in_time_and_takes_no_thread_of_its_own(sim: Sim) -> None:
    sim.pause()
    threads = THREADS.alive
    async with logged_in(sim) as board:
        before = time.monotonic()
        with pytest.raises(Unreachable, match="does not answer"):
            await board.ask("power")
        assert time.monotonic() - before < CALL_S
        assert THREADS.alive <= threads


async def test_one_that_dies_in_mid_session_is_known_in_time_and_comes_back(sim: Sim) -> None:
    async with logged_in(sim) as board:
        await board.ask("power")
        sim.pause()
        before = time.monotonic()
        with pytest.raises(Unreachable):
            await board.ask("power")
        assert time.monotonic() - before < CALL_S + SLACK_S
        sim.go_on()
        (row,) = await board.ask("power")
        assert row["power"] == "on"


async def test_an_order_that_gets_no_answer_may_have_arrived(sim: Sim) -> None:
    async with logged_in(sim) as board:
        await board.ask("power")
        sim.pause()
        with pytest.raises(Unreachable) as told:
            await board.send(order("power-off"))
        assert told.value.sent
        sim.go_on()


async def test_what_it_cannot_do_is_refused_with_its_code(sim: Sim) -> None:
    async with logged_in(sim) as board:
        with pytest.raises(Rejected, match="Invalid data field") as told:
            await board.send(order("nmi"))
        assert told.value.status == 0xCC
        with pytest.raises(NotConfigured, match="media-insert"):
            await board.send(order("media-insert"))


async def test_sensor_names_with_escapes_are_data(tmp_path: Any) -> None:
    from backend.clean import clean

    sim = bmc.written(tmp_path / "s", "s0")
    evil = bmc.record(1, "A\x1b[2JB", 1, 1, bytes(6))
    bmc.write_records(sim.room, "s0", [evil])
    sim.start()
    try:
        await asyncio.to_thread(bmc.wait_for, sim)
        async with logged_in(sim) as board:
            (row,) = await board.ask("sensors")
            assert clean(row["sensor"]) == "A\\x1b[2JB"
    finally:
        sim.stop()
        sim.serial.close()


# --- the serial console ------------------------------------------------------------------------


async def test_the_serial_console_carries_bytes_both_ways_while_other_questions_go_on(
    sim: Sim,
) -> None:
    async with logged_in(sim) as board:
        channel = await board.open(Sol(server="s0"))
        machine = await asyncio.to_thread(sim.plugged)
        machine.sendall(b"controller-1 login: ")
        assert await channel.read() == b"controller-1 login: "
        await channel.write(b"root\r")
        assert await asyncio.to_thread(machine.recv, 100) == b"root\r"
        (row,) = await board.ask("power")
        assert row["power"] == "on"
        await channel.close()
        assert await channel.read() == b""
        machine.close()


async def test_a_console_somebody_else_holds_is_not_taken_unless_said(sim: Sim) -> None:
    async with logged_in(sim) as mine, logged_in(sim, "reader", "Read3r*bmc") as theirs:
        channel = await mine.open(Sol(server="s0"))
        with pytest.raises(Rejected, match="somebody else") as told:
            await theirs.open(Sol(server="s0"))
        assert "thrown off" in told.value.advice
        taken = await theirs.open(Sol(server="s0", takes_over=True))
        heard = await asyncio.wait_for(channel.read(), 15)
        assert isinstance(heard, Notice)
        assert heard.is_down
        await taken.close()


async def test_a_console_that_drops_says_so_in_time_and_opens_again(sim: Sim) -> None:
    async with logged_in(sim) as board:
        channel = await board.open(Sol(server="s0"))
        sim.stop()
        before = time.monotonic()
        heard = await channel.read()
        assert isinstance(heard, Notice)
        assert "dropped" in heard.words
        assert time.monotonic() - before < CALL_S + SLACK_S
        with pytest.raises(Unreachable):
            await channel.write(b"x")
        sim.start()
        while not (isinstance(heard, Notice) and not heard.is_down):
            heard = await asyncio.wait_for(channel.read(), 30)
        assert heard.words == "reconnected"
        await channel.close()


async def test_a_console_with_a_wrong_password_is_refused_and_not_tried_again(sim: Sim) -> None:
    async with logged_in(sim, password="wrong") as board:
        with pytest.raises(Unauthorized):
            await board.open(Sol(server="s0"))
        sim.stop()
        with pytest.raises(Unauthorized):
            await board.open(Sol(server="s0"))


async def test_after_leaving_no_thread_is_left_behind() -> None:
    with bmc.sims(3) as started:
        boards = [Ipmi(s.name, (s.host, s.port), bmc.USER, known_as(bmc.PASSWORD)) for s in started]
        await asyncio.gather(*(board.ask("power") for board in boards))
        for board in boards:
            await board.close()
    ends = time.monotonic() + 15
    while THREADS.alive and time.monotonic() < ends:  # noqa: ASYNC110 - threads end, no tasks
        await asyncio.sleep(0.2)
    assert THREADS.alive == 0


@pytest.fixture
async def within(sim: Sim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InBand:
    """A baseboard asked from within; the way there alone is pretend. On 3.9 a lock wants a loop.

    No machine here has /dev/ipmi0: the real ipmitool is led over lanplus in its place.
    """
    program = tmp_path / "ipmitool"
    real = shutil.which("ipmitool")
    way = f"-I lanplus -C 3 -H {sim.host} -p {sim.port} -U {bmc.USER} -P '{bmc.PASSWORD}'"
    program.write_text(f'#!/bin/sh\nshift 2\nexec {real} {way} "$@"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return InBand("s0", "here", Machines(CloudSettings(name="x"), Pins(tmp_path / "pins.json")))


async def test_from_within_ipmitool_itself_tells_the_same_as_the_lan(
    sim: Sim, within: InBand
) -> None:
    sim.add_event(at_s=1_795_000_000)
    async with logged_in(sim) as board:
        for facet in ("power", "sensors", "sel"):
            mine, theirs = await within.ask(facet), await board.ask(facet)
            keys = ("power", "sensor", "value", "units", "record")
            for ours, other in zip(mine, theirs):
                assert {key: ours.get(key) for key in keys} == {k: other.get(k) for k in keys}
            assert len(mine) == len(theirs)
        await within.send(order("power-off"))
        assert sim.power == "0"
        (row,) = await within.ask("power")
        assert row["power"] == "off"


async def test_its_network_is_set_from_within_and_the_lan_reads_it_back(
    sim: Sim, within: InBand
) -> None:
    said = {"how": "static", "address": "10.10.10.9/24", "gateway": "10.10.10.1"}
    await within.send(order("lan", **said))
    (mine,) = await within.ask("lan")
    async with logged_in(sim) as board:
        (theirs,) = await board.ask("lan")
    for key in ("ipv4_address", "ipv4_gateway", "ipv4_configuration", "mac_address"):
        assert mine[key] == theirs[key], key
    assert (mine["ipv4_address"], mine["ipv4_gateway"]) == ("10.10.10.9/24", "10.10.10.1")


async def test_a_network_that_the_baseboard_refuses_from_within_is_told_in_ipmitools_words(
    within: InBand,
) -> None:
    with pytest.raises(Rejected, match=r"10\.10\.10"):
        await within.send(order("lan", gateway="10.10.10.999"))


async def test_a_user_is_added_and_gets_another_password_and_logs_in_by_it(sim: Sim) -> None:
    async with logged_in(sim) as board:
        new = {"uid": "4", "name": "field", "password": "F1eld*bmc", "privilege": "administrator"}
        await board.send(order("user-add", **new))
        assert "field" in [user["name"] for user in await board.ask("users")]
        await board.send(order("user-password", uid="4", password="0ther*bmc"))
    async with logged_in(sim, "field", "F1eld*bmc") as board:
        with pytest.raises(Unauthorized):
            await board.ask("power")
    async with logged_in(sim, "field", "0ther*bmc") as board:
        assert (await board.ask("power"))[0]["power"] == "on"


async def test_its_network_is_set_in_one_go_and_ipmitool_reads_it_back(sim: Sim) -> None:
    async with logged_in(sim) as board:
        said = {"how": "static", "address": "10.10.10.9/24", "gateway": "10.10.10.1"}
        await board.send(order("lan", **said))
        (row,) = await board.ask("lan")
        assert (row["ipv4_address"], row["ipv4_gateway"]) == ("10.10.10.9/24", "10.10.10.1")
        assert row["ipv4_configuration"] == "Static"
    printed = sim.ipmitool("lan", "print", "1")
    assert "IP Address              : 10.10.10.9" in printed
    assert "Subnet Mask             : 255.255.255.0" in printed
    assert "Set in Progress         : Set Complete" in printed


async def test_a_network_that_somebody_else_is_changing_is_left_alone(sim: Sim) -> None:
    sim.ipmitool("raw", "0x0c", "0x01", "0x01", "0x00", "0x01")
    async with logged_in(sim) as board:
        before = await board.ask("lan")
        with pytest.raises(Rejected, match="somebody else is changing its network"):
            await board.send(order("lan", address="10.10.10.9/24"))
        assert await board.ask("lan") == before
