"""How much an action on a host may break: by verb, by where one sits, by what is left."""

from __future__ import annotations

from typing import Any, Callable, FrozenSet, Mapping

from backend.kind import Risk
from backend.kinds.host import Host
from backend.kinds.host_site import (
    controllers,
    is_simplex,
    one_sits_beside,
    one_sits_on,
    other_controller,
)
from backend.known import Known

BY_VERB: Mapping[str, Risk] = {
    "lock": Risk.DISRUPTIVE,
    "force-lock": Risk.DESTRUCTIVE,
    "force-unsafe-lock": Risk.DESTRUCTIVE,
    "unlock": Risk.DISRUPTIVE,
    "force-unlock": Risk.DESTRUCTIVE,
    "swact": Risk.DISRUPTIVE,
    "force-swact": Risk.DESTRUCTIVE,
    "reboot": Risk.DISRUPTIVE,
    "reset": Risk.DISRUPTIVE,
    "reinstall": Risk.DESTRUCTIVE,
    "power-on": Risk.DISRUPTIVE,
    "power-off": Risk.DISRUPTIVE,
    "delete": Risk.DESTRUCTIVE,
}

# The machine goes down: whoever sits on it goes with it.
REBOOTING: FrozenSet[str] = frozenset(
    {
        "unlock",
        "force-unlock",
        "force-lock",
        "force-unsafe-lock",
        "reboot",
        "reset",
        "reinstall",
        "power-off",
    }
)


def risk_of(verb: str) -> Callable[[Any, Any, Known], Risk]:
    """Return what grades ``verb`` for a host, here and now."""

    def risk(host: Host, _form: Any, known: Known) -> Risk:
        if verb in REBOOTING and _is_near(host, known):
            return Risk.DESTRUCTIVE
        if verb == "lock" and is_last_controller(host, known):
            return Risk.DESTRUCTIVE
        return BY_VERB[verb]

    return risk


def _is_near(host: Host, known: Known) -> bool:
    """Whether one sits on the host or on its partner, or no other controller serves."""
    return (
        one_sits_on(host, known) or one_sits_beside(host, known) or is_last_controller(host, known)
    )


def is_last_controller(host: Host, known: Known) -> bool:
    """Whether the site has no other controller that serves now."""
    if not host.is_controller:
        return False
    if is_simplex(known) or len(controllers(known)) < 2:
        return True
    peer = other_controller(host, known)
    return peer is not None and not peer.is_enabled


def ends_session(verb: str) -> Callable[[Any, Known], bool]:
    """Return what tells whether ``verb`` on a host ends this very console."""
    return lambda host, known: verb in REBOOTING and one_sits_on(host, known)
