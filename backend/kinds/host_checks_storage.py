"""What may refuse an unlock because of volumes, filesystems, partitions, backends and OSDs."""

from __future__ import annotations

from typing import Callable, Tuple

from backend.kinds.disks import GIB
from backend.kinds.host import Host
from backend.kinds.host_check import CONTROLLER, NONE, STORAGE, WORKER, AnyCheck, tells
from backend.kinds.host_checks import (
    FORCED_UNLOCK,
    UNLOCK,
    backend_of,
    filesystem_at_rest,
    first_row,
    has_label,
    is_all_in_one,
    list_of,
    storage_ready,
    unlock_check,
)
from backend.kinds.host_checks_lock import has_ceph
from backend.kinds.host_copies import copies_wanted, monitors_up
from backend.kinds.host_fresh import is_current
from backend.kinds.host_site import active_controller, children, hosts, is_simplex
from backend.known import Known

# A partition in one of these is being changed at this moment: Creating, Deleting, Modifying.
BUSY_PARTITION = (2, 4, 5)
HELD_PV = ("adding", "provisioned")

_ON_CONTROLLER, _ON_WORKER = frozenset({CONTROLLER}), frozenset({WORKER})
_ON_STORAGE = frozenset({STORAGE})


def _vg_empty(group: str) -> Callable[[Host, Known], str]:
    def fails(host: Host, known: Known) -> str:
        pvs = children(known, "physical-volumes", host) or ()
        held = [v for v in pvs if v.lvm_vg_name == group and v.pv_state in HELD_PV]
        return "" if held else f"{group} has no physical volume"

    return fails


def _has_nova_local(host: Host, known: Known) -> bool:
    if not tells("volume-groups", host, known):
        return True  # it may have one
    groups = children(known, "volume-groups", host) or ()
    return any(row.lvm_vg_name == "nova-local" for row in groups)


def _runs_openstack(host: Host, known: Known) -> bool:
    return has_label(host, known, "openstack-compute-node")


def _no_room_for_vms(host: Host, known: Known) -> str:
    groups = {row.lvm_vg_name for row in children(known, "volume-groups", host) or ()}
    names = {row.name for row in children(known, "filesystems", host) or ()}
    if "nova-local" in groups or "instances" in names:
        return ""
    return "it is to run virtual machines, and has neither nova-local nor a filesystem instances"


def _is_first_unlock(host: Host, known: Known) -> bool:
    is_new = (host.invprovision or "unprovisioned") == "unprovisioned"
    return is_new and not host.is_active and not is_simplex(known)


def _small_group(host: Host, known: Known) -> str:
    """The standby's cgts-vg must hold what the active one's filesystems take."""
    active = active_controller(known)
    groups = children(known, "volume-groups", active) if active is not None else None
    mine = [row for row in groups or () if row.lvm_vg_name == "cgts-vg"]
    if not mine or not mine[0].lvm_vg_size:
        return "cgts-vg of the active controller is not inventoried yet"
    used = mine[0].lvm_vg_size - (mine[0].lvm_vg_avail_size or 0)
    held = sum(
        row.lvm_pv_size or 0
        for row in children(known, "physical-volumes", host) or ()
        if row.lvm_vg_name == "cgts-vg"
    )
    if not held or held >= used:
        return ""  # a volume that is to come says no size before the unlock
    return f"cgts-vg needs {-(-(used - held) // GIB)} GiB more to hold all filesystems"


def _partition_busy(host: Host, known: Known) -> str:
    rows = children(known, "partitions", host) or ()
    busy = [row for row in rows if row.status in BUSY_PARTITION]
    return (
        f"partition {busy[0].device_node or busy[0].device_path} is {busy[0].state}" if busy else ""
    )


def _no_osd(host: Host, known: Known) -> str:
    return "" if children(known, "osds", host) else "it has no OSD: add one first"


def _few_monitors(host: Host, known: Known) -> str:
    up, quorum = monitors_up(known)
    if host.hostname == "storage-0" and host.invprovision == "provisioned":
        quorum = 1  # it is what brings the quorum back
    if len(up) >= quorum:
        return ""
    return f"{len(up)} Ceph monitors serve and {quorum} must, before a storage host may join"


def _no_storage_model(_host: Host, known: Known) -> str:
    """Where OSDs are to be is settled by a storage host, a worker's monitor, or an OSD."""
    by_name = {host.hostname: host for host in hosts(known)}
    if any(host.is_storage for host in hosts(known)):
        return ""
    bearers = [by_name[row.hostname] for row in known.rows("monitors") if row.hostname in by_name]
    if any(not host.is_controller for host in bearers) or known.rows("osds"):
        return ""
    return "Ceph has no third monitor yet: add a storage host, or a monitor on a worker"


def _on_ceph(_host: Host, known: Known) -> bool:
    return not is_current("backends", known) or backend_of(known, "ceph") is not None


def _is_standard_on_ceph(host: Host, known: Known) -> bool:
    return not is_all_in_one(known) and _on_ceph(host, known)


