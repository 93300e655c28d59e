"""An application brought to another version, its users' values kept or not: what is sent, its end.

sysinv shows the new version at once, ``updating``; where that fails it goes back by itself and is
``applied`` again, in the old one: only ``progress`` says that it failed.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.cves import is_before
from backend.figure import Jump
from backend.kind import Action, Consequence, Form, Json, Plan, RestWrite, Risk, Rung
from backend.kinds.application_packages import APPLICATION_PACKAGES, ENDS, newer, version_in
from backend.kinds.application_values import flat, overrides_of, values_of
from backend.known import Known
from backend.reason import Reason
from backend.tone import Tone

Kept = Literal["yes", "no", "by-package"]
# What sysinv is told; nothing said leaves it to the package's own metadata.
_SENT: Dict[str, Optional[str]] = {"yes": "true", "no": "false", "by-package": None}
_TAKES = "applied"
# What its progress says at the end, after which it is applied either way.
_WELL, _ILL = "completed", "aborted"
# What stands for a package where none was said and none is newer: it is no path, so none is sent.
_UNSAID = "PACKAGE"
_UNDER_WAY = ("updating", "update-starting", "recovering")


class UpdateForm(Form):
    """The package of the version it is to have, and what of the users' settings stays."""

    tarfile: str = Field(
        default="",
        description="its path on the active controller; empty: the newer one of the release",
    )
    reuse_user_overrides: Kept = Field(
        default="yes",
        description="whether Helm values that users gave stay; by-package: as its metadata says",
    )
    reuse_attributes: Kept = Field(
        default="yes",
        description="whether charts that were disabled stay so; by-package: as its metadata says",
    )


def _path(row: Any, form: UpdateForm, known: Known) -> str:
    found = newer(row.name, row.app_version or "", known)
    return form.tarfile or (found.path if found is not None else _UNSAID)


def _plan(row: Any, form: UpdateForm, known: Known) -> Plan:
    path = _path(row, form, known)
    body: Dict[str, Json] = {"name": row.name, "tarfile": path}
    words = ["system", "application-update", "-n", row.name]
    for field in ("reuse_user_overrides", "reuse_attributes"):
        sent = _SENT[getattr(form, field)]
        if sent is not None:
            body[field] = sent
            words += [f"--{field.replace('_', '-')}", sent]
    version = version_in(path, row.name)
    write = RestWrite(
        service="sysinv",
        method="POST",
        path="/apps/update",
        body=body,
        command=(*words, path),
        sentence=f"update {row.name}{f' to {version}' if version else f' from {path}'}",
    )
    return Plan.of(write)


# --- what forbids it ---------------------------------------------------------------------------


def _reasons(row: Any, form: UpdateForm, known: Known) -> Tuple[Reason, ...]:
    return (_is_applied(row), _is_package(row, form, known), _is_another(row, form, known))


def _is_applied(row: Any) -> Reason:
    check = "it is applied"
    if row.status == _TAKES:
        return Reason.passes(check)
    words = f"it is {row.status}, and an update is taken where it is {_TAKES}"
    return Reason.no(check, words, Jump(kind="applications", id=row.name))


def _is_package(row: Any, form: UpdateForm, known: Known) -> Reason:
    check, path = "its package is a file of the active controller", _path(row, form, known)
    if path.startswith("/") and path.endswith(ENDS):
        return Reason.passes(check)
    if form.tarfile:
        return Reason.no(check, f"{form.tarfile} is no path of a .tgz or .tar.gz there")
    reading = known.reading(APPLICATION_PACKAGES.name)
    why = "the release brings none that is newer"
    if not reading.was_read:
        why = f"which the release brings {_unread(reading)}"
    return Reason.no(check, f"{why}: give the path of one")


def _unread(reading: Any) -> str:
    return f"is not told: {reading.error.words}" if reading.error is not None else "was not read"


