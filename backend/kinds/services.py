"""What service management runs on the controllers: groups, services and its view of the nodes."""

from __future__ import annotations

from typing import Any, Optional

from backend.kind import Column, Kind, Rest, Row
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

EVERY_S = 15.0
FAILURES = frozenset({"failed", "degraded"})
# Of what service management says no state.
UNTOLD = Look(mark=Mark.UNKNOWN, notes=("service management says no state of it",))


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
    if said:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(said,))
    return WELL if row.state else UNTOLD


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
    return WELL if row.state else UNTOLD


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


# The group that says which controller is the active one.
LEADING = "controller-services"
# How service management sees a controller that can bear services.
SERVING = ("enabled", "available", "enabled")


def _leading(row: ServiceNode, known: Known) -> Optional[Any]:
    """Return the leading group on a controller, None where groups were not read."""
    groups = known.rows("service-groups")
    mine = (one for one in groups if one.node_name == row.name)
    return next((one for one in mine if one.service_group_name == LEADING), None)


def _role(row: ServiceNode, known: Known) -> Optional[str]:
    group = _leading(row, known)
    return None if group is None else group.state


def _since(row: ServiceNode, known: Known) -> Optional[str]:
    """Return for how long a controller has its role; ``>`` where we only know it was so by then."""
    group = _leading(row, known)
    since = known.since("service-groups", group.uuid, "state") if group is not None else None
    if since is None:
        return None
    return f"{'>' * since.at_least}{span(known.now_ms - since.ms)}"


def _failing(row: ServiceNode, known: Known) -> Optional[int]:
    """Return how many services and groups have failed on a controller, None where not read."""
    if not (known.has("services") and known.has("service-groups")):
        return None
    rows = (*known.rows("services"), *known.rows("service-groups"))
    return sum(1 for one in rows if one.node_name == row.name and one.status in FAILURES)


def _node_look(row: ServiceNode, known: Known) -> Look:
    failing = _failing(row, known)
    notes = [f"{failing} services or groups have failed on it"] if failing else []
    is_locked = row.administrative_state == "locked"
    states = (row.operational_state, row.availability_status, row.ready_state)
    if states != SERVING and not is_locked:
        said = "/".join(state or "?" for state in states)
        notes.insert(0, f"service management sees it {said}")
    if notes:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=tuple(notes))
    if is_locked:
        return Look(mark=Mark.OUT)
    return Look() if failing is None else WELL


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
        Column(heading="ROLE", joined=_role),
        Column(heading="SINCE", joined=_since),
        Column(heading="FAILED", joined=_failing, right=True),
    ),
    needs=("service-groups", "services"),
    look=_node_look,
    state_fields=("operational_state", "availability_status", "ready_state"),
    aliases=("servicenodes", "servicenode"),
    every_s=EVERY_S,
)
