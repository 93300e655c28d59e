"""A disk of a host wiped: what the service asks before, and what it does not ask and we do.

The service looks at root disks and physical volumes alone: an OSD, a mount, a path of a multipath
device or a disk of Rook's it would wipe without a word. So the disk is told by host, place, serial
and size; the end of its serial is typed; and its serial is read once more right before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import (
    Action,
    Answer,
    Asker,
    Consequence,
    Form,
    Json,
    Plan,
    Reason,
    RestWrite,
    Step,
)
from backend.kinds.disk_place import bears, described, is_multipath, place_of, rook_osd
from backend.kinds.edits import SERVICE, check, destructive, server_knows
from backend.kinds.host import Host
from backend.kinds.host_edits import asked, called, host_of, kin, was_read
from backend.kinds.machine_mounts import mounts_of
from backend.kinds.partition_acts import IN_USE, NEEDS, parts_of
from backend.known import Known
from backend.tone import Tone
from backend.units import mib

# How much of the serial is typed.
LAST = 4


class WipeDisk(Form):
    """Which disk is wiped, and how."""

    serial: str = Field(
        default="", title="last 4 of its serial", description="as it stands on the disk itself"
    )
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
    path = f"/idisks/{row.uuid}"
    look = RestWrite(
        service=SERVICE,
        method="GET",
        path=path,
        command=("system", "host-disk-show", host, name),
        sentence=f"read the serial of {name} of {host} once more",
    )
    wipe = RestWrite(
        service=SERVICE,
        method="PATCH",
        path=path,
        body=body,
        command=("system", "host-disk-wipe", *flags, "--confirm", host, name),
        sentence=f"wipe the disk {name} of {host}, serial {row.serial_id or 'unknown'}",
    )
    return Plan(steps=(Step(look, refusal=_is_another(row)), Step(wipe)))


def _is_another(row: Any) -> Any:
    """Return what says no where the disk there is not the one that was looked at."""

    def refusal(answer: Json) -> str:
        now: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
        for name in ("serial_id", "device_path", "size_mib"):
            if now.get(name) != getattr(row, name):
                was = getattr(row, name)
                return f"not wiped: its {name} was {was}, and is {now.get(name)} now"
        return ""

    return refusal


# --- why not -----------------------------------------------------------------------------------


def _wipe_reasons(row: Any, form: WipeDisk, known: Known) -> Tuple[Reason, ...]:
    """Ask what the service asks (root, volumes, storage hosts) and what it does not (the rest)."""
    host = host_of(row, known)
    is_root = row.capabilities.get("stor_function") == "rootfs" or _boots(row, host)
    volumes = kin(known, "physical-volumes", host)
    on_it = next((v for v in volumes if bears(row, v)), None)
    osd = row.istor_uuid or next(
        (one for one in kin(known, "osds", host) if one.idisk_uuid == row.uuid), None
    )
    parts = parts_of(row, host, known)
    at_work = "its partitions hold something" if any(p.status == IN_USE for p in parts) else ""
    storage = "the service wipes no disk of a storage host" if host and host.is_storage else ""
    paths = "it is one path of a multipath device: wipe that, or none" if is_multipath(row) else ""
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
        check("it is no path of a multipath device", paths, Asker.OURS),
        _mounted(row, host, known),
        _rook(row, known),
        _typed(row, form),
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


def _mounted(row: Any, host: Optional[Host], known: Known) -> Reason:
    """Ask the machine itself, where its block devices were read: sysinv knows no mounts."""
    name = "nothing is mounted from it"
    found = mounts_of(row, host, known)
    if found is None:
        return server_knows(name, "NOT CHECKED: sysinv knows no mounts: look with lsblk")
    return check(name, f"mounted on {', '.join(found)}" if found else "", Asker.OURS)


def _rook(row: Any, known: Known) -> Reason:
    """Ask Ceph, where it says which disks it is on: sysinv may not know Rook's."""
    name = "Rook has no OSD on it"
    osd = rook_osd(row, known)
    if osd is None:
        return server_knows(name, "NOT CHECKED: sysinv may not know Rook's disks: ceph device ls")
    return check(name, f"Ceph keeps {osd} on it" if osd else "", Asker.OURS)


def _typed(row: Any, form: WipeDisk) -> Reason:
    """Ask for the end of the serial, so that the right disk was looked at in its slot."""
    name = "the end of its serial is typed"
    serial = (row.serial_id or "").strip()
    if not serial:
        return server_knows(name, "NOT CHECKED: sysinv has no serial of it: read it off the disk")
    is_it = form.serial.strip().casefold() == serial[-LAST:].casefold()
    words = "" if is_it else f"give the last {LAST} of the serial that stands on the disk"
    return replace(check(name, words, Asker.OURS), of_form=True)


# --- what comes of it --------------------------------------------------------------------------


def _after_wipe(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    size, serial = mib(row.size_mib), row.serial_id or "unknown"
    host = called(host_of(row, known), row)
    found: List[Consequence] = [
        Consequence(words=f"ALL that is on it is lost: {size}, serial {serial}", tone=Tone.BAD),
        Consequence(words=f"it is in {host} at {place_of(row)}"),
        Consequence(words="nothing undoes it, and the service does not ask back"),
    ]
    return tuple(found)


DISK_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="wipe",
        key="W",
        words="Wipe",
        plan=_wipe,
        risk=destructive,
        form=WipeDisk,
        title=described,
        reasons=_wipe_reasons,
        consequences=_after_wipe,
        needs=(*NEEDS, "ceph-devices"),
        aliases=("host-disk-wipe",),
    ),
)
