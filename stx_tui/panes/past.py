"""What the record has since a time: the last visit, a day, a week, ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Tuple

from backend.deed import Deed
from backend.known import Known
from backend.units import DAY_MS, day
from stx_tui.panes.history import Happening, happenings, weighed
from stx_tui.rooms import Rooms

if TYPE_CHECKING:
    from backend.station import Station

# Changes read of the record; more are said to be there, and not shown.
MOST = 2000


@dataclass(frozen=True)
class Past:
    """What the record has since a time: what came of each row, and the deeds, newest first.

    ``is_cut`` where there are more changes than ``MOST``: then only the last ones are among it.
    """

    rows: Tuple[Happening, ...] = ()
    deeds: Tuple[Deed, ...] = ()
    is_cut: bool = False


async def read_past(station: Station, rooms: Rooms, since_ms: int) -> Past:
    """Return what the record of a station has since then. Raises ``StxError``."""
    changes = await station.store.changes(station.key, since_ms=since_ms, limit=MOST)
    deeds = await station.store.deeds(station.key, limit=MOST)
    first = {kind.name: kind.state_fields for kind in rooms.kinds}
    rows = await asyncio.to_thread(happenings, changes, deeds, since_ms, first)
    known = station.watch.known
    return Past(rows=weighed(rows, known, rooms), deeds=deeds, is_cut=len(changes) == MOST)


def since(known: Known, turn: int) -> Tuple[int, str]:
    """Return since when one looks, in epoch ms and in words; each ``turn`` goes further back."""
    visit, now_ms = known.memory.visit_ms, known.now_ms
    spans = [
        (visit, f"your visit of {day(visit)}"),
        (now_ms - DAY_MS, "a day ago"),
        (now_ms - 7 * DAY_MS, "a week ago"),
        (0, "the record began"),
    ]
    if not visit:
        spans.pop(0)
    return spans[turn % len(spans)]
