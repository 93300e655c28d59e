"""How long after a monitor knows that an OSD is down the real console has it on its screen."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Iterator

from tests.e2e.far import Far
from tests.peers.ceph import OSDS, Ceph

PATIENCE_S = 60.0
# What is seen of an OSD in row 3, and in its own line of the map.
VERDICT, CELL = rf"\b1 of {OSDS} OSDs down", r"! +osd\.{number}\b.*\bDOWN in\b"
ALL_UP = (rf"osd {OSDS}/{OSDS} up", rf"osd\.{OSDS - 1}\b.*\bup in\b")


@contextmanager
def sat_at_storage(peer: Ceph, home: Path) -> Iterator[Far]:
    """The program on a pty, on the storage pane of a site that is this Ceph and nothing else."""
    folder = home / ".config" / "stx-tui"
    folder.mkdir(parents=True)
    ceph = f"{{conf: {peer.conf}, keyring: {peer.keyring}}}"
    (folder / "clouds.yaml").write_text(f"clouds:\n  site-7:\n    ceph: {ceph}\n")
    far = Far(["--cloud", "site-7"], home)
    try:
        far.until("Storage")
        far.press("3")
        far.until(*ALL_UP)
        yield far
    finally:
        far.close()


def seen_after_s(peer: Ceph, far: Far, number: int) -> float:
    """Kill an OSD; return the seconds from the monitor's own knowing to the painted cell.

    What the monitor knows is its map: it writes into each when it made it, by the clock of this
    machine. The cell is painted when the terminal has it, in the line of that OSD and in row 3.
    """
    before = int(peer.json("osd", "dump")["epoch"])
    peer.kill(f"osd.{number}")
    far.until(VERDICT, CELL.format(number=number), within_s=PATIENCE_S)
    seen_s = time.time()
    return seen_s - _knew_s(peer, number, before)


def brought_back(peer: Ceph, far: Far, number: int) -> None:
    """Start it again, and wait until Ceph and the screen say that all is well."""
    peer.start(f"osd.{number}")
    peer.until(peer.is_well, "all is well again")
    far.until(*ALL_UP)


def _knew_s(peer: Ceph, number: int, before: int) -> float:
    """Return when the monitor made the first map after ``before`` in which an OSD is down."""
    last = int(peer.json("osd", "dump")["epoch"])
    for epoch in range(before + 1, last + 1):
        dump = peer.json("osd", "dump", str(epoch))
        if any(one["osd"] == number and not one["up"] for one in dump["osds"]):
            return _instant_s(dump["modified"])
    raise AssertionError(f"in no map of Ceph's is osd.{number} down")


def _instant_s(text: str) -> float:
    """Return Ceph's own writing of an instant as epoch seconds; older ones have no colon."""
    return datetime.fromisoformat(re.sub(r"(\d\d)(\d\d)$", r"\1:\2", text)).timestamp()
