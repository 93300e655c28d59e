"""Acts on a pretend cloud, asked as any front end asks them: its station, a row by its name."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Tuple

from backend.forms import filled
from backend.kind import Form
from backend.kinds import every_kind, kind_named
from backend.preview import Preview
from backend.rests import rests_on
from backend.simulator import Simulator
from backend.station import Station
from tests.backend.simulator.client import Client
from tests.test_whole_act import opened

BY_NAME = {kind.name: kind for kind in every_kind()}


@asynccontextmanager
async def at(path: Path, scene: str) -> AsyncIterator[Tuple[Station, Client]]:
    async with Simulator(scene, frozen=True) as simulator, Client(simulator) as client:
        station = await opened(path, simulator)
        try:
            yield station, client
        finally:
            await station.close()


async def asked(station: Station, act: Dict[str, Any]) -> Preview:
    """Return the preview of an act, on the row that it names: HOST, or HOST/NAME."""
    kind = kind_named(act["kind"])
    assert kind is not None
    action = kind.action(act["name"])
    assert action is not None
    watch = station.watch
    for name in dict.fromkeys(("hosts", "address-pools", *kind.needs, kind.name)):
        await watch.read_now(name)
    over, _, own = act["row"].partition("/")
    host = next(row for row in watch.known.rows("hosts") if row.hostname == over)
    target = station.acts.target(kind, action)
    ids: List[str] = [host.uuid]
    if target.name != "hosts":
        rows = list(watch.known.rows(kind.name))
        if kind.parent:
            rows = [row for row in rows if row.parent_id(watch.known) == host.uuid]
        ids = [kind.id(next(row for row in rows if own in (kind.name_of(row), called(row))))]
    for key in rests_on(BY_NAME, kind, action, ids, watch.known):
        await watch.read_now(*key)
    form = filled(action.form, act["form"])
    assert isinstance(form, Form), form
    return station.acts.preview(kind, action, ids, form)


def called(row: Any) -> str:
    """Return another name that a table may give a row."""
    return str(getattr(row, "ifname", "") or getattr(row, "name", ""))
