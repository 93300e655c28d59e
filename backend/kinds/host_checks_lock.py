"""What may refuse a lock, a force-lock or a force-unsafe-lock."""

from __future__ import annotations

from typing import Tuple, Union

from backend.kinds.host import Host
from backend.kinds.host_checks import (
    Check,
    ServersOwn,
    alarm_stands,
    backend_of,
    first_row,
    itself,
    standing,
    verbs,
)
from backend.kinds.host_copies import monitors_up, serving_peers
from backend.kinds.host_fresh import is_current
from backend.kinds.host_site import children, is_simplex, other_controller
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
    apps = [app for app in known.rows("applications") if app.name == "rook-ceph"]
    busy = [app for app in apps if app.status in BUSY_APP]
    return f"rook-ceph is {busy[0].status}" if busy else ""


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
    has_storage = any(other.is_storage for other in known.rows("hosts"))
    return has_ceph(host, known) and host.is_enabled and has_storage


def _group(host: Host, known: Known) -> str:
    if serving_peers(host, known):
        return ""
    words = "no other host of its storage group serves"
    # The service asks it of an enabled host alone; where it is down already nobody else warns.
    return f"{words}: refused unless the pools are empty" if host.is_enabled else words


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


def _is_controller(host: Host, _known: Known) -> bool:
    return host.is_controller


LOCK_CHECKS: Tuple[Union[Check, ServersOwn], ...] = (
    Check(name="not locked already", fails=_locked, verbs=LOCK, ours=FORCED),
    Check(
        name="not the active controller",
        fails=_active,
        verbs=LOCKS,
        applies=_is_controller,
        needs=("system",),
        jump=itself,
    ),
    Check(
        name="no backup running",
        fails=_backup,
        verbs=LOCK,
        needs=("alarms",),
        jump=first_row("alarms", alarm_stands("210.001")),
    ),
    Check(
        name="no OSD configuring",
        fails=_osd_configuring,
        verbs=LOCK,
        applies=_is_controller,
        needs=("osds",),
        jump=first_row("osds", lambda osd: osd.state == "configuring"),
    ),
    Check(
        name="no device image update",
        fails=_image,
        verbs=LOCK,
        applies=lambda host, _known: host.is_worker,
    ),
    Check(
        name="no deploy in start or activate",
        fails=_deploy,
        verbs=LOCK,
        ours=FORCED,
        soft=LOCKS,
        needs=("alarms",),
    ),
    Check(
        name="rook-ceph not in transition",
        fails=_rook_moves,
        verbs=LOCK,
        applies=has_rook,
        needs=("applications", "backends"),
        jump=first_row("applications", lambda app: app.name == "rook-ceph"),
    ),
    Check(
        name="Ceph monitors keep their quorum",
        fails=_quorum,
        verbs=verbs("lock", "force-lock"),
        applies=_quorum_counts,
        needs=("monitors", "backends"),
        jump=lambda _host, _known: None,
    ),
    Check(
        name="storage keeps a copy",
        fails=_group,
        verbs=LOCKS,
        soft=LOCKS,
        applies=lambda host, _known: host.is_storage and not host.is_locked,
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
        applies=_is_controller,
        needs=("system",),
        jump=lambda host, known: itself(other_controller(host, known) or host, known),
    ),
    Check(
        name="Ceph is healthy",
        fails=lambda _host, known: (
            "800.001: Ceph is not healthy; see what it says before"
            if standing(known, "800.001")
            else ""
        ),
        ours=LOCKS,
        soft=LOCKS,
        applies=has_ceph,
        needs=("alarms",),
        jump=first_row("alarms", alarm_stands("800.001")),
    ),
    ServersOwn(
        name="no placement group recovering",
        words="Ceph: whether OSDs still fetch data from their peer",
        verbs=LOCK,
        applies=has_ceph,
    ),
    ServersOwn(
        name="SM",
        words="whether it is the sole provider of a service",
        verbs=LOCK,
        applies=_is_controller,
    ),
    ServersOwn(
        name="the applications' own checks",
        words="each application's plug-in may refuse",
        verbs=LOCK,
    ),
)
