"""A whole station on a real cluster: it watches, acts, follows and records as the console does."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Tuple

from backend.deed import Deed
from backend.forms import filled
from backend.kind import Form
from backend.kinds import every_kind
from backend.place import find_place
from backend.preview import Preview
from backend.settings import CloudSettings
from backend.station import Station
from backend.store.store import Store
from tests.peers.cluster import Cluster
from tests.peers.test_kubernetes import now_ms
from tests.program import command, environment


@asynccontextmanager
async def stationed(kubeconfig: Path, record: Path) -> AsyncIterator[Station]:
    """Run a station on that cluster and record while the block lasts."""
    settings = CloudSettings(name="site-7", kubeconfig=str(kubeconfig))
    store = Store(str(record), now_ms=now_ms, kinds=every_kind())
    station = Station(settings, store=store, place=find_place(), now_ms=now_ms)
    await station.start()
    task = asyncio.ensure_future(station.run())
    try:
        yield station
    finally:
        task.cancel()
        await asyncio.wait([task])
        await station.close()


async def previewed(
    station: Station, kind_name: str, verb: str, name: str, **fields: str
) -> Preview:
    """Read what an action needs, and return what it would do to the row of that name."""
    kind = station.lookout.kinds[kind_name]
    action = kind.action(verb)
    assert action is not None
    for needed in (kind_name, *kind.needs, *action.needs):
        if needed in station.lookout.kinds:
            await station.watch.read_now(needed)
    row = kind.find(station.watch.known.rows(kind_name), name)
    assert row is not None, name
    form = filled(action.form, fields)
    assert isinstance(form, Form), form
    return station.acts.preview(kind, action, [kind.id(row)], form)


async def done(station: Station, *words: str, **fields: str) -> Deed:
    """Do an action as somebody who confirms it; return its deed."""
    before: Any = await previewed(station, *words, **fields)
    deeds: Tuple[Deed, ...] = await station.acts.do(before, typed=before.wants, why="a test")
    return deeds[0]


def settled(peer: Cluster, home: Path) -> None:
    """Write the settings of that cluster into a home."""
    folder = home / ".config" / "stx-tui"
    folder.mkdir(parents=True, exist_ok=True)
    settings = f"clouds:\n  site-7:\n    kubeconfig: {peer.kubeconfig}\n"
    (folder / "clouds.yaml").write_text(settings)


def ran(peer: Cluster, home: Path, *words: str) -> Tuple[int, str, str]:
    """Run ``stx-tui`` as a process of its own on that cluster; return its code, output, errors."""
    settled(peer, home)
    done = subprocess.run(
        command(*words), env=environment(home), check=False, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr
