"""What reconciles and renews within a cluster: FluxCD and cert-manager."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from backend.figure import Tree
from backend.kind import Column, Kind, Kube, Tab
from backend.kinds.kube_object import (
    Items,
    KubeObject,
    bad,
    busy,
    conditions,
    declared,
    goes,
    lasted_ms,
    warned,
)
from backend.kinds.kube_reconcile import reconciling
from backend.known import Known
from backend.tone import WELL, Look, Mark
from backend.units import instant_ms, span

# A certificate that ends so soon is looked at, in ms.
SOON_MS = 30 * 86_400_000
_CONDITIONS = "status.conditions[type,status,reason,message,lastTransitionTime]"


class Fluxed(KubeObject):
    """An object of FluxCD: what it should be, and how far that is (its Ready condition)."""

    suspended: bool = False
    conditions: Items = []
    revision: str = ""
    chart: str = ""
    url: str = ""
    path: str = ""
    interval: str = ""
    asked: str = ""
    release: str = ""
    target: str = ""

    @property
    def helm_name(self) -> str:
        """What Helm calls its release: its own name, with the namespace it goes to before it."""
        return self.release or (f"{self.target}-{self.name}" if self.target else self.name)

    @property
    def ready(self) -> Mapping[str, Any]:
        """Its Ready condition, empty where it says none."""
        return conditions(self.conditions).get("Ready") or {}


def _flux_look(row: Fluxed, known: Known) -> Look:
    if row.suspended:
        return Look(mark=Mark.OUT, notes=("suspended: it is not reconciled",))
    ready = row.ready
    if ready.get("status") == "False":
        waits = span(lasted_ms(dict(ready), known))
        return bad(f"{ready.get('reason')} for {waits}: {ready.get('message')}")
    if ready.get("status") == "Unknown":
        return busy(str(ready.get("message") or "is being reconciled"))
    return goes(row, known) or WELL


def _flux(
    group: str,
    plural: str,
    name: str,
    singular: str,
    keep: Mapping[str, str],
    *columns: Column[Fluxed],
    aliases: Tuple[str, ...],
    tabs: Tuple[Tab[Fluxed], ...] = (),
) -> Kind[Fluxed]:
    read = Kube(
        group=f"{group}.toolkit.fluxcd.io",
        version="",
        plural=plural,
        keep={
            "suspended": "spec.suspend",
            "interval": "spec.interval",
            "asked": "/metadata/annotations/reconcile.fluxcd.io~1requestedAt",
            "conditions": _CONDITIONS,
            **keep,
        },
    )
    ready = Column[Fluxed](heading="READY", value=lambda row: row.ready.get("status"))
    return declared(
        name,
        singular,
        Fluxed,
        read,
        (ready, *columns),
        aliases=(*aliases, plural),
        look=_flux_look,
        actions=reconciling(read, singular),
        tabs=tabs,
    )


def _tree(row: Fluxed, known: Known) -> Tree:
    from backend.kinds.kube_trees import of_release

    return of_release(row, known)


RUNS = ("deployments", "statefulsets", "daemonsets", "jobs", "pods", "nodes")
_REVISION: Column[Fluxed] = Column(heading="REVISION", value=lambda row: row.revision, most=30)
_URL: Column[Fluxed] = Column(heading="URL", value=lambda row: row.url, most=60)

FLUX: Tuple[Kind[Any], ...] = (
    _flux(
        "helm",
        "helmreleases",
        "helm-releases",
        "helm-release",
        {
            "revision": "status.lastAppliedRevision",
            "chart": "spec.chart.spec.chart",
            "release": "spec.releaseName",
            "target": "spec.targetNamespace",
        },
        Column(heading="CHART", value=lambda row: row.chart, most=30),
        _REVISION,
        aliases=("hr",),
        tabs=(Tab(key="t", title="Tree", figure=_tree, needs=RUNS),),
    ),
    _flux(
        "source",
        "helmrepositories",
        "helm-repositories",
        "helm-repository",
        {"url": "spec.url"},
        _URL,
        aliases=("helmrepo",),
    ),
    _flux(
        "source",
        "helmcharts",
        "helm-charts",
        "helm-chart",
        {"chart": "spec.chart", "revision": "status.artifact.revision"},
        Column(heading="CHART", value=lambda row: row.chart, most=30),
        _REVISION,
        aliases=("hc",),
    ),
    _flux(
        "kustomize",
        "kustomizations",
        "kustomizations",
        "kustomization",
        {"revision": "status.lastAppliedRevision", "path": "spec.path"},
        Column(heading="PATH", value=lambda row: row.path),
        _REVISION,
        aliases=("ks",),
    ),
    _flux(
        "source",
        "gitrepositories",
        "git-repositories",
        "git-repository",
        {"url": "spec.url", "revision": "status.artifact.revision"},
        _URL,
        _REVISION,
        aliases=("gitrepo",),
    ),
)


class KubeCertificate(KubeObject):
    """A certificate that cert-manager keeps (cert-manager.io)."""

    secret: str = ""
    issuer: str = ""
    names: Any = None
    ends: Optional[str] = None
    renews: Optional[str] = None
    conditions: Items = []

    def left_ms(self, known: Known) -> Optional[int]:
        """Return how long it still holds, in ms."""
        ends = instant_ms(self.ends)
        return None if ends is None else ends - known.now_ms


def _certificate_look(row: KubeCertificate, known: Known) -> Look:
    ready = conditions(row.conditions).get("Ready") or {}
    left = row.left_ms(known)
    if left is not None and left <= 0:
        return bad(f"expired {span(-left)} ago")
    if ready.get("status") == "False":
        return bad(f"{ready.get('reason')}: {ready.get('message')}")
    renews = instant_ms(row.renews)
    if left is not None and left < SOON_MS and renews is not None and renews < known.now_ms:
        return warned(f"ends in {span(left)}, and should have been renewed")
    return goes(row, known) or WELL


def _left(row: KubeCertificate, known: Known) -> Optional[str]:
    left = row.left_ms(known)
    return None if left is None else span(left) if left > 0 else "expired"


KUBE_CERTIFICATES: Kind[KubeCertificate] = declared(
    "kube-certificates",
    "kube-certificate",
    KubeCertificate,
    Kube(
        group="cert-manager.io",
        version="",
        plural="certificates",
        keep={
            "secret": "spec.secretName",
            "issuer": "spec.issuerRef.name",
            "names": "spec.dnsNames",
            "ends": "status.notAfter",
            "renews": "status.renewalTime",
            "conditions": _CONDITIONS,
        },
    ),
    (
        Column(
            heading="ENDS IN", joined=_left, order=lambda row, known: row.left_ms(known), right=True
        ),
        Column(heading="ISSUER", value=lambda row: row.issuer),
        Column(heading="SECRET", value=lambda row: row.secret, most=30),
        Column(heading="NAMES", value=lambda row: ", ".join(row.names or ()), most=50, wide=True),
    ),
    look=_certificate_look,
    aliases=("cert-manager", "certificates.cert-manager.io"),
)

RECONCILED: Tuple[Kind[Any], ...] = (*FLUX, KUBE_CERTIFICATES)
