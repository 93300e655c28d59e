"""Volume groups of a host: made, changed in what they give to applications, deleted."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Action, Asker, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import check, destructive, disruptive
from backend.kinds.host import Host
from backend.kinds.host_edits import asked, called, host_of, kin, locked, said_as, send, something
from backend.kinds.volume_acts import BYTES, CGTS, NEEDS, NOVA, group_named
from backend.known import Known
from backend.tone import Tone

CSI = "lvm-csi"


class AddGroup(Form):
    """A volume group."""

    lvm_vg_name: str = Field(
        min_length=1,
        pattern=r"^[A-Za-z0-9+_.-]+$",
        title="name",
        description="nova-local, or any with the function lvm-csi",
        examples=["nova-local"],
        json_schema_extra=said_as("Volume Group name"),
    )
    lvm_function: Optional[Literal["lvm-csi"]] = Field(
        default=None, title="function", json_schema_extra=said_as("the function")
    )
    lvm_type: Optional[Literal["thick", "thin"]] = Field(
        default=None, title="type", description="of lvm-csi", json_schema_extra=said_as("type")
    )


class ModifyGroup(Form):
    """What a volume group gives to applications; empty stays as it is."""

    lvm_function: Optional[Literal["lvm-csi", "none"]] = Field(
        default=None, title="function", json_schema_extra=said_as("the function")
    )
    lvm_pool_size: Optional[int] = Field(
        default=None,
        ge=1,
        title="pool GiB",
        description="of the thin pool in cgts-vg; it only grows",
        json_schema_extra=said_as("pool size", "thin pool", "resize the pool"),
    )


def _add_group(host: Host, form: AddGroup, _known: Known) -> Plan:
    body: Dict[str, Json] = {"lvm_vg_name": form.lvm_vg_name, "ihost_uuid": host.uuid}
    given = {"lvm_function": form.lvm_function, "lvm_type": form.lvm_type}
    capabilities: Dict[str, Json] = {name: value for name, value in given.items() if value}
    if capabilities:
        body["capabilities"] = capabilities
    flags = [w for n, v in (("-f", form.lvm_function), ("-t", form.lvm_type)) if v for w in (n, v)]
    command = ("system", "host-lvg-add", *flags, called(host), form.lvm_vg_name)
    sentence = f"make the volume group {form.lvm_vg_name} on {host.name}"
    return send("POST", "/ilvgs", body, command, sentence)


def _group_reasons(host: Host, form: AddGroup, known: Known) -> Tuple[Reason, ...]:
    name = form.lvm_vg_name
    there = group_named(host, name, known)
    odd = "" if form.lvm_function or name in (NOVA, "cinder-volumes") else f"{name} is none"
    taken = f"{host.name} has {name}" if there is not None else ""
    clash = any(fs.name == "instances" for fs in kin(known, "filesystems", host))
    instances = "the filesystem instances is there instead" if clash else ""
    return (
        check("the host may have groups", "not a storage host" if host.is_storage else ""),
        check("the name is one", odd),
        asked("the name is free", taken, "volume-groups", host, known),
        check("a type wants the function lvm-csi", _typed(form)),
        check("nova-local is for workers", "" if name != NOVA or host.is_worker else host.name),
        *(
            (asked("nothing stands in for it", instances, "filesystems", host, known),)
            if name == NOVA
            else ()
        ),
        locked(host, unless=name != NOVA or not host.is_worker),
    )


def _typed(form: AddGroup) -> str:
    return f"{form.lvm_type} without it" if form.lvm_type and not form.lvm_function else ""


def _modify_group(row: Any, form: ModifyGroup, known: Known) -> Plan:
    given = {"lvm_function": form.lvm_function, "lvm_pool_size": form.lvm_pool_size}
    wanted = {name: str(value) for name, value in given.items() if value is not None}
    body: Json = [{"path": "/capabilities", "value": json.dumps(wanted), "op": "replace"}]
    short = {"lvm_function": "-f", "lvm_pool_size": "-s"}
    flags = [word for name, value in wanted.items() for word in (short[name], value)]
    host = called(host_of(row, known), row)
    command = ("system", "host-lvg-modify", *flags, host, row.lvm_vg_name)
    sentence = f"change {row.lvm_vg_name} of {host}"
    return send("PATCH", f"/ilvgs/{row.uuid}", body, command, sentence)


def _modify_group_reasons(row: Any, form: ModifyGroup, known: Known) -> Tuple[Reason, ...]:
    del known
    now = row.body.get("capabilities") or {}
    function, size = form.lvm_function, form.lvm_pool_size
    before = int(now.get("lvm_pool_size") or 0)
    free = (row.lvm_vg_avail_size or 0) // BYTES
    none = function == "none" or not (function or now.get("lvm_function"))
    return (
        something({n: v for n, v in (("f", function), ("s", size)) if v is not None}),
        check(
            "it is cgts-vg",
            "" if row.lvm_vg_name == CGTS else f"{row.lvm_vg_name} has nothing to change",
        ),
        check("a pool wants the function lvm-csi", "set it too" if size and none else ""),
        check("the pool grows", f"it has {before} GiB" if size and size < before else ""),
        check(
            "there is room for the pool",
            f"{free} GiB are free" if size and size - before > free else "",
        ),
        check(
            "nothing is kept in the pool",
            f"{now.get('thin_cur_lv')} volumes are in it"
            if function == "none" and now.get("thin_cur_lv")
            else "",
        ),
    )


def _after_group(row: Any, form: ModifyGroup, _known: Known) -> Tuple[Consequence, ...]:
    now = row.body.get("capabilities") or {}
    given = {"lvm_function": form.lvm_function, "lvm_pool_size": form.lvm_pool_size}
    return tuple(
        Consequence(words=f"{name}: {now.get(name) or '-'} -> {value}")
        for name, value in given.items()
        if value is not None
    )


def _delete_group(row: Any, _form: Any, known: Known) -> Plan:
    host = called(host_of(row, known), row)
    command = ("system", "host-lvg-delete", host, row.lvm_vg_name)
    sentence = f"delete the volume group {row.lvm_vg_name} of {host}"
    return send("DELETE", f"/ilvgs/{row.uuid}", None, command, sentence)


def _delete_group_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    now = row.body.get("capabilities") or {}
    full = now.get("lvm_function") == CSI and int(row.body.get("lvm_cur_lv") or 0)
    is_nova = row.lvm_vg_name == NOVA and host is not None and host.is_worker
    return (
        check("it may go", "cgts-vg stays" if row.lvm_vg_name == CGTS else ""),
        check("it is empty", f"{full} volumes are in it" if full else ""),
        check("it is not going", "it is" if row.vg_state == "removing" else "", Asker.OURS),
        locked(host, unless=not is_nova),
    )


GROUP_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_group,
        risk=disruptive,
        form=AddGroup,
        reasons=_group_reasons,
        needs=NEEDS,
        on_parent=True,
        aliases=("host-lvg-add",),
    ),
    Action(
        name="modify",
        key="M",
        words="Change",
        plan=_modify_group,
        risk=disruptive,
        form=ModifyGroup,
        reasons=_modify_group_reasons,
        consequences=_after_group,
        needs=NEEDS[:1],
        aliases=("host-lvg-modify",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete",
        plan=_delete_group,
        risk=destructive,
        reasons=_delete_group_reasons,
        consequences=lambda *_: (Consequence(words="what is in it is lost", tone=Tone.BAD),),
        needs=NEEDS[:1],
        aliases=("host-lvg-delete",),
    ),
)
