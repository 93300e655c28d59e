"""``stx-tui sweep``: every inventory kind once into the record, one request at a time."""

from __future__ import annotations

import argparse
import asyncio
import sys

from backend.clean import clean
from backend.errors import NotConfigured
from stx_tui.commands.desk import begin, cloud_settings, leave, open_station, with_password


def run(arguments: argparse.Namespace) -> int:
    """Read and record; exit 5 when nothing answered."""
    return asyncio.run(_sweep(arguments))


async def _sweep(arguments: argparse.Namespace) -> int:
    station = open_station(arguments, with_password(cloud_settings(arguments)))
    try:
        await begin(station)
        swept = await station.watch.sweep()
        # What is not configured is absent, not broken.
        readings = [one for one in swept if not isinstance(one.error, NotConfigured)]
        failed = [reading for reading in readings if reading.error is not None]
        for reading in failed:
            print(f"stx-tui: {reading.kind}: {clean(str(reading.error))}", file=sys.stderr)
        rows = sum(len(reading.rows) for reading in readings if reading.error is None)
        print(f"{len(readings) - len(failed)} kinds, {rows} rows read into the record")
    finally:
        await leave(station)
    if station.store.trouble is not None:
        raise station.store.trouble
    return 0 if len(failed) < len(readings) else 5
