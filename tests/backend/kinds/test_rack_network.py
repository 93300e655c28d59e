"""A baseboard's own network changed from here, and its firmware to its real end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from backend.kind import Risk
from backend.kinds.hardware import SERVER_KIND
from backend.kinds.hardware_firmware import Firmware
from backend.kinds.hardware_network import LAN, Change
from backend.kinds.hardware_server import Server
from backend.known import Known
from backend.preview import preview
from tests.backend.kinds.rack import RECORDED, rack, server
from tests.backend.kinds.site import reading

NOW = {
    "server": "controller-0",
    "ipv4_address": "10.10.10.100/24",
    "ipv4_configuration": "Static",
    "ipv4_gateway": "10.10.10.1",
    "vlan_id": "off",
}


def known(**of_server: Any) -> Known:
    whole = rack()
    more = {
        ("servers", ""): reading("servers", [server("controller-0", **of_server)]),
        ("bmc-lan", "controller-0"): reading("bmc-lan", [NOW], "controller-0"),
    }
    return replace(whole, readings={**whole.readings, **more})


def changing(form: Change, **of_server: Any) -> Any:
    action = LAN.action("change")
    assert action is not None
    return preview(known(**of_server), LAN, action, ["controller-0"], form)


def words(now: Any) -> str:
    return " | ".join(one.words for one in now.consequences)


def test_a_network_changed_over_itself_warns_loudly_and_wants_the_name_typed() -> None:
    now = changing(Change(address="10.10.10.9/24"))
    assert not now.blocked
    assert now.risk is Risk.DESTRUCTIVE
    assert "OUR OWN SESSION RUNS OVER IT" in words(now)
    assert "say its new address to clouds.yaml" in words(now)
    assert "bm_ip of controller-0" in words(now)
    (write,) = now.writes
    assert write.values == {"address": "10.10.10.9/24"}


def test_from_within_nothing_of_ours_is_cut_and_it_is_read_back() -> None:
    now = changing(Change(address="10.10.10.9/24"), protocol="in-band", address="here")
    assert now.risk is Risk.DISRUPTIVE
    assert "OUR OWN SESSION" not in words(now)
    ((made,),) = (plan.steps for plan in now.plans)
    assert made.took is not None
    assert not made.took(known())


def test_only_what_changes_is_sent_and_a_vlan_alone_is_read_back() -> None:
    now = changing(Change(address="10.10.10.100/24", vlan="77"))
    (write,) = now.writes
    assert write.values == {"vlan": "77"}
    assert now.commands[0].endswith("lan set 1 vlan id 77")
    assert now.plans[0].steps[0].took is not None
    (blocked,) = changing(Change(gateway="10.10.10.1", vlan="0")).blocked
    assert blocked.words == "all of it is so already"


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (Change(address="10.10.10.0/24"), "no host has it"),
        (Change(address="10.10.10.255/24"), "no host has it"),
        (Change(address="10.20.10.9/24"), "the gateway 10.10.10.1 is not in 10.20.10.0/24"),
        (Change(gateway="10.30.0.1"), "is not in 10.10.10.0/24"),
        (Change(vlan="4095"), "4095 is none"),
        (Change(how="dhcp", gateway="10.10.10.2"), "dhcp gives it address and gateway"),
    ],
)
def test_a_network_nobody_could_reach_is_refused_before_it_is_sent(form: Change, why: str) -> None:
    assert why in " | ".join(one.words for one in changing(form).blocked)


@pytest.mark.parametrize(
    "garbage",
    [
        {"ipv4_gateway": "n/a"},
        {"ipv4_gateway": "fe80::1"},
        {"ipv4_address": "none/24"},
        {"vlan_id": "4095 (all)"},
        {"vlan_id": -1},
    ],
)
def test_a_network_that_is_told_in_garbage_can_still_be_changed(garbage: Any) -> None:
    row = reading("bmc-lan", [{**NOW, **garbage}], "controller-0")
    whole = replace(known(), readings={**known().readings, ("bmc-lan", "controller-0"): row})
    action = LAN.action("change")
    assert action is not None
    form = Change(vlan="40")
    now = preview(whole, LAN, action, ["controller-0"], form)
    assert not now.blocked
    assert now.writes[0].values == {"vlan": "40"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wrong", [{"address": "10.10.10.9"}, {"address": "x/24"}, {"gateway": "gw"}, {"vlan": "-1"}]
)
def test_what_is_no_address_is_told_in_its_field(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Change(**wrong)


# --- firmware ------------------------------------------------------------------------------------


def with_tasks(*tasks: Any) -> Known:
    whole = known(protocol="redfish", address="10.10.10.9")
    more = {("bmc-tasks", "controller-0"): reading("bmc-tasks", list(tasks), "controller-0")}
    return replace(whole, readings={**whole.readings, **more})


def task(state: str, *, is_ours: bool = True, **more: Any) -> Any:
    said = RECORDED["controller-0"]["tasks"][0]
    return {**said, "state": state, "health": "ok", "is_ours": is_ours, **more}


def test_a_file_that_is_pushed_is_said_as_a_request_and_as_a_command() -> None:
    action = SERVER_KIND.action("firmware")
    assert action is not None
    form = Firmware(image="/media/stick/bios.bin")
    now = preview(with_tasks(), SERVER_KIND, action, ["controller-0"], form)
    assert not now.blocked
    assert now.requests[0].endswith("@/media/stick/bios.bin")
    assert "UpdateFile=@/media/stick/bios.bin" in now.commands[0]
    (write,) = now.writes
    assert write.file == "/media/stick/bios.bin"


def test_an_update_is_done_when_its_own_task_ended_well_and_failed_when_it_did_not() -> None:
    action = SERVER_KIND.action("firmware")
    assert action is not None
    assert action.ladder is not None
    assert action.failed is not None
    row = Server(name="controller-0", protocol="redfish")
    taken, written = action.ladder(row, with_tasks())
    earlier = task("Exception", is_ours=False)
    assert not taken.reached(row, with_tasks(earlier))
    assert action.failed(row, with_tasks(earlier)) == ""
    running = with_tasks(earlier, task("Running", task="8"))
    assert taken.reached(row, running)
    assert not written.reached(row, running)
    assert written.reached(row, with_tasks(earlier, task("Completed", task="8")))
    broken = with_tasks(task("Exception", messages=["the image is not for this board"]))
    assert not written.reached(row, broken)
    assert action.failed(row, broken) == "Exception: the image is not for this board"
