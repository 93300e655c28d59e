"""What lasts as long as a console: begun from the command line, held until Ctrl-C, then ended."""

from __future__ import annotations

import asyncio
import signal
import sys

from backend.clean import clean
from backend.kind import Nothing
from backend.pods import PodForward
from backend.preview import Preview
from backend.station import Station

KIND, END = "port-forwards", "end"


def is_held(preview: Preview) -> bool:
    """Whether what it begins ends with this program."""
    return any(isinstance(write, PodForward) for write in preview.writes)


async def hold(station: Station) -> None:
    """Wait until somebody interrupts, then end what was begun, and say what went over it."""
    print("it lasts as long as this runs: Ctrl-C ends it", file=sys.stderr, flush=True)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, over.set)
    await over.wait()
    kind = station.lookout.kinds[KIND]
    action = kind.action(END)
    assert action is not None
    for row in (await station.watch.read_now(KIND)).rows:
        preview = station.acts.preview(kind, action, (kind.id(row),), Nothing())
        (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
        print(clean(f"deed {deed.number}  {deed.label}  {deed.answer}"))
