"""What the volume groups of a host are made of: disks and partitions put in and taken out."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import check, destructive, server_knows
from backend.kinds.host import Host
from backend.kinds.host_edits import (
    asked,
    at_unlock,
    called,
    host_of,
    kin,
    locked,
    send,
)
from backend.kinds.partition_acts import disk_named, parts_of
from backend.known import Known
from backend.tone import Tone

NEEDS = ("hosts", "disks", "partitions", "physical-volumes", "volume-groups", "filesystems")
CGTS, NOVA = "cgts-vg", "nova-local"
BYTES = 1024**3


class AddVolume(Form):
    """A disk or a partition for a volume group."""

    group: str = Field(description="of the host", examples=["cgts-vg"])
    device: str = Field(description="a whole disk, or a partition", examples=["/dev/sdb"])


def group_named(host: Optional[Host], name: str, known: Known) -> Optional[Any]:
    """Return the volume group of a host by its name or id."""
    rows = kin(known, "volume-groups", host)
    return next((row for row in rows if name in (row.lvm_vg_name, row.uuid)), None)


def _device(host: Optional[Host], name: str, known: Known) -> Tuple[Optional[Any], str]:
    """Return the disk or partition that is meant, and which of them it is."""
    disk = disk_named(host, name, known)
    if disk is not None:
        return disk, "disk"
    rows = kin(known, "partitions", host)
    part = next((p for p in rows if name in (p.device_node, p.device_path, p.uuid)), None)
    return part, "partition"


# --- physical volumes --------------------------------------------------------------------------


def _devices(host: Host, known: Known) -> Mapping[str, Tuple[str, ...]]:
    disks = [d for d in kin(known, "disks", host) if not _taken_disk(d, host, known)]
    parts = [p for p in kin(known, "partitions", host) if not _taken_part(p, host)]
    names = (str(row.device_node or row.device_path) for row in (*parts, *disks))
    groups = tuple(str(row.lvm_vg_name) for row in kin(known, "volume-groups", host))
    return {"group": groups, "device": tuple(names)}


def _taken_disk(disk: Any, host: Optional[Host], known: Known) -> str:
    if disk.capabilities.get("stor_function") == "rootfs":
        return "it is the root disk"
    if disk.ipv_uuid:
        return "it is a physical volume already"
    if disk.istor_uuid:
        return "it is an OSD"
    return "it has partitions" if parts_of(disk, host, known) else ""


def _taken_part(part: Any, host: Optional[Host]) -> str:
    if part.body.get("ipv_uuid") or part.status == 1:
        return "it is in use"
    fresh = host is not None and host.invprovision in (None, "unprovisioned")
    return "" if part.status in ((0, 3) if fresh else (0,)) else f"it is {part.state}"


def _add_volume(host: Host, form: AddVolume, known: Known) -> Plan:
    group = group_named(host, form.group, known)
    device, kind = _device(host, form.device, known)
    body: Json = {
        "ihost_uuid": host.uuid,
        "ilvg_uuid": group.uuid if group is not None else form.group,
        "disk_or_part_uuid": device.uuid if device is not None else form.device,
        "pv_type": kind,
    }
    command = ("system", "host-pv-add", called(host), form.group, form.device)
    sentence = f"give {form.device} of {host.name} to {form.group}"
    return send("POST", "/ipvs", body, command, sentence)


def _volume_reasons(host: Host, form: AddVolume, known: Known) -> Tuple[Reason, ...]:
    group = group_named(host, form.group, known)
    device, kind = _device(host, form.device, known)
    missing = "" if group is not None else f"{host.name} has no group {form.group}"
    taken = f"{host.name} has no {form.device}"
    if device is not None:
        taken = _taken_disk(device, host, known) if kind == "disk" else _taken_part(device, host)
    is_going = group is not None and group.vg_state == "removing"
    going = "it is being deleted: add it again first" if is_going else ""
    return (
        asked("there is such a group", missing, "volume-groups", host, known),
        asked("the group stays", going, "volume-groups", host, known),
        asked("the device is free", taken, "disks", host, known, "partitions"),
        locked(host, unless=not _wants_lock(host, form.group)),
        *(
            (server_knows("no filesystem is being resized", "the controllers' would refuse it"),)
            if form.group == CGTS
            else ()
        ),
    )


def _wants_lock(host: Host, group: str) -> bool:
    return (host.is_worker and group == NOVA) or (host.personality == "worker" and group == CGTS)


def _after_volume(host: Host, form: AddVolume, known: Known) -> Tuple[Consequence, ...]:
    group = group_named(host, form.group, known)
    device, _kind = _device(host, form.device, known)
    said: List[Consequence] = []
    if group is not None and device is not None:
        old = (group.lvm_vg_size or 0) // BYTES
        new = old + (device.size_mib or 0) // 1024
        said.append(Consequence(words=f"size of {form.group}: {old} GiB -> about {new} GiB"))
    lost = Consequence(words=f"what is on {form.device} is lost", tone=Tone.BAD)
    stays = (Consequence(words="it can't be taken out of cgts-vg again"),)
    return (*said, lost, *(stays if form.group == CGTS else ()))


def _delete_volume(row: Any, _form: Any, known: Known) -> Plan:
    host = called(host_of(row, known), row)
    sentence = f"take {row.lvm_pv_name} of {host} out of {row.lvm_vg_name}"
    command = ("system", "host-pv-delete", row.uuid)
    return send("DELETE", f"/ipvs/{row.uuid}", None, command, sentence)


def _delete_volume_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    unless = host is None or not _wants_lock(host, row.lvm_vg_name or "")
    kept = "a volume of cgts-vg stays for good" if row.lvm_vg_name == CGTS else ""
    gone = "it is being removed already" if row.pv_state == "removing" else ""
    return (
        check("its group gives volumes back", kept),
        check("it stays so far", gone),
        locked(host, unless=unless),
    )


VOLUME_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_volume,
        risk=destructive,
        form=AddVolume,
        choices=_devices,
        reasons=_volume_reasons,
        consequences=_after_volume,
        needs=NEEDS,
        on_parent=True,
        aliases=("host-pv-add",),
    ),
    Action(
        name="delete",
        key="D",
        words="Take out",
        plan=_delete_volume,
        risk=destructive,
        reasons=_delete_volume_reasons,
        consequences=lambda *_: (at_unlock("it goes"),),
        needs=NEEDS,
        aliases=("host-pv-delete",),
    ),
)
