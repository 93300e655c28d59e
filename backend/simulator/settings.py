"""Changing what the system has one of: names, time, outside addresses, logs, copies, passwords."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any, Callable

from backend.simulator import addressing, configuring, shared
from backend.simulator.bodies import patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request
from backend.simulator.model import Json, iso
from backend.simulator.refuse import client

MOST_SERVERS = 3
CONTROLLERS = ("controller",)
# Fields that no kind lets anybody change.
FIXED = ("uuid", "id", "forisystemid", "isystem_uuid")


def invalid(field: str, value: Any, why: str) -> Exception:
    """A value that is not of its field's type, as WSME says it."""
    return client(f"Invalid input for field/attribute {field}. Value: '{value}'. {why}")


def number(field: str, value: Any) -> int:
    """An integer, from a number or digits."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(field, value, "unable to convert to int") from None


def boolean(field: str, value: Any) -> bool:
    """A truth, from one or its word."""
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = words.get(str(value).lower())
    if found is None:
        raise invalid(field, value, "Value should be boolean")
    return found


def is_address(word: str) -> bool:
    """Whether a word is an IP address."""
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def split(text: Any) -> list[str]:
    """The words of a comma-joined list."""
    return [word.strip() for word in str(text or "").split(",") if word.strip()]


# --- each setting: what is refused, what is kept -------------------------------------------------


def _dns(cloud: Cloud, row: Json) -> Json:
    words = split(row["nameservers"])
    servers = [] if "NC" in words else words
    for word in servers:
        if not is_address(word):
            raise client(
                f"Invalid DNS nameserver target address {word} "
                "Please configure a valid DNS address."
            )
        version = ip_address(word).version
        wanted = addressing.subnet(cloud, "oam").version
        if version != wanted:
            raise client(f"IP version mismatch: was expecting IPv{wanted}, IPv{version} received")
    (ntp,) = shared.rows(cloud, "intp")
    if not servers and any(not is_address(word) for word in split(ntp["ntpservers"])):
        raise client(
            "At least  one DNS server must be used when any NTP server address is using FQDN. "
            "Alternatively, use IPv4 or IPv6 forNTP server address and then delete DNS servers."
        )
    if len(servers) > MOST_SERVERS:
        raise client(
            f"Maximum DNS nameservers supported: {MOST_SERVERS} but provided: {len(servers)}. "
            "Please configure a valid list of DNS nameservers."
        )
    return {**row, "nameservers": ",".join(servers)}


def _ntp(cloud: Cloud, row: Json) -> Json:
    words = split(row["ntpservers"])
    (dns,) = shared.rows(cloud, "idns")
    for word in words:
        if not (is_address(word) or word == "NC" or dns["nameservers"]):
            raise client(
                "A DNS server must be configured prior to configuring any NTP server address as "
                "FQDN. Alternatively, specify the NTP server as an IP address"
            )
    if not words:
        raise client("No NTP parameters provided.")
    if len(words) > MOST_SERVERS:
        raise client(
            f"Maximum NTP servers supported: {MOST_SERVERS} but provided: {len(words)}. "
            "Please configure a valid list of NTP servers."
        )
    return {**row, "ntpservers": ",".join("" if word == "NC" else word for word in words)}


def _ptp(cloud: Cloud, row: Json) -> Json:
    del cloud, row
    raise client("Single-instance PTP service API is deprecated")


def _logging(cloud: Cloud, row: Json) -> Json:
    del cloud
    if not row["ip_address"]:
        raise client("No remote logging provided.")
    if not is_address(row["ip_address"]):
        raise client(
            f"Invalid remote logging server {row['ip_address']} "
            "Please configure a valid IP address."
        )
    return {
        **row,
        "port": number("port", row["port"]),
        "enabled": boolean("enabled", row["enabled"]),
    }


def _drbd(cloud: Cloud, row: Json) -> Json:
    secure = str(row.pop("secure", "False"))
    if secure.lower() not in {"true", "false"}:
        raise client("Should be True or False for option --secure")
    link, rtt = number("link_util", row["link_util"]), float(row["rtt_ms"])
    if not 5 <= link <= 80:
        raise client("DRBD link_util must be within: 5 to 80")
    if rtt < 0.2:
        raise client("DRBD rtt_ms must be at least: 0.2 ms")
    if rtt > 20.0:
        raise client("DRBD rtt_ms must less than: 20.0 ms")
    if any("resizing" in one["state"] for one in shared.rows(cloud, "controller_fs")):
        raise client("Cannot modify drbd config as a drbd file system resize is taking place.")
    return {**row, "link_util": link, "rtt_ms": rtt}


def _user(cloud: Cloud, row: Json) -> Json:
    del cloud
    return {**row, "passwd_expiry_days": number("passwd_expiry_days", row["passwd_expiry_days"])}


def _oam(cloud: Cloud, row: Json) -> Json:
    alone = cloud.system.is_simplex
    try:
        subnet = ip_network(row["oam_subnet"], strict=False)
    except ValueError:
        raise client(
            f"Invalid subnet oam_subnet {row['oam_subnet']}.Please configure a valid subnet"
        ) from None
    names = ["oam_gateway_ip", "oam_floating_ip", *([] if alone else ["oam_c0_ip", "oam_c1_ip"])]
    for name in names:
        if not is_address(str(row[name])):
            raise client(
                f"Invalid address {row[name]} in {name}. Please configure a valid "
                f"IPv{subnet.version} address"
            )
        if ip_address(row[name]) not in subnet:
            raise client(f"IP Address {row[name]} is not in subnet: {subnet}.")
    if not alone and row["oam_c0_ip"] == row["oam_c1_ip"]:
        raise client(
            f"Invalid address: oam_c0_ip={row['oam_c0_ip']} and oam_c1_ip={row['oam_c1_ip']} "
            "must be unique. "
        )
    if not alone and row["oam_gateway_ip"] in (row["oam_c0_ip"], row["oam_c1_ip"]):
        raise client(
            f"Invalid address: oam_c0_ip={row['oam_c0_ip']}, oam_c1_ip={row['oam_c1_ip']}, "
            f"oam_gateway_ip={row['oam_gateway_ip']} must be unique."
        )
    return {**row, "oam_start_ip": str(subnet[1]), "oam_end_ip": str(subnet[-2])}


# --- what comes of it --------------------------------------------------------------------------


def _keep_oam(cloud: Cloud, row: Json) -> None:
    """The OAM settings are the OAM pool's own addresses, under other names."""
    subnet = ip_network(row["oam_subnet"], strict=False)
    alone = cloud.system.is_simplex
    own = {} if alone else {f"controller{n}_address": row[f"oam_c{n}_ip"] for n in (0, 1)}
    pool = {
        "network": str(subnet.network_address),
        "prefix": subnet.prefixlen,
        "ranges": [[row["oam_start_ip"], row["oam_end_ip"]]],
        "gateway_address": row["oam_gateway_ip"],
        "floating_address": row["oam_floating_ip"],
        **own,
    }
    cloud.overlay.alter("addrpools", addressing.pool_uuid(cloud, "oam"), pool)
    configuring.require(cloud, *CONTROLLERS, reboot=not alone)


