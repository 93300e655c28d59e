"""Partitions of a host's disks: made, made larger, deleted."""

from __future__ import annotations

import re
from typing import Any, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Plan, Reason, Rung
from backend.kinds.edits import check, destructive, disruptive, server_knows
from backend.kinds.host import Host
from backend.kinds.host_edits import asked, called, host_of, kin, said_as, send
from backend.known import Known
from backend.tone import Tone
from backend.units import mib

NEEDS = ("hosts", "disks", "partitions", "physical-volumes", "osds")
LVM = "ba5eba11-0000-1111-2222-000000000001"
GIB = 1024
# What the service calls the states of a partition, by their numbers.
READY, IN_USE, MOVING = 0, 1, (2, 4, 5)
DELETABLE = (0, 3, 10, 11, 12)
BROKEN = (10, 11, 12)
SIZED = said_as("partition size", "Requested size", "Requested extra size", "size")


class AddPartition(Form):
    """A partition for a volume group."""

    disk: str = Field(description="by its node, its path or its id", examples=["/dev/sdb"])
    size_gib: int = Field(
        ge=1, title="GiB", description="of what is free", examples=[10], json_schema_extra=SIZED
    )


class GrowPartition(Form):
    """How large a partition shall be; it never shrinks."""

    size_gib: int = Field(
        ge=1,
        title="GiB",
        description="in all, more than it has",
        examples=[600],
        json_schema_extra=SIZED,
    )


def disk_named(host: Optional[Host], name: str, known: Known) -> Optional[Any]:
    """Return the disk of a host that somebody means by its node, path or id."""
    rows = kin(known, "disks", host)
    return next((d for d in rows if name in (d.device_node, d.device_path, d.uuid)), None)


def parts_of(disk: Any, host: Optional[Host], known: Known) -> Tuple[Any, ...]:
    """Return the partitions of a disk that the system knows."""
    rows = kin(known, "partitions", host)
    return tuple(row for row in rows if row.body.get("idisk_uuid") == disk.uuid)


def is_last(row: Any, host: Optional[Host], known: Known) -> bool:
    """Whether a partition is the last of its disk: only that can change."""
    rows = kin(known, "partitions", host)
    disk = row.body.get("idisk_uuid")
    mine = [one for one in rows if one.body.get("idisk_uuid") == disk]
    return all(_number(one) <= _number(row) for one in mine)


def _number(row: Any) -> int:
    found = re.search(r"(\d+)$", row.device_path or row.device_node or "")
    return int(found[1]) if found else 0


def _moving(host: Optional[Host], known: Known) -> Reason:
    rows = kin(known, "partitions", host)
    busy = next((row for row in rows if row.status in MOVING), None)
    words = f"{busy.device_node} is {busy.state}" if busy is not None else ""
    return asked("no other partition changes", words, "partitions", host, known)


def _no_upgrade() -> Reason:
    return server_knows("no upgrade is under way", "the service refuses it during one")


# --- add ---------------------------------------------------------------------------------------


def _free_disks(host: Host, known: Known) -> Mapping[str, Tuple[str, ...]]:
    rows = [d for d in kin(known, "disks", host) if (d.available_mib or 0) >= GIB]
    names = tuple(str(d.device_node) for d in rows if not (d.istor_uuid or d.ipv_uuid))
    return {"disk": names}


def _add(host: Host, form: AddPartition, known: Known) -> Plan:
    disk = disk_named(host, form.disk, known)
    body: Json = {
        "ihost_uuid": host.uuid,
        "idisk_uuid": disk.uuid if disk is not None else form.disk,
        "size_mib": form.size_gib * GIB,
        "type_guid": LVM,
    }
    words = (called(host), form.disk, str(form.size_gib))
    sentence = f"make a partition of {form.size_gib} GiB on {form.disk} of {host.name}"
    command = ("system", "host-disk-partition-add", *words)
    return send("POST", "/partitions/", body, command, sentence)


def _add_reasons(host: Host, form: AddPartition, known: Known) -> Tuple[Reason, ...]:
    disk = disk_named(host, form.disk, known)
    free = (disk.available_mib or 0) if disk is not None else 0
    missing = "" if disk is not None else f"{host.name} has no disk {form.disk}"
    used = ""
    if disk is not None and (disk.istor_uuid or disk.ipv_uuid):
        used = f"it is {'an OSD' if disk.istor_uuid else 'a physical volume'} as a whole"
    small = f"{mib(free)} are free" if form.size_gib * GIB > free else ""
    mine = parts_of(disk, host, known) if disk is not None else ()
    broken = next((row for row in mine if row.status in BROKEN), None)
    is_storage = "storage hosts have none" if host.is_storage else ""
    return (
        check("the host may have partitions", is_storage),
        asked("there is such a disk", missing, "disks", host, known),
        asked("the disk is not used as a whole", used, "disks", host, known),
        asked("there is room for it", small if disk is not None else "", "disks", host, known),
        asked(
            "the last partition is sound",
            f"{broken.device_node} is {broken.state}: delete it first" if broken else "",
            "partitions",
            host,
            known,
        ),
        _moving(host, known),
        _no_upgrade(),
    )


