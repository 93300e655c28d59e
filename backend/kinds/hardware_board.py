"""What a baseboard knows of itself: its own network and users."""

from __future__ import annotations

from typing import Any, Optional

from backend.baseboard import Bmc
from backend.kind import Column, Kind, Reach
from backend.kinds.hardware_parts import SELDOM_S, SERVER, OfServer, silent
from backend.kinds.hardware_server import SERVERS
from backend.kinds.hardware_users import USER_ACTIONS
from backend.tone import WELL


class Lan(OfServer):
    """Where a baseboard is on the network, and the version of its firmware."""

    port: str = ""
    ipv4_address: Optional[str] = None
    ipv4_configuration: Optional[str] = None
    ipv4_gateway: Optional[str] = None
    mac_address: Optional[str] = None
    vlan_id: Optional[Any] = None
    firmware: Optional[str] = None


LAN: Kind[Lan] = Kind(
    name="bmc-lan",
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
    look=lambda row, known: silent("bmc-lan", row, known) or WELL,
    tab="N Network",
    every_s=SELDOM_S,
)


class User(OfServer):
    """An account of a baseboard."""

    uid: Any
    name: str
    privilege: Optional[str] = None
    enabled: Optional[bool] = None


USERS: Kind[User] = Kind(
    name="bmc-users",
    singular="bmc-user",
    model=User,
    read=Bmc(facet="users"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    id=lambda row: f"{row.server}/{row.uid}",
    label=lambda row: row.name,
    columns=(
        SERVER,
        Column(heading="NUMBER", value=lambda row: str(row.uid)),
        Column(heading="NAME", value=lambda row: row.name, most=24),
        Column(heading="PRIVILEGE", value=lambda row: row.privilege),
        Column(heading="ENABLED", value=lambda row: "yes" if row.enabled else "no"),
    ),
    look=lambda row, known: silent("bmc-users", row, known) or WELL,
    actions=USER_ACTIONS,
    tab="U Users",
    every_s=SELDOM_S,
)
