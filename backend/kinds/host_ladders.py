"""The steps of each host action as maintenance itself goes through them, to the real end."""

from __future__ import annotations

from typing import Any, Callable, FrozenSet, Mapping, Optional

from backend.deed import Deed
from backend.kind import Rung
from backend.kinds.host import LOCKED, Host
from backend.kinds.host_fresh import is_with_hosts
from backend.kinds.host_site import other_controller
from backend.kinds.host_stops import BRINGS_IN, TAKES_OUT
from backend.kinds.host_tasks import gave_up, help_of
from backend.kinds.host_unlock_ladder import Ladder, Reached, does, unlock, when
from backend.known import Known

# What is in one of these does not hear maintenance: whether it ever will nobody knows.
UNHEARD = ("offline", "failed", "power-off", "poweroff")

INSTALL_STATES = ("preinstall", "installing", "postinstall", "booting", "installed", "completed")


def accepted(*beginnings: str) -> Rung[Host]:
    """Return the first rung: maintenance has the order, and says so in the task."""
    return Rung(
        name="accepted by sysinv",
        reached=when(lambda host: does(host, *beginnings)),
        says="task " + beginnings[0].capitalize(),
    )


# --- lock, force-lock, swact -------------------------------------------------------------------


def _was_heard(host: Host, known: Known) -> bool:
    """Whether maintenance heard the host when the act on it began."""
    deed = next(iter(known.running("hosts", host.uuid)), None)
    before = deed.before.get("availability") if deed is not None else None
    return (before or host.availability) not in UNHEARD


def _online_if_heard(host: Host, known: Known, *before: Rung[Host], says: str) -> Ladder:
    """Return what comes after the lock itself; a host that is dead is locked, and that is all."""
    if not _was_heard(host, known):
        return ()
    online: Rung[Host] = Rung(
        name="online, to be worked on",
        reached=when(lambda h: h.is_locked and h.availability == "online"),
        says=says,
        settles=True,
    )
    return (*before, online)


def lock(host: Host, known: Known) -> Ladder:
    """Return the way out of service: the VIM moves the pods first."""
    return (
        accepted("locking"),
        Rung(
            name="services move away (VIM)",
            reached=when(lambda h: h.vim_progress_status == "services-disabled"),
            says="services-enabled",
        ),
        Rung(name="locked", reached=when(lambda h: h.is_locked), says="locked/disabled"),
        *_online_if_heard(host, known, says="locked/disabled/online"),
    )


def force_lock(host: Host, known: Known) -> Ladder:
    """Return the way out without moving anything: a reset."""
    down: Rung[Host] = Rung(
        name="reset, host goes down",
        reached=when(lambda h: h.is_locked and h.availability == "offline"),
        says="locked/disabled",
        settles=True,
    )
    return (
        accepted("force lock", "unsafely force"),
        Rung(name="locked", reached=when(lambda h: h.is_locked), says="Force Locking"),
        *_online_if_heard(host, known, down, says="locked/disabled/offline"),
    )


def _is_handed_over(row: Optional[Host], known: Known) -> bool:
    peer = other_controller(row, known) if row is not None else None
    return row is not None and not row.is_active and peer is not None and peer.is_active


def _groups_serve(row: Optional[Host], known: Known) -> bool:
    """Whether the service groups are active where they went; a warning of theirs holds nothing."""
    peer = other_controller(row, known) if row is not None else None
    if (
        peer is None
        or not _is_handed_over(row, known)
        or not is_with_hosts("service-groups", known)
    ):
        return False
    groups = [g for g in known.rows("service-groups") if g.node_name == peer.hostname]
    wanted = [group for group in groups if group.desired_state == "active"]
    return bool(wanted) and all(group.state == "active" for group in wanted)


def swact(_host: Host, _known: Known) -> Ladder:
    """Return the way of the services to the other controller."""
    return (
        accepted("swact", "force-swact", "force swact"),
        Rung(
            name="services leave this controller",
            reached=when(lambda h: not h.is_active),
            says="Swact: In-Progress",
        ),
        Rung(
            name="the other controller is active", reached=_is_handed_over, says="Swact: Complete"
        ),
        Rung(
            name="its service groups are active",
            reached=_groups_serve,
            says="service groups active there",
            settles=True,
        ),
    )


# --- power, reinstall, delete ------------------------------------------------------------------


def _down(then: str = "") -> Rung[Host]:
    return Rung(
        name="goes down",
        reached=when(lambda h: h.availability in ("offline", "power-off", "poweroff")),
        says="locked/disabled/offline",
        then=then,
    )


def _online() -> Rung[Host]:
    return Rung(
        name="boots, online again",
        reached=when(lambda h: h.availability == "online"),
        says="locked/disabled/offline",
    )


