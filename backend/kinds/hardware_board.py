"""What a baseboard knows of itself: its users."""

from __future__ import annotations

from typing import Any, Optional

from backend.baseboard import Bmc
from backend.kind import Column, Kind, Reach
from backend.kinds.hardware_parts import SELDOM_S, SERVER, OfServer, silent
from backend.kinds.hardware_server import SERVERS
from backend.kinds.hardware_users import USER_ACTIONS
from backend.tone import WELL


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
