"""Servers over Redfish: what is sent where it offers less, and discs that do not stay in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend.kind import Nothing, Risk
from backend.kinds.hardware import SERVER_KIND
from backend.kinds.hardware_boot import Boot, Identify
from backend.kinds.hardware_media import BOARD_TASKS, VIRTUAL_MEDIA, Insert
from backend.known import Known
from backend.preview import preview
from backend.tone import Mark
from tests.backend.kinds.rack import RECORDED, rack, server
from tests.backend.kinds.site import reading

AT = "/redfish/v1/Systems/1"
OFFERS = ("On", "ForceOff", "ForceRestart", "GracefulShutdown")
RESET = {"reset_at": f"{AT}/Actions/ComputerSystem.Reset", "at": AT}
CD = "controller-0/Cd"


def redfish(power: Any = None, **medium: Any) -> Known:
    """Return the rack with controller-0 over Redfish; ``medium`` changes what is in its Cd."""
    known = rack(power={"resets": list(OFFERS), **RESET, **(power or {})})
    row = reading("servers", [server("controller-0", protocol="redfish", address="10.10.10.9")])
    cd = {**RECORDED["controller-0"]["media"][0], **medium}
    media = reading("virtual-media", [cd], "controller-0")
    more = {("servers", ""): row, ("virtual-media", "controller-0"): media}
    return replace(known, readings={**known.readings, **more})


def shown(known: Known, verb: str, form: Any = None) -> Any:
    action = SERVER_KIND.action(verb)
    assert action is not None
    return preview(known, SERVER_KIND, action, ["controller-0"], form or Nothing())


def inserting(known: Known, verb: str = "insert", form: Any = None) -> Any:
    action = VIRTUAL_MEDIA.action(verb)
    assert action is not None
    return preview(
        known, VIRTUAL_MEDIA, action, [CD], form or Insert(image="http://10.1.1.1/a.iso")
    )


def test_orders_are_said_as_curl_has_them_without_a_password() -> None:
    (command,) = shown(redfish(), "power-off").commands
    assert command.startswith("curl -u admin -X POST")
    assert '{"ResetType": "ForceOff"}' in command
    assert command.endswith(f"https://10.10.10.9{RESET['reset_at']}")
    (boot,) = shown(redfish(), "boot", Boot(device="optical")).commands
    assert '"BootSourceOverrideTarget": "Cd"' in boot
    assert "-X PATCH" in boot


def test_an_override_that_is_taken_back_is_said_as_it_is_sent() -> None:
    (command,) = shown(redfish(), "boot", Boot(device="default", always=True)).commands
    assert '{"Boot": {"BootSourceOverrideEnabled": "Disabled"}}' in command


@pytest.mark.parametrize(
    ("form", "is_read_back_as", "has_taken"),
    [
        (Boot(device="disk"), {"boot": "disk", "boot_always": False}, True),
        (Boot(device="disk"), {"boot": "disk", "boot_always": True}, False),
        (Boot(device="disk", always=True), {"boot": "disk", "boot_always": True}, True),
        (Boot(device="disk"), {"boot": "network", "boot_always": False}, False),
        (Boot(device="default", always=True), {"boot": "default", "boot_always": False}, True),
        (Boot(device="disk"), {"boot": None, "boot_always": None}, True),
    ],
)
def test_from_where_it_boots_is_read_back_where_its_baseboard_tells(
    form: Boot, is_read_back_as: Any, *, has_taken: bool
) -> None:
    (plan,) = shown(redfish(), "boot", form).plans
    took = plan.steps[0].took
    assert took is not None
    assert took(redfish(power=is_read_back_as)) is has_taken


def test_a_boot_order_that_stands_says_that_every_reboot_follows_it() -> None:
    assert shown(redfish(), "boot", Boot(device="network")).consequences == ()
    (said,) = shown(redfish(), "boot", Boot(device="network", always=True)).consequences
    assert "maintenance's reboots too" in said.words


def test_a_power_cycle_that_is_not_offered_is_off_and_then_on() -> None:
    now = shown(redfish(), "power-cycle")
    assert not now.blocked
    assert [write.verb for write in now.writes] == ["power-off", "power-on"]
    (plan,) = now.plans
    took = plan.steps[0].took
    assert took is not None
    assert took(redfish(power={"power": "off"}))
    assert not took(redfish())
    offering = redfish(power={"resets": [*OFFERS, "PowerCycle"]})
    assert [write.verb for write in shown(offering, "power-cycle").writes] == ["power-cycle"]


def test_what_it_does_not_offer_is_refused_with_what_it_does() -> None:
    (blocked,) = shown(redfish(), "nmi").blocked
    assert blocked.words == f"it does not offer Nmi: it offers {', '.join(OFFERS)}"


def test_a_light_that_knows_no_time_says_so() -> None:
    now = shown(redfish(), "identify", Identify(seconds=60))
    assert "Redfish knows no time" in now.writes[0].sentence
    assert "seconds" not in now.writes[0].values


def test_a_disc_is_read_back_before_the_server_is_to_boot_from_it() -> None:
    now = inserting(redfish())
    assert [write.verb for write in now.writes] == ["media-insert", "boot"]
    assert now.writes[1].values["device"] == "optical"
    assert now.writes[1].values["always"] == "no"
    (plan,) = now.plans
    insert = plan.steps[0]
    assert insert.took is not None
    assert not insert.took(redfish())
    assert not insert.took(redfish(image="http://10.1.1.1/a.iso"))
    assert insert.took(redfish(image="http://10.1.1.1/a.iso", inserted=True))
    assert "did not insert it: Cd was read back as empty" in insert.unseen


def test_what_is_in_is_ejected_first_and_an_empty_place_is_not() -> None:
    full = redfish(image="http://10.1.1.1/old.iso", inserted=True)
    assert [one.words for one in inserting(full).blocked] == [
        "http://10.1.1.1/old.iso is in it: eject that"
    ]
    assert [one.words for one in inserting(redfish(), "eject", Nothing()).blocked] == [
        "it is empty"
    ]
    (plan,) = inserting(full, "eject", Nothing()).plans
    assert plan.steps[0].took is not None
    assert plan.steps[0].took(redfish())


def test_an_image_that_is_a_path_of_this_machine_is_refused() -> None:
    (blocked,) = inserting(redfish(), form=Insert(image="/tmp/stx.iso")).blocked
    assert "the baseboard fetches it itself" in blocked.words


def test_inserting_and_restarting_is_as_grave_as_a_reset() -> None:
    form = Insert(image="http://10.1.1.1/a.iso", restart=True)
    now = inserting(redfish(), form=form)
    assert now.risk is Risk.DESTRUCTIVE
    assert [write.verb for write in now.writes] == ["media-insert", "boot", "reset"]
    assert any("UNLOCKED" in one.words for one in now.consequences)
    off = inserting(redfish(power={"power": "off"}), form=form)
    assert off.writes[-1].verb == "power-on"


def test_a_task_is_busy_until_it_ends_and_says_how() -> None:
    known = rack()
    (running,) = known.rows("bmc-tasks", "controller-0")
    (failed,) = known.rows("bmc-tasks", "controller-1")
    assert BOARD_TASKS.look(running, known).mark is Mark.BUSY
    assert BOARD_TASKS.look(failed, known).mark is Mark.BAD
    assert BOARD_TASKS.look(failed, known).notes == ("The image is not signed.",)
