"""What is changed of an application's charts: the user's values, and whether one is installed."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple
from urllib.parse import quote

from pydantic import Field

from backend.edits import TextForm
from backend.errors import Refused
from backend.kind import Action, Consequence, Json, Plan, RestWrite, Risk
from backend.kinds.application_values import Chart, cell, flat, overrides_of, values_of
from backend.known import Known
from backend.reason import Reason
from backend.tone import Tone
from backend.whole import as_yaml, difference, from_yaml, rebased

# Until this release one word says what becomes of the user's values, from it on two flags.
FLAGS_SINCE = (26, 9)


# What the consequences say already, and may hold passwords.
UNSAID: Dict[str, Any] = {"secret": True, "unsaid": True}


class OverridesForm(TextForm):
    """The user's values as they are to be, and as they were when the text was opened: YAML."""

    values: str = Field(default="", examples=["replicas: 1"], json_schema_extra=UNSAID)
    before: str = Field(default="", json_schema_extra=UNSAID)

    @classmethod
    def begins(cls, row: Chart, known: Known) -> str:
        """Return the user's values as they are now."""
        found = overrides_of(row, known)
        return (found.user_overrides if found is not None else None) or ""

    @classmethod
    def of(cls, row: Chart, known: Known, text: str) -> OverridesForm:
        """Return the form of edited values; raises ``Refused`` that says the line."""
        found = overrides_of(row, known)
        if found is None:
            raise Refused("the values that are there were not read: nothing to compare with")
        said = _typed(text)
        if said == values_of(found.user_overrides):
            raise Refused("the text says what is there already: nothing is changed")
        return cls(
            values=as_yaml(said) if said else "",
            before=found.user_overrides or "",
        )

    def lines(self, row: Chart, known: Known) -> List[str]:
        """Return what would be in force otherwise than now."""
        return difference(*_in_force(row, self.values, known))


def _in_force(row: Chart, values: str, known: Known) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """Return what is in force now, and what would be with the user's values of a text."""
    found = overrides_of(row, known)
    if found is None:
        return {}, values_of(values)
    system = values_of(found.system_overrides)
    return values_of(found.combined_overrides), dict(rebased({}, values_of(values), system))


def _typed(text: str) -> Dict[str, Any]:
    lines = [line for line in text.splitlines() if line.split("#")[0].strip()]
    return dict(from_yaml(text)) if lines else {}


def _path(row: Chart) -> str:
    name, namespace = quote(row.name, safe=""), quote(row.namespace, safe="")
    return f"/helm_charts/{quote(row.app, safe='')}?name={name}&namespace={namespace}"


def _kept(known: Known, *, is_kept: bool) -> Dict[str, Json]:
    """Return what says whether the user's values stay, as this release of sysinv takes it."""
    system = next(iter(known.rows("system")), None)
    parts = str(getattr(system, "software_version", "") or "").split(".")
    version = tuple(int(part) for part in parts if part.isdigit())
    if version >= FLAGS_SINCE:
        # Left out they would be dropped, even where only the chart is enabled.
        flags: Json = {
            "reuse_values": is_kept,
            "reset_values": not is_kept,
            "reapply": False,
            "reapply_all": False,
        }
        return {"flags": flags}
    return {"flag": None if is_kept else "reset"}


def _overridden(row: Chart, form: OverridesForm, known: Known) -> Plan:
    where = (row.app, row.name, row.namespace)
    if not form.values:
        return Plan.of(
            RestWrite(
                service="sysinv",
                method="DELETE",
                path=_path(row),
                command=("system", "helm-override-delete", *where),
                sentence=f"the user's values of {row.name} are dropped",
            )
        )
    values: Json = {"files": [form.values], "set": []}
    return Plan.of(
        RestWrite(
            service="sysinv",
            method="PATCH",
            path=_path(row),
            body={**_kept(known, is_kept=False), "values": values, "attributes": {}},
            command=("system", "helm-override-update", "--values", "FILE", *where),
            sentence=f"the user's values of {row.name} are replaced by the text",
            secret=frozenset({"files"}),
        )
    )


def _changes(row: Chart, form: OverridesForm, known: Known) -> Tuple[Consequence, ...]:
    old, new = (dict(flat(side)) for side in _in_force(row, form.values, known))
    said = [
        Consequence(words=f"{key}: {cell(key, old)} -> {cell(key, new)}")
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    ]
    more = len(said) - 10
    rest = (Consequence(words=f"and {more} more values"),) if more > 0 else ()
    return (*said[:10], *rest, *_waits())


def _waits() -> Tuple[Consequence, ...]:
    return (Consequence(words="it is held until the application is applied: apply rolls it out"),)


def _same_still(row: Chart, form: OverridesForm, known: Known) -> Tuple[Reason, ...]:
    check = "nobody changed them meanwhile"
    found = overrides_of(row, known)
    if found is None:
        return (Reason.cant_tell(check, "its values were not read"),)
    if (found.user_overrides or "") == form.before:
        return (Reason.passes(check),)
    return (Reason.no(check, "the user's values are others than when the text was opened"),)


def _switched(*, is_on: bool) -> Action[Chart]:
    verb = "enable" if is_on else "disable"

    def plan(row: Chart, _form: Any, known: Known) -> Plan:
        word = "true" if is_on else "false"
        body = {**_kept(known, is_kept=True), "values": {}, "attributes": {"enabled": word}}
        where = (row.app, row.name, row.namespace)
        write = RestWrite(
            service="sysinv",
            method="PATCH",
            path=_path(row),
            body=body,
            command=("system", "helm-chart-attribute-modify", "--enabled", word, *where),
            sentence=f"{row.name} of {row.app} is {verb}d",
        )
        return Plan.of(write)

    def stops(row: Chart, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
        words = f"{row.name} is removed when {row.app} is applied next"
        return _waits() if is_on else (Consequence(words=words, tone=Tone.BAD),)

    return Action(
        name=verb,
        key="E" if is_on else "D",
        words="Enable the chart" if is_on else "Disable the chart",
        plan=plan,
        risk=lambda _row, _form, _known: Risk.HARMLESS if is_on else Risk.DISRUPTIVE,
        consequences=stops,
        needs=("system",),
        hidden=lambda row, _known: row.is_enabled is is_on,
    )


OVERRIDE: Action[Chart] = Action(
    name="override",
    key="O",
    words="Override its values",
    plan=_overridden,
    risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
    form=OverridesForm,
    reasons=_same_still,
    consequences=_changes,
    needs=("system", "helm-overrides"),
    is_edit=True,
)


CHART_ACTS: Tuple[Action[Chart], ...] = (
    OVERRIDE,
    _switched(is_on=True),
    _switched(is_on=False),
)
