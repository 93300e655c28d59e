"""What containers that end again and again wrote last: their last lines, read before one asks."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from pydantic import Field

from backend.figure import Jump
from backend.kind import Column, Kind, Row
from backend.kinds.kube_pod import Pod
from backend.kinds.once import once
from backend.known import Known
from backend.kube import Ended, LastWords, PodLog
from backend.tone import Look, Mark

NAME = "last-lines"
# Containers that are asked for, and lines of each.
MOST, LINES = 12, 3


class LastLines(Row):
    """The last lines of one container's last run, the last of them last."""

    id: str
    pod: str
    namespace: str
    name: str
    container: str
    lines: List[str] = Field(default_factory=list)
    trouble: str = ""

    @property
    def last(self) -> str:
        """The last line that says something."""
        return next((line for line in reversed(self.lines) if line.strip()), "")


def crashing(known: Known) -> Iterator[Ended]:
    """Yield the containers that wait for their next start, and which run of each was the last."""
    from backend.kinds.kube_unwell import tally

    found = 0
    for pod in tally(known.rows("pods")).suspects:
        for one in (*pod.init_statuses, *pod.statuses):
            waits = (one.get("state") or {}).get("waiting") or {}
            if waits.get("reason") != "CrashLoopBackOff" or found >= MOST:
                continue
            found += 1
            name = str(one.get("name"))
            log = PodLog(namespace=pod.namespace, pod=pod.name, container=name, tail=LINES)
            yield Ended(log=log, pod=pod.uid, run=int(one.get("restartCount") or 0))


@once
def _by_pod(rows: Tuple[LastLines, ...]) -> Dict[str, LastLines]:
    return {row.pod: row for row in rows if row.last}


def last_line(pod: Pod, known: Known) -> str:
    """Return the last line that a pod's container wrote before it ended, "" where none is known."""
    row = _by_pod(known.rows(NAME)).get(pod.uid)
    return "" if row is None else row.last


def _look(row: LastLines, _known: Known) -> Look:
    if row.trouble:
        return Look(mark=Mark.UNKNOWN, notes=(row.trouble,))
    return Look(notes=tuple(row.lines[-LINES:-1]))


LAST_LINES: Kind[LastLines] = Kind(
    name=NAME,
    singular="last-line",
    model=LastLines,
    read=LastWords(of=crashing),
    id=lambda row: row.id,
    label=lambda row: f"{row.namespace}/{row.name}/{row.container}",
    columns=(
        Column(heading="POD", value=lambda row: f"{row.namespace}/{row.name}", most=44),
        Column(heading="CONTAINER", value=lambda row: row.container, most=24),
        Column(heading="LAST LINE", value=lambda row: row.last, most=120),
    ),
    look=_look,
    jump=lambda row, _known: Jump("pods", row.pod),
    needs=("pods",),
    aliases=("last-words",),
    every_s=5.0,
    is_inventory=False,
)

LAST: Tuple[Kind[Any], ...] = (LAST_LINES,)
