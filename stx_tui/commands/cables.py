"""``stx-tui cables``: each port against what LLDP hears at its far end, and against a plan."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Optional

from backend.cables import CablePlan, read_plan
from backend.clean import clean
from backend.kinds.cable_check import CABLE_CHECK, NEEDS, verdict
from backend.known import Known
from backend.lookout import Lookout
from backend.place import find_place
from backend.refresh import derive
from backend.render import rows_text
from backend.settings import CloudSettings
from backend.units import system_ms
from stx_tui.commands.desk import cloud_settings, trusting, with_password

DIFFERS = 13


def run(arguments: argparse.Namespace) -> int:
    """Print the cables; 13 where one is not as planned."""
    settings = cloud_settings(arguments)
    name = arguments.plan or settings.cables
    # A mistake in the plan is said before anybody is asked for anything.
    plan = read_plan(Path(name)) if name else None
    known = asyncio.run(_read(with_password(settings), plan))
    rows = known.rows(CABLE_CHECK.name)
    if CABLE_CHECK.sort is not None:
        order = CABLE_CHECK.sort
        rows = tuple(sorted(rows, key=lambda row: order(row, known)))
    bad = [row for row in rows if row.finding]
    print(rows_text(CABLE_CHECK, rows, known, arguments.output, wide=True), end="")
    if arguments.output == "table":
        print(clean(f"{verdict(known).word} {verdict(known).text}".strip()))
        for row in bad:
            print(clean(f"  {row.hostname} {row.port} {row.finding}"))
    return DIFFERS if bad else 0


async def _read(settings: CloudSettings, plan: Optional[CablePlan]) -> Known:
    """Return what is known with the cables worked out against the plan."""
    lookout = Lookout(settings, place=find_place(), now_ms=system_ms)
    try:

        async def ask() -> None:
            for name in NEEDS:
                reading = await lookout.watch.read_now(name)
                if reading.error is not None and not reading.rows:
                    raise reading.error
                for fault in reading.malformed:
                    print(f"stx-tui: not shown: {clean(str(fault))}", file=sys.stderr)

        await trusting(lookout, ask)
        known = replace(lookout.watch.known, cable_plan=plan)
        reading = await derive(CABLE_CHECK, known.reading(CABLE_CHECK.name), known, system_ms)
        readings = {**known.readings, (CABLE_CHECK.name, ""): reading}
        return replace(known, readings=readings)
    finally:
        await lookout.close()
