"""A host's baseboard on the host's own pages: its line, its page, and who disagrees since when."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, List

from backend.errors import Unreachable
from backend.figure import Line
from backend.kinds.agreement import OLD_MS, agreement_lines, voices, with_power
from backend.kinds.hardware_server import POWER
from backend.kinds.host_board import board_line, board_of_host, board_page, power_of_host
from backend.kinds.hosts import HOSTS
from backend.known import Known, Memory, Since
from tests.backend.kinds.rack import rack, server
from tests.backend.kinds.site import host, reading

OFF = {"power": "off"}


def lead(known: Known) -> Any:
    return host(known, "controller-0")


def texts(lines: Any) -> List[str]:
    return [line.text for line in lines if isinstance(line, Line)]


def test_the_overview_says_where_it_answers_and_its_power_since_when() -> None:
    known = rack()
    ms = known.now_ms - 3_600_000
    memory = Memory(since=MappingProxyType({(POWER, "controller-0", "power"): Since(ms=ms)}))
    line = board_line(lead(known), replace(known, memory=memory))
    assert line.text == "ipmi 10.10.10.100   power on for 1h, health ok"
    assert line.jump is not None
    assert line.jump.kind == "servers"


def test_the_agreement_of_a_page_has_power_by_the_baseboard_beside_the_others() -> None:
    known = rack()
    first, *_ = agreement_lines(lead(known), known)
    assert "BMC on" in first.text
    off = rack(power=OFF)
    first, *strange = agreement_lines(lead(off), off)
    assert "BMC off" in first.text
    assert any("its BMC: off, and sysinv hears it" in text for text in texts(strange))


def test_power_that_nobody_reads_any_more_contradicts_nothing() -> None:
    known = rack(power=OFF)
    later = replace(known, now_ms=known.now_ms + OLD_MS + 1000)
    said = voices(lead(later), later)
    assert with_power(lead(later), later, said) == said
    silent = rack(power=OFF, error=Unreachable("BMC of controller-0", "does not answer"))
    assert with_power(lead(silent), silent, said) == said
    assert "does not answer" in board_line(lead(silent), silent).text


def test_a_host_looks_at_its_own_baseboard_alone() -> None:
    known = rack()
    assert power_of_host(lead(known), known) == (("power", "controller-0"),)
    assert {of for _, of in board_of_host(lead(known), known)} == {"controller-0"}
    worker = host(known, "worker-0")
    assert power_of_host(worker, known) == board_of_host(worker, known) == ()
    assert [tab.title for tab in HOSTS.tabs if tab.key == "x"] == ["BMC"]


def test_its_page_has_power_sensors_and_the_newest_events_and_leads_to_the_server() -> None:
    known = rack()
    lines = [line for line in board_page(lead(known), known).lines if isinstance(line, Line)]
    shown = "\n".join(texts(lines))
    assert "CPU1 Temp" in shown
    assert "sensors" in [line.heading for line in lines]
    assert "log" in [line.heading for line in lines]
    assert lines[-1].jump is not None
    assert lines[-1].jump.kind == "servers"


def test_a_host_without_one_says_who_would_know_and_one_without_a_password_is_not_asked() -> None:
    known = rack()
    (first, *_) = texts(board_page(host(known, "worker-0"), known).lines)
    assert first.startswith("nobody knows a BMC of it")
    unasked = reading("servers", [server("controller-0", has_password=False)])
    known = replace(known, readings={**known.readings, ("servers", ""): unasked})
    assert board_line(lead(known), known).text.endswith("not asked: no password known")


def test_what_is_old_or_was_not_read_on_its_page_says_so() -> None:
    known = rack()
    away = Unreachable("BMC of controller-0", "no answer within 8 s")
    for kind in ("bmc-sensors", "sel", "server-health"):
        old = replace(known.reading(kind, "controller-0"), error=away)
        known = replace(known, readings={**known.readings, (kind, "controller-0"): old})
    known = replace(known, now_ms=known.now_ms + 7_200_000)
    said = texts(board_page(lead(known), known).lines)
    assert said.count("as of 2h ago: no answer within 8 s") == 2
    assert board_line(lead(known), known).text.endswith("health ok when it was read last")


def test_a_sensor_that_could_not_be_read_counts_as_not_well_on_its_page() -> None:
    known = rack()
    body = {"server": "controller-0", "sensor": "Thermal", "trouble": "500", "unavailable": True}
    mine = reading("bmc-sensors", [body], "controller-0")
    known = replace(known, readings={**known.readings, ("bmc-sensors", "controller-0"): mine})
    said = texts(board_page(lead(known), known).lines)
    assert "1 sensors, 1 not well" in said
    assert any(line.startswith("Thermal") and line.endswith("not read") for line in said)
