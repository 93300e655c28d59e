"""The site around a host: its system, its peers, and what is known of its children."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from backend.kinds.host import Host
from backend.kinds.once import once
from backend.known import Known, Reading


def system_of(known: Known) -> Optional[Any]:
    """Return the system's own row, None where it was not read."""
    return next(iter(known.rows("system")), None)


def is_simplex(known: Known) -> bool:
    """Whether there is one controller and never another; False where nobody knows yet."""
    system = system_of(known)
    return system is not None and system.system_mode == "simplex"


def is_duplex(known: Known) -> bool:
    """Whether there should be two controllers; False where nobody knows yet."""
    system = system_of(known)
    return system is not None and str(system.system_mode).startswith("duplex")


def hosts(known: Known) -> Tuple[Host, ...]:
    """Return all hosts of the last reading."""
    return known.rows("hosts")


def controllers(known: Known) -> Tuple[Host, ...]:
    """Return the one or two controllers."""
    return _controllers(hosts(known))


@once
def _controllers(rows: Tuple[Host, ...]) -> Tuple[Host, ...]:
    return tuple(host for host in rows if host.is_controller)


def active_controller(known: Known) -> Optional[Host]:
    """Return the controller that runs the services."""
    return next((host for host in controllers(known) if host.is_active), None)


def other_controller(host: Host, known: Known) -> Optional[Host]:
    """Return the swact partner of a controller, None for other hosts or where there is none."""
    if not host.is_controller:
        return None
    return next((peer for peer in controllers(known) if peer.uuid != host.uuid), None)


def one_sits_on(host: Host, known: Known) -> bool:
    """Whether this console runs on that very host."""
    return known.place.is_on(host.hostname or "", host.uuid)


def one_sits_beside(host: Host, known: Known) -> bool:
    """Whether this console runs on the swact partner of that host."""
    peer = other_controller(host, known)
    return peer is not None and one_sits_on(peer, known)


# Asked for all hosts at once these are wrong or empty: only what a host itself was asked counts.
ONLY_UNDER_HOST = frozenset({"labels", "interfaces", "partitions", "kernels", "sensor-groups"})


def children(known: Known, kind: str, host: Host) -> Optional[Tuple[Any, ...]]:
    """Return the rows of ``kind`` on a host, None where nobody read them.

    A child kind is read under its host or all at once; either serves.
    """
    reading = reading_of(known, kind, host)
    if not reading.was_read:
        return None
    if reading.parent:
        return reading.rows
    by_host = _by_host(kind, reading.rows)
    return by_host.get(host.uuid) or by_host.get(host.id) or ()


_KEPT: Dict[str, Tuple[Tuple[Any, ...], Mapping[Any, Tuple[Any, ...]]]] = {}


def _by_host(kind: str, rows: Tuple[Any, ...]) -> Mapping[Any, Tuple[Any, ...]]:
    """Return rows by the host they say they are of: its uuid, or the number sysinv gave it.

    Kept for as long as the rows of that kind are the same object: asked for each of many hosts.
    """
    kept = _KEPT.get(kind)
    if kept is not None and kept[0] is rows:
        return kept[1]
    found: Dict[Any, List[Any]] = {}
    for row in rows:
        of = getattr(row, "host_uuid", None) or getattr(row, "forihostid", None)
        found.setdefault(of, []).append(row)
    whole = {of: tuple(some) for of, some in found.items()}
    _KEPT[kind] = (rows, whole)
    return whole


def reading_of(known: Known, kind: str, host: Host) -> Reading[Any]:
    """Return the later of the two readings that may tell of the children of a host."""
    own, whole = known.reading(kind, host.uuid), known.reading(kind)
    return own if kind in ONLY_UNDER_HOST or own.at_ms >= whole.at_ms else whole
