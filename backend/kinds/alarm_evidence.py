"""What is known right now of the thing an alarm is about: the evidence beside its card."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Callable, List, Mapping, Optional

from backend.kinds.alarms import Alarm, one_line
from backend.kinds.entity import path_of, value_of
from backend.kinds.host_edits import kin
from backend.known import Known
from backend.units import when


def seen_now(live: str, alarm: Alarm, known: Known) -> str:
    """Return what is known of what a card names by ``live``, in words; "" where nothing is."""
    look = _LIVE.get(live)
    return look(alarm, known) if look else ""


def _host_now(alarm: Alarm, known: Known) -> str:
    for row in known.rows("hosts"):
        body: Mapping[str, Any] = row.body
        if alarm.hostname and body.get("hostname") == alarm.hostname:
            states = (body.get(name) for name in ("administrative", "operational", "availability"))
            task = one_line(str(body.get("task") or ""))
            said = f"{alarm.hostname} {'/'.join(str(state) for state in states)}"
            return f"{said}, {task}" if task else said
    return ""


def _config_now(alarm: Alarm, known: Known) -> str:
    for row in known.rows("hosts"):
        body: Mapping[str, Any] = row.body
        if alarm.hostname and body.get("hostname") == alarm.hostname:
            applied, target = body.get("config_applied"), body.get("config_target")
            if applied is None and target is None:
                return _host_now(alarm, known)
            return f"applied {str(applied)[:8]}, target {str(target)[:8]}"
    return ""


def _group_now(alarm: Alarm, known: Known) -> str:
    group = value_of(path_of(alarm.entity_instance_id), "service_group")
    members = sorted(
        (str(row.body.get("node_name")), str(row.body.get("state")))
        for row in known.rows("service-groups")
        if row.body.get("service_group_name") == group
    )
    said = ", ".join(f"{node} {state}" for node, state in members)
    return said or _controllers_now(known)


def _controllers_now(known: Known) -> str:
    """Return how the controllers stand: without the groups' own rows the nearest to it."""
    controllers = sorted(
        (str(row.body.get("hostname")), str(row.body.get("availability")))
        for row in known.rows("hosts")
        if row.body.get("personality") == "controller"
    )
    return ", ".join(f"{hostname} {state}" for hostname, state in controllers)


def _application_now(alarm: Alarm, known: Known) -> str:
    name = value_of(path_of(alarm.entity_instance_id), "k8s_application")
    for row in known.rows("applications"):
        if row.body.get("name") == name:
            progress = one_line(str(row.body.get("progress") or ""))
            return " ".join(word for word in (str(row.body.get("status")), progress) if word)
    return ""


def _port_now(alarm: Alarm, known: Known) -> str:
    """What the switch says on that cable: a neighbour that is heard means a carrier."""
    path = path_of(alarm.entity_instance_id)
    host = next((row for row in known.rows("hosts") if row.name == alarm.hostname), None)
    if host is None or not known.has("lldp"):
        return ""
    port = value_of(path, "port")
    ports = [port] if port else _ports_of(value_of(path, "interface"), host, known)
    heard = {row.port_name: row for row in kin(known, "lldp", host)}
    said = [f"{name} hears {_end(heard[name]) if name in heard else 'nobody'}" for name in ports]
    at = when(known.reading("lldp").at_ms, known.now_ms)
    return f"{', '.join(said)} (LLDP {at})" if said else ""


def _end(row: Any) -> str:
    """Return the other end of a cable."""
    return f"{row.system_name or row.chassis_id} {row.port_identifier or ''}".strip()


def _ports_of(ifname: Optional[str], host: Any, known: Known) -> List[str]:
    """Return the ports that an interface stands on, itself or by those below it."""
    by_name = {row.ifname: row for row in kin(known, "interfaces", host)}
    own = by_name.get(ifname)
    lower = [by_name[name] for name in own.uses if name in by_name] if own is not None else []
    uuids = {row.uuid for row in (own, *lower) if row is not None}
    return sorted(str(row.name) for row in kin(known, "ports", host) if row.interface_uuid in uuids)


_LIVE: Mapping[str, Callable[[Alarm, Known], str]] = MappingProxyType(
    {
        "host": _host_now,
        "config": _config_now,
        "group": _group_now,
        "application": _application_now,
        "port": _port_now,
    }
)
