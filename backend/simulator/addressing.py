"""Networks, the pools they draw addresses from, and which interface of a host is on which."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Callable, Optional

from backend.simulator.cloud import Cloud
from backend.simulator.inventory import dates, port_names
from backend.simulator.model import Host, Json

# type, name, dynamic
NETWORKS = (
    ("pxeboot", "pxeboot", True),
    ("mgmt", "management", True),
    ("oam", "oam", False),
    ("cluster-host", "cluster-host", True),
    ("cluster-pod", "cluster-pod", False),
    ("cluster-service", "cluster-service", False),
    ("multicast", "multicast", False),
)
NUMBERS = {name: number for number, (_, name, _) in enumerate(NETWORKS, 1)}
KINDS = {name: kind for kind, name, _ in NETWORKS}

# network → its pool's name
POOL_NAMES = {
    "pxeboot": "pxeboot-subnet",
    "management": "management-subnet",
    "oam": "oam",
    "cluster-host": "cluster-host-subnet",
    "cluster-pod": "cluster-pod-subnet",
    "cluster-service": "cluster-service-subnet",
    "multicast": "multicast-subnet",
}
SUBNETS = {
    "pxeboot": "169.254.202.0/24",
    "management": "192.168.204.0/24",
    "oam": "10.10.10.0/24",
    "cluster-host": "192.168.206.0/24",
    "cluster-pod": "172.16.0.0/16",
    "cluster-service": "10.96.0.0/12",
    "multicast": "239.1.1.0/28",
}
# More hosts than a /24 holds are numbered on past it, into what is the cluster's otherwise.
WIDE = {"management": "192.168.192.0/18", "cluster-host": "172.21.0.0/18"}
FEW = 240
# The first address a host may have is so far from here.
FIRST_MANAGEMENT = IPv4Address("192.168.204.0")

# interface → the network it is on
ON = {
    "oam0": "oam",
    "pxeboot0": "pxeboot",
    "mgmt0": "management",
    "cluster0": "cluster-host",
}
# The networks that give each controller an address and the pair a floating one.
WITH_CONTROLLERS = ("pxeboot", "management", "oam", "cluster-host")
ROLES = ("gateway", "floating", "controller0", "controller1")
MULTICAST = ("sm-mgmt", "mtce-mgmt", "patch-controller", "patch-agent")


@dataclass(frozen=True)
class Given:
    """One address: `host` is who has it on `ifname`, if anybody."""

    id: int
    network: str
    name: str
    address: str
    host: Optional[Host] = None
    ifname: Optional[str] = None


def subnet(cloud: Cloud, network: str) -> IPv4Network:
    uuid = pool_uuid(cloud, network)
    moved = cloud.overlay.altered("addrpools", uuid, "network")
    if moved is not None:
        prefix = cloud.overlay.altered("addrpools", uuid, "prefix")
        return IPv4Network(f"{moved}/{prefix}")
    wide = bool(cloud.hosts) and cloud.hosts[-1].id > FEW
    return IPv4Network((WIDE if wide else {}).get(network, SUBNETS[network]))


def network_uuid(cloud: Cloud, name: str) -> str:
    return cloud.uuid_of("network", name)


def pool_uuid(cloud: Cloud, network: str) -> str:
    return cloud.uuid_of("pool", network)


def _first(cloud: Cloud, network: str) -> IPv4Address:
    """What a network's addresses are counted from: management's as its hosts are numbered."""
    if network == "management":
        return FIRST_MANAGEMENT
    return subnet(cloud, network).network_address


def _address_of(cloud: Cloud, host: Host, network: str) -> str:
    """A host's address: its own on management, the same step into the cluster's network."""
    if host.mgmt_ip is None:
        return ""
    if network == "management":
        return host.mgmt_ip
    step = int(IPv4Address(host.mgmt_ip)) - int(FIRST_MANAGEMENT)
    return str(_first(cloud, network) + step)


def _controller(cloud: Cloud, number: int) -> Optional[Host]:
    return next((h for h in cloud.of("controller") if h.hostname == f"controller-{number}"), None)


def _inventoried(host: Optional[Host]) -> Optional[Host]:
    return host if host is not None and host.inv_state and host.mgmt_ip else None


def fixed(cloud: Cloud) -> list[Given]:
    """What the pools set aside: gateways, floating addresses, the controllers' own, multicast."""
    places = [(network, role) for network in WITH_CONTROLLERS for role in ROLES]
    first = subnet(cloud, "multicast").network_address
    return [
        *(_set_aside(cloud, *place, number) for number, place in enumerate(places, 1)),
        *(
            Given(id=len(places) + step, network="multicast", name=name, address=str(first + step))
            for step, name in enumerate(MULTICAST, 1)
        ),
    ]


