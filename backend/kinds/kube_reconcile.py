"""What FluxCD can be told: to look now, to leave something alone, to take it up again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Tuple

from backend.kind import Action, Consequence, Json, Kube, KubeWrite, Plan, Risk
from backend.known import Known
from backend.kube import MERGE

# The annotation that asks for it: any value that was not there before.
ASKED = "reconcile.fluxcd.io/requestedAt"


def _patching(
    read: Kube, body: Callable[[Any], Json], verb: str, singular: str, says: str
) -> Callable[[Any, Any, Known], Plan]:
    def plan(row: Any, _form: Any, _known: Known) -> Plan:
        write = KubeWrite(
            method="PATCH",
            path=replace(read, version=read.version or "*").path(row.namespace, row.name),
            body=body(row),
            content=MERGE,
            command=("flux", "-n", row.namespace, verb, *_word(singular), row.name),
            sentence=f"{row.full_name} {says}",
        )
        return Plan.of(write)

    return plan


def _word(singular: str) -> Tuple[str, ...]:
    """Return how flux names a kind: ``helmrelease``, ``source git``."""
    sources = {
        "helm-repository": "helm",
        "helm-chart": "chart",
        "git-repository": "git",
    }
    if singular in sources:
        return ("source", sources[singular])
    return (singular.replace("-", ""),)


def _asked(row: Any) -> Json:
    before = row.asked.rpartition(" ")[2]
    count = int(before) + 1 if before.isdigit() and len(before) < 9 else 1
    return {"metadata": {"uid": row.uid, "annotations": {ASKED: f"stx-tui {count}"}}}


def _suspended(*, is_on: bool) -> Callable[[Any], Json]:
    def body(row: Any) -> Json:
        return {"metadata": {"uid": row.uid}, "spec": {"suspend": is_on}}

    return body


def _overwritten(_row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = "what was changed by hand in the cluster is put back as its source has it"
    return (Consequence(words=words),)


def _adrift(_row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    return (Consequence(words="changes of its source are not followed until it is resumed"),)


def reconciling(read: Kube, singular: str) -> Tuple[Action[Any], ...]:
    """Return what FluxCD can be told of an object of ``read``."""
    looks = _patching(read, _asked, "reconcile", singular, "is reconciled now")
    stays = _patching(read, _suspended(is_on=True), "suspend", singular, "is left as it is")
    goes_on = _patching(read, _suspended(is_on=False), "resume", singular, "is reconciled again")
    return (
        Action(
            name="reconcile",
            key="R",
            words="Reconcile now",
            plan=looks,
            risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
            consequences=_overwritten,
            hidden=lambda row, _known: row.suspended,
        ),
        Action(
            name="suspend",
            key="S",
            words="Suspend",
            plan=stays,
            risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
            consequences=_adrift,
            hidden=lambda row, _known: row.suspended,
        ),
        Action(
            name="resume",
            key="U",
            words="Resume",
            plan=goes_on,
            risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
            consequences=_overwritten,
            hidden=lambda row, _known: not row.suspended,
        ),
    )
