"""What the system says of its own health, whole and check by check."""

from __future__ import annotations

import re

from backend.figure import Line, Lines
from backend.kind import Column, Kind, Rest, Row
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

SLOWLY_S = 60.0

_FAILS = re.compile(r"^(.*?):\s*\[Fail\]", re.MULTILINE)
_CHECK = re.compile(r"\[(?:OK|Fail)\]")


class Health(Row):
    """What the system says of its own health: one text, which is the whole answer."""

    value: str

    @property
    def failing(self) -> tuple[str, ...]:
        """The checks that fail, in the service's words."""
        return tuple(found.strip() for found in _FAILS.findall(self.value))

    @property
    def checks(self) -> int:
        """How many checks the text speaks of."""
        return len(_CHECK.findall(self.value))


def _health_look(row: Health, _known: Known) -> Look:
    if not row.failing:
        return WELL
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=row.failing)


def _health_strip(row: Health, _known: Known) -> Lines:
    return Lines(lines=tuple(Line(text=line) for line in row.value.splitlines()))


HEALTH: Kind[Health] = Kind(
    name="health",
    singular="health",
    model=Health,
    read=Rest(service="sysinv", path="/health"),
    id=lambda _row: "health",
    columns=(
        Column(heading="CHECKS", value=lambda row: row.checks, right=True),
        Column(heading="FAIL", value=lambda row: len(row.failing), right=True),
        Column(heading="FIRST", value=lambda row: next(iter(row.failing), None), most=56),
    ),
    look=_health_look,
    strip=_health_strip,
    aliases=("health-query",),
    # The service asks every host and Kubernetes for it.
    every_s=SLOWLY_S,
)
