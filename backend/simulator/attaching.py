"""Interfaces on networks and data networks, their addresses and routes: made and taken away."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

from backend.simulator.changers import Changer, find, must_be_locked, number
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client
from backend.simulator.shared import rows

ONCE = ("mgmt", "oam", "cluster-host", "pxeboot", "storage", "admin")


def host_of_interface(cloud: Cloud, wanted: Json) -> Host:
    """Whose a new row is: that of the interface it is for."""
    if wanted.get("interface_uuid") is None:
        raise client("Address must provide an interface or pool")
    return find(cloud, "iinterfaces", str(wanted["interface_uuid"]))[0]


def _interface(cloud: Cloud, wanted: Json) -> Json:
    return find(cloud, "iinterfaces", str(wanted["interface_uuid"]))[1]


def _network(cloud: Cloud, kind: str, uuid: object) -> Json:
    found = next((row for row in rows(cloud, kind) if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"Network {uuid} could not be found.", 404)
    return found


# --- networks ----------------------------------------------------------------------------------


def assign(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """Put an interface on a platform network."""
    row, network = _interface(cloud, wanted), _network(cloud, "networks", wanted["network_uuid"])
    kind = network["type"]
    if row["ifclass"] not in (None, "platform", "pci-sriov"):
        raise client(
            f"An interface with interface class '{row['ifclass']}' cannot assign platform networks."
        )
    there = children(cloud, host, "interface_networks")
    mine = [one for one in there if one["interface_uuid"] == row["uuid"]]
    if any(one["network_uuid"] == network["uuid"] for one in mine):
        raise client(
            f"Interface network with interface ID '{row['ifname']}' and network ID "
            f"'{network['id']}' already exists."
        )
    others = [one for one in there if one["interface_uuid"] != row["uuid"]]
    if kind in ONCE and any(one["network_type"] == kind for one in others):
        words = f"An interface with '{kind}' network type is already provisioned on this node"
        raise client(words)
    if mine and kind == "pxeboot":
        raise client(
            f"You cannot assign a network of type '{kind}' to an interface which is already "
            "assigned with a different network."
        )
    if any(one["network_type"] == "pxeboot" for one in mine):
        raise client(
            "An interface assigned with a network of type 'pxeboot' cannot contain additional "
            "networks."
        )
    if kind in ("oam", "admin") and host.personality != "controller":
        raise client(f"The '{kind}' network type is only supported on controller nodes.")
    row["ifclass"] = row["ifclass"] or "platform"
    made = {
        "id": 1000 + len(there) + host.id * 20,
        "uuid": cloud.new_uuid(),
        "forihostid": host.id,
        "interface_uuid": row["uuid"],
        "ifname": row["ifname"],
        "network_id": network["id"],
        "network_uuid": network["uuid"],
        "network_name": network["name"],
        "network_type": kind,
    }
    there.append(made)
    return made


def unassign(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """Take an interface off a platform network: nothing is asked."""
    del force
    children(cloud, host, "interface_networks").remove(row)


def assign_data(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """Put an interface on a data network."""
    row = _interface(cloud, wanted)
    network = _network(cloud, "datanetworks", wanted["datanetwork_uuid"])
    _locked_for_data(cloud, host, row)
    if row["ifclass"] not in (None, "data", "pci-passthrough", "pci-sriov"):
        raise client(
            f"An interface with interface class '{row['ifclass']}' cannot assign datanetworks."
        )
    if row["imtu"] < network["mtu"]:
        raise client(
            f"The interface MTU {row['imtu']} must be larger than the '{network['mtu']}' "
            "datanetwork MTU requirement."
        )
    there = children(cloud, host, "interface_datanetworks")
    for one in there:
        if one["datanetwork_uuid"] != network["uuid"]:
            continue
        if one["interface_uuid"] == row["uuid"]:
            raise client(
                f"Interface '{row['ifname']}' assignment with Data Network '{network['name']}' "
                "already exists."
            )
        if row["ifclass"] == "data":
            raise client(
                f"Data interface {one['ifname']} is already attached to this Data Network: "
                f"{network['name']}."
            )
    row["ifclass"] = row["ifclass"] or "data"
    made = {
        "id": 1000 + len(there) + host.id * 20,
        "uuid": cloud.new_uuid(),
        "forihostid": host.id,
        "interface_uuid": row["uuid"],
        "ifname": row["ifname"],
        "datanetwork_id": network["id"],
        "datanetwork_uuid": network["uuid"],
        "datanetwork_name": network["name"],
    }
    there.append(made)
    return made


def _locked_for_data(cloud: Cloud, host: Host, row: Json) -> None:
    if cloud.system.is_simplex and row["ifclass"] == "pci-sriov":
        return
    if host.administrative != "locked":
        raise client(
            f"Operation Rejected: Host '{host.name}' is adminstrative '{host.administrative}' "
        )


def unassign_data(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """Take an interface off a data network."""
    del force
    _locked_for_data(cloud, host, find(cloud, "iinterfaces", row["interface_uuid"])[1])
    children(cloud, host, "interface_datanetworks").remove(row)


# --- addresses and routes ----------------------------------------------------------------------


def add_address(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """Give an interface a static address."""
    row = _interface(cloud, wanted)
    must_be_locked(cloud, host)
    try:
        mine = ip_interface(f"{wanted['address']}/{wanted['prefix']}")
    except ValueError as error:
        raise client(f"Invalid input for field/attribute address. {error}") from None
    family = f"ipv{mine.version}"
    if row[f"{family}_mode"] != "static":
        words = f"IPv{mine.version} interface address mode must be 'static' to add addresses"
        raise client(words, 404)
    for one in children(cloud, host, "addresses"):
        if ip_interface(f"{one['address']}/{one['prefix']}").network == mine.network:
            raise client(
                f"Address {one['address']}/{one['prefix']} on interface {one['ifname']} is in same "
                "subnet",
                409,
            )
    made = {
        "id": 10000 + len(children(cloud, host, "addresses")),
        "uuid": cloud.new_uuid(),
        "interface_uuid": row["uuid"],
        "ifname": row["ifname"],
        "address": str(mine.ip),
        "prefix": mine.network.prefixlen,
        "name": None,
        "enable_dad": mine.version == 6,
        "forihostid": host.id,
        "pool_uuid": None,
        "created_at": None,
        "updated_at": None,
    }
    return cloud.overlay.make("addresses", made)


def delete_address(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """Take a static address away."""
    del force
    net = ip_interface(f"{row['address']}/{row['prefix']}").network
    for route in children(cloud, host, "routes"):
        if route["ifname"] == row["ifname"] and ip_address(route["gateway"]) in net:
            raise client(
                f"Address {row['address']} is in use by a route to "
                f"{route['network']}/{route['prefix']} via {route['gateway']}",
                409,
            )
    must_be_locked(cloud, host)
    if row["pool_uuid"]:
        raise client("Address has been allocated from pool; cannot be manually deleted", 409)
    cloud.overlay.remove("addresses", row["uuid"])


def add_route(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """Reach a network by way of a gateway beside an interface."""
    row = _interface(cloud, wanted)
    prefix = number(wanted["prefix"], "Invalid prefix")
    network, gateway = ip_address(wanted["network"]), ip_address(wanted["gateway"])
    if network.version != gateway.version:
        raise client("Network and gateway IP versions must match")
    if prefix and gateway in ip_network(f"{network}/{prefix}", strict=False):
        raise client("Gateway address must not be within destination subnet")
    there = children(cloud, host, "routes")
    wish = (str(network), prefix, str(gateway))
    if any((one["network"], one["prefix"], one["gateway"]) == wish for one in there):
        words = f"Route {network}/{prefix} via {gateway} already exists on this host."
        raise client(words, 409)
    mine = [a for a in children(cloud, host, "addresses") if a["ifname"] == row["ifname"]]
    nets = [ip_interface(f"{one['address']}/{one['prefix']}").network for one in mine]
    if not any(gateway in net for net in nets):
        words = f"Route gateway {gateway} is not reachable by any address on this interface"
        raise client(words, 409)
    made = {
        "uuid": cloud.new_uuid(),
        "interface_uuid": row["uuid"],
        "ifname": row["ifname"],
        "network": str(network),
        "prefix": prefix,
        "gateway": str(gateway),
        "metric": number(wanted.get("metric", 1), "Invalid metric"),
        "forihostid": host.id,
    }
    return cloud.overlay.make("routes", made)


def delete_route(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """Forget a route: nothing is asked, not even a lock."""
    del host, force
    cloud.overlay.remove("routes", row["uuid"])


ON_INTERFACE = "interface_uuid"
CHANGERS = {
    "interface_networks": Changer(
        add=assign,
        remove=unassign,
        fields=frozenset({ON_INTERFACE, "network_uuid"}),
        of=host_of_interface,
    ),
    "interface_datanetworks": Changer(
        add=assign_data,
        remove=unassign_data,
        fields=frozenset({ON_INTERFACE, "datanetwork_uuid"}),
        of=host_of_interface,
    ),
    "addresses": Changer(
        add=add_address,
        remove=delete_address,
        fields=frozenset({ON_INTERFACE, "address", "prefix", "enable_dad", "name", "pool_uuid"}),
        of=host_of_interface,
    ),
    "routes": Changer(
        add=add_route,
        remove=delete_route,
        fields=frozenset({ON_INTERFACE, "network", "prefix", "gateway", "metric"}),
        of=host_of_interface,
    ),
}
