"""What resources of Redfish say, in the words and units that a baseboard's rows have here."""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import datetime, timezone
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from backend.sources.redfish_resource import Resource, inside, linked, listed

Body = Dict[str, Any]

# Where a server boots from: our word, then Redfish's, likeliest first.
BOOT: Mapping[str, Tuple[str, ...]] = {
    "network": ("Pxe", "UefiHttp"),
    "disk": ("Hdd",),
    "optical": ("Cd",),
    "usb": ("Usb", "Floppy"),
    "setup": ("BiosSetup",),
    "default": ("None",),
}
RESET = "#ComputerSystem.Reset"
_BOOT_WORDS = {theirs: ours for ours, several in BOOT.items() for theirs in several}
_POLICIES = {"AlwaysOn": "goes on", "AlwaysOff": "stays off", "LastState": "as before"}
_LEDS = {"Off": "off", "Lit": "on", "Blinking": "on", "Unknown": "unknown"}
_FRACTION = re.compile(r"\.\d+")
_HEALTHS = ("ok", "warning", "critical")
_LIMITS = {
    "LowerThresholdNonCritical": "lower_minor",
    "LowerThresholdCritical": "lower_major",
    "LowerThresholdFatal": "lower_critical",
    "UpperThresholdNonCritical": "upper_minor",
    "UpperThresholdCritical": "upper_major",
    "UpperThresholdFatal": "upper_critical",
}
# The same limits as the newer sensors have them.
_THRESHOLDS = {
    "LowerCaution": "lower_minor",
    "LowerCritical": "lower_major",
    "LowerFatal": "lower_critical",
    "UpperCaution": "upper_minor",
    "UpperCritical": "upper_major",
    "UpperFatal": "upper_critical",
}
_UNITS = {"Cel": "°C", "Celsius": "°C", "RPM": "RPM", "Percent": "%", "%": "%"}
# Fields of a part that a list or its page shows, by the names that IPMI's rows have.
_PART = {
    "Manufacturer": "manufacturer",
    "Model": "model",
    "ProductName": "product_name",
    "SerialNumber": "serial_number",
    "PartNumber": "part_number",
    "SKU": "sku",
    "AssetTag": "asset_tag",
    "FirmwareVersion": "firmware_version",
    "Version": "version",
    "BiosVersion": "bios_version",
    "TotalCores": "cores",
    "TotalThreads": "threads",
    "MaxSpeedMHz": "max_speed_mhz",
    "CapacityMiB": "capacity_mib",
    "OperatingSpeedMhz": "speed_mhz",
    "MemoryDeviceType": "memory_type",
    "CapacityBytes": "capacity_bytes",
    "MediaType": "media",
    "Protocol": "protocol",
    "MACAddress": "mac_address",
    "PermanentMACAddress": "mac_address",
    "SpeedMbps": "speed_mbps",
    "LinkStatus": "link",
    "PowerCapacityWatts": "capacity_w",
    "Updateable": "updateable",
    "PredictedMediaLifeLeftPercent": "life_left_percent",
}


# --- health --------------------------------------------------------------------------------------


def health_of(status: Any) -> str:
    """Return ok, warning or critical: the worst that a status and its roll-up say."""
    said = [
        str(inside(status, name) or "OK").casefold()
        for name in ("Health", "HealthRollup", "HealthRollUp")
    ]
    return worst(said)


def worst(words: Iterable[str]) -> str:
    """Return the worst of health words; what is none of them counts as well."""
    ranks = [_HEALTHS.index(word) for word in words if word in _HEALTHS]
    return _HEALTHS[max(ranks, default=0)]


def conditions(status: Any) -> List[str]:
    """Return what a status itself says is not well."""
    return [
        text(one.get("Message")) for one in listed(status, "Conditions") if text(one.get("Message"))
    ]


def is_absent(status: Any) -> bool:
    """Whether there is an empty place where the thing would be."""
    return text(inside(status, "State")) == "Absent"


# --- power and boot ------------------------------------------------------------------------------


