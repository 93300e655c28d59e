"""Ceph's monitors as sysinv keeps them: a third one added, all of them made larger, one deleted."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Plan, Reason, RestWrite, Step
from backend.kinds.controller_fs_acts import VOLUME_GROUP
from backend.kinds.edits import (
    SERVICE,
    add,
    check,
    destructive,
    disruptive,
    is_news,
    modify,
    sets,
    unread,
    warn,
)
from backend.kinds.filesystem_acts import free_gib
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_site import is_simplex
from backend.known import Known

# What the log of a monitor may take, in GiB: the service's own bounds.
LEAST, MOST = 20, 40
FAILED = "configuration-failed"
NEEDS = ("hosts", "backends", "volume-groups", "system")


class AddMonitor(Form):
    """The host of another monitor."""

    host: str = Field(min_length=1, examples=["worker-0"], description="storage-0 or a worker")


class ResizeMonitors(Form):
    """How much all monitors get; it never shrinks."""

    ceph_mon_gib: int = Field(
        ge=LEAST, le=MOST, examples=[25], title="GiB", description="for each monitor"
    )


def _host(name: str, known: Known) -> Optional[Any]:
    return next((row for row in known.rows("hosts") if name in (row.name, row.uuid)), None)


def _ceph(known: Known) -> Reason:
    name = "there is bare-metal Ceph"
    if not known.has("backends"):
        return unread(name, "backends")
    there = any(row.backend == "ceph" for row in known.rows("backends"))
    return check(name, "" if there else "its backend is none: Rook places its monitors by labels")


def _fits(host: Any, growth: int, known: Known) -> Reason:
    name = f"{host.name} has room"
    left = free_gib(host, known)
    if left is None:
        return unread(name, "volume-groups")
    # Of two controllers that run applications each keeps a second copy beside.
    wanted = 2 * growth if host.is_aio and not is_simplex(known) else growth
    words = f"{wanted} GiB are wanted, and {VOLUME_GROUP} has {left}" if wanted > left else ""
    return check(name, words)


# --- add ---------------------------------------------------------------------------------------


def _add(_row: Any, form: AddMonitor, known: Known) -> Plan:
    host = _host(form.host, known)
    uuid = form.host if host is None else str(host.uuid)
    return add(
        "monitors",
        "/ceph_mon",
        {"ihost_uuid": uuid},
        ("system", "ceph-mon-add", form.host),
        f"keep a monitor of Ceph on {form.host}",
        lambda row: row.ihost_uuid == uuid,
    )


def _add_reasons(_row: Any, form: AddMonitor, known: Known) -> Tuple[Reason, ...]:
    if not known.has("hosts"):
        return (_ceph(known), unread("there is such a host", "hosts"))
    host = _host(form.host, known)
    if host is None:
        return (_ceph(known), check("there is such a host", f"there is no host {form.host}"))
    rows = known.rows("monitors")
    has = f"{host.name} has one" if _has(host, rows) else ""
    sized = next((row.ceph_mon_gib for row in rows if row.ceph_mon_gib), LEAST)
    return (
        _ceph(known),
        looked_up("it has none yet", has, known, "monitors"),
        looked_up("there is no third one yet", _third(known), known, "monitors"),
        check("it is a host for one", _unfit(host, known)),
        _fits(host, sized, known),
    )


def _has(host: Any, rows: Tuple[Any, ...]) -> bool:
    return any(row.ihost_uuid == host.uuid for row in rows)


def _third(known: Known) -> str:
    """Return where the monitor beside the controllers' is, "" where there is none."""
    of = {row.ihost_uuid for row in known.rows("monitors")}
    there = [row.name for row in known.rows("hosts") if row.uuid in of and not row.is_controller]
    return f"{there[0]} has it" if there else ""


def _unfit(host: Any, known: Known) -> str:
    if host.is_storage and host.name != "storage-0":
        return "of storage hosts only storage-0 may have one"
    if host.is_worker and not host.is_controller:
        rows = known.rows("hosts")
        if any(one.is_storage for one in rows):
            return "OSDs are on storage hosts here: it is storage-0 that has the third monitor"
        if any(one.is_aio for one in rows):
            return "controllers run applications here: no worker gets one"
    return ""


