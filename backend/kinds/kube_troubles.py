"""Troubles: the screen that answers whether the cluster is well, only of what is wrong."""

from __future__ import annotations

from typing import Any, Optional, Set, Tuple

from backend.figure import Jump, Line, Lines
from backend.kind import Column, Derived, Kind
from backend.kinds import kube_away
from backend.kinds.applications import APPLICATIONS
from backend.kinds.kube_events import events_of
from backend.kinds.kube_last import LAST_LINES
from backend.kinds.kube_object import KubeObject
from backend.kinds.kube_pod import Pod
from backend.kinds.kube_unwell import TroubleRow, troubles
from backend.kinds.kube_verdict import summary, verdict
from backend.kinds.machine_containers import CRI_CONTAINERS, CriContainer
from backend.known import Known
from backend.streams import Logs
from backend.tone import Look, Mark, Tone
from backend.units import span

NEEDS = (
    *("pods", "nodes", "deployments", "statefulsets", "daemonsets", "jobs"),
    *("claims", "volumes", "storage-classes", "kube-events", "api-services", "applications"),
    *("helm-releases", "kube-certificates", "cluster-health"),
)
# What is looked at too, and waited for by nobody: the platform's own, and last lines of logs.
BESIDE = ("hosts", "alarms", "platform-certificates", LAST_LINES.name)


def _look(row: TroubleRow, _known: Known) -> Look:
    notes = tuple(filter(None, (row.why, f'"{row.said}"' if row.said else "")))
    mark = Mark.NONE if row.kind == "kube-events" else Mark.BAD
    return Look(tone=Tone(row.tone), mark=mark, notes=notes)


def _lasts(row: TroubleRow, known: Known) -> Optional[int]:
    return None if row.since is None else known.now_ms - row.since


def _for(row: TroubleRow, known: Known) -> Optional[str]:
    lasts = _lasts(row, known)
    return None if lasts is None else span(lasts)


def strip(row: TroubleRow, known: Known) -> Lines:
    """Return what else is known of it: where it runs, and what was said of it."""
    found, _ = known.find(row.kind, row.row_id)
    lines = [Line(heading=row.kind.upper(), text=row.name, jump=Jump(row.kind, row.row_id))]
    if isinstance(found, Pod):
        lines.append(Line(heading="ON", text=f"{found.node or 'no node'}  {found.owner}"))
    if isinstance(found, CriContainer):
        lines.append(Line(heading="IMAGE", text=found.image))
        lines.append(Line(heading="LOG", text=found.log))
    if isinstance(found, KubeObject):
        for event in events_of(found, known)[:2]:
            ago = span(known.now_ms - event.last_ms)
            lines.append(Line(heading="EVENT", text=f"{event.said} ({ago} ago)"))
    more = _more(row, found, known, {line.heading for line in lines})
    return Lines((*lines, Line(rule=True), *more) if more else tuple(lines))


def _more(row: TroubleRow, found: Any, known: Known, said: Set[str]) -> Tuple[Line, ...]:
    """Return what its own kind says of it, for a strip that has room; nothing is said twice."""
    from backend.kinds.kubernetes import BY_NAME

    kind = APPLICATIONS if row.kind == APPLICATIONS.name else BY_NAME.get(row.kind)
    if kind is None or kind.strip is None or found is None:
        return ()
    return tuple(line for line in kind.strip(found, known).lines if line.heading not in said)


def _logs(row: TroubleRow, known: Known) -> Logs:
    """Return what what is unwell writes, where it writes anything."""
    from backend.kinds.kubernetes import BY_NAME

    kinds = {**BY_NAME, CRI_CONTAINERS.name: CRI_CONTAINERS}
    kind, (found, _) = kinds.get(row.kind), known.find(row.kind, row.row_id)
    if kind is None or kind.logs is None or found is None:
        return Logs(streams=(), of=row.name)
    return kind.logs(found, known)


TROUBLES: Kind[TroubleRow] = Kind(
    name="troubles",
    singular="trouble",
    model=TroubleRow,
    read=Derived(rows=troubles, made_of=NEEDS, spare=kube_away.spare),
    id=lambda row: row.key,
    label=lambda row: row.name,
    columns=(
        Column(heading="UNWELL", value=lambda row: row.name, most=40),
        Column(heading="STATE", value=lambda row: row.state, most=24),
        Column(heading="FOR", joined=_for, order=_lasts, width=4, right=True),
        Column(heading="RESTARTS", value=lambda row: row.restarts, right=True),
    ),
    look=_look,
    strip=strip,
    summary=summary,
    verdict=verdict,
    jump=lambda row, _known: Jump(row.kind, row.row_id),
    logs=_logs,
    needs=(*NEEDS, *BESIDE),
    is_inventory=False,
)
