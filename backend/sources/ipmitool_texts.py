"""What ``ipmitool`` prints, as the bodies that a baseboard's rows have; pure.

Raises ``ValueError`` where a text has none of the shape that is known here.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timezone
from ipaddress import ip_interface
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

Body = Dict[str, Any]

_FAULTS = {
    "Power Overload": "power overload",
    "Main Power Fault": "main power fault",
    "Power Control Fault": "power control fault",
    "Drive Fault": "drive fault",
    "Cooling/Fan Fault": "cooling or fan fault",
}
_POLICIES = {"always-off": "stays off", "previous": "as before", "always-on": "goes on"}
_BOOT = (
    ("No override", "default"),
    ("PXE", "network"),
    ("Hard-Drive", "disk"),
    ("CD/DVD", "optical"),
    ("Floppy", "usb"),
    ("BIOS Setup", "setup"),
)
_HEALTHS = {"ok": "ok", "nc": "warning", "cr": "critical", "nr": "failed"}
_UNITS = {"degrees C": "°C", "percent": "%", "Volts": "V", "Watts": "W", "Amps": "A"}
# In the order of the columns of ``sensor``: from non-recoverable below to above.
_LIMITS = (
    *("lower_critical", "lower_major", "lower_minor"),
    *("upper_minor", "upper_major", "upper_critical"),
)
_FRU = re.compile(r"^FRU Device Description : (.*?)(?: \(ID (\d+)\))?\s*$")
_SORTS = (
    *("Temperature", "Voltage", "Current", "Fan", "Physical Security", "Processor"),
    *("Power Supply", "Power Unit", "Cooling Device", "Memory", "Drive Slot / Bay"),
    *("System Event", "Critical Interrupt", "Watchdog2", "Watchdog 2", "Event Logging Disabled"),
)
_WORSE = ("Critical", "Non-recoverable", "Fault", "Failure", "Uncorrectable")


def fields(text: str) -> Dict[str, str]:
    """Return what stands as ``Name : value``, the first of each name."""
    found: Dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip():
            found.setdefault(name.strip(" -"), value.strip())
    return found


def power(status: str, boot: str = "") -> Body:
    """Return power, faults and boot override; ``boot`` is ``chassis bootparam get 5``, or ""."""
    said = fields(status)
    if said.get("System Power") not in {"on", "off"}:
        raise ValueError("says nothing of System Power")
    return {
        "power": said["System Power"],
        "policy": _POLICIES.get(said.get("Power Restore Policy", ""), "unknown"),
        "last_event": said.get("Last Power Event", ""),
        "faults": [words for name, words in _FAULTS.items() if said.get(name) == "true"],
        "intrusion": said.get("Chassis Intrusion") == "active",
        "identify": None,
        **_override(boot),
    }


def _override(text: str) -> Body:
    place = fields(text).get("Boot Device Selector")
    if place is None:
        return {"boot": None, "boot_always": None, "boot_uefi": None}
    is_valid = "Boot Flag Valid" in text
    word = next((ours for theirs, ours in _BOOT if theirs in place), place)
    return {
        "boot": word if is_valid else "default",
        "boot_always": "persistent" in text,
        "boot_uefi": "BIOS EFI boot" in text,
    }


def sensors(text: str) -> List[Body]:
    """Return the rows of ``ipmitool sensor``."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if "|" in line]
    if text.strip() and not rows:
        raise ValueError("has no columns")
    return [_sensor(row) for row in rows if len(row) >= 10]


def _sensor(row: List[str]) -> Body:
    name, told, units, status = row[:4]
    value = _number(told)
    is_discrete = units == "discrete"
    limits = {limit: _number(cell) for limit, cell in zip(_LIMITS, row[4:10])}
    return {
        "sensor": name,
        "number": None,
        "type": "discrete" if is_discrete else "",
        "value": None if is_discrete else value,
        "units": "" if is_discrete else _UNITS.get(units, units),
        "states": [status] if is_discrete and status not in {"na", ""} else [],
        "health": _HEALTHS.get(status, "ok"),
        "unavailable": told == "na",
        "thresholds": {name: limit for name, limit in limits.items() if limit is not None},
    }


def _number(text: str) -> Optional[float]:
    try:
        return float(text)
    except ValueError:
        return None


def health(rows: Iterable[Body]) -> Body:
    """Return what sensors come to."""
    order = ("ok", "warning", "critical", "failed")
    bad = [row for row in rows if row["health"] != "ok"]
    worst = max((order.index(row["health"]) for row in bad), default=0)
    return {"health": order[worst], "bad": [f"{row['sensor']}: {row['health']}" for row in bad]}


