"""How the system is set up: its outside addresses, names, logging, parameters, passwords."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.inventory import NOISE
from backend.kinds.parameter_acts import PARAMETER_ACTIONS
from backend.kinds.reach_acts import DNS_ACTIONS, OAM_ACTIONS
from backend.kinds.timing import listed
from backend.kinds.upkeep_acts import DRBD_ACTIONS, LOGGING_ACTIONS, USERS_ACTIONS
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import yes_no

EVERY_S = 60.0


class Oam(Row):
    """Where the system is reached from outside: one row; a simplex system has ``oam_ip`` alone."""

    uuid: str
    oam_subnet: Optional[str] = None
    oam_gateway_ip: Optional[str] = None
    oam_floating_ip: Optional[str] = None
    oam_ip: Optional[str] = None
    oam_c0_ip: Optional[str] = None
    oam_c1_ip: Optional[str] = None
    oam_start_ip: Optional[str] = None
    oam_end_ip: Optional[str] = None


def _range(row: Oam) -> Optional[str]:
    return f"{row.oam_start_ip}-{row.oam_end_ip}" if row.oam_start_ip and row.oam_end_ip else None


OAM: Kind[Oam] = Kind(
    name="oam",
    singular="oam",
    model=Oam,
    read=Rest(service="sysinv", path="/iextoam", items="iextoams"),
    label=lambda _row: "oam",
    columns=(
        Column(heading="SUBNET", value=lambda row: row.oam_subnet, most=43),
        Column(heading="FLOATING", value=lambda row: row.oam_floating_ip or row.oam_ip, most=39),
        Column(heading="GATEWAY", value=lambda row: row.oam_gateway_ip, most=39),
        Column(heading="CONTROLLER-0", value=lambda row: row.oam_c0_ip, most=39),
        Column(heading="CONTROLLER-1", value=lambda row: row.oam_c1_ip, most=39),
        Column(heading="RANGE", value=_range, most=79, wide=True),
    ),
    actions=OAM_ACTIONS,
    aliases=("iextoam",),
    noise=NOISE,
    every_s=EVERY_S,
)


class Dns(Row):
    """The name servers of the system: one row."""

    uuid: str
    nameservers: Optional[str] = None


DNS: Kind[Dns] = Kind(
    name="dns",
    singular="dns",
    model=Dns,
    read=Rest(service="sysinv", path="/idns", items="idnss"),
    label=lambda _row: "dns",
    columns=(Column(heading="SERVERS", value=lambda row: listed(row.nameservers), most=70),),
    actions=DNS_ACTIONS,
    aliases=("idns",),
    noise=NOISE,
    every_s=EVERY_S,
)


class RemoteLogging(Row):
    """Where logs are sent to, if anywhere: one row."""

    uuid: str
    enabled: Optional[bool] = None
    ip_address: Optional[str] = None
    port: Optional[int] = None
    transport: Optional[str] = None


REMOTE_LOGGING: Kind[RemoteLogging] = Kind(
    name="remote-logging",
    singular="remote-logging",
    model=RemoteLogging,
    read=Rest(service="sysinv", path="/remotelogging", items="remoteloggings"),
    label=lambda _row: "remote-logging",
    columns=(
        Column(heading="ENABLED", value=lambda row: yes_no(row.enabled)),
        Column(heading="ADDRESS", value=lambda row: row.ip_address, most=39),
        Column(heading="PORT", value=lambda row: row.port, right=True),
        Column(heading="TRANSPORT", value=lambda row: row.transport),
    ),
    actions=LOGGING_ACTIONS,
    aliases=("remotelogging",),
    noise=NOISE,
    secret=frozenset({"key_file"}),
    every_s=EVERY_S,
)


class Drbd(Row):
    """How the controllers copy their data to one another: one row; the link in per cent."""

    uuid: str
    link_util: Optional[int] = None
    num_parallel: Optional[int] = None
    rtt_ms: Optional[float] = None


DRBD: Kind[Drbd] = Kind(
    name="drbd",
    singular="drbd",
    model=Drbd,
    read=Rest(service="sysinv", path="/drbdconfig", items="drbdconfigs"),
    label=lambda _row: "drbd",
    columns=(
        Column(heading="LINK %", value=lambda row: row.link_util, right=True),
        Column(heading="PARALLEL", value=lambda row: row.num_parallel, right=True),
        Column(heading="RTT MS", value=lambda row: row.rtt_ms, right=True),
    ),
    actions=DRBD_ACTIONS,
    aliases=("drbdconfig", "drbdsync"),
    noise=NOISE,
    every_s=EVERY_S,
)


class ServiceParameter(Row):
    """A parameter of a service, by section and name."""

    uuid: str
    service: Optional[str] = None
    section: Optional[str] = None
    name: Optional[str] = None
    value: Optional[str] = None
    personality: Optional[str] = None
    resource: Optional[str] = None


SERVICE_PARAMETERS: Kind[ServiceParameter] = Kind(
    name="service-parameters",
    singular="service-parameter",
    model=ServiceParameter,
    read=Rest(service="sysinv", path="/service_parameter", items="parameters"),
    label=lambda row: f"{row.service} {row.section} {row.name}",
    columns=(
        Column(heading="SERVICE", value=lambda row: row.service),
        Column(heading="SECTION", value=lambda row: row.section, most=24),
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="VALUE", value=lambda row: row.value),
        Column(heading="PERSONALITY", value=lambda row: row.personality, wide=True),
        Column(heading="RESOURCE", value=lambda row: row.resource, most=60, wide=True),
    ),
    sort=lambda row, _known: (row.service or "", row.section or "", row.name or ""),
    actions=PARAMETER_ACTIONS,
    aliases=("service_parameter", "service_parameters"),
    noise=NOISE,
    every_s=EVERY_S,
)


class User(Row):
    """The password policy of the platform's own user on every host: one row; days."""

    uuid: str
    passwd_expiry_days: Optional[int] = None
    passwd_last_change: Optional[str] = None


USERS: Kind[User] = Kind(
    name="users",
    singular="user",
    model=User,
    read=Rest(service="sysinv", path="/iuser", items="iusers"),
    label=lambda _row: "sysadmin",
    columns=(
        Column(heading="EXPIRES AFTER DAYS", value=lambda row: row.passwd_expiry_days, right=True),
        Column(heading="LAST CHANGE", value=lambda row: row.passwd_last_change),
    ),
    actions=USERS_ACTIONS,
    aliases=("iuser", "iusers"),
    noise=NOISE,
    secret=frozenset({"passwd_hash", "root_sig"}),
    every_s=EVERY_S,
)


class Restore(Row):
    """Whether a restore of the platform is going on: one sentence of the service."""

    value: str


def _restore_look(row: Restore, _known: Known) -> Look:
    if "not in progress" in row.value:
        return WELL
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(row.value,))


RESTORE: Kind[Restore] = Kind(
    name="restore",
    singular="restore",
    model=Restore,
    read=Rest(service="sysinv", path="/restore"),
    id=lambda _row: "restore",
    columns=(Column(heading="RESTORE", value=lambda row: row.value, most=70),),
    look=_restore_look,
    state_fields=("value",),
    aliases=("restore-show",),
    every_s=EVERY_S,
)

SETTINGS: Tuple[Kind[Any], ...] = (
    OAM,
    DNS,
    REMOTE_LOGGING,
    DRBD,
    SERVICE_PARAMETERS,
    USERS,
    RESTORE,
)
