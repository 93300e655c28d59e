"""What may refuse a lock, a force-lock or a force-unsafe-lock."""

from __future__ import annotations

from typing import Tuple

from backend.kinds.host import Host
from backend.kinds.host_check import (
    CONTROLLER,
    STORAGE,
    WORKER,
    AnyCheck,
    Check,
    ServersOwn,
    verbs,
)
from backend.kinds.host_checks import (
    alarm_stands,
    backend_of,
    first_row,
    itself,
    list_of,
    standing,
)
from backend.kinds.host_copies import monitors_up, serving_peers
from backend.kinds.host_fresh import is_current
from backend.kinds.host_site import children, hosts, is_simplex, other_controller
from backend.known import Known

LOCK = verbs("lock")
LOCKS = verbs("lock", "force-lock", "force-unsafe-lock")
FORCED = LOCKS - LOCK

BUSY_APP = ("applying", "updating", "recovering", "removing", "uploading")
# Alarms that stand while something orchestrates the site.
STRATEGIES = tuple(f"900.{family}0{step}" for family in (1, 2, 3, 5, 6) for step in (1, 2))


def _locked(host: Host, _known: Known) -> str:
    return f"{host.name} is locked already" if host.is_locked else ""


def _active(host: Host, known: Known) -> str:
    if not host.is_active or is_simplex(known):
        return ""
    return f"{host.name} is the active controller: swact first"


def _osd_configuring(host: Host, known: Known) -> str:
    busy = [o for o in children(known, "osds", host) or () if o.state == "configuring"]
    return f"{busy[0].label} is being configured" if busy else ""


def _backup(_host: Host, known: Known) -> str:
    return "a backup is being taken (210.001)" if standing(known, "210.001") else ""


def _image(host: Host, _known: Known) -> str:
    busy = (host.device_image_update or "") == "in-progress"
    return f"device images are being written on {host.name}" if busy else ""


def _deploy(_host: Host, known: Known) -> str:
    found = standing(known, "900.023", "900.005", "900.001")
    return f"{found}: in some of its stages the service refuses" if found else ""


def _rook_moves(_host: Host, known: Known) -> str:
    backend = backend_of(known, "ceph-rook")
    said = [app.status for app in known.rows("applications") if app.name == "rook-ceph"]
    busy = [word for word in (backend.task if backend else None, *said) if word in BUSY_APP]
    return f"rook-ceph is {busy[0]}" if busy else ""


def has_rook(_host: Host, known: Known) -> bool:
    """Whether Ceph runs in Kubernetes here; True where nobody knows now."""
    return not is_current("backends", known) or backend_of(known, "ceph-rook") is not None


def has_ceph(host: Host, known: Known) -> bool:
    """Whether Ceph runs on the hosts themselves, and this host has to do with it."""
    touches = host.is_storage or host.is_controller
    return touches and (not is_current("backends", known) or backend_of(known, "ceph") is not None)


def _quorum(host: Host, known: Known) -> str:
    up, quorum = monitors_up(known)
    if host.hostname not in up or len(up) - 1 >= quorum:
        return ""
    return f"{len(up)} Ceph monitors serve and {quorum} must stay: {' '.join(up)}"


def _quorum_counts(host: Host, known: Known) -> bool:
    """Whether the service counts monitors: beside storage hosts, and of a worker that has one."""
    if not host.is_enabled:
        return False
    if host.is_controller or host.is_storage:
        has_storage = any(other.is_storage for other in hosts(known))
        return has_ceph(host, known) and has_storage
    bears = any(row.hostname == host.hostname for row in known.rows("monitors"))
    may = bears or not is_current("monitors", known)
    return may and (not is_current("backends", known) or backend_of(known, "ceph") is not None)


def _storage_locked(_host: Host, known: Known) -> str:
    nodes = [other for other in hosts(known) if other.is_storage]
    if not nodes or not all(node.is_locked for node in nodes):
        return ""
    return "all storage hosts are locked: unlock one first"


def _no_ceph(_host: Host, known: Known) -> str:
    return "" if backend_of(known, "ceph") else "it is a storage host, and Ceph is no backend here"


def _group(host: Host, known: Known) -> str:
    if serving_peers(host, known):
        return ""
    words = "no other host of its storage group serves"
    # The service asks it of an enabled host alone; where it is down already nobody else warns.
    return f"{words}: refused unless the pools are empty" if host.is_enabled else words


def _unhealthy(_host: Host, known: Known) -> str:
    stands = standing(known, "800.001")
    return "800.001: Ceph is not healthy; see what it says before" if stands else ""


def _strategy(_host: Host, known: Known) -> str:
    found = standing(known, *STRATEGIES)
    return f"a strategy is under way ({found}): it locks hosts itself" if found else ""


