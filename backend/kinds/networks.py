"""The networks of the whole system: the platform's, the pools behind them, and those for data."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from pydantic import Field

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.addressing import SLOWLY_S, with_prefix
from backend.kinds.data_network_acts import DATA_NETWORK_ACTIONS
from backend.kinds.inventory import NOISE
from backend.kinds.network_acts import NETWORK_ACTIONS, NETWORK_POOL_ACTIONS
from backend.kinds.pool_acts import POOL_ACTIONS


class Network(Row):
    """A network of the platform, such as mgmt, oam, cluster-host."""

    uuid: str
    name: Optional[str] = None
    type: Optional[str] = None
    dynamic: Optional[bool] = None
    pool_uuid: Optional[str] = None
    primary_pool_family: Optional[str] = None


def _how_given(row: Network) -> Optional[str]:
    return None if row.dynamic is None else "dynamic" if row.dynamic else "static"


NETWORKS: Kind[Network] = Kind(
    name="networks",
    singular="network",
    model=Network,
    read=Rest(service="sysinv", path="/networks", items="networks"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name),
        Column(heading="TYPE", value=lambda row: row.type),
        Column(heading="ADDRESSES", value=_how_given),
        Column(heading="FAMILY", value=lambda row: row.primary_pool_family),
    ),
    actions=NETWORK_ACTIONS,
    aliases=("net",),
    noise=NOISE,
    every_s=SLOWLY_S,
)


class AddressPool(Row):
    """The addresses that a network hands out, and those it keeps for the controllers."""

    uuid: str
    name: Optional[str] = None
    network: Optional[str] = None
    prefix: Optional[int] = None
    order: Optional[str] = None
    floating_address: Optional[str] = None
    controller0_address: Optional[str] = None
    controller1_address: Optional[str] = None
    gateway_address: Optional[str] = None
    ranges: List[List[str]] = Field(default_factory=list)

    @property
    def spans(self) -> str:
        """Its ranges as an operator writes them: first-last, commas between."""
        return ",".join("-".join(ends) for ends in self.ranges)


ADDRESS_POOLS: Kind[AddressPool] = Kind(
    name="address-pools",
    singular="address-pool",
    model=AddressPool,
    read=Rest(service="sysinv", path="/addrpools", items="addrpools"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="NETWORK", value=lambda row: with_prefix(row.network, row.prefix), most=43),
        Column(heading="FLOATING", value=lambda row: row.floating_address, most=39),
        Column(heading="GATEWAY", value=lambda row: row.gateway_address, most=39),
        Column(heading="CONTROLLER-0", value=lambda row: row.controller0_address, wide=True),
        Column(heading="CONTROLLER-1", value=lambda row: row.controller1_address, wide=True),
        Column(
            heading="RANGES",
            value=lambda row: row.spans.replace(",", ", ") or None,
            most=60,
            wide=True,
        ),
        Column(heading="ORDER", value=lambda row: row.order, wide=True),
    ),
    actions=POOL_ACTIONS,
    aliases=("addrpools", "addrpool"),
    noise=NOISE,
    every_s=SLOWLY_S,
)


class NetworkAddressPool(Row):
    """A network and a pool that gives it addresses: two where it has IPv4 and IPv6."""

    uuid: str
    network_name: Optional[str] = None
    address_pool_name: Optional[str] = None


NETWORK_ADDRESS_POOLS: Kind[NetworkAddressPool] = Kind(
    name="network-address-pools",
    singular="network-address-pool",
    model=NetworkAddressPool,
    read=Rest(service="sysinv", path="/network_addresspools", items="network_addresspools"),
    label=lambda row: f"{row.network_name} {row.address_pool_name}",
    columns=(
        Column(heading="NETWORK", value=lambda row: row.network_name, most=32),
        Column(heading="POOL", value=lambda row: row.address_pool_name, most=32),
    ),
    actions=NETWORK_POOL_ACTIONS,
    aliases=("network_addresspools", "network-addrpools", "network-addrpool"),
    noise=NOISE,
    every_s=SLOWLY_S,
)


class DataNetwork(Row):
    """A provider network that data interfaces can be assigned to."""

    uuid: str
    name: Optional[str] = None
    network_type: Optional[str] = None
    mtu: Optional[int] = None
    multicast_group: Optional[str] = None
    port_num: Optional[int] = None
    ttl: Optional[int] = None
    mode: Optional[str] = None
    description: Optional[str] = None


DATA_NETWORKS: Kind[DataNetwork] = Kind(
    name="data-networks",
    singular="data-network",
    model=DataNetwork,
    read=Rest(service="sysinv", path="/datanetworks", items="datanetworks"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="TYPE", value=lambda row: row.network_type),
        Column(heading="MTU", value=lambda row: row.mtu, right=True),
        Column(heading="DESCRIPTION", value=lambda row: row.description, most=32),
        # Only VXLAN has these.
        Column(heading="GROUP", value=lambda row: row.multicast_group, wide=True),
        Column(heading="PORT", value=lambda row: row.port_num, right=True, wide=True),
        Column(heading="TTL", value=lambda row: row.ttl, right=True, wide=True),
        Column(heading="MODE", value=lambda row: row.mode, wide=True),
    ),
    actions=DATA_NETWORK_ACTIONS,
    aliases=("datanetworks", "datanetwork"),
    noise=NOISE,
    every_s=SLOWLY_S,
)

NETWORKING: Tuple[Kind[Any], ...] = (
    NETWORKS,
    ADDRESS_POOLS,
    NETWORK_ADDRESS_POOLS,
    DATA_NETWORKS,
)
