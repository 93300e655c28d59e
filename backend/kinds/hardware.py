"""The hardware: every server by its own baseboard, when nothing else answers."""

from __future__ import annotations

from backend.area import Contents
from backend.baseboard import Bmc, SelLog
from backend.kind import Kind, Tab
from backend.kinds.hardware_acts import POWER_ACTIONS
from backend.kinds.hardware_board import USERS
from backend.kinds.hardware_board_acts import BOARD_ACTIONS, CONSOLES
from backend.kinds.hardware_firmware import FIRMWARE
from backend.kinds.hardware_looks import COLUMNS, look, overview, sentence, strip, verdict
from backend.kinds.hardware_media import BOARD_TASKS, VIRTUAL_MEDIA
from backend.kinds.hardware_network import LAN
from backend.kinds.hardware_parts import HEALTHS, INVENTORY, POWERS, SEL
from backend.kinds.hardware_sensors import SENSORS
from backend.kinds.hardware_server import HEALTH, POWER, SERVERS, Server
from backend.streams import Logs

SERVER_KIND: Kind[Server] = Kind(
    name=SERVERS,
    singular="server",
    model=Server,
    # Which there are is in the settings and in sysinv: their baseboards are asked by the others.
    read=Bmc(facet="servers"),
    id=lambda row: row.name,
    label=lambda row: row.name,
    columns=COLUMNS,
    look=look,
    strip=strip,
    sentence=sentence,
    verdict=verdict,
    tabs=(Tab(key="o", title="Overview", figure=overview),),
    actions=(*CONSOLES, *POWER_ACTIONS, *BOARD_ACTIONS, FIRMWARE),
    aliases=("bmc", "bmcs", "baseboards"),
    logs=lambda row, _known: Logs(streams=(SelLog(server=row.name),), of=row.name),
    needs=("hosts", POWER, HEALTH),
    noise=frozenset({"has_password"}),
    every_s=5.0,
)

HARDWARE = Contents(
    kinds=(
        *(SERVER_KIND, POWERS, HEALTHS, SENSORS, SEL, INVENTORY),
        *(VIRTUAL_MEDIA, LAN, USERS, BOARD_TASKS),
    ),
    headline=verdict,
)
