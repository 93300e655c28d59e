"""Whether a baseboard is there at all: one datagram before any login, and no thread for silence."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Optional, Tuple

from backend.errors import Unreachable

# Get Channel Authentication Capabilities, to the channel it comes in by, as administrator: what
# every login begins with, and every baseboard answers to everybody (IPMI 2.0, 13.13 and 22.13).
QUESTION = bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5")
AGAIN_S = (0.6, 1.4, 3.0)
"""When it is asked again; after the last it counts as silent (5 s in all)."""


async def is_there(service: str, address: Tuple[str, int]) -> None:
    """Return once it answers; raises ``Unreachable`` in words where it does not."""
    host, port = address
    loop = asyncio.get_running_loop()
    try:
        transport, asked = await loop.create_datagram_endpoint(_Asked, remote_addr=address)
    except socket.gaierror as error:
        words = f"the name {host} is unknown"
        raise Unreachable(service, words, "check DNS, or give an address") from error
    except OSError as error:
        raise Unreachable(service, f"no way to {host}: {error.strerror or error}") from error
    try:
        for pause_s in AGAIN_S:
            transport.sendto(QUESTION)
            done, _ = await asyncio.wait([asked.answer], timeout=pause_s)
            if done:
                break
    finally:
        transport.close()
    if not asked.answer.done():
        asked.answer.cancel()
        words = f"{host} does not answer on UDP {port} (asked for {sum(AGAIN_S):.0f} s)"
        raise Unreachable(service, words, "is the address right, has the machine power at all?")
    error_seen = asked.answer.result()
    if error_seen is not None:
        words = f"{host} refuses UDP {port}: nobody speaks IPMI there"
        raise Unreachable(service, words, "is IPMI over LAN allowed in the baseboard's menus?")


class _Asked(asyncio.DatagramProtocol):
    """Waits for anything that comes back."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Optional[Exception]] = loop.create_future()

    def datagram_received(self, _data: bytes, _address: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(None)

    def error_received(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_result(error)
