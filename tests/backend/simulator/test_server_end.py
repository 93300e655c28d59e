"""A server that ends leaves nothing open, not even what was being accepted."""

from __future__ import annotations

import asyncio
import gc
import socket

import pytest

from backend.simulator.server import HOST, Server
from tests.backend.sources.loopback import Reply, serving


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_cut_off_while_it_is_made_leaves_no_socket_and_no_task(
    turns: int,
) -> None:
    server = Server(lambda request: pytest.fail(f"nobody asked for {request.target}"))
    await server.listen(0)
    with socket.create_connection((HOST, server.port)):
        for _ in range(turns):
            await asyncio.sleep(0)
        await server.close()
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left
    gc.collect()  # an open socket warns when it goes, and every warning fails here


@pytest.mark.parametrize("turns", range(6))
async def test_the_one_of_these_tests_does_not_either(turns: int) -> None:
    async with serving(lambda _asked: Reply(b"")) as server:
        with socket.create_connection(("127.0.0.1", server.port)):
            for _ in range(turns):
                await asyncio.sleep(0)
            await server.stop()
    await asyncio.sleep(0)
    assert not asyncio.all_tasks() - {asyncio.current_task()}
    gc.collect()