def _set_aside(cloud: Cloud, network: str, role: str, number: int) -> Given:
    step = ROLES.index(role) + 1
    ifname = {"management": "mgmt0", "cluster-host": "cluster0", "oam": "oam0"}.get(network)
    host = None
    if ifname and role.startswith("controller"):
        host = _controller(cloud, int(role[-1]))
        host = host if host is not None and host.inv_state else None
    given = str(_first(cloud, network) + step)
    if host is not None and host.mgmt_ip and network != "oam":
        given = _address_of(cloud, host, network)
    pool = pool_uuid(cloud, network)
    given = cloud.overlay.altered("addrpools", pool, f"{role}_address") or given
    who = {"controller0": "controller-0", "controller1": "controller-1", "floating": "controller"}
    return Given(
        id=number,
        network=network,
        name=f"{who.get(role, 'controller-gateway')}-{KINDS[network]}",
        address=given,
        host=host,
        ifname=ifname if host else None,
    )


def _own(cloud: Cloud, host: Host) -> list[Given]:
    """What a host that is no controller was given: on management and on the cluster's network."""
    if _inventoried(host) is None:
        return []
    return [
        Given(
            id=len(WITH_CONTROLLERS) * len(ROLES) + len(MULTICAST) + host.id * 2 + step,
            network=network,
            name=f"{host.hostname}-{KINDS[network]}",
            address=_address_of(cloud, host, network),
            host=host,
            ifname=ifname,
        )
        for step, (ifname, network) in enumerate(
            (("mgmt0", "management"), ("cluster0", "cluster-host"))
        )
    ]


def _address(cloud: Cloud, given: Given) -> Json:
    host = given.host
    at = {"interface_uuid": cloud.uuid_of(host.uuid, "interface", given.ifname)} if host else {}
    return {
        "id": given.id,
        "uuid": cloud.uuid_of("address", given.id),
        **at,
        "ifname": given.ifname,
        "address": given.address,
        "prefix": subnet(cloud, given.network).prefixlen,
        "name": given.name,
        "enable_dad": False,
        "forihostid": host.id if host else None,
        "pool_uuid": pool_uuid(cloud, given.network),
        **dates(cloud),
    }


def _addresses(cloud: Cloud) -> list[Json]:
    """Every address given: the pools' first, then the hosts'."""
    others = [host for host in cloud.hosts if host.personality != "controller"]
    given = [*fixed(cloud), *(one for host in others for one in _own(cloud, host))]
    return [_address(cloud, one) for one in given]


def _addresses_of(cloud: Cloud, host: Host) -> list[Json]:
    given = fixed(cloud) if host.personality == "controller" else _own(cloud, host)
    return [_address(cloud, one) for one in given if one.host is host]


def _pools(cloud: Cloud) -> list[Json]:
    held = {(one.network, ROLES[(one.id - 1) % 4]): one for one in fixed(cloud)}
    return [_pool(cloud, network, held) for network in POOL_NAMES]


def _pool(cloud: Cloud, network: str, held: dict[tuple[str, str], Given]) -> Json:
    span = subnet(cloud, network)
    ends: Json = {}
    for role in ("controller0", "controller1", "floating", "gateway"):
        one = held.get((network, role)) if network in WITH_CONTROLLERS else None
        ends[f"{role}_address"] = one.address if one else None
        ends[f"{role}_address_id"] = one.id if one else None
    return {
        "id": NUMBERS[network],
        "uuid": pool_uuid(cloud, network),
        "name": POOL_NAMES[network],
        "network": str(span.network_address),
        "prefix": span.prefixlen,
        "family": 4,
        "order": "random",
        **ends,
        "ranges": [[str(span[1]), str(span[-2])]],
        **dates(cloud),
    }


def _networks(cloud: Cloud) -> list[Json]:
    return [
        {
            "id": NUMBERS[name],
            "uuid": network_uuid(cloud, name),
            "type": kind,
            "name": name,
            "dynamic": dynamic,
            "pool_uuid": pool_uuid(cloud, name),
            "primary_pool_family": "IPv4",
            **dates(cloud),
        }
        for kind, name, dynamic in NETWORKS
    ]


