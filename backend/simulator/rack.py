"""The baseboards of a pretend cloud on UDP, one a host that has one."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any, Optional, cast

from backend.simulator.bmc import Board
from backend.simulator.cloud import Cloud
from backend.simulator.rmcp import Station, guid_of

HOST = "127.0.0.1"
PASSWORD = "Adm1n*pretend"  # noqa: S105 - of a pretend baseboard
FIRST_PORT, LAST_PORT = 20_623, 32_000


class Rack:
    """All that are plugged in: a socket each, on this one loop."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lines: dict[str, tuple[asyncio.DatagramTransport, Board]] = {}

    async def plug(self) -> None:
        """Have every host with a baseboard answer by it from now on."""
        port = FIRST_PORT
        for host in self._cloud.hosts:
            if not host.hostname or host.bm_type in {None, "none"}:
                continue
            line, port = _bound(port)
            user = host.bm_username or "root"
            board = Board(cloud=self._cloud, host=host, user=user, address=line.getsockname())
            station = Station(user, PASSWORD, guid_of(host.uuid), board.command)
            loop = asyncio.get_running_loop()
            plugged = partial(_Line, board, station)
            transport, _ = await loop.create_datagram_endpoint(plugged, sock=line)
            self._lines[host.hostname] = (transport, board)

    def unplug(self) -> None:
        """Let none answer any more."""
        for transport, _board in self._lines.values():
            transport.close()
        self._lines.clear()

    def settings(self) -> dict[str, Any]:
        """Return the ``bmc:`` of a clouds.yaml: where each answers, and to whom."""
        return {
            name: {
                "address": f"{HOST}:{board.address[1]}",
                "username": board.user,
                "password": PASSWORD,
            }
            for name, (_, board) in self._lines.items()
        }


class _Line(asyncio.DatagramProtocol):
    """One socket; a baseboard that was ordered to be away says nothing."""

    def __init__(self, board: Board, station: Station) -> None:
        self._board = board
        self._station = station
        self._transport: Optional[asyncio.DatagramTransport] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # On Python 3.9 what it is is no subclass of what it is called.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: Any) -> None:
        if not self._board.host.bmc_answers or self._transport is None:
            return
        said = self._station.answer(data)
        if said is not None:
            self._transport.sendto(said, address)


def _bound(port: int) -> tuple[socket.socket, int]:
    """Return a socket on the next port that nobody has, and the port after it."""
    while port < LAST_PORT:
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.setblocking(False)
        try:
            line.bind((HOST, port))
        except OSError:
            line.close()
            port += 1
            continue
        return line, port + 1
    raise OSError(f"no UDP port is free from {FIRST_PORT} to {LAST_PORT}")
