"""One managed cloud: its sources behind ``ask`` and ``send``; nobody above knows HTTP."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Callable, Dict, List, Mapping, Optional
from urllib.parse import quote

from typing_extensions import assert_never

from backend.errors import NotConfigured
from backend.kind import Json, LocalRead, Read, Rest, RestWrite
from backend.refresh import Answer

if TYPE_CHECKING:
    from backend.settings import CloudSettings
    from backend.sources.keystone import Keystone
    from backend.sources.rest import RestService
    from backend.sources.tls import Pins


# The service whose lists are cut, and how many pages are asked at most.
PAGED, MOST_PAGES = "sysinv", 100
# A Date header has whole seconds, and an answer is on its way for a while.
CLOCKS_AGREE_MS = 3000


class Cloud:
    """The sources of one cloud; what is not configured is absent and says so when asked."""

    def __init__(self, settings: CloudSettings, pins: Pins, now_ms: Callable[[], int]) -> None:
        """``pins`` are the certificates somebody accepted; nothing is sent before they hold."""
        self.settings = settings
        self._pins = pins
        self._now_ms = now_ms
        self._keystone: Optional[Keystone] = None
        self._services: Dict[str, RestService] = {}

    async def ask(self, read: Read, parent: str = "") -> Answer:
        """Send a question and return its answer, to be read row by row.

        Raises the errors of ``backend.errors``; reading the rows raises ``Malformed``.
        """
        if isinstance(read, Rest):
            from backend.sources.bodies import bodies

            items = read.items
            path = read.under if parent and read.under else read.path
            path = path.format(parent=quote(parent, safe=""))
            pages = await self._pages(read.service, path, read.query)
            return lambda: chain.from_iterable(bodies(raw, items) for raw in pages)
        if isinstance(read, LocalRead):
            raise NotConfigured(f"{read.table} is read from the record, not from the cloud")
        assert_never(read)

    async def _pages(self, service: str, path: str, query: Mapping[str, str]) -> List[bytes]:
        """Return the answer, and those after it where sysinv cut the list.

        FM's pages by marker fail on some of its releases, so of FM the first is all there is.
        """
        from backend.sources.bodies import next_query

        pages = [await self._service(service).get(path, dict(query))]
        seen = set()
        while service == PAGED and len(pages) < MOST_PAGES:
            after = next_query(pages[-1])
            if not after or after.get("marker") in seen:
                break
            seen.add(after.get("marker"))
            pages.append(await self._service(service).get(path, {**query, **after}))
        return pages

    async def send(self, write: RestWrite) -> Json:
        """Send one request that changes something; only ``act`` calls this."""
        return await self._service(write.service).send(write.method, write.path, write.body)

    async def roles(self) -> frozenset[str]:
        """Return the roles of this person in this project, as the token says."""
        keystone = self._identity()
        await keystone.token()
        return frozenset(keystone.roles)

    @property
    def clock_off_ms(self) -> int:
        """By how much the cloud's clock is ahead of ours, 0 below what a ``Date`` can tell.

        Ages of alarms are reckoned by the clock that dated them.
        """
        off = [service.clock_off_ms for service in self._services.values()]
        worst = max(off, key=abs, default=0)
        return worst if abs(worst) >= CLOCKS_AGREE_MS else 0

    def retry(self) -> None:
        """Let a password that was refused be tried once more: somebody asked for it."""
        if self._keystone is not None:
            self._keystone.retry()

    async def close(self) -> None:
        """Close all connections."""
        for service in self._services.values():
            await service.close()
        if self._keystone is not None:
            await self._keystone.close()

    def _identity(self) -> Keystone:
        if self._keystone is None:
            if self.settings.auth is None:
                raise NotConfigured(
                    f"{self.settings.name} has no Keystone in its settings",
                    "add auth: to clouds.yaml, or source openrc",
                )
            from backend.sources.keystone import Keystone

            self._keystone = Keystone(self.settings, self._pins, self._now_ms)
        return self._keystone

    def _service(self, name: str) -> RestService:
        if name not in self._services:
            from backend.sources.rest import RestService

            self._services[name] = RestService(name, self._identity())
        return self._services[name]
