"""Where a server boots from, and the light by which hands find it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Tuple

from pydantic import Field

from backend.baseboard import BOOT_DEVICES
from backend.kind import Consequence, Form, Plan, Step
from backend.kinds.hardware_orders import curl, ipmitool, order, step
from backend.kinds.hardware_server import Server, power_of
from backend.known import Known
from backend.tone import Tone

READ_BACK_S = 30.0
# Where a server boots from, as Redfish calls it.
TARGETS: Mapping[str, str] = {
    "default": "None",
    "network": "Pxe",
    "disk": "Hdd",
    "optical": "Cd",
    "usb": "Usb",
    "setup": "BiosSetup",
}


class Identify(Form):
    """The identify LED: on for a time, on until it is switched off, or off."""

    on: bool = True
    seconds: int = Field(default=60, ge=0, le=255)


class Boot(Form):
    """Where it boots from next; ``always`` until it is ordered otherwise."""

    device: str = "network"
    always: bool = False
    uefi: bool = True


def identify(server: Server, form: Identify, known: Known) -> Plan:
    """Return the order to light it, or not."""
    if server.protocol == "redfish":
        return _identify_redfish(server, form, known)
    values = {"on": "yes" if form.on else "no"}
    if form.on and form.seconds:
        values["seconds"] = str(form.seconds)
    word = str(form.seconds) if form.on and form.seconds else "force" if form.on else "0"
    how = f"for {form.seconds} s" if "seconds" in values else "until it is switched off"
    says = f"light {server.name}, {how}" if form.on else f"let the LED of {server.name} go out"
    words = ipmitool(server, "chassis", "identify", word)
    return order("identify", server, values, words, says)


def _identify_redfish(server: Server, form: Identify, known: Known) -> Plan:
    how = "until it is switched off (Redfish knows no time for it)"
    says = f"light {server.name}, {how}" if form.on else f"let the LED of {server.name} go out"
    words = curl(server, _at(server, known), {"LocationIndicatorActive": form.on}, "PATCH")
    return order("identify", server, {"on": "yes" if form.on else "no"}, words, says)


def _at(server: Server, known: Known) -> str:
    row = power_of(server.name, known)
    return row.at if row is not None else ""


def boot_step(server: Server, form: Boot, known: Known) -> Step:
    """Return the order of where a server boots from."""
    values = {
        "device": form.device,
        "always": "yes" if form.always else "no",
        "uefi": "yes" if form.uefi else "no",
    }
    how = "" if form.device == "default" else " always" if form.always else " once"
    says = f"let {server.name} boot from {form.device}{how}"
    made = step("boot", server, values, _boot_words(server, form, known), says)
    if server.protocol != "redfish":
        return made  # of IPMI many tell of none until it boots

    def took(now: Known) -> bool:
        row = power_of(server.name, now)
        if row is None or row.boot is None:
            return row is not None  # it tells of none
        is_so_long = form.device == "default" or bool(row.boot_always) == form.always
        return row.boot == form.device and is_so_long

    unseen = f"its baseboard took it, and was not read back as to boot from {form.device}"
    return replace(made, took=took, wait_s=READ_BACK_S, unseen=unseen)


def _boot_words(server: Server, form: Boot, known: Known) -> Tuple[str, ...]:
    if server.protocol == "redfish":
        boot = {"BootSourceOverrideEnabled": "Disabled"}
        if form.device != "default":
            enabled = "Continuous" if form.always else "Once"
            boot = {
                "BootSourceOverrideTarget": TARGETS.get(form.device, form.device),
                "BootSourceOverrideEnabled": enabled,
            }
        return curl(server, _at(server, known), {"Boot": boot}, "PATCH")
    options = [word for word, on in (("efiboot", form.uefi), ("persistent", form.always)) if on]
    words = ["chassis", "bootdev", BOOT_DEVICES.get(form.device, form.device)]
    return ipmitool(server, *words, *([f"options={','.join(options)}"] if options else []))


def boot(server: Server, form: Boot, known: Known) -> Plan:
    """Return the order of where it boots from."""
    return Plan(steps=(boot_step(server, form, known),))


def boot_consequences(_server: Server, form: Boot, _known: Known) -> Tuple[Consequence, ...]:
    """Return what comes of an order that stands until it is taken back."""
    if not form.always or form.device == "default":
        return ()
    words = (
        f"each time it starts it boots from {form.device}, maintenance's reboots too, until it is"
        " ordered otherwise"
    )
    return (Consequence(words=words, tone=Tone.WARN),)


def devices(_row: Any, _known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return what there is to boot from."""
    return {"device": tuple(BOOT_DEVICES)}
