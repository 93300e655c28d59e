"""Connections are closed to the end, whoever is in a hurry."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from backend.sources.tls import Pins
from backend.sources.wire import Wire
from tests.backend.sources.clouds import settings

URL = "http://127.0.0.1:9/x"


class Leaving(httpx.AsyncBaseTransport):
    """Cannot connect, and takes a few turns of the loop to close."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async def aclose(self) -> None:
        self.began.set()
        for _ in range(5):
            await asyncio.sleep(0)
        self.is_closed = True


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_who_is_cancelled_while_a_connection_closes_leaves_it_closed(
    tmp_path: Path, method: str
) -> None:
    transport = Leaving()
    wire = Wire("sysinv", settings(), Pins(tmp_path / "p"), transport=transport)
    task = asyncio.ensure_future(wire.cross(method, URL, {}))
    await transport.began.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert transport.is_closed
    await wire.close()
