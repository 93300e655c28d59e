"""Growing the filesystems of the controllers: what is left, what a backup needs, what waits."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Plan, Reason, RestWrite, Rung, Step
from backend.kinds.edits import (
    SERVICE,
    changed,
    check,
    disruptive,
    is_news,
    patch_of,
    unread,
    warn,
)
from backend.kinds.host_site import controllers, is_simplex, system_of
from backend.known import Known

GIB = 1 << 30
VOLUME_GROUP = "cgts-vg"
# What a backup takes beside the filesystems it copies, in GiB.
BACKUP_OVERHEAD = 5
# Kept twice in the volume group: the second half is for an upgrade.
TWICE = "database"


class ModifyFilesystem(Form):
    """How large a filesystem of the controllers is to be; it never shrinks."""

    size: int = Field(ge=1, le=100_000, examples=[20], description="in GiB, above what it has")


def free_gib(known: Known) -> Optional[int]:
    """Return what is left in the controllers' volume group, in GiB; None where it was not read."""
    ids = {host.uuid for host in controllers(known)}
    left = [
        _free(row)
        for row in known.rows("volume-groups")
        if row.lvm_vg_name == VOLUME_GROUP and row.body.get("ihost_uuid") in ids
    ]
    return min(left, default=None)


def _free(group: Any) -> int:
    """Return the free GiB of a volume group, as sysinv reckons them: by extents."""
    try:
        extents, whole = (int(group.body[f"lvm_vg_{name}_pe"]) for name in ("free", "total"))
        return int(group.lvm_vg_size or 0) * extents // whole // GIB
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return int(group.lvm_vg_avail_size or 0) // GIB


def _growth(row: Any, form: ModifyFilesystem) -> int:
    """Return how many GiB of the volume group a change takes."""
    return (form.size - (row.size or 0)) * (2 if row.name == TWICE else 1)


def _resize(row: Any, form: ModifyFilesystem, known: Known) -> Plan:
    system = system_of(known)
    fields = {"name": row.name, "size": str(form.size)}
    body: List[Json] = [patch_of(fields)]
    write = RestWrite(
        service=SERVICE,
        method="PUT",
        path=f"/isystems/{system.uuid if system is not None else '-'}/controller_fs/update_many",
        body=body,
        command=("system", "controllerfs-modify", f"{row.name}={form.size}"),
        sentence=f"grow {row.name} on the controllers to {form.size} GiB",
    )
    took = changed("controller-filesystems", row, ("size", "state"))
    return Plan(steps=(Step(write=write, took=took),))


def _backup_reason(row: Any, form: ModifyFilesystem, known: Known) -> Reason:
    """Check that the backup filesystem of each controller still holds what it has to."""
    name = "a backup still fits"
    sizes = {fs.name: fs.size or 0 for fs in known.rows("controller-filesystems")}
    sizes[row.name] = form.size
    wanted = sizes.get("platform", 0) + sizes.get("database", 0) + BACKUP_OVERHEAD
    ids = {host.uuid for host in controllers(known)}
    backups = [
        fs.size or 0
        for fs in known.rows("filesystems")
        if fs.name == "backup" and fs.body.get("ihost_uuid") in ids
    ]
    if not backups:
        return unread(name, "filesystems")
    least = min(backups)
    return check(
        name,
        f"the filesystem backup has {least} GiB and would need {wanted}" if least < wanted else "",
    )


def _resize_reasons(row: Any, form: ModifyFilesystem, known: Known) -> Tuple[Reason, ...]:
    has = row.size or 0
    words = f"it has {has} GiB, and never shrinks" if form.size < has else ""
    found = [is_news(row, form, known), check("it grows", words)]
    left, growth = free_gib(known), _growth(row, form)
    name = "there is room"
    if left is None:
        found.append(unread(name, "volume-groups"))
    else:
        words = f"{growth} GiB are wanted, and {VOLUME_GROUP} has {left}" if growth > left else ""
        found.append(check(name, words))
    if row.name in ("platform", "database"):
        found.append(_backup_reason(row, form, known))
    busy = [fs.name for fs in known.rows("controller-filesystems") if "progress" in fs.status]
    found.append(check("none is being resized", f"{busy[0]} is being resized" if busy else ""))
    found.append(_ready(known))
    return tuple(found)


def _ready(known: Known) -> Reason:
    name = "the controllers are unlocked and available"
    if not known.has("hosts"):
        return unread(name, "hosts")
    wanted = ("unlocked", "enabled", "available")
    states = {
        host.name: (host.administrative, host.operational, host.availability)
        for host in controllers(known)
    }
    out = [f"{host} is {', '.join(map(str, one))}" for host, one in states.items() if one != wanted]
    words = f"{out[0]}: every controller must be unlocked and available" if out else ""
    return check(name, words)


def _after_resize(row: Any, form: ModifyFilesystem, known: Known) -> Tuple[Consequence, ...]:
    left, growth = free_gib(known), _growth(row, form)
    said = [warn("it cannot be taken back: it never shrinks")]
    if left is not None:
        words = f"{VOLUME_GROUP} has {left} GiB left, {left - growth} after it"
        said.append(Consequence(words=words))
    if row.replicated and not is_simplex(known):
        words = "it is copied to the other controller anew: no swact until that is done"
        said.append(Consequence(words=words))
    return tuple(said)


def _is_grown(row: Optional[Any], _known: Known) -> bool:
    return row is not None and row.status == "available"


def _not_grown(row: Optional[Any], _known: Known) -> str:
    if row is None or not row.status.endswith("_error"):
        return ""
    return f"sysinv could not resize it: {row.status}"


def _ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    return (Rung(name="grown on the controllers", reached=_is_grown, says="resizing, available"),)


CONTROLLER_FS_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Grow",
        plan=_resize,
        form=ModifyFilesystem,
        risk=disruptive,
        reasons=_resize_reasons,
        consequences=_after_resize,
        ladder=_ladder,
        failed=_not_grown,
        needs=("system", "hosts", "volume-groups", "filesystems"),
        aliases=("controllerfs-modify",),
    ),
)
