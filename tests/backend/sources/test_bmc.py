"""All baseboards of a cloud: however many are away, leaving waits for the slowest alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend.baseboard import BmcWrite
from backend.errors import StxError
from backend.settings import CloudSettings
from backend.sources.bmc import Baseboards
from backend.sources.tls import Pins


async def test_fifty_baseboards_that_are_away_are_left_together(tmp_path: Path) -> None:
    closing, everybody = 0, asyncio.Event()

    class Away:
        async def close(self) -> None:
            nonlocal closing
            closing += 1
            if closing == 50:
                everybody.set()
            await everybody.wait()

    boards = Baseboards(CloudSettings(name="c"), Pins(tmp_path / "pins"))
    away: Any = {f"worker-{number}": (None, Away()) for number in range(50)}
    boards._boards.update(away)
    leaving = asyncio.ensure_future(boards.close())
    await asyncio.wait({leaving}, timeout=5)
    assert leaving.done(), f"{closing} of 50 were begun to be left"
    leaving.result()


async def test_which_servers_there_are_is_worked_out_anew_where_hosts_change_and_not_before(
    tmp_path: Path,
) -> None:
    def host(number: int) -> Any:
        said = {"bm_ip": f"10.0.0.{number}", "bm_username": "admin"}
        return SimpleNamespace(
            name=f"worker-{number}", uuid=str(number), has_bmc=True, bm_type="ipmi", body=said
        )

    now = [(host(1),)]
    known: Any = SimpleNamespace(rows=lambda _kind: now[0])
    boards = Baseboards(CloudSettings(name="c"), Pins(tmp_path / "pins"), lambda: known)
    before = boards.servers()
    assert boards.servers() is before
    now[0] = (host(1), host(2))
    assert [name for name in boards.servers() if name.startswith("worker")] == [
        "worker-1",
        "worker-2",
    ]
    values = {"username": "root", "password": "typed"}
    with pytest.raises(StxError):  # nobody answers there
        await boards.send(BmcWrite(server="worker-9", verb="log-in", values=values))
    assert boards.servers() is boards.servers()
