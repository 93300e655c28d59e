"""OSDs and journals on the disks of a host: added, and deleted as far as the service lets them."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Action, Asker, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import check, destructive, server_knows, unread
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host import Host
from backend.kinds.host_edits import asked, called, host_of, kin, locked, said_as, send
from backend.kinds.host_site import is_simplex
from backend.kinds.partition_acts import disk_named, parts_of
from backend.known import Known
from backend.tone import Tone

NEEDS = ("hosts", "system", "disks", "partitions", "osds", "backends", "tiers")
GIB = 1024


class AddOsd(Form):
    """A disk for Ceph."""

    disk: str = Field(
        description="one that is free",
        examples=["/dev/sdb"],
        json_schema_extra=said_as("Disk"),
    )
    function: Literal["osd", "journal"] = Field(default="osd", description="what it is to do")
    journal_location: Optional[str] = Field(
        default=None,
        description="an OSD's journal: the id of a journal; empty is on itself",
        json_schema_extra=said_as("journal stor", "journal storage"),
    )
    journal_size: Optional[int] = Field(
        default=None, ge=1, title="journal GiB", json_schema_extra=said_as("journal size")
    )
    tier: Optional[str] = Field(
        default=None,
        description="where there are several",
        json_schema_extra=said_as("storage tiers", "tier"),
    )


def backend_of(known: Known) -> str:
    """Return which Ceph there is: ``ceph``, ``ceph-rook``, "" for none."""
    kinds = [row.backend for row in known.rows("backends")]
    return next((str(kind) for kind in kinds if kind in ("ceph", "ceph-rook")), "")


def _choices(host: Host, known: Known) -> Mapping[str, Tuple[str, ...]]:
    free = [d for d in kin(known, "disks", host) if not _taken(d, host, known)]
    journals = [one for one in kin(known, "osds", host) if one.function == "journal"]
    tiers = tuple(str(tier.name) for tier in known.rows("tiers"))
    return {
        "disk": tuple(str(disk.device_node) for disk in free),
        "journal_location": tuple(str(one.uuid) for one in journals),
        **({"tier": tiers} if tiers else {}),
    }


def _taken(disk: Any, host: Optional[Host], known: Known) -> str:
    if disk.capabilities.get("stor_function") == "rootfs":
        return "it is the root disk"
    if disk.istor_uuid:
        return "it is an OSD already"
    if disk.ipv_uuid:
        return "it is a physical volume"
    return "it has partitions" if parts_of(disk, host, known) else ""


def _tier(name: str, known: Known) -> Optional[str]:
    rows = known.rows("tiers")
    return next((str(row.uuid) for row in rows if name in (row.name, row.uuid)), name or None)


def _add(host: Host, form: AddOsd, known: Known) -> Plan:
    disk = disk_named(host, form.disk, known)
    uuid = str(disk.uuid) if disk is not None else form.disk
    body: Dict[str, Json] = {"function": form.function, "idisk_uuid": uuid}
    flags: List[str] = []
    if form.journal_location:
        body["journal_location"] = form.journal_location
        flags += ["--journal-location", form.journal_location]
    if form.journal_size:
        body["journal_size_mib"] = form.journal_size * GIB
        flags += ["--journal-size", str(form.journal_size)]
    tier = _tier(form.tier or "", known)
    if tier:
        body["tier_uuid"] = tier
        flags += ["--tier-uuid", tier]
    body["ihost_uuid"] = host.uuid
    command = ("system", "host-stor-add", *flags, called(host), form.function, uuid)
    sentence = f"make {form.disk} of {host.name} a Ceph {form.function}"
    return send("POST", "/istors", body, command, sentence)


def _add_reasons(host: Host, form: AddOsd, known: Known) -> Tuple[Reason, ...]:
    disk = disk_named(host, form.disk, known)
    missing = "" if disk is not None else f"{host.name} has no disk {form.disk}"
    taken = _taken(disk, host, known) if disk is not None else ""
    sort = disk.device_type if disk is not None else ""
    slow = form.function == "journal" and sort not in ("", "SSD", "NVME")
    tiers = len(known.rows("tiers"))
    several = f"there are {tiers}: say which" if tiers > 1 else ""
    return (
        *_host_reasons(host, known),
        asked("there is such a disk", missing, "disks", host, known),
        asked("the disk is free", taken, "disks", host, known, "partitions"),
        check("a journal is on flash", f"{form.disk} is {sort}" if slow else ""),
        *(
            (looked_up("the tier is said", several, known, "tiers"),)
            if form.function == "osd" and not form.tier
            else ()
        ),
        *(
            (server_knows("the journal has room", "and is one of this host"),)
            if form.journal_location
            else ()
        ),
    )


def _host_reasons(host: Optional[Host], known: Known) -> Tuple[Reason, ...]:
    """Ask what the storage model asks of a host before anything of its OSDs changes."""
    name = "there is Ceph, and the host is one for it"
    if not known.has("backends"):
        return (unread(name, "backends"),)
    kind = backend_of(known)
    if not kind:
        return (check(name, "there is neither a ceph nor a ceph-rook backend"),)
    if host is None:
        return (unread(name, "hosts"),)
    if kind == "ceph-rook":
        words = "its deployment says which hosts bear OSDs"
        return (server_knows(name, words),)
    if not known.has("hosts"):
        return (unread(name, "hosts"),)
    dedicated = any(one.is_storage for one in known.rows("hosts"))
    if dedicated:
        wrong = "" if host.is_storage else "OSDs are on storage hosts here"
        return (check(name, wrong), locked(host))
    wrong = "" if host.is_controller else "OSDs are on controllers here"
    half = not host.is_locked and host.operational != "enabled"
    words = f"{host.name} is unlocked and not enabled"
    return (check(name, wrong), check("locked, or in service", words if half else ""))


def _after_add(host: Host, form: AddOsd, known: Known) -> Tuple[Consequence, ...]:
    lost = Consequence(words=f"ALL that is on {form.disk} is lost", tone=Tone.BAD)
    if form.function == "journal":
        return (lost,)
    if backend_of(known) == "ceph-rook":
        return (lost, Consequence(words="it comes when the application rook-ceph is applied again"))
    when = "at once" if host.operational == "enabled" else "with the next unlock"
    return (lost, Consequence(words=f"it comes {when}; Ceph then moves data onto it"))


# --- delete ------------------------------------------------------------------------------------


def _delete(row: Any, _form: Any, known: Known) -> Plan:
    host = called(host_of(row, known), row)
    command = ("system", "host-stor-delete", row.uuid)
    sentence = f"take {row.label} off {host}"
    return send("DELETE", f"/istors/{row.uuid}?force=False", None, command, sentence)


def _delete_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host, kind = host_of(row, known), backend_of(known)
    waits = row.state == "configuring-on-unlock"
    simplex = is_simplex(known)
    # Elsewhere Ceph would forget it and sysinv would not, so the service refuses.
    allowed = row.function == "journal" or waits or kind == "ceph-rook" or simplex
    words = f"an OSD that is {row.state} can't be deleted on this setup"
    osds = [one for one in known.rows("osds") if one.function == "osd"]
    last = simplex and kind == "ceph" and row.function == "osd" and not waits and len(osds) < 2
    going = (row.state or "").startswith(("deleting", "force-deleting"))
    return (
        *_host_reasons(host, known),
        looked_up("the setup lets it go", words, known, "backends", "system")
        if not allowed
        else check("the setup lets it go", ""),
        locked(host, unless=kind == "ceph-rook" and not (waits or row.function == "journal")),
        looked_up(
            "another OSD is left",
            "it is the last one" if last else "",
            known,
            "osds",
            "backends",
            "system",
        ),
        check("it is not going", f"it is {row.state}" if going else "", Asker.SERVICE),
        server_knows("its data has other copies", "replication per tier: ceph osd safe-to-destroy"),
    )


OSD_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add,
        risk=destructive,
        form=AddOsd,
        choices=_choices,
        reasons=_add_reasons,
        consequences=_after_add,
        needs=NEEDS,
        on_parent=True,
        aliases=("host-stor-add",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete",
        plan=_delete,
        risk=destructive,
        reasons=_delete_reasons,
        consequences=lambda row, *_: (
            Consequence(words=f"the data on {row.label} is lost: no copy here", tone=Tone.BAD),
        ),
        needs=NEEDS,
        aliases=("host-stor-delete",),
    ),
)
