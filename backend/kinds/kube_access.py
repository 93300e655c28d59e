"""Who may do what in the cluster: service accounts, roles, and who was given them."""

from __future__ import annotations

from typing import Any, Tuple

from backend.kind import Column, Kind, Kube
from backend.kinds.kube_object import Items, KubeObject, Words, declared

_GROUP = "rbac.authorization.k8s.io"


class ServiceAccount(KubeObject):
    """A service account (core/v1)."""

    pull: Items = []


class Role(KubeObject):
    """A role, of a namespace or of the cluster (rbac.authorization.k8s.io/v1)."""

    rules: Items = []

    @property
    def may(self) -> str:
        """Its first rules, in words."""
        found = []
        for rule in self.rules[:3]:
            verbs = ",".join(map(str, rule.get("verbs") or ()))
            on = rule.get("resources") or rule.get("nonResourceURLs") or ()
            found.append(f"{verbs} {','.join(map(str, on))}")
        more = len(self.rules) - len(found)
        return "; ".join(found) + (f"; {more} more rules" if more > 0 else "")


class Binding(KubeObject):
    """What gives a role to somebody (rbac.authorization.k8s.io/v1)."""

    role: Words = {}
    subjects: Items = []

    @property
    def to(self) -> str:
        """Who was given it."""
        return ", ".join(
            " ".join(
                (
                    str(one.get("kind")),
                    "/".join(str(one[key]) for key in ("namespace", "name") if one.get(key)),
                )
            )
            for one in self.subjects
        )


SERVICE_ACCOUNTS: Kind[ServiceAccount] = declared(
    "service-accounts",
    "service-account",
    ServiceAccount,
    Kube(plural="serviceaccounts", keep={"pull": "imagePullSecrets"}),
    (
        Column(
            heading="PULLS WITH", value=lambda row: ", ".join(str(p.get("name")) for p in row.pull)
        ),
    ),
    aliases=("sa", "serviceaccounts", "serviceaccount"),
    is_inventory=False,
)

_MAY: Tuple[Column[Role], ...] = (
    Column(heading="RULES", value=lambda row: len(row.rules), right=True),
    Column(heading="MAY", value=lambda row: row.may, most=80, wide=True),
)
_GIVEN: Tuple[Column[Binding], ...] = (
    Column(heading="ROLE", value=lambda row: row.role.get("name"), most=40),
    Column(heading="TO", value=lambda row: row.to, most=60, wide=True),
)
_RULES = {"rules": "rules"}
_SUBJECTS = {"role": "roleRef", "subjects": "subjects"}

ROLES: Kind[Role] = declared(
    "roles",
    "role",
    Role,
    Kube(group=_GROUP, plural="roles", keep=_RULES),
    _MAY,
)
CLUSTER_ROLES: Kind[Role] = declared(
    "cluster-roles",
    "cluster-role",
    Role,
    Kube(group=_GROUP, plural="clusterroles", keep=_RULES),
    _MAY,
    aliases=("clusterroles", "clusterrole"),
    most=60,
)
ROLE_BINDINGS: Kind[Binding] = declared(
    "role-bindings",
    "role-binding",
    Binding,
    Kube(group=_GROUP, plural="rolebindings", keep=_SUBJECTS),
    _GIVEN,
    aliases=("rolebindings", "rolebinding"),
)
CLUSTER_ROLE_BINDINGS: Kind[Binding] = declared(
    "cluster-role-bindings",
    "cluster-role-binding",
    Binding,
    Kube(group=_GROUP, plural="clusterrolebindings", keep=_SUBJECTS),
    _GIVEN,
    aliases=("clusterrolebindings", "clusterrolebinding"),
    most=60,
)

ACCESS: Tuple[Kind[Any], ...] = (
    SERVICE_ACCOUNTS,
    ROLES,
    ROLE_BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
)
