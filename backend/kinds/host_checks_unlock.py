"""What may refuse an unlock or a force-unlock."""

from __future__ import annotations

from typing import Any, Callable, Tuple, Union

from backend.figure import Jump
from backend.kinds.host import Host
from backend.kinds.host_checks import (
    Check,
    ServersOwn,
    backend_of,
    first_row,
    itself,
    no_filesystem_busy,
    no_root_ca_update,
    tells,
    verbs,
)
from backend.kinds.host_checks_lock import has_ceph
from backend.kinds.host_copies import monitors_up
from backend.kinds.host_fresh import is_current
from backend.kinds.host_site import children, is_simplex
from backend.kinds.host_tasks import gave_up
from backend.known import Known

UNLOCK = verbs("unlock")
UNLOCKS = verbs("unlock", "force-unlock")
FORCED = UNLOCKS - UNLOCK

BUSY_APP = ("applying", "updating", "recovering", "removing")
# A partition in one of these is being changed at this moment: Creating, Deleting, Modifying.
BUSY_PARTITION = (2, 4, 5)
HELD_PV = ("adding", "provisioned")


def _unlocked(host: Host, _known: Known) -> str:
    return "" if host.is_locked else f"{host.name} is unlocked already"


def _locking(host: Host, _known: Known) -> str:
    if not host.doing or gave_up(host.doing):
        return ""
    return f"it is busy: {host.doing}"


def _install_failed(host: Host, _known: Known) -> str:
    return "its installation failed: reinstall it" if host.installing == "failed" else ""


def _off(host: Host, _known: Known) -> str:
    off = host.availability in ("power-off", "poweroff")
    return "it is powered off: power it on and wait until it is online" if off else ""


def _not_online(host: Host, _known: Known) -> str:
    if host.availability in ("online", "power-off", "poweroff"):
        return ""
    return f"it is {host.availability}: wait until it is online"


def _unprovisioned(host: Host, _known: Known) -> str:
    fields = {
        "MAC": host.mgmt_mac,
        "hostname": host.hostname,
        "personality": host.personality,
        "subfunctions": host.subfunctions,
    }
    missing = [name for name, value in fields.items() if not value]
    return f"it has no {', '.join(missing)}: classify it" if missing else ""


def _reinstalling(host: Host, _known: Known) -> str:
    busy = host.inv_state == "reinstalling" or host.is_installing
    return f"it is being installed ({host.installing or host.inv_state})" if busy else ""


def _not_inventoried(host: Host, _known: Known) -> str:
    return "" if host.inv_state == "inventoried" else "its inventory has not come in yet"


def _app_moves(_host: Host, known: Known) -> str:
    busy = [app for app in known.rows("applications") if is_busy_app(app, known)]
    if not busy:
        return ""
    where = ": on simplex this refuses an unlock" if busy[0].status == "uploading" else ""
    return f'application {busy[0].name} is "{busy[0].status}"{where}'


def is_busy_app(app: Any, known: Known) -> bool:
    """Whether an application is in a state that refuses an unlock; uploading does on simplex."""
    return app.status in BUSY_APP or (app.status == "uploading" and is_simplex(known))


def _busy_app_row(host: Host, known: Known) -> Jump | None:
    return first_row("applications", lambda app: is_busy_app(app, known))(host, known)


def _kubelet(_host: Host, known: Known) -> str:
    rows = [row for row in known.rows("kube-upgrade") if (row.state or "").startswith("upgrading")]
    return f"a Kubernetes upgrade is {rows[0].state}: refused for its own host" if rows else ""


def _vg_empty(group: str) -> Callable[[Host, Known], str]:
    def fails(host: Host, known: Known) -> str:
        pvs = children(known, "physical-volumes", host) or ()
        held = [v for v in pvs if v.lvm_vg_name == group and v.pv_state in HELD_PV]
        return "" if held else f"{group} has no physical volume"

    return fails


def _has_nova_local(host: Host, known: Known) -> bool:
    if not tells("volume-groups", host, known):
        return host.is_worker  # it may have one
    groups = children(known, "volume-groups", host) or ()
    return host.is_worker and any(row.lvm_vg_name == "nova-local" for row in groups)


def _partition_busy(host: Host, known: Known) -> str:
    rows = children(known, "partitions", host) or ()
    busy = [row for row in rows if row.status in BUSY_PARTITION]
    return (
        f"partition {busy[0].device_node or busy[0].device_path} is {busy[0].state}" if busy else ""
    )


def _backend_busy(_host: Host, known: Known) -> str:
    bad = [row for row in known.rows("backends") if is_busy_backend(row)]
    return f"storage backend {bad[0].name} is {bad[0].state}" if bad else ""


def is_busy_backend(row: Any) -> bool:
    """Whether a backend is neither configured nor waiting for this very unlock."""
    return row.state in ("configuring", "configuration-failed")


def _no_osd(host: Host, known: Known) -> str:
    return "" if children(known, "osds", host) else "it has no OSD: add one first"


def _few_monitors(_host: Host, known: Known) -> str:
    up, quorum = monitors_up(known)
    if len(up) >= quorum:
        return ""
    return f"{len(up)} Ceph monitors serve and {quorum} must, before a storage host may join"


