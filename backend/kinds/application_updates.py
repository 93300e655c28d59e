"""Which applications have a newer version than runs: what runs beside what the release brought."""

from __future__ import annotations

from typing import Iterable, List, Optional

from backend.figure import Jump, Line, Lines
from backend.kind import Body, Column, Derived, Kind, Row
from backend.kinds.application_looks import look
from backend.kinds.application_packages import APPLICATION_PACKAGES, newer, shelved
from backend.kinds.application_update import UPDATE, gave_up
from backend.kinds.applications import APPLICATIONS
from backend.known import Known
from backend.tone import Look, Mark, Tone, Verdict

EVERY_S = 60.0


class ApplicationUpdate(Row):
    """An application, what it runs, and the package of it that the release brought, if any."""

    name: str
    app_version: Optional[str] = None
    status: Optional[str] = None
    progress: Optional[str] = None
    brought: str = ""
    newer: str = ""
    path: str = ""


def _rows(known: Known) -> Iterable[Body]:
    for app in known.rows(APPLICATIONS.name):
        found = shelved(app.name, known)
        better = newer(app.name, app.app_version or "", known)
        yield {
            "name": app.name,
            "app_version": app.app_version,
            "status": app.status,
            "progress": app.progress,
            "brought": found.version if found is not None else "",
            "newer": better.version if better is not None else "",
            "path": found.path if found is not None else "",
        }


def _look(row: ApplicationUpdate, known: Known) -> Look:
    stands = look(row, known)
    failed = gave_up(row, known)
    if stands.mark is Mark.NONE and failed:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(failed,))
    if stands.mark is not Mark.NONE or not row.newer:
        return stands
    return Look(tone=Tone.WARN, mark=Mark.NEW)


def _strip(row: ApplicationUpdate, known: Known) -> Lines:
    of = Jump(kind=APPLICATIONS.name, id=row.name)
    lines: List[Line] = [Line(heading="RUNS", text=f"{row.app_version}, {row.status}", jump=of)]
    if row.brought:
        lines.append(Line(heading="BROUGHT", text=row.path))
    if row.progress and row.progress != "completed":
        lines.append(Line(heading="SAYS", text=row.progress))
    lines.append(Line(heading="NEXT", text=_next(row, known)))
    return Lines(lines=tuple(lines))


def _next(row: ApplicationUpdate, known: Known) -> str:
    if row.newer and row.status == "applied":
        return f"a, Update: to {row.newer}; asks whether what users set is kept"
    if row.newer:
        return f"an update is taken where it is applied: it is {row.status} (Enter, a)"
    if row.brought:
        return "nothing: it is what the release brought, or newer"
    error = known.reading(APPLICATION_PACKAGES.name).error
    if error is not None:
        return f"what the release brings is not told: {error.words}"
    if not known.has(APPLICATION_PACKAGES.name):
        return "what the release brings was not read yet"
    return "the release brings none of it: a, Update, with the path of a package"


def verdict(known: Known) -> Verdict:
    """Return which applications have a newer version."""
    packages = known.reading(APPLICATION_PACKAGES.name)
    if not packages.was_read:
        why = packages.error.words if packages.error is not None else "not read yet"
        text = f"tell which are newer: {why}"
        return Verdict(word="CANNOT", text=text, more=_BY_HAND, tone=Tone.WARN)
    apps = known.reading(APPLICATIONS.name)
    if not apps.was_read:
        why = apps.error.words if apps.error is not None else "not read yet"
        return Verdict(word="CANNOT", text=f"tell which run: {why}", more=_BY_HAND, tone=Tone.WARN)
    rows = known.rows("application-updates")
    newer = sum(bool(row.newer) for row in rows)
    if not newer:
        return Verdict(word="WELL", text="no application has a newer version in this release.")
    have = "has a newer version" if newer == 1 else "have newer versions"
    text = f"{newer} of {len(rows)} applications {have} in this release."
    return Verdict(word="NEWER", text=text, more=_BY_ITSELF, tone=Tone.WARN)


_BY_HAND = "Update all the same: a, Update, and the path of its package."
_BY_ITSELF = "sysinv updates its own by itself, but not again to one that failed once."


APPLICATION_UPDATES: Kind[ApplicationUpdate] = Kind(
    name="application-updates",
    singular="application-update",
    model=ApplicationUpdate,
    read=Derived(rows=_rows),
    needs=(APPLICATIONS.name, APPLICATION_PACKAGES.name),
    id=lambda row: row.name,
    label=lambda row: row.name,
    columns=(
        Column(heading="NAME", value=lambda row: row.name, most=30),
        Column(heading="RUNS", value=lambda row: row.app_version, most=16),
        Column(heading="NEWER", value=lambda row: row.newer or None, most=16),
        Column(heading="STATUS", value=lambda row: row.status),
        Column(heading="BROUGHT", value=lambda row: row.brought or None, most=16, wide=True),
    ),
    look=_look,
    strip=_strip,
    verdict=verdict,
    sort=lambda row, _known: (not row.newer, row.name),
    state_fields=("newer", "status"),
    actions=(UPDATE,),
    jump=lambda row, _known: Jump(kind=APPLICATIONS.name, id=row.name),
    aliases=("app-updates",),
    is_inventory=False,
    every_s=EVERY_S,
)
