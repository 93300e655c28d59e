"""What is changed of a pretend baseboard over Redfish: its network, its firmware; its console."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from backend.baseboard import BmcWrite, Sol
from backend.channel import Channel, Notice
from backend.errors import Missing, NotConfigured, NotFound, Unreachable
from backend.secret import Password, Secret
from backend.settings import CloudSettings
from backend.sources.redfish import Redfish
from backend.sources.redfish_console import IPMI, SSH, Way, offered
from backend.sources.tls import Pins
from backend.ssh_settings import Ssh
from tests.backend.sources.authority import Certificate
from tests.backend.sources.loopback import serving
from tests.backend.sources.redfish_tree import FORM, SYSTEM, WHOLE, Pretended
from tests.backend.sources.sshd import IS_ROOT, PASSWORD, PROGRAM, Sshd
from tests.backend.sources.sshd import serving as serving_ssh
from tests.backend.sources.test_redfish import HOST, board, order

PORT = "/redfish/v1/Managers/1/EthernetInterfaces/eth0"
IMAGE = bytes(range(256)) * 1024


# --- its network ---------------------------------------------------------------------------------


async def test_a_network_is_set_in_one_request_in_the_shape_that_its_port_shows(
    tmp_path: Path,
) -> None:
    bmc = Pretended()
    said = {"address": "10.10.7.13/24", "vlan": "77"}
    async with board(tmp_path, bmc) as (mine, _):
        assert (await mine.ask("lan"))[0]["ipv4_address"] == "10.10.7.12"
        await mine.send(order("lan", port="eth0", **said))
        bmc.tree[PORT].update(
            DHCPv4={"DHCPEnabled": True}, IPv4StaticAddresses=[{"Gateway": "10.10.7.1"}]
        )
        await mine.send(order("lan", port="eth0", how="static", **said))
    address = {"Address": "10.10.7.13", "SubnetMask": "255.255.255.0", "Gateway": "10.10.7.1"}
    vlan = {"VLANEnable": True, "VLANId": 77}
    older = {"VLAN": vlan, "IPv4Addresses": [{**address, "AddressOrigin": "Static"}]}
    newer = {
        "DHCPv4": {"DHCPEnabled": False},
        "IPv4StaticAddresses": [address],
        "VLAN": vlan,
    }
    assert bmc.orders == [("PATCH", PORT, older), ("PATCH", PORT, newer)]


async def test_a_port_that_is_not_there_is_not_taken_for_another(tmp_path: Path) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(NotFound, match="has no port eth7"):
            await mine.send(order("lan", port="eth7", vlan="0"))
    assert bmc.orders == []


# --- its firmware --------------------------------------------------------------------------------


def pushing(file: Path, target: str = "") -> BmcWrite:
    return BmcWrite(server="s0", verb="firmware", values={"target": target}, file=str(file))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "bios.bin"
    path.write_bytes(IMAGE)
    return path


async def test_a_file_is_pushed_as_a_form_with_progress_and_its_task_is_followed(
    tmp_path: Path, image: Path
) -> None:
    bmc = Pretended()
    told: List[Tuple[int, int]] = []
    bmc.takes_firmware(MultipartHttpPushUri=FORM, HttpPushUri=WHOLE)
    async with board(tmp_path, bmc) as (mine, _):
        await mine.send(
            pushing(image, "/redfish/v1/Systems/1/Bios"), lambda gone, of: told.append((gone, of))
        )
        ((sort, body),) = bmc.pushed
        assert sort.startswith("multipart/form-data")
        assert b'{"Targets": ["/redfish/v1/Systems/1/Bios"]}' in body
        assert body.count(b"Content-Type: application/json") == 1
        assert IMAGE in body
        assert told[-1] == (len(body), len(body))
        assert len(told) > 3
        assert [(row["is_ours"], row["percent"]) for row in await mine.ask("tasks")] == [(True, 0)]
        bmc.task("Completed", 100, "it is written")
        (row,) = await mine.ask("tasks")
        assert (row["state"], row["percent"], row["messages"]) == (
            "Completed",
            100,
            ["it is written"],
        )


async def test_where_it_takes_no_form_the_file_goes_as_it_is(tmp_path: Path, image: Path) -> None:
    bmc = Pretended()
    bmc.takes_firmware(HttpPushUri=WHOLE)
    async with board(tmp_path, bmc) as (mine, _):
        await mine.send(pushing(image, "/redfish/v1/Systems/1/Bios"))
    assert bmc.pushed == [("application/octet-stream", IMAGE)]
    aimed = {"HttpPushUriTargets": ["/redfish/v1/Systems/1/Bios"]}
    assert bmc.orders == [("PATCH", "/redfish/v1/UpdateService", aimed)]


async def test_one_that_takes_no_file_or_a_file_that_is_gone_sends_nothing(
    tmp_path: Path, image: Path
) -> None:
    bmc = Pretended()
    bmc.takes_firmware()
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(NotConfigured, match="it takes no file"):
            await mine.send(pushing(image))
        bmc.takes_firmware(HttpPushUri=WHOLE)
        with pytest.raises(Missing, match="cannot be read"):
            await mine.send(pushing(tmp_path / "gone.bin"))
    assert (bmc.pushed, bmc.orders) == ([], [])


async def test_an_update_of_which_no_task_is_told_says_so(tmp_path: Path, image: Path) -> None:
    bmc = Pretended()
    bmc.takes_firmware(HttpPushUri="/redfish/v1/Untold")
    async with board(tmp_path, bmc) as (mine, _):
        assert await mine.ask("tasks") == []
        bmc.tree["/redfish/v1/UpdateService"]["Actions"] = {
            "#UpdateService.SimpleUpdate": {"target": "/redfish/v1/Update"}
        }
        await mine.send(order("firmware", image="http://10.1.1.1/bios.bin"))
        (row,) = await mine.ask("tasks")
    assert (row["state"], row["is_ours"]) == ("Untold", True)
    assert "tells of no task" in row["messages"][0]


# --- its serial console --------------------------------------------------------------------------


def said(**ways: Any) -> Dict[str, Any]:
    return {"SerialConsole": ways}


def test_ssh_is_the_way_where_it_leads_to_the_console_and_else_ipmi() -> None:
    ssh: Dict[str, Any] = {"ServiceEnabled": True, "Port": 2200}
    ipmi = {"ServiceEnabled": True, "Port": 6230}
    assert offered(said(SSH=ssh, IPMI=ipmi)) == Way(by=SSH, port=2200)
    shared = {**ssh, "SharedWithManagerCLI": True}
    assert offered(said(SSH=shared, IPMI=ipmi)) == Way(by=IPMI, port=6230)
    word = {**shared, "ConsoleEntryCommand": "console 1"}
    assert offered(said(SSH=word, IPMI=ipmi)) == Way(by=SSH, port=2200, entry="console 1")
    assert offered(said(SSH={"ServiceEnabled": False})) is None
    assert offered(said(SSH="yes", IPMI={"ServiceEnabled": True, "Port": "?"})) == Way()
    assert offered({}) is None


@pytest.mark.parametrize(
    ("system", "manager", "words"),
    [
        (said(SSH={"ServiceEnabled": False}), {}, "every way to the serial console is switched"),
        ({}, said(ServiceEnabled=False), "its serial console is switched off"),
        ({}, said(ConnectTypesSupported=["SSH"]), "reached by SSH alone"),
    ],
)
async def test_where_no_console_is_offered_what_would_give_it_is_said(
    tmp_path: Path, system: Dict[str, Any], manager: Dict[str, Any], words: str
) -> None:
    bmc = Pretended()
    bmc.tree[SYSTEM].update(system)
    bmc.tree["/redfish/v1/Managers/1"].update(manager)
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(NotConfigured, match=words) as told:
            await mine.open(Sol(server="s0"))
    assert told.value.advice or "switched off" in words


async def until(line: Channel, wanted: bytes) -> bytes:
    """Read until ``wanted`` came by."""
    seen = b""
    while wanted not in seen:
        heard = await line.read()
        assert isinstance(heard, bytes), heard
        assert heard, seen
        seen += heard
    return seen


@pytest.mark.peer
@pytest.mark.xdist_group("accounts")
@pytest.mark.skipif(PROGRAM is None or not IS_ROOT, reason="no sshd, or not root")
async def test_a_console_behind_ssh_carries_bytes_both_ways_and_ends_as_it_is_closed_there(
    tmp_path: Path,
) -> None:
    """A real sshd poses as the baseboard's console; the tree that tells of it is pretend."""
    with serving_ssh() as sshd:
        sshd.trusted(HOST)
        line = await opened(sshd, tmp_path)
        try:
            await line.write(b"printf '%s-%s\\n' is here; exit\r")
            await asyncio.wait_for(until(line, b"is-here"), 20)
            heard: List[Any] = [b"x"]
            while heard[-1] != b"":
                heard.append(await line.read())
        finally:
            await line.close()
    assert Notice(words="it was closed there", is_down=True) in heard