def _after_add(host: Host, form: AddPartition, known: Known) -> Tuple[Consequence, ...]:
    disk = disk_named(host, form.disk, known)
    said: List[Consequence] = []
    if disk is not None:
        left = (disk.available_mib or 0) - form.size_gib * GIB
        words = f"free on {form.disk}: {mib(disk.available_mib)} -> {mib(max(left, 0))}"
        said.append(Consequence(words=words))
    when = "with the next unlock" if host.invprovision in (None, "unprovisioned") else "at once"
    return (*said, Consequence(words=f"it is made {when}"))


# --- grow, delete ------------------------------------------------------------------------------


def _grow(row: Any, form: GrowPartition, known: Known) -> Plan:
    body: Json = [{"op": "replace", "path": "/size_mib", "value": form.size_gib * GIB}]
    host, name = called(host_of(row, known), row), row.device_path or row.uuid
    words = ("-s", str(form.size_gib), host, name)
    sentence = f"make {row.device_node} of {host} {form.size_gib} GiB large"
    command = ("system", "host-disk-partition-modify", *words)
    return send("PATCH", f"/partitions/{row.uuid}", body, command, sentence)


def _grow_reasons(row: Any, form: GrowPartition, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    disks = kin(known, "disks", host)
    disk = next((one for one in disks if one.uuid == row.body.get("idisk_uuid")), None)
    extra = form.size_gib * GIB - (row.size_mib or 0)
    free = (disk.available_mib or 0) if disk is not None else 0
    unprovisioned = host is not None and host.invprovision not in ("provisioned", "upgrading")
    return (
        check("it grows", f"it has {mib(row.size_mib)} already" if extra <= 0 else ""),
        check("the host is provisioned", "only add and delete before" if unprovisioned else ""),
        check("no volume is on it", _used(row)),
        check("it is ready", f"it is {row.state}" if row.status != READY else ""),
        _last(row, host, known),
        asked("there is room", f"{mib(free)} are free" if extra > free else "", "disks", host,
              known),
        _no_upgrade(),
    )  # fmt: skip


def _used(row: Any) -> str:
    is_used = row.body.get("ipv_uuid") or row.status == IN_USE
    return "a physical volume is on it" if is_used else ""


def _last(row: Any, host: Optional[Host], known: Known) -> Reason:
    words = "" if is_last(row, host, known) else "only the last of a disk can change"
    return asked("it is the last of its disk", words, "partitions", host, known)


def _after_grow(row: Any, form: GrowPartition, _known: Known) -> Tuple[Consequence, ...]:
    return (Consequence(words=f"size: {mib(row.size_mib)} -> {mib(form.size_gib * GIB)}"),)


def _delete(row: Any, _form: Any, known: Known) -> Plan:
    host, name = called(host_of(row, known), row), row.device_path or row.uuid
    command = ("system", "host-disk-partition-delete", host, name)
    sentence = f"delete the partition {row.device_node} of {host}"
    return send("DELETE", f"/partitions/{row.uuid}", None, command, sentence)


def _delete_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    ready = "" if row.status in DELETABLE else f"it is {row.state}"
    system = row.body.get("type_guid") not in (LVM, None)
    return (
        check("somebody made it", "the system made it for itself" if system else ""),
        check("no volume is on it", _used(row)),
        check("it is at rest", ready),
        _last(row, host, known),
        _moving(host, known),
        _no_upgrade(),
    )


def _at_rest(row: Optional[Any], _known: Known) -> bool:
    """Whether its host has done with it; what is in use is at rest as well."""
    return row is not None and row.status in (READY, IN_USE)


def _broke(row: Optional[Any], _known: Known) -> str:
    return f"it is {row.state}" if row is not None and row.status in BROKEN else ""


def _grown(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    return (Rung(name="made larger on the disk", reached=_at_rest, says="modifying, ready"),)


def _deleted(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    return (Rung(name="off the disk", reached=lambda row, _known: row is None, says="deleting"),)


PARTITION_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add,
        risk=disruptive,
        form=AddPartition,
        choices=_free_disks,
        reasons=_add_reasons,
        consequences=_after_add,
        needs=NEEDS,
        on_parent=True,
        aliases=("host-disk-partition-add",),
    ),
    Action(
        name="modify",
        key="M",
        words="Make larger",
        plan=_grow,
        risk=disruptive,
        form=GrowPartition,
        reasons=_grow_reasons,
        consequences=_after_grow,
        ladder=_grown,
        failed=_broke,
        needs=NEEDS,
        aliases=("host-disk-partition-modify",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete",
        plan=_delete,
        risk=destructive,
        reasons=_delete_reasons,
        consequences=lambda *_: (Consequence(words="what is on it is lost", tone=Tone.BAD),),
        ladder=_deleted,
        needs=NEEDS,
        aliases=("host-disk-partition-delete",),
    ),
)
