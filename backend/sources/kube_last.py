"""The last lines of containers that ended: asked for once a run, for what is over stays so."""

from __future__ import annotations

import asyncio
from typing import Dict, Iterable, List, Tuple
from urllib.parse import urlencode

from backend.errors import Rejected
from backend.kind import Body
from backend.kube import Ended
from backend.refresh import Answer
from backend.sources.kube_api import KubeApi
from backend.sources.together import together

# Of one container, in bytes; asked at once.
MOST_BYTES, ABREAST = 16_384, 4
# There is no run before this one: 400. What passes: it has too much to do, or is broken.
NONE, LATER, BROKEN = 400, (408, 429), 500


class LastLinesOf:
    """Remembers what was said of each run."""

    def __init__(self, api: KubeApi) -> None:
        """``api`` is the way to the server."""
        self._api = api
        self._said: Dict[Tuple[str, str, int], Body] = {}

    async def ask(self, ended: Iterable[Ended]) -> Answer:
        """Return the last lines of each; what cannot be had of one is said of it alone."""
        wanted = list(ended)
        room = asyncio.Semaphore(ABREAST)

        async def told(one: Ended) -> Body:
            if one.key in self._said:
                return self._said[one.key]
            async with room:
                try:
                    body = await self._lines(one)
                except Rejected as error:
                    body = {**_of(one), "lines": [], "trouble": error.reason}
                    if error.status in LATER or error.status >= BROKEN:
                        return body  # said of this moment, and not of that run
            self._said[one.key] = body
            return body

        bodies = await together(told(one) for one in wanted)
        keys = {one.key for one in wanted}
        self._said = {key: body for key, body in self._said.items() if key in keys}
        return lambda: iter(bodies)

    async def _lines(self, one: Ended) -> Body:
        raw = await self._read(one, previous=True)
        lines: List[str] = raw.decode("utf-8", "replace").splitlines()
        return {**_of(one), "lines": lines[-one.log.tail :]}

    async def _read(self, one: Ended, *, previous: bool) -> bytes:
        """Return what it wrote: in its run before this, or in the one that is over."""
        query = {"container": one.log.container, "tailLines": str(one.log.tail)}
        query["limitBytes"] = str(MOST_BYTES)
        if previous:
            query["previous"] = "true"
        try:
            return await self._api.get(f"{one.log.path}?{urlencode(query)}", accept="*/*")
        except Rejected as error:
            if error.status != NONE or not previous:
                raise
            return await self._read(one, previous=False)


def _of(one: Ended) -> Body:
    return {
        "id": f"{one.pod}/{one.log.container}",
        "pod": one.pod,
        "namespace": one.log.namespace,
        "name": one.log.pod,
        "container": one.log.container,
    }
