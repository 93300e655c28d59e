"""One managed cloud: its sources behind ``ask`` and ``send``; nobody above knows a wire."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Callable, Optional, Sequence, Union

from typing_extensions import assert_never

from backend.baseboard import Bmc, BmcWrite, SelLog, Sol
from backend.docker import DockerLog
from backend.errors import NotConfigured
from backend.folders import cve_file
from backend.kind import (
    Body,
    Ceph,
    CephWrite,
    Command,
    CommandWrite,
    Derived,
    FileCopy,
    Identity,
    Json,
    Kube,
    KubeHealth,
    KubeResources,
    KubeWrite,
    LocalRead,
    LocalWrite,
    Read,
    Rest,
    RestWrite,
    Write,
)
from backend.kube import KubeWhole, LastWords, PodExec, PodLog
from backend.plan import HERE, LogList, OfCluster, Session
from backend.pods import ForwardEnd, Forwards, PodAttach, PodCopy, PodForward
from backend.refresh import Answer
from backend.registry import Registry, RegistryDelete
from backend.streams import Stream

if TYPE_CHECKING:
    from backend.channel import Channel
    from backend.known import Known
    from backend.logs.line import Log
    from backend.settings import CloudSettings
    from backend.sources.bmc import Baseboards
    from backend.sources.catalogue import Catalogue
    from backend.sources.ceph import CephSource
    from backend.sources.cves import Cves
    from backend.sources.kube import KubeSource
    from backend.sources.machines import Machines
    from backend.sources.registry import RegistrySource
    from backend.sources.tls import Pins
    from backend.sources.upload import Told
    from backend.told import Teller


def _unheard(_source: str) -> None:
    """Nobody waits for news."""


class Cloud:
    """The sources of one cloud, each loaded when it is first needed.

    A source has ``ask(read, parent)``, ``send(write)`` and ``close()``; what is not configured is
    absent, and says so when asked. To add one: its Read and Write in ``plan.py``, its room in
    ``sources/``, and a line in ``ask`` and ``send`` here; mypy names what was forgotten.
    """

    def __init__(
        self,
        settings: CloudSettings,
        pins: Pins,
        now_ms: Callable[[], int],
        known: Optional[Callable[[], Known]] = None,
        on_news: Callable[[str], None] = _unheard,
    ) -> None:
        """``pins`` are the certificates somebody accepted; nothing is sent before they hold.

        ``known`` is what is known now: hosts say where their baseboards answer. ``on_news`` hears
        of a source that what it said last is old.
        """
        self.settings = settings
        self._pins = pins
        self._now_ms = now_ms
        self._known = known
        self._on_news = on_news
        self._catalogue: Optional[Catalogue] = None
        self._machines: Optional[Machines] = None
        self._baseboards: Optional[Baseboards] = None
        self._kube: Optional[KubeSource] = None
        self._ceph: Optional[CephSource] = None
        self._registry: Optional[RegistrySource] = None
        self._cves: Optional[Cves] = None

    async def ask(self, read: Read, parent: str = "") -> Answer:
        """Send a question and return its answer, to be read row by row.

        Raises the errors of ``backend.errors``; reading the rows raises ``Malformed``.
        """
        if isinstance(read, Rest):
            return await self.catalogue.ask(read, parent)
        if isinstance(read, Identity):
            return await self.catalogue.identity()
        if isinstance(read, Command):
            return await self.machines.ask(read, parent)
        if isinstance(read, (Kube, KubeHealth, KubeResources, LastWords, Forwards)):
            return await self._of_cluster(read)
        if isinstance(read, (LocalRead, LogList)):
            return await self._own(read)
        if isinstance(read, Derived):
            raise NotConfigured("it is worked out of what is known, not asked of the cloud")
        if isinstance(read, Bmc):
            return await self.baseboards.ask(read, parent)
        if isinstance(read, Ceph):
            return await self.ceph.ask(read, parent)
        if isinstance(read, Registry):
            return await self.registry.ask(read, parent)
        assert_never(read)

    async def _own(self, read: Union[LocalRead, LogList]) -> Answer:
        """Return what is ours or lies here: what was imported of CVEs, and the logs there are."""
        if isinstance(read, LogList):
            from backend.logs.listing import logs_here

            return await asyncio.to_thread(logs_here, self._now_ms())
        if self._cves is None:
            from backend.sources.cves import Cves

            self._cves = Cves(cve_file())
        if self._known is None:
            raise NotConfigured(f"{read.table}: nothing is known of this cloud yet")
        rows = await asyncio.to_thread(self._cves.rows, read.table, self._known())
        return lambda: iter(rows)

    async def _of_cluster(self, read: OfCluster) -> Answer:
        if isinstance(read, Kube):
            return await self.kube.ask(read)
        if isinstance(read, Forwards):
            return await self.kube.forwards()
        if isinstance(read, LastWords):
            return await self.kube.last(read.of(self._known()) if self._known is not None else ())
        return await (
            self.kube.health(read) if isinstance(read, KubeHealth) else self.kube.resources()
        )

    async def send(self, write: Write, told: Optional[Told] = None) -> Json:
        """Have one write done by its source; only ``act`` calls this.

        ``told`` hears how many bytes of how many are on their way, where it carries a file.
        """
        if isinstance(write, LocalWrite):
            raise NotConfigured(f"{write.kind} is written to the record, not to the cloud")
        if isinstance(write, CommandWrite):
            return await self.machines.send(write)
        if isinstance(write, FileCopy):
            return await self.machines.copy(write)
        if isinstance(write, RestWrite):
            return await self.catalogue.send(write, told)
        if isinstance(write, KubeWrite):
            return await self.kube.send(write)
        if isinstance(write, (PodForward, ForwardEnd, PodCopy)):
            return await self.kube.reach(write, told)
        if isinstance(write, BmcWrite):
            return await self.baseboards.send(write, told)
        if isinstance(write, CephWrite):
            return await self.ceph.send(write)
        if isinstance(write, RegistryDelete):
            return await self.registry.send(write)
        assert_never(write)

    async def connect(self, session: Session) -> Channel:
        """Have one session opened by its source; only ``act`` calls this."""
        if isinstance(session, Sol):
            return await self.baseboards.open(session)
        if isinstance(session, (PodExec, PodAttach)):
            return await self.kube.exec(session)
        assert_never(session)

    async def whole(self, whole: KubeWhole) -> Body:
        """Return one object, whole. Raises ``StxError``."""
        return await self.kube.whole(whole)

    async def namespace(self) -> str:
        """Return the namespace of the kubeconfig's context. Raises ``StxError``."""
        return await self.kube.namespace()

    async def headings(self, read: Kube) -> Sequence[Body]:
        """Return the columns the API server prints of a resource. Raises ``StxError``."""
        return await self.kube.headings(read)

    def teller(self, read: Kube) -> Teller:
        """Return who goes on telling of that kind."""
        return self.kube.teller(read)

    @property
    def kube(self) -> KubeSource:
        """The cluster of the kubeconfig."""
        if self._kube is None:
            from backend.sources.kube import KubeSource

            self._kube = KubeSource(self.settings, self._pins, self._now_ms)
        return self._kube

    async def open(self, stream: Stream) -> Log:
        """Open a stream. Raises ``StxError``."""
        if isinstance(stream, PodLog):
            return await self.kube.open(stream)
        if isinstance(stream, SelLog):
            return await self.baseboards.log(stream)
        if isinstance(stream, DockerLog):
            return await self.machines.listen(stream)
        if stream.machine in ("", HERE):
            from backend.listening import open_here

            return await open_here(stream)
        return await self.machines.open(stream)

    @property
    def catalogue(self) -> Catalogue:
        """The services of Keystone's catalogue."""
        if self._catalogue is None:
            from backend.sources.catalogue import Catalogue

            self._catalogue = Catalogue(self.settings, self._pins, self._now_ms)
        return self._catalogue

    @property
    def machines(self) -> Machines:
        """The machine one sits on, and those behind SSH."""
        if self._machines is None:
            from backend.sources.machines import Machines

            self._machines = Machines(self.settings, self._pins)
        return self._machines

    @property
    def baseboards(self) -> Baseboards:
        """The baseboards of the servers, by IPMI or Redfish."""
        if self._baseboards is None:
            from backend.sources.bmc import Baseboards

            sysinv = self.catalogue.ask if self.settings.auth is not None else None
            self._baseboards = Baseboards(
                self.settings, self._pins, self._known, lambda: self.machines, sysinv
            )
        return self._baseboards

    @property
    def ceph(self) -> CephSource:
        """The cluster of Ceph."""
        if self._ceph is None:
            from backend.sources.ceph import CephSource

            way = self.settings.ceph_way
            if way is None:
                raise NotConfigured("no way to Ceph is set up", "add ceph: to this cloud")
            self._ceph = CephSource(
                way, self.settings, self._pins, self.machines, lambda: self._on_news("ceph")
            )
        return self._ceph

    @property
    def registry(self) -> RegistrySource:
        """The registry of images."""
        if self._registry is None:
            from backend.sources.registry import RegistrySource

            way = self.settings.registry_way
            if way is None:
                raise NotConfigured("no registry is set up", "add registry: to this cloud")
            self._registry = RegistrySource(way, self.settings, self._pins)
        return self._registry

    async def roles(self) -> frozenset[str]:
        """Return the roles of this person in this project, as the token says."""
        return await self.catalogue.roles()

    @property
    def clock_off_ms(self) -> int:
        """By how much the cloud's clock is ahead of ours: ages are reckoned by who dated them."""
        if self._catalogue is not None:
            return self._catalogue.clock_off_ms
        return self._kube.api.clock_off_ms if self._kube is not None else 0

    def retry(self, read: Optional[Read] = None, parent: str = "") -> None:
        """Let a password that was refused be tried once more: somebody asked for it, for ``read``.

        What they asked a baseboard for is told by itself then, though sysinv might know of it; the
        passwords of baseboards nobody asked for stay refused: a few tries lock an account.
        """
        if self._catalogue is not None:
            self._catalogue.retry()
        if self._machines is not None:
            self._machines.retry()
        if isinstance(read, Bmc):
            self.baseboards.retry(read.facet, parent)
        if self._registry is not None:
            self._registry.retry()
        if self._ceph is not None:
            self._ceph.retry()

    async def close(self) -> None:
        """Close all connections, none waiting for another that is away."""
        sources = (
            *(self._catalogue, self._ceph, self._machines),
            *(self._baseboards, self._kube, self._registry),
        )
        closing = [source.close() for source in sources if source is not None]
        ended = await asyncio.gather(*closing, return_exceptions=True)
        for error in filter(None, ended):
            raise error
