"""One baseboard over Redfish, in the same facets and orders as one over IPMI."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, List, Optional, Tuple

import anyio

from backend.baseboard import BmcWrite, Sol
from backend.channel import Channel
from backend.errors import Malformed, NotConfigured, Unauthorized, Unreachable
from backend.secret import Password
from backend.settings import CloudSettings
from backend.sources.ipmi import Ipmi
from backend.sources.redfish_console import SSH, Way, way_of
from backend.sources.redfish_facets import Facets
from backend.sources.redfish_orders import ORDERS, Orders
from backend.sources.redfish_tree import Tree
from backend.sources.redfish_update import update
from backend.sources.tls import Pins
from backend.sources.upload import Told
from backend.ssh_settings import Ssh

HTTPS_PORT = 443
WHOLE_S = 90.0
"""Within this a facet of many requests is there: parts, log and sensors of a slow baseboard."""


class Redfish:
    """A baseboard that speaks Redfish. Its serial console is IPMI's or SSH's: Redfish has none."""

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
        self._pins = pins
        self._ssh_folder = settings.ssh.folder if settings.ssh is not None else ""
        self._tree = Tree(f"BMC of {name}", address, username, password, settings, pins)
        self._facets = Facets(self._tree, system)
        self._orders = Orders(self._tree, self._facets)
        self._console: Optional[Ipmi] = None
        # What SSH's login to the console ended in where that did not take the password.
        self._refused: Optional[Unauthorized] = None

    async def ask(self, facet: str) -> List[Dict[str, Any]]:
        """Return the bodies of one facet."""
        call: Callable[[], Awaitable[List[Dict[str, Any]]]] = getattr(self._facets, facet)
        try:
            with anyio.fail_after(WHOLE_S):
                return await call()
        except TimeoutError:
            words = f"had not told all of its {facet} after {WHOLE_S:.0f} s"
            raise Unreachable(self._tree.service, words) from None

    async def send(self, write: BmcWrite, told: Optional[Told] = None, /) -> None:
        """Have one order done; ``Unreachable.sent`` where it may have arrived."""
        if write.verb == "firmware":
            way = (self._tree, self._facets, write.values, write.file, told)
            self._facets.ordered = None
            self._facets.ordered = await update(*way)
            return
        order = ORDERS.get(write.verb)
        if order is None:
            raise NotConfigured(f"{self._tree.service}: Redfish has no {write.verb}")
        await order(self._orders, write.values)

    async def open(self, session: Sol) -> Channel:
        """Open the serial console by the way that its Redfish tells of, over IPMI where by none."""
        try:
            way = await way_of(self._facets, self._tree.service)
        except (Unreachable, Malformed):
            way = Way()  # its IPMI may well answer
        if way.by == SSH:
            return await self._by_ssh(way)
        if self._console is None:
            address = (self._host, way.port)
            self._console = Ipmi(self.name, address, self._username, self._password)
        return await self._console.open(session)

    async def _by_ssh(self, way: Way) -> Channel:
        from backend.sources.ssh import SshHosts
        from backend.sources.ssh_line import SshLine

        if self._refused is not None:
            raise self._refused
        said = Ssh(
            user=self._username,
            port=way.port,
            hosts={self.name: self._host},
            password=self._password,
            folder=self._ssh_folder,
        )
        line = SshLine(self._tree.service, SshHosts(said, self._pins), self.name, way.entry)
        try:
            await line.begin()
        except Unauthorized as error:
            self._refused = error
            await line.close()
            raise
        except BaseException:  # cancelled too: nobody else knows of its connection yet
            await line.close()
            raise
        return line

    def retry(self) -> None:
        """Let a password that was refused be tried once more."""
        self._tree.retry()
        self._refused = None
        if self._console is not None:
            self._console.retry()

    async def leave(self) -> None:
        """Log out; a console that is open stays."""
        if self._console is not None:
            await self._console.leave()
        await self._tree.close()

    async def close(self) -> None:
        """Log out."""
        if self._console is not None:
            await self._console.close()
        await self._tree.close()
