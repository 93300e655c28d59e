"""What may refuse a reboot, a reset, a reinstall, power on or off, or a delete."""

from __future__ import annotations

from typing import Tuple, Union

from backend.kinds.host import Host
from backend.kinds.host_checks import Check, ServersOwn, itself, verbs
from backend.kinds.host_site import is_simplex, one_sits_on
from backend.kinds.host_tasks import gave_up
from backend.known import Known

OFF = ("power-off", "poweroff")

BMC_VERBS = verbs("reset", "power-on", "power-off")
POWER = BMC_VERBS | verbs("reboot", "reinstall")
ALL = POWER | verbs("delete")


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


POWER_CHECKS: Tuple[Union[Check, ServersOwn], ...] = (
    Check(name="locked first", fails=_unlocked, verbs=ALL, jump=itself),
    Check(name="not simplex", fails=_simplex, verbs=POWER, needs=("system",)),
    Check(name="has a BMC", fails=_no_bmc, ours=BMC_VERBS, jump=itself),
    Check(name="hears the order", fails=_deaf, ours=verbs("reboot"), applies=_is_locked),
    Check(
        name="can be made to install",
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
    ServersOwn(
        name="its storage may go",
        words="whether Ceph can do without what is on it",
        verbs=verbs("delete"),
        applies=lambda host, _known: host.is_storage or host.is_controller,
    ),
)
