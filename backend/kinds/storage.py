"""The area of storage: Ceph as Ceph sees it, and the whole of it as the platform keeps it."""

from __future__ import annotations

from typing import Any, Tuple

from backend.area import Contents
from backend.kind import Kind
from backend.kinds.backends import BACKENDS, CONTROLLER_FILESYSTEMS, MONITORS
from backend.kinds.ceph_checks import CHECKS
from backend.kinds.ceph_crush import CRUSH_KINDS
from backend.kinds.ceph_daemons import DAEMONS
from backend.kinds.ceph_flags import CEPH_FLAGS
from backend.kinds.ceph_groups import GROUPS
from backend.kinds.ceph_images import IMAGES
from backend.kinds.ceph_osds import CEPH_OSDS
from backend.kinds.ceph_pools import POOLS
from backend.kinds.ceph_records import RECORDS
from backend.kinds.ceph_safety import SAFETY
from backend.kinds.ceph_status import CEPH
from backend.kinds.replacements import REPLACEMENTS
from backend.kinds.storage_map import STORAGE_MAP
from backend.kinds.storage_verdict import verdict
from backend.kinds.tiers import CEPH as SYSINV_CEPH

# What Ceph itself is asked for.
CEPH_KINDS: Tuple[Kind[Any], ...] = (
    CEPH,
    CHECKS,
    CEPH_OSDS,
    POOLS,
    GROUPS,
    IMAGES,
    *CRUSH_KINDS,
    CEPH_FLAGS,
    *DAEMONS,
    *RECORDS,
    SAFETY,
)
STORAGE = Contents(
    kinds=(
        STORAGE_MAP,
        *CEPH_KINDS,
        BACKENDS,
        CONTROLLER_FILESYSTEMS,
        MONITORS,
        *SYSINV_CEPH,
        REPLACEMENTS,
    ),
    headline=verdict,
)
