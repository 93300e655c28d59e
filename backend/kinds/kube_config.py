"""What pods are given and held to: namespaces, config maps, secrets, quotas, budgets, leases."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.figure import Line, Lines
from backend.kind import Column, Kind, Kube
from backend.kinds.kube_amounts import amount
from backend.kinds.kube_edit import REVEAL
from backend.kinds.kube_losses import of_namespace
from backend.kinds.kube_object import (
    KubeObject,
    Words,
    conditions,
    declared,
    goes,
    warned,
)
from backend.kinds.kube_selector import chooses
from backend.known import Known
from backend.tone import WELL, Look, Mark
from backend.units import instant_ms, span


class Namespace(KubeObject):
    """A namespace (core/v1)."""

    phase: str = ""
    conditions: Any = None


def _namespace_look(row: Namespace, known: Known) -> Look:
    if row.phase != "Terminating":
        return WELL
    stuck = [
        str(one.get("message"))
        for one in conditions(row.conditions).values()
        if one.get("status") == "True" and one.get("message")
    ]
    words = stuck[-1] if stuck else "is being deleted"
    since = instant_ms(row.deleting)
    waits = f" ({span(known.now_ms - since)})" if since is not None else ""
    return warned(f"{words}{waits}")


def _pods_in(row: Namespace, known: Known) -> Optional[int]:
    if not known.has("pods"):
        return None
    return sum(1 for pod in known.rows("pods") if pod.namespace == row.name)


NAMESPACES: Kind[Namespace] = declared(
    "namespaces",
    "namespace",
    Namespace,
    Kube(plural="namespaces", keep={"phase": "status.phase", "conditions": "status.conditions"}),
    (
        Column(heading="STATUS", value=lambda row: row.phase),
        Column(
            heading="PODS",
            joined=_pods_in,
            right=True,
        ),
    ),
    aliases=("ns",),
    look=_namespace_look,
    needs=("pods",),
    loses=of_namespace,
    loses_needs=("pods", "claims", "secrets"),
)


class ConfigMap(KubeObject):
    """A config map (core/v1); its values are read when it is opened."""

    keys: Any = None
    binary: Any = None


CONFIGMAPS: Kind[ConfigMap] = declared(
    "configmaps",
    "configmap",
    ConfigMap,
    Kube(plural="configmaps", keep={"keys": "data{}", "binary": "binaryData{}"}),
    (
        Column(
            heading="KEYS",
            value=lambda row: len(row.keys or ()) + len(row.binary or ()),
            right=True,
        ),
        Column(heading="NAMES", value=lambda row: ", ".join(row.keys or ()), most=40, wide=True),
    ),
    aliases=("cm",),
    is_inventory=False,
)


class KubeSecret(KubeObject):
    """A secret (core/v1): of its values nothing is kept, and only their names are shown."""

    type: str = ""
    keys: Any = None


def _secret_strip(row: KubeSecret, _known: Known) -> Lines:
    return Lines((Line(heading="KEYS", text=", ".join(row.keys or ()) or "none"),))


SECRETS: Kind[KubeSecret] = declared(
    "secrets",
    "secret",
    KubeSecret,
    Kube(plural="secrets", keep={"type": "type", "keys": "data{}"}),
    (
        Column(heading="TYPE", value=lambda row: row.type, most=36),
        Column(heading="KEYS", value=lambda row: len(row.keys or ()), right=True),
    ),
    strip=_secret_strip,
    actions=(REVEAL,),
    hides=frozenset({"data", "stringData"}),
    is_inventory=False,
)


class Quota(KubeObject):
    """A resource quota (core/v1)."""

    hard: Words = {}
    used: Words = {}

    @property
    def full(self) -> Tuple[str, ...]:
        """What is used up."""
        return tuple(
            name
            for name, most in self.hard.items()
            if amount(most) and amount(self.used.get(name)) >= amount(most)
        )

    @property
    def said(self) -> str:
        """Each amount used of what is allowed."""
        return ", ".join(f"{k} {self.used.get(k, '0')}/{most}" for k, most in self.hard.items())


def _quota_look(row: Quota, known: Known) -> Look:
    if row.full:
        return warned(f"used up: {', '.join(row.full)}; nothing more of it is made there")
    return goes(row, known) or WELL


QUOTAS: Kind[Quota] = declared(
    "quotas",
    "quota",
    Quota,
    Kube(plural="resourcequotas", keep={"hard": "status.hard", "used": "status.used"}),
    (Column(heading="USED", value=lambda row: row.said, most=60),),
    aliases=("resourcequotas", "resourcequota"),
    look=_quota_look,
)


class Budget(KubeObject):
    """A pod disruption budget (policy/v1)."""

    least: Any = None
    most: Any = None
    allowed: int = 0
    healthy: int = 0
    wanted: int = 0
    expected: int = 0
    # None chooses no pod, an empty one all of its namespace.
    selector: Optional[Words] = None
    conditions: Any = None

    def covers(self, pod: Any) -> bool:
        """Whether it holds for a pod."""
        if self.selector is None or pod.namespace != self.namespace:
            return False
        return chooses(self.selector, pod.labels)

    @property
    def rule(self) -> str:
        """What it demands."""
        return f"at least {self.least}" if self.least is not None else f"at most {self.most} away"


def _budget_look(row: Budget, known: Known) -> Look:
    said = conditions(row.conditions).get("DisruptionAllowed") or {}
    if said.get("reason") == "SyncFailed":
        # It counts none of its pods then, and still lets none go.
        return warned(f"lets none of its pods go: {said.get('message') or 'it counts none'}")
    if row.expected and not row.allowed:
        words = (
            f"lets none of its {row.expected} pods go: {row.healthy} healthy, {row.wanted} wanted"
        )
        return Look(mark=Mark.OUT, notes=(words,)) if row.healthy >= row.wanted else warned(words)
    return goes(row, known) or WELL


BUDGETS: Kind[Budget] = declared(
    "disruption-budgets",
    "disruption-budget",
    Budget,
    Kube(
        group="policy",
        plural="poddisruptionbudgets",
        keep={
            "least": "spec.minAvailable",
            "most": "spec.maxUnavailable",
            "allowed": "status.disruptionsAllowed",
            "healthy": "status.currentHealthy",
            "wanted": "status.desiredHealthy",
            "expected": "status.expectedPods",
            "selector": "spec.selector",
            "conditions": "status.conditions[type,status,reason,message]",
        },
    ),
    (
        Column(heading="RULE", value=lambda row: row.rule),
        Column(heading="MAY GO", value=lambda row: row.allowed, right=True),
        Column(heading="HEALTHY", value=lambda row: f"{row.healthy}/{row.expected}", right=True),
    ),
    aliases=("pdb", "budgets", "poddisruptionbudgets", "poddisruptionbudget"),
    look=_budget_look,
)


class Lease(KubeObject):
    """A lease (coordination.k8s.io/v1): who leads, and when it last said so."""

    holder: str = ""
    seconds: int = 0
    renewed: str = ""

    def silent_ms(self, known: Known) -> int:
        """Return for how long its holder said nothing, in ms."""
        renewed = instant_ms(self.renewed)
        return 0 if renewed is None else max(known.now_ms - renewed, 0)


def _lease_look(row: Lease, known: Known) -> Look:
    silent = row.silent_ms(known)
    if not row.holder:
        return Look(mark=Mark.OUT, notes=("given back: nobody holds it",))
    if row.seconds and silent > 3000 * row.seconds:
        return warned(f"{row.holder} did not renew it for {span(silent)}")
    return WELL


LEASES: Kind[Lease] = declared(
    "leases",
    "lease",
    Lease,
    Kube(
        group="coordination.k8s.io",
        plural="leases",
        keep={
            "holder": "spec.holderIdentity",
            "seconds": "spec.leaseDurationSeconds",
            "renewed": "spec.renewTime",
        },
    ),
    (
        Column(heading="HOLDER", value=lambda row: row.holder, most=40),
        Column(heading="RENEWED", joined=lambda r, k: span(r.silent_ms(k)), right=True),
    ),
    look=_lease_look,
    noise=frozenset({"renewed"}),
    is_inventory=False,
)

GIVEN: Tuple[Kind[Any], ...] = (NAMESPACES, CONFIGMAPS, SECRETS, QUOTAS, BUDGETS, LEASES)