def _partner_moves(host: Host, known: Known) -> str:
    peer = other_controller(host, known)
    if peer is None or is_simplex(known):
        return ""
    deed = next(iter(known.running("hosts", peer.uuid)), None)
    if deed is not None:
        return f"{deed.action} of {peer.name} is under way: never two controllers at once"
    if not host.is_active and not peer.is_enabled:
        return f"{peer.name} does not serve either: the site would be down"
    return ""


_ON_CONTROLLER, _ON_WORKER = frozenset({CONTROLLER}), frozenset({WORKER})
_ON_STORAGE = frozenset({STORAGE})

LOCK_CHECKS: Tuple[AnyCheck, ...] = (
    Check(
        name="not locked already", foretells="check_lock", fails=_locked, verbs=LOCK, ours=FORCED
    ),
    Check(
        name="not the active controller",
        foretells="check_lock_controller",
        fails=_active,
        verbs=LOCKS,
        on=_ON_CONTROLLER,
        needs=("system",),
        jump=itself,
    ),
    Check(
        name="no backup running",
        foretells="check_lock",
        fails=_backup,
        verbs=LOCK,
        needs=("alarms",),
        jump=first_row("alarms", alarm_stands("210.001")),
    ),
    Check(
        name="no OSD configuring",
        foretells="check_lock_controller",
        fails=_osd_configuring,
        verbs=LOCK,
        on=_ON_CONTROLLER,
        needs=("osds",),
        jump=first_row("osds", lambda osd: osd.state == "configuring"),
    ),
    Check(
        name="no device image update",
        foretells="check_lock_worker",
        fails=_image,
        verbs=LOCK,
        on=_ON_WORKER,
    ),
    Check(
        name="no deploy in start or activate",
        foretells="_check_lock_controller_during_upgrade",
        fails=_deploy,
        verbs=LOCK,
        ours=FORCED,
        soft=LOCKS,
        needs=("alarms",),
    ),
    Check(
        name="rook-ceph not in transition",
        foretells="check_lock_controller",
        fails=_rook_moves,
        verbs=LOCKS,
        on=_ON_CONTROLLER,
        since="24.09",
        applies=has_rook,
        needs=("applications", "backends"),
        jump=first_row("applications", lambda app: app.name == "rook-ceph"),
    ),
    Check(
        name="a storage host serves",
        foretells="check_lock_controller",
        fails=_storage_locked,
        verbs=verbs("lock", "force-lock"),
        ours=verbs("force-unsafe-lock"),
        soft=verbs("force-unsafe-lock"),
        on=_ON_CONTROLLER,
        applies=has_ceph,
        needs=("backends",),
        jump=list_of("hosts"),
    ),
    Check(
        name="Ceph is a backend",
        foretells="check_lock_storage",
        fails=_no_ceph,
        verbs=LOCKS,
        on=_ON_STORAGE,
        needs=("backends",),
        jump=list_of("backends"),
    ),
    Check(
        name="Ceph monitors keep their quorum",
        foretells="check_lock_storage",
        fails=_quorum,
        verbs=verbs("lock", "force-lock"),
        applies=_quorum_counts,
        needs=("monitors", "backends"),
        jump=list_of("monitors"),
    ),
    Check(
        name="storage keeps a copy",
        foretells="check_lock_storage",
        fails=_group,
        verbs=LOCKS,
        soft=LOCKS,
        on=_ON_STORAGE,
        applies=lambda host, _known: not host.is_locked,
    ),
    Check(
        name="no VIM strategy running",
        fails=_strategy,
        ours=LOCKS,
        soft=FORCED,
        needs=("alarms",),
        jump=first_row("alarms", alarm_stands(*STRATEGIES)),
    ),
    Check(
        name="the other controller serves",
        fails=_partner_moves,
        ours=LOCKS,
        on=_ON_CONTROLLER,
        needs=("system",),
        jump=lambda host, known: itself(other_controller(host, known) or host, known),
    ),
    Check(
        name="Ceph is healthy",
        fails=_unhealthy,
        ours=LOCKS,
        soft=LOCKS,
        applies=has_ceph,
        needs=("alarms",),
        jump=first_row("alarms", alarm_stands("800.001")),
    ),
    ServersOwn(
        name="no placement group recovering",
        foretells="check_lock",
        words="Ceph: whether OSDs still fetch data from their peer",
        verbs=LOCK,
        applies=has_ceph,
    ),
    ServersOwn(
        name="pools and OSDs",
        foretells="check_lock_storage",
        words="Ceph: how full its pools are, and how each OSD is",
        verbs=LOCKS,
        on=_ON_STORAGE,
    ),
    ServersOwn(
        name="SM",
        foretells="check_lock_controller",
        words="whether it is the sole provider of a service",
        verbs=LOCK,
        on=_ON_CONTROLLER,
    ),
    ServersOwn(
        name="the applications' own checks",
        foretells="mtc_action_apps_semantic_checks",
        words="each application's plug-in may refuse",
        verbs=LOCK,
    ),
)
