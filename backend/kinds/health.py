"""What the system says of its own health, whole and check by check."""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Tuple

from backend.figure import Line, Lines
from backend.kind import Body, Column, Derived, Kind, Rest, Row
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

SLOWLY_S = 60.0

_FAILS = re.compile(r"^(.*?):\s*\[Fail\]", re.MULTILINE)
_CHECK = re.compile(r"\[(?:OK|Fail)\]")


# Of whatever state a later release may think of, the word stays as it is.
_LINE = re.compile(r"^(\S.*?):\s*\[([A-Za-z][^\]]*)\]\s*$")


class Health(Row):
    """What the system says of its own health: one text, which is the whole answer."""

    value: str

    @property
    def failing(self) -> tuple[str, ...]:
        """The checks that fail, in the service's words."""
        return tuple(found.strip() for found in _FAILS.findall(self.value))

    @property
    def lines(self) -> Tuple[Tuple[str, str, str], ...]:
        """Each check as the service names it, the word of its state, and what it says of it."""
        found: List[Tuple[str, str, List[str]]] = []
        for line in self.value.splitlines():
            check = _LINE.match(line)
            if check is not None:
                found.append((check[1].strip(), check[2].strip(), []))
            elif found and line.strip():
                found[-1][2].append(line.strip())
        return tuple((name, state, "; ".join(more)) for name, state, more in found)

    @property
    def checks(self) -> int:
        """How many checks the text speaks of."""
        return len(_CHECK.findall(self.value))


def _health_look(row: Health, _known: Known) -> Look:
    if row.failing:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=row.failing)
    odd = tuple(f"{name}: {state}" for name, state, _ in row.lines if state != "OK")
    if odd or not row.lines:
        return Look(mark=Mark.UNKNOWN, notes=odd or ("no check can be read out of the report",))
    return WELL


def _health_strip(row: Health, _known: Known) -> Lines:
    return Lines(lines=tuple(Line(text=line) for line in row.value.splitlines()))


def _health(name: str, path: str, *aliases: str, is_inventory: bool = True) -> Kind[Health]:
    return Kind(
        name=name,
        singular=name,
        model=Health,
        read=Rest(service="sysinv", path=path),
        id=lambda _row: name,
        columns=(
            Column(heading="CHECKS", value=lambda row: row.checks, right=True),
            Column(heading="FAIL", value=lambda row: len(row.failing), right=True),
            Column(heading="FIRST", value=lambda row: next(iter(row.failing), None), most=56),
        ),
        look=_health_look,
        strip=_health_strip,
        aliases=aliases,
        # The service asks every host and Kubernetes for it.
        every_s=SLOWLY_S,
        is_inventory=is_inventory,
    )


HEALTH = _health("health", "/health", "health-query")
UPGRADE_HEALTH = _health(
    "upgrade-health", "/health/upgrade", "health-query-upgrade", is_inventory=False
)
KUBE_UPGRADE_HEALTH = _health(
    "kube-upgrade-health", "/health/kube-upgrade", "health-query-kube-upgrade", is_inventory=False
)


# --- check by check ----------------------------------------------------------------------------

# what is read → of what it is the health
REPORTS = {"health": "now", "upgrade-health": "upgrade", "kube-upgrade-health": "kube-upgrade"}


class HealthCheck(Row):
    """One check of a report: its name and state as the service says them, and the details."""

    report: str
    name: str
    state: str
    details: str = ""

    @property
    def is_well(self) -> bool:
        """Whether it passed."""
        return self.state == "OK"


def _checks(known: Known) -> Iterator[Body]:
    for kind, report in REPORTS.items():
        reading = known.reading(kind)
        if reading.error is not None and not reading.was_read:
            unread = {"report": report, "name": "the report", "state": "can't be read"}
            yield {**unread, "details": str(reading.error)}
        for row in reading.rows:
            for name, state, details in row.lines:
                yield {"report": report, "name": name, "state": state, "details": details}


def _check_look(row: HealthCheck, _known: Known) -> Look:
    if row.is_well:
        return WELL
    notes = (row.details,) if row.details else ()
    if row.state == "Fail":
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=notes)
    return Look(mark=Mark.UNKNOWN, notes=notes)


HEALTH_CHECKS: Kind[HealthCheck] = Kind(
    name="health-checks",
    singular="health-check",
    model=HealthCheck,
    read=Derived(rows=_checks),
    needs=tuple(REPORTS),
    id=lambda row: f"{row.report}: {row.name}",
    columns=(
        Column(heading="REPORT", value=lambda row: row.report),
        Column(heading="CHECK", value=lambda row: row.name, most=52),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="DETAILS", value=lambda row: row.details or None, most=80, wide=True),
    ),
    look=_check_look,
    state_fields=("state",),
    every_s=SLOWLY_S,
    is_inventory=False,
)

HEALTHS: Tuple[Kind[Any], ...] = (HEALTH, HEALTH_CHECKS, UPGRADE_HEALTH, KUBE_UPGRADE_HEALTH)
