"""The baseboards of a cloud's servers: which there are, where they answer, and who is asked how."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Protocol, Set, Tuple
from urllib.parse import urlsplit

from backend.baseboard import Bmc, BmcWrite, SelLog, Sol
from backend.bmc_settings import BmcSettings
from backend.channel import Channel
from backend.errors import Missing, NotConfigured
from backend.kind import Body, Json
from backend.known import Known
from backend.plan import HERE
from backend.refresh import Answer
from backend.secret import Password, Secret
from backend.settings import CloudSettings
from backend.sources import judged
from backend.sources.tls import Pins

if TYPE_CHECKING:
    from backend.sources.arriving import Arriving
    from backend.sources.machines import Machines
    from backend.sources.upload import Told

ANY = "*"
"""In ``bmc:``, the entry whose credentials hold for all that sysinv knows an address of."""
IPMI_PORT = 623
WANTED_S = 120.0
"""So long a baseboard itself is asked for what sysinv knows too, since somebody wanted that."""
IN_BAND = "in-band"
"""The protocol of a baseboard that is asked from within, its address the machine."""


class Baseboard(Protocol):
    """One baseboard, whatever it speaks."""

    async def ask(self, facet: str) -> List[Dict[str, Any]]:
        """Return the bodies of one facet."""

    async def send(self, write: BmcWrite, told: Optional[Told] = None, /) -> None:
        """Have one order done; ``told`` hears how much of a file is on its way."""

    async def open(self, session: Sol) -> Channel:
        """Open its serial console."""

    def retry(self) -> None:
        """Let a password that was refused be tried once more."""

    async def leave(self) -> None:
        """Log out, for another takes over; a console that is open stays."""

    async def close(self) -> None:
        """Log out."""


@dataclass(frozen=True)
class Server:
    """A machine that has a baseboard: where that answers, and who says so."""

    name: str
    address: str
    protocol: str
    told_by: str
    host: str = ""
    # The host's uuid in sysinv, "" where that knows it not.
    host_id: str = ""
    username: str = ""
    password: Password = field(default_factory=Password)
    system: str = ""

    @property
    def body(self) -> Body:
        """What a row shows of it."""
        return {
            "name": self.name,
            "address": self.address,
            "protocol": self.protocol,
            "username": self.username,
            "told_by": self.told_by,
            "host": self.host,
            "has_password": self.protocol == IN_BAND or not self.password.is_missing,
        }


class Baseboards:
    """All of a cloud; one is logged in to when something of it is asked, and not before."""

    def __init__(
        self,
        settings: CloudSettings,
        pins: Pins,
        known: Optional[Callable[[], Known]] = None,
        machines: Optional[Callable[[], Machines]] = None,
        sysinv: Optional[judged.Ask] = None,
    ) -> None:
        """``known`` tells the hosts of sysinv, with what they say of their baseboards.

        ``machines`` are where a baseboard is asked from within; ``sysinv`` is asked before the
        baseboards what maintenance knows of them.
        """
        self._settings = settings
        self._machines = machines
        self._is_here: Optional[bool] = None
        self._pins = pins
        self._known = known
        self._sysinv = sysinv
        # Until when a server's own baseboard is asked, by the loop's clock: somebody wanted that.
        self._wanted: Dict[str, float] = {}
        self._typed: Dict[str, Tuple[str, Password]] = {}
        self._boards: Dict[str, Tuple[Server, Baseboard]] = {}
        self._leaving: Set[asyncio.Future[None]] = set()
        # The servers as they were found last, and the hosts they were found among.
        self._last: Optional[Tuple[Tuple[Any, ...], Mapping[str, Server]]] = None

    async def ask(self, read: Bmc, parent: str) -> Answer:
        """Return one facet of the server ``parent``; ``servers`` is asked of nobody."""
        if read.facet == "servers":
            servers = [server.body for server in self.servers().values()]
            return lambda: iter(servers)
        rows = await self._rows(read.facet, parent)
        if read.facet == judged.SENSORS:
            rows = judged.counted(rows)
        bodies = [{"server": parent, **row} for row in rows]
        return lambda: iter(bodies)

    async def _rows(self, facet: str, name: str) -> List[Dict[str, Any]]:
        """Return what sysinv knows of it, where that is enough; else what its baseboard says."""
        host_id = self._judged(name) if facet in judged.FACETS else ""
        if host_id and self._sysinv is not None:
            rows = await judged.judged(self._sysinv, host_id, facet)
            if rows:
                return rows
        rows = await self._board(name).ask(facet)
        return [{**row, "told_by": judged.BMC} for row in rows] if facet in judged.FACETS else rows

    def _judged(self, name: str) -> str:
        """Return the host that sysinv is to be asked of first, "" where the baseboard is."""
        server = self.servers().get(name)
        is_wanted = self._wanted.get(name, 0.0) > asyncio.get_running_loop().time()
        if server is None or is_wanted or self._known is None:
            return ""
        # One that does not answer is not waited for.
        return server.host_id if self._known().reading("hosts").error is None else ""

    async def send(self, write: BmcWrite, told: Optional[Told] = None) -> Json:
        """Have one order done; ``log-in`` only takes a password, to be held in memory."""
        if write.verb == "log-in":
            password = Password(given=Secret(text=write.values["password"]))
            self._typed[write.server] = (write.values["username"], password)
            self._last = None
            await self._board(write.server).ask("power")
        else:
            await self._board(write.server).send(write, told)
        return None

    async def open(self, session: Sol) -> Channel:
        """Open the serial console of a server."""
        return await self._board(session.server).open(session)

    async def log(self, stream: SelLog) -> Arriving:
        """Open the event log of a server as a log; asked again while it is open."""
        from backend.sources.bmc_log import open_log

        return await open_log(stream, lambda: self._board(stream.server).ask("sel"))

    def retry(self, facet: str = "", name: str = "") -> None:
        """Let the refused password of a server ("": of all) be tried once more: somebody asked.

        A ``facet`` that they asked for is told by baseboards for a while.
        """
        for called, (_server, board) in self._boards.items():
            if name in ("", called):
                board.retry()
        if facet in judged.FACETS:
            until = asyncio.get_running_loop().time() + WANTED_S
            self._wanted.update(dict.fromkeys([name] if name else self.servers(), until))

    async def close(self) -> None:
        """Log out everywhere at once: of fifty that are away each takes its time."""
        boards = [board for _server, board in self._boards.values()]
        self._boards.clear()
        leaving = (*(one.close() for one in boards), *self._leaving)
        ended = await asyncio.gather(*leaving, return_exceptions=True)
        for error in filter(None, ended):
            raise error

    # --- which there are -----------------------------------------------------------------------

    def servers(self) -> Mapping[str, Server]:
        """Return the servers by name: those of the settings, then those only sysinv knows."""
        hosts = self._known().rows("hosts") if self._known is not None else ()
        if self._last is not None and self._last[0] is hosts:
            # Asked twice for each facet of each: of five thousand hosts that is 40 ms of the loop.
            return self._last[1]
        found: Dict[str, Server] = {}
        by_address: Dict[str, str] = {}
        for name, one in self._settings.bmc.items():
            if name != ANY:
                found[name] = _of_settings(one)
                by_address[host_port(one.address, 0)[0]] = name
        for host in hosts:
            self._add_host(found, by_address, host)
        self._add_here(found)
        for name, (username, password) in self._typed.items():
            if name in found:
                found[name] = replace(found[name], username=username, password=password)
        self._last = hosts, found
        return found

    def _add_host(self, found: Dict[str, Server], by_address: Mapping[str, str], host: Any) -> None:
        """Add what sysinv says of a host; what the settings say of the same one stands."""
        said = host.body
        address = str(said.get("bm_ip") or "")
        name = host.name if host.name in found else by_address.get(address, host.name)
        username = str(said.get("bm_username") or "")
        if name in found:
            mine = found[name]
            who = {"host": host.name, "host_id": host.uuid}
            found[name] = replace(mine, **who, username=mine.username or username)
            return
        if not address or not host.has_bmc:
            return
        shared = self._settings.bmc.get(ANY)
        found[name] = Server(
            name=name,
            address=address,
            protocol="redfish" if host.bm_type == "redfish" else "ipmi",
            told_by="sysinv",
            host=host.name,
            host_id=host.uuid,
            username=username or (shared.username if shared else ""),
            password=shared.password if shared else Password(),
        )

    def _add_here(self, found: Dict[str, Server]) -> None:
        """Add the machine one sits on, where it has a baseboard that nobody could ask otherwise."""
        from backend.sources import inband

        if self._is_here is None:
            self._is_here = self._machines is not None and inband.is_here()
        name = socket.gethostname().partition(".")[0]
        mine = found.get(name)
        if not self._is_here or (mine is not None and not mine.password.is_missing):
            return
        found[name] = Server(
            name=name,
            address=HERE,
            protocol=IN_BAND,
            told_by=inband.DEVICES[0],
            host=mine.host if mine is not None else "",
            host_id=mine.host_id if mine is not None else "",
        )

    def _board(self, name: str) -> Baseboard:
        """Return the baseboard of a server; a new one where what is said of it changed."""
        server = self.servers().get(name)
        if server is None:
            raise Missing(f"no server {name!r} is known any more")
        kept = self._boards.get(name)
        if kept is not None and _is_same(kept[0], server):
            return kept[1]
        board = self._made(server)
        self._boards[name] = (server, board)
        if kept is not None:
            # Of one baseboard no two sessions are ours.
            left = asyncio.ensure_future(kept[1].leave())
            self._leaving.add(left)
            left.add_done_callback(self._leaving.discard)
        return board

    def _made(self, server: Server) -> Baseboard:
        who = (server.username, server.password)
        if server.protocol == "redfish":
            from backend.sources.redfish import HTTPS_PORT, Redfish

            address = host_port(server.address, HTTPS_PORT)
            return Redfish(
                server.name, address, *who, self._settings, self._pins, system=server.system
            )
        if server.protocol == IN_BAND:
            from backend.sources.inband import InBand

            if self._machines is None:
                raise NotConfigured(f"{server.name}: no machine is at hand to ask it from")
            return InBand(server.name, server.address, self._machines())
        from backend.sources.ipmi import Ipmi

        return Ipmi(server.name, host_port(server.address, IPMI_PORT), *who)


def _of_settings(one: BmcSettings) -> Server:
    return Server(
        name=one.name,
        address=one.address,
        protocol=one.protocol,
        told_by="clouds.yaml",
        username=one.username,
        password=one.password,
        system=one.system,
    )


def _is_same(old: Server, new: Server) -> bool:
    return replace(old, host=new.host, host_id=new.host_id) == new


def host_port(address: str, port: int) -> Tuple[str, int]:
    """Return host and port of ``host[:port]``, an IPv6 literal with or without brackets."""
    if address.count(":") > 1 and not address.startswith("["):
        return address, port
    parts = urlsplit(f"//{address}")
    try:
        return parts.hostname or address, parts.port or port
    except ValueError as error:
        raise NotConfigured(f"{address!r} is no host[:port]: {error}") from error
