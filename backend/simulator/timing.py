"""PTP of the pretend cloud: instances, interfaces and parameters made, changed and applied."""

from __future__ import annotations

from typing import Any, Callable

from backend.simulator import configuring, shared
from backend.simulator.bodies import json_of, object_of, patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.inventory import dates
from backend.simulator.model import Json, iso
from backend.simulator.refuse import client, no_such_path

SERVICES = ("ptp4l", "phc2sys", "ts2phc", "clock", "synce4l", "gnss-monitor", "dpll-mgr")
WORDS = {"ptp_instances": "instance", "ptp_interfaces": "interface", "ptp_parameters": "parameter"}


def _find(cloud: Cloud, root: str, uuid: str) -> Json:
    found = next((row for row in shared.rows(cloud, root) if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"No PTP {WORDS[root]} found for {uuid}")
    return found


def _next_id(cloud: Cloud) -> int:
    rows = [*shared.rows(cloud, "ptp_instances"), *shared.rows(cloud, "ptp_interfaces")]
    return max((int(row["id"]) for row in rows), default=0) + 1


def _must_be_new(cloud: Cloud, root: str, name: object) -> None:
    if any(row["name"] == name for row in shared.rows(cloud, root)):
        raise client(f"A PTP {WORDS[root]} with name '{name}' already exists.", 409)


def add_instance(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """POST /v1/ptp_instances[/apply]."""
    if path == ["apply"]:
        return apply(cloud)
    if path:
        raise no_such_path()
    body = object_of(request)
    if body.get("service") not in SERVICES:
        raise client(
            f"Invalid input for field/attribute service. Value: '{body.get('service')}'. "
            f"Value should be one of: {', '.join(SERVICES)}"
        )
    _must_be_new(cloud, "ptp_instances", body.get("name"))
    row = {
        **dates(cloud),
        "id": _next_id(cloud),
        "uuid": cloud.new_uuid(),
        "type": "ptp-instance",
        "capabilities": {},
        "name": body.get("name"),
        "service": body["service"],
        "hostnames": [],
        "parameters": {},
    }
    return answer(cloud.overlay.make("ptp_instances", row))


def add_interface(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
    """POST /v1/ptp_interfaces."""
    body = object_of(request)
    if not body.get("name"):
        raise client("No name assigned to PTP interface")
    instance = _find(cloud, "ptp_instances", str(body.get("ptp_instance_uuid")))
    if instance["service"] == "dpll-mgr":
        raise client(f"{instance['service']} instance does not support PTP interfaces")
    _must_be_new(cloud, "ptp_interfaces", body["name"])
    row = {
        **dates(cloud),
        "id": _next_id(cloud),
        "uuid": cloud.new_uuid(),
        "type": "ptp-interface",
        "capabilities": {},
        "name": body["name"],
        "ptp_instance_id": instance["id"],
        "ptp_instance_uuid": instance["uuid"],
        "ptp_instance_name": instance["name"],
        "hostnames": [],
        "interface_names": [],
        "parameters": [],
    }
    return answer(cloud.overlay.make("ptp_interfaces", row))


# --- parameters of an instance or an interface ---------------------------------------------------


def _changing(root: str) -> Callable[[Cloud, Request, list[str]], Answer]:
    """PATCH of an owner: each operation gives it a parameter, or takes one."""

    def change(cloud: Cloud, request: Request, path: list[str]) -> Answer:
        row = _find(cloud, root, path[0])
        patch: Any = json_of(request)
        for one in patch if isinstance(patch, list) else []:
            name, sign, value = str(one.get("value", "")).partition("=")
            if not sign:
                raise client(f"Bad PTP parameter keypair: {one.get('value')}")
            section = str(one.get("section") or "global")
            _change_one(cloud, row, (section, name, value), adds=one.get("op") == "add")
        cloud.overlay.alter(root, row["uuid"], {"parameters": _owned(cloud, row["uuid"], root)})
        return answer(_find(cloud, root, row["uuid"]))

    return change


def _change_one(cloud: Cloud, owner: Json, what: tuple[str, str, str], *, adds: bool) -> None:
    section, name, value = what
    rows = shared.rows(cloud, "ptp_parameters")
    found = next((r for r in rows if (r["section"], r["name"], r["value"]) == what), None)
    if found is None:
        if not adds:
            raise client(f"No PTP parameter object found for {section}'s {name}={value}")
        found = cloud.overlay.make(
            "ptp_parameters",
            {
                **dates(cloud),
                "uuid": cloud.new_uuid(),
                "section": section,
                "name": name,
                "value": value,
                "owners": [],
            },
        )
    owners = [one for one in found["owners"] if one["uuid"] != owner["uuid"]]
    if not adds and len(owners) == len(found["owners"]):
        raise client(
            f"No PTP parameter object {section}'s {name}={value} is owned by the given instance"
        )
    if adds:
        owners.append({"uuid": owner["uuid"], "name": owner["name"], "type": owner["type"]})
    if owners:
        cloud.overlay.alter("ptp_parameters", found["uuid"], {"owners": owners})
    else:
        cloud.overlay.remove("ptp_parameters", found["uuid"])


def _owned(cloud: Cloud, uuid: str, root: str) -> Any:
    """An owner's parameters: by section of an instance, as a list of an interface."""
    mine = [
        row
        for row in shared.rows(cloud, "ptp_parameters")
        if uuid in [one["uuid"] for one in row["owners"]]
    ]
    if root == "ptp_interfaces":
        return [f"{row['name']}={row['value']}" for row in mine]
    sections = dict.fromkeys(row["section"] for row in mine)
    return {
        section: [f"{r['name']}={r['value']}" for r in mine if r["section"] == section]
        for section in sections
    }


def change_parameter(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH /v1/ptp_parameters/<uuid>."""
    row = _find(cloud, "ptp_parameters", path[0])
    fields = {**patch_of(request), "updated_at": iso(cloud.now())}
    cloud.overlay.alter("ptp_parameters", row["uuid"], fields)
    return answer(_find(cloud, "ptp_parameters", row["uuid"]))


def delete_instance(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/ptp_instances/<uuid>; its interfaces go with it."""
    row = _find(cloud, "ptp_instances", path[0])
    if row["hostnames"]:
        raise client(f"PTP instance {row['uuid']} is still associated with host(s)")
    for one in shared.rows(cloud, "ptp_interfaces"):
        if one["ptp_instance_uuid"] == row["uuid"]:
            cloud.overlay.remove("ptp_interfaces", one["uuid"])
    cloud.overlay.remove("ptp_instances", row["uuid"])
    return Answer(status=204)


def delete_interface(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/ptp_interfaces/<uuid>."""
    row = _find(cloud, "ptp_interfaces", path[0])
    cloud.overlay.remove("ptp_interfaces", row["uuid"])
    return Answer(status=204)


def apply(cloud: Cloud) -> Answer:
    """POST /v1/ptp_instances/apply."""
    followers = {h.personality for h in cloud.hosts if h.clock_synchronization == "ptp"}
    configuring.require(cloud, *(str(one) for one in followers if one))
    return Answer(status=204)


Change = Callable[[Cloud, Request, list[str]], Answer]

CHANGES: dict[str, dict[str, Change]] = {
    "ptp_instances": {
        "POST": add_instance,
        "PATCH": _changing("ptp_instances"),
        "DELETE": delete_instance,
    },
    "ptp_interfaces": {
        "POST": add_interface,
        "PATCH": _changing("ptp_interfaces"),
        "DELETE": delete_interface,
    },
    "ptp_parameters": {"PATCH": change_parameter},
}
