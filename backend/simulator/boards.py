"""Sensors, devices and what a host is told of its board, as they are changed; PTP on hosts."""

from __future__ import annotations

import re
from ipaddress import ip_address

from backend.simulator.bodies import object_of
from backend.simulator.changers import Changer, number
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client, no_such_method
from backend.simulator.shared import rows

BM_TYPES = ("none", "dynamic", "ipmi", "redfish")
LEVELS = ("critical", "major", "minor")
CLOCKS = ("ntp", "ptp")


# --- sensors -----------------------------------------------------------------------------------


def _suppressed(value: object) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise client("Invalid suppress value, select 'True' or 'False'")
    return str(value).lower() == "true"


def modify_sensor(cloud: Cloud, host: Host, row: Json, changes: Json) -> None:
    """Of one sensor only this; what is done about it is its group's."""
    del host
    for name in changes:
        if name in {f"actions_{level}" for level in LEVELS}:
            raise client(
                "The following fields can only be modified at the sensorgroup level: "
                "['/actions_critical', '/actions_major', '/actions_minor']"
            )
        if name not in {"suppress", "audit_interval"}:
            raise client(f"The following fields are not remote-modifiable: ['/{name}']")
    after = dict(changes)
    if "suppress" in after:
        after["suppress"] = _suppressed(after["suppress"])
    if "audit_interval" in after:
        after["audit_interval"] = number(after["audit_interval"], "audit_interval is an integer")
    cloud.overlay.alter("isensors", row["uuid"], after)


def modify_group(cloud: Cloud, host: Host, row: Json, changes: Json) -> None:
    """What is done about all sensors of a group; they take it over."""
    after = dict(changes)
    for level in LEVELS:
        wanted = after.get(f"actions_{level}_group")
        if wanted is not None and wanted not in row[f"actions_{level}_choices"].split(","):
            raise client(
                f"HWMON has returned with a status of fail, reason: actions_{level}_group "
                f"{wanted} is not supported, recommended action: retry"
            )
    allowed = {f"actions_{level}_group" for level in LEVELS} | {"audit_interval_group", "suppress"}
    odd = sorted(after.keys() - allowed)
    if odd:
        raise client(f"The following fields are not remote-modifiable: ['/{odd[0]}']")
    if "suppress" in after:
        after["suppress"] = _suppressed(after["suppress"])
    if "audit_interval_group" in after:
        after["audit_interval_group"] = number(after["audit_interval_group"], "not an integer")
    cloud.overlay.alter("isensorgroups", row["uuid"], after)
    passed_on = {name.replace("_group", ""): value for name, value in after.items()}
    for sensor in children(cloud, host, "isensors"):
        if sensor["sensorgroup_uuid"] == row["uuid"]:
            cloud.overlay.alter("isensors", sensor["uuid"], passed_on)


def relearn(cloud: Cloud, request: Request) -> Answer:
    """POST /v1/isensorgroups/relearn: all that was suppressed of a host is forgotten."""
    if request.method != "POST":
        raise no_such_method(request.method, "POST")
    host = cloud.host(str(object_of(request).get("host_uuid")))
    if host is None:
        raise client("Invalid host_uuid")
    for name in ("isensors", "isensorgroups"):
        for row in children(cloud, host, name):
            cloud.overlay.alter(name, row["uuid"], {"suppress": False})
    return Answer(status=204)


# --- devices -----------------------------------------------------------------------------------


def modify_device(cloud: Cloud, host: Host, row: Json, changes: Json) -> None:
    """A device gets another name, or is given to applications; more this release does not take."""
    if host.administrative != "locked" and not (cloud.system.is_simplex and not host.is_aio):
        raise client("Host must be locked.")
    if not host.is_worker:
        raise client("Can only modify worker node cores.")
    for name, value in changes.items():
        if name not in ("enabled", "name"):
            raise client(f"Modifying {name} attribute restricted")
        row[name] = str(value).lower() == "true" if name == "enabled" else value


# --- what a host is told -----------------------------------------------------------------------


