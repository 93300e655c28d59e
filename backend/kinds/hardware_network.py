"""A baseboard's own network: where it answers, and changing that from here, over itself."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError
from typing import Any, Dict, Mapping, Optional, Tuple

from pydantic import Field, field_validator

from backend.baseboard import Bmc, ethernet_body
from backend.figure import Jump
from backend.kind import Action, Column, Consequence, Form, Kind, Plan, Reach, Reason, Risk
from backend.kinds.hardware_orders import answers, check, curl, ipmitool, step
from backend.kinds.hardware_parts import SELDOM_S, SERVER, OfServer, silent
from backend.kinds.hardware_server import POWER, SERVERS, Server, host_of
from backend.known import Known
from backend.tone import WELL, Tone

NETWORK = "bmc-lan"
STATIC, DHCP = "static", "dhcp"
MOST_VLAN = 4094
READ_BACK_S = 30.0
_NONE = ("", "off", "0")


class Lan(OfServer):
    """Where a baseboard is on the network, and the version of its firmware."""

    port: str = ""
    ipv4_address: Optional[str] = None
    ipv4_configuration: Optional[str] = None
    ipv4_gateway: Optional[str] = None
    mac_address: Optional[str] = None
    vlan_id: Optional[Any] = None
    firmware: Optional[str] = None
    at: str = ""

    @property
    def settings(self) -> Dict[str, str]:
        """Return it in the words of the form, "" for what it does not say or has not."""
        vlan = str(self.vlan_id or "0").strip()
        said = {
            "how": (self.ipv4_configuration or "").casefold(),
            "address": self.ipv4_address or "",
            "gateway": self.ipv4_gateway or "",
        }
        found = {name: "" if value.startswith("0.") else value for name, value in said.items()}
        return {**found, "vlan": "0" if vlan in _NONE or not vlan.isdecimal() else vlan}

    def told(self, name: str) -> Any:
        """Return what a form's field is now."""
        return self.settings.get(name)


class Change(Form):
    """Another network for a baseboard; what is left empty stays as it is."""

    how: str = Field(default="", description="static, or dhcp: an address it is given")
    address: str = Field(
        default="", description="with its prefix", examples=["10.10.10.9/24"], max_length=18
    )
    gateway: str = Field(default="", examples=["10.10.10.1"], max_length=15)
    vlan: str = Field(default="", description="1 to 4094; 0: untagged", pattern=r"^\d{0,4}$")

    @field_validator("address")
    @classmethod
    def _with_prefix(cls, text: str) -> str:
        if text and "/" not in text:
            raise ValueError("with its prefix, as in 10.10.10.9/24")
        try:
            return text and str(IPv4Interface(text))
        except (AddressValueError, NetmaskValueError) as error:
            raise ValueError(f"{text!r} is no IPv4 address with a prefix") from error

    @field_validator("gateway")
    @classmethod
    def _is_address(cls, text: str) -> str:
        try:
            return text and str(IPv4Address(text))
        except AddressValueError as error:
            raise ValueError(f"{text!r} is no IPv4 address") from error


def _server(row: Lan, known: Known) -> Server:
    found = known.row(SERVERS, row.server)
    return found if isinstance(found, Server) else Server(name=row.server)


def _now(row: Lan, known: Known) -> Lan:
    """Return the same port as it was read last."""
    rows = known.rows(NETWORK, row.server)
    return next((one for one in rows if one.port == row.port), row)


def _values(row: Lan, form: Change) -> Dict[str, str]:
    """Return what is to be otherwise than it is."""
    now = row.settings
    said = {name: str(getattr(form, name, "") or "") for name in now}
    return {name: value for name, value in said.items() if value and value != now[name]}


def _is_over_itself(server: Server, values: Mapping[str, str]) -> bool:
    """Whether what is changed is the way that we speak to it by."""
    return server.protocol != "in-band" and bool(values)


# --- what is sent ------------------------------------------------------------------------------


def _plan(row: Lan, form: Change, known: Known) -> Plan:
    server, now = _server(row, known), _now(row, known)
    values = _values(now, form)
    what = ", ".join(f"{name} {value}" for name, value in values.items()) or "nothing"
    says = f"set the network of the baseboard of {server.name}: {what}"
    sent = {**values, **({"port": row.port} if row.port else {})}
    made = step("lan", server, sent, _words(server, now, values), says)
    if _is_over_itself(server, values) and {"how", "address"} & set(values):
        return Plan(steps=(made,))  # it answers elsewhere then: nobody can read it back here

    def took(then: Known) -> bool:
        settings = _now(row, then).settings
        return all(settings[name] == value for name, value in values.items())

    unseen = "its baseboard took it, and was read back as before"
    return Plan(steps=(replace(made, took=took, wait_s=READ_BACK_S, unseen=unseen),))


