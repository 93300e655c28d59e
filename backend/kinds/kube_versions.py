"""The versions of Kubernetes that this release of the platform knows."""

from __future__ import annotations

from typing import Optional

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.inventory import NOISE
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

EVERY_S = 60.0


class KubeVersion(Row):
    """A version of Kubernetes that this release of the platform knows; it has no uuid."""

    version: str
    target: Optional[bool] = None
    state: Optional[str] = None


def _version_look(row: KubeVersion, _known: Known) -> Look:
    if row.state == "partial":
        words = "some hosts run it and others do not yet"
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))
    if row.state == "active":
        return WELL
    return Look(mark=Mark.OUT if row.state == "unavailable" else Mark.NONE)


KUBE_VERSIONS: Kind[KubeVersion] = Kind(
    name="kube-versions",
    singular="kube-version",
    model=KubeVersion,
    read=Rest(service="sysinv", path="/kube_versions", items="kube_versions"),
    id=lambda row: row.version,
    columns=(
        Column(heading="VERSION", value=lambda row: row.version),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="TARGET", value=lambda row: "yes" if row.target else "no"),
    ),
    look=_version_look,
    state_fields=("state", "target"),
    aliases=("kube_versions",),
    noise=NOISE,
    every_s=EVERY_S,
)
