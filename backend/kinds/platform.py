"""The platform around the hosts: the system itself, networks, applications, health; its area."""

from __future__ import annotations

from typing import Optional

from backend.area import Contents
from backend.figure import Tree
from backend.kind import Column, Kind, Rest, Row, Tab
from backend.kinds.addressing import ON_INTERFACES
from backend.kinds.agreement import AGREEMENT
from backend.kinds.application_acts import APPLICATION_ACTS
from backend.kinds.application_charts import APPLICATION_CHARTS
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
from backend.kinds.inventory import INTERFACES, LABELS, NOISE, PORTS
from backend.kinds.kube_platform import KUBE
from backend.kinds.licence import LICENCE
from backend.kinds.networks import NETWORKING
from backend.kinds.odds import ODDS
from backend.kinds.processors import PROCESSORS
from backend.kinds.services import SERVICE_GROUPS, SERVICE_NODES, SERVICES
from backend.kinds.system import SYSTEM
from backend.kinds.timing import TIME
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

EVERY_S = 15.0


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


# What an application's tree is made of, in the cluster.
_TREE = (
    *("helm-releases", "deployments", "statefulsets", "daemonsets", "jobs"),
    *("pods", "nodes", "claims", "kube-events"),
)


def _tree(row: Application, known: Known) -> Tree:
    # The cluster's kinds are many: they are loaded when somebody looks at this.
    from backend.kinds.kube_trees import of_application

    return of_application(row, known)


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
    actions=APPLICATION_ACTS,
    tabs=(
        Tab(
            key="t",
            title="Tree",
            figure=_tree,
            needs=_TREE,
            under=lambda row, _known: (("charts", row.name),),
        ),
    ),
    aliases=("apps", "app"),
    noise=NOISE,
    every_s=EVERY_S,
)


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
        *KUBE,
        *ODDS,
        *HEALTHS,
    ),
    headline=verdict,
)
