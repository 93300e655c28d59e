"""How hosts arrive: added one by one or from a file, discovered, and given their role."""

from __future__ import annotations

import email
import re
from typing import Optional
from xml.etree import ElementTree as ET

from backend.simulator import alarms
from backend.simulator.bodies import object_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.life import install
from backend.simulator.model import Host, Json
from backend.simulator.refuse import Refusal, client
from backend.simulator.rungs import climb

MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")

# What may be said of a host when it is added, beside its name and role.
GIVEN = {
    "bm_ip",
    "bm_type",
    "bm_username",
    "serialid",
    "location",
    "boot_device",
    "rootfs_device",
    "hw_settle",
    "install_output",
    "console",
    "tboot",
    "ttys_dcd",
    "clock_synchronization",
}
EXPORTED = (
    "personality",
    "hostname",
    "mgmt_mac",
    "bm_type",
    "bm_username",
    "boot_device",
    "rootfs_device",
    "hw_settle",
    "install_output",
    "console",
    "tboot",
)


def add(cloud: Cloud, request: Request) -> Answer:
    host = admit(cloud, object_of(request))
    return answer(host.detail(f"{request.base}/platform", cloud.clock.now()))


def admit(cloud: Cloud, body: Json) -> Host:
    """Take a host in as its attributes say, or refuse it; it is installed from the network."""
    if cloud.system.is_simplex:
        raise client("Host-add Rejected: Adding a host on a simplex system is not allowed.")
    hostname = _new_name(cloud, body)
    mac = (body.get("mgmt_mac") or "").lower()
    if not mac:
        raise client("Host-add Rejected: Must provide MAC Address of the host mgmt interface")
    if not MAC.fullmatch(mac):
        raise client("Host-add Rejected: Must provide a valid format of a MAC Address")
    if any(host.hostname == hostname for host in cloud.hosts):
        raise client("Host-add Rejected: Hostname already exists")
    if any(host.mgmt_mac == mac for host in cloud.hosts):
        raise client(f"Host-add Rejected: Host with mgmt_mac {mac} already exists")
    host = new_host(cloud, mac=mac, hostname=hostname, personality=body["personality"])
    for name in GIVEN & body.keys():
        setattr(host, name, body[name])
    where = f"host={host.name}.event=add"
    alarms.note(cloud, "200.020", where, f"{host.name} has been 'added' to the system")
    climb(cloud, host, install())
    return host


def _new_name(cloud: Cloud, body: Json) -> str:
    """The name a new host gets: controllers and storage are numbered, others must bring one."""
    personality = body.get("personality")
    if personality not in {"controller", "worker", "storage", "edgeworker"}:
        raise client("Host-add Rejected. Must provide a personality.")
    if personality in {"controller", "storage"}:
        return next_name(cloud, personality)
    if not body.get("hostname"):
        raise client(
            f"Host-add Rejected. Must provide a hostname for a node of personality {personality}"
        )
    return str(body["hostname"])


def next_name(cloud: Cloud, personality: str) -> str:
    taken = {host.hostname for host in cloud.hosts}
    number = 0
    while f"{personality}-{number}" in taken:
        number += 1
    return f"{personality}-{number}"


def new_host(
    cloud: Cloud, *, mac: str, hostname: Optional[str], personality: Optional[str]
) -> Host:
    """A host that was just added or discovered: locked, disabled, offline."""
    host = Host(
        id=cloud.next_id(),
        uuid=cloud.new_uuid(),
        hostname=hostname,
        personality=personality,
        subfunctions=subfunctions(cloud, personality),
        mgmt_mac=mac,
        isystem_uuid=cloud.system.uuid,
        created_at=cloud.now(),
        sw_version=cloud.system.software_version,
    )
    if personality == "controller":
        host.capabilities = {"stor_function": "monitor", "Personality": "Controller-Standby"}
    return cloud.add(host)


def subfunctions(cloud: Cloud, personality: Optional[str]) -> Optional[str]:
    if personality == "controller" and cloud.system.system_type == "All-in-one":
        return "controller,worker"
    return personality


def classify(cloud: Cloud, host: Host, changes: Json) -> None:
    """Give a discovered host its role: it is named, then installed."""
    personality = changes.get("personality", host.personality)
    if "personality" in changes and host.personality:
        raise client(
            f"Can not change personality after it has been set. Host {host.name} must be deleted "
            "and re-added in order to change the personality."
        )
    if "hostname" in changes and host.hostname:
        raise client(
            f"The hostname field can not be modified because the hostname {host.hostname} has "
            "already been configured. If changing hostname is required, please delete this host, "
            "then readd."
        )
    if personality in {"controller", "storage"}:
        changes["hostname"] = next_name(cloud, personality)
    elif personality and not changes.get("hostname", host.hostname):
        raise client(
            f"Host {host.uuid} of personality {personality}, must be provisioned with a hostname."
        )
    if personality:
        changes.setdefault("subfunctions", subfunctions(cloud, personality))
        if personality == "controller":
            role = {"stor_function": "monitor", "Personality": "Controller-Standby"}
            changes["capabilities"] = role
        climb(cloud, host, install())


def bulk_add(cloud: Cloud, request: Request) -> Answer:
    """Add the hosts of an uploaded XML file; what went well and what did not are told in words."""
    if cloud.system.is_simplex:
        return _told("", "Bulk add on a simplex system is not allowed.")
    try:
        rows = ET.fromstring(_uploaded(request)).findall("host")  # noqa: S314 (loopback)
    except ET.ParseError:
        return _told("", "No hosts have been added, invalid XML document")
    added, refused = [], []
    for row in rows:
        body: Json = {child.tag: child.text for child in row if child.text}
        if "location" in body:
            body["location"] = {"locn": body["location"]}
        try:
            added.append(admit(cloud, body).name)
        except Refusal as refusal:
            refused.append(f"{body.get('hostname') or body.get('personality')}: {refusal.sentence}")
    return _told("\n".join(added), "\n".join(refused))


def _told(success: str, error: str) -> Answer:
    return answer({"success": success, "error": error})


def _uploaded(request: Request) -> bytes:
    """The first file of a multipart form."""
    kind = request.headers.get("content-type", "")
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
    for part in message.walk():
        content = part.get_payload(decode=True)
        if part.get_filename() and isinstance(content, bytes):
            return content
    return b""


def bulk_export(cloud: Cloud) -> str:
    """The hosts as the XML that bulk-add reads."""
    lines = ['<?xml version="1.0" ?>', f'<hosts version="{cloud.system.software_version}">']
    for host in cloud.hosts:
        told = [(name, getattr(host, name)) for name in EXPORTED]
        rows = [f"\t\t<{name}>{value}</{name}>" for name, value in told if value]
        lines += ["\t<host>", *rows, "\t</host>"]
    return "\n".join([*lines, "</hosts>", ""])
