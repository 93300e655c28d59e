"""Where a host's ports lead: Ethernet ports, and what they hear from the switches beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from backend.simulator.cloud import Cloud
from backend.simulator.inventory import CARRIED, dates, mac_of, port_names, ports
from backend.simulator.model import Host, Json

# So many hosts share a rack, and with it a pair of switches.
RACK = 20
TTL_S = "120"


@dataclass(frozen=True)
class Switch:
    """The switch a port is cabled to, and the port of it."""

    name: str
    chassis: str
    address: str
    port: str


def switch_of(host: Host, number: int) -> Switch:
    """A rack's switches are a and b; a host's first port goes to a, its second to b."""
    rack, place = divmod(host.id, RACK)
    high, low = divmod(rack, 250)
    return Switch(
        name=f"tor-{rack + 1}{'ab'[number]}",
        chassis=f"00:1c:73:{high:02x}:{low:02x}:{0x0A + number:02x}",
        address=f"10.25{number}.{high}.{low + 1}",
        port=f"Ethernet{place + 1}",
    )


def _ethernet(cloud: Cloud, host: Host) -> list[Json]:
    """The ports again, as Ethernet: with their addresses and speeds."""
    return [_with_wire(host, number, row) for number, row in enumerate(ports(cloud, host))]


def _with_wire(host: Host, number: int, port: Json) -> Json:
    wire = {
        "mac": mac_of(host, port_names(host)[number]),
        "mtu": 1500,
        "speed": 10000,
        "link_mode": 0,
        "duplex": None,
        "autoneg": None,
        "bootp": None,
    }
    row: Json = {}
    for key, value in port.items():
        if key in {"lldp_agents", "lldp_neighbours"}:
            continue
        row[key] = value
        if key == "driver":
            row.update(wire)
    return row


def _agents(cloud: Cloud, host: Host) -> list[Json]:
    """What the host tells the switches."""
    return [_agent(cloud, host, number, row) for number, row in enumerate(_ethernet(cloud, host))]


def _port_of(host: Host, port: Json) -> Json:
    return {
        "host_uuid": host.uuid,
        "port_uuid": port["uuid"],
        "port_name": port["name"],
        "port_namedisplay": None,
        "links": [],
        "tlvs": [],
    }


def _agent(cloud: Cloud, host: Host, number: int, port: Json) -> Json:
    return {
        "uuid": cloud.uuid_of(host.uuid, "lldp agent", number),
        "status": "rx=enabled,tx=enabled",
        **_port_of(host, port),
        "chassis_id": host.mgmt_mac,
        "port_identifier": port["mac"],
        "port_description": None,
        "system_description": None,
        "system_name": f"{host.hostname}:{cloud.system.name}",
        "system_capabilities": None,
        "management_address": None,
        "ttl": TTL_S,
        "dot1_lag": None,
        "dot1_vlan_names": None,
        "dot3_mac_status": None,
        "dot3_max_frame": None,
        **dates(cloud),
    }


def _neighbours(cloud: Cloud, host: Host) -> list[Json]:
    """What the switches tell the host."""
    return [_neighbour(cloud, host, number, row) for number, row in enumerate(ports(cloud, host))]


def _neighbour(cloud: Cloud, host: Host, number: int, port: Json) -> Json:
    switch = switch_of(host, number)
    name = port_names(host)[number]
    unsaid = "dot1_proto_vids dot1_proto_ids dot3_mac_status"
    return {
        "uuid": cloud.uuid_of(host.uuid, "lldp neighbour", number),
        "msap": f"{switch.chassis},{switch.port}",
        **_port_of(host, port),
        "chassis_id": switch.chassis,
        "system_description": None,
        "system_name": switch.name,
        "system_capabilities": "bridge, router",
        "management_address": switch.address,
        "port_identifier": switch.port,
        "port_description": f"{host.hostname} {port['name']}",
        "dot1_lag": None,
        "dot1_port_vid": None,
        "dot1_vid_digest": None,
        "dot1_management_vid": None,
        "dot1_vlan_names": CARRIED.get(name or ""),
        **dict.fromkeys(unsaid.split()),
        "dot3_max_frame": "9216",
        "dot3_power_mdi": None,
        "ttl": TTL_S,
        **dates(cloud),
    }


PER_HOST: dict[str, Callable[[Cloud, Host], list[Json]]] = {
    "ethernet_ports": _ethernet,
    "lldp_agents": _agents,
    "lldp_neighbours": _neighbours,
}
