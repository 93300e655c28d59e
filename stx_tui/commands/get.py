"""``stx-tui get``: a kind as a table, JSON, YAML or CSV; from the record where nobody answers."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from typing import Any, Callable, Tuple

from backend.called import named
from backend.clean import clean
from backend.errors import Missing, NotConfigured, StxError, Unreachable, Untrusted
from backend.folders import seen_file, store_url
from backend.kind import Derived, Kind, Row
from backend.kinds import by_name
from backend.known import Key, Known, Reading
from backend.lookout import Lookout
from backend.place import find_place
from backend.refresh import derive
from backend.render import rows_text
from backend.settings import CloudSettings
from backend.units import span, system_ms
from stx_tui.commands.desk import (
    cloud_settings,
    open_store,
    the_kind_there,
    trusting,
    with_password,
)

AWAY = 5
# What ``--of`` names for all there are.
ALL = "all"

# What is to be read beside a reading, once it is known which rows there are.
More = Callable[[Known, Reading[Any]], Tuple[Key, ...]]


def run(arguments: argparse.Namespace) -> int:
    """Print the rows that were asked for."""
    settings = cloud_settings(arguments)
    kind = the_kind_there(arguments.kind, settings)
    known, reading, code = read(arguments, settings, kind)
    rows = chosen(kind, reading, known, tuple(arguments.name), arguments.filter)
    wide = arguments.output == "wide"
    print(rows_text(kind, rows, known, arguments.output, wide), end="")
    for error in reading.malformed:
        print(f"stx-tui: not shown: {clean(str(error))}", file=sys.stderr)
    silent = () if arguments.of not in ("", ALL) else unanswered(kind, known)
    for error in silent:
        print(f"stx-tui: {clean(str(error))}", file=sys.stderr)
        if error.advice:
            print(f"         {clean(error.advice)}", file=sys.stderr)
    return code or (AWAY if silent else 0)


def unanswered(kind: Kind[Any], known: Known) -> Tuple[StxError, ...]:
    """Return why some of many did not answer, each by itself; what one has not is no failure."""
    readings = (
        reading for (name, of), reading in known.readings.items() if name == kind.name and of
    )
    errors = [reading.error for reading in readings if reading.error is not None]
    return tuple(error for error in errors if not isinstance(error, NotConfigured))


def _nothing_more(_known: Known, _reading: Reading[Any]) -> Tuple[Key, ...]:
    return ()


def read(
    arguments: argparse.Namespace,
    settings: CloudSettings,
    kind: Kind[Any],
    more: More = _nothing_more,
) -> Tuple[Known, Reading[Any], int]:
    """Return what is known, the reading, and the exit code: 5 where it is from the record.

    ``more`` says what is to be read beside it.
    """
    if arguments.offline:
        return (*remembered(arguments, settings, kind, StxError("the record has none of it")), 0)
    try:
        known, reading = asyncio.run(_ask(arguments, with_password(settings, kind), kind, more))
    except Unreachable as error:
        if isinstance(error, Untrusted):
            raise
        known, reading = remembered(arguments, settings, kind, error)
        age = span(known.now_ms - reading.at_ms)
        print(f"stx-tui: {clean(str(error))}", file=sys.stderr)
        print(f"         what is shown was read {age} ago, and may have changed", file=sys.stderr)
        return known, reading, AWAY
    return known, reading, 0


async def _ask(
    arguments: argparse.Namespace,
    settings: CloudSettings,
    kind: Kind[Any],
    more: More,
) -> Tuple[Known, Reading[Any]]:
    lookout = Lookout(settings, place=find_place(), now_ms=system_ms)
    lookout.take(kind)
    if _is_recorded(kind):
        marks = _recorded(arguments, settings, ()).memory.marks
        lookout.watch.remember(replace(lookout.watch.known.memory, marks=marks))
    try:
        parent = await _parent(lookout, kind, arguments.of)
        # Who names it asks for it, as by ``r`` on the screen.
        lookout.cloud.retry(kind.read, parent)

        async def ask() -> Reading[Any]:
            reading = await lookout.read(kind, parent)
            if reading.error is not None and not reading.rows:
                raise reading.error
            return reading

        reading = await trusting(lookout, ask)
        await asyncio.gather(
            *(lookout.watch.read_now(*key) for key in more(lookout.watch.known, reading))
        )
        if getattr(arguments, "record", False):
            await _record(arguments, lookout, kind, reading)
        return lookout.watch.known, reading
    finally:
        await lookout.close()


async def _parent(lookout: Lookout, kind: Kind[Any], name: str) -> str:
    """Return the id of the parent that was named."""
    if name in ("", ALL):
        return ""
    if kind.parent is None:
        raise Missing(f"{kind.name} belong to nothing: leave --of out")
    parent = lookout.kinds.get(kind.parent)
    if parent is None:
        return ""  # nothing here knows either, which is said when it is read

    async def ask() -> Reading[Any]:
        reading = await lookout.watch.read_now(parent.name)
        if reading.error is not None:
            raise reading.error
        return reading

    reading = await trusting(lookout, ask)
    row = parent.find(reading.rows, name)
    if row is None:
        raise Missing(f"there is no {parent.singular} {name!r}")
    return parent.id(row)


async def _record(
    arguments: argparse.Namespace, lookout: Lookout, kind: Kind[Any], reading: Reading[Any]
) -> None:
    await lookout.watch.read_now("system")
    (system,) = lookout.watch.known.rows("system") or (None,)
    store = open_store(arguments, lookout.settings)
    if system is not None:
        store.name_cloud(str(system.uuid), lookout.settings.name)
    store.record(kind, reading, str(system.uuid) if system else lookout.settings.name)
    await store.close()
    if store.trouble is not None:
        raise store.trouble


def remembered(
    arguments: argparse.Namespace,
    settings: CloudSettings,
    kind: Kind[Any],
    because: StxError,
) -> Tuple[Known, Reading[Any]]:
    """Return what the record has; raises ``because`` where it has nothing of it."""
    known = _recorded(arguments, settings, (kind.name, *kind.needs))
    reading = known.reading(kind.name)
    if _is_recorded(kind) and any(known.reading(name).was_read for name in kind.needs):
        reading = asyncio.run(derive(kind, reading, known, system_ms))
    if not reading.was_read:
        raise because
    return known, reading


def _is_recorded(kind: Kind[Any]) -> bool:
    """Whether what people recorded is among what its rows are made of."""
    return isinstance(kind.read, Derived) and kind.read.recorded


def _recorded(
    arguments: argparse.Namespace, settings: CloudSettings, names: Tuple[str, ...]
) -> Known:
    """Return what the record says of these kinds, and what people said; empty without a record."""
    from backend.store.glance import glance

    path = seen_file(store_url(settings, arguments.store or ""))
    found = glance(path, settings.name, tuple(dict.fromkeys(names)))
    kinds = {name: by_name()[name] for name in names if name in by_name()}
    return found.known(kinds, now_ms=system_ms(), place=find_place())


def chosen(
    kind: Kind[Any], reading: Reading[Any], known: Known, names: Tuple[str, ...], text: str
) -> Tuple[Row, ...]:
    """Return the rows of those names, that show ``text``; raises ``Missing`` for a wrong name."""
    rows = reading.rows
    if names:
        found = {name: named(kind, rows, name, known) for name in names}
        missing = [name for name, those in found.items() if not those]
        if missing:
            raise Missing(f"there is no {kind.singular} {missing[0]!r}")
        rows = tuple({kind.id(row): row for those in found.values() for row in those}.values())
    if text:
        wanted = text.casefold()
        rows = tuple(
            row
            for row in rows
            if any(
                wanted in str(column.cell(row, known) or "").casefold() for column in kind.columns
            )
        )
    order = kind.sort
    return rows if order is None else tuple(sorted(rows, key=lambda row: order(row, known)))
