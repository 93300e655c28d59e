"""Hosts with their OSDs as Ceph has them, where sysinv does not say whose disk each is on."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import Any, Dict, Iterator

from backend.kinds.storage_branch import MIB, Branch, by
from backend.kinds.storage_tiers import Tiers
from backend.known import Known
from backend.tone import Tone

# With more hosts each is one line, and only what is not well below it.
WHOLE_HOSTS = 2


def standing(seen: Any, note: str, says: str = "") -> Dict[str, Any]:
    """Return what Ceph says of an OSD as fields of its branch, ``note`` and ``says`` after it."""
    free = None if seen.size is None else (seen.size - (seen.used or 0)) // MIB
    tone = Tone.PLAIN if seen.is_up and seen.is_in else Tone.BAD if seen.is_in else Tone.WARN
    size = None if seen.size is None else seen.size // MIB
    told = {"note": note, "says": says or note}
    words = {key: ", ".join(filter(None, (seen.status, one))) for key, one in told.items()}
    return {"mib": size, "free_mib": free, "tone": tone, **words}


def by_ceph(known: Known, tiers: Tiers) -> Iterator[Branch]:
    """Yield each host that Ceph has with its OSDs; of many hosts the OSDs that are not well."""
    if all(known.has(kind) for kind in ("hosts", "disks", "osds")):
        return
    hosts = by(known.rows("ceph-osds"), attrgetter("host"))
    for host, osds in sorted(hosts.items()):
        is_told = len(hosts) <= WHOLE_HOSTS
        yield Branch(
            id=f"ceph-host/{host}",
            text=host or "no host",
            kind="crush-tree",
            row=host,
            mib=sum(osd.size or 0 for osd in osds) // MIB,
            note=f"{len(osds)} OSDs, as Ceph has them",
            below=tuple(
                _osd(osd, tiers)
                for osd in sorted(osds, key=attrgetter("id"))
                if is_told or not (osd.is_up and osd.is_in)
            ),
        )


def _osd(seen: Any, tiers: Tiers) -> Branch:
    branch = Branch(
        id=f"ceph-osds/{seen.uuid}",
        text=seen.name,
        kind="ceph-osds",
        row=seen.uuid,
        joins=tiers.of_osd(None, seen),
    )
    disks = ", ".join(seen.devices)
    return replace(branch, **standing(seen, disks, disks or "its disk is not said"))
