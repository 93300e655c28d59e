"""``stx-tui as-built``: the whole cloud as one file, and held against such a file."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Iterable, List, Tuple

from backend import asbuilt, bulk
from backend.asbuilt_file import compare, read_resources, written
from backend.clean import clean
from backend.errors import SettingsError
from backend.known import Known
from backend.lookout import Lookout
from backend.place import find_place
from backend.settings import CloudSettings
from backend.units import day, system_ms
from stx_tui.commands.desk import cloud_settings, trusting, with_password

DIFFERS, AWAY = 13, 5


def run(arguments: argparse.Namespace) -> int:
    """Write what is, or print what is not as a file says (and return 13)."""
    settings = with_password(cloud_settings(arguments))
    if arguments.compare:
        path = Path(arguments.compare)
        # A mistake in the file is said before anybody is asked for anything.
        lines, missing = (_bulk_gaps if path.suffix == ".xml" else _gaps)(path, settings)
        for line in lines:
            print(clean(line))
        of = " in what was read" if missing else ""
        print(f"{len(lines)} differences{of}" if lines else f"nothing differs{of}")
        return DIFFERS if lines else AWAY if missing else 0
    is_xml = str(arguments.output).endswith(".xml")
    known = asyncio.run(_read(settings, ("hosts", "system") if is_xml else asbuilt.NEEDS))
    missing = () if is_xml else asbuilt.unread(known)
    notes = [
        f"{known.cloud}, as built on {day(known.now_ms)}",
        *(f"NOT READ: {m}" for m in missing),
    ]
    text = bulk.hosts_xml(known) if is_xml else written(asbuilt.documents(known), notes)
    _write(arguments.output, text)
    for one in missing:
        print(f"stx-tui: not read: {clean(one)}", file=sys.stderr)
    return AWAY if missing else 0


def _write(output: str, text: str) -> None:
    if output == "-":
        print(text, end="")
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot be written: {error.strerror}", file=output) from error


def _gaps(path: Path, settings: CloudSettings) -> Tuple[List[str], Tuple[str, ...]]:
    """Return what differs, and what was not read to be compared: said before all else."""
    wanted = read_resources(path)
    known = asyncio.run(_read(settings, asbuilt.NEEDS))
    missing = asbuilt.unread(known)
    for one in missing:
        print(f"stx-tui: not compared: {clean(one)}", file=sys.stderr)
    return [
        f"{_place(path, gap.line)} {gap.kind} {gap.name} {gap.path}".rstrip()
        + f": file {gap.wanted} | system {gap.found}"
        for gap in compare(asbuilt.documents(known), wanted)
    ], missing


def _bulk_gaps(path: Path, settings: CloudSettings) -> Tuple[List[str], Tuple[str, ...]]:
    wanted = bulk.read_hosts(path)
    known = asyncio.run(_read(settings, ("hosts", "system")))
    return [
        f"{_place(path, gap.line)} {gap.name} {gap.field}".rstrip()
        + f": file {gap.wanted} | system {gap.found or '-'}"
        for gap in bulk.compare(wanted, known)
    ], ()


def _place(path: Path, line: int) -> str:
    return f"{path}:{line}" if line else f"{path}"


async def _read(settings: CloudSettings, needs: Iterable[str]) -> Known:
    """Read the hosts, then all else; raises where even the hosts can't be read."""
    lookout = Lookout(settings, place=find_place(), now_ms=system_ms)
    try:

        async def ask() -> None:
            reading = await lookout.watch.read_now("hosts")
            if reading.error is not None:
                raise reading.error

        await trusting(lookout, ask)
        await asyncio.gather(*(lookout.watch.read_now(name) for name in needs if name != "hosts"))
        return lookout.watch.known
    finally:
        await lookout.close()
