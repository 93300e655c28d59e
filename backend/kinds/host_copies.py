"""Who keeps the other copies of what a storage host or a controller holds for Ceph."""

from __future__ import annotations

from typing import Any, Optional, Sequence, Tuple

from backend.kinds.host import Host
from backend.kinds.host_fresh import is_current
from backend.kinds.host_site import children, hosts
from backend.known import Known

# From so many on each monitor keeps to its host.
FIXED_MONITORS = 3


def osds_of(host: Host, known: Known) -> Tuple[Any, ...]:
    """Return the OSDs on a host, journals left out."""
    rows = children(known, "osds", host) or ()
    return tuple(row for row in rows if (row.function or "osd") == "osd")


def copies_wanted(known: Known) -> Optional[int]:
    """Return how many copies Ceph keeps of the data, None where nobody can tell."""
    if not is_current("backends", known):
        return None
    said = [row.capabilities.get("replication") for row in known.rows("backends")]
    return next((int(word) for word in said if str(word).isdigit()), 1)


def group_of(host: Host, known: Known) -> Tuple[Host, ...]:
    """Return the other hosts that copies of its data may be on, serving or not."""
    others = [other for other in hosts(known) if other.uuid != host.uuid]
    if host.peer_names:
        return tuple(other for other in others if other.hostname in host.peer_names)
    holders = {osd.host_uuid for osd in known.rows("osds")}
    return tuple(other for other in others if other.uuid in holders)


def serving_peers(host: Host, known: Known, away: Sequence[str] = ()) -> Tuple[Host, ...]:
    """Return those of its group that serve, but for hosts of the ids ``away``."""
    return tuple(
        peer for peer in group_of(host, known) if peer.is_enabled and peer.uuid not in away
    )


def copies_left(host: Host, known: Known, away: Sequence[str] = ()) -> int:
    """Return how many copies of its data serve while it is away, and those of ``away`` too."""
    holding = [peer for peer in serving_peers(host, known, away) if osds_of(peer, known)]
    return min(len(holding), (copies_wanted(known) or 1) - 1)


def monitors_up(known: Known, away: Sequence[str] = ()) -> Tuple[Tuple[str, ...], int]:
    """Return the hosts whose monitor serves, and how many monitors a quorum takes.

    On two all-in-one controllers alone there is one monitor, which goes with the services.
    """
    rows = known.rows("monitors")
    by_name = {host.hostname: host for host in hosts(known)}
    on = [by_name[row.hostname] for row in rows if row.hostname in by_name]
    up = tuple(str(h.hostname) for h in on if h.is_enabled and h.uuid not in away)
    floats = len(rows) < FIXED_MONITORS and all(host.is_aio for host in on)
    return up, 1 if floats else len(rows) // 2 + 1
