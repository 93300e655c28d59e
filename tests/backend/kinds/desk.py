"""A standard cloud where all is well, and a console on it: for what takes a deploy to its end."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import AsyncIterator, Tuple

from backend.simulator import Simulator
from backend.station import Station
from tests.backend.simulator.client import Client
from tests.backend.simulator.test_software import settle
from tests.test_whole_act import opened

Desk = Tuple[Station, Client]


@asynccontextmanager
async def sat_at(folder: Path) -> AsyncIterator[Desk]:
    """Open the console; its record is in ``folder``."""
    async with (
        Simulator("standard", frozen=True, token_lifetime_s=10**6) as simulator,
        Client(simulator) as client,
    ):
        await settle(client)
        station = await opened(folder, simulator)
        try:
            yield station, client
        finally:
            await station.close()