def _worker_storage(_host: Host, known: Known) -> str:
    if len(known.rows("monitors")) < 3:
        return "Ceph has no third monitor yet: add a storage host or a monitor on a worker"
    osds = [osd for osd in known.rows("osds") if (osd.function or "osd") == "osd"]
    return "" if osds else "Ceph has no OSD yet: add one first"


def _is_plain_worker_on_ceph(host: Host, known: Known) -> bool:
    on_ceph = not is_current("backends", known) or backend_of(known, "ceph") is not None
    return host.personality == "worker" and on_ceph


def _no_ptp(host: Host, known: Known) -> str:
    rows = children(known, "interfaces", host) or ()
    if any((row.ptp_role or "none") != "none" for row in rows):
        return ""
    return "no interface has a PTP role: refused unless a PTP instance is assigned"


def _is_standby(host: Host, known: Known) -> bool:
    return host.is_controller and not host.is_active and not is_simplex(known)


def _is_controller(host: Host, _known: Known) -> bool:
    return host.is_controller


UNLOCK_CHECKS: Tuple[Union[Check, ServersOwn], ...] = (
    Check(name="locked", fails=_unlocked, verbs=UNLOCKS),
    Check(name="not busy with something else", fails=_locking, verbs=UNLOCK, ours=FORCED),
    Check(name="installed", fails=_install_failed, verbs=UNLOCKS, jump=itself),
    Check(name="powered on", fails=_off, verbs=UNLOCKS, jump=itself),
    Check(name="online", fails=_not_online, verbs=UNLOCK, ours=FORCED, soft=FORCED),
    Check(name="provisioned", fails=_unprovisioned, verbs=UNLOCKS, jump=itself),
    Check(name="not being installed", fails=_reinstalling, verbs=UNLOCK, ours=FORCED),
    Check(name="inventoried", fails=_not_inventoried, verbs=UNLOCKS),
    Check(
        name="no application in transition",
        fails=_app_moves,
        verbs=UNLOCK,
        ours=FORCED,
        soft=FORCED,
        needs=("applications", "system"),
        jump=_busy_app_row,
    ),
    Check(
        name="kubelet not being upgraded",
        fails=_kubelet,
        verbs=UNLOCKS,
        soft=UNLOCKS,
        needs=("kube-upgrade",),
        jump=lambda _host, _known: Jump(kind="kube-upgrade"),
    ),
    no_root_ca_update(UNLOCKS),
    Check(
        name="cgts-vg has a volume",
        fails=_vg_empty("cgts-vg"),
        verbs=UNLOCKS,
        needs=("physical-volumes",),
        jump=first_row("volume-groups", lambda row: row.lvm_vg_name == "cgts-vg"),
    ),
    Check(
        name="nova-local has a volume",
        fails=_vg_empty("nova-local"),
        verbs=UNLOCKS,
        applies=_has_nova_local,
        needs=("physical-volumes", "volume-groups"),
        jump=first_row("volume-groups", lambda row: row.lvm_vg_name == "nova-local"),
    ),
    Check(
        name="no partition being changed",
        fails=_partition_busy,
        verbs=UNLOCKS,
        needs=("partitions",),
        jump=first_row("partitions", lambda row: row.status in BUSY_PARTITION),
    ),
    Check(
        name="storage backends configured",
        fails=_backend_busy,
        verbs=UNLOCKS,
        applies=_is_controller,
        needs=("backends",),
        jump=first_row("backends", is_busy_backend),
    ),
    no_filesystem_busy("controller filesystems at rest", UNLOCKS, applies=_is_standby),
    Check(
        name="has an OSD",
        fails=_no_osd,
        verbs=UNLOCKS,
        applies=lambda host, _known: host.is_storage,
        needs=("osds",),
        jump=lambda _host, _known: Jump(kind="osds"),
    ),
    Check(
        name="enough Ceph monitors",
        fails=_few_monitors,
        verbs=UNLOCKS,
        applies=lambda host, known: host.is_storage and has_ceph(host, known),
        needs=("monitors", "backends"),
        jump=lambda _host, _known: Jump(kind="monitors"),
    ),
    Check(
        name="Ceph is ready for workers",
        fails=_worker_storage,
        verbs=UNLOCKS,
        applies=_is_plain_worker_on_ceph,
        needs=("monitors", "osds", "backends"),
        jump=lambda _host, _known: Jump(kind="monitors"),
    ),
    Check(
        name="PTP has an interface",
        fails=_no_ptp,
        verbs=UNLOCKS,
        soft=UNLOCKS,
        applies=lambda host, _known: host.clock_synchronization == "ptp",
        needs=("interfaces",),
        jump=first_row("interfaces", lambda _row: True),
    ),
    ServersOwn(
        name="configuration of CPUs, memory, devices",
        words="CPUs, memory, vSwitch and accelerators are not read",
        verbs=UNLOCKS,
        applies=lambda host, _known: host.is_worker,
    ),
    ServersOwn(
        name="configuration of networks",
        words="addresses, OAM and data networks are not read",
        verbs=UNLOCKS,
    ),
    ServersOwn(
        name="nothing pending on it",
        words="run-time manifests, kernel, AppArmor and software deploy of it",
        verbs=UNLOCKS,
    ),
)
