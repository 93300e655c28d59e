"""Editing an object whole, and showing what is kept secret: both are deeds like any other."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, FrozenSet, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Kube, KubeWrite, Plan, Risk
from backend.known import Known
from backend.kube import MERGE, KubeWhole
from backend.whole import leaves, value_at

_NAMED = 8


class EditForm(Form):
    """What is changed of it: a merge patch, and what stood there, by path, both as JSON."""

    patch: str = Field(default="{}", description="the change, as a JSON merge patch")
    before: str = Field(default="{}", description="what is changed, as JSON by path")


class SecretEditForm(Form):
    """The same of an object that keeps secrets: neither is shown or recorded."""

    patch: str = Field(default="{}", json_schema_extra={"secret": True})
    before: str = Field(default="{}", json_schema_extra={"secret": True})


def whole_of(read: Kube, secret: FrozenSet[str] = frozenset()) -> Any:
    """Return what says where an object of ``read`` is, whole."""

    def whole(row: Any) -> KubeWhole:
        return KubeWhole(path=_path(read, row), secret=secret)

    return whole


def _path(read: Kube, row: Any) -> str:
    return replace(read, version=read.version or "*").path(row.namespace, row.name)


def editing(read: Kube, singular: str, secret: FrozenSet[str] = frozenset()) -> Action[Any]:
    """Return the action that changes an object of ``read`` as its text was edited."""

    def plan(row: Any, form: Any, _known: Known) -> Plan:
        where = ("-n", row.namespace) if row.namespace else ()
        group = f".{read.group}" if read.group else ""
        write = KubeWrite(
            method="PATCH",
            path=_path(read, row),
            body=json.loads(form.patch),
            content=MERGE,
            command=("kubectl", *where, "edit", f"{read.plural}{group}", row.name),
            sentence=f"{singular} {row.full_name} is changed as it was edited",
            secret=secret,
        )
        return Plan.of(write)

    def changes(_row: Any, form: Any, _known: Known) -> Tuple[Consequence, ...]:
        patch, before = json.loads(form.patch), json.loads(form.before)
        said = []
        for path in leaves(patch):
            if path == ("metadata", "resourceVersion"):
                continue
            words = f"{'.'.join(path)}: "
            hides = path[0] in secret
            old, new = before.get(".".join(path)), value_at(patch, path)
            words += "another value" if hides else f"{_short(old)} -> {_short(new)}"
            said.append(Consequence(words=words))
        more = len(said) - _NAMED
        rest = (Consequence(words=f"and {more} more changes"),) if more > 0 else ()
        return (*said[:_NAMED], *rest)

    return Action(
        name="edit",
        key="e",
        words="Edit",
        plan=plan,
        risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
        form=SecretEditForm if secret else EditForm,
        consequences=changes,
        is_edit=True,
    )


def _short(value: Any) -> str:
    words = "none" if value is None else json.dumps(value)
    return words if len(words) <= 60 else f"{words[:57]}..."


REVEAL: Action[Any] = Action(
    name="reveal",
    key="V",
    words="Show its values",
    # Nothing is changed: that somebody looked is what is recorded.
    plan=lambda row, _form, _known: Plan.of(
        KubeWrite(
            method="GET",
            path=Kube(plural="secrets").path(row.namespace, row.name),
            command=("kubectl", "-n", row.namespace, "get", "secret", row.name, "-o", "yaml"),
            sentence=f"the values of {row.full_name} are shown",
        )
    ),
    risk=lambda _row, _form, _known: Risk.HARMLESS,
)
