"""Charts of applications and their Helm overrides: the system's, the user's, and both together.

As sysinv takes them until 2026: ``flag`` says whether what the user gave before stays.
"""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any, Optional

from backend.simulator.bodies import object_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Json
from backend.simulator.paging import known
from backend.simulator.refuse import client, unknown_argument

ATTRIBUTES = ("enabled",)
# application → chart → namespace, and what the system itself overrides.
CHARTS: dict[str, dict[str, tuple[str, Json]]] = {
    "platform-integ-apps": {
        "ceph-pools-audit": ("kube-system", {"conf": {"ceph": {"mon": "192.168.206.2"}}}),
        "cephfs-provisioner": ("kube-system", {"classdefaults": {"replicas": 2}}),
        "rbd-provisioner": (
            "kube-system",
            {"provisioner": {"replicaCount": 2}, "storageClass": {"name": "general"}},
        ),
    },
    "cert-manager": {"cert-manager": ("cert-manager", {"replicaCount": 2})},
    "nginx-ingress-controller": {
        "ingress-nginx": ("kube-system", {"controller": {"kind": "DaemonSet", "hostNetwork": True}})
    },
    "oidc-auth-apps": {
        "dex": ("kube-system", {"config": {"issuer": "https://10.10.10.2/dex"}, "replicas": 2}),
        "oidc-client": ("kube-system", {"replicas": 2}),
        "secret-observer": ("kube-system", {}),
    },
    "rook-ceph": {"rook-ceph-cluster": ("rook-ceph", {"cephClusterSpec": {"mon": {"count": 3}}})},
}  # fmt: skip


def reply(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """Answer what came below /helm_charts."""
    if not path:
        known(request, "app_name")
        name = request.arg("app_name")
        if name is None:
            raise client('Missing argument: "app_name"')
        return answer({"charts": [_listed(cloud, name, chart) for chart in _of(cloud, name)]})
    known(request, "name", "namespace")
    app = path[0]
    for needed in ("name", "namespace"):
        if not request.arg(needed):
            raise client(f"{needed.capitalize()} must be specified.")
    chart, namespace = str(request.arg("name")), str(request.arg("namespace"))
    there = _of(cloud, app).get(chart)
    if there is None or there[0] != namespace:
        words = f"Unable to get the helm chart overrides for chart {chart} under Namespace"
        raise client(f"{words} {namespace}: Override not found")
    if request.method == "PATCH":
        return _patched(cloud, request, app, chart)
    if request.method == "DELETE":
        cloud.overrides.pop((app, chart), None)
        return Answer(status=204)
    return answer(_shown(cloud, app, chart))


def _of(cloud: Cloud, app: str) -> dict[str, tuple[str, Json]]:
    if not any(row["name"] == app for row in cloud.apps):
        raise client(f"Application {app} not found.")
    return CHARTS.get(app, {})


def _listed(cloud: Cloud, app: str, chart: str) -> Json:
    enabled = cloud.chart_attributes.get((app, chart), {}).get("enabled", True)
    return {"name": chart, "enabled": [enabled], "namespaces": [CHARTS[app][chart][0]]}


def _shown(cloud: Cloud, app: str, chart: str) -> Json:
    namespace, system = CHARTS[app][chart]
    user = cloud.overrides.get((app, chart))
    attributes = cloud.chart_attributes.get((app, chart))
    both = merged(system, user or {})
    return {
        "name": chart,
        "namespace": namespace,
        "attributes": _yaml(attributes) if attributes else None,
        "system_overrides": _yaml(system) if system else None,
        "user_overrides": _yaml(user) if user else None,
        "combined_overrides": _yaml(both) if both else None,
    }


def _patched(cloud: Cloud, request: Request, app: str, chart: str) -> Answer:
    body = object_of(request)
    for name in body:
        if name not in ("attributes", "flag", "values"):
            raise unknown_argument(name)
    for name in ("attributes", "flag", "values"):
        if name not in body:
            raise client(f'Missing argument: "{name}"')
    flag, values = body["flag"], body["values"] or {}
    if flag not in ("reuse", "reset") and values:
        raise client(f"Invalid flag: {flag} must be either 'reuse' or 'reset'.")
    before = cloud.overrides.get((app, chart))
    user = None if flag == "reset" else before
    given = [_read(text, app, chart) for text in values.get("files") or ()]
    given += [_set(text) for text in values.get("set") or ()]
    for one in given:
        user = merged(user or {}, one)
    _attribute(cloud, body["attributes"] or {}, app, chart)
    said: Json = {"name": chart, "namespace": CHARTS[app][chart][0]}
    if user:
        cloud.overrides[app, chart] = user
        said["user_overrides"] = _yaml(user)
    else:
        cloud.overrides.pop((app, chart), None)
    return answer(said)


def _attribute(cloud: Cloud, given: Json, app: str, chart: str) -> None:
    for name, value in given.items():
        if name not in ATTRIBUTES:
            words = ",".join(ATTRIBUTES)
            raise client(f"Invalid chart attribute: {name} must be one of [{words}]")
        is_on = value in ("true", "True", True)
        cloud.chart_attributes.setdefault((app, chart), {})[name] = is_on


def _set(text: str) -> Json:
    if "," in text:
        raise client(
            "Invalid input: One (or more) set overrides contains multiple values. "
            "Consider using --values option instead."
        )
    path, _, value = text.partition("=")
    made: Any = {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
    for key in reversed(path.split(".")):
        made = {key: made}
    return dict(made)


def merged(one: Json, other: Json) -> Json:
    """What both say, the other's word standing where they differ."""
    found = copy.deepcopy(one)
    for key, value in other.items():
        is_both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = merged(found[key], value) if is_both else copy.deepcopy(value)
    return found


def _read(text: str, app: str, chart: str) -> Json:
    import yaml

    said: Optional[Json] = None
    with suppress(yaml.YAMLError):
        said = yaml.safe_load(text)
    if not isinstance(said, dict):
        raise client(
            f"Unable to update the helm chart attributes for chart {chart} under Namespace "
            f"{CHARTS[app][chart][0]}. Please check sysinv.log for details."
        )
    return said


def _yaml(value: Json) -> str:
    import yaml

    text: str = yaml.safe_dump(value, default_flow_style=False)
    return text
