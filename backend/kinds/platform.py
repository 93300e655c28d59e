"""The platform around the hosts: the system itself, networks, applications, health; its area."""

from __future__ import annotations

from backend.area import Contents
from backend.kinds.addressing import ON_INTERFACES
from backend.kinds.agreement import AGREEMENT
from backend.kinds.application_charts import APPLICATION_CHARTS
from backend.kinds.application_packages import APPLICATION_PACKAGES
from backend.kinds.applications import APPLICATIONS
from backend.kinds.cable_check import CABLE_CHECK
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
from backend.kinds.expiries import ENDING
from backend.kinds.health import HEALTHS
from backend.kinds.host_verdict import verdict
from backend.kinds.hosts import HOSTS
from backend.kinds.inventory import INTERFACES, LABELS, PORTS
from backend.kinds.kube_platform import KUBE
from backend.kinds.licence import LICENCE
from backend.kinds.networks import NETWORKING
from backend.kinds.odds import ODDS
from backend.kinds.processors import PROCESSORS
from backend.kinds.services import SERVICE_GROUPS, SERVICE_NODES, SERVICES
from backend.kinds.system import SYSTEM
from backend.kinds.timing import TIME

PLATFORM = Contents(
    kinds=(
        HOSTS,
        AGREEMENT,
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
        CABLE_CHECK,
        *SENSED,
        SERVICE_GROUPS,
        SERVICES,
        SERVICE_NODES,
        *NETWORKING,
        *SETTINGS,
        *TIME,
        *CERTIFIED,
        LICENCE,
        *ENDING,
        APPLICATIONS,
        *APPLICATION_CHARTS,
        APPLICATION_PACKAGES,
        *KUBE,
        *ODDS,
        *HEALTHS,
    ),
    headline=verdict,
)
