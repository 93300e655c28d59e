"""Changing the system itself, as sysinv lets one."""

from __future__ import annotations

import re
import zoneinfo
from typing import Any, Callable

from backend.simulator import configuring, shared
from backend.simulator.cloud import Cloud
from backend.simulator.model import Json
from backend.simulator.refuse import client

LATITUDE = re.compile(r"[+-]?(90(\.0{1,26})?|([0-9]|[1-8][0-9])(\.[0-9]{1,26})?)")
LONGITUDE = re.compile(r"[+-]?(180(\.0{1,26})?|([0-9]|[1-9][0-9]|1[0-7][0-9])(\.[0-9]{1,26})?)")
MODES = ("duplex", "duplex-direct", "simplex")
FEATURES = ("spectre_meltdown_v1", "spectre_meltdown_all")
LABELS = ("name", "description", "contact", "location")


def _label(_cloud: Cloud, value: Any) -> Any:
    return value


def _latitude(_cloud: Cloud, value: Any) -> Any:
    if value is not None and not LATITUDE.fullmatch(str(value)):
        raise client("Latitude must be between -90 and +90")
    return value


def _longitude(_cloud: Cloud, value: Any) -> Any:
    if value is not None and not LONGITUDE.fullmatch(str(value)):
        raise client("Longitude must be between -180 and +180")
    return value


def _timezone(_cloud: Cloud, value: Any) -> Any:
    if value not in zoneinfo.available_timezones():
        raise client(f"Timezone file {value} does not exist.")
    return value


def _mode(cloud: Cloud, value: Any) -> Any:
    if value not in MODES:
        raise client(f"Invalid input for field/attribute system_mode. Value: '{value}'.")
    mode = cloud.system.system_mode
    if cloud.system.system_type != "All-in-one":
        raise client("system_mode can only be modified on an AIO system")
    if mode != "simplex" and value == "simplex":
        raise client(f"Cannot modify system mode from {mode} to {value}.")
    active = cloud.active
    if mode == "simplex" and active is not None and active.administrative != "locked":
        raise client(f"Cannot modify system mode if host '{active.hostname}' is not locked.")
    return value


def _sdn(cloud: Cloud, value: Any) -> Any:
    wanted = str(value).lower() == "true"
    for host in cloud.hosts:
        loose = host.administrative == "unlocked" and host.is_worker
        if loose and (cloud.system.is_simplex or not host.is_active):
            raise client(f"Host {host.name} must be locked.")
    if not wanted and shared.rows(cloud, "sdn_controller"):
        raise client("SDN cannot be disabled when SDN controller is configured.")
    return wanted


def _https(_cloud: Cloud, value: Any) -> Any:
    return str(value).lower() == "true"


def _vswitch(cloud: Cloud, value: Any) -> Any:
    if value == cloud.system.vswitch_type:
        raise client(f"vswitch_type is already set as {value}")
    return value


def _feature(_cloud: Cloud, value: Any) -> Any:
    if value not in FEATURES:
        raise client(f"Unexpected value {value} specified for security_feature")
    return value


FIELDS: dict[str, Callable[[Cloud, Any], Any]] = {
    **dict.fromkeys(LABELS, _label),
    "latitude": _latitude,
    "longitude": _longitude,
    "timezone": _timezone,
    "system_mode": _mode,
    "sdn_enabled": _sdn,
    "https_enabled": _https,
    "vswitch_type": _vswitch,
    "security_feature": _feature,
}
# Who takes it over, and whether only at a boot.
TOLD_TO: dict[str, tuple[tuple[str, ...], bool]] = {
    "name": (configuring.EVERYWHERE, False),
    "timezone": (configuring.EVERYWHERE, False),
    "system_mode": (("controller",), True),
    "sdn_enabled": (("controller",), False),
    "https_enabled": (("controller",), False),
    "vswitch_type": (("controller", "worker"), True),
    "security_feature": (configuring.EVERYWHERE, True),
}


def update(cloud: Cloud, changes: Json) -> None:
    """Change fields of the system, or none of them."""
    fresh: Json = {}
    for name, value in changes.items():
        if not str(value).isascii():
            raise client("System values must not contain special characters.")
        if name in {"software_version", "system_type"}:
            raise client(f"{name} field cannot be modified.")
        if name not in FIELDS:
            raise client(f"Patching Error: can't replace a non-existent object '{name}'")
        fresh[name] = FIELDS[name](cloud, value)
    for name, value in fresh.items():
        is_news = getattr(cloud.system, name) != value
        setattr(cloud.system, name, value)
        if is_news and name in TOLD_TO:
            personalities, reboot = TOLD_TO[name]
            configuring.require(cloud, *personalities, reboot=reboot)
    cloud.system.updated_at = cloud.now()
