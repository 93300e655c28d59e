"""The REST services of Keystone's catalogue: sysinv, fm, usm, vim … behind ``ask`` and ``send``."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import Callable, Dict, FrozenSet, List, Mapping, Optional
from urllib.parse import quote

from backend.errors import Absent, NotConfigured, NotFound, Rejected
from backend.kind import Json, Rest, RestWrite
from backend.refresh import Answer
from backend.settings import CloudSettings
from backend.sources.bodies import bodies, by_name, next_query
from backend.sources.keystone import Keystone
from backend.sources.rest import CLOCKS_AGREE_MS, RestService
from backend.sources.tls import Pins
from backend.sources.upload import FILE_NAME, FileForm, Part, Told, named

# The service whose lists are cut, and how many pages are asked at most.
PAGED, MOST_PAGES = "sysinv", 100


class Catalogue:
    """One Keystone and the services it names; one that nobody asks opens no connection."""

    def __init__(self, settings: CloudSettings, pins: Pins, now_ms: Callable[[], int]) -> None:
        """``pins`` are the certificates somebody accepted; nothing is sent before they hold."""
        self._settings = settings
        self._pins = pins
        self._now_ms = now_ms
        self._keystone: Optional[Keystone] = None
        self._services: Dict[str, RestService] = {}

    async def ask(self, read: Rest, parent: str) -> Answer:
        """Send a question, page by page where the service cuts it; where it is not there, another.

        Where the other is not there either, the error is that of the first. Raises ``Absent`` where
        the service says that there is nothing of it now.
        """
        try:
            return await self._asked(read, parent)
        except (NotConfigured, NotFound) as error:
            if read.otherwise is None:
                raise
            try:
                return await self.ask(read.otherwise, parent)
            except (NotConfigured, NotFound):
                raise error from None

    async def _asked(self, read: Rest, parent: str) -> Answer:
        try:
            return await self._ask(read, parent)
        except Rejected as error:
            if any(words in error.reason for words in read.absent):
                raise Absent(error.reason) from error
            raise

    async def _ask(self, read: Rest, parent: str) -> Answer:
        first = read.under if parent and read.under else read.path
        pages: List[bytes] = []
        for path in (first, *read.also):
            parts = (quote(part, safe="") for part in parent.split("/"))
            asked = path.format(*parts, parent=quote(parent, safe=""))
            pages += await self._pages(read.service, asked, read.query)
        if read.named:
            wholes = (bodies(raw, "") for raw in pages)
            return lambda: by_name(chain.from_iterable(wholes), read.named, read.items)
        told = {read.mine: parent} if read.mine else {}
        return lambda: (
            {**body, **told} if told else body for raw in pages for body in bodies(raw, read.items)
        )

    async def send(self, write: RestWrite, told: Optional[Told] = None) -> Json:
        """Send one request that changes something, with its files where it has some."""
        service = self._service(write.service)
        parts = named(write.files)
        if write.file:
            parts = (
                Part(path=write.file, field=write.file_field, name=write.file_name or FILE_NAME),
                *parts,
            )
        if not parts:
            return await service.send(write.method, write.path, write.body)
        fields = write.body if isinstance(write.body, dict) else {}
        said = {key: str(value) for key, value in fields.items()}
        form = FileForm(parts, said, told, write.patience_s)
        return await service.send(write.method, write.path, upload=form)

    async def roles(self) -> FrozenSet[str]:
        """Return the roles of this person in this project, as the token says."""
        keystone = self._identity()
        await keystone.token()
        return frozenset(keystone.roles)

    async def identity(self) -> Answer:
        """Return what the token says of this person."""
        keystone = self._identity()
        await keystone.token()
        said = keystone.said
        return lambda: iter((said,))

    @property
    def clock_off_ms(self) -> int:
        """By how much the services' clock is ahead of ours, 0 below what a ``Date`` can tell."""
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

    async def _pages(self, service: str, path: str, query: Mapping[str, str]) -> List[bytes]:
        """Return the answer, and those after it where sysinv cut the list.

        FM's pages by marker fail on some of its releases, so of FM the first is all there is.
        """
        pages = [await self._service(service).get(path, dict(query))]
        seen = set()
        while service == PAGED and len(pages) < MOST_PAGES:
            after = await asyncio.to_thread(next_query, pages[-1])
            if not after or after.get("marker") in seen:
                break
            seen.add(after.get("marker"))
            pages.append(await self._service(service).get(path, {**query, **after}))
        return pages

    def _identity(self) -> Keystone:
        if self._keystone is None:
            if self._settings.auth is None:
                raise NotConfigured(
                    f"{self._settings.name} has no Keystone in its settings",
                    "add auth: to clouds.yaml, or source openrc",
                )
            self._keystone = Keystone(self._settings, self._pins, self._now_ms)
        return self._keystone

    def _service(self, name: str) -> RestService:
        if name not in self._services:
            self._services[name] = RestService(name, self._identity())
        return self._services[name]
