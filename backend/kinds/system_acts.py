"""What can be changed of the system itself: its name, place, time zone and nature."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from pydantic import AfterValidator, Field
from typing_extensions import Annotated, Literal

from backend.kind import Action, Consequence, Expected, Reason, Risk
from backend.kinds.edits import (
    Changes,
    check,
    differing,
    flags,
    is_news,
    modify,
    server_knows,
    text,
    unread,
    warn,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_site import controllers, hosts, system_of
from backend.known import Known

# What may be changed without anybody noticing it.
LABELS = frozenset({"description", "location", "contact", "latitude", "longitude"})
# What hosts take over only when they are locked and unlocked.
ON_UNLOCK = frozenset({"vswitch_type", "security_feature"})
OUT_OF_DATE = "250.001"


def _ascii(words: str) -> str:
    """Return words as they are; raises ``ValueError`` where sysinv would refuse them."""
    if not words.isascii():
        raise ValueError("plain ASCII only: sysinv takes no special characters")
    return words


Plain = Annotated[str, AfterValidator(_ascii)]
_LATITUDE = r"^[+-]?(90(\.0{1,26})?|([0-9]|[1-8][0-9])(\.[0-9]{1,26})?)$"
_LONGITUDE = r"^[+-]?(180(\.0{1,26})?|([0-9]|[1-9][0-9]|1[0-7][0-9])(\.[0-9]{1,26})?)$"


class ModifySystem(Changes):
    """What the system is to be called, where it stands and what it is; empty stays as it is."""

    name: Optional[Plain] = Field(default=None, max_length=255, description="its name")
    description: Optional[Plain] = Field(default=None, max_length=255, description="what it is for")
    location: Optional[Plain] = Field(
        default=None, max_length=255, examples=["rack 4"], description="where it stands"
    )
    contact: Optional[Plain] = Field(default=None, max_length=255, description="whom to call")
    latitude: Optional[str] = Field(
        default=None, pattern=_LATITUDE, description="-90 to 90, as 45.35"
    )
    longitude: Optional[str] = Field(
        default=None, pattern=_LONGITUDE, description="-180 to 180, as -75.92"
    )
    timezone: Optional[str] = Field(
        default=None, pattern=r"^[A-Za-z0-9_+/-]+$", description="as UTC or America/Toronto"
    )
    system_mode: Optional[Literal["duplex", "duplex-direct"]] = Field(
        default=None, description="all-in-one only; from simplex there is no way back"
    )
    sdn_enabled: Optional[bool] = Field(default=None, description="an SDN controller is used")
    https_enabled: Optional[bool] = Field(default=None, description="the services' public URLs")
    vswitch_type: Optional[str] = Field(
        default=None, pattern=r"^[a-z0-9-]+$", description="none or ovs-dpdk"
    )
    security_feature: Optional[Literal["spectre_meltdown_v1", "spectre_meltdown_all"]] = Field(
        default=None, description="which mitigations the kernels have"
    )


# --- why not -----------------------------------------------------------------------------------


def _mode_reasons(row: Any, mode: str, known: Known) -> List[Reason]:
    is_aio = text(row.system_type) == "All-in-one"
    words = "" if is_aio else "only an all-in-one system has another mode to change to"
    found = [check("all-in-one", words)]
    if row.system_mode != "simplex":
        return found
    loose = [host for host in controllers(known) if not host.is_locked]
    if not known.has("hosts"):
        found.append(unread("the controller is locked", "hosts"))
    else:
        words = f"{loose[0].name} is not locked" if loose else ""
        found.append(check("the controller is locked", words))
    words = f"only the server sees whether its interfaces are ready for {mode}"
    found.append(server_knows("management and cluster-host are on no loopback", words))
    return found


def _sdn_reasons(row: Any, known: Known, *, wanted: bool) -> List[Reason]:
    if not known.has("hosts"):
        return [unread("the workers are locked", "hosts")]
    alone = row.system_mode == "simplex"
    loose = [
        host
        for host in hosts(known)
        if not host.is_locked
        and "worker" in (host.subfunctions or "")
        and (alone or not host.is_active)
    ]
    found = [check("the workers are locked", f"{loose[0].name} must be locked" if loose else "")]
    if not wanted:
        has = bool(known.rows("sdn-controllers"))
        words = "one is configured: delete it first" if has else ""
        found.append(looked_up("no SDN controller is left", words, known, "sdn-controllers"))
    return found


def _reasons(row: Any, form: ModifySystem, known: Known) -> Tuple[Reason, ...]:
    fields = differing(row, form)
    found = [is_news(row, form, known)]
    if "timezone" in fields:
        found.append(
            server_knows("the time zone exists", "only the server has its list of time zones")
        )
    if "system_mode" in fields:
        found += _mode_reasons(row, fields["system_mode"], known)
    if "sdn_enabled" in fields:
        found += _sdn_reasons(row, known, wanted=fields["sdn_enabled"] == "true")
    return tuple(found)


# --- what comes of it --------------------------------------------------------------------------

_COMES: Dict[str, str] = {
    "name": "every host is told the new name, and LLDP announces it",
    "timezone": "logs and schedules on every host go by the new zone",
    "system_mode": "the controllers must be recabled, and there is no way back to simplex",
    "https_enabled": (
        "the services' public addresses change: clients and consoles, this one too, "
        "have to look them up anew"
    ),
    "vswitch_type": "the workers' configuration is out of date until each is locked and unlocked",
    "security_feature": "every host's configuration is out of date until locked and unlocked",
}


def _consequences(row: Any, form: ModifySystem, _known: Known) -> Tuple[Consequence, ...]:
    return tuple(warn(_COMES[name]) for name in differing(row, form) if name in _COMES)


def _risk(row: Any, form: ModifySystem, _known: Known) -> Risk:
    fields = differing(row, form)
    if "system_mode" in fields:
        return Risk.DESTRUCTIVE
    return Risk.HARMLESS if set(fields) <= LABELS else Risk.DISRUPTIVE


def out_of_date(*personalities: str) -> Any:
    """Return what an action expects that leaves hosts of these sorts out of date for a while."""

    def expects(_row: Any, known: Known) -> Tuple[Expected, ...]:
        return tuple(
            Expected(alarm_id=OUT_OF_DATE, entity=f"host={host.name}")
            for host in hosts(known)
            if host.personality in personalities or not personalities
        )

    return expects


def system_mode(known: Known) -> str:
    """Return the system's mode, "" where it was not read."""
    system = system_of(known)
    return "" if system is None else text(system.system_mode)


SYSTEM_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change the settings of",
        plan=modify(
            "system",
            "/isystems",
            flags("system", "modify"),
            lambda row, fields: f"set {', '.join(fields) or 'nothing'} of {row.name}",
        ),
        risk=_risk,
        form=ModifySystem,
        reasons=_reasons,
        consequences=_consequences,
        needs=("hosts", "sdn-controllers"),
        expects=out_of_date(),
    ),
)
