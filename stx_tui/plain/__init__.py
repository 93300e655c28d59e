"""The console without a screen: numbered menus and printed tables, line by line."""

from __future__ import annotations

import asyncio
import sys
from typing import IO, Any, Callable, Optional

from backend.daemons import Pool
from backend.known import Known
from backend.place import find_place
from backend.store.glance import Glance
from backend.units import system_ms
from stx_tui.plain.keyboard import Ended, Keyboard
from stx_tui.plain.paper import Paper
from stx_tui.plain.talk import Opener, Talk
from stx_tui.plain.walk import Walk
from stx_tui.rooms import Rooms, all_rooms

__all__ = ["run"]

INTERRUPTED = 130


def run(
    station_opener: Opener,
    glance: Optional[Glance] = None,
    rooms: Optional[Rooms] = None,
    stdin: Optional[IO[Any]] = None,
    stdout: Optional[IO[str]] = None,
    now_ms: Callable[[], int] = system_ms,
    width: int = 80,
) -> int:
    """Talk until it is left, or the input ends; return the exit code.

    ``glance`` is what is remembered; ``station_opener`` opens the rest meanwhile. All that is
    printed is printable ASCII in lines shorter than ``width``.
    """
    rooms = rooms or all_rooms()
    paper = Paper(stdout or sys.stdout, width)
    known = (
        glance.known(rooms.by_name, now_ms=now_ms(), place=find_place())
        if glance is not None
        else Known(cloud="", now_ms=now_ms(), place=find_place())
    )
    try:
        return asyncio.run(_talk(station_opener, paper, stdin or sys.stdin, rooms, known, now_ms))
    except KeyboardInterrupt:
        paper.row()
        paper.say("interrupted; what is under way goes on")
        return INTERRUPTED


async def _talk(
    opener: Opener,
    paper: Paper,
    stdin: IO[Any],
    rooms: Rooms,
    known: Known,
    now_ms: Callable[[], int],
) -> int:
    # What blocks on a disk holds nobody up who leaves.
    asyncio.get_running_loop().set_default_executor(Pool())
    talk = Talk(paper, Keyboard(stdin), rooms, known, now_ms)
    paper.say("stx-tui in lines: each answer is a line and Enter; ? says what can be typed")
    talk.open(opener)
    try:
        await Walk(talk).run()
    except Ended:
        paper.row()
        paper.say("the input ended; what is under way goes on")
    finally:
        await talk.close()
    return 0
