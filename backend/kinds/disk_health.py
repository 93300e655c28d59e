"""How disks feel: how far each is worn, and which are about to fail.

Ceph keeps book of the disks its daemons are on; of others a machine's own SMART says it, where
somebody asked for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, List, Mapping, Optional, Tuple

from backend.kinds.ceph_records import CEPH_DEVICES
from backend.kinds.machine_disks import SMART
from backend.kinds.once import once
from backend.known import Known
from backend.tone import Mark, Tone


@dataclass(frozen=True)
class Health:
    """How a disk feels: ``short`` in capitals and ``words`` where it is not well, else ""."""

    name: str
    serial: str
    worn_percent: Optional[int] = None
    short: str = ""
    words: str = ""
    tone: Tone = Tone.PLAIN


@once
def by_serial(known: Known) -> Mapping[str, Health]:
    """Return how each disk feels, by its serial; of two who tell of one, who finds a fault."""
    found: dict[str, Health] = {}
    for one in (*_by_ceph(known), *_by_smart(known)):
        if one.serial and (one.words or one.serial not in found):
            found[one.serial] = one
    return found


def unwell(known: Known) -> Tuple[Health, ...]:
    """Return the disks that are worn out or about to fail."""
    return tuple(one for one in by_serial(known).values() if one.words)


def of_disk(disk: Any, known: Known) -> Optional[Health]:
    """Return how a disk of sysinv's feels, None where nobody says."""
    serial = str(disk.serial_id or "").strip().replace(" ", "_")
    return by_serial(known).get(serial.rpartition("_")[2]) if serial else None


def _by_ceph(known: Known) -> Iterator[Health]:
    for row in known.rows(CEPH_DEVICES.name):
        look = CEPH_DEVICES.look(row, known)
        fails = row.fails_from_ms is not None and look.mark is Mark.BAD
        # Ceph joins vendor, model and serial by _.
        serial = row.name.rpartition("_")[2]
        yield _health(row.name, serial, row.wear_percent, look, "FAILS SOON" if fails else "")


def _by_smart(known: Known) -> Iterator[Health]:
    asked: List[Any] = [reading for key, reading in known.readings.items() if key[0] == SMART.name]
    for row in {row.serial: row for reading in asked for row in reading.rows}.values():
        look = SMART.look(row, known)
        short = "FAILS SOON" if row.passed is False else "BAD SECTORS" if row.faults else ""
        serial = row.serial.replace(" ", "_").rpartition("_")[2]
        yield _health(f"{row.model} {row.serial}".strip(), serial, row.worn_percent, look, short)


def _health(name: str, serial: str, worn: Optional[int], look: Any, short: str) -> Health:
    if look.mark is not Mark.BAD:
        return Health(name=name, serial=serial, worn_percent=worn)
    return Health(name=name, serial=serial, worn_percent=worn, short=short or f"WORN {worn}%",
                  words=", ".join(look.notes), tone=look.tone)  # fmt: skip
