"""Where the cables go: a host's ports as Ethernet sees them, and what LLDP says of both ends."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from backend.kind import Column, Kind, Rest
from backend.kinds.inventory import EVERY_S, HOST, NOISE, OfHost, host_name
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import yes_no


class EthernetPort(OfHost):
    """A port as Ethernet sees it: what ``ports`` leaves out; speed in Mbit/s."""

    name: Optional[str] = None
    mac: Optional[str] = None
    speed: Optional[int] = None
    duplex: Optional[str] = None
    autoneg: Optional[str] = None
    mtu: Optional[int] = None
    driver: Optional[str] = None
    dpdksupport: Optional[bool] = None
    interface_uuid: Optional[str] = None


def speed(mbits: Optional[int]) -> Optional[str]:
    """Return Mbit/s as people say them: ``10G``, ``100M``; None where there is no link."""
    if not mbits or mbits < 0:
        return None
    return f"{mbits / 1000:g}G" if mbits >= 1000 else f"{mbits}M"


ETHERNET_PORTS: Kind[EthernetPort] = Kind(
    name="ethernet-ports",
    singular="ethernet-port",
    model=EthernetPort,
    read=Rest(
        service="sysinv",
        path="/ethernet_ports",
        items="ethernet_ports",
        under="/ihosts/{parent}/ethernet_ports",
    ),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.name or row.uuid,
    columns=(
        HOST,
        Column(heading="NAME", value=lambda row: row.name, most=16),
        Column(heading="MAC", value=lambda row: row.mac),
        Column(heading="SPEED", value=lambda row: speed(row.speed), right=True),
        Column(heading="MTU", value=lambda row: row.mtu, right=True),
        Column(heading="DRIVER", value=lambda row: row.driver),
        Column(heading="DPDK", value=lambda row: yes_no(row.dpdksupport)),
        Column(heading="DUPLEX", value=lambda row: row.duplex, wide=True),
        Column(heading="AUTONEG", value=lambda row: row.autoneg, wide=True),
    ),
    tab="E Eth",
    aliases=("ethernet_ports", "host-ethernet-ports"),
    noise=NOISE,
    own=frozenset({"mac"}),
    every_s=EVERY_S,
)


class _Lldp(OfHost):
    """What LLDP tells of one end of a cable, as one port of ours heard or sent it."""

    port_uuid: Optional[str] = None
    port_name: Optional[str] = None
    chassis_id: Optional[str] = None
    port_identifier: Optional[str] = None
    port_description: Optional[str] = None
    system_name: Optional[str] = None
    system_description: Optional[str] = None
    management_address: Optional[str] = None
    dot1_vlan_names: Optional[str] = None
    dot1_lag: Optional[str] = None
    dot3_max_frame: Optional[str] = None
    ttl: Optional[str] = None


def _by_port(row: _Lldp, known: Known) -> Tuple[str, str]:
    return host_name(row, known), row.port_name or ""


PORT: Column[Any] = Column(heading="PORT", value=lambda row: row.port_name, most=16)


class LldpNeighbour(_Lldp):
    """The other end of a cable: the switch and its port, as heard."""


LLDP: Kind[LldpNeighbour] = Kind(
    name="lldp",
    singular="lldp-neighbour",
    model=LldpNeighbour,
    read=Rest(
        service="sysinv",
        path="/lldp_neighbours",
        items="lldp_neighbours",
        under="/ihosts/{parent}/lldp_neighbours",
    ),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: f"{row.port_name} {row.system_name or row.chassis_id}",
    columns=(
        HOST,
        PORT,
        Column(heading="NEIGHBOUR", value=lambda row: row.system_name, most=32),
        Column(heading="ITS PORT", value=lambda row: row.port_identifier, most=24),
        Column(heading="CHASSIS", value=lambda row: row.chassis_id),
        Column(heading="VLANS", value=lambda row: row.dot1_vlan_names, wide=True),
        Column(heading="LAG", value=lambda row: row.dot1_lag, wide=True),
        Column(heading="ADDRESS", value=lambda row: row.management_address, wide=True),
        Column(heading="FRAME", value=lambda row: row.dot3_max_frame, right=True, wide=True),
        Column(heading="SAYS", value=lambda row: row.system_description, most=60, wide=True),
    ),
    sort=_by_port,
    tab="T Lldp",
    aliases=(
        "lldp_neighbours",
        "lldp-neighbours",
        "lldp-neighbor",
        "lldp-neighbors",
        "host-lldp-neighbors",
    ),
    noise=NOISE,
    own=frozenset({"port_identifier", "port_description", "msap"}),
    like=lambda row: row.port_name or "",
    every_s=EVERY_S,
)


class LldpAgent(_Lldp):
    """What one of our ports sends, and whether it sends and listens at all."""

    status: Optional[str] = None


@once
def _heard(rows: Tuple[LldpNeighbour, ...]) -> Mapping[str, str]:
    return {
        row.port_uuid: row.system_name or row.chassis_id or "somebody"
        for row in rows
        if row.port_uuid
    }


def _neighbour(row: LldpAgent, known: Known) -> Optional[str]:
    """Return who is heard on that port, None where nobody is or neighbours were not read."""
    return _heard(known.rows("lldp")).get(row.port_uuid or "")


def _agent_look(row: LldpAgent, known: Known) -> Look:
    if row.status and "disabled" in row.status:
        return Look(tone=Tone.PLAIN, mark=Mark.OUT)
    if known.has("lldp") and _neighbour(row, known) is None:
        words = "nobody is heard on it: no cable, or a switch that does not speak LLDP"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL


LLDP_AGENTS: Kind[LldpAgent] = Kind(
    name="lldp-agents",
    singular="lldp-agent",
    model=LldpAgent,
    read=Rest(
        service="sysinv",
        path="/lldp_agents",
        items="lldp_agents",
        under="/ihosts/{parent}/lldp_agents",
    ),
    parent="hosts",
    needs=("hosts", "lldp"),
    label=lambda row: row.port_name or row.uuid,
    columns=(
        HOST,
        PORT,
        Column(heading="STATUS", value=lambda row: row.status, most=24),
        Column(heading="NEIGHBOUR", joined=_neighbour, most=32),
        Column(heading="SENDS AS", value=lambda row: row.system_name, most=32, wide=True),
        Column(heading="CHASSIS", value=lambda row: row.chassis_id, wide=True),
        Column(heading="PORT ID", value=lambda row: row.port_identifier, wide=True),
        Column(heading="TTL S", value=lambda row: row.ttl, right=True, wide=True),
    ),
    look=_agent_look,
    sort=_by_port,
    tab="U Agents",
    aliases=("lldp_agents", "host-lldp-agents"),
    noise=NOISE,
    own=frozenset({"port_identifier", "system_name", "management_address"}),
    every_s=EVERY_S,
)

CABLES: Tuple[Kind[Any], ...] = (ETHERNET_PORTS, LLDP, LLDP_AGENTS)
