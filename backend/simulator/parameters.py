"""Service parameters of the pretend cloud: added, changed, deleted, applied, and refused."""

from __future__ import annotations

from typing import Callable

from backend.simulator import configuring, shared
from backend.simulator.bodies import object_of, patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.inventory import dates
from backend.simulator.model import Json, iso
from backend.simulator.refuse import client, no_such_path

LONGEST = 255
# service → section → the names it takes ("*": any)
SCHEMA: dict[str, dict[str, tuple[str, ...]]] = {
    "kubernetes": {"config": ("pod_max_pids",), "kube_apiserver": ("*",), "kubelet": ("*",)},
    "identity": {"config": ("token_expiration",)},
    "platform": {
        "maintenance": (
            "worker_boot_timeout",
            "controller_boot_timeout",
            "heartbeat_degrade_threshold",
            "heartbeat_failure_threshold",
        ),
        "drbd": ("hmac", "secret", "secure"),
        "client": ("cli_confirmations",),
    },
    "http": {"config": ("http_port", "https_port")},
    "docker": {"proxy": ("http_proxy", "https_proxy", "no_proxy")},
    "ptp": {},
}
NUMBERS = ("pod_max_pids", "token_expiration", "http_port", "https_port")
EVERYWHERE = ("http",)


def _rows(cloud: Cloud) -> list[Json]:
    return shared.rows(cloud, "service_parameter")


def _find(cloud: Cloud, uuid: str) -> Json:
    found = next((row for row in _rows(cloud) if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"No service_parameter with id {uuid}", 404)
    return found


def _service(body: Json) -> str:
    service = body.get("service")
    if not service:
        raise client("Unspecified service name")
    if service not in SCHEMA:
        raise client(f"Invalid service name {service}.")
    return str(service)


def _check(service: str, section: str, name: str, value: object) -> None:
    if service == "ptp":
        raise client("ptp service is deprecated")
    names = SCHEMA[service][section]
    if name not in names and "*" not in names:
        raise client(
            f"The parameter name {name} is invalid for service {service} section {section}"
        )
    if not value:
        raise client("The service parameter value is mandatory")
    if len(str(value)) > LONGEST:
        raise client(f"The service parameter value is restricted to at most {LONGEST} characters.")
    if name in NUMBERS and not str(value).isdigit():
        raise client(f"Parameter '{name}' must be an integer value.")


def _require(cloud: Cloud, service: str, *, reboot: bool = False) -> None:
    where = configuring.EVERYWHERE if service in EVERYWHERE else ("controller",)
    configuring.require(cloud, *where, reboot=reboot)


def add(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """POST /v1/service_parameter[/apply]."""
    if path == ["apply"]:
        return apply(cloud, request)
    if path:
        raise no_such_path()
    body = object_of(request)
    service, section = _service(body), str(body.get("section") or "")
    own = body.get("resource")
    if body.get("personality") and not own:
        raise client("Unspecified resource")
    if not section:
        raise client("Unspecified section name.")
    if not own and section not in SCHEMA[service]:
        raise client(f"Invalid service section {section}.")
    parameters = body.get("parameters")
    if not parameters:
        raise client("Unspecified parameters.")
    for name, value in parameters.items():
        if not own:
            _check(service, section, name, value)
        if any(
            (row["service"], row["section"], row["name"]) == (service, section, name)
            for row in _rows(cloud)
        ):
            raise client(
                "Service parameter add failed: Parameter already exists: "
                f"service={service} section={section} name={name}"
            )
    made = [_made(cloud, body, name, value) for name, value in parameters.items()]
    _require(cloud, service)
    return answer({"parameters": made})


def _made(cloud: Cloud, body: Json, name: str, value: object) -> Json:
    row = {
        "uuid": cloud.new_uuid(),
        "service": body["service"],
        "section": body["section"],
        "name": name,
        "value": value,
        "personality": body.get("personality"),
        "resource": body.get("resource"),
        "links": [],
        **dates(cloud),
    }
    return cloud.overlay.make("service_parameter", row)


def change(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH /v1/service_parameter/<uuid>."""
    row = _find(cloud, path[0])
    fields = patch_of(request)
    then = {**row, **fields}
    if not row["resource"]:
        _check(row["service"], row["section"], then["name"], then["value"])
    fields["updated_at"] = iso(cloud.now())
    cloud.overlay.alter("service_parameter", row["uuid"], fields)
    _require(cloud, row["service"])
    return answer(_find(cloud, row["uuid"]))


def delete(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/service_parameter/<uuid>."""
    row = _find(cloud, path[0])
    if row["section"] == "maintenance":
        raise client(f"Platform Maintenance Parameter '{row['name']}' is required.")
    cloud.overlay.remove("service_parameter", row["uuid"])
    _require(cloud, row["service"])
    return Answer(status=204)


def _value(cloud: Cloud, name: str, otherwise: int) -> int:
    found = [row["value"] for row in _rows(cloud) if row["name"] == name]
    return int(found[0]) if found else otherwise


def apply(cloud: Cloud, request: Request) -> Answer:
    """POST /v1/service_parameter/apply; answered with null."""
    service = _service(object_of(request))
    if service == "ptp":
        raise client("ptp service is deprecated")
    if service == "http":
        for host in cloud.hosts:
            if host.personality and (host.administrative, host.operational) != (
                "unlocked",
                "enabled",
            ):
                raise client(f"Host {host.name} must be unlocked and enabled.")
    if service == "platform":
        names = ("heartbeat_failure_threshold", "heartbeat_degrade_threshold")
        if _value(cloud, names[1], 6) >= _value(cloud, names[0], 10):
            raise client(
                f"Unable to apply service parameters. Service parameter '{names[0]}' should be "
                f"greater than '{names[1]}' "
            )
    _require(cloud, service)
    return answer(None)


Change = Callable[[Cloud, Request, list[str]], Answer]

CHANGES: dict[str, dict[str, Change]] = {
    "service_parameter": {"POST": add, "PATCH": change, "DELETE": delete},
}
