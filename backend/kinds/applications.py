"""Applications of the platform, as sysinv has them."""

from __future__ import annotations

from typing import Optional

from backend.figure import Tree
from backend.kind import Column, Kind, Rest, Row, Tab
from backend.kinds.application_acts import APPLICATION_ACTS
from backend.kinds.application_looks import look, strip, verdict
from backend.kinds.inventory import NOISE
from backend.known import Known

EVERY_S = 15.0


class Application(Row):
    """An application of the platform; its name is its key, it has no uuid."""

    name: str
    app_version: Optional[str] = None
    status: Optional[str] = None
    progress: Optional[str] = None
    active: Optional[bool] = None


# What an application's tree is made of, in the cluster.
_TREE = (
    *("helm-releases", "deployments", "statefulsets", "daemonsets", "jobs"),
    *("pods", "nodes", "claims", "kube-events"),
)


def _tree(row: Application, known: Known) -> Tree:
    # The cluster's kinds are many: they are loaded when somebody looks at this.
    from backend.kinds.kube_trees import of_application

    return of_application(row, known)


APPLICATIONS: Kind[Application] = Kind(
    name="applications",
    singular="application",
    model=Application,
    read=Rest(service="sysinv", path="/apps", items="apps"),
    id=lambda row: row.name,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="VERSION", value=lambda row: row.app_version),
        Column(heading="STATUS", value=lambda row: row.status),
        Column(heading="PROGRESS", value=lambda row: row.progress, most=48, wide=True),
    ),
    look=look,
    strip=strip,
    verdict=verdict,
    needs=("alarms",),
    state_fields=("status",),
    actions=APPLICATION_ACTS,
    tabs=(
        Tab(
            key="t",
            title="Tree",
            figure=_tree,
            needs=_TREE,
            under=lambda row, _known: (("charts", row.name),),
        ),
    ),
    aliases=("apps", "app"),
    noise=NOISE,
    every_s=EVERY_S,
)