def _is_another(row: Any, form: UpdateForm, known: Known) -> Reason:
    check = "it is another version"
    version = version_in(_path(row, form, known), row.name)
    if not version:
        return Reason.cant_tell(check, "its file's name does not say: sysinv looks into it")
    if version == row.app_version:
        return Reason.no(check, f"{version} is what is applied already")
    return Reason.passes(check)


# --- what comes of it --------------------------------------------------------------------------


def _consequences(row: Any, form: UpdateForm, known: Known) -> Tuple[Consequence, ...]:
    version = version_in(_path(row, form, known), row.name)
    said = [Consequence(words=f"{row.name} {row.app_version} -> {version or '?'}: its pods roll")]
    if version and is_before(version, row.app_version or ""):
        said.append(Consequence(words="that is an OLDER version than it has", tone=Tone.WARN))
    said += _of_values(row, form.reuse_user_overrides, known)
    said += _of_disabled(row, form.reuse_attributes, known)
    back = f"if it fails sysinv goes back to {row.app_version} by itself"
    return (*said, Consequence(words=back))


def _of_values(row: Any, kept: str, known: Known) -> Iterator[Consequence]:
    """Yield what becomes of the users' values, chart by chart."""
    unread = [chart.name for chart in _charts(row, known) if overrides_of(chart, known) is None]
    if unread or not known.reading("charts", row.name).was_read:
        named = f" of {', '.join(unread)}" if unread else ""
        words = f"the users' values{named} were not read: {_becomes(kept)} if there are any"
        yield Consequence(words=words, tone=_tone(kept))
    for chart in _charts(row, known):
        found = overrides_of(chart, known)
        count = len(list(flat(values_of(found.user_overrides)))) if found is not None else 0
        if count:
            few = "value" if count == 1 else "values"
            words = f"{count} {few} that users gave {chart.name}: {_becomes(kept)}"
            yield Consequence(words=words, tone=_tone(kept), jump=_jump(chart))


def _of_disabled(row: Any, kept: str, known: Known) -> Iterator[Consequence]:
    for chart in _charts(row, known):
        if not chart.is_enabled:
            words = f"chart {chart.name} is disabled: {_becomes(kept)}"
            yield Consequence(words=words, tone=_tone(kept), jump=_jump(chart))


def _charts(row: Any, known: Known) -> Tuple[Any, ...]:
    return known.rows("charts", of=row.name)


def _jump(chart: Any) -> Jump:
    return Jump(kind="charts", id=chart.key)


def _becomes(kept: str) -> str:
    return {"yes": "kept", "no": "DROPPED", "by-package": "as the package says (unsaid: dropped)"}[
        kept
    ]


def _tone(kept: str) -> Tone:
    return {"yes": Tone.PLAIN, "no": Tone.BAD}.get(kept, Tone.WARN)


# --- how it ends -------------------------------------------------------------------------------


def _is_done(row: Any, _known: Known) -> bool:
    """Whether sysinv says so: by the version alone it looks done from the first moment on."""
    progress = (row.progress or "") if row is not None else ""
    return bool(progress) and row.status == _TAKES and "update" in progress and _WELL in progress


def _has_begun(row: Any, known: Known) -> bool:
    return row is not None and (row.status in _UNDER_WAY or _is_done(row, known))


def _ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    end = Rung[Any](
        name="applied in its new version", reached=_is_done, says="applied", settles=True
    )
    return (Rung(name="sysinv works it off", reached=_has_begun, says="updating"), end)


def gave_up(row: Any, _known: Known) -> str:
    """Return how sysinv says that an update failed, "" where it did not."""
    status, progress = row.status or "", row.progress or ""
    if status.endswith("-failed"):
        return f"{status}: {progress or 'no word why'}"
    return progress if status == _TAKES and _ILL in progress else ""


UPDATE: Action[Any] = Action(
    name="update",
    key="P",
    words="Update",
    plan=_plan,
    risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
    form=UpdateForm,
    reasons=_reasons,
    consequences=_consequences,
    needs=(APPLICATION_PACKAGES.name, "helm-overrides"),
    own_needs=("charts",),
    ladder=_ladder,
    failed=gave_up,
    aliases=("application-update",),
)
