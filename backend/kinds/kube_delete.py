"""Deleting an object of Kubernetes: by its uid, what it owns after it, what stops said first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Kube, KubeWrite, Plan, Risk
from backend.known import Known
from backend.tone import Tone

Loses = Callable[[Any, Known], Tuple[str, ...]]


class DeleteForm(Form):
    """What becomes of what it owns."""

    leave: bool = Field(default=False, description="leave what it owns: pods run on, ownerless")


def deleting(read: Kube, singular: str, loses: Loses, needs: Tuple[str, ...] = ()) -> Action[Any]:
    """Return the action that deletes an object of ``read``; ``loses`` says what stops for good.

    ``needs`` are the kinds that it looks at.
    """

    def plan(row: Any, form: DeleteForm, _known: Known) -> Plan:
        # Foreground: it is gone only when what it owns is.
        body: Json = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "preconditions": {"uid": row.uid},
            "propagationPolicy": "Orphan" if form.leave else "Foreground",
        }
        group = f".{read.group}" if read.group else ""
        where = ("-n", row.namespace) if row.namespace else ()
        how = "--cascade=orphan" if form.leave else "--cascade=foreground"
        write = KubeWrite(
            method="DELETE",
            path=replace(read, version=read.version or "*").path(row.namespace, row.name),
            body=body,
            command=("kubectl", *where, "delete", f"{read.plural}{group}", row.name, how),
            sentence=f"{singular} {row.full_name} is deleted",
        )
        return Plan.of(write)

    def stops(row: Any, form: DeleteForm, known: Known) -> Tuple[Consequence, ...]:
        if form.leave:
            return (Consequence(words="what it owns stays, and nothing keeps it any more"),)
        words = (*(f"{row.owner} makes it anew" for _ in row.owners[:1]), *loses(row, known))
        tone = Tone.PLAIN if row.owners else Tone.BAD
        return tuple(Consequence(words=word, tone=tone) for word in words)

    return Action(
        name="delete",
        key="X",
        words="Delete",
        plan=plan,
        risk=lambda _row, _form, _known: Risk.DESTRUCTIVE,
        form=DeleteForm,
        consequences=stops,
        needs=needs,
    )


def nothing_more(_row: Any, _known: Known) -> Tuple[str, ...]:
    """Say nothing of what else stops."""
    return ()


def pods_stop(row: Any, _known: Known) -> Tuple[str, ...]:
    """Say how many pods stop for good."""
    return (f"its {row.replicas} pods stop for good",) if getattr(row, "replicas", 0) else ()
