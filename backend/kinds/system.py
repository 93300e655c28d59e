"""The system itself: what it is, what it is called and where it stands."""

from __future__ import annotations

from typing import Any, Dict, Optional

from pydantic import Field

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.inventory import NOISE
from backend.kinds.system_acts import SYSTEM_ACTIONS

SLOWLY_S = 60.0


class System(Row):
    """The system itself: one row a cloud."""

    uuid: str
    name: Optional[str] = None
    system_type: Optional[str] = None
    system_mode: Optional[str] = None
    software_version: Optional[str] = None
    description: Optional[str] = None
    location: Optional[str] = None
    contact: Optional[str] = None
    latitude: Optional[str] = None
    longitude: Optional[str] = None
    timezone: Optional[str] = None
    distributed_cloud_role: Optional[str] = None
    region_name: Optional[str] = None
    security_feature: Optional[str] = None
    capabilities: Dict[str, Any] = Field(default_factory=dict)

    @property
    def https_enabled(self) -> Optional[bool]:
        """Whether the services' public URLs are https."""
        return _flag(self.capabilities.get("https_enabled"))

    @property
    def sdn_enabled(self) -> Optional[bool]:
        """Whether an SDN controller is used."""
        return _flag(self.capabilities.get("sdn_enabled"))

    @property
    def vswitch_type(self) -> Optional[str]:
        """The virtual switch of the workers: none or ovs-dpdk."""
        said = self.capabilities.get("vswitch_type")
        return None if said is None else str(said)


def _flag(said: Any) -> Optional[bool]:
    """Return a flag that the service writes as a boolean or as a word."""
    return None if said is None else str(said).lower() == "true"


SYSTEM: Kind[System] = Kind(
    name="system",
    singular="system",
    model=System,
    read=Rest(service="sysinv", path="/isystems", items="isystems"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name),
        Column(heading="TYPE", value=lambda row: row.system_type),
        Column(heading="MODE", value=lambda row: row.system_mode),
        Column(heading="SOFTWARE", value=lambda row: row.software_version),
        Column(heading="LOCATION", value=lambda row: row.location),
        Column(heading="CLOUD ROLE", value=lambda row: row.distributed_cloud_role, wide=True),
        Column(heading="TIMEZONE", value=lambda row: row.timezone, wide=True),
        Column(heading="CONTACT", value=lambda row: row.contact, wide=True),
    ),
    actions=SYSTEM_ACTIONS,
    aliases=("isystems", "isystem", "systems"),
    noise=NOISE,
    every_s=SLOWLY_S,
)
