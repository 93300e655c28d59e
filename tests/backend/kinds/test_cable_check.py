"""Each port against what is heard at its far end, what was planned, and what the record saw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Optional

from backend.cables import CablePlan, Planned
from backend.errors import Unreachable
from backend.kind import Derived
from backend.kinds.cable_check import CABLE_CHECK, Cable, verdict
from backend.known import Known, Memory, Reading, Since
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.tone import Mark
from tests.backend.kinds.pretended import known_of, of_rows, pretend

PORT = "enp0s3"


def checked(cloud: Cloud, plan: Optional[CablePlan] = None, **memory: Any) -> Known:
    """Return what is known with the cables worked out."""
    known = known_of(cloud, more=("lldp", "ethernet-ports"), own=())
    known = replace(known, cable_plan=plan, memory=Memory(**memory))
    assert isinstance(CABLE_CHECK.read, Derived)
    rows = [CABLE_CHECK.model.read(body) for body in CABLE_CHECK.read.rows(known)]
    readings = {**known.readings, ("cables", ""): of_rows(cloud, "cables", rows)}
    return replace(known, readings=readings)


def cable(known: Known, name: str) -> Cable:
    found: Cable = next(row for row in known.rows("cables") if CABLE_CHECK.name_of(row) == name)
    return found


def heard(cloud: Cloud, name: str) -> Dict[str, Any]:
    """Return the neighbour on the first port of a host."""
    rows = children(cloud, cloud.named(name), "lldp_neighbours")
    return next(row for row in rows if row["port_name"] == PORT)


def plan(**of: Planned) -> CablePlan:
    cables = {tuple(key.split("__")): end for key, end in of.items()}
    named = {(host.replace("_", "-"), port): end for (host, port), end in cables.items()}
    return CablePlan(file="cables.yaml", cables=named)


def test_every_port_has_its_row_with_what_is_heard_on_it() -> None:
    cloud = pretend()
    known = checked(cloud)
    assert len(known.rows("cables")) == len(known.rows("ethernet-ports"))
    row, told = cable(known, f"controller-0 {PORT}"), heard(cloud, "controller-0")
    assert (row.switch, row.far_port) == (told["system_name"], told["port_identifier"])
    assert CABLE_CHECK.look(row, known).mark is Mark.NONE
    assert "no plan" in verdict(known).text


def test_a_cable_as_planned_is_well_by_name_domain_or_chassis_in_any_case() -> None:
    cloud = pretend()
    told = heard(cloud, "controller-0")
    for switch in (told["system_name"], str(told["system_name"]).upper(), told["chassis_id"]):
        end = Planned(switch=switch, port=told["port_identifier"])
        known = checked(cloud, plan(controller_0__enp0s3=end))
        assert cable(known, f"controller-0 {PORT}").finding == ""
    told["system_name"] = f"{told['system_name']}.site.example"
    end = Planned(switch=told["system_name"].partition(".")[0])
    assert (
        cable(checked(cloud, plan(controller_0__enp0s3=end)), f"controller-0 {PORT}").finding == ""
    )


def test_a_cable_in_the_wrong_place_says_where_it_is_and_where_it_should_be() -> None:
    known = checked(pretend(), plan(controller_0__enp0s3=Planned(switch="sw-99", port="7")))
    row = cable(known, f"controller-0 {PORT}")
    assert row.finding.startswith("is to go to sw-99 7, and goes to ")
    assert CABLE_CHECK.look(row, known).mark is Mark.BAD
    assert "1 of " not in verdict(known).text or verdict(known).word == "NOT WELL"
    # The other port of a host in the plan goes somewhere, and nobody planned it.
    assert "not in the plan" in cable(known, "controller-0 enp0s4").finding
    assert cable(known, f"worker-0 {PORT}").finding == ""


def test_a_silent_port_and_one_without_a_link_are_told_apart() -> None:
    cloud = pretend()
    end = plan(controller_0__enp0s3=Planned(switch="sw-1"))
    children(cloud, cloud.named("controller-0"), "lldp_neighbours").clear()
    row = cable(checked(cloud, end), f"controller-0 {PORT}")
    assert row.finding == "is to go to sw-1, and nobody is heard on it"
    children(cloud, cloud.named("controller-0"), "ethernet_ports")[0]["speed"] = None
    assert "it has no link" in cable(checked(cloud, end), f"controller-0 {PORT}").finding


def test_a_planned_host_or_port_that_is_not_there_is_said_with_its_line() -> None:
    end = Planned(switch="sw-1", line=4)
    known = checked(pretend(), plan(nobody__p=end, controller_0__nothing=end))
    assert cable(known, "nobody p").finding == "line 4 of the plan: there is no such host"
    assert "the host has no such port" in cable(known, "controller-0 nothing").finding


def test_a_cable_that_moved_says_when_and_one_only_found_so_does_not() -> None:
    cloud = pretend()
    row = cable(checked(cloud), f"controller-0 {PORT}")
    at = checked(cloud).now_ms - 3_600_000
    key = ("cables", row.uuid, "far_port")
    known = checked(cloud, since={key: Since(ms=at)})
    assert CABLE_CHECK.look(row, known).mark is Mark.NEW
    cells = {column.heading: column.cell(row, known) for column in CABLE_CHECK.columns}
    assert cells["MOVED"] == "1h"
    found = checked(cloud, since={key: Since(ms=at, at_least=True)})
    assert CABLE_CHECK.look(row, found).mark is Mark.NONE


def test_a_plan_with_a_mistake_is_the_verdict() -> None:
    known = checked(pretend(), CablePlan(file="f", fault="f:3: c-0.p must name a switch"))
    assert "f:3: c-0.p must name a switch" in verdict(known).text


def test_a_port_whose_host_is_gone_has_no_cable() -> None:
    cloud = pretend()
    known = checked(cloud)
    cloud.remove(cloud.named("worker-2"))
    later = known_of(cloud, more=("lldp",), own=())
    ports = {("ethernet-ports", ""): known.reading("ethernet-ports")}
    mixed = replace(later, readings={**later.readings, **ports})
    assert isinstance(CABLE_CHECK.read, Derived)
    names = {body["hostname"] for body in CABLE_CHECK.read.rows(mixed)}
    assert "worker-2" not in names


def test_while_the_far_ends_were_not_read_no_cable_is_said_to_be_wrong_nor_right() -> None:
    cloud = pretend()
    wanted = plan(controller_0__enp0s3=Planned(switch="tor-9", port="Ethernet9", line=2))
    known = checked(cloud, wanted)
    assert verdict(known).word == "NOT WELL"
    for name in ("lldp", "ethernet-ports", "hosts"):
        part = {key: one for key, one in known.readings.items() if key[0] not in (name, "cables")}
        part[name, ""] = Reading(kind=name, error=Unreachable("sysinv", "no answer"))
        lost = replace(known, readings=part)
        assert isinstance(CABLE_CHECK.read, Derived)
        assert not [body["finding"] for body in CABLE_CHECK.read.rows(lost) if body["finding"]]
        said = verdict(lost)
        assert (said.word, name in said.text) == ("CANNOT", True)
