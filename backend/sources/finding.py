"""Which addresses of a range have a baseboard: asked at a stated rate, without logging in.

Two questions that need no name and no password: RMCP's presence ping over UDP (ASF 2.0, 3.2.4),
and the root of Redfish over TLS, whose certificate is told and not yet trusted.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, AsyncIterator, Iterator, Mapping, Optional, Tuple

from backend.errors import NotConfigured, SettingsError, StxError
from backend.settings import CloudSettings
from backend.sources.redfish_tree import ROOT
from backend.sources.tls import Pins, context
from backend.sources.wire import Wire

PING = bytes.fromhex("0600ff06000011be80000000")
IPMI_PORT, HTTPS_PORT = 623, 443
MOST = 1024
"""Addresses that one search asks: a /22."""
RATE = 20.0
"""Addresses a second: nobody's switch or alarm system takes that for an attack."""
ANSWER_S = 2.0


@dataclass(frozen=True)
class Found:
    """A baseboard that answered: where, by what, and what it says it is."""

    address: str
    protocol: str
    product: str = ""


def addresses(text: str) -> Tuple[str, ...]:
    """Return the addresses of ``10.1.1.0/24``, ``10.1.1.5-40`` or one alone.

    Raises ``SettingsError`` for what is none of these, and for more than ``MOST``.
    """
    try:
        found = tuple(_parsed(text))
    except ValueError as error:
        words = f"{text!r} is no range of addresses: {error}"
        raise SettingsError(words, "as in 10.10.10.0/24 or 10.10.10.5-40") from error
    return found


def _parsed(text: str) -> Iterator[str]:
    start, dash, end = text.partition("-")
    if dash:
        first = ipaddress.IPv4Address(start.strip())
        low, high = int(str(first).rpartition(".")[2]), int(end)
        if not low <= high <= 255:
            raise ValueError(f"{low} to {high} is no span of its last part")
        yield from (str(first + step) for step in range(high - low + 1))
        return
    network = ipaddress.ip_network(text.strip(), strict=False)
    if network.num_addresses > MOST:
        raise ValueError(f"it has {network.num_addresses} addresses, and {MOST} are the most")
    yield from (str(one) for one in network.hosts() or (network.network_address,))


class Finder:
    """Asks a range; what is found comes as it answers."""

    def __init__(self, ipmi_port: int = IPMI_PORT, https_port: int = HTTPS_PORT) -> None:
        self._ipmi_port = ipmi_port
        self._https_port = https_port

    async def find(self, text: str, rate: float = RATE) -> AsyncIterator[Found]:
        """Yield the baseboards of a range, ``rate`` addresses a second, each asked once."""
        wanted = addresses(text)
        if not 0 < rate <= 100:
            raise NotConfigured(f"{rate:g} a second is no rate to ask at", "1 to 100")
        asks = [asyncio.ensure_future(self._ask(one, at / rate)) for at, one in enumerate(wanted)]
        try:
            for done in asyncio.as_completed(asks):
                for found in await done:
                    yield found
        finally:
            for ask in asks:
                ask.cancel()
            await asyncio.gather(*asks, return_exceptions=True)

    async def _ask(self, address: str, after_s: float) -> Tuple[Found, ...]:
        await asyncio.sleep(after_s)
        both = await asyncio.gather(self._ping(address), self._root(address))
        return tuple(one for one in both if one is not None)

    async def _ping(self, address: str) -> Optional[Found]:
        loop = asyncio.get_running_loop()
        try:
            transport, asked = await loop.create_datagram_endpoint(
                _Pinged, remote_addr=(address, self._ipmi_port)
            )
        except OSError:
            return None  # no way there: nobody is found
        try:
            transport.sendto(PING)
            await asyncio.wait([asked.answer], timeout=ANSWER_S)
        finally:
            transport.close()
        if not asked.answer.done():
            asked.answer.cancel()
            return None
        return Found(address, "ipmi") if asked.answer.result() else None

    async def _root(self, address: str) -> Optional[Found]:
        # Nothing secret is sent, so nobody has to vouch for who answers: that comes at the login.
        wire = Wire(
            f"BMC at {address}",
            CloudSettings(name="find"),
            _NoPins(),
            connect_s=ANSWER_S,
            whole_s=2 * ANSWER_S,
            # Nothing is told to whoever answers: no password is sent, and what is found is only
            # proposed; its certificate is shown and held when somebody first logs in.
            tls=lambda _pinned: context(verify=False),
        )
        try:
            answer = await wire.cross("GET", f"https://{address}:{self._https_port}{ROOT}", {})
        except StxError:
            return None
        finally:
            await wire.close()
        with suppress(ValueError, RecursionError):
            said = json.loads(answer.body) if answer.status == 200 else None
            if isinstance(said, dict) and "RedfishVersion" in said:
                product = str(said.get("Product") or said.get("Vendor") or said.get("Name") or "")
                return Found(address, "redfish", product)
        return None


class _NoPins(Pins):
    """Pins of a search, which trusts nobody."""

    def __init__(self) -> None:
        """There are none."""

    def get(self, endpoint: str) -> Optional[str]:
        """Return no pin."""
        none: Mapping[str, str] = {}
        return none.get(endpoint)


class _Pinged(asyncio.DatagramProtocol):
    """Waits for the pong; True where it says that IPMI is spoken there (ASF 2.0, 3.2.4.3)."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _address: Any) -> None:
        if not self.answer.done() and data[:4] == PING[:4] and data[8:9] == b"\x40":
            self.answer.set_result(len(data) > 20 and bool(data[20] & 0x80))

    def error_received(self, _error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_result(False)


def name_of(address: str) -> str:
    """Return what a baseboard is called by its address in DNS, "" where by nothing."""
    try:
        return socket.gethostbyaddr(address)[0].partition(".")[0]
    except OSError:
        return ""
