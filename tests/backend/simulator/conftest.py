"""Pretend clouds whose clock only the test moves, and a client signed in to them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from backend.simulator import Simulator
from tests.backend.simulator.client import Client


@pytest_asyncio.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(frozen=True) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def admin(sim: Simulator) -> AsyncIterator[Client]:
    async with Client(sim) as client:
        yield client


@pytest_asyncio.fixture
async def standard() -> AsyncIterator[Client]:
    async with Simulator("standard", frozen=True) as simulator, Client(simulator) as client:
        yield client


@pytest_asyncio.fixture
async def simplex() -> AsyncIterator[Client]:
    async with Simulator("site-9", frozen=True) as simulator, Client(simulator) as client:
        yield client
