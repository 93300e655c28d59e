"""Helm's own record of its releases: a secret for each revision, most of it told by its labels."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Tuple

from backend.kind import (
    Action,
    Body,
    Column,
    Derived,
    Kind,
    Kube,
    KubeWhole,
    KubeWrite,
    Plan,
    Risk,
    Row,
)
from backend.kinds.kube_object import bad, busy
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

TYPE = "helm.sh/release.v1"
_SECRETS = Kube(plural="secrets")
# Values may hold passwords, and so may what was made of them.
# More than any release has revisions.
_FAR = 1_000_000
HIDDEN = frozenset({"values", "manifest"})


class Revision(Row):
    """One revision of a release of Helm; ``modified`` is epoch s, as Helm's label says it."""

    uid: str
    release: str
    namespace: str
    secret: str
    revision: int
    status: str = ""
    modified: Optional[int] = None
    is_last: bool = False

    @property
    def full_name(self) -> str:
        """As people say it: ``namespace/release``, with the revision."""
        return f"{self.namespace}/{self.release}.v{self.revision}"


def revisions(known: Known) -> Iterable[Body]:
    """Return the revisions of all releases, of each the last first."""
    found: List[Dict[str, Any]] = []
    for one in known.rows("secrets"):
        labels = one.labels
        number = str(labels.get("version") or "")
        if one.type != TYPE or labels.get("owner") != "helm" or not number.isdigit():
            continue
        stamp = str(labels.get("modifiedAt") or labels.get("createdAt") or "")
        found.append(
            {
                "uid": one.uid,
                "release": str(labels.get("name")),
                "namespace": one.namespace,
                "secret": one.name,
                "revision": int(number),
                "status": str(labels.get("status") or ""),
                "modified": int(stamp) if stamp.isdigit() else None,
            }
        )
    found.sort(key=lambda body: (body["namespace"], body["release"], -body["revision"]))
    last = ("", "")
    for body in found:
        name = (body["namespace"], body["release"])
        body["is_last"], last = name != last, name
    return found


def _others(row: Revision, known: Known) -> Tuple[Revision, ...]:
    """Return the other revisions of its release: the one before it first, then the others."""
    mine = (row.namespace, row.release)
    others = [
        one
        for one in known.rows("helm-revisions")
        if (one.namespace, one.release) == mine and one.uid != row.uid
    ]
    return tuple(sorted(others, key=lambda one: (row.revision - one.revision) % _FAR))


def _look(row: Revision, _known: Known) -> Look:
    if not row.is_last:
        return Look(tone=Tone.PLAIN)
    if row.status.startswith("pending"):
        return busy(f"{row.status}: helm is at it, or was killed: then a rollback frees it")
    if row.status in ("failed", "uninstalling", "unknown"):
        return bad(f"its last revision is {row.status}; y says why")
    return WELL if row.status == "deployed" else Look(mark=Mark.OUT, notes=(row.status,))


def _age(row: Revision, known: Known) -> Optional[int]:
    return None if row.modified is None else known.now_ms - row.modified * 1000


def _ago(row: Revision, known: Known) -> Optional[str]:
    ms = _age(row, known)
    return None if ms is None else span(ms)


def _reveal(row: Revision, _form: Any, _known: Known) -> Plan:
    write = KubeWrite(
        method="GET",
        path=_SECRETS.path(row.namespace, row.secret),
        command=("helm", "-n", row.namespace, "get", "values", row.release),
        sentence=f"the values of {row.full_name} are shown",
    )
    return Plan.of(write)


HELM: Kind[Revision] = Kind(
    name="helm-revisions",
    singular="helm-revision",
    model=Revision,
    read=Derived(rows=revisions),
    id=lambda row: row.uid,
    label=lambda row: row.full_name,
    columns=(
        Column(heading="RELEASE", value=lambda row: f"{row.namespace}/{row.release}", most=44),
        Column(heading="REVISION", value=lambda row: row.revision, right=True),
        Column(heading="STATUS", value=lambda row: row.status, most=18),
        Column(heading="CHANGED", joined=_ago, order=_age, right=True),
    ),
    look=_look,
    actions=(
        Action(
            name="reveal",
            key="V",
            words="Show its values",
            plan=_reveal,
            risk=lambda _row, _form, _known: Risk.HARMLESS,
        ),
    ),
    whole=lambda row: KubeWhole(
        path=_SECRETS.path(row.namespace, row.secret), secret=HIDDEN, is_helm=True
    ),
    twins=_others,
    aliases=("helm", "helm-history"),
    needs=("secrets",),
    is_inventory=False,
)
