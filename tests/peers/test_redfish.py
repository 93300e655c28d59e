"""Real Redfish (sushy-emulator over TLS): what is asked, ordered and refused."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Iterator

import pytest

from backend.baseboard import BmcWrite
from backend.errors import (
    NotConfigured,
    NotFound,
    Rejected,
    Unauthorized,
    Unreachable,
    Untrusted,
)
from backend.secret import Password, Secret
from backend.settings import CloudSettings
from backend.sources.redfish import Redfish
from backend.sources.tls import Pins
from tests.backend.sources.authority import Certificate
from tests.peers import redfish
from tests.peers.redfish import Emulator

pytestmark = pytest.mark.peer


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with redfish.emulator() as one:
        yield one


@asynccontextmanager
async def board(
    peer: Emulator, room: Path, password: str = redfish.PASSWORD, system: str = ""
) -> AsyncIterator[Redfish]:
    pins = Pins(room / "pins.json")
    pins.pin(peer.address, peer.certificate.fingerprint)
    known = Password(given=Secret(text=password))
    settings = CloudSettings(name="rack")
    where = (redfish.HOST, peer.port)
    mine = Redfish("s0", where, redfish.USER, known, settings, pins, system)
    try:
        yield mine
    finally:
        await mine.close()


def order(verb: str, **values: str) -> BmcWrite:
    return BmcWrite(server="s0", verb=verb, values=values)


async def power(mine: Redfish) -> Any:
    (row,) = await mine.ask("power")
    return row["power"]


async def test_power_follows_what_is_ordered(emulator: Emulator, tmp_path: Path) -> None:
    async with board(emulator, tmp_path) as mine:
        assert await power(mine) == "on"
        await mine.send(order("power-off"))
        assert await power(mine) == "off"
        await mine.send(order("power-on"))
        assert await power(mine) == "on"
        await mine.send(order("reset"))
        await mine.send(order("shutdown"))
        assert await power(mine) == "off"
        with pytest.raises(NotConfigured, match="PowerCycle"):
            await mine.send(order("power-cycle"))
        # It says that it could, and then can't: its own words.
        with pytest.raises(NotFound, match="Nmi is not supported"):
            await mine.send(order("nmi"))


async def test_boot_device_and_identify_are_read_back(emulator: Emulator, tmp_path: Path) -> None:
    async with board(emulator, tmp_path) as mine:
        for device, uefi in (("network", "yes"), ("optical", "no"), ("disk", "yes")):
            await mine.send(order("boot", device=device, always="yes", uefi=uefi))
            (row,) = await mine.ask("power")
            assert (row["boot"], row["boot_uefi"]) == (device, uefi == "yes")
        with pytest.raises(NotConfigured, match="boot from setup"):
            await mine.send(order("boot", device="setup"))
        await mine.send(order("identify", on="no"))
        assert (await mine.ask("power"))[0]["identify"] == "off"
        await mine.send(order("identify", on="yes"))
        assert (await mine.ask("power"))[0]["identify"] == "on"


async def test_sensors_health_and_parts_are_there_and_what_it_lacks_is_absent(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with board(emulator, tmp_path) as mine:
        sensors = {row["sensor"]: row for row in await mine.ask("sensors")}
        assert sensors["CPU Temp"]["value"] == 41.0
        assert sensors["CPU Temp"]["thresholds"]["upper_major"] == 45.0
        assert sensors["BaseBoard System Fan"]["units"] == "RPM"
        assert await mine.ask("health") == [{"health": "ok", "bad": []}]
        parts = {row["component"]: row for row in await mine.ask("inventory")}
        assert parts["System"]["manufacturer"] == "Sushy Emulator"
        assert parts["BMC"]["firmware_version"] == "1.00"
        # Named in its tree, and an inner error when it is asked.
        assert "storage" in parts["Storage"]["trouble"]
        assert (await mine.ask("lan"))[0]["firmware"] == "1.00"
        for facet in ("sel", "users"):
            with pytest.raises(NotFound, match="has no"):
                await mine.ask(facet)


async def test_a_disc_is_inserted_booted_from_and_ejected(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with board(emulator, tmp_path) as mine:
        with redfish.shelf("stx.iso", b"no real image") as url:
            await mine.send(order("media-insert", slot="Cd", image=url))
            slots = {row["slot"]: row for row in await mine.ask("media")}
            assert (slots["Cd"]["inserted"], slots["Cd"]["image"]) == (True, url)
            assert not slots["Floppy"]["inserted"]
            await mine.send(order("media-eject", slot="Cd"))
            slots = {row["slot"]: row for row in await mine.ask("media")}
            assert not slots["Cd"]["inserted"]


async def test_firmware_is_written_and_the_task_that_no_list_has_is_followed(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with board(emulator, tmp_path) as mine:
        at = f"/redfish/v1/Systems/{redfish.SYSTEM}"
        said = {"image": "http://10.1.1.1/bios.bin", "target": at}
        await mine.send(order("firmware", **said))
        (task,) = await mine.ask("tasks")
        assert (task["task"], task["is_ours"]) == ("42", True)
        assert (task["state"], task["percent"]) == ("Completed", 100)
        system = (await mine.ask("inventory"))[0]
        assert system["bios_version"] == "1.1.0"
        manager = "/redfish/v1/Managers/1"
        with pytest.raises(Rejected, match="Manager is not currently a supported Target"):
            await mine.send(order("firmware", **{**said, "target": manager}))
        assert await mine.ask("tasks") == []


async def test_of_several_systems_one_is_to_be_named(tmp_path: Path) -> None:
    with redfish.emulator(systems=2) as peer:
        async with board(peer, tmp_path) as mine:
            with pytest.raises(NotConfigured, match="2 systems"):
                await mine.ask("power")
        async with board(peer, tmp_path, system="node-1") as mine:
            await mine.send(order("power-off"))
            assert await power(mine) == "off"
        async with board(peer, tmp_path, system="node-0") as mine:
            assert await power(mine) == "on"


# --- bad days ----------------------------------------------------------------------------------


async def test_a_wrong_password_is_tried_once(emulator: Emulator, tmp_path: Path) -> None:
    async with board(emulator, tmp_path, password="wrong") as mine:
        asks = [mine.ask(facet) for facet in ("power", "health", "inventory")]
        ends = await asyncio.gather(*asks, return_exceptions=True)
        assert all(isinstance(end, Unauthorized) for end in ends)
        assert sum('" 401 ' in line for line in emulator.log) == 1
        mine.retry()
        with pytest.raises(Unauthorized):
            await mine.ask("power")
        assert sum('" 401 ' in line for line in emulator.log) == 2


async def test_a_certificate_that_changes_is_refused_before_any_credential(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with board(emulator, tmp_path) as mine:
        assert await power(mine) == "on"
        emulator.stop()
        before = len(emulator.log)
        emulator.certificate = Certificate(emulator.room / "other.pem")
        emulator.start()
        with pytest.raises(Untrusted, match="CHANGED"):
            await mine.ask("power")
        assert not any("/redfish" in line for line in emulator.log[before:])


async def test_one_that_dies_is_known_in_time_and_found_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with board(emulator, tmp_path) as mine:
        assert await power(mine) == "on"
        emulator.stop()
        before = time.monotonic()
        with pytest.raises(Unreachable):
            await mine.ask("power")
        assert time.monotonic() - before < 8
        emulator.start()
        assert await power(mine) == "on"
