"""Accounts and firmware of a baseboard: its rule for passwords, whom it locks out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.kinds.hardware import SERVER_KIND
from backend.kinds.hardware_board import USERS
from backend.kinds.hardware_firmware import Firmware
from backend.kinds.hardware_users import NewPassword, NewUser
from backend.known import Known
from backend.preview import preview
from tests.backend.kinds.rack import RECORDED, rack, server
from tests.backend.kinds.site import reading


def shown(known: Known, verb: str, form: Any, row: str = "controller-0/2") -> Any:
    action = USERS.action(verb)
    assert action is not None
    target = "controller-0" if action.on_parent else row
    return preview(known, USERS, action, [target], form, SERVER_KIND if action.on_parent else None)


def updating(known: Known, form: Any) -> Any:
    action = SERVER_KIND.action("firmware")
    assert action is not None
    return preview(known, SERVER_KIND, action, ["controller-0"], form)


def redfish(**users: Any) -> Known:
    known = rack()
    row = server("controller-0", protocol="redfish", address="10.10.10.9")
    user = {**RECORDED["controller-0"]["users"][0], "at": "/redfish/v1/A/2", **users}
    more = {
        ("servers", ""): reading("servers", [row]),
        ("bmc-users", "controller-0"): reading("bmc-users", [user], "controller-0"),
        ("bmc-tasks", "controller-0"): reading("bmc-tasks", [], "controller-0"),
    }
    return replace(known, readings={**known.readings, **more})


def test_a_password_stands_in_no_preview_and_says_whom_it_locks_out() -> None:
    now = shown(rack(), "password", NewPassword(password="s3cret*new"))
    assert "s3cret" not in repr((now.requests, now.commands, now.given))
    assert now.commands[0].endswith("user set password 2")
    assert any("logs in by" in one.words for one in now.consequences)
    other = shown(rack(), "password", NewPassword(password="x"), "controller-0/3")
    assert other.consequences == ()


def test_a_password_longer_than_it_takes_is_refused_before_it_is_cut_off() -> None:
    long = NewPassword(password="x" * 21)
    (blocked,) = shown(rack(), "password", long).blocked
    assert blocked.words == "it is 21 bytes long, and has to be 1 to 20"
    assert not shown(redfish(), "password", long).blocked
    (blocked,) = shown(redfish(shortest=12), "password", NewPassword(password="short")).blocked
    assert "has to be 12 to" in blocked.words


def test_an_account_takes_the_first_number_that_is_free_and_a_name_of_its_own() -> None:
    new = NewUser(name="field", password="s3cret*new", privilege="operator")
    (write,) = shown(rack(), "add", new).writes
    assert (write.values["uid"], write.values["privilege"]) == ("4", "operator")
    (blocked,) = shown(rack(), "add", NewUser(name="admin", password="x")).blocked
    assert blocked.words == "there is one"


def test_firmware_is_written_over_redfish_alone_and_one_after_the_other() -> None:
    form = Firmware(image="http://10.1.1.1/bios.bin")
    assert "IPMI writes no firmware" in [one.words for one in updating(rack(), form).blocked]
    assert not updating(redfish(), form).blocked
    busy = RECORDED["controller-0"]["tasks"]
    known = redfish()
    tasks = {("bmc-tasks", "controller-0"): reading("bmc-tasks", busy, "controller-0")}
    known = replace(known, readings={**known.readings, **tasks})
    (blocked,) = updating(known, form).blocked
    assert blocked.words == "it is busy: Firmware Update"
