"""The charts of applications, and the values that override theirs."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Reach, Rest, Tab
from backend.kinds.application_overrides import CHART_ACTS
from backend.kinds.application_values import Chart, Overrides, flat, side_by_side, values_of
from backend.known import Known
from backend.tone import WELL, Look, Mark


def _look(row: Chart, _known: Known) -> Look:
    return WELL if row.is_enabled else Look(mark=Mark.OUT, notes=("disabled: not installed",))


CHARTS: Kind[Chart] = Kind(
    name="charts",
    singular="chart",
    model=Chart,
    read=Rest(service="sysinv", path="/helm_charts?app_name={parent}", items="charts", mine="app"),
    parent="applications",
    reach=Reach.PER_PARENT,
    tab="h Charts",
    id=lambda row: row.key,
    label=lambda row: row.name,
    columns=(
        Column(heading="CHART", value=lambda row: row.name, most=40),
        Column(heading="APPLICATION", value=lambda row: row.app, most=32),
        Column(heading="NAMESPACE", value=lambda row: ", ".join(row.namespaces), most=30),
        Column(heading="ENABLED", value=lambda row: "yes" if row.is_enabled else "no"),
    ),
    look=_look,
    tabs=(
        Tab(
            key="o",
            title="Overrides",
            figure=side_by_side,
            under=lambda row, _known: (("helm-overrides", row.key),),
        ),
    ),
    actions=CHART_ACTS,
    aliases=("helm-override-list",),
    every_s=30.0,
)
_VALUES = frozenset({"system_overrides", "user_overrides", "combined_overrides"})
OVERRIDES: Kind[Overrides] = Kind(
    name="helm-overrides",
    singular="helm-override",
    model=Overrides,
    read=Rest(service="sysinv", path="/helm_charts/{0}?name={1}&namespace={2}", mine="of"),
    parent="charts",
    reach=Reach.PER_PARENT,
    id=lambda row: row.of,
    label=lambda row: row.name,
    columns=(
        Column(heading="CHART", value=lambda row: row.name, most=40),
        Column(heading="NAMESPACE", value=lambda row: row.namespace, most=30),
        Column(heading="SYSTEM", value=lambda row: _count(row.system_overrides), right=True),
        Column(heading="USER", value=lambda row: _count(row.user_overrides), right=True),
    ),
    secret=_VALUES,
    every_s=30.0,
    is_inventory=False,
)


def _count(text: Optional[str]) -> int:
    return len(list(flat(values_of(text))))


APPLICATION_CHARTS: Tuple[Kind[Any], ...] = (CHARTS, OVERRIDES)
