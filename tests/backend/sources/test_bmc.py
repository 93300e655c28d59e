"""All baseboards of a cloud: however many are away, leaving waits for the slowest alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

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