@pytest.mark.peer
@pytest.mark.xdist_group("accounts")
@pytest.mark.skipif(PROGRAM is None or not IS_ROOT, reason="no sshd, or not root")
async def test_a_console_behind_ssh_that_is_cut_says_so_and_opens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.ssh_line.AGAIN_S", (0.05,))
    with serving_ssh() as sshd:
        sshd.trusted(HOST)
        line = await opened(sshd, tmp_path)
        try:
            await line.write(b"printf '%s-%s\\n' is here\r")
            await asyncio.wait_for(until(line, b"is-here"), 20)
            sshd.cut()
            heard: Any = b""
            while not isinstance(heard, Notice):
                heard = await asyncio.wait_for(line.read(), 20)
            assert heard.is_down
            assert "dropped" in heard.words
            with pytest.raises(Unreachable, match="nothing was sent"):
                await line.write(b"lost\r")
            assert await asyncio.wait_for(line.read(), 20) == Notice(words="reconnected")
            await line.write(b"printf '%s-%s\\n' back again\r")
            await asyncio.wait_for(until(line, b"back-again"), 20)
        finally:
            await line.close()


async def opened(sshd: Sshd, room: Path) -> Channel:
    bmc = Pretended()
    user = sshd.account("stxtuib")
    bmc.account = (user, PASSWORD)
    bmc.tree[SYSTEM].update(said(SSH={"ServiceEnabled": True, "Port": sshd.port}))
    certificate = Certificate(room / "bmc.pem")
    async with serving(bmc, tls=certificate.server()) as server:
        pins = Pins(room / "pins.json")
        pins.pin(f"{HOST}:{server.port}", certificate.fingerprint)
        settings = CloudSettings(name="rack", ssh=Ssh(folder=str(sshd.home)))
        known = Password(given=Secret(text=PASSWORD))
        way: Tuple[str, int] = (HOST, server.port)
        mine = Redfish("s0", way, user, known, settings, pins)
        line = await mine.open(Sol(server="s0"))
        await mine.close()
    return line
