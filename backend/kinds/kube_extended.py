"""What extends the cluster's API: services that answer a part of it, and definitions of kinds."""

from __future__ import annotations

from typing import Any, Tuple

from backend.kind import Column, Kind, Kube
from backend.kinds.kube_object import Items, KubeObject, Words, bad, conditions, declared, goes
from backend.known import Known
from backend.tone import WELL, Look, Mark


class ApiService(KubeObject):
    """A group and version of the API, and who answers it (apiregistration.k8s.io/v1)."""

    service: Words = {}
    conditions: Items = []

    @property
    def by(self) -> str:
        """Who answers it."""
        if not self.service:
            return "the API server"
        return f"{self.service.get('namespace')}/{self.service.get('name')}"


def _available(row: ApiService, known: Known) -> Look:
    said = conditions(row.conditions).get("Available") or {}
    if said.get("status") == "False":
        return bad(f"{said.get('reason')}: {said.get('message')}")
    if row.service and said.get("status") != "True":
        return Look(mark=Mark.UNKNOWN, notes=(f"nobody said yet whether {row.by} answers",))
    return goes(row, known) or WELL


API_SERVICES: Kind[ApiService] = declared(
    "api-services",
    "api-service",
    ApiService,
    Kube(
        group="apiregistration.k8s.io",
        plural="apiservices",
        keep={
            "service": "spec.service",
            "conditions": "status.conditions[type,status,reason,message,lastTransitionTime]",
        },
    ),
    (Column(heading="ANSWERED BY", value=lambda row: row.by, most=40),),
    aliases=("apiservices", "apiservice"),
    look=_available,
)


class Definition(KubeObject):
    """A definition of a kind of one's own (apiextensions.k8s.io/v1)."""

    group: str = ""
    scope: str = ""
    kind: str = ""
    short: Any = None
    versions: Items = []
    conditions: Items = []

    @property
    def served(self) -> str:
        """The versions in which it answers."""
        return ", ".join(str(one.get("name")) for one in self.versions if one.get("served"))


def _established(row: Definition, known: Known) -> Look:
    said = conditions(row.conditions)
    for name in ("NamesAccepted", "Established"):
        one = said.get(name) or {}
        if one.get("status") == "False":
            return bad(f"{one.get('reason')}: {one.get('message')}")
    return goes(row, known) or WELL


CRDS: Kind[Definition] = declared(
    "crds",
    "crd",
    Definition,
    Kube(
        group="apiextensions.k8s.io",
        plural="customresourcedefinitions",
        keep={
            "group": "spec.group",
            "scope": "spec.scope",
            "kind": "spec.names.kind",
            "short": "spec.names.shortNames",
            "versions": "spec.versions[name,served,storage]",
            "conditions": "status.conditions[type,status,reason,message]",
        },
    ),
    (
        Column(heading="KIND", value=lambda row: row.kind, most=30),
        Column(heading="SCOPE", value=lambda row: row.scope),
        Column(heading="VERSIONS", value=lambda row: row.served, most=24),
    ),
    aliases=("customresourcedefinitions", "customresourcedefinition"),
    look=_established,
    most=60,
)

EXTENDED: Tuple[Kind[Any], ...] = (API_SERVICES, CRDS)
