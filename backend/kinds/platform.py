"""The platform around the hosts: the system itself, networks, applications, health; its area."""

from __future__ import annotations

import re
from typing import Any, Dict, Optional

from pydantic import Field

from backend.figure import Line, Lines
from backend.kind import Area, Column, Kind, Rest, Row
from backend.kinds.addressing import ON_INTERFACES, POOLS
from backend.kinds.backends import BACKENDS, CONTROLLER_FILESYSTEMS, MONITORS
from backend.kinds.cabling import CABLES
from backend.kinds.certificates import CERTIFIED
from backend.kinds.configuration import SETTINGS
from backend.kinds.devices import SENSED
from backend.kinds.disks import (
    DISKS,
    FILESYSTEMS,
    OSDS,
    PARTITIONS,
    PHYSICAL_VOLUMES,
    VOLUME_GROUPS,
)
from backend.kinds.host_verdict import verdict
from backend.kinds.hosts import HOSTS
from backend.kinds.inventory import INTERFACES, LABELS, NOISE, PORTS, look_of
from backend.kinds.kube_platform import KUBE
from backend.kinds.processors import PROCESSORS
from backend.kinds.services import SERVICE_GROUPS, SERVICE_NODES, SERVICES
from backend.kinds.tiers import CEPH
from backend.kinds.timing import TIME
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

SLOWLY_S, EVERY_S = 60.0, 15.0


class System(Row):
    """The system itself: one row a cloud."""

    uuid: str
    name: Optional[str] = None
    system_type: Optional[str] = None
    system_mode: Optional[str] = None
    software_version: Optional[str] = None
    location: Optional[str] = None
    timezone: Optional[str] = None
    distributed_cloud_role: Optional[str] = None
    capabilities: Dict[str, Any] = Field(default_factory=dict)


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
    ),
    aliases=("isystems", "isystem", "systems"),
    noise=NOISE,
    every_s=SLOWLY_S,
)


# --- networks, applications, Kubernetes --------------------------------------------------------


class Network(Row):
    """A network of the platform, such as mgmt, oam, cluster-host."""

    uuid: str
    name: Optional[str] = None
    type: Optional[str] = None
    dynamic: Optional[bool] = None
    primary_pool_family: Optional[str] = None


NETWORKS: Kind[Network] = Kind(
    name="networks",
    singular="network",
    model=Network,
    read=Rest(service="sysinv", path="/networks", items="networks"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name),
        Column(heading="TYPE", value=lambda row: row.type),
        Column(heading="ADDRESSES", value=lambda row: "dynamic" if row.dynamic else "static"),
        Column(heading="FAMILY", value=lambda row: row.primary_pool_family),
    ),
    aliases=("net",),
    noise=NOISE,
    every_s=SLOWLY_S,
)


class Application(Row):
    """An application of the platform; its name is its key, it has no uuid."""

    name: str
    app_version: Optional[str] = None
    status: Optional[str] = None
    progress: Optional[str] = None
    active: Optional[bool] = None


def _application_look(row: Application, _known: Known) -> Look:
    status = row.status or ""
    if status.endswith(("-failed", "missing")):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=tuple(filter(None, (row.progress,))))
    if status.endswith(("ing", "starting")):
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=tuple(filter(None, (row.progress,))))
    return WELL


APPLICATIONS: Kind[Application] = Kind(
    name="applications",
    singular="application",
    model=Application,
    read=Rest(service="sysinv", path="/apps", items="apps"),
    id=lambda row: row.name,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="VERSION", value=lambda row: row.app_version),
        Column(heading="STATUS", value=lambda row: row.status),
        Column(heading="PROGRESS", value=lambda row: row.progress, most=48, wide=True),
    ),
    look=_application_look,
    state_fields=("status",),
    aliases=("apps", "app"),
    noise=NOISE,
    every_s=EVERY_S,
)


class KubeUpgrade(Row):
    """The upgrade of Kubernetes under way; there is at most one."""

    uuid: str
    from_version: Optional[str] = None
    to_version: Optional[str] = None
    state: Optional[str] = None


KUBE_UPGRADE: Kind[KubeUpgrade] = Kind(
    name="kube-upgrade",
    singular="kube-upgrade",
    model=KubeUpgrade,
    read=Rest(service="sysinv", path="/kube_upgrade", items="kube_upgrades"),
    label=lambda row: f"{row.from_version} -> {row.to_version}",
    columns=(
        Column(heading="FROM", value=lambda row: row.from_version),
        Column(heading="TO", value=lambda row: row.to_version),
        Column(heading="STATE", value=lambda row: row.state),
    ),
    look=lambda row, _known: look_of(row.state, ("upgrade-complete",)),
    state_fields=("state",),
    aliases=("kube_upgrade", "kube-upgrades"),
    noise=NOISE,
    every_s=EVERY_S,
)


# --- health ------------------------------------------------------------------------------------

_FAILS = re.compile(r"^(.*?):\s*\[Fail\]", re.MULTILINE)
_CHECK = re.compile(r"\[(?:OK|Fail)\]")


class Health(Row):
    """What the system says of its own health: one text, which is the whole answer."""

    value: str

    @property
    def failing(self) -> tuple[str, ...]:
        """The checks that fail, in the service's words."""
        return tuple(found.strip() for found in _FAILS.findall(self.value))

    @property
    def checks(self) -> int:
        """How many checks the text speaks of."""
        return len(_CHECK.findall(self.value))


def _health_look(row: Health, _known: Known) -> Look:
    if not row.failing:
        return WELL
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=row.failing)


def _health_strip(row: Health, _known: Known) -> Lines:
    return Lines(lines=tuple(Line(text=line) for line in row.value.splitlines()))


HEALTH: Kind[Health] = Kind(
    name="health",
    singular="health",
    model=Health,
    read=Rest(service="sysinv", path="/health"),
    id=lambda _row: "health",
    columns=(
        Column(heading="CHECKS", value=lambda row: row.checks, right=True),
        Column(heading="FAIL", value=lambda row: len(row.failing), right=True),
        Column(heading="FIRST", value=lambda row: next(iter(row.failing), None), most=56),
    ),
    look=_health_look,
    strip=_health_strip,
    aliases=("health-query",),
    # The service asks every host and Kubernetes for it.
    every_s=SLOWLY_S,
)

PLATFORM = Area(
    digit="1",
    name="platform",
    title="Hosts",
    kinds=(
        HOSTS,
        SYSTEM,
        INTERFACES,
        PORTS,
        DISKS,
        PARTITIONS,
        FILESYSTEMS,
        VOLUME_GROUPS,
        PHYSICAL_VOLUMES,
        OSDS,
        LABELS,
        *PROCESSORS,
        *ON_INTERFACES,
        *CABLES,
        *SENSED,
        SERVICE_GROUPS,
        SERVICES,
        SERVICE_NODES,
        BACKENDS,
        CONTROLLER_FILESYSTEMS,
        MONITORS,
        *CEPH,
        NETWORKS,
        *POOLS,
        *SETTINGS,
        *TIME,
        *CERTIFIED,
        APPLICATIONS,
        KUBE_UPGRADE,
        *KUBE,
        HEALTH,
    ),
    headline=verdict,
)