def events(text: str) -> List[Body]:
    """Return the rows of ``ipmitool -c sel elist``, oldest first."""
    rows = [row for row in csv.reader(text.splitlines()) if len(row) >= 5]
    return [_event([cell.strip() for cell in row]) for row in rows]


def _event(row: List[str]) -> Body:
    record, date, clock, sensor, event = row[:5]
    over = row[5] if len(row) > 5 else ""
    is_bad = any(word in event for word in _WORSE)
    sort = next((one for one in _SORTS if sensor.startswith(f"{one} ")), "")
    named = sensor[len(sort) :].strip()
    return {
        # The number as other ways to the same log say it.
        "record": str(int(record, 16)),
        "timestamp": _utc(date, clock),
        # "Fan Fan 1" is the sensor "Fan 1"; "Power Unit #0xf0" is one without a name.
        "sensor": sensor if named.startswith("#") else named,
        "sort": sort,
        "event": event,
        "detail": row[6] if len(row) > 6 else "",
        "is_over": over == "Deasserted",
        "health": "critical" if is_bad else "warning" if "Non-critical" in event else "ok",
    }


def _utc(date: str, clock: str) -> str:
    """Return an instant in UTC, "" for one from before the clock was set."""
    for shape in ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S"):
        try:
            moment = datetime.strptime(f"{date} {clock[:8]}", shape)  # noqa: DTZ007 - it is UTC
        except ValueError:
            continue
        return moment.replace(tzinfo=timezone.utc).isoformat()
    return ""


def parts(fru: str, device: str) -> List[Body]:
    """Return the components of ``fru print``, and the firmware of ``mc info``."""
    rows: List[Body] = []
    for line in fru.splitlines():
        head = _FRU.match(line)
        name, colon, value = line.partition(":")
        if head is not None:
            first = head[2] == "0"
            rows.append({"component": "System" if first else head[1], "sort": "fru"})
        elif rows and colon and value.strip():
            rows[-1].setdefault(_PARTS.get(name.strip(), _key(name)), value.strip())
    version = fields(device).get("Firmware Revision")
    if version:
        rows.append({"component": "BMC Version", "version": version, "sort": "firmware"})
    if not rows:
        raise ValueError("tells of no part")
    return rows


_PARTS = {
    "Board Mfg": "board_manufacturer",
    "Board Product": "board_product_name",
    "Board Serial": "board_serial_number",
    "Board Part Number": "board_model",
    "Product Manufacturer": "product_manufacturer",
    "Product Name": "product_name",
    "Product Serial": "product_serial_number",
    "Product Version": "version",
}


def _key(name: str) -> str:
    return name.strip().casefold().replace(" ", "_")


def lan(text: str, device: str) -> Body:
    """Return the one row of ``lan print``."""
    said = fields(text)
    if "IP Address" not in said:
        raise ValueError("says nothing of an IP Address")
    vlan = said.get("802.1q VLAN ID", "Disabled")
    mac = said.get("MAC Address", "")
    return {
        "ipv4_address": _with_prefix(said["IP Address"], said.get("Subnet Mask", "")),
        "ipv4_configuration": said.get("IP Address Source", "").replace(" Address", ""),
        "ipv4_gateway": said.get("Default Gateway IP"),
        # One that has none set says so by noughts.
        "mac_address": None if set(mac) <= set("0:") else mac,
        "vlan_id": "off" if vlan == "Disabled" else vlan,
        "firmware": fields(device).get("Firmware Revision"),
    }


def _with_prefix(address: str, mask: str) -> str:
    whole = ip_interface(f"{address}/{mask or 0}")
    return str(whole) if whole.network.prefixlen else address


def lan_words(values: Mapping[str, str]) -> List[Tuple[str, ...]]:
    """Return what is said after ``lan set 1``, a word a parameter, the address itself last."""
    found: List[Tuple[str, ...]] = []
    if values.get("vlan"):
        found.append(("vlan", "id", values["vlan"] if int(values["vlan"]) else "off"))
    if values.get("how"):
        found.append(("ipsrc", values["how"]))
    if values.get("gateway"):
        found.append(("defgw", "ipaddr", values["gateway"]))
    if values.get("address"):
        whole = ip_interface(values["address"])
        found += [("netmask", str(whole.netmask)), ("ipaddr", str(whole.ip))]
    return found


def users(text: str) -> List[Body]:
    """Return the accounts of ``-c user list`` that have a name."""
    rows: List[Tuple[str, ...]] = [tuple(row) for row in csv.reader(text.splitlines())]
    return [
        {
            "uid": int(row[0]),
            "name": row[1],
            "privilege": row[5].casefold(),
            "enabled": row[4] == "true",
        }
        for row in rows
        if len(row) >= 6 and row[0].isdigit() and row[1]
    ]
