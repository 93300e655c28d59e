"""A claim: who uses it, what it is on, and how it is made larger."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from pydantic import Field

from backend.figure import Jump, Line, Lines
from backend.kind import Action, Consequence, Form, KubeWrite, Plan, Reason, Risk, Rung, Step
from backend.kinds.edits import check, unread, warn
from backend.kinds.kube_amounts import amount
from backend.kinds.kube_object import conditions
from backend.kinds.machine import size
from backend.kinds.storage_claims import mounts
from backend.known import Known
from backend.kube import MERGE
from backend.reason import Asker
from backend.tone import Tone

NEEDS = ("storage-classes", "volumes", "pods")


def users_of(claim: Any, known: Known) -> List[Any]:
    """Return the pods that mount a claim; those that ended hold it no more."""
    pods = mounts(known.rows("pods")).of(claim)
    return [pod for pod in pods if pod.phase not in ("Succeeded", "Failed")]


def used_by(claim: Any, known: Known) -> str:
    """Return who uses a claim, in a few words; "" where pods were not read."""
    if not known.has("pods"):
        return ""
    names = [pod.name for pod in users_of(claim, known)]
    return f"{names[0]} +{len(names) - 1}" if len(names) > 1 else "".join(names) or "nobody"


def class_of(claim: Any, known: Known) -> Any:
    """Return the storage class of a claim, None where it is not known."""
    rows = known.rows("storage-classes")
    return next((row for row in rows if row.name == claim.storage_class), None)


def stands_on(claim: Any, known: Known) -> Lines:
    """Return the way from a claim to the pool of its data, and to the pods that mount it."""
    volume = next((row for row in known.rows("volumes") if row.name == claim.volume), None)
    sort = class_of(claim, known)
    lines: List[Line] = [
        Line(heading="pod", text=f"{pod.name} {pod.phase}", jump=Jump(kind="pods", id=pod.uid))
        for pod in users_of(claim, known)
    ]
    if known.has("pods") and not lines:
        lines.append(Line(heading="pod", text="NOBODY uses it", tone=Tone.WARN))
    if volume is not None:
        words = f"{volume.name} {volume.size} {volume.phase}, {volume.reclaim or '-'} after it"
        lines.append(Line(heading="volume", text=words,
                          jump=Jump(kind="volumes", id=volume.uid)))  # fmt: skip
    if sort is not None:
        words = f"{sort.name}, by {sort.provisioner}; {'' if sort.expands else 'does NOT '}expand"
        lines.append(Line(heading="class", text=words,
                          jump=Jump(kind="storage-classes", id=sort.uid)))  # fmt: skip
    pool = (volume.pool if volume is not None else "") or (sort.pool if sort is not None else "")
    if volume is not None and volume.image:
        lines.append(Line(heading="image", text=volume.image, jump=Jump(kind="rbd-images")))
    if pool:
        lines.append(Line(heading="pool", text=pool, jump=Jump(kind="ceph-pools", id=pool)))
    return Lines(lines=tuple(lines))


def growth(claim: Any) -> str:
    """Return what is under way where a claim asks for more than it has, "" where nothing is."""
    if not claim.got or amount(claim.asked) <= amount(claim.got):
        return ""
    if waits_for_mount(claim):
        return f"its volume has {claim.asked}: its filesystem grows when a pod mounts it"
    said = conditions(claim.conditions).get("Resizing", {}).get("message")
    return f"grows from {claim.got} to {claim.asked}{f': {said}' if said else ''}"


def waits_for_mount(claim: Any) -> bool:
    """Whether its volume is larger already, and its filesystem not yet."""
    found = conditions(claim.conditions).get("FileSystemResizePending", {})
    return bool(found.get("status") == "True")


def _is_grown(claim: Optional[Any], _known: Known) -> bool:
    return claim is not None and (not growth(claim) or waits_for_mount(claim))


def _ladder(_claim: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    return (Rung(name="its volume is larger", reached=_is_grown, says="Resizing"),)


class Grow(Form):
    """How large a claim is to be: it never shrinks."""

    size: str = Field(
        pattern=r"^[0-9]+(\.[0-9]+)?([KMGTPE]i?|k)?$", examples=["20Gi"], description="as 20Gi"
    )


def _grow(claim: Any, form: Grow, _known: Known) -> Plan:
    body = {"spec": {"resources": {"requests": {"storage": form.size}}}}
    path = f"/api/v1/namespaces/{claim.namespace}/persistentvolumeclaims/{claim.name}"
    merge = '{"spec":{"resources":{"requests":{"storage":"' + form.size + '"}}}}'
    write = KubeWrite(
        method="PATCH",
        path=path,
        body=body,
        content=MERGE,
        command=("kubectl", "-n", claim.namespace, "patch", "pvc", claim.name, "-p", merge),
        sentence=f"make the claim {claim.full_name} {form.size} large",
    )

    def took(known: Known) -> bool:
        row = known.row("claims", claim.uid)
        return row is not None and amount(row.asked) >= amount(form.size)

    return Plan(steps=(Step(write, took=took),))


def _reasons(claim: Any, form: Grow, known: Known) -> Tuple[Reason, ...]:
    sort = class_of(claim, known)
    has = claim.got or claim.asked
    bound = "" if claim.phase == "Bound" else f"it is {claim.phase}"
    small = amount(form.size) <= max(amount(claim.asked), amount(claim.got))
    name = "its class lets claims grow"
    if sort is None and not known.has("storage-classes"):
        grows = unread(name, "storage-classes")
    elif sort is None:
        grows = check(name, f"there is no class {claim.storage_class or '-'}")
    else:
        says = f"allowVolumeExpansion of {sort.name} is not set"
        grows = check(name, "" if sort.expands else says)
    return (
        check("it has a volume", bound),
        grows,
        check("it grows", f"it has {has}, and never shrinks" if small else "", Asker.SERVICE),
    )


def _comes(claim: Any, form: Grow, known: Known) -> Tuple[Consequence, ...]:
    found = [warn("it cannot be taken back: a claim never shrinks")]
    volume = next((row for row in known.rows("volumes") if row.name == claim.volume), None)
    pool = next((row for row in known.rows("ceph-pools")
                 if volume is not None and row.name == volume.pool), None)  # fmt: skip
    more = amount(form.size) - amount(claim.got or claim.asked)
    if pool is not None and pool.free is not None and more > pool.free:
        found.append(warn(f"the pool {pool.name} has room for less: {size(pool.free)}"))
    elif pool is not None and pool.free is not None:
        left = f"{size(pool.free)} -> {size(round(pool.free - more))}"
        found.append(Consequence(words=f"left in the pool {pool.name}, once it is filled: {left}"))
    if claim.modes and "ReadWriteOnce" in claim.modes:
        words = "its filesystem grows where it is mounted; else when a pod mounts it"
        found.append(Consequence(words=words))
    return tuple(found)


def _risk(_claim: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


GROW: Action[Any] = Action(
    name="grow",
    key="R",
    words="Grow",
    plan=_grow,
    risk=_risk,
    form=Grow,
    reasons=_reasons,
    consequences=_comes,
    ladder=_ladder,
    needs=("storage-classes", "volumes", "ceph-pools"),
    aliases=("expand", "resize"),
)
