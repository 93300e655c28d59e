"""What a host is told once: its board's BMC, how it is installed, its console and clock."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any, Dict, List, Mapping, Optional, Tuple

from pydantic import Field, field_validator, model_validator
from typing_extensions import Literal

from backend.figure import Jump
from backend.kind import Action, Asker, Consequence, Form, Plan, Reason
from backend.kinds.edits import Address, check, disruptive, patch_of, server_knows, text, warn
from backend.kinds.host import Host
from backend.kinds.host_edits import at_unlock, called, locked, said_as, send, something
from backend.kinds.host_site import hosts
from backend.known import Known

SECRET = frozenset({"bm_password"})
# What is told to the installer: changed while it is locked alone.
INSTALL = ("boot_device", "rootfs_device", "hw_settle", "install_output", "console")
MOST_NAME, MOST_PASSWORD = 16, 20


class SetBmc(Form):
    """How maintenance reaches the BMC of a host; empty stays as it is."""

    bm_type: Optional[Literal["dynamic", "ipmi", "redfish"]] = Field(
        default=None, description="dynamic finds out", json_schema_extra=said_as("management type")
    )
    bm_ip: Optional[Address] = Field(
        default=None,
        description="address of its BMC",
        json_schema_extra=said_as("controller IP address"),
    )
    bm_username: Optional[str] = Field(
        default=None,
        max_length=MOST_NAME,
        pattern=r"^\S+$",
        description="16 letters at most",
        json_schema_extra=said_as("controller username", "username change"),
    )
    bm_password: Optional[str] = Field(
        default=None,
        max_length=MOST_PASSWORD,
        pattern=r"^\S+$",
        description="20 letters at most; needed with a new user",
        json_schema_extra={"secret": True, **said_as("controller password")},
    )

    @model_validator(mode="after")
    def _with_user(self) -> SetBmc:
        if self.bm_password and not self.bm_username:
            raise ValueError("a password goes with its user name")
        return self


class ModifyHost(Form):
    """What a host is told; empty stays as it is."""

    location: Optional[str] = Field(default=None, description="where it stands")
    console: Optional[str] = Field(default=None, description="as ttyS0,115200n8")
    boot_device: Optional[str] = Field(default=None, description="as /dev/disk/by-path/...")
    rootfs_device: Optional[str] = Field(default=None, description="as /dev/disk/by-path/...")
    hw_settle: Optional[int] = Field(
        default=None, ge=0, title="hardware settles", description="seconds before it installs"
    )
    install_output: Optional[Literal["text", "graphical"]] = Field(default=None)
    ttys_dcd: Optional[bool] = Field(
        default=None, title="watch DCD", description="log out when the serial line drops"
    )
    max_cpu_mhz_configured: Optional[str] = Field(
        default=None,
        pattern=r"^([0-9]+|max_cpu_mhz_allowed)$",
        title="most MHz",
        json_schema_extra=said_as("Max CPU Frequency"),
    )
    apparmor: Optional[Literal["enabled", "disabled"]] = Field(default=None)
    clock_synchronization: Optional[Literal["ntp", "ptp"]] = Field(default=None, title="clock")

    @field_validator("boot_device", "rootfs_device")
    @classmethod
    def _a_device(cls, value: Optional[str]) -> Optional[str]:
        if value and not re.fullmatch(r"(/dev/)?[\w./:-]+", value):
            raise ValueError("a device, as /dev/disk/by-path/...")
        return value


def now(host: Host, name: str) -> str:
    """Return what a host is told now, as text; its location is one word of several."""
    if name == "location":
        return text((host.location or {}).get("locn"))
    return text(host.body.get(name))


def _changes(host: Host, form: Form) -> Dict[str, str]:
    given = {name: getattr(form, name) for name in type(form).model_fields}
    words = {name: text(value) for name, value in given.items() if value is not None}
    return {n: v for n, v in words.items() if n in SECRET or v != now(host, n)}


def _beside(host: Host, form: Form) -> Tuple[Consequence, ...]:
    return tuple(
        Consequence(words=f"{name}: {now(host, name) or '-'} -> {value}")
        for name, value in _changes(host, form).items()
        if name not in SECRET
    )


def _update(host: Host, fields: Mapping[str, str], what: str) -> Plan:
    shown = {name: "PASSWORD" if name in SECRET else value for name, value in fields.items()}
    pairs = tuple(f"{name}={value}" for name, value in shown.items())
    return send(
        "PATCH",
        f"/ihosts/{host.uuid}",
        patch_of(fields),
        ("system", "host-update", called(host), *pairs),
        f"{what} of {host.name}",
        secret=SECRET,
    )


# --- BMC ---------------------------------------------------------------------------------------


def _set_bmc(host: Host, form: SetBmc, _known: Known) -> Plan:
    changes = _changes(host, form)
    if form.bm_password and form.bm_username:
        # The service takes a password only beside its user, be it the same.
        password = changes.pop("bm_password")
        changes.update(bm_username=form.bm_username, bm_password=password)
    return _update(host, changes, "set the BMC")


def _bmc_reasons(host: Host, form: SetBmc, known: Known) -> Tuple[Reason, ...]:
    changes = _changes(host, form)
    user = form.bm_username or now(host, "bm_username")
    renamed = "bm_username" in changes and bool(now(host, "bm_username"))
    address = form.bm_ip or host.bm_ip
    twin = next((h for h in hosts(known) if h.bm_ip == address and h.uuid != host.uuid), None)
    untyped = not (form.bm_type or host.has_bmc)
    return (
        something(changes),
        check("its sort is known", "say dynamic, ipmi or redfish" if untyped else ""),
        check("it has a user", "" if user else "say which user of the BMC"),
        check(
            "a new user comes with a password",
            "give the password too" if renamed and not form.bm_password else "",
        ),
        check(
            "the address is another host's",
            f"{twin.name} has {address}" if twin is not None and address else "",
            Asker.OURS,
            jump=Jump(kind="hosts", id=twin.uuid) if twin is not None else None,
        ),
        _same_family(form, known),
    )


def _same_family(form: SetBmc, known: Known) -> Reason:
    name = "the address is of the OAM network's IP version"
    oam = [row for row in known.rows("networks") if row.type == "oam"]
    if not form.bm_ip or not oam:
        return server_knows(name, "networks not read") if form.bm_ip else check(name, "")
    family = oam[0].primary_pool_family or ""
    mine = f"IPv{ip_address(form.bm_ip).version}"
    return check(name, f"OAM is {family}" if family and family != mine else "")


def _after_bmc(host: Host, form: SetBmc, _known: Known) -> Tuple[Consequence, ...]:
    words = "maintenance logs in with it at once; a wrong password may lock the BMC's user"
    return (*_beside(host, form), warn(words))


def _clear_bmc(host: Host, _form: Any, _known: Known) -> Plan:
    return _update(host, {"bm_type": "none"}, "forget the BMC")


def _clear_reasons(host: Host, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    return (check("it has a BMC", "" if host.has_bmc else "none is set"),)


def _after_clear(host: Host, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    lost = f"{host.name} can't be reset, powered or reinstalled from here any more"
    return (
        Consequence(words=f"bm_type: {host.bm_type} -> none; address, user and password go"),
        warn(f"{lost}, and its sensors go"),
    )


# --- attributes --------------------------------------------------------------------------------


def _modify(host: Host, form: ModifyHost, _known: Known) -> Plan:
    changes = _changes(host, form)
    return _update(host, changes, f"set {', '.join(changes) or 'nothing'}")


def _modify_reasons(host: Host, form: ModifyHost, _known: Known) -> Tuple[Reason, ...]:
    changes = _changes(host, form)
    install = [name for name in INSTALL if name in changes]
    mhz = changes.get("max_cpu_mhz_configured")
    return (
        something(changes),
        *((locked(host),) if install or "apparmor" in changes else ()),
        *(_mhz_reasons(host, mhz) if mhz is not None else ()),
    )


def _mhz_reasons(host: Host, mhz: str) -> Tuple[Reason, ...]:
    most = str(host.body.get("max_cpu_mhz_allowed") or "")
    over = mhz.isdigit() and most.isdigit() and int(mhz) > int(most)
    return (
        check("it is a worker", "" if host.is_worker else f"{host.name} is none"),
        check("its processor can do that", f"{most} MHz at most" if over else ""),
        server_knows("no power manager rules it", "and it is not below a share of the most"),
    )


def _after_modify(host: Host, form: ModifyHost, _known: Known) -> Tuple[Consequence, ...]:
    changes = _changes(host, form)
    said: List[Consequence] = list(_beside(host, form))
    if any(name in changes for name in INSTALL):
        said.append(Consequence(words="devices and console count from the next installation on"))
    if "console" in changes:
        said.append(warn("a wrong console leaves the serial line silent"))
    if "apparmor" in changes or "clock_synchronization" in changes:
        said.append(at_unlock("it counts"))
    return tuple(said)


def unknown(host: Host, _known: Known) -> bool:
    """Whether nobody said yet what it is to be."""
    return host.is_discovered


BOARD_ACTIONS: Tuple[Action[Host], ...] = (
    Action(
        name="modify",
        key="A",
        words="Change attributes of",
        plan=_modify,
        risk=disruptive,
        form=ModifyHost,
        reasons=_modify_reasons,
        consequences=_after_modify,
        hidden=unknown,
        aliases=("host-cpu-max-frequency-modify",),
    ),
    Action(
        name="bmc",
        key="E",
        words="Set the BMC of",
        plan=_set_bmc,
        risk=disruptive,
        form=SetBmc,
        reasons=_bmc_reasons,
        consequences=_after_bmc,
        hidden=unknown,
        needs=("networks",),
    ),
    Action(
        name="bmc-clear",
        key="Q",
        words="Forget the BMC of",
        plan=_clear_bmc,
        risk=disruptive,
        reasons=_clear_reasons,
        consequences=_after_clear,
        hidden=lambda host, _known: host.is_discovered or not host.has_bmc,
    ),
)
