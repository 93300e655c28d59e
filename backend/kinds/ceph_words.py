"""Ceph's health checks in words: what each means for who stores on it, and what to do.

After Ceph's own documentation of its health checks. One that is not here says itself.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Mapping, NamedTuple


class Meaning(NamedTuple):
    """What a check means, and what can be done."""

    means: str
    act: str = ""


_WAIT = "wait for recovery; if it does not move, see the OSDs that are down"
_FULL = "delete, or add OSDs; then see that weights are even"
_NO_FLAG = "unset it when the work is done: flags"

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "OSD_DOWN": Meaning("disks that hold data do not answer", "see its host and its disk"),
        "OSD_HOST_DOWN": Meaning("all OSDs of a host are down", "see the host: is it up"),
        "OSD_ROOT_DOWN": Meaning("all OSDs of a root are down", "see power and network"),
        "OSD_CHASSIS_DOWN": Meaning("all OSDs of a chassis are down", "see its power"),
        "OSD_RACK_DOWN": Meaning("all OSDs of a rack are down", "see its power and switch"),
        "OSD_ORPHAN": Meaning("the tree names an OSD that is not there", "ceph osd crush rm"),
        "OSD_FULL": Meaning("an OSD is full: NOTHING CAN BE WRITTEN to its pools", _FULL),
        "OSD_BACKFILLFULL": Meaning("an OSD is too full to take data back", _FULL),
        "OSD_NEARFULL": Meaning("an OSD is nearly full", _FULL),
        "OSDMAP_FLAGS": Meaning("flags hold back what Ceph does by itself", _NO_FLAG),
        "OSD_FLAGS": Meaning("flags hold back some OSDs", _NO_FLAG),
        "OSD_SCRUB_ERRORS": Meaning("copies of an object differ", "ceph pg repair PG"),
        "OSD_SLOW_PING_TIME_BACK": Meaning("OSDs hear each other late", "see the cluster network"),
        "OSD_SLOW_PING_TIME_FRONT": Meaning("OSDs hear each other late", "see the public network"),
        "OSD_TOO_MANY_REPAIRS": Meaning("a disk gives wrong data again and again", "replace it"),
        "OSD_NO_DOWN_OUT_INTERVAL": Meaning("no OSD is ever marked out by itself"),
        "BLUESTORE_SLOW_OP_ALERT": Meaning("a disk is slow", "see its health: devices"),
        "DB_DEVICE_STALLED_READ_ALERT": Meaning("a disk stalls", "see its health: devices"),
        "BLUEFS_SPILLOVER": Meaning("an OSD's index outgrew its fast disk"),
        "BLUESTORE_NO_PER_POOL_OMAP": Meaning("usage of pools is not exact"),
        "SLOW_OPS": Meaning("requests wait long: who stores on it feels that", "see OSD latencies"),
        "REQUEST_SLOW": Meaning("requests wait long", "see OSD latencies"),
        "REQUEST_STUCK": Meaning("requests wait very long", "see OSD latencies"),
        "PG_AVAILABILITY": Meaning("some data CANNOT BE READ OR WRITTEN now", _WAIT),
        "PG_DEGRADED": Meaning("some data has fewer copies than it should", _WAIT),
        "PG_DEGRADED_FULL": Meaning("data lacks copies, and there is no room for them", _FULL),
        "PG_RECOVERY_FULL": Meaning("data cannot recover: OSDs are full", _FULL),
        "PG_BACKFILL_FULL": Meaning("data cannot move back: OSDs are too full", _FULL),
        "PG_DAMAGED": Meaning("copies of some data DISAGREE or are damaged", "ceph pg repair PG"),
        "PG_NOT_SCRUBBED": Meaning("some data was not checked for long"),
        "PG_NOT_DEEP_SCRUBBED": Meaning("some data was not read through for long"),
        "PG_SLOW_SNAP_TRIMMING": Meaning("deleted snapshots are freed slowly"),
        "OBJECT_UNFOUND": Meaning("some data's newest copy is on no OSD that is up",
                                  "bring back the OSDs that were last up"),
        "OBJECT_MISPLACED": Meaning("data is on its way to where it belongs", "wait"),
        "POOL_FULL": Meaning("a pool is full: NOTHING CAN BE WRITTEN to it", "raise its quota"),
        "POOL_NEAR_FULL": Meaning("a pool is nearly full", "raise its quota, or delete"),
        "POOL_BACKFILLFULL": Meaning("a pool is too full to take data back", _FULL),
        "POOL_NO_REDUNDANCY": Meaning("a pool keeps ONE copy: a dead disk loses data"),
        "POOL_APP_NOT_ENABLED": Meaning("nobody said what a pool is for",
                                        "ceph osd pool application enable"),
        "POOL_TOO_FEW_PGS": Meaning("data of a pool is spread unevenly"),
        "POOL_TOO_MANY_PGS": Meaning("a pool has more PGs than it needs"),
        "TOO_FEW_PGS": Meaning("data is spread unevenly"),
        "TOO_MANY_PGS": Meaning("OSDs carry more PGs than they should"),
        "TOO_FEW_OSDS": Meaning("there are fewer OSDs than copies to keep", "add OSDs"),
        "MON_DOWN": Meaning("a monitor does not answer: the next lost may stop it all",
                            "see its host"),
        "MON_CLOCK_SKEW": Meaning("clocks of monitors differ", "see ntp and ptp"),
        "MON_DISK_LOW": Meaning("a monitor's filesystem is filling", "see filesystems"),
        "MON_DISK_CRIT": Meaning("a monitor's filesystem is full: it STOPS", "see filesystems"),
        "MON_DISK_BIG": Meaning("a monitor's own store grew large"),
        "MON_MSGR2_NOT_ENABLED": Meaning("monitors speak only the old protocol"),
        "AUTH_INSECURE_GLOBAL_ID_RECLAIM": Meaning("an old client is connected"),
        "AUTH_INSECURE_GLOBAL_ID_RECLAIM_ALLOWED": Meaning("old clients may connect"),
        "MGR_DOWN": Meaning("no manager runs: usage and recovery are not told", "see its host"),
        "MGR_MODULE_DEPENDENCY": Meaning("a part of the manager lacks what it needs"),
        "MGR_MODULE_ERROR": Meaning("a part of the manager failed", "ceph mgr fail"),
        "MDS_ALL_DOWN": Meaning("CephFS is DOWN: no server of it runs", "see its hosts"),
        "FS_DEGRADED": Meaning("CephFS is not whole", "see mds"),
        "FS_WITH_FAILED_MDS": Meaning("a server of CephFS failed, and none stands by"),
        "MDS_INSUFFICIENT_STANDBY": Meaning("no server of CephFS stands by"),
        "MDS_SLOW_REQUEST": Meaning("CephFS answers slowly"),
        "MDS_SLOW_METADATA_IO": Meaning("CephFS waits for its OSDs"),
        "RECENT_CRASH": Meaning("a daemon crashed lately", "ceph crash ls"),
        "RECENT_MGR_MODULE_CRASH": Meaning("a part of the manager crashed lately", "ceph crash ls"),
        "DEVICE_HEALTH": Meaning("disks are expected to FAIL soon", "replace them: devices"),
        "DEVICE_HEALTH_IN_USE": Meaning("disks expected to fail still hold data"),
        "DEVICE_HEALTH_TOOMANY": Meaning("too many disks are expected to fail at once"),
        "CACHE_POOL_NEAR_FULL": Meaning("a cache pool is nearly full"),
        "SMALLER_PGP_NUM": Meaning("PGs were split and data did not follow"),
    }
)  # fmt: skip


def meaning(code: str, message: str) -> Meaning:
    """Return what a check means; one nobody described here says itself."""
    return MEANINGS.get(code) or Meaning(message)
