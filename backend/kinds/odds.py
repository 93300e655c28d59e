"""What few systems have: SDN controllers, labels and images on devices, a root CA being changed."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Action, Column, Form, Kind, Plan, Reason, Rest, Row
from backend.kinds.device_image_acts import ON_HOST_ACTIONS
from backend.kinds.edits import (
    Address,
    Changes,
    add,
    comes,
    delete,
    disruptive,
    flags,
    modify,
    news_alone,
    sets,
    text_of,
    warn,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_site import system_of
from backend.kinds.inventory import HOST, NOISE, OfHost, look_of
from backend.known import Known

EVERY_S = 60.0


# --- SDN controllers ---------------------------------------------------------------------------


class SdnController(Row):
    """A controller of the network that the virtual switches listen to."""

    uuid: str
    ip_address: Optional[str] = None
    port: Optional[int] = None
    transport: Optional[str] = None
    state: Optional[str] = None


class ModifySdn(Changes):
    """What of an SDN controller is to be otherwise; empty stays as it is."""

    ip_address: Optional[Address] = Field(default=None, description="its address")
    port: Optional[int] = Field(default=None, ge=1, le=65535, description="where it listens")
    transport: Optional[Literal["TCP", "UDP", "TLS"]] = Field(
        default=None, description="how it is spoken to"
    )
    state: Optional[Literal["enabled", "disabled"]] = Field(
        default=None, examples=["disabled"], description="whether it is used"
    )


class AddSdn(Form):
    """An SDN controller that the virtual switches are to listen to."""

    ip_address: Address = Field(examples=["10.10.10.200"], description="its address")
    port: int = Field(ge=1, le=65535, examples=[6653], description="where it listens")
    transport: Literal["TCP", "UDP", "TLS"] = Field(default="TCP", description="how")
    state: Literal["enabled", "disabled"] = Field(default="enabled", description="whether used")


def _add_sdn(_row: Any, form: AddSdn, _known: Known) -> Plan:
    fields = text_of(form)
    words = [word for name, value in fields.items() for word in (f"--{name}", value)]
    return add(
        "sdn-controllers",
        "/sdn_controller",
        dict(fields),
        ("system", "sdn-controller-add", *words),
        f"add the SDN controller {form.ip_address}",
        lambda row: bool(row.ip_address == form.ip_address),
    )


def _add_reasons(_row: Any, form: AddSdn, known: Known) -> Tuple[Reason, ...]:
    twin = any(row.ip_address == form.ip_address for row in known.rows("sdn-controllers"))
    system = system_of(known)
    off = system is not None and system.sdn_enabled is False
    return (
        looked_up(
            "it is new",
            f"{form.ip_address} is one already" if twin else "",
            known,
            "sdn-controllers",
        ),
        looked_up(
            "SDN is enabled",
            "it is not: system modify, sdn_enabled" if off else "",
            known,
            "system",
        ),
    )


SDN_CONTROLLERS: Kind[SdnController] = Kind(
    name="sdn-controllers",
    singular="sdn-controller",
    model=SdnController,
    read=Rest(service="sysinv", path="/sdn_controller", items="sdn_controllers"),
    label=lambda row: row.ip_address or row.uuid,
    columns=(
        Column(heading="ADDRESS", value=lambda row: row.ip_address, most=39),
        Column(heading="PORT", value=lambda row: row.port, right=True),
        Column(heading="TRANSPORT", value=lambda row: row.transport),
        Column(heading="STATE", value=lambda row: row.state),
    ),
    actions=(
        Action(
            name="modify",
            key="M",
            words="Change the SDN controller",
            plan=modify(
                "sdn-controllers",
                "/sdn_controller",
                lambda row, fields, known: (
                    *flags("system", "sdn-controller-modify")(row, fields, known),
                    row.uuid,
                ),
                sets("the SDN controller"),
            ),
            form=ModifySdn,
            risk=disruptive,
            reasons=news_alone,
            aliases=("sdn-controller-modify",),
        ),
        Action(
            name="delete",
            key="D",
            words="Delete the SDN controller",
            plan=delete(
                "sdn-controllers",
                "/sdn_controller",
                lambda row: ("system", "sdn-controller-delete", row.uuid),
                lambda row: f"delete the SDN controller {row.ip_address}",
            ),
            risk=disruptive,
            consequences=comes(warn("virtual switches lose who steers them")),
            aliases=("sdn-controller-delete",),
        ),
        Action(
            name="add",
            key="+",
            words="Add",
            plan=_add_sdn,
            form=AddSdn,
            risk=disruptive,
            reasons=_add_reasons,
            needs=("system",),
            on_kind=True,
            aliases=("sdn-controller-add",),
        ),
    ),
    aliases=("sdn_controller", "sdn_controllers"),
    noise=NOISE,
    every_s=EVERY_S,
)


# --- devices -----------------------------------------------------------------------------------


class DeviceLabel(OfHost):
    """A label of a PCI device, by which images find it."""

    pcidevice_uuid: Optional[str] = None
    label_key: Optional[str] = None
    label_value: Optional[str] = None


def _device(row: DeviceLabel, known: Known) -> Optional[str]:
    """Return the address of the device, its id where devices were not read."""
    device, _ = known.find("devices", row.pcidevice_uuid or "")
    return row.pcidevice_uuid if device is None else device.pciaddr


DEVICE_LABELS: Kind[DeviceLabel] = Kind(
    name="device-labels",
    singular="device-label",
    model=DeviceLabel,
    read=Rest(service="sysinv", path="/device_labels", items="device_labels"),
    needs=("hosts", "devices"),
    label=lambda row: f"{row.label_key}={row.label_value}",
    columns=(
        HOST,
        Column(heading="DEVICE", joined=_device),
        Column(heading="KEY", value=lambda row: row.label_key, most=32),
        Column(heading="VALUE", value=lambda row: row.label_value, most=32),
    ),
    aliases=("device_labels", "host-device-labels"),
    noise=NOISE,
    every_s=EVERY_S,
)


class DeviceImageState(Row):
    """How far an image is on a device."""

    uuid: str
    hostname: Optional[str] = None
    pciaddr: Optional[str] = None
    image_uuid: Optional[str] = None
    status: Optional[str] = None
    update_start_time: Optional[str] = None


def _image(row: DeviceImageState, known: Known) -> Optional[str]:
    image = known.row("device-images", row.image_uuid or "")
    return row.image_uuid if image is None else image.name


DEVICE_IMAGE_STATES: Kind[DeviceImageState] = Kind(
    name="device-image-states",
    singular="device-image-state",
    model=DeviceImageState,
    read=Rest(service="sysinv", path="/device_image_state", items="device_image_state"),
    needs=("device-images",),
    label=lambda row: f"{row.hostname} {row.pciaddr}",
    columns=(
        Column(heading="HOST", value=lambda row: row.hostname, most=20),
        Column(heading="DEVICE", value=lambda row: row.pciaddr),
        Column(heading="IMAGE", joined=_image, most=32),
        Column(heading="STATUS", value=lambda row: row.status),
        Column(heading="BEGAN", value=lambda row: row.update_start_time, wide=True),
    ),
    look=lambda row, _known: look_of(row.status, ("completed",)),
    state_fields=("status",),
    actions=ON_HOST_ACTIONS,
    aliases=("device_image_state",),
    noise=NOISE,
    every_s=EVERY_S,
)


ODDS: Tuple[Kind[Any], ...] = (
    SDN_CONTROLLERS,
    DEVICE_LABELS,
    DEVICE_IMAGE_STATES,
)
