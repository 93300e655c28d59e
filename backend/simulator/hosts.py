"""The ihosts routes: list, show, add, change, act on and delete hosts."""

from __future__ import annotations

import json
import re
from typing import Any, Optional

from backend.simulator import alarms, inventory, labels, life
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import JSON, Answer, Request, answer
from backend.simulator.model import Host, Json
from backend.simulator.paging import known, ordered, page
from backend.simulator.refuse import client, no_such_method, no_such_path, server

ALLOW = "DELETE, GET, PATCH, POST"
MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")

NEVER = {"uuid", "id", "created_at", "updated_at", "mtce_info", "reserved"}
STATES = {
    "administrative",
    "availability",
    "operational",
    "subfunction_oper",
    "subfunction_avail",
    "task",
    "uptime",
}
IDENTITY = {"hostname", "personality", "subfunctions"}
INSTALL = {"boot_device", "rootfs_device", "hw_settle", "install_output", "console", "tboot"}
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
# What a PATCH may name beside the fields of a host.
TRANSIENT = {"action", "bm_password", "uptime", "mtce_info", "reserved"}


def reply(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """Answer what came below /platform/v1/ihosts."""
    if request.method not in {"GET", "HEAD", "POST", "PATCH", "DELETE"}:
        raise no_such_method(request.method, ALLOW)
    if not path or path == ["detail"]:
        return _collection(cloud, request)
    if path == ["bulk_export"]:
        return answer({"content": bulk_export(cloud)})
    host = cloud.host(path[0])
    if host is None:
        raise client(f"Server {path[0]} could not be found.", 404)
    if len(path) > 1:
        return _below(cloud, request, host, path[1:])
    if request.method == "PATCH":
        return _patch(cloud, request, host)
    if request.method == "DELETE":
        return _delete(cloud, host)
    return answer(host.detail(_base(request), cloud.clock.now()))


def _base(request: Request) -> str:
    return f"{request.base}/platform"


def _collection(cloud: Cloud, request: Request) -> Answer:
    if request.method == "POST":
        return _add(cloud, request)
    if request.method in {"PATCH", "DELETE"}:
        raise no_such_method(request.method, ALLOW)
    known(request, "isystem_id", "personality")
    personality = request.arg("personality")
    rows = cloud.hosts if personality is None else cloud.of(personality)
    if request.arg("sort_key") or request.arg("sort_dir"):
        rows = ordered(request, rows, _sort_value)
    shown, tail = page(request, rows, lambda host: host.uuid, cloud.page_max)
    base, now = _base(request), cloud.clock.now()
    lines = b", ".join(host.line(base, now) for host in shown)
    more = b"" if tail is None else b', "next": ' + _next(base, tail)
    body = b'{"ihosts": [' + lines + b"]" + more + b"}"
    return Answer(status=200, body=body, headers=(("Content-Type", JSON),))


def _next(base: str, tail: str) -> bytes:
    return json.dumps(f"{base}/v1/ihosts?{tail}").encode()


def _sort_value(host: Host, key: str) -> Any:
    if key.startswith("_") or key not in Host.__dataclass_fields__:
        raise AttributeError(key)
    return getattr(host, key)


def _below(cloud: Cloud, request: Request, host: Host, path: list[str]) -> Answer:
    name = path[0]
    if name == "state":
        raise server("'Host' object has no attribute 'provision_state'")
    if name == "vim":
        if request.method != "POST":
            raise no_such_method(request.method, "POST")
        return answer(host.detail(_base(request), cloud.clock.now()))
    if request.method not in {"GET", "HEAD"}:
        raise no_such_method(request.method, "GET")
    if name == "labels":
        return answer({"labels": labels.of(cloud, host)})
    if name in inventory.PER_HOST and len(path) == 1:
        rows = inventory.children(cloud, host, name)
        return answer({name: [inventory.linked(row, name, _base(request)) for row in rows]})
    raise no_such_path()


def _add(cloud: Cloud, request: Request) -> Answer:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise client("Request body is no JSON object") from None
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
    plain = {k: v for k, v in body.items() if k in Host.__dataclass_fields__ and v is not None}
    for name in plain.keys() - NEVER - STATES - IDENTITY - {"mgmt_mac", "action"}:
        setattr(host, name, plain[name])
    where = f"host={host.name}.event=add"
    alarms.note(cloud, "200.020", where, f"{host.name} has been 'added' to the system")
    life.climb(cloud, host, life.install())
    return answer(host.detail(_base(request), cloud.clock.now()))


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


def _delete(cloud: Cloud, host: Host) -> Answer:
    if cloud.system.is_simplex and host.hostname == "controller-0":
        raise client("Deleting controller-0 on a simplex system is not allowed.")
    if host.administrative == "unlocked":
        raise server(
            f"Unable to complete the action delete because Host {host.name} is in administrative "
            "state = unlocked."
        )
    life.note_command(cloud, host, "delete")
    cloud.remove(host)
    alarms.forget(cloud, host)
    return Answer(status=204)


def _patch(cloud: Cloud, request: Request, host: Host) -> Answer:
    changes = read_patch(request)
    for name in changes:
        if name not in Host.__dataclass_fields__ and name not in TRANSIENT:
            raise client(f"Patching Error: can't replace a non-existent object '{name}'")
    changed = {name for name, value in changes.items() if getattr(host, name, None) != value}
    if changed & NEVER:
        raise client(f"Change {sorted(changed)} contains restricted {changed & NEVER}.")
    action = changes.pop("action", None)
    changed.discard("action")
    if action not in {None, "", "none"}:
        life.perform(cloud, host, str(action))
    if changed:
        _update(cloud, host, {name: changes[name] for name in changed})
    return answer(_echo(host, request, cloud))


def read_patch(request: Request) -> Json:
    """A JSON patch as path → value; refuses what the services refuse."""
    try:
        patch = json.loads(request.body)
    except ValueError:
        raise client("Request body is no JSON") from None
    if not isinstance(patch, list):
        raise client(
            f"Invalid input for field/attribute patch. Value: '{patch}'. "
            f"Value not a valid list: {patch}"
        )
    changes: Json = {}
    for one in patch:
        if not isinstance(one, dict) or "path" not in one:
            raise client("Invalid or missing path in patch")
        if one.get("op") not in {"add", "replace", "remove"}:
            raise client(f"Operation not supported: {one.get('op')}")
        changes[str(one["path"]).lstrip("/")] = one.get("value")
    return changes


def _echo(host: Host, request: Request, cloud: Cloud) -> Json:
    """A PATCH's reply lacks what sysinv only looks up when asked: the address and the role."""
    row = host.detail(_base(request), cloud.clock.now())
    roleless = {k: v for k, v in host.capabilities.items() if k != "Personality"}
    return {**row, "mgmt_ip": None, "capabilities": roleless}


def _update(cloud: Cloud, host: Host, changes: Json) -> None:
    names = changes.keys()
    if host.invprovision != "unprovisioned" and names & IDENTITY:
        raise client(
            f"The following fields can not be modified because this host {host.name} has been "
            "configured: hostname, personality, subfunctions"
        )
    if names & INSTALL and host.administrative != "locked":
        raise client("Host must be locked before updating installation parameters.")
    if host.administrative == "unlocked" and names <= STATES:
        raise client(f"Change set {set(names)} contains a subset of restricted {STATES}.")
    if names & IDENTITY:
        _classify(cloud, host, changes)
    changes.pop("bm_password", None)
    changes.pop("uptime", None)
    cloud.touch(host, **changes)
    alarms.review(cloud, host)


def _classify(cloud: Cloud, host: Host, changes: Json) -> None:
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
        life.climb(cloud, host, life.install())


def bulk_export(cloud: Cloud) -> str:
    """The hosts as the XML that bulk-add reads."""
    lines = ['<?xml version="1.0" ?>', f'<hosts version="{cloud.system.software_version}">']
    for host in cloud.hosts:
        told = [(name, getattr(host, name)) for name in EXPORTED]
        rows = [f"\t\t<{name}>{value}</{name}>" for name, value in told if value]
        lines += ["\t<host>", *rows, "\t</host>"]
    return "\n".join([*lines, "</hosts>", ""])