def _after_add(_row: Any, form: AddMonitor, known: Known) -> Tuple[Consequence, ...]:
    host, found = _host(form.host, known), []
    if host is not None and host.is_worker and not host.is_controller:
        found.append(warn("OSDs are then on the controllers for good: no storage host can come"))
        when = "now" if host.operational == "enabled" else "with the next unlock"
        found.append(Consequence(words=f"it comes {when}"))
    return tuple(found)


def _hosts(_row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    fit = [row.name for row in known.rows("hosts")
           if not _has(row, known.rows("monitors")) and not _unfit(row, known)]  # fmt: skip
    return {"host": tuple(fit)}


# --- resize ------------------------------------------------------------------------------------


def _resize_reasons(row: Any, form: ResizeMonitors, known: Known) -> Tuple[Reason, ...]:
    now = row.ceph_mon_gib or 0
    smaller = f"it has {now} GiB, and never shrinks" if form.ceph_mon_gib < now else ""
    found: List[Reason] = [is_news(row, form, known), _ceph(known), check("it grows", smaller)]
    for one in known.rows("monitors"):
        host = known.row("hosts", one.ihost_uuid or "")
        if host is not None:
            found.append(_fits(host, form.ceph_mon_gib - now, known))
        else:
            found.append(unread(f"{one.hostname or one.ihost_uuid} has room", "hosts"))
    return tuple(found)


def _after_resize(row: Any, form: ResizeMonitors, known: Known) -> Tuple[Consequence, ...]:
    growth = form.ceph_mon_gib - (row.ceph_mon_gib or 0)
    words = "controllers and storage hosts are out of date until it is done"
    found = [warn("all monitors get as much; it cannot be taken back"), Consequence(words=words)]
    for one in known.rows("monitors"):
        host = known.row("hosts", one.ihost_uuid or "")
        left = None if host is None else free_gib(host, known)
        if host is not None and left is not None:
            words = f"left in {VOLUME_GROUP} of {host.name}: {left} GiB -> {left - growth} GiB"
            found.append(Consequence(words=words))
    return tuple(found)


# --- delete ------------------------------------------------------------------------------------


def _delete(row: Any, _form: Any, _known: Known) -> Plan:
    write = RestWrite(
        service=SERVICE,
        method="DELETE",
        # By its host: the service finds it so.
        path=f"/ceph_mon/{row.ihost_uuid}",
        command=("system", "ceph-mon-delete", str(row.hostname or row.ihost_uuid)),
        sentence=f"forget the monitor of {row.hostname}",
    )
    return Plan(steps=(Step(write, took=lambda known: known.row("monitors", row.uuid) is None),))


def _delete_reasons(row: Any, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    words = f"it is {row.state}: one that works goes with its host, locked and deleted"
    return (check("its configuration failed", "" if row.state == FAILED else words),)


MONITOR_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add,
        risk=disruptive,
        form=AddMonitor,
        choices=_hosts,
        reasons=_add_reasons,
        consequences=_after_add,
        needs=NEEDS,
        on_kind=True,
        aliases=("ceph-mon-add",),
    ),
    Action(
        name="modify",
        key="M",
        words="Grow",
        plan=modify(
            "monitors",
            "/ceph_mon",
            lambda row, fields, _known: (
                *("system", "ceph-mon-modify", str(row.hostname)),
                *(f"{name}={value}" for name, value in fields.items()),
            ),
            sets("the monitors"),
        ),
        risk=disruptive,
        form=ResizeMonitors,
        reasons=_resize_reasons,
        consequences=_after_resize,
        needs=NEEDS,
        aliases=("ceph-mon-modify",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete",
        plan=_delete,
        risk=destructive,
        reasons=_delete_reasons,
        aliases=("ceph-mon-delete",),
    ),
)
