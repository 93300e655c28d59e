"""Making objects of a file: all of them by server-side apply, which makes and changes alike."""

from __future__ import annotations

import json
from typing import Any, Dict, FrozenSet, List, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, KubeWrite, Plan, Risk, Step
from backend.known import Known
from backend.kube import APPLY
from backend.manifest import OWNER
from backend.tone import Tone

# What its writes and consequences say already, and may hold secrets.
UNSAID: Dict[str, Any] = {"secret": True, "unsaid": True}
# What an object of these kinds keeps secret.
SECRET = frozenset({"data", "stringData"})
_NAMED = 12
_EXAMPLE = (
    '[{"path": "/api/v1/namespaces/lab", "what": "Namespace lab", "is_named": true,'
    ' "is_there": false, "body": {"apiVersion": "v1", "kind": "Namespace"}}]'
)


class CreateForm(Form):
    """A file, and what of it is to be sent: it is filled by reading and rehearsing the file.

    ``objects`` is JSON: path, body, what it is, whether it is there already.
    """

    file: str = Field(default="", description="a file of YAML or JSON, one object or several")
    namespace: str = Field(default="", description="of objects that say none (default)")
    force: bool = Field(default=False, description="take over fields that others keep")
    objects: str = Field(default="[]", examples=[_EXAMPLE], json_schema_extra=UNSAID)


def secret_of(body: Any) -> FrozenSet[str]:
    """Return the fields of an object whose values are never shown."""
    return SECRET if body.get("kind") == "Secret" else frozenset()


def _objects(form: CreateForm) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = json.loads(form.objects)
    return found


def _plan(_row: Any, form: CreateForm, _known: Known) -> Plan:
    return Plan(tuple(Step(write=_write(one, form)) for one in _objects(form)))


def _write(one: Dict[str, Any], form: CreateForm) -> KubeWrite:
    is_new = not one["is_there"]
    forced = ("--force-conflicts",) if form.force else ()
    where = ("-n", form.namespace) if form.namespace else ()
    words = "is made" if is_new else "is changed"
    path = f"{one['path']}?fieldManager={OWNER}"
    return KubeWrite(
        # What is to be named by the server can only be posted.
        method="PATCH" if one["is_named"] else "POST",
        path=f"{path}&force=true" if form.force and one["is_named"] else path,
        body=one["body"],
        content=APPLY if one["is_named"] else "application/json",
        command=("kubectl", *where, "apply", "--server-side", *forced, "-f", form.file or "-"),
        sentence=f"{one['what']} {words} as {form.file or 'the text'} has it",
        secret=secret_of(one["body"]),
    )


def _says(_row: Any, form: CreateForm, _known: Known) -> Tuple[Consequence, ...]:
    objects = _objects(form)
    said = [
        Consequence(
            words=f"{'changes' if one['is_there'] else 'makes'} {one['what']}",
            tone=Tone.WARN if one["is_there"] else Tone.PLAIN,
        )
        for one in objects[:_NAMED]
    ]
    more = len(objects) - _NAMED
    return (*said, *((Consequence(words=f"and {more} more"),) if more > 0 else ()))


CREATE: Action[Any] = Action(
    name="create",
    key="M",
    words="Create from a file",
    plan=_plan,
    risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
    form=CreateForm,
    consequences=_says,
    on_kind=True,
    is_edit=True,
    aliases=("apply",),
)
