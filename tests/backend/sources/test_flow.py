"""An answer that goes on and on, and a refusal that would."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import List

import pytest

from backend.errors import Rejected
from backend.sources.flow import flow
from backend.sources.tls import Pins
from backend.sources.wire import Wire
from tests.backend.sources.clouds import settings
from tests.backend.sources.loopback import Reply, serving


async def test_a_refusal_without_an_end_is_told_with_what_came_of_it(tmp_path: Path) -> None:
    body = b"no such log. " * 10_000
    endless = Reply(body=body, status=500, headers={"Content-Length": "1000000000"})
    async with serving(lambda _asked: endless) as server:
        wire = Wire("kubernetes", settings(), Pins(tmp_path / "pins"))
        url = f"http://127.0.0.1:{server.port}/log"

        async def read() -> List[bytes]:
            return [part async for part in flow(wire, url, {})]

        reading = asyncio.ensure_future(read())
        await asyncio.wait({reading}, timeout=5)
        assert reading.done()
        with pytest.raises(Rejected, match="no such log"):
            reading.result()
        await wire.close()