def power_body(system: Resource) -> Body:
    """Return the row of power, identify LED and boot override; ``resets`` are what it can do."""
    state = text(system.get("PowerState"))
    return {
        "power": {"On": "on", "Off": "off", "PoweringOn": "going on"}.get(state)
        or {"PoweringOff": "going off", "Paused": "paused"}.get(state, "unknown"),
        "policy": _POLICIES.get(text(system.get("PowerRestorePolicy"))),
        "last_event": "",
        "faults": [],
        "intrusion": None,
        "identify": identify_word(system),
        **_boot(system.get("Boot")),
        "resets": strings(inside(system, "Actions", RESET, "ResetType@Redfish.AllowableValues")),
        "reset_at": target(system, RESET),
        "at": text(system.get("@odata.id")),
    }


def target(owner: Resource, action: str) -> str:
    """Return where an action of a resource is asked for, "" where it has none."""
    return text(inside(owner, "Actions", action, "target"))


def identify_word(resource: Resource) -> Optional[str]:
    """Return on, off or unknown; None where it tells of no LED."""
    flag = resource.get("LocationIndicatorActive")
    if isinstance(flag, bool):
        return "on" if flag else "off"
    led = resource.get("IndicatorLED")
    return None if led is None else _LEDS.get(text(led), "unknown")


def _boot(boot: Any) -> Body:
    enabled = text(inside(boot, "BootSourceOverrideEnabled"))
    target = text(inside(boot, "BootSourceOverrideTarget"))
    if not enabled and not target:
        return {"boot": None, "boot_always": None, "boot_uefi": None}
    is_set = enabled != "Disabled"
    word = _BOOT_WORDS.get(target, target.casefold() or "default") if is_set else "default"
    mode = inside(boot, "BootSourceOverrideMode")
    return {
        "boot": word,
        "boot_always": enabled == "Continuous",
        "boot_uefi": mode == "UEFI" if mode else None,
    }


# --- sensors -------------------------------------------------------------------------------------


def thermal_bodies(thermal: Resource) -> List[Body]:
    """Return the temperatures and fans of a chassis."""
    rows = [
        _sensor(one, "Temperature", one.get("ReadingCelsius"), "°C")
        for one in listed(thermal, "Temperatures")
    ]
    for fan in listed(thermal, "Fans"):
        value = fan.get("Reading", fan.get("ReadingRPM"))
        rows.append(_sensor(fan, "Fan", value, text(fan.get("ReadingUnits")) or "RPM"))
    return [row for row in rows if row]


def power_bodies(power: Resource) -> List[Body]:
    """Return the voltages, power supplies and consumption of a chassis."""
    rows = [
        _sensor(one, "Voltage", one.get("ReadingVolts"), "V") for one in listed(power, "Voltages")
    ]
    rows += [
        _sensor(one, "Power", one.get("PowerConsumedWatts"), "W")
        for one in listed(power, "PowerControl")
    ]
    for one in listed(power, "PowerSupplies"):
        value = one.get("PowerOutputWatts", one.get("LastPowerOutputWatts"))
        rows.append(_sensor(one, "Power Supply", value, "W"))
    return [row for row in rows if row]


def sensor_body(one: Resource) -> Body:
    """Return a sensor as the newer collections have it; {} where nothing is there."""
    if trouble(one):
        return unread_body(text(one.get("Id")), trouble(one))
    units = text(one.get("ReadingUnits"))
    limits = _limits(
        {name: inside(one, "Thresholds", name, "Reading") for name in _THRESHOLDS}, _THRESHOLDS
    )
    body = _sensor(one, text(one.get("ReadingType")), one.get("Reading"), _UNITS.get(units, units))
    return {**body, "thresholds": limits} if body else {}


def unread_body(name: str, why: str = "") -> Body:
    """Return what stands for a sensor, or a part that has some, of which nothing was ever read."""
    return {**_sensor({"Name": name}, "", None, ""), "trouble": why, "read_at": ""}


def _sensor(one: Resource, sort: str, value: Any, units: str) -> Body:
    status = one.get("Status")
    if is_absent(status):
        return {}
    state = text(inside(status, "State"))
    health = health_of(status)
    told = number(value)
    is_off = state not in {"", "Enabled", "StandbySpare", "Quiesced"}
    return {
        "sensor": text(one.get("Name")) or text(one.get("FanName")) or text(one.get("MemberId")),
        "number": whole(one.get("SensorNumber")),
        "type": sort,
        "value": None if told is None else round(told, 3),
        "units": _UNITS.get(units, units) if told is not None else "",
        "states": ([state] if is_off else []) + ([] if health == "ok" else [health]),
        "health": health,
        "unavailable": is_off or (told is None and sort != "Power Supply"),
        "thresholds": _limits(one, _LIMITS),
    }


