"""A UDP relay that answers late: ``python -m tests.bench.relay MS HOST:PORT ...``.

ipmi_sims answer in microseconds, a baseboard's small processor in tens of milliseconds. The relay
stands before each sim, on a port of its own that it prints (a line each), and gives every answer
back ``MS`` milliseconds later; questions pass at once. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Dict, Sequence, Tuple

Address = Tuple[str, int]


class _Front(asyncio.DatagramProtocol):
    """What callers speak to: a way to the sim for each of them."""

    def __init__(self, sim: Address, delay_s: float) -> None:
        self._sim = sim
        self._delay_s = delay_s
        self._ways: Dict[Address, asyncio.Future[asyncio.DatagramTransport]] = {}
        self._own: Any = None

    def connection_made(self, transport: Any) -> None:
        self._own = transport

    def datagram_received(self, data: bytes, caller: Any) -> None:
        if caller not in self._ways:
            self._ways[caller] = asyncio.ensure_future(self._way(caller))
        self._ways[caller].add_done_callback(lambda way: way.result().sendto(data))

    async def _way(self, caller: Address) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()

        def back(data: bytes) -> None:
            loop.call_later(self._delay_s, self._own.sendto, data, caller)

        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Back(back), remote_addr=self._sim
        )
        return transport


class _Back(asyncio.DatagramProtocol):
    """What the sim answers to."""

    def __init__(self, back: Any) -> None:
        self._back = back

    def datagram_received(self, data: bytes, _address: Any) -> None:
        self._back(data)


async def serve(delay_s: float, sims: Sequence[Address]) -> None:
    """Relay for all, until the standard input ends."""
    loop = asyncio.get_running_loop()
    for sim in sims:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Front(sim, delay_s),  # noqa: B023 - called at once
            local_addr=("127.0.0.1", 0),
        )
        print(transport.get_extra_info("sockname")[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


def main(argv: Sequence[str]) -> None:
    delay_ms, *sims = argv
    split = (sim.rpartition(":") for sim in sims)
    asyncio.run(serve(float(delay_ms) / 1000, [(host, int(port)) for host, _, port in split]))


if __name__ == "__main__":
    main(sys.argv[1:])
