"""What may refuse a reboot, a reset, a reinstall, power on or off, or a delete."""

from __future__ import annotations

from typing import Tuple

from backend.kinds.host import Host
from backend.kinds.host_check import AnyCheck, Check, ServersOwn, verbs
from backend.kinds.host_checks import backend_of, itself, list_of, rows_of, standing
from backend.kinds.host_fresh import is_current
from backend.kinds.host_site import is_simplex, one_sits_on
from backend.kinds.host_tasks import gave_up
from backend.known import Known

OFF = ("power-off", "poweroff")

BMC_VERBS = verbs("reset", "power-on", "power-off")
POWER = BMC_VERBS | verbs("reboot", "reinstall")
ALL = POWER | verbs("delete")
# What the service asks each of them with.
METHODS = {
    "reboot": "check_reboot",
    "reset": "check_reset",
    "power-on": "check_poweron",
    "power-off": "check_poweroff",
    "reinstall": "check_reinstall",
    "delete": "delete",
}


def _is_locked(host: Host, _known: Known) -> bool:
    """Whether "online" is what it should be; of a host that serves only the lock is asked."""
    return host.is_locked


def _unlocked(host: Host, _known: Known) -> str:
    return "" if host.is_locked else f"{host.name} is unlocked: lock it first"


def _simplex(_host: Host, known: Known) -> str:
    return "not on a simplex system" if is_simplex(known) else ""


def _no_bmc(host: Host, _known: Known) -> str:
    return "" if host.has_bmc else "sysinv knows no BMC of it: it would take the order and fail"


def _deaf(host: Host, _known: Known) -> str:
    if host.availability == "online":
        return ""
    return f"it is {host.availability}: it can't hear the order; reset it by its BMC"


def _cannot_install(host: Host, _known: Known) -> str:
    if host.availability == "online" or host.has_bmc:
        return ""
    return f"it is {host.availability} and has no BMC: nothing can make it boot the installer"


def _on_already(host: Host, _known: Known) -> str:
    return f"it is on ({host.availability})" if host.availability == "online" else ""


def _off_already(host: Host, _known: Known) -> str:
    return "it is off already" if host.availability in OFF else ""


def _busy(host: Host, _known: Known) -> str:
    return f"it is busy: {host.doing}" if host.doing and not gave_up(host.doing) else ""


def _underfoot(host: Host, known: Known) -> str:
    return "you are on it" if one_sits_on(host, known) else ""


def _active(host: Host, _known: Known) -> str:
    return "it is the active controller" if host.is_active else ""


def _only_controller(host: Host, known: Known) -> str:
    alone = is_simplex(known) and host.is_controller
    return "a simplex system keeps its only controller" if alone else ""


def _rook_on_it(host: Host, known: Known) -> str:
    """Rook's filesystem on it says by its functions what still runs there."""
    for row in rows_of(known, "filesystems", host):
        functions = (row.body.get("capabilities") or {}).get("functions") or []
        if row.name == "ceph" and (functions or row.state == "Reconfigure with App"):
            return f"Rook still uses it: {', '.join(map(str, functions)) or row.state}"
    return ""


def _has_rook(_host: Host, known: Known) -> bool:
    return not is_current("backends", known) or backend_of(known, "ceph-rook") is not None


def _deploying(_host: Host, known: Known) -> str:
    found = standing(known, "900.023", "900.005")
    return f"{found}: until the active controller is deployed the service refuses" if found else ""


POWER_CHECKS: Tuple[AnyCheck, ...] = (
    *(
        Check(
            name="locked first", foretells=method, fails=_unlocked, verbs=verbs(verb), jump=itself
        )
        for verb, method in METHODS.items()
    ),
    *(
        Check(
            name="not simplex",
            foretells=method,
            fails=_simplex,
            verbs=verbs(verb),
            needs=("system",),
        )
        for verb, method in METHODS.items()
        if verb != "delete"
    ),
    Check(name="has a BMC", fails=_no_bmc, ours=BMC_VERBS, jump=itself),
    Check(name="hears the order", fails=_deaf, ours=verbs("reboot"), applies=_is_locked),
    Check(
        name="can be made to install",
        foretells="check_reinstall",
        fails=_cannot_install,
        verbs=verbs("reinstall"),
        applies=_is_locked,
    ),
    Check(name="off now", fails=_on_already, ours=verbs("power-on")),
    Check(name="on now", fails=_off_already, ours=verbs("power-off")),
    Check(name="not busy with something else", fails=_busy, ours=ALL - verbs("power-on")),
    Check(
        name="not the machine you are on",
        fails=_underfoot,
        ours=verbs("delete", "reinstall", "power-off"),
    ),
    Check(name="not the active controller", fails=_active, ours=verbs("delete", "reinstall")),
    Check(
        name="not the only controller",
        foretells="delete",
        fails=_only_controller,
        verbs=verbs("delete"),
        needs=("system",),
    ),
    Check(
        name="Rook has left it",
        foretells="delete",
        fails=_rook_on_it,
        verbs=verbs("delete"),
        since="24.09",
        applies=_has_rook,
        needs=("filesystems", "backends"),
        jump=list_of("filesystems"),
    ),
    Check(
        name="no deploy that forbids it",
        foretells="_check_host_delete_during_upgrade",
        fails=_deploying,
        verbs=verbs("delete"),
        soft=verbs("delete"),
        needs=("alarms",),
    ),
    ServersOwn(
        name="its storage may go",
        foretells="delete",
        words="whether Ceph can do without what is on it",
        verbs=verbs("delete"),
        applies=lambda host, _known: host.is_storage or host.is_controller,
    ),
)
