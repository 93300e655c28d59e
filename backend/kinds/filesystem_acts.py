"""The platform filesystems of a host: made larger, added, deleted; and what is left for them."""

from __future__ import annotations

import json
from typing import Any, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Asker, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import check, destructive, disruptive, server_knows
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host import Host
from backend.kinds.host_edits import asked, called, host_of, kin, locked, said_as, send, something
from backend.known import Known
from backend.tone import Tone

NEEDS = ("hosts", "filesystems", "volume-groups", "physical-volumes", "backends")
CGTS, BYTES = "cgts-vg", 1024**3
# Those that are not on every host: on which they may be.
OPTIONAL: Mapping[str, Tuple[str, ...]] = {
    "image-conversion": ("controller",),
    "instances": ("controller", "worker"),
    "ceph": ("controller", "worker"),
}
# States in which a filesystem is on its way.
BUSY = ("creating", "creating on unlock", "deleting", "deleting on unlock")
_INSTEAD = "nothing stands in for it"
SIZED = said_as("size", "FS size", "free space")


class GrowFilesystem(Form):
    """How large a filesystem shall be; it never shrinks."""

    size: Optional[int] = Field(default=None, ge=1, title="GiB", json_schema_extra=SIZED)
    functions: Tuple[str, ...] = Field(
        default=(), description="of ceph alone: monitor, osd; none takes all away"
    )


class AddFilesystem(Form):
    """A filesystem that not every host has."""

    name: str = Field(
        description="image-conversion, instances or ceph",
        examples=["instances"],
        json_schema_extra=said_as("Filesystem", "Unsupported filesystem"),
    )
    size: int = Field(ge=1, title="GiB", examples=[10], json_schema_extra=SIZED)


