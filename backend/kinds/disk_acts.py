"""A disk of a host wiped: what the service asks before, and what it does not ask and we do."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Answer, Asker, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import check, destructive, server_knows
from backend.kinds.host import Host
from backend.kinds.host_edits import asked, called, host_of, kin, send, was_read
from backend.kinds.partition_acts import IN_USE, NEEDS, parts_of
from backend.known import Known
from backend.tone import Tone
from backend.units import mib


class WipeDisk(Form):
    """How a disk is wiped."""

    skip_formatting: bool = Field(
        default=False, description="leave it without a partition table of its own"
    )


def _wipe(row: Any, form: WipeDisk, known: Known) -> Plan:
    body: Json = [
        {"op": "replace", "path": "/partition_table", "value": "gpt"},
        {"op": "replace", "path": "/skip_formatting", "value": str(form.skip_formatting)},
    ]
    host, name = called(host_of(row, known), row), row.device_node or row.uuid
    flags = ("-s",) * form.skip_formatting
    command = ("system", "host-disk-wipe", *flags, "--confirm", host, name)
    return send("PATCH", f"/idisks/{row.uuid}", body, command, f"wipe the disk {name} of {host}")


def _wipe_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    """Ask what the service asks (root, volumes, storage hosts) and what it does not (the rest)."""
    host = host_of(row, known)
    path = row.device_path or row.uuid
    is_root = row.capabilities.get("stor_function") == "rootfs" or _boots(row, host)
    volumes = kin(known, "physical-volumes", host)
    on_it = next((v for v in volumes if path in (v.disk_or_part_device_path or "")), None)
    osd = row.istor_uuid or next(
        (one for one in kin(known, "osds", host) if one.idisk_uuid == row.uuid), None
    )
    parts = parts_of(row, host, known)
    at_work = "its partitions hold something" if any(p.status == IN_USE for p in parts) else ""
    storage = "the service wipes no disk of a storage host" if host and host.is_storage else ""
    return (
        check("it is not the root disk", "the host runs from it" if is_root else ""),
        asked(
            "no volume group has it",
            f"{on_it.lvm_vg_name} has {on_it.lvm_pv_name}" if on_it else "",
            "physical-volumes",
            host,
            known,
        ),
        check("it is no storage host", storage),
        _ours("it is no OSD", "an OSD keeps data on it: delete that first" if osd else "", host,
              "osds", known),
        _ours("nothing is in use on it", at_work, host, "partitions", known),
        server_knows("nothing is mounted from it", "sysinv knows no mounts: look with lsblk"),
        server_knows("Rook has no OSD on it", "sysinv may not know Rook's disks: ceph osd tree"),
    )  # fmt: skip


def _boots(row: Any, host: Optional[Host]) -> bool:
    """Whether the host is installed to that disk, by what it was told."""
    if host is None:
        return False
    devices = (host.boot_device, str(host.body.get("rootfs_device") or ""))
    return any(one and one in (row.device_path, row.device_node) for one in devices)


def _ours(name: str, words: str, host: Optional[Host], kind: str, known: Known) -> Reason:
    if not words and not was_read(known, kind, host):
        said = f"{kind} not read"
        return Reason(check=name, answer=Answer.CANT_TELL, words=said, asker=Asker.OURS)
    return check(name, words, Asker.OURS)


def _after_wipe(row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    size, serial = mib(row.size_mib), row.serial_id or "unknown"
    return (
        Consequence(words=f"ALL that is on it is lost: {size}, serial {serial}", tone=Tone.BAD),
        Consequence(words="nothing undoes it, and the service does not ask back"),
    )


DISK_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="wipe",
        key="W",
        words="Wipe",
        plan=_wipe,
        risk=destructive,
        form=WipeDisk,
        reasons=_wipe_reasons,
        consequences=_after_wipe,
        needs=NEEDS,
        aliases=("host-disk-wipe",),
    ),
)