def reboot(_host: Host, _known: Known) -> Ladder:
    """Return the way through a reboot of a locked host."""
    return (accepted("reboot"), _down(), _online())


def reset(_host: Host, _known: Known) -> Ladder:
    """Return the way through a reset by the BMC."""
    return (accepted("reset"), _down(), _online())


def power_on(_host: Host, _known: Known) -> Ladder:
    """Return the way from off to online."""
    powered: Rung[Host] = Rung(
        name="power is on",
        reached=when(lambda h: h.availability in ("offline", "online")),
        says="power-off",
    )
    return (accepted("power-on", "powering-on", "powering on"), powered, _online())


def power_off(_host: Host, _known: Known) -> Ladder:
    """Return the way to off."""
    off: Rung[Host] = Rung(
        name="power is off",
        reached=when(lambda h: h.availability in ("power-off", "poweroff")),
        says="locked/disabled",
    )
    return (accepted("power-off", "powering-off", "powering off"), off)


def _installed_to(state: str) -> Reached:
    order = INSTALL_STATES.index(state)

    def reached(row: Optional[Host], _known: Known) -> bool:
        at = row.installing if row is not None else ""
        return at in INSTALL_STATES and INSTALL_STATES.index(at) > order

    return reached


def reinstall(_host: Host, _known: Known) -> Ladder:
    """Return the way through an installation; its states are the installer's own."""
    stages: Ladder = tuple(
        Rung(name=f"installation: {state}", reached=_installed_to(state), says=state)
        for state in ("preinstall", "installing", "postinstall", "booting")
    )
    inventoried: Rung[Host] = Rung(
        name="inventoried",
        reached=when(lambda h: h.availability == "online" and h.inv_state == "inventoried"),
        says="locked/disabled/online",
    )
    return (accepted("reinstall"), _down(), *stages, _online(), inventoried)


def delete(_host: Host, _known: Known) -> Ladder:
    """Return the one step of a host that goes."""
    gone: Rung[Host] = Rung(name="gone from sysinv", reached=lambda row, _known: row is None)
    return (gone,)


LADDERS: Mapping[str, Callable[[Any, Known], Ladder]] = {
    "lock": lock,
    "force-lock": force_lock,
    "force-unsafe-lock": force_lock,
    "unlock": unlock,
    "force-unlock": unlock,
    "swact": swact,
    "force-swact": swact,
    "reboot": reboot,
    "reset": reset,
    "power-on": power_on,
    "power-off": power_off,
    "reinstall": reinstall,
    "delete": delete,
}


# --- when the system gave up -------------------------------------------------------------------


# What is done to a locked host, and makes no sense any more once somebody unlocks it.
ON_LOCKED: FrozenSet[str] = frozenset({"reboot", "reset", "power-on", "power-off", "reinstall"})


def failed(host: Host, known: Known) -> str:
    """Return why the running action will not come to its end, "" while it may.

    The words are maintenance's own, with what they mean; a retry of its own is no end, nor is what
    stood there before the action began. Nor is time: an alarm or a copying that lasts is no
    failure of an unlock that serves.
    """
    deed = next(iter(known.running("hosts", host.uuid)), None)
    if gave_up(host.doing) and not _stood(deed, "task", host.task):
        found = help_of(host.doing)
        return f"{host.doing} ({found.means})" if found else host.doing
    moving = host.vim_progress_status or ""
    if moving.endswith("-failed") and not _stood(deed, "vim_progress_status", moving):
        return f"the VIM could not move its services away ({moving})"
    if host.installing == "failed" and not _stood(deed, "install_state", host.install_state):
        return f"the installation failed {host.install_state_info or ''}".rstrip()
    return _went_elsewhere(host, deed)


def _went_elsewhere(host: Host, deed: Optional[Deed]) -> str:
    """Say that somebody else took the host out of what the act was about."""
    if deed is None:
        return ""
    was_locked = deed.before.get("administrative") == LOCKED
    if deed.action in ON_LOCKED and was_locked and not host.is_locked:
        return f"{host.name} was unlocked meanwhile: the end of its {deed.action} can't be seen"
    if deed.action in TAKES_OUT and "locked" in deed.reached and not host.is_locked:
        return f"{host.name} was unlocked meanwhile"
    if deed.action in BRINGS_IN and "sysinv prepares its config" in deed.reached and host.is_locked:
        return f"{host.name} was locked again meanwhile"
    return ""


def _stood(deed: Optional[Deed], field: str, value: Optional[str]) -> bool:
    """Whether a field says what it said before, and the action is not yet past its first rung."""
    return deed is not None and len(deed.reached) < 2 and deed.before.get(field) == value