def check_host(cloud: Cloud, host: Host, changes: Json) -> None:
    """Refuse what sysinv refuses of a host's own fields."""
    if "apparmor" in changes:
        if host.administrative == "unlocked":
            raise client(f"This update is not allowed as host:{host.name} is unlocked.")
        if changes["apparmor"] not in ("enabled", "disabled"):
            raise client("Invalid apparmor state. Allowed values:enabled, disabled.")
    clock = changes.get("clock_synchronization", "ntp")
    if clock not in CLOCKS:
        raise client(
            f"Host update failed: clock_synchronization: invalid choice: '{clock}', choose from "
            f"{list(CLOCKS)}"
        )
    if "max_cpu_mhz_configured" in changes:
        _frequency(host, changes)
    if changes.keys() & {"bm_type", "bm_ip", "bm_username", "bm_password"}:
        _bmc(cloud, host, changes)


def _frequency(host: Host, changes: Json) -> None:
    wanted, most = str(changes["max_cpu_mhz_configured"]), 3500
    if not host.is_worker:
        raise client("Host does not support configuration of Max CPU Frequency.")
    if wanted == "max_cpu_mhz_allowed":
        changes["max_cpu_mhz_configured"] = str(most)
    elif not wanted.isdigit():
        raise client(f"Max CPU frequency {wanted} must be an integer.")
    elif not most // 10 <= int(wanted) <= most:
        raise client(f"Max CPU Frequency must be between ({most // 10}, {most}).")


def _bmc(cloud: Cloud, host: Host, changes: Json) -> None:
    name, user = host.name, changes.get("bm_username")
    if user and (len(user) > 16 or re.search(r"\s", user)):
        raise client(
            f"{name}: Rejected: Board management controller username is not valid. Cannot be "
            "longer than 16 characters."
        )
    if changes.get("bm_password") and not user:
        raise client(
            f"{name} Rejected: Board management controller password change attempt without "
            "corresponding username."
        )
    kind = changes.get("bm_type", host.bm_type)
    if kind not in BM_TYPES:
        raise client(
            f"{name}: Rejected: '{kind}' is not a supported board management type. Must be one of "
            f"{list(BM_TYPES)}"
        )
    if kind == "none":
        if host.bm_type == "none":
            raise client(
                f"{name}: Rejected: Board Management controller Type is not provisioned.  "
                "Provisionable values: '['dynamic', 'ipmi', 'redfish']'."
            )
        changes.update(bm_ip=None, bm_username=None)
        return
    if not (user or host.bm_username):
        raise client(f"{name}: Rejected: Board Management controller username is not configured.")
    if user and host.bm_username not in (None, user) and not changes.get("bm_password"):
        raise client(
            f"{name} Rejected: username change attempt from {host.bm_username} to {user} without "
            "corresponding password."
        )
    if changes.get("bm_ip"):
        _bmc_address(cloud, name, str(changes["bm_ip"]))


def _bmc_address(cloud: Cloud, name: str, address: str) -> None:
    del cloud
    try:
        version = ip_address(address).version
    except ValueError:
        raise client(
            f"{name}: Rejected: Board Management controller IP Address is not valid."
        ) from None
    if version != 4:
        raise client(
            "Rejected: Board management controller IP address must be the same version as OAM "
            "primary address."
        )


# --- PTP ---------------------------------------------------------------------------------------


def put_ptp(cloud: Cloud, kind: str, field: str, name: str, ops: list[tuple[str, object]]) -> None:
    """Put a host on PTP instances (or an interface on PTP interfaces), or take it off."""
    for op, wanted in ops:
        row = next((one for one in rows(cloud, kind) if one["id"] == wanted), None)
        if row is None:
            words = {"ptp_instances": "instance", "ptp_interfaces": "interface"}[kind]
            raise client(f"No PTP {words} object with id {wanted}")
        there = [one for one in row[field] if one != name]
        after = [*there, name] if op == "add" else there
        cloud.overlay.alter(kind, row["uuid"], {field: after})


CHANGERS = {
    "isensors": Changer(modify=modify_sensor),
    "isensorgroups": Changer(modify=modify_group),
    "pci_devices": Changer(modify=modify_device),
}
