"""One baseboard over Redfish, in the same facets and orders as one over IPMI."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, List, Optional, Tuple

import anyio

from backend.baseboard import BmcWrite, Sol
from backend.channel import Channel
from backend.errors import NotConfigured, Unreachable
from backend.secret import Password
from backend.settings import CloudSettings
from backend.sources.ipmi import Ipmi
from backend.sources.redfish_facets import Facets
from backend.sources.redfish_orders import ORDERS, Orders
from backend.sources.redfish_tree import Tree
from backend.sources.tls import Pins

HTTPS_PORT, IPMI_PORT = 443, 623
WHOLE_S = 90.0
"""Within this a facet of many requests is there: parts, log and sensors of a slow baseboard."""


class Redfish:
    """A baseboard that speaks Redfish. Its serial console is IPMI's: Redfish has none."""

    def __init__(
        self,
        name: str,
        address: Tuple[str, int],
        username: str,
        password: Password,
        settings: CloudSettings,
        pins: Pins,
        system: str = "",
    ) -> None:
        """``system`` names the one meant where it has several; nothing is asked yet."""
        self.name = name
        self._host = address[0]
        self._username = username
        self._password = password
        self._tree = Tree(f"BMC of {name}", address, username, password, settings, pins)
        self._facets = Facets(self._tree, system)
        self._orders = Orders(self._tree, self._facets)
        self._console: Optional[Ipmi] = None

    async def ask(self, facet: str) -> List[Dict[str, Any]]:
        """Return the bodies of one facet."""
        call: Callable[[], Awaitable[List[Dict[str, Any]]]] = getattr(self._facets, facet)
        try:
            with anyio.fail_after(WHOLE_S):
                return await call()
        except TimeoutError:
            words = f"had not told all of its {facet} after {WHOLE_S:.0f} s"
            raise Unreachable(self._tree.service, words) from None

    async def send(self, write: BmcWrite) -> None:
        """Have one order done; ``Unreachable.sent`` where it may have arrived."""
        order = ORDERS.get(write.verb)
        if order is None:
            raise NotConfigured(f"{self._tree.service}: Redfish has no {write.verb}")
        await order(self._orders, write.values)

    async def open(self, session: Sol) -> Channel:
        """Open the serial console, over IPMI with the same name and password."""
        if self._console is None:
            address = (self._host, IPMI_PORT)
            self._console = Ipmi(self.name, address, self._username, self._password)
        return await self._console.open(session)

    def retry(self) -> None:
        """Let a password that was refused be tried once more."""
        self._tree.retry()
        if self._console is not None:
            self._console.retry()

    async def close(self) -> None:
        """Log out."""
        if self._console is not None:
            await self._console.close()
        await self._tree.close()
