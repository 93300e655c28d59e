"""``stx-tui replace``: record a disk or a host, then say what to do next and what differs."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from typing import Any, Optional, Tuple

from backend.clean import clean
from backend.errors import Missing
from backend.kind import Kind, Nothing, Row
from backend.kinds.disk_place import place_of
from backend.kinds.replacements import NAME, id_of
from backend.render import rows_text
from backend.station import Station
from stx_tui.commands.desk import begin, cloud_settings, leave, open_station, with_password
from stx_tui.commands.do import DONE, FAILED, UNDONE, preview_lines
from stx_tui.commands.show import NARROWEST, lines_of


def run(arguments: argparse.Namespace) -> int:
    """Print the replacements there are, or begin or go on with one."""
    return asyncio.run(_replace(arguments))


async def _replace(arguments: argparse.Namespace) -> int:
    station = open_station(arguments, with_password(cloud_settings(arguments)))
    try:
        await begin(station)
        kind = station.lookout.kinds[NAME]
        await _read(station, kind)
        if not arguments.what:
            print(rows_text(kind, await _rows(station), station.watch.known, "table"), end="")
            return 0
        host, target, row = _meant(station, arguments)
        known = station.watch.known
        name = id_of(host.name, "" if target.name == "hosts" else place_of(row))
        if arguments.anew or not known.mark(NAME, name).record:
            code = await _record(station, target, row, arguments)
            if code:
                return code
        return await _told(station, kind, name)
    finally:
        await leave(station)


async def _read(station: Station, kind: Kind[Any]) -> None:
    """Read all that is recorded; what a cloud has not (Ceph's own) is not needed."""
    await asyncio.gather(*(station.watch.read_now(need) for need in ("hosts", *kind.needs)))
    error = station.watch.known.reading("hosts").error
    if error is not None:
        raise error


async def _rows(station: Station) -> Tuple[Row, ...]:
    return (await station.watch.read_anew(NAME)).rows


def _meant(station: Station, arguments: argparse.Namespace) -> Tuple[Any, Kind[Any], Row]:
    """Return the host and what is replaced: itself, or a disk by place, node or serial."""
    known = station.watch.known
    kinds = station.lookout.kinds
    host = kinds["hosts"].find(known.rows("hosts"), arguments.host or "")
    if host is None:
        names = ", ".join(row.name for row in known.rows("hosts"))
        raise Missing(f"there is no host {arguments.host!r}", f"there are: {names}")
    if arguments.what == "host":
        return host, kinds["hosts"], host
    disks = [row for row in known.rows("disks") if row.parent_id(known) == host.uuid]
    found = next((row for row in disks if arguments.disk in _names(row)), None)
    if found is None:
        there = ", ".join(f"{place_of(row)} (serial {row.serial_id})" for row in disks)
        raise Missing(f"{host.name} has no disk {arguments.disk!r}", f"there are: {there}")
    return host, kinds["disks"], found


def _names(disk: Any) -> Tuple[Optional[str], ...]:
    node = str(disk.device_node or "")
    return (place_of(disk), node, node.rpartition("/")[2], disk.serial_id, disk.uuid)


async def _record(
    station: Station, kind: Kind[Any], row: Row, arguments: argparse.Namespace
) -> int:
    action = kind.action("replace")
    assert action is not None
    await station.store.written()
    preview = station.acts.preview(kind, action, (kind.id(row),), Nothing())
    print("\n".join(map(clean, preview_lines(preview))), file=sys.stderr)
    (deed,) = await station.acts.do(preview, typed=preview.wants, why=arguments.why)
    print(clean(f"deed {deed.number}  {deed.label}  {deed.outcome.value}  {deed.answer}").rstrip())
    await station.remember()
    return 0 if deed.outcome in DONE else UNDONE.get(deed.outcome, FAILED)


async def _told(station: Station, kind: Kind[Any], name: str) -> int:
    row = next((one for one in await _rows(station) if kind.id(one) == name), None)
    if row is None:
        raise Missing("the record has none of it", "stx-tui replace without more lists them")
    width = max(shutil.get_terminal_size().columns - 1, NARROWEST)
    for line in lines_of(kind, row, station.watch.known, width):
        print(line)
    return 0