def _is_pair_on_ceph(host: Host, known: Known) -> bool:
    if not is_current("system", known):
        return host.is_aio and _on_ceph(host, known)
    return is_all_in_one(known) and not is_simplex(known) and _on_ceph(host, known)


def _tier_without(host: Host, known: Known) -> str:
    mine = {row.tier_uuid for row in children(known, "osds", host) or ()}
    bare = [row.name for row in known.rows("tiers") if row.type == "ceph" and row.uuid not in mine]
    return f"it has no OSD in the storage tier {bare[0]}" if bare else ""


def _few_copies(host: Host, known: Known) -> str:
    wanted = copies_wanted(known) or 1
    osds = children(known, "osds", host) or ()
    for tier in known.rows("tiers"):
        held = [row for row in osds if row.tier_uuid == tier.uuid]
        if tier.type == "ceph" and len(held) < wanted:
            return f"tier {tier.name} has {len(held)} OSDs, and keeps {wanted} copies"
    return ""


def _is_standby_on_rook(host: Host, known: Known) -> bool:
    has_rook = not is_current("backends", known) or backend_of(known, "ceph-rook") is not None
    return _is_standby(host, known) and has_rook


def _is_standby(host: Host, known: Known) -> bool:
    return host.is_controller and not host.is_active and not is_simplex(known)


STORAGE_CHECKS: Tuple[AnyCheck, ...] = (
    unlock_check(
        "cgts-vg has a volume",
        "_semantic_check_cgts_vg",
        _vg_empty("cgts-vg"),
        ("physical-volumes",),
        jump=first_row("volume-groups", lambda row: row.lvm_vg_name == "cgts-vg"),
    ),
    unlock_check(
        "nova-local has a volume",
        "_semantic_check_nova_local_storage",
        _vg_empty("nova-local"),
        ("physical-volumes", "volume-groups"),
        _ON_WORKER,
        applies=_has_nova_local,
        jump=first_row("volume-groups", lambda row: row.lvm_vg_name == "nova-local"),
    ),
    unlock_check(
        "room for virtual machines",
        "_semantic_check_nova_local_storage",
        _no_room_for_vms,
        ("volume-groups", "filesystems", "labels"),
        _ON_WORKER,
        applies=_runs_openstack,
        jump=list_of("volume-groups"),
    ),
    unlock_check(
        "cgts-vg holds all filesystems",
        "_semantic_check_filesystem_sizes",
        _small_group,
        ("volume-groups", "physical-volumes", "system"),
        _ON_CONTROLLER,
        applies=_is_first_unlock,
        jump=first_row("volume-groups", lambda row: row.lvm_vg_name == "cgts-vg"),
    ),
    unlock_check(
        "no partition being changed",
        "check_unlock_partitions",
        _partition_busy,
        ("partitions",),
        jump=first_row("partitions", lambda row: row.status in BUSY_PARTITION),
    ),
    storage_ready("storage backends configured", UNLOCK | FORCED_UNLOCK, on=_ON_CONTROLLER),
    filesystem_at_rest(
        "controller filesystems at rest",
        UNLOCK,
        FORCED_UNLOCK,
        words=("creating", "deleting"),
        applies=_is_standby_on_rook,
        foretells="_semantic_check_controllerfs",
    ),
    filesystem_at_rest(
        "no filesystem being resized",
        NONE,
        UNLOCK | FORCED_UNLOCK,
        words=("resizing",),
        soft=UNLOCK | FORCED_UNLOCK,
        applies=_is_standby,
    ),
    unlock_check(
        "has an OSD",
        "check_unlock_storage",
        _no_osd,
        ("osds",),
        _ON_STORAGE,
        jump=list_of("osds"),
    ),
    unlock_check(
        "enough Ceph monitors",
        "check_unlock_storage",
        _few_monitors,
        ("monitors", "backends"),
        _ON_STORAGE,
        applies=has_ceph,
        jump=list_of("monitors"),
    ),
    unlock_check(
        "Ceph is ready for workers",
        "check_unlock_worker",
        _no_storage_model,
        ("monitors", "osds", "backends", "system"),
        _ON_WORKER,
        applies=_is_standard_on_ceph,
        jump=list_of("monitors"),
    ),
    unlock_check(
        "an OSD of its own",
        "check_unlock_worker",
        _no_osd,
        ("osds", "backends", "system"),
        _ON_CONTROLLER,
        applies=_is_pair_on_ceph,
        jump=list_of("osds"),
    ),
    unlock_check(
        "an OSD in each tier",
        "check_unlock_worker",
        _tier_without,
        ("osds", "tiers", "backends", "system"),
        _ON_CONTROLLER,
        applies=_is_pair_on_ceph,
        jump=list_of("tiers"),
    ),
    unlock_check(
        "OSDs for every copy",
        "check_unlock_worker",
        _few_copies,
        ("osds", "tiers", "backends", "system"),
        _ON_CONTROLLER,
        applies=lambda host, known: is_simplex(known) and _on_ceph(host, known),
        jump=list_of("tiers"),
    ),
)