Check = Callable[[Cloud, Json], Json]

CHECKS: dict[str, Check] = {
    "idns": _dns,
    "intp": _ntp,
    "ptp": _ptp,
    "iextoam": _oam,
    "remotelogging": _logging,
    "drbdconfig": _drbd,
    "iuser": _user,
}
# Those that are only handed on to the hosts when the patch says so.
TOLD_TO: dict[str, tuple[tuple[str, ...], bool]] = {
    "idns": (CONTROLLERS, False),
    "intp": (CONTROLLERS, True),
    "remotelogging": (configuring.EVERYWHERE, False),
    "drbdconfig": (CONTROLLERS, False),
    "iuser": (configuring.EVERYWHERE, False),
}
# What may stand in a patch beside the row's own fields.
BESIDE = {"drbdconfig": {"secure"}}


def change(cloud: Cloud, request: Request, name: str, path: list[str]) -> Answer:
    """PATCH /v1/<setting>/<uuid>."""
    found = next((row for row in shared.rows(cloud, name) if [row["uuid"]] == path), None)
    if found is None:
        raise client(f"No {name} with id {'/'.join(path)}", 404)
    fields = patch_of(request)
    applies = fields.pop("action", None) in {"apply", "install"}
    fixed = [field for field in fields if field in FIXED]
    if fixed:
        raise client(f"The following fields can not be modified: {[f'/{f}' for f in FIXED]}")
    for field in fields:
        if field not in found and field not in BESIDE.get(name, set()):
            raise client(f"Patching Error: can't replace a non-existent object '{field}'")
    row = CHECKS[name](cloud, {**found, **fields})
    is_news = any(row[field] != found[field] for field in found)
    if name == "iextoam":
        _keep_oam(cloud, row)
        return shared.reply(cloud, request, name, path)
    cloud.overlay.alter(name, found["uuid"], {**row, "updated_at": iso(cloud.now())})
    if applies and is_news:
        personalities, reboot = TOLD_TO[name]
        configuring.require(cloud, *personalities, reboot=reboot)
    return shared.reply(cloud, request, name, path)


def _patching(name: str) -> Callable[[Cloud, Request, list[str]], Answer]:
    return lambda cloud, request, path: change(cloud, request, name, path)


CHANGES = {name: {"PATCH": _patching(name)} for name in CHECKS}
