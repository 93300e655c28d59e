"""The platform around the hosts: the system, its services, disks, networks and applications."""

from __future__ import annotations

from typing import Any, Dict, Optional

from pydantic import Field

from backend.kind import Area, Column, Kind, Rest, Row
from backend.kinds.host_verdict import verdict
from backend.kinds.hosts import HOSTS


class System(Row):
    """The system itself: one row a cloud."""

    uuid: str
    name: Optional[str] = None
    system_type: Optional[str] = None
    system_mode: Optional[str] = None
    software_version: Optional[str] = None
    capabilities: Dict[str, Any] = Field(default_factory=dict)


SYSTEM = Kind[System](
    name="system",
    singular="system",
    model=System,
    read=Rest(service="sysinv", path="/isystems", items="isystems"),
    label=lambda s: s.name or s.uuid,
    columns=(
        Column(heading="NAME", value=lambda s: s.name),
        Column(heading="TYPE", value=lambda s: s.system_type),
        Column(heading="MODE", value=lambda s: s.system_mode),
        Column(heading="SOFTWARE", value=lambda s: s.software_version),
    ),
    aliases=("isystems", "isystem"),
    every_s=60.0,
)

PLATFORM = Area(digit="1", name="platform", title="Hosts", kinds=(HOSTS, SYSTEM), headline=verdict)
