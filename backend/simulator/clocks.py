"""PTP as it is configured: instances, interfaces and parameters, and the hosts they are on."""

from __future__ import annotations

from typing import Callable

from backend.simulator.cloud import Cloud
from backend.simulator.inventory import dates
from backend.simulator.model import Host, Json

# name → service, in the order they were made
INSTANCES = {"ptp4l-legacy": "ptp4l", "phc2sys1": "phc2sys"}


def _followers(cloud: Cloud) -> list[str]:
    """The hosts that take their time from PTP."""
    return [host.name for host in cloud.hosts if host.clock_synchronization == "ptp"]


def _instances(cloud: Cloud) -> list[Json]:
    """Newest first, as the service lists them."""
    rows = [
        {
            **dates(cloud),
            "id": number,
            "uuid": cloud.uuid_of("ptp instance", name),
            "type": "ptp-instance",
            "capabilities": {},
            "name": name,
            "service": service,
            "hostnames": _followers(cloud),
            "parameters": {},
        }
        for number, (name, service) in enumerate(INSTANCES.items(), 1)
    ]
    return rows[::-1]


def _instances_of(cloud: Cloud, host: Host) -> list[Json]:
    rows = cloud.overlay.over("ptp_instances", _instances(cloud))
    return [row for row in rows if host.name in row["hostnames"]]


def _interfaces(cloud: Cloud) -> list[Json]:
    """One, of the first instance, put on no host's interface."""
    first = next(iter(INSTANCES))
    return [
        {
            **dates(cloud),
            "id": len(INSTANCES) + 1,
            "uuid": cloud.uuid_of("ptp interface"),
            "type": "ptp-interface",
            "capabilities": {},
            "name": "ptpint1",
            "ptp_instance_id": 1,
            "ptp_instance_uuid": cloud.uuid_of("ptp instance", first),
            "ptp_instance_name": first,
            "hostnames": [],
            "interface_names": [],
            "parameters": [],
        }
    ]


def _interfaces_of(cloud: Cloud, host: Host) -> list[Json]:
    rows = cloud.overlay.over("ptp_interfaces", _interfaces(cloud))
    mine = f"{host.name}/"
    return [row for row in rows if any(n.startswith(mine) for n in row["interface_names"])]


def _parameters(cloud: Cloud) -> list[Json]:
    return [
        {
            **dates(cloud),
            "uuid": cloud.uuid_of("ptp parameter"),
            "section": "global",
            "name": "domainNumber",
            "value": "24",
            "owners": [],
        }
    ]


def _legacy(cloud: Cloud) -> list[Json]:
    """The system-wide setting from before there were instances."""
    return [
        {
            "uuid": cloud.uuid_of("ptp"),
            "mode": "hardware",
            "transport": "l2",
            "mechanism": "e2e",
            "links": [],
            "isystem_uuid": cloud.system.uuid,
            **dates(cloud),
        }
    ]


PER_HOST: dict[str, Callable[[Cloud, Host], list[Json]]] = {
    "ptp_instances": _instances_of,
    "ptp_interfaces": _interfaces_of,
}

SHARED: dict[str, Callable[[Cloud], list[Json]]] = {
    "ptp": _legacy,
    "ptp_instances": _instances,
    "ptp_interfaces": _interfaces,
    "ptp_parameters": _parameters,
}
