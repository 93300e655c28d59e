"""Where the system's time comes from: NTP, and PTP by instances, interfaces and parameters."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Union

from pydantic import Field

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.inventory import NOISE
from backend.kinds.ptp_acts import INSTANCE_ACTIONS
from backend.kinds.ptp_interface_acts import INTERFACE_ACTIONS, PARAMETER_OF_PTP_ACTIONS
from backend.kinds.reach_acts import NTP_ACTIONS
from backend.kinds.upkeep_acts import PTP_ACTIONS

EVERY_S = 60.0


def listed(text: Optional[str]) -> Optional[str]:
    """Return what the service joins with bare commas as people write it."""
    return ", ".join(word.strip() for word in (text or "").split(",") if word.strip()) or None


class Ntp(Row):
    """The time servers of the system: one row."""

    uuid: str
    ntpservers: Optional[str] = None


NTP: Kind[Ntp] = Kind(
    name="ntp",
    singular="ntp",
    model=Ntp,
    read=Rest(service="sysinv", path="/intp", items="intps"),
    label=lambda _row: "ntp",
    columns=(Column(heading="SERVERS", value=lambda row: listed(row.ntpservers), most=70),),
    actions=NTP_ACTIONS,
    aliases=("intp",),
    noise=NOISE,
    every_s=EVERY_S,
)


class Ptp(Row):
    """How PTP is set for hosts that use no instances: one row."""

    uuid: str
    mode: Optional[str] = None
    transport: Optional[str] = None
    mechanism: Optional[str] = None


PTP: Kind[Ptp] = Kind(
    name="ptp",
    singular="ptp",
    model=Ptp,
    read=Rest(service="sysinv", path="/ptp", items="ptps"),
    label=lambda _row: "ptp",
    columns=(
        Column(heading="MODE", value=lambda row: row.mode),
        Column(heading="TRANSPORT", value=lambda row: row.transport),
        Column(heading="MECHANISM", value=lambda row: row.mechanism),
    ),
    actions=PTP_ACTIONS,
    noise=NOISE,
    every_s=EVERY_S,
)


def _parameters(row: Row) -> Optional[str]:
    """Return the parameters of an instance or interface: a list or an object, as it came."""
    given: Union[List[Any], Dict[str, Any], None] = row.body.get("parameters")
    if isinstance(given, dict):
        return ", ".join(f"{name}={value}" for name, value in given.items()) or None
    return ", ".join(str(one) for one in given or ()) or None


class PtpInstance(Row):
    """One configured PTP service, such as ptp4l or phc2sys, and the hosts that run it."""

    uuid: str
    name: Optional[str] = None
    service: Optional[str] = None
    hostnames: List[str] = Field(default_factory=list)


PTP_INSTANCES: Kind[PtpInstance] = Kind(
    name="ptp-instances",
    singular="ptp-instance",
    model=PtpInstance,
    read=Rest(service="sysinv", path="/ptp_instances", items="ptp_instances"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="SERVICE", value=lambda row: row.service),
        Column(heading="HOSTS", value=lambda row: ", ".join(row.hostnames) or None, most=40),
        Column(heading="PARAMETERS", value=_parameters, most=60, wide=True),
    ),
    sort=lambda row, _known: row.name or "",
    actions=INSTANCE_ACTIONS,
    aliases=("ptp_instances", "host-ptp-instances"),
    noise=NOISE,
    every_s=EVERY_S,
)


class PtpInterface(Row):
    """What an instance does on interfaces, and which those are."""

    uuid: str
    name: Optional[str] = None
    ptp_instance_name: Optional[str] = None
    interface_names: List[str] = Field(default_factory=list)
    hostnames: List[str] = Field(default_factory=list)


PTP_INTERFACES: Kind[PtpInterface] = Kind(
    name="ptp-interfaces",
    singular="ptp-interface",
    model=PtpInterface,
    read=Rest(service="sysinv", path="/ptp_interfaces", items="ptp_interfaces"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="INSTANCE", value=lambda row: row.ptp_instance_name, most=32),
        Column(heading="ON", value=lambda row: ", ".join(row.interface_names) or None, most=40),
        Column(heading="PARAMETERS", value=_parameters, most=60, wide=True),
    ),
    actions=INTERFACE_ACTIONS,
    aliases=("ptp_interfaces", "host-if-ptps"),
    noise=NOISE,
    every_s=EVERY_S,
)


class PtpParameter(Row):
    """A parameter that instances or interfaces own together."""

    uuid: str
    section: Optional[str] = None
    name: Optional[str] = None
    value: Optional[str] = None
    owners: List[Any] = Field(default_factory=list)


PTP_PARAMETERS: Kind[PtpParameter] = Kind(
    name="ptp-parameters",
    singular="ptp-parameter",
    model=PtpParameter,
    read=Rest(service="sysinv", path="/ptp_parameters", items="ptp_parameters"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="SECTION", value=lambda row: row.section),
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="VALUE", value=lambda row: row.value, most=32),
        Column(heading="OWNERS", value=lambda row: len(row.owners), right=True),
    ),
    actions=PARAMETER_OF_PTP_ACTIONS,
    aliases=("ptp_parameters",),
    noise=NOISE,
    every_s=EVERY_S,
)

TIME: Tuple[Kind[Any], ...] = (NTP, PTP, PTP_INSTANCES, PTP_INTERFACES, PTP_PARAMETERS)