def free_gib(host: Optional[Host], known: Known) -> Optional[int]:
    """Return what is left in cgts-vg of a host in GiB, None where that was not read."""
    groups = [g for g in kin(known, "volume-groups", host) if g.lvm_vg_name == CGTS]
    if not groups:
        return None
    body = groups[0].body
    pieces, total = body.get("lvm_vg_free_pe"), body.get("lvm_vg_total_pe")
    if not total:
        return (groups[0].lvm_vg_avail_size or 0) // BYTES
    return int((groups[0].lvm_vg_size or 0) * int(pieces or 0) // int(total) // BYTES)


def _room(growth: int, host: Optional[Host], known: Known) -> Tuple[Reason, ...]:
    left = free_gib(host, known)
    small = f"it takes {growth} GiB, {left} are left" if left is not None and growth > left else ""
    waiting = next(
        (
            row
            for row in kin(known, "physical-volumes", host)
            if row.lvm_vg_name == CGTS and row.pv_state != "provisioned"
        ),
        None,
    )
    words = f"{waiting.lvm_pv_name} is {waiting.pv_state}" if waiting is not None else ""
    return (
        asked("cgts-vg has room", small, "volume-groups", host, known),
        asked("its volumes are all there", words, "physical-volumes", host, known),
    )


def _left(growth: int, host: Optional[Host], known: Known) -> Tuple[Consequence, ...]:
    left = free_gib(host, known)
    if left is None:
        return ()
    return (Consequence(words=f"left in cgts-vg: {left} GiB -> {left - growth} GiB"),)


# --- grow --------------------------------------------------------------------------------------


def _wanted(form: GrowFilesystem) -> List[str]:
    return [] if form.functions == ("none",) else list(form.functions)


def _grow(row: Any, form: GrowFilesystem, known: Known) -> Plan:
    host = host_of(row, known)
    patch: List[Json] = [{"op": "replace", "path": "/name", "value": row.name}]
    words = [called(host, row), row.name]
    if form.size is not None and form.size != row.size:
        patch.append({"op": "replace", "path": "/size", "value": str(form.size)})
        words[1] = f"{row.name}={form.size}"
    if form.functions:
        functions = json.dumps({"functions": _wanted(form)})
        patch.append({"op": "replace", "path": "/capabilities", "value": functions})
        words.append(f"--functions={','.join(_wanted(form))}")
    sentence = f"change the filesystem {row.name} of {called(host, row)}"
    path = f"/ihosts/{row.host_uuid}/host_fs/update_many"
    return send("PUT", path, [patch], ("system", "host-fs-modify", *words), sentence)


def _growth(row: Any, form: GrowFilesystem) -> int:
    return (form.size or row.size or 0) - (row.size or 0)


def _grow_reasons(row: Any, form: GrowFilesystem, known: Known) -> Tuple[Reason, ...]:
    host, growth = host_of(row, known), _growth(row, form)
    changes = [one for one in (growth, form.functions) if one]
    state = (row.state or "").casefold()
    words = f"it is {row.state}" if state in BUSY else ""
    if row.name in OPTIONAL and growth and state != "ready":
        words = f"an optional one grows where it is Ready; it is {row.state}"
    has = tuple((row.body.get("capabilities") or {}).get("functions") or ())
    return (
        something(dict.fromkeys(map(str, changes))),
        check("it grows", f"it has {row.size} GiB" if growth < 0 else ""),
        check("it is at rest", words),
        *(_room(growth, host, known) if growth > 0 else ()),
        *(_function_reasons(row, form, has) if form.functions else ()),
        server_knows("no controller filesystem is being resized", "the service waits for those"),
    )


def _function_reasons(row: Any, form: GrowFilesystem, has: Tuple[str, ...]) -> Tuple[Reason, ...]:
    wanted = _wanted(form)
    odd = [one for one in wanted if one not in ("monitor", "osd")]
    osd = ("osd" in wanted) != ("osd" in has)
    verb = "add" if "osd" in wanted else "delete"
    return (
        check("functions are ceph's", "" if row.name == "ceph" else f"{row.name} has none"),
        check("they are monitor and osd", f"{odd[0]} is none" if odd else ""),
        check("the OSDs stay as they are", f"{verb} an OSD for that" if osd else ""),
        server_knows(
            "monitors keep their number", "the last one stays, and there are five at most"
        ),
    )


def _after_grow(row: Any, form: GrowFilesystem, known: Known) -> Tuple[Consequence, ...]:
    growth = _growth(row, form)
    said = [Consequence(words=f"size: {row.size} GiB -> {form.size} GiB")] if growth else []
    return (*said, *(_left(growth, host_of(row, known), known) if growth else ()))


# --- add, delete -------------------------------------------------------------------------------


def _names(host: Host, known: Known) -> Mapping[str, Tuple[str, ...]]:
    there = {row.name for row in kin(known, "filesystems", host)}
    names = [name for name, on in OPTIONAL.items() if host.personality in on]
    return {"name": tuple(name for name in names if name not in there)}


def _add(host: Host, form: AddFilesystem, _known: Known) -> Plan:
    body: Json = {"name": form.name, "size": str(form.size), "ihost_uuid": host.uuid}
    command = ("system", "host-fs-add", called(host), f"{form.name}={form.size}")
    sentence = f"make the filesystem {form.name} on {host.name}"
    return send("POST", "/host_fs", body, command, sentence)


def _fits_host(name: str, host: Optional[Host], known: Known) -> Tuple[Reason, ...]:
    on = OPTIONAL.get(name, ())
    odd = f"only {', '.join(OPTIONAL)} come and go" if name not in OPTIONAL else ""
    wrong = host is not None and bool(on) and host.personality not in on
    up = ("available", "online", "degraded")
    away = name == "image-conversion" and host is not None and host.availability not in up
    return (
        check("it is one that comes and goes", odd),
        check("the host may have it", f"not a {host.personality}" if wrong and host else ""),
        locked(host, unless=name != "instances" or host is None or not host.is_worker),
        check("the host is up", f"it is {host.availability}" if away and host else ""),
        *((_nothing_instead(host, known),) if name == "instances" else ()),
        *((_rook_is_there(known),) if name == "ceph" else ()),
    )


def _nothing_instead(host: Optional[Host], known: Known) -> Reason:
    there = any(g.lvm_vg_name == "nova-local" for g in kin(known, "volume-groups", host))
    words = "the volume group nova-local is there" if there else ""
    return asked(_INSTEAD, words, "volume-groups", host, known)


def _rook_is_there(known: Known) -> Reason:
    there = any(row.backend == "ceph-rook" for row in known.rows("backends"))
    words = "" if there else "it wants Rook as storage backend"
    return looked_up("there is a backend for it", words, known, "backends")


def _add_reasons(host: Host, form: AddFilesystem, known: Known) -> Tuple[Reason, ...]:
    there = any(row.name == form.name for row in kin(known, "filesystems", host))
    words = f"{host.name} has it" if there else ""
    return (
        *_fits_host(form.name, host, known),
        asked("it is not there yet", words, "filesystems", host, known),
        *_room(form.size, host, known),
    )


def _after_add(host: Host, form: AddFilesystem, known: Known) -> Tuple[Consequence, ...]:
    late = form.name == "instances" or (host.is_locked and host.availability == "online")
    when = "with the next unlock" if late else "at once"
    return (*_left(form.size, host, known), Consequence(words=f"it is made {when}"))


def _delete(row: Any, _form: Any, known: Known) -> Plan:
    host = called(host_of(row, known), row)
    command = ("system", "host-fs-delete", host, row.name)
    sentence = f"delete the filesystem {row.name} of {host}"
    return send("DELETE", f"/host_fs/{row.uuid}?force=False", None, command, sentence)


def _delete_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    state = (row.state or "").casefold()
    ready = ("ready", "creating on unlock", "update error")
    has = (row.body.get("capabilities") or {}).get("functions") or ()
    fits = [one for one in _fits_host(row.name, host, known) if one.check != _INSTEAD]
    return (
        *fits,
        check("it is at rest", "" if state in ready else f"it is {row.state}"),
        check("it does nothing", f"it serves as {', '.join(has)}" if has else "", Asker.OURS),
    )


def _after_delete(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    lost = Consequence(words=f"what is in {row.name} is lost", tone=Tone.BAD)
    return (lost, *_left(-(row.size or 0), host_of(row, known), known))


FILESYSTEM_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add,
        risk=disruptive,
        form=AddFilesystem,
        choices=_names,
        reasons=_add_reasons,
        consequences=_after_add,
        needs=NEEDS,
        on_parent=True,
        aliases=("host-fs-add",),
    ),
    Action(
        name="modify",
        key="M",
        words="Resize",
        plan=_grow,
        risk=disruptive,
        form=GrowFilesystem,
        reasons=_grow_reasons,
        consequences=_after_grow,
        needs=NEEDS,
        aliases=("resize", "host-fs-modify"),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete",
        plan=_delete,
        risk=destructive,
        reasons=_delete_reasons,
        consequences=_after_delete,
        needs=NEEDS,
        aliases=("host-fs-delete",),
    ),
)
