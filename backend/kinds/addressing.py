"""What a host's interfaces have: addresses, routes, networks and data networks."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.address_acts import ADDRESS_ACTIONS, ROUTE_ACTIONS
from backend.kinds.attach_acts import REMOVE_DATA_NETWORK, REMOVE_NETWORK
from backend.kinds.inventory import EVERY_S, NOISE
from backend.kinds.once import once
from backend.known import Known

SLOWLY_S = 60.0


@once
def _numbered(rows: Tuple[Any, ...]) -> Mapping[int, Any]:
    return {row.id: row for row in rows}


def numbered_host(number: Optional[int], known: Known) -> Optional[str]:
    """Return the name of a host by its number, the number where hosts were not read."""
    if number is None:
        return None
    host = _numbered(known.rows("hosts")).get(number)
    return f"host {number}" if host is None else str(host.name)


class OfNumberedHost(Row):
    """A row that names its host by the number sysinv gave it, and an interface of it."""

    uuid: str
    forihostid: Optional[int] = None
    ifname: Optional[str] = None

    def parent_id(self, known: Known) -> str:
        host = _numbered(known.rows("hosts")).get(self.forihostid or -1)
        return "" if host is None else str(host.uuid)


HOST: Column[Any] = Column(
    heading="HOST", joined=lambda row, known: numbered_host(row.forihostid, known), most=20
)
IF: Column[Any] = Column(heading="IF", value=lambda row: row.ifname, most=16)


def _place(row: OfNumberedHost, known: Known) -> Tuple[str, str]:
    """Sort by host and interface; what has no host stands last."""
    return numbered_host(row.forihostid, known) or "~", row.ifname or ""


def with_prefix(address: Optional[str], prefix: Optional[int]) -> Optional[str]:
    """Return a network as it is written: ``192.168.204.0/24``."""
    return address if not address or prefix is None else f"{address}/{prefix}"


class Address(OfNumberedHost):
    """An IP address: of an interface, or kept in a pool for the platform itself."""

    address: Optional[str] = None
    prefix: Optional[int] = None
    pool_uuid: Optional[str] = None


def _pool_name(row: Address, known: Known) -> Optional[str]:
    pool = known.row("address-pools", row.pool_uuid or "")
    return row.pool_uuid if pool is None else pool.name


ADDRESSES: Kind[Address] = Kind(
    name="addresses",
    singular="address",
    model=Address,
    read=Rest(
        service="sysinv", path="/addresses", items="addresses", under="/ihosts/{parent}/addresses"
    ),
    parent="hosts",
    needs=("hosts", "address-pools"),
    label=lambda row: row.address or row.uuid,
    columns=(
        HOST,
        IF,
        Column(heading="ADDRESS", value=lambda row: with_prefix(row.address, row.prefix), most=43),
        Column(heading="POOL", joined=_pool_name, most=32),
    ),
    sort=lambda row, known: (*_place(row, known), row.address or ""),
    actions=ADDRESS_ACTIONS,
    tab="I Addr",
    own=frozenset({"address", "name"}),
    like=lambda row: f"{row.ifname or ''} IPv{6 if ':' in (row.address or '') else 4}",
    aliases=("addrs", "host-addrs"),
    noise=NOISE,
    every_s=SLOWLY_S,
)


class Route(OfNumberedHost):
    """A static route of an interface."""

    network: Optional[str] = None
    prefix: Optional[int] = None
    gateway: Optional[str] = None
    metric: Optional[int] = None


ROUTES: Kind[Route] = Kind(
    name="routes",
    singular="route",
    model=Route,
    read=Rest(service="sysinv", path="/routes", items="routes", under="/ihosts/{parent}/routes"),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: with_prefix(row.network, row.prefix) or row.uuid,
    columns=(
        HOST,
        IF,
        Column(heading="NETWORK", value=lambda row: with_prefix(row.network, row.prefix), most=43),
        Column(heading="GATEWAY", value=lambda row: row.gateway, most=39),
        Column(heading="METRIC", value=lambda row: row.metric, right=True),
    ),
    sort=lambda row, known: (*_place(row, known), row.network or ""),
    actions=ROUTE_ACTIONS,
    tab="R Routes",
    aliases=("host-routes",),
    noise=NOISE,
    every_s=EVERY_S,
)


class InterfaceNetwork(OfNumberedHost):
    """An interface and a platform network that was assigned to it."""

    network_name: Optional[str] = None
    network_type: Optional[str] = None


INTERFACE_NETWORKS: Kind[InterfaceNetwork] = Kind(
    name="interface-networks",
    singular="interface-network",
    model=InterfaceNetwork,
    read=Rest(
        service="sysinv",
        path="/interface_networks",
        items="interface_networks",
        under="/ihosts/{parent}/interface_networks",
    ),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: f"{row.ifname} {row.network_name}",
    columns=(
        HOST,
        IF,
        Column(heading="NETWORK", value=lambda row: row.network_name, most=32),
        Column(heading="TYPE", value=lambda row: row.network_type),
    ),
    sort=_place,
    actions=REMOVE_NETWORK,
    tab="W Nets",
    aliases=("interface_networks", "if-networks"),
    noise=NOISE,
    every_s=EVERY_S,
)


class InterfaceDataNetwork(OfNumberedHost):
    """An interface and a data network that was assigned to it."""

    datanetwork_name: Optional[str] = None
    datanetwork_uuid: Optional[str] = None


INTERFACE_DATA_NETWORKS: Kind[InterfaceDataNetwork] = Kind(
    name="interface-datanetworks",
    singular="interface-datanetwork",
    model=InterfaceDataNetwork,
    read=Rest(
        service="sysinv",
        path="/interface_datanetworks",
        items="interface_datanetworks",
        under="/ihosts/{parent}/interface_datanetworks",
    ),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: f"{row.ifname} {row.datanetwork_name}",
    columns=(
        HOST,
        IF,
        Column(heading="DATA NETWORK", value=lambda row: row.datanetwork_name, most=32),
    ),
    sort=_place,
    actions=REMOVE_DATA_NETWORK,
    tab="M Data",
    aliases=("interface_datanetworks", "if-datanetworks"),
    noise=NOISE,
    every_s=EVERY_S,
)

ON_INTERFACES: Tuple[Kind[Any], ...] = (
    ADDRESSES,
    ROUTES,
    INTERFACE_NETWORKS,
    INTERFACE_DATA_NETWORKS,
)