def _network_pools(cloud: Cloud) -> list[Json]:
    return [
        {
            "id": number,
            "uuid": cloud.uuid_of("network pool", name),
            "address_pool_id": number,
            "address_pool_uuid": pool_uuid(cloud, name),
            "address_pool_name": POOL_NAMES[name],
            "network_id": number,
            "network_uuid": network_uuid(cloud, name),
            "network_name": name,
        }
        for name, number in NUMBERS.items()
    ]


def _external(cloud: Cloud) -> list[Json]:
    """The OAM network as the system's settings show it; one machine has no address of its own."""
    span = subnet(cloud, "oam")
    held = {one.name: one.address for one in fixed(cloud) if one.network == "oam"}
    gateway, floating, first, second = held.values()
    alone = cloud.system.is_simplex
    return [
        {
            "uuid": network_uuid(cloud, "oam"),
            "oam_subnet": str(span),
            "oam_gateway_ip": gateway,
            "oam_floating_ip": floating,
            "oam_c0_ip": None if alone else first,
            "oam_c1_ip": None if alone else second,
            "oam_start_ip": str(span[1]),
            "oam_end_ip": str(span[-2]),
            "region_config": False,
            "isystem_uuid": cloud.system.uuid,
            "links": [],
            **dates(cloud),
        }
    ]


def _on_networks(cloud: Cloud, host: Host) -> list[Json]:
    here = [name for name in ON if name != "oam0" or host.personality == "controller"]
    return [
        {
            "id": (host.id - 1) * len(ON) + place,
            "uuid": cloud.uuid_of(host.uuid, "interface network", name),
            "forihostid": host.id,
            "interface_uuid": cloud.uuid_of(host.uuid, "interface", name),
            "ifname": name,
            "network_id": NUMBERS[ON[name]],
            "network_uuid": network_uuid(cloud, ON[name]),
            "network_name": ON[name],
            "network_type": KINDS[ON[name]],
        }
        for place, name in enumerate(here, 1)
    ]


DATA_NETWORKS = ("physnet0", "physnet1")


def _data_networks(cloud: Cloud) -> list[Json]:
    unset = ("multicast_group", "port_num", "ttl", "mode")
    return [
        {
            "id": number,
            "uuid": cloud.uuid_of("data network", name),
            "network_type": "vlan",
            "name": name,
            "description": None,
            "mtu": 1500,
            **dict.fromkeys(unset),
            **dates(cloud),
        }
        for number, name in enumerate(DATA_NETWORKS, 1)
    ]


def _on_data_networks(cloud: Cloud, host: Host) -> list[Json]:
    """A worker's data interface is on the first data network."""
    if "data0" not in port_names(host):
        return []
    return [
        {
            "id": host.id,
            "uuid": cloud.uuid_of(host.uuid, "interface data network"),
            "forihostid": host.id,
            "interface_uuid": cloud.uuid_of(host.uuid, "interface", "data0"),
            "ifname": "data0",
            "datanetwork_id": 1,
            "datanetwork_uuid": cloud.uuid_of("data network", DATA_NETWORKS[0]),
            "datanetwork_name": DATA_NETWORKS[0],
        }
    ]


def _routes(cloud: Cloud, host: Host) -> list[Json]:
    """A worker reaches the field network by way of the cluster's gateway."""
    if host.personality != "worker":
        return []
    return [
        {
            "uuid": cloud.uuid_of(host.uuid, "route"),
            "interface_uuid": cloud.uuid_of(host.uuid, "interface", "cluster0"),
            "ifname": "cluster0",
            "network": "10.50.0.0",
            "prefix": 16,
            "gateway": str(_first(cloud, "cluster-host") + 1),
            "metric": 1,
            "forihostid": host.id,
        }
    ]


PER_HOST: dict[str, Callable[[Cloud, Host], list[Json]]] = {
    "addresses": _addresses_of,
    "routes": _routes,
    "interface_networks": _on_networks,
    "interface_datanetworks": _on_data_networks,
}

SHARED: dict[str, Callable[[Cloud], list[Json]]] = {
    "addresses": _addresses,
    "addrpools": _pools,
    "networks": _networks,
    "network_addresspools": _network_pools,
    "iextoam": _external,
    "datanetworks": _data_networks,
}
