"""``stx-tui follow``: an act that is under way, step by step, until it is really done."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any, Optional, Set

from backend.clean import clean
from backend.deed import Deed, Outcome
from backend.errors import Missing
from backend.figure import TimelineStep
from backend.known import Known, Reading
from backend.place import is_alive, is_elsewhere, this_process
from backend.station import Station
from backend.units import stopwatch
from stx_tui.commands.desk import cloud_settings, leave, open_station, with_password

FAILED = 9
LOOK_S = 2.0


def run(arguments: argparse.Namespace) -> int:
    """Print each step as it is passed; exit 0 when done, 9 when it failed."""
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    station = open_station(arguments, with_password(cloud_settings(arguments)))
    try:
        error = await station.start()
        if error is not None:
            print(f"stx-tui: {clean(str(error))}; trying on", file=sys.stderr)
        deed = await follow(station, arguments.deed)
    finally:
        await leave(station)
    return 0 if deed.outcome is Outcome.DONE else FAILED


async def follow(station: Station, number: str) -> Deed:
    """Watch until the deed ends, printing its steps; raises ``Missing`` for a wrong number.

    A deed that another console sends is followed too, and left for that console to close.
    """
    deed = the_deed(station.watch.known, number)
    if deed is None:
        raise Missing(f"there is no deed {number!r} in the record")
    ended = asyncio.Event()
    said: Set[str] = set()

    def heard(known: Known, _reading: Optional[Reading[Any]]) -> None:
        now = the_deed(known, number) or deed
        _say(station, now, said)
        if not now.is_open:
            ended.set()

    is_theirs = is_elsewhere(deed.process) or is_alive(deed.process)
    if not is_theirs or deed.process == this_process():
        station.follow.begin(deed)
    looking = asyncio.ensure_future(_look(station))
    leave = station.watch.listen(heard)
    watching = asyncio.ensure_future(station.run())
    heard(station.watch.known, None)
    waiting = asyncio.ensure_future(ended.wait())
    await asyncio.wait({watching, waiting}, return_when=asyncio.FIRST_COMPLETED)
    leave()
    if watching.done():
        watching.result()
    for task in (watching, looking):
        task.cancel()
    await asyncio.gather(watching, looking, waiting, return_exceptions=True)
    last = the_deed(station.watch.known, number) or deed
    took = f" after {stopwatch(last.took_ms)}" if last.took_ms is not None else ""
    print(f"{last.outcome.value}{took} {clean(last.answer)}".rstrip())
    return last


async def _look(station: Station) -> None:
    """Look at the record for what another console, which sends the deed, writes of it."""
    while True:
        await asyncio.sleep(LOOK_S)
        await station.remember()


def the_deed(known: Known, number: str) -> Optional[Deed]:
    """Return the deed of that number, of those that are remembered."""
    return next((deed for deed in known.memory.deeds if deed.number == number), None)


def _say(station: Station, deed: Deed, said: Set[str]) -> None:
    """Print the steps that were passed since, and the one that runs."""
    for step in station.timeline(deed).steps:
        if step.is_done and step.name not in said:
            said.add(step.name)
            print(f"  ok  {clean(step_line(step))}", flush=True)


def step_line(step: TimelineStep) -> str:
    """Return one step: its name, the states it goes by, how long it took and usually takes."""
    began, ended = step.began_ms or 0, step.ended_ms or 0
    took = stopwatch(ended - began) if began and ended else "-"
    usual = f"usually {stopwatch(step.usual_ms)}" if step.usual_ms else ""
    return f"{step.name:<32} {step.says:<28} {took:>6}  {usual}".rstrip()
