"""The ihosts routes: list, show, add, change, act on and delete hosts."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable

from backend.simulator import (
    alarms,
    arrivals,
    boards,
    checks,
    children,
    computing,
    keeping,
    kube_upgrade,
    labels,
    life,
    programming,
    rootca,
    shared,
)
from backend.simulator.bodies import object_of, patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import JSON, Answer, Request, answer
from backend.simulator.model import Host, Json, links
from backend.simulator.paging import known, ordered, page
from backend.simulator.refuse import client, no_such_method, no_such_path, server
from backend.simulator.rungs import note_command

ALLOW = "DELETE, GET, PATCH, POST"
NEVER = {"uuid", "id", "created_at", "updated_at", "mtce_info", "reserved"}
STATES = (
    "administrative",
    "availability",
    "operational",
    "subfunction_oper",
    "subfunction_avail",
    "task",
    "uptime",
)
IDENTITY = {"hostname", "personality", "subfunctions"}
INSTALL = {"boot_device", "rootfs_device", "hw_settle", "install_output", "console", "tboot"}
# What a PATCH may name beside the fields of a host.
TRANSIENT = {"action", "bm_password", "uptime", "mtce_info", "reserved"}


def reply(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """Answer what came below /platform/v1/ihosts."""
    if request.method not in {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"}:
        raise no_such_method(request.method, ALLOW)
    if request.method == "PUT" and len(path) < 3:
        raise no_such_method(request.method, ALLOW)
    if not path or path == ["detail"]:
        return _collection(cloud, request)
    if path == ["bulk_add"] and request.method == "POST":
        return arrivals.bulk_add(cloud, request)
    if path == ["bulk_export"]:
        return answer({"content": arrivals.bulk_export(cloud)})
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
        return arrivals.add(cloud, request)
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
    if path == ["state", "host_cpus_modify"]:
        return computing.modify_cores(cloud, request, host)
    if path == ["host_fs", "update_many"]:
        return keeping.update_many(cloud, request, host)
    if name == "state":
        raise server("'Host' object has no attribute 'provision_state'")
    if name in BESIDE and len(path) == 1:
        return BESIDE[name](cloud, request, host)
    if request.method not in {"GET", "HEAD"}:
        raise no_such_method(request.method, "GET")
    if name == "labels":
        known(request)
        return answer({"labels": labels.of(cloud, host)})
    if name == "ceph_mon" and len(path) == 1:
        return shared.of_host(cloud, request, host, name)
    if name in children.PER_HOST and len(path) == 1:
        return children.of_host(cloud, request, host, name)
    raise no_such_path()


def _delete(cloud: Cloud, host: Host) -> Answer:
    checks.delete(cloud, host)
    note_command(cloud, host, "delete")
    cloud.remove(host)
    alarms.forget(cloud, host)
    return Answer(status=204)


def _patch(cloud: Cloud, request: Request, host: Host) -> Answer:
    changes = patch_of(request)
    ptp = changes.pop("ptp_instances/-", [])
    boards.put_ptp(cloud, "ptp_instances", "hostnames", host.name, ptp)
    for name in changes:
        if name not in Host.__dataclass_fields__ and name not in TRANSIENT:
            raise client(f"Patching Error: can't replace a non-existent object '{name}'")
    boards.check_host(cloud, host, changes)
    changed = {name for name, value in changes.items() if getattr(host, name, None) != value}
    if changed & NEVER:
        raise client(f"Change {sorted(changed)} contains restricted {_braced(changed & NEVER)}.")
    action = changes.pop("action", None)
    changed.discard("action")
    if action not in {None, "", "none"}:
        life.perform(cloud, host, str(action))
    if changed:
        _update(cloud, host, {name: changes[name] for name in changed})
    return answer(_echo(host, request, cloud))


def _braced(names: Iterable[str]) -> str:
    """A set as Python prints it, in an order that is the same every time."""
    return "{" + ", ".join(repr(name) for name in sorted(names)) + "}"


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
    if host.administrative == "unlocked" and names <= set(STATES):
        raise client(f"Change set {_braced(names)} contains a subset of restricted {STATES}.")
    if names & IDENTITY:
        arrivals.classify(cloud, host, changes)
    changes.pop("bm_password", None)
    changes.pop("uptime", None)
    if isinstance(changes.get("location"), str):
        changes["location"] = {"locn": changes["location"]}
    cloud.touch(host, **changes)
    alarms.review(cloud, host)


def _kernel(cloud: Cloud, request: Request, host: Host) -> Answer:
    """The kernel a host is to run and the one it runs."""
    if request.method == "PATCH":
        if host.administrative == "unlocked":
            raise client(f"Host {host.name} must be locked to change its kernel.")
        wanted = patch_of(request).get("kernel_provisioned")
        if wanted not in {"standard", "lowlatency"}:
            raise client(f"Kernel {wanted} must be standard or lowlatency")
        cloud.touch(host, kernel_provisioned=wanted)
    elif request.method not in {"GET", "HEAD"}:
        raise no_such_method(request.method, "GET, PATCH")
    running = host.kernel_running
    return answer(
        {
            "ihost_uuid": host.uuid,
            "hostname": host.hostname,
            "kernel_provisioned": host.kernel_provisioned,
            "kernel_running": running,
            "links": links(_base(request), "ihosts", host.uuid, "kernel"),
        }
    )


def _vim(cloud: Cloud, request: Request, host: Host) -> Answer:
    """Ask the VIM to look at the host again."""
    del cloud
    if request.method != "POST":
        raise no_such_method(request.method, "POST")
    event = object_of(request).get("vim_event")
    if event != "host-audit":
        raise client(f"The VIM knows no event {event}")
    return answer({"hostname": host.hostname, "ihost_uuid": host.uuid, "vim_event": event})


def _image_update(cloud: Cloud, request: Request, host: Host) -> Answer:
    """Write device images; takes a while on an enabled host."""
    _posted(request)
    programming.begin(cloud, host)
    return answer(host.detail(_base(request), cloud.clock.now()))


def _image_abort(cloud: Cloud, request: Request, host: Host) -> Answer:
    _posted(request)
    if host.device_image_update != "in-progress":
        raise client(f"Abort rejected. The host {host.name} is not updating its images.")
    cloud.touch(host, device_image_update="in-progress-aborted")
    return answer(host.detail(_base(request), cloud.clock.now()))


def _authority(cloud: Cloud, request: Request, host: Host) -> Answer:
    """Linked from each host, though it only takes orders."""
    _posted(request)
    return rootca.host_update(cloud, host, str(object_of(request).get("phase", "")).lower())


def _posted(request: Request) -> None:
    if request.method != "POST":
        raise no_such_method(request.method, "POST")


BESIDE: dict[str, Callable[[Cloud, Request, Host], Answer]] = {
    **{name: kube_upgrade.host_reply(name) for name in kube_upgrade.PARTS},
    "kernel": _kernel,
    "vim": _vim,
    "kube_update_ca": _authority,
    "device_image_update": _image_update,
    "device_image_update_abort": _image_abort,
}
