"""What a machine is wired to: links and bonds, addresses, routes, and who is at the other end."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Optional, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import EVERY_S, MACHINE, MACHINES, OfMachine, objects
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# --- links -------------------------------------------------------------------------------------


def links_of_ip(text: str) -> Iterable[Body]:
    """Parse ``ip -j -d -s link``."""
    # What lies in a namespace of its own comes as an empty object.
    return [_link(one) for one in objects(text) if one]


def _link(one: Mapping[str, Any]) -> Body:
    made: Mapping[str, Any] = one.get("linkinfo", {})
    bond: Mapping[str, Any] = made.get("info_data", {}) if made.get("info_kind") == "bond" else {}
    part: Mapping[str, Any] = made.get("info_slave_data", {})
    counted: Mapping[str, Any] = one.get("stats64") or one.get("stats") or {}
    rx, tx = counted.get("rx", {}), counted.get("tx", {})
    return {
        "name": one["ifname"],
        "index": one["ifindex"],
        "kind": made.get("info_kind") or one.get("link_type", ""),
        "state": one.get("operstate", ""),
        "is_up": "UP" in one["flags"],
        "has_carrier": "LOWER_UP" in one["flags"],
        "mtu": one.get("mtu"),
        "mac": one.get("address", ""),
        "on": one.get("link"),
        "master": one.get("master"),
        "bond_mode": bond.get("mode"),
        "bond_active": bond.get("active_slave"),
        "part_state": part.get("state") if made.get("info_slave_kind") == "bond" else None,
        "part_mii": part.get("mii_status"),
        "errors": rx.get("errors", 0) + tx.get("errors", 0),
        "dropped": rx.get("dropped", 0) + tx.get("dropped", 0),
    }


class Link(OfMachine):
    """A network interface as the kernel sees it; ``part_…`` is its part in a bond."""

    name: str
    index: int
    kind: str = ""
    state: str = ""
    is_up: bool
    has_carrier: bool
    mtu: Optional[int] = None
    mac: str = ""
    on: Optional[str] = None
    master: Optional[str] = None
    bond_mode: Optional[str] = None
    bond_active: Optional[str] = None
    part_state: Optional[str] = None
    part_mii: Optional[str] = None
    errors: int = 0
    dropped: int = 0

    @property
    def bond(self) -> Optional[str]:
        """What it is of a bond: its mode and active part, or the state of this part in it."""
        if self.bond_mode:
            return (
                f"{self.bond_mode} via {self.bond_active}" if self.bond_active else self.bond_mode
            )
        if self.part_state:
            return f"{self.part_state.lower()} in {self.master}"
        return None


# What a cable ends in: a bridge or a tunnel that carries nothing has nobody on it, and that is all.
_WIRED = frozenset({"ether", "infiniband", "bond", "vlan", "macvlan", "ipvlan"})


def _link_look(row: Link, _known: Known) -> Look:
    if not row.is_up:
        return Look(mark=Mark.OUT)
    if not row.has_carrier and row.kind not in _WIRED:
        return Look(mark=Mark.OUT)
    if not row.has_carrier:
        of = f", a part of {row.master}" if row.master else ""
        words = f"no carrier: cable, optics, or the other end{of}"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if row.part_mii and row.part_mii != "UP":
        words = f"{row.master} does not use it: {row.part_mii}"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL


LINKS: Kind[Link] = Kind(
    name="links",
    singular="link",
    model=Link,
    read=Command(argv=("ip", "-j", "-d", "-s", "link"), parse=links_of_ip),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.name}",
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="LINK", value=lambda row: row.name, most=16),
        Column(heading="STATE", value=lambda row: row.state.lower()),
        Column(heading="KIND", value=lambda row: row.kind),
        Column(heading="ON", value=lambda row: row.on or row.master, most=16),
        Column(heading="BOND", value=lambda row: row.bond, most=28),
        Column(heading="MTU", value=lambda row: row.mtu, right=True),
        Column(heading="ERRORS", value=lambda row: row.errors or None, right=True),
        Column(heading="DROPPED", value=lambda row: row.dropped or None, right=True, wide=True),
        Column(heading="MAC", value=lambda row: row.mac, wide=True),
    ),
    look=_link_look,
    tab="l Links",
    state_fields=("is_up", "has_carrier", "part_state", "part_mii"),
    aliases=("ip-link", "bonds"),
    noise=frozenset({"errors", "dropped"}),
    is_inventory=False,
    every_s=10.0,
)

# --- addresses and routes ----------------------------------------------------------------------


def addresses_of_ip(text: str) -> Iterable[Body]:
    """Parse ``ip -j addr``: one row an address."""
    return [
        {
            "link": one["ifname"],
            "address": f"{address['local']}/{address['prefixlen']}",
            "family": address["family"],
            "scope": address.get("scope", ""),
            "is_tentative": bool(address.get("tentative")),
            "has_failed": bool(address.get("dadfailed")),
        }
        for one in objects(text)
        if one
        for address in one.get("addr_info", ())
        if "local" in address
    ]


class LinkAddress(OfMachine):
    """An address that an interface really has now."""

    link: str
    address: str
    family: str = ""
    scope: str = ""
    is_tentative: bool = False
    has_failed: bool = False


def _address_look(row: LinkAddress, _known: Known) -> Look:
    if row.has_failed:
        words = "another machine has this address too"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    return Look(tone=Tone.BUSY, mark=Mark.BUSY) if row.is_tentative else WELL


LINK_ADDRESSES: Kind[LinkAddress] = Kind(
    name="link-addresses",
    singular="link-address",
    model=LinkAddress,
    read=Command(argv=("ip", "-j", "addr"), parse=addresses_of_ip),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.link}/{row.address}",
    label=lambda row: row.address,
    columns=(
        MACHINE,
        Column(heading="ADDRESS", value=lambda row: row.address, most=43),
        Column(heading="LINK", value=lambda row: row.link, most=16),
        Column(heading="SCOPE", value=lambda row: row.scope),
    ),
    look=_address_look,
    tab="a Addresses",
    aliases=("ip-addr", "ground/addresses"),
    is_inventory=False,
    every_s=EVERY_S,
)


def routes_of_ip(text: str) -> Iterable[Body]:
    """Parse ``ip -j route``."""
    return [
        {
            "to": one["dst"],
            "via": one.get("gateway") or (one.get("via") or {}).get("host"),
            "link": one.get("dev", ""),
            "source": one.get("prefsrc"),
            "metric": one.get("metric"),
            "flags": " ".join(one.get("flags", ())),
        }
        for one in objects(text)
    ]


class LinkRoute(OfMachine):
    """A route that the kernel really has now."""

    to: str
    via: Optional[str] = None
    link: str = ""
    source: Optional[str] = None
    metric: Optional[int] = None
    flags: str = ""


def _route_look(row: LinkRoute, _known: Known) -> Look:
    if "linkdown" in row.flags or "dead" in row.flags:
        words = f"leads nowhere: {row.link} is down"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL


LINK_ROUTES: Kind[LinkRoute] = Kind(
    name="link-routes",
    singular="link-route",
    model=LinkRoute,
    read=Command(
        argv=("ip", "-j", "route"),
        parse=routes_of_ip,
        also=(Command(argv=("ip", "-j", "-6", "route"), parse=routes_of_ip),),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.to}/{row.link}/{row.via or ''}/{row.metric or ''}",
    label=lambda row: row.to,
    columns=(
        MACHINE,
        Column(heading="TO", value=lambda row: row.to, most=43),
        Column(heading="VIA", value=lambda row: row.via, most=39),
        Column(heading="LINK", value=lambda row: row.link, most=16),
        Column(heading="METRIC", value=lambda row: row.metric, right=True),
    ),
    look=_route_look,
    tab="r Routes",
    aliases=("ip-route", "ground/routes"),
    is_inventory=False,
    every_s=EVERY_S,
)
NETWORK_OF_MACHINE: Tuple[Kind[Any], ...] = (LINKS, LINK_ADDRESSES, LINK_ROUTES)
