"""What is mounted from a disk, by the machine's own block devices, where they were read."""

from __future__ import annotations

from typing import Any, List, Optional, Set

from backend.kinds.host import Host
from backend.known import Known
from backend.plan import HERE


def mounts_of(disk: Any, host: Optional[Host], known: Known) -> Optional[List[str]]:
    """Return where a disk and all that stands on it is mounted; None: nobody looked there."""
    if host is None:
        return None
    of = HERE if host.name == known.place.hostname else host.name
    reading = known.reading("block-devices", of)
    if not reading.was_read or reading.error is not None:
        return None
    node = str(disk.device_node or "").rpartition("/")[2]
    names: Set[str] = {
        row.name for row in reading.rows if row.name == node or _is_it(row, disk.serial_id)
    }
    if not names:
        return None
    found: List[str] = []
    # What stands on something comes after it.
    for row in reading.rows:
        if row.name in names or row.under in names:
            names.add(row.name)
            if row.mountpoint:
                found.append(str(row.mountpoint))
    return found


def _is_it(row: Any, serial: Optional[str]) -> bool:
    return bool(serial) and str(row.serial or "").strip() == str(serial).strip()
