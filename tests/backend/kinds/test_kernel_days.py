"""A change of kernel to its end on the pretend cloud: provisioned, then running, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, AsyncIterator, List, Tuple

import pytest_asyncio

from backend.deed import Outcome
from backend.kinds.processors import KERNELS
from backend.kinds.versions import VERSIONS, cells_of, odd
from backend.preview import Preview
from backend.station import Station
from backend.tone import Mark
from tests.backend.kinds.desk import Desk, sat_at

HOST = "worker-0"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with sat_at(tmp_path) as opened:
        yield opened


async def look(station: Station) -> Any:
    """Read the hosts and their kernels; return the kernel of the host that is changed."""
    await station.watch.read_now("hosts")
    for host in station.watch.known.rows("hosts"):
        await station.watch.read_now("kernels", host.uuid)
    await station.watch.read_now("versions")
    return station.watch.known.row("kernels", uuid(station), uuid(station))


def uuid(station: Station) -> str:
    hosts = station.watch.known.rows("hosts")
    return str(next(host.uuid for host in hosts if host.name == HOST))


async def asked(station: Station, kernel: str) -> Preview:
    row = await look(station)
    action: Any = KERNELS.action("modify")
    form = action.form(kernel_provisioned=kernel)
    return station.acts.preview(KERNELS, action, (KERNELS.id(row),), form)


async def changed(station: Station, kernel: str) -> Preview:
    preview = await asked(station, kernel)
    assert not preview.blocked, preview.blocked
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="low latency for the RAN")
    assert (deed.outcome, deed.label) == (Outcome.DONE, HOST), deed.answer
    return preview


async def restarted(desk: Desk) -> None:
    station, client = desk
    assert (await client.act(HOST, "unlock")).status_code == 200
    await client.sim.advance(1200)
    await look(station)


def cells(station: Station) -> List[Any]:
    known = station.watch.known
    row = known.row("kernels", uuid(station), uuid(station))
    return [column.cell(row, known) for column in KERNELS.columns]


def board(station: Station) -> Tuple[str, List[str]]:
    """Return what the board of versions says of the host's kernel, and in what it is odd."""
    known = station.watch.known
    (row,) = [one for one in known.rows(VERSIONS.name) if one.host == HOST]
    said = [words for words in odd(row, known) if words.startswith("kernel ")]
    return str(cells_of(row, known)["kernel"].value), said


async def test_a_kernel_is_changed_on_a_locked_host_provisioned_first_and_running_after_its_unlock(
    desk: Desk,
) -> None:
    station, client = desk
    await look(station)
    assert cells(station) == [HOST, "standard", "standard"]
    assert board(station) == ("standard", [])
    await client.act(HOST, "lock")
    await client.sim.advance(120)
    preview = await changed(station, "lowlatency")
    assert preview.commands == (f"system host-kernel-modify {HOST} lowlatency",)
    assert next(one.words for one in preview.consequences) == "kernel: standard -> lowlatency"
    # Provisioned, and not running before the host starts anew.
    row = await look(station)
    assert cells(station) == [HOST, "standard", "lowlatency"]
    look_ = KERNELS.look(row, station.watch.known)
    assert (look_.mark, look_.notes) == (
        Mark.BUSY,
        ("runs standard, lowlatency after the next unlock",),
    )
    (when,) = [words for words in board(station)[1] if "its next unlock" in words]
    assert when == "kernel standard, lowlatency from its next unlock on"
    await restarted(desk)
    assert cells(station) == [HOST, "lowlatency", "lowlatency"]
    running, differs = board(station)
    assert (running, differs) == ("lowlatency", ["kernel lowlatency, its peers standard"])
    # And back.
    await client.act(HOST, "lock")
    await client.sim.advance(120)
    await changed(station, "standard")
    await restarted(desk)
    assert (cells(station), board(station)) == (
        [HOST, "standard", "standard"],
        ("standard", []),
    )


async def test_a_kernel_is_not_changed_where_it_would_be_refused_and_that_is_said_before(
    desk: Desk,
) -> None:
    station, client = desk
    unlocked = await asked(station, "lowlatency")
    assert [one.check for one in unlocked.blocked] == ["the host is locked"]
    path = f"/platform/v1/ihosts/{uuid(station)}/kernel"
    patch = [{"op": "replace", "path": "/kernel_provisioned", "value": "lowlatency"}]
    assert (await client.http.patch(path, json=patch)).status_code == 400
    same = await asked(station, "standard")
    assert "something changes" in [one.check for one in same.blocked]