def _words(server: Server, row: Lan, values: Mapping[str, str]) -> Tuple[str, ...]:
    """Return what an operator would type, where that is one command."""
    if server.protocol == "redfish":
        return curl(server, row.at, ethernet_body(values), "PATCH")
    one = dict(values)
    if set(one) == {"vlan"}:
        return ipmitool(server, "lan", "set", "1", "vlan", "id", *_vlan(one["vlan"]))
    if set(one) == {"gateway"}:
        return ipmitool(server, "lan", "set", "1", "defgw", "ipaddr", one["gateway"])
    if set(one) == {"how"}:
        return ipmitool(server, "lan", "set", "1", "ipsrc", one["how"])
    return ()


def _vlan(text: str) -> Tuple[str]:
    return ("off" if text == "0" else text,)


# --- what speaks against it, and what comes of it ------------------------------------------------


def _reasons(row: Lan, form: Any, known: Known) -> Tuple[Reason, ...]:
    now = _now(row, known)
    values = _values(now, form)
    whole = {**now.settings, **values}
    has_fixed = not (values.get("how") == DHCP and {"address", "gateway"} & set(values))
    checks = (
        ("something changes", bool(values), "all of it is so already"),
        ("its own address is its network's", *_fits(whole["address"], whole["gateway"])),
        ("an address is given where it is static", *_is_given(whole, values)),
        ("dhcp has no address of ours", has_fixed, "dhcp gives it address and gateway"),
        (
            "the VLAN is one",
            int(whole["vlan"]) <= MOST_VLAN,
            f"{whole['vlan']} is none: 1 to {MOST_VLAN}, 0 for untagged",
        ),
    )
    found = tuple(check(*one, of_form=True) for one in checks)
    return (answers(_server(row, known), known), *found)


def _is_given(whole: Mapping[str, str], values: Mapping[str, str]) -> Tuple[bool, str]:
    wants = values.get("how") == STATIC
    return not wants or bool(whole["address"]), "static wants an address with its prefix"


def _fits(address: str, gateway: str) -> Tuple[bool, str]:
    """Return whether an address is a host's, and a gateway its neighbour; else why not."""
    try:
        return _is_neighbour(address, gateway)
    except ValueError:
        return True, ""  # what stays as it is was no address before either


def _is_neighbour(address: str, gateway: str) -> Tuple[bool, str]:
    if "/" not in address:
        return True, ""
    whole = IPv4Interface(address)
    ends = (whole.network.network_address, whole.network.broadcast_address)
    if whole.network.prefixlen < 31 and whole.ip in ends:
        return False, f"{whole.ip} is the network itself, or all of it: no host has it"
    if gateway and IPv4Address(gateway) not in whole.network:
        return False, f"the gateway {gateway} is not in {whole.network}: nobody could reach it"
    return True, ""


def _consequences(row: Lan, form: Any, known: Known) -> Tuple[Consequence, ...]:
    server, values = _server(row, known), _values(_now(row, known), form)
    if not _is_over_itself(server, values):
        words = f"who speaks to the baseboard of {server.name} over LAN loses it"
        return (Consequence(words=words, tone=Tone.WARN),)
    words = (
        "OUR OWN SESSION RUNS OVER IT: it may end with this order, and where what is set is wrong"
        f" only hands at {server.name}, or its own system from within, bring it back"
    )
    found = [Consequence(words=words, tone=Tone.BAD)]
    if {"how", "address"} & set(values):
        told = "clouds.yaml" if server.told_by != "sysinv" else "sysinv"
        said = f"afterwards say its new address to {told}: here it stays at {server.address}"
        found.append(Consequence(words=said, tone=Tone.WARN))
    host = host_of(server, known)
    if host is not None:
        said = f"maintenance looks for it where sysinv has it (bm_ip of {host.name})"
        jump = Jump(kind="hosts", id=host.uuid)
        found.append(Consequence(words=said, tone=Tone.WARN, jump=jump))
    return tuple(found)


def _risk(row: Lan, _form: Any, known: Known) -> Risk:
    is_within = _server(row, known).protocol == "in-band"
    return Risk.DISRUPTIVE if is_within else Risk.DESTRUCTIVE


def _choices(_row: Any, _known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"how": (STATIC, DHCP)}


LAN: Kind[Lan] = Kind(
    name=NETWORK,
    singular="bmc-network",
    model=Lan,
    read=Bmc(facet="lan"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    id=lambda row: f"{row.server}/{row.port}" if row.port else row.server,
    columns=(
        SERVER,
        Column(heading="ADDRESS", value=lambda row: row.ipv4_address),
        Column(heading="HOW", value=lambda row: row.ipv4_configuration),
        Column(heading="GATEWAY", value=lambda row: row.ipv4_gateway),
        Column(heading="MAC", value=lambda row: row.mac_address),
        Column(heading="VLAN", value=lambda row: str(row.vlan_id) if row.vlan_id else None),
        Column(heading="FIRMWARE", value=lambda row: row.firmware),
    ),
    look=lambda row, known: silent(NETWORK, row, known) or WELL,
    actions=(
        Action(
            name="change",
            key="C",
            words="change its network",
            plan=_plan,
            risk=_risk,
            form=Change,
            choices=_choices,
            reasons=_reasons,
            consequences=_consequences,
            needs=(POWER, "hosts"),
        ),
    ),
    tab="N Network",
    every_s=SELDOM_S,
)
