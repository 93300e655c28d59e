"""What service management runs on the controllers: groups, services and its view of the nodes."""

from __future__ import annotations

from typing import Optional

from backend.kind import Column, Kind, Rest, Row
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

EVERY_S = 15.0


class ServiceGroup(Row):
    """A group of services on one controller, as service management runs it."""

    uuid: str
    service_group_name: str
    node_name: str
    state: Optional[str] = None
    desired_state: Optional[str] = None
    status: Optional[str] = None
    condition: Optional[str] = None


def _group_look(row: ServiceGroup, _known: Known) -> Look:
    said = " ".join(word for word in (row.status, row.condition) if word)
    if row.status in ("failed", "degraded", "warn"):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(said,))
    if row.state != row.desired_state:
        words = f"{row.state}, wanted {row.desired_state} {said}".strip()
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(said,)) if said else WELL


SERVICE_GROUPS: Kind[ServiceGroup] = Kind(
    name="service-groups",
    singular="service-group",
    model=ServiceGroup,
    read=Rest(service="sysinv", path="/servicegroup", items="sm_servicegroup"),
    label=lambda row: f"{row.service_group_name} {row.node_name}",
    columns=(
        Column(heading="GROUP", value=lambda row: row.service_group_name, most=32),
        Column(heading="HOST", value=lambda row: row.node_name),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="WANTED", value=lambda row: row.desired_state),
        Column(heading="STATUS", value=lambda row: row.status or None),
        Column(heading="CONDITION", value=lambda row: row.condition or None),
    ),
    look=_group_look,
    sort=lambda row, _known: (row.service_group_name, row.node_name),
    state_fields=("state", "status", "condition"),
    aliases=("servicegroup", "servicegroups", "sg"),
)


class Service(Row):
    """One service on one controller; numbered by service management."""

    id: int
    name: str
    node_name: Optional[str] = None
    state: Optional[str] = None
    desired_state: Optional[str] = None
    status: Optional[str] = None


def _service_look(row: Service, _known: Known) -> Look:
    if row.status:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(row.status,))
    if row.desired_state and row.state != row.desired_state:
        words = f"{row.state}, wanted {row.desired_state}"
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))
    return WELL


SERVICES: Kind[Service] = Kind(
    name="services",
    singular="service",
    model=Service,
    read=Rest(service="sysinv", path="/services", items="services"),
    id=lambda row: str(row.id),
    label=lambda row: row.name,
    columns=(
        Column(heading="SERVICE", value=lambda row: row.name, most=32),
        Column(heading="HOST", value=lambda row: row.node_name),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="WANTED", value=lambda row: row.desired_state, wide=True),
        Column(heading="STATUS", value=lambda row: row.status or None),
    ),
    look=_service_look,
    sort=lambda row, _known: (row.name, row.node_name or ""),
    aliases=("svc-mgmt",),
    every_s=EVERY_S,
)


class ServiceNode(Row):
    """A controller as service management sees it."""

    id: int
    name: str
    administrative_state: Optional[str] = None
    operational_state: Optional[str] = None
    availability_status: Optional[str] = None
    ready_state: Optional[str] = None


SERVICE_NODES: Kind[ServiceNode] = Kind(
    name="service-nodes",
    singular="service-node",
    model=ServiceNode,
    read=Rest(service="sysinv", path="/servicenodes", items="nodes"),
    id=lambda row: str(row.id),
    label=lambda row: row.name,
    columns=(
        Column(heading="HOST", value=lambda row: row.name),
        Column(heading="ADMIN", value=lambda row: row.administrative_state),
        Column(heading="OPER", value=lambda row: row.operational_state),
        Column(heading="AVAIL", value=lambda row: row.availability_status),
        Column(heading="READY", value=lambda row: row.ready_state),
    ),
    aliases=("servicenodes", "servicenode"),
    every_s=EVERY_S,
)
