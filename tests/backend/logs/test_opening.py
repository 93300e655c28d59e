"""Several logs opened at once, and left before all of them are open."""

from __future__ import annotations

import asyncio
from typing import Any, List

from backend.logs.opening import open_all
from backend.streams import LogFile


async def test_logs_that_are_open_are_closed_where_nobody_waits_for_the_others() -> None:
    closed: List[str] = []
    second = asyncio.Event()

    class Open:
        def __init__(self, name: str) -> None:
            self.name = name

        def close(self) -> None:
            closed.append(self.name)

    async def opener(stream: Any) -> Any:
        if stream.name == "b":
            second.set()
            await asyncio.Event().wait()
        return Open(stream.name)

    streams = [LogFile(path=f"/{name}", name=name) for name in "ab"]
    opening = asyncio.ensure_future(open_all(streams, opener))
    await second.wait()
    opening.cancel()
    await asyncio.wait([opening])
    assert closed == ["a"]
