"""Redfish against a pretend tree on loopback: its rows, its orders, and its bad days."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, List, Tuple

import pytest

from backend.baseboard import BmcWrite
from backend.errors import (
    Forbidden,
    Malformed,
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
from backend.sources.redfish_words import number, sensor_body, utc
from backend.sources.tls import Pins
from tests.backend.sources.authority import Certificate
from tests.backend.sources.loopback import Reply, Server, serving
from tests.backend.sources.redfish_tree import (
    LOG,
    PASSWORD,
    SYSTEM,
    USER,
    Pretended,
    link,
    members,
    refused,
)

HOST = "127.0.0.1"


@asynccontextmanager
async def board(
    room: Path, bmc: Pretended, password: str = PASSWORD, system: str = ""
) -> AsyncIterator[Tuple[Redfish, Server]]:
    certificate = Certificate(room / "bmc.pem")
    async with serving(bmc, tls=certificate.server()) as server:
        pins = Pins(room / "pins.json")
        pins.pin(f"{HOST}:{server.port}", certificate.fingerprint)
        mine = redfish(server.port, pins, password, system)
        try:
            yield mine, server
        finally:
            await mine.close()


def redfish(port: int, pins: Pins, password: str = PASSWORD, system: str = "") -> Redfish:
    known = Password(given=Secret(text=password))
    settings = CloudSettings(name="rack")
    return Redfish("s0", (HOST, port), USER, known, settings, pins, system)


def order(verb: str, **values: str) -> BmcWrite:
    return BmcWrite(server="s0", verb=verb, values=values)


# --- what it tells -----------------------------------------------------------------------------


async def test_power_health_and_sensors_are_in_the_words_that_ipmi_has(tmp_path: Path) -> None:
    async with board(tmp_path, Pretended()) as (mine, _):
        (power,) = await mine.ask("power")
        assert (power["power"], power["policy"], power["identify"]) == ("on", "as before", "off")
        assert (power["boot"], power["boot_always"], power["boot_uefi"]) == ("network", False, True)
        assert await mine.ask("health") == [{"health": "ok", "bad": []}]
        hot, fan, psu = await mine.ask("sensors")
        assert (hot["sensor"], hot["number"], hot["value"], hot["units"]) == (
            *("CPU1 Temp", 1, 41.0),
            "°C",
        )
        assert hot["thresholds"] == {"upper_major": 90.0}
        assert (fan["value"], fan["units"], psu["value"], psu["units"]) == (5400, "RPM", 180, "W")


async def test_what_is_not_well_is_named(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.tree[SYSTEM]["Status"]["HealthRollup"] = "Critical"
    hot = bmc.tree["/redfish/v1/Chassis/1/Thermal"]["Temperatures"][0]
    hot["Status"] = {"State": "Enabled", "Health": "Critical"}
    async with board(tmp_path, bmc) as (mine, _):
        assert await mine.ask("health") == [{"health": "critical", "bad": ["CPU1 Temp: critical"]}]


async def test_the_log_is_the_machines_own_in_pages_and_oldest_first(tmp_path: Path) -> None:
    async with board(tmp_path, Pretended()) as (mine, _):
        rows = await mine.ask("sel")
        assert [row["record"] for row in rows] == ["1", "2", "3"]
        assert rows[2]["timestamp"] == "2026-11-20T10:03:00+00:00"
        assert (rows[2]["event"], rows[2]["health"]) == ("too hot", "critical")


async def test_parts_and_firmware_are_rows_and_empty_places_are_none(tmp_path: Path) -> None:
    async with board(tmp_path, Pretended()) as (mine, _):
        rows = {row["component"]: row for row in await mine.ask("inventory")}
        assert list(rows) == ["System", "Chassis", "BMC", "CPU 1", "DIMM A1", "PSU 1"]
        assert (rows["System"]["serial_number"], rows["System"]["bios_version"]) == ("S123", "2.1")
        assert rows["BMC"]["firmware_version"] == "6.10"
        (lan,) = await mine.ask("lan")
        assert (lan["ipv4_address"], lan["ipv4_configuration"]) == ("10.10.7.12", "Static")
        (user,) = await mine.ask("users")
        assert (user["name"], user["privilege"], user["shortest"]) == ("admin", "administrator", 8)
        (medium,) = await mine.ask("media")
        assert (medium["slot"], medium["inserted"]) == ("Cd", False)


async def test_a_network_adapter_has_the_firmware_that_its_controllers_say(tmp_path: Path) -> None:
    bmc, at = Pretended(), "/redfish/v1/Chassis/1/NetworkAdapters"
    bmc.tree["/redfish/v1/Chassis/1"]["NetworkAdapters"] = {"@odata.id": at}
    said = [{"FirmwarePackageVersion": "4.40"}, {"FirmwarePackageVersion": "4.40"}, {}]
    bmc.tree[at] = {"Members": [{"@odata.id": f"{at}/1"}]}
    bmc.tree[f"{at}/1"] = {"Name": "E810", "Controllers": said}
    async with board(tmp_path, bmc) as (mine, _):
        rows = {row["component"]: row for row in await mine.ask("inventory")}
        assert rows["E810"]["firmware_version"] == "4.40"


async def test_members_that_come_whole_are_not_asked_for_again(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.tree["/redfish/v1/"]["ProtocolFeaturesSupported"] = {"ExpandQuery": {"NoLinks": True}}
    whole = {"@odata.id": f"{SYSTEM}/Memory/A1", "Name": "DIMM A1", "CapacityMiB": 1}
    bmc.tree[f"{SYSTEM}/Memory?$expand=."] = {"Members": [whole]}
    async with board(tmp_path, bmc) as (mine, server):
        names = [row["component"] for row in await mine.ask("inventory")]
        assert "DIMM A1" in names
        assert f"{SYSTEM}/Memory/A1" not in [asked.target for asked in server.asked]


async def test_of_several_systems_the_one_that_is_named_is_meant(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.tree["/redfish/v1/Systems"] = members(SYSTEM, "/redfish/v1/Systems/2")
    bmc.tree["/redfish/v1/Systems/2"] = {"Id": "2", "Name": "blade-2", "PowerState": "Off"}
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(NotConfigured, match=r"2 systems \(1, 2\)") as told:
            await mine.ask("power")
        assert "system: NAME" in told.value.advice
    for name in ("2", "blade-2"):
        async with board(tmp_path, bmc, system=name) as (mine, _):
            assert (await mine.ask("power"))[0]["power"] == "off"
    async with board(tmp_path, bmc, system="3") as (mine, _):
        with pytest.raises(NotConfigured, match="no system '3'"):
            await mine.ask("power")


# --- what it is ordered ------------------------------------------------------------------------


async def test_orders_are_sent_as_redfish_has_them(tmp_path: Path) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, _):
        await mine.send(order("power-off"))
        await mine.send(order("identify", on="yes"))
        await mine.send(order("boot", device="optical", always="no", uefi="yes"))
        await mine.send(order("boot", device="default"))
        await mine.send(order("media-insert", slot="Cd", image="http://10.1.1.1/a.iso"))
        await mine.send(order("user-password", uid="2", password="n3w*secret"))
    once = {"BootSourceOverrideTarget": "Cd", "BootSourceOverrideEnabled": "Once"}
    slot = "/redfish/v1/Managers/1/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia"
    image = {"Image": "http://10.1.1.1/a.iso", "Inserted": True, "WriteProtected": True}
    assert bmc.orders == [
        ("POST", f"{SYSTEM}/Actions/ComputerSystem.Reset", {"ResetType": "ForceOff"}),
        ("PATCH", SYSTEM, {"LocationIndicatorActive": True}),
        ("PATCH", SYSTEM, {"Boot": once}),
        ("PATCH", SYSTEM, {"Boot": {"BootSourceOverrideEnabled": "Disabled"}}),
        ("POST", slot, image),
        ("PATCH", "/redfish/v1/AccountService/Accounts/2", {"Password": "n3w*secret"}),
    ]


async def test_what_it_does_not_offer_is_refused_with_what_it_does(tmp_path: Path) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, _):
        for unoffered in (
            order("shutdown"),
            order("boot", device="setup"),
            order("media-insert", slot="Usb", image="http://10.1.1.1/a.iso"),
            order("media-eject", slot="Cd"),
            order("no-such-verb"),
        ):
            if unoffered.verb != "media-eject":
                with pytest.raises(NotConfigured):
                    await mine.send(unoffered)
        with pytest.raises(NotConfigured) as told:
            await mine.send(order("shutdown"))
        assert told.value.advice == "it offers: On, ForceOff, PowerCycle, Nmi"
    assert bmc.orders == []


async def test_a_change_that_must_name_its_version_does_so_at_the_second_go(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.wants_etag = True
    async with board(tmp_path, bmc) as (mine, _):
        await mine.send(order("identify", on="no"))
    assert bmc.orders == [("PATCH", SYSTEM, {"LocationIndicatorActive": False})]


async def test_a_log_that_went_on_since_it_was_saved_is_not_cleared(tmp_path: Path) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(Rejected, match="went on since it was saved"):
            await mine.send(order("sel-clear", last="2"))
        assert bmc.orders == []
        await mine.send(order("sel-clear", last="3"))
    assert bmc.orders == [("POST", f"{LOG}/Actions/LogService.ClearLog", {})]


# --- who one is --------------------------------------------------------------------------------


async def test_one_session_serves_all_and_is_closed_at_the_end(tmp_path: Path) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, _):
        await asyncio.gather(mine.ask("power"), mine.ask("health"), mine.ask("sel"))
        assert (bmc.logins, len(bmc.sessions)) == (1, 1)
    assert bmc.sessions == []


async def test_a_session_that_ended_there_is_opened_anew_once(tmp_path: Path) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, _):
        await mine.ask("power")
        bmc.sessions.clear()
        await mine.ask("power")
        assert bmc.logins == 2


@pytest.mark.parametrize("has_sessions", [True, False])
async def test_a_wrong_password_is_never_tried_twice_unless_somebody_asks(
    tmp_path: Path, *, has_sessions: bool
) -> None:
    bmc = Pretended(has_sessions=has_sessions)
    async with board(tmp_path, bmc, password="wrong") as (mine, server):
        for _ in range(3):
            with pytest.raises(Unauthorized):
                await mine.ask("power")
        tried = [a for a in server.asked if "authorization" in a.headers or a.method == "POST"]
        assert len(tried) == 1
        mine.retry()
        with pytest.raises(Unauthorized):
            await mine.ask("power")


async def test_without_a_password_nobody_is_asked(tmp_path: Path) -> None:
    async with serving(Pretended()) as server:
        settings, pins = CloudSettings(name="rack"), Pins(tmp_path / "pins.json")
        mine = Redfish("s0", (HOST, server.port), USER, Password(), settings, pins)
        with pytest.raises(NotConfigured, match="no password"):
            await mine.ask("power")
        assert server.connections == 0
        await mine.close()


# --- bad days ----------------------------------------------------------------------------------


async def test_a_certificate_nobody_accepted_or_that_changed_gets_no_credentials(
    tmp_path: Path,
) -> None:
    certificate, bmc = Certificate(tmp_path / "bmc.pem"), Pretended()
    async with serving(bmc, tls=certificate.server()) as server:
        pins = Pins(tmp_path / "pins.json")
        mine = redfish(server.port, pins)
        with pytest.raises(Untrusted, match="nobody vouches for") as told:
            await mine.ask("power")
        assert "baseboard's own menus" in told.value.advice
        pins.pin(f"{HOST}:{server.port}", "AB:CD")
        with pytest.raises(Untrusted, match="CHANGED"):
            await mine.ask("power")
        assert server.bytes_in == 0
        await mine.close()


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_parts_that_are_only_named_and_not_there_are_left_out(
    tmp_path: Path, status: int
) -> None:
    bmc = Pretended()
    for path in (f"{SYSTEM}/Memory", "/redfish/v1/Chassis/1/Thermal", "/redfish/v1/Managers/1"):
        bmc.replies[path] = refused(status, "not here")
    async with board(tmp_path, bmc) as (mine, _):
        names = [row["component"] for row in await mine.ask("inventory")]
        assert names == ["System", "Chassis", "CPU 1", "PSU 1"]
        assert [row["sensor"] for row in await mine.ask("sensors")] == ["PSU 1"]
        assert (await mine.ask("health"))[0]["health"] == "ok"
        with pytest.raises(NotFound, match="has no manager"):
            await mine.ask("lan")


async def test_parts_that_fail_or_answer_garbage_say_so_beside_the_others(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.replies[f"{SYSTEM}/Memory"] = refused(500, "out of memory, of all things")
    bmc.replies[f"{SYSTEM}/Processors/1"] = Reply(body=b"\x00<garbage")
    async with board(tmp_path, bmc) as (mine, _):
        rows = {row["component"]: row for row in await mine.ask("inventory")}
        assert "out of memory" in rows["Memory"]["trouble"]
        assert "no JSON" in rows["1"]["trouble"]
        assert rows["System"]["serial_number"] == "S123"


async def test_a_list_that_leads_back_into_itself_is_read_once(tmp_path: Path) -> None:
    bmc = Pretended()
    at = f"{SYSTEM}/Memory"
    bmc.tree[at]["Members@odata.nextLink"] = at
    async with board(tmp_path, bmc) as (mine, server):
        names = [row["component"] for row in await mine.ask("inventory")]
        assert names.count("DIMM A1") == 1
        assert [asked.target for asked in server.asked].count(at) == 1


@pytest.mark.parametrize("body", [b"garbage", b"[1, 2]", b'"text"', b"[" * 100_000, b"\xff\xfe"])
async def test_garbage_for_the_machine_itself_is_told_with_its_path(
    tmp_path: Path, body: bytes
) -> None:
    bmc = Pretended()
    bmc.replies[SYSTEM] = Reply(body=body)
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(Malformed, match=SYSTEM):
            await mine.ask("power")


SHAPES: List[Tuple[str, Any]] = [
    ("Links", "text"),
    ("Boot", [1]),
    ("Status", None),
    ("Processors", {"@odata.id": 7}),
    ("Actions", {"#ComputerSystem.Reset": "no"}),
    ("PowerState", {"a": 1}),
    ("IndicatorLED", ["Lit"]),
]


@pytest.mark.parametrize(("name", "value"), SHAPES)
async def test_fields_of_another_shape_break_nothing(tmp_path: Path, name: str, value: Any) -> None:
    bmc = Pretended()
    bmc.tree[SYSTEM][name] = value
    async with board(tmp_path, bmc) as (mine, _):
        for facet in ("power", "health", "sensors", "inventory"):
            assert await mine.ask(facet) is not None


async def test_a_link_that_leads_elsewhere_is_not_followed_with_our_credentials(
    tmp_path: Path,
) -> None:
    bmc = Pretended()
    bmc.tree["/redfish/v1/Systems"] = {"Members": [link("https://evil.example/redfish/v1/x")]}
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(Malformed, match="is no path of it"):
            await mine.ask("power")
    bmc.tree["/redfish/v1/Systems"] = members(SYSTEM)
    bmc.replies[SYSTEM] = Reply(status=302, headers={"Location": "https://evil.example/"})
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(Rejected, match="sends us elsewhere"):
            await mine.ask("power")


async def test_a_refusal_is_in_its_own_extended_words(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.replies[f"{SYSTEM}/Actions/ComputerSystem.Reset"] = refused(403, "The user is read-only.")
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(Forbidden, match=r"403: The user is read-only\."):
            await mine.send(order("power-off"))


async def test_an_order_whose_answer_is_lost_may_have_arrived(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.replies[f"{SYSTEM}/Actions/ComputerSystem.Reset"] = Reply(cut=True)
    async with board(tmp_path, bmc) as (mine, server):
        with pytest.raises(Unreachable) as told:
            await mine.send(order("power-off"))
        assert told.value.sent
        assert (
            sum(asked.method == "POST" and "Reset" in asked.target for asked in server.asked) == 1
        )


async def test_one_that_fell_silent_is_known_within_the_deadline_by_all_who_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.redfish_tree.CALL_S", 0.3)
    bmc = Pretended()
    bmc.replies["/redfish/v1/"] = Reply(hang=True)
    async with board(tmp_path, bmc) as (mine, server):
        facets = ("power", "health", "sel", "inventory")
        asks = [asyncio.ensure_future(mine.ask(facet)) for facet in facets]
        ends = await asyncio.gather(*asks, return_exceptions=True)
        assert all(isinstance(end, Unreachable) for end in ends)
        assert len(server.asked) <= 2


def test_a_clock_that_was_never_set_and_a_number_that_is_none_break_no_row() -> None:
    assert utc("0001-01-01T00:00:00+08:00") == ""
    assert utc("9999-12-31T23:59:59-05:00") == ""
    assert number(float("nan")) is None
    assert number(10**400) is None
    row = sensor_body({"Name": "t", "Reading": float("inf"), "SensorNumber": float("inf")})
    assert (row["value"], row["number"]) == (None, None)


def test_instants_of_every_shape_are_utc() -> None:
    assert utc("2026-11-20T10:03:00.1234567+02:00") == "2026-11-20T08:03:00+00:00"
    assert utc("2026-11-20T10:03:00Z") == utc("2026-11-20T10:03:00") == "2026-11-20T10:03:00+00:00"
    assert utc("yesterday") == utc("") == ""
