"""A baseboard from within: recorded texts of ipmitool, and a shim in its place that remembers."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any, Tuple

import pytest

from backend.baseboard import Bmc, BmcWrite
from backend.cloud import Cloud
from backend.errors import Absent, Malformed, NotConfigured, Rejected
from backend.settings import CloudSettings
from backend.sources import inband, ipmitool_texts
from backend.sources.bmc import Baseboards
from backend.sources.inband import InBand
from backend.sources.machines import Machines
from backend.sources.tls import Pins

RECORDED = Path(__file__).with_name("samples") / "ipmitool"

SHIM = """\
#!/bin/sh
# Stands for ipmitool: says what was recorded, and writes down what it was asked.
echo "$*" >>"{room}/asked"
shift 2
case "$*" in
"chassis status") cat "{recorded}/chassis-status.txt" ;;
"chassis bootparam get 5") cat "{recorded}/bootparam.txt" ;;
sensor) cat "{recorded}/sensor.txt" ;;
"-c sel elist") cat "{recorded}/sel.txt" ;;
"fru print") cat "{recorded}/fru.txt"; exit 1 ;;
"mc info") cat "{recorded}/mc-info.txt" ;;
"lan print") cat "{recorded}/lan.txt" ;;
"-c user list") cat "{recorded}/users.txt" ;;
esac
"""


def text(name: str) -> str:
    return (RECORDED / f"{name}.txt").read_text(encoding="utf-8")


def order(verb: str, **values: str) -> BmcWrite:
    return BmcWrite(server="here", verb=verb, values=values)


@pytest.fixture
async def within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tuple[InBand, Path]:
    return with_program(tmp_path, monkeypatch, SHIM.format(room=tmp_path, recorded=RECORDED))


def with_program(room: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Tuple[InBand, Path]:
    program = room / "ipmitool"
    program.write_text(script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{room}:/usr/bin:/bin")
    machines = Machines(CloudSettings(name="x"), Pins(room / "pins.json"))
    return InBand("controller-0", "here", machines), room / "asked"


async def test_recorded_texts_are_the_rows_that_other_ways_tell(
    within: Tuple[InBand, Path],
) -> None:
    board, _ = within
    (power,) = await board.ask("power")
    assert (power["power"], power["policy"], power["boot"]) == ("on", "stays off", "default")
    hot, fan = await board.ask("sensors")
    assert (hot["sensor"], hot["value"], hot["units"]) == ("CPU1 Temp", 41.0, "°C")
    assert (hot["thresholds"]["upper_minor"], fan["units"]) == (60.0, "RPM")
    assert await board.ask("health") == [{"health": "ok", "bad": []}]
    first, second = await board.ask("sel")
    # From before its clock was set.
    assert (first["record"], first["timestamp"], first["sensor"]) == ("1", "", "CPU1 Temp")
    assert (first["event"], first["health"]) == ("Upper Critical going high", "critical")
    assert (second["sensor"], second["sort"]) == ("Fan 1", "Fan")
    (unit,) = ipmitool_texts.events("a,11/21/26,02:50:19,Power Unit #0xf0,Power off/down,Asserted")
    assert (unit["record"], unit["sensor"]) == ("10", "Power Unit #0xf0")
    assert unit["timestamp"] == "2026-11-21T02:50:19+00:00"
    system, firmware = await board.ask("inventory")
    assert (system["component"], system["board_serial_number"]) == ("System", "S12")
    assert firmware["version"] == "9.08"
    assert (await board.ask("lan"))[0]["firmware"] == "9.08"
    users = [(user["uid"], user["name"]) for user in await board.ask("users")]
    assert users == [(2, "admin"), (3, "reader")]


async def test_orders_are_the_words_an_operator_would_type(within: Tuple[InBand, Path]) -> None:
    board, asked = within
    await board.send(order("identify", on="yes", seconds="15"))
    await board.send(order("identify", on="no"))
    await board.send(order("boot", device="network", always="no", uefi="yes"))
    await board.send(order("power-cycle"))
    await board.send(order("bmc-reset"))
    assert asked.read_text().splitlines() == [
        "-I open chassis identify 15",
        "-I open chassis identify 0",
        "-I open chassis bootdev pxe options=efiboot",
        "-I open chassis power cycle",
        "-I open mc reset cold",
    ]
    with pytest.raises(NotConfigured, match="not done from within"):
        await board.send(order("user-password", uid="2", password="x"))
    with pytest.raises(NotConfigured, match="tells of no media"):
        await board.ask("media")


async def test_a_log_that_went_on_since_it_was_saved_is_not_cleared(
    within: Tuple[InBand, Path],
) -> None:
    board, asked = within
    with pytest.raises(Rejected, match="went on"):
        await board.send(order("sel-clear", last="1"))
    assert "sel clear" not in asked.read_text()
    await board.send(order("sel-clear", last="2"))
    assert asked.read_text().splitlines()[-1] == "-I open sel clear"


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        ("echo Could not open device at /dev/ipmi0 >&2; exit 1", Absent, "no baseboard is seen"),
        ("echo Get Device ID command failed >&2; exit 1", Rejected, "Get Device ID"),
        ("echo '<html>'", Malformed, "shape not known here"),
        ("exit 3", Rejected, "ended with code 3"),
    ],
)
async def test_what_goes_wrong_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, error: Any, words: str
) -> None:
    board, _ = with_program(tmp_path, monkeypatch, f"#!/bin/sh\n{script}\n")
    with pytest.raises(error, match=words):
        await board.ask("power")


def test_the_machine_one_sits_on_is_a_server_where_it_has_a_baseboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.bmc.socket.gethostname", lambda: "controller-0.local")
    monkeypatch.setattr(inband, "is_here", lambda: True)
    pins, settings = Pins(tmp_path / "pins.json"), CloudSettings(name="x")
    (mine,) = Baseboards(settings, pins, None, lambda: Machines(settings, pins)).servers().values()
    assert (mine.name, mine.protocol, mine.address) == ("controller-0", "in-band", "here")
    assert mine.body["has_password"]
    monkeypatch.setattr(inband, "is_here", lambda: False)
    assert Baseboards(settings, pins, None, lambda: Machines(settings, pins)).servers() == {}


async def test_a_cloud_asks_it_as_any_other(
    within: Tuple[InBand, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inband, "is_here", lambda: True)
    monkeypatch.setattr("backend.sources.bmc.socket.gethostname", lambda: "c0")
    cloud = Cloud(CloudSettings(name="x"), Pins(tmp_path / "pins.json"), lambda: 0)
    (row,) = (await cloud.ask(Bmc(facet="power"), "c0"))()
    assert (row["server"], row["power"]) == ("c0", "on")
    await cloud.close()


# Written by hand, after ipmitool's own source: what ipmi_sim has none of.
def test_discrete_sensors_those_without_a_reading_and_a_boot_that_was_ordered() -> None:
    told = (
        "PSU1 Status      | 0x1        | discrete   | 0x0180| na | na | na | na | na | na\n"
        "GPU Temp         | na         | degrees C  | na    | na | na | na | na | 90.000 | na\n"
        "Inlet            | 47.000     | degrees C  | cr    | na | na | na | na | 45.000 | na\n"
    )
    psu, gpu, inlet = ipmitool_texts.sensors(told)
    assert (psu["value"], psu["states"]) == (None, ["0x0180"])
    assert (gpu["unavailable"], inlet["health"]) == (True, "critical")
    boot = text("bootparam").replace("Boot Flag Invalid", "Boot Flag Valid")
    boot = boot.replace("No override", "Force PXE").replace("only next boot", "persistent")
    row = ipmitool_texts.power(text("chassis-status"), boot)
    assert (row["boot"], row["boot_always"]) == ("network", True)
