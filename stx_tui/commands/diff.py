"""``stx-tui diff``: what two things of a sort differ in, over all that belongs to them."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
from dataclasses import asdict
from typing import Any, Tuple

from backend.clean import clean
from backend.errors import Refused
from backend.kind import Kind, Row
from backend.kinds import every_kind
from backend.known import Known
from backend.lookout import Lookout
from backend.place import find_place
from backend.render import figure_lines
from backend.twin import compare, figure, keys_of, twins_of, verdict
from backend.units import system_ms
from backend.whole import difference, hidden, readable
from stx_tui.commands.desk import (
    cloud_settings,
    the_kind,
    the_row,
    trusting,
    with_password,
)
from stx_tui.commands.show import NARROWEST, text_of


def run(arguments: argparse.Namespace) -> int:
    """Print what differs; a failure to read one side is said, and no difference."""
    kind = the_kind(arguments.kind)
    if kind.twins is None:
        raise Refused(f"{kind.name} have no twins: stx-tui diff host knows what hosts are made of")
    if kind.whole is not None:
        return asyncio.run(_whole(arguments, kind))
    known, one, other = asyncio.run(_read(arguments, kind))
    found = compare(known, kind, one, other, every_kind())
    if arguments.output == "json":
        whole = {
            "differences": [
                {key: value for key, value in asdict(each).items() if key != "jump"}
                for each in found.differences
            ],
            "compared": found.things,
            "not_compared": found.untold,
            "as_it_was": found.old,
        }
        print(json.dumps(whole, indent=2))
        return 0
    names = kind.name_of(one), kind.name_of(other)
    said = verdict(*names, found)
    print(clean(f"{said.word} {said.text}"))
    if said.more:
        print(clean(said.more))
    width = max(shutil.get_terminal_size().columns - 1, NARROWEST)
    for line in figure_lines(figure(*names, found), width, known.now_ms):
        print(text_of(line))
    return 0


async def _whole(arguments: argparse.Namespace, kind: Kind[Any]) -> int:
    """Print the difference of two rows, whole; what is secret tells its keys and lengths."""
    lookout = Lookout(
        with_password(cloud_settings(arguments)), place=find_place(), now_ms=system_ms
    )
    try:
        one, other = await _both(arguments, kind, lookout)
        assert kind.whole is not None
        asked = [kind.whole(row) for row in (one, other)]
        bodies = [readable(await lookout.cloud.whole(whole)) for whole in asked]
        sides = [hidden(body, whole.secret) for body, whole in zip(bodies, asked)]
        print("\n".join(map(clean, difference(*sides))) or "they say the same")
        return 0
    finally:
        await lookout.close()


async def _both(
    arguments: argparse.Namespace, kind: Kind[Any], lookout: Lookout
) -> Tuple[Row, Row]:
    """Return the two rows that were named; raises ``Refused`` where one has no twin."""

    async def ask() -> Tuple[Row, ...]:
        needs = (name for name in kind.needs if name in lookout.kinds)
        await asyncio.gather(*(lookout.watch.read_now(name) for name in needs))
        reading = await lookout.watch.read_now(kind.name)
        if reading.error is not None:
            raise reading.error
        return reading.rows

    rows = await trusting(lookout, ask)
    known = lookout.watch.known
    one = the_row(kind, rows, arguments.one, known)
    others = twins_of(kind, one, known)
    if not arguments.other and not others:
        raise Refused(f"there is no {kind.singular} that {arguments.one} should be like")
    return one, the_row(kind, rows, arguments.other, known) if arguments.other else others[0]


async def _read(arguments: argparse.Namespace, kind: Kind[Any]) -> Tuple[Known, Row, Row]:
    settings = with_password(cloud_settings(arguments))
    lookout = Lookout(settings, place=find_place(), now_ms=system_ms)
    try:
        one, other = await _both(arguments, kind, lookout)
        wanted = keys_of(kind, every_kind(), kind.id(one), kind.id(other))
        await asyncio.gather(*(lookout.watch.read_now(*key) for key in wanted))
        return lookout.watch.known, one, other
    finally:
        await lookout.close()