def _limits(said: Mapping[str, Any], names: Mapping[str, str]) -> Dict[str, float]:
    """Return the limits that are said, by the names that IPMI's have."""
    values = {ours: number(said.get(theirs)) for theirs, ours in names.items()}
    return {name: value for name, value in values.items() if value is not None}


# --- the log -------------------------------------------------------------------------------------


def event_body(one: Resource) -> Body:
    """Return an event of a log; its instant by the baseboard's own clock, in UTC."""
    is_over = text(one.get("EntryCode")).endswith("Deassert") or one.get("Resolved") is True
    origin = linked(one, "Links", "OriginOfCondition").rpartition("/")[2]
    said = text(one.get("Message")) or text(one.get("MessageId")) or text(one.get("Name"))
    return {
        "record": text(one.get("Id")),
        "timestamp": utc(text(one.get("Created"))),
        "sensor": text(one.get("SensorType")) or origin,
        "sort": text(one.get("EntryType")),
        "event": said,
        "detail": text(one.get("MessageId")),
        "is_over": is_over,
        "health": worst([text(one.get("Severity") or one.get("MessageSeverity")).casefold()]),
        "trouble": trouble(one),
    }


def utc(stamp: str) -> str:
    """Return an instant of ISO 8601 in UTC; what has no zone is taken as UTC, "" for no instant."""
    try:
        # Python 3.9 reads fractions of three or six digits and no Z.
        moment = datetime.fromisoformat(_FRACTION.sub("", stamp).replace("Z", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).replace(microsecond=0).isoformat()
    except (ValueError, OverflowError):
        # A clock that was never set says the first hour of the year 1, east of Greenwich too.
        return ""


def task_body(one: Resource) -> Body:
    """Return what it works on for longer: how far that is, and what it says of it."""
    said = [text(message.get("Message")) for message in listed(one, "Messages")]
    return {
        "task": text(one.get("Id")),
        "name": text(one.get("Name")),
        "state": text(one.get("TaskState")),
        "health": worst([text(one.get("TaskStatus")).casefold()]),
        "percent": one.get("PercentComplete"),
        "began": text(one.get("StartTime")),
        "ended": text(one.get("EndTime")),
        "messages": list(filter(None, said)),
        "trouble": trouble(one),
    }


# --- parts ---------------------------------------------------------------------------------------


def part(sort: str, one: Resource, name: str = "") -> Body:
    """Return the row of a component; {} where its place is empty."""
    if is_absent(one.get("Status")):
        return {}
    called = name or text(one.get("DeviceLocator")) or text(one.get("Name")) or text(one.get("Id"))
    body = {
        ours: value
        for theirs, ours in _PART.items()
        for value in [one.get(theirs)]
        if value not in (None, "") and isinstance(value, (str, int, float, bool))
    }
    health = health_of(one.get("Status"))
    why = {"trouble": trouble(one)} if trouble(one) else {}
    return {"component": called, "sort": sort, "health": health, **body, **why}


def distinct(rows: Iterable[Body], key: str) -> List[Body]:
    """Return rows whose names are each their own: a second ``CPU`` is ``CPU (2)``."""
    seen: Dict[str, int] = {}
    found = []
    for row in rows:
        name = str(row[key])
        seen[name] = seen.get(name, 0) + 1
        found.append(row if seen[name] == 1 else {**row, key: f"{name} ({seen[name]})"})
    return found


# --- values --------------------------------------------------------------------------------------


def text(value: Any) -> str:
    """Return a text, "" for what is none."""
    return value.strip() if isinstance(value, str) else ""


def trouble(one: Resource) -> str:
    """Return why a resource could not be read, "" where it was."""
    return text(one.get("trouble"))


def with_prefix(address: str, mask: str) -> str:
    """Return an address with the prefix of its mask, alone where that is none."""
    try:
        return str(ipaddress.ip_interface(f"{address}/{mask}")) if mask else address
    except ValueError:
        return address


def strings(value: Any) -> List[str]:
    """Return the texts of a list."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def number(value: Any) -> Optional[float]:
    """Return a number, None for what is none, and for what no row could be sorted by."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> Optional[int]:
    """Return a whole number, None for what is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
