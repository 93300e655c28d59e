"""Kubernetes behind ``ask``, ``send`` and ``teller``: lists in pages, then what changes."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any, AsyncIterator, Callable, Dict, List, Mapping, Optional, Tuple

from pydantic_core import from_json

from backend.channel import Channel
from backend.errors import Malformed, NotConfigured, NotFound, Rejected
from backend.helm import release_of
from backend.kind import Body, Json, Kube, KubeHealth, KubeWrite
from backend.kube import KubeWhole, PodExec, PodLog
from backend.logs.line import Log
from backend.refresh import Answer
from backend.settings import CloudSettings
from backend.sources.flow import lines
from backend.sources.kube_api import PULSE_S, KubeApi
from backend.sources.kube_discovery import headings, resources
from backend.sources.kube_logs import ContainerLog, open_log
from backend.sources.kubeconfig import SERVICE
from backend.sources.projection import Project, projection
from backend.sources.tls import Pins
from backend.told import Told

# Rows of the first page, a screen full, and of those after it.
FIRST, PAGE = 100, 1000
# How long changes are gathered before they are told, in seconds.
GATHER_S = 0.2
# The server ends a watch itself after so long; a bookmark comes every minute: silence is longer.
WATCH_S, SILENCE_S = 600, 150.0
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
GONE, NOT_READY = 410, 500
# A check of /readyz that failed stands as ``[-]etcd failed: reason withheld``.
_CHOSEN = re.compile(r"^/apis/([^/]+)/\*/(.*)$")
_FAILED = re.compile(r"\[-\](\S+)")


class KubeSource:
    """The kinds of one cluster; the API server is not asked before somebody looks."""

    def __init__(
        self, settings: CloudSettings, pins: Pins, now_ms: Callable[[], int], **more: Any
    ) -> None:
        """``more`` is for ``KubeApi``."""
        self.api = KubeApi(settings, pins, now_ms, **more)
        self._versions: Dict[str, str] = {}
        self._logs: List[ContainerLog] = []

    async def ask(self, read: Kube) -> Answer:
        """List all objects, page by page."""
        bodies: List[Body] = []
        teller = KubeTeller(self, read)
        async for told in teller.list():
            bodies += told.bodies
        return lambda: iter(bodies)

    async def health(self, read: KubeHealth) -> Answer:
        """Ask whether the server is ready; that it is not is an answer too."""
        began_s = asyncio.get_running_loop().time()
        try:
            text = (await self.api.get(read.path, accept="text/plain")).decode("utf-8", "replace")
        except Rejected as error:
            if error.status != NOT_READY:
                raise
            text = error.reason
        took_ms = round((asyncio.get_running_loop().time() - began_s) * 1000)
        access = await self.api.access()
        said: Body = {
            "context": access.context,
            "server": access.server,
            "took_ms": took_ms,
            "failed": _FAILED.findall(text),
        }
        return lambda: iter([said])

    def teller(self, read: Kube) -> KubeTeller:
        """Return who tells of that kind."""
        return KubeTeller(self, read)

    async def send(self, write: KubeWrite) -> Json:
        """Send one change; ``/apis/GROUP/*/…`` is the version that the server prefers."""
        return await self.api.send(replace(write, path=await self._chosen(write.path)))

    async def root(self, read: Kube) -> str:
        """Return the path of a resource; where no version is declared, the server's own choice."""
        if read.version:
            return read.path()
        if read.group not in self._versions:
            try:
                said = from_json(await self.api.get(f"/apis/{read.group}"))
            except NotFound as error:
                words = f"this cluster has no {read.group}"
                raise NotConfigured(words, "is it installed?") from error
            self._versions[read.group] = str(said["preferredVersion"]["version"])
        return f"/apis/{read.group}/{self._versions[read.group]}/{read.plural}"

    async def namespace(self) -> str:
        """Return the namespace of the context, as kubectl takes it where none is named."""
        return (await self.api.access()).namespace

    async def exec(self, session: PodExec) -> Channel:
        """Open a session in a container. Raises ``StxError``."""
        from backend.sources.kube_exec import ExecChannel, connect, path_of

        url, headers, tls, name = await self.api.beside(path_of(session))
        return ExecChannel(await asyncio.to_thread(connect, url, headers, tls, name))

    async def resources(self) -> Answer:
        """List the resources that the server knows."""
        found = await resources(self.api)
        return lambda: iter(found)

    async def headings(self, read: Kube) -> List[Body]:
        """Return the columns that the server prints of a resource."""
        path = await self.root(read)
        return headings(await self.api.get(path, {"limit": "1"}, TABLE))

    async def whole(self, whole: KubeWhole) -> Body:
        """Return one object, all of it."""
        raw = await self.api.get(await self._chosen(whole.path))
        # A large one is unpacked on a thread: keys are answered meanwhile.
        return await asyncio.to_thread(_whole, raw, is_helm=whole.is_helm)

    async def _chosen(self, path: str) -> str:
        """Return a path with the version that the server prefers where it says ``*``."""
        chosen = _CHOSEN.match(path)
        if chosen is None:
            return path
        return await self.root(Kube(group=chosen[1], version="", plural="")) + chosen[2]

    async def open(self, stream: PodLog) -> Log:
        """Open the log of a container. Raises ``StxError``."""
        self._logs = [log for log in self._logs if not log.task.done()]
        self._logs.append(await open_log(self.api, stream))
        return self._logs[-1]

    async def close(self) -> None:
        """Close all connections."""
        for log in self._logs:
            await log.end()
        await self.api.close()


class KubeTeller:
    """Tells of one kind: its list, then what changes; goes on where it stopped, or lists anew."""

    def __init__(self, source: KubeSource, read: Kube) -> None:
        self._source = source
        self._read = read
        self._project = _Tabled() if read.table else projection(read.keep)
        self._accept = TABLE if read.table else "application/json"
        self._version = ""

    async def tell(self) -> AsyncIterator[Told]:
        """Tell until cancelled; an error ends it, and called again it goes on."""
        while True:
            if not self._version:
                async for told in self.list():
                    yield told
            try:
                async for told in self._watch():
                    yield told
            except Rejected as error:
                if error.status != GONE:
                    raise
                # What the server remembers is newer than what we know: list anew, unnoticed.
                self._version = ""

    async def list(self) -> AsyncIterator[Told]:
        """Tell all there is, page by page; the next one comes while the last is read."""
        path = await self._source.root(self._read)
        get = self._source.api.get
        query: Optional[Dict[str, str]] = {"limit": str(FIRST)}
        coming = asyncio.ensure_future(get(path, query, self._accept))
        is_first = True
        try:
            while query is not None:
                page = await asyncio.to_thread(
                    _page, await coming, self._project, self._read.plural
                )
                query = _after(page)
                if query is not None:
                    coming = asyncio.ensure_future(get(path, query, self._accept))
                yield Told(bodies=page.bodies, begins=is_first, ends=query is None)
                is_first = False
                self._version = page.version if query is None else ""
        finally:
            coming.cancel()
            await asyncio.wait([coming])

    async def _watch(self) -> AsyncIterator[Told]:
        """Tell what changes, gathered; and every few seconds that all still holds."""
        path = await self._source.root(self._read)
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(WATCH_S),
        }
        coming = _Gathering(
            self._source.api.flow(path, query, idle_s=SILENCE_S, accept=self._accept)
        )
        try:
            while True:
                raw = await coming.next(PULSE_S)
                if raw:
                    news = await asyncio.to_thread(_news, raw, self._project, self._read.plural)
                    self._version = news.version or self._version
                    if news.bodies or news.gone or news.error is None:
                        yield Told(bodies=tuple(news.bodies.values()), gone=tuple(news.gone))
                    if news.error is not None:
                        raise news.error
                elif coming.ended:
                    return
                else:
                    await self._source.api.pulse()
                    yield Told()
        finally:
            await coming.close()


class _Gathering:
    """Lines of a watch as they come, handed over together."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._lines: List[bytes] = []
        self._came = asyncio.Event()
        self._pump = asyncio.ensure_future(self._run(parts))

    @property
    def ended(self) -> bool:
        """Whether the server ended it; raises what else did."""
        if self._pump.done():
            self._pump.result()
            return not self._lines
        return False

    async def next(self, wait_s: float) -> List[bytes]:
        """Return what came, gathered a while; nothing after ``wait_s`` of silence or at the end."""
        if not self._lines and not self._pump.done():
            # Not wait_for: on Python 3.9 it loses a cancellation that meets the end of the wait.
            timer = asyncio.get_running_loop().call_later(wait_s, self._came.set)
            try:
                await self._came.wait()
            finally:
                timer.cancel()
            if self._lines and not self._pump.done():
                await asyncio.sleep(GATHER_S)
        self._came.clear()
        found, self._lines = self._lines, []
        return found

    async def close(self) -> None:
        """Hear nothing more."""
        self._pump.cancel()
        await asyncio.wait([self._pump])

    async def _run(self, parts: AsyncIterator[bytes]) -> None:
        try:
            async for line in lines(parts):
                self._lines.append(line)
                self._came.set()
        finally:
            self._came.set()
            await parts.aclose()  # type: ignore[attr-defined]  # an async generator


# --- reading what came -------------------------------------------------------------------------


def _whole(raw: bytes, *, is_helm: bool) -> Body:
    found: Body = _parsed(raw, "object")
    return release_of(found) if is_helm else found


class _Page:
    """One page of a list: what is kept, where it was cut, and how old the list is."""

    def __init__(self, bodies: Tuple[Body, ...], version: str, after: str) -> None:
        self.bodies, self.version, self.after = bodies, version, after


class _News:
    """What a few lines of a watch say together: the last of each object."""

    def __init__(self) -> None:
        self.bodies: Dict[str, Body] = {}
        self.gone: Dict[str, None] = {}
        self.version = ""
        self.error: Optional[Rejected] = None


def _after(page: _Page) -> Optional[Dict[str, str]]:
    return {"limit": str(PAGE), "continue": page.after} if page.after else None


def _parsed(raw: bytes, kind: str) -> Any:
    try:
        found = from_json(raw)
    except ValueError as error:
        raise Malformed(kind, "$", f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Malformed(kind, "$", "no JSON object")
    return found


def _page(raw: bytes, project: Project, kind: str) -> _Page:
    whole = _parsed(raw, kind)
    metadata = whole.get("metadata") or {}
    items = _items(whole)
    if items is None:
        raise Malformed(kind, "$", f"no list but a {str(whole.get('kind'))[:40]}")
    bodies = tuple(project(item) for item in items)
    return _Page(
        bodies, str(metadata.get("resourceVersion", "")), str(metadata.get("continue", ""))
    )


def _items(whole: Mapping[str, Any]) -> Optional[List[Any]]:
    """Return the objects of a list, or the rows of a table under its headings."""
    if whole.get("kind") != "Table":
        items = whole.get("items")
        return items if isinstance(items, list) else None
    names = [str(one.get("name")) for one in whole.get("columnDefinitions") or ()]
    return [{"names": names, **row} for row in whole.get("rows") or ()]


class _Tabled:
    """Keeps of a row of a table its object's name and age, and its cells under their headings.

    A watch says the headings once, with its first row.
    """

    def __init__(self) -> None:
        self._names: List[str] = []
        self._named = projection({})

    def __call__(self, row: Mapping[str, Any]) -> Dict[str, Any]:
        self._names = row["names"] or self._names
        kept = self._named(row.get("object") or {})
        for name, cell in zip(self._names, row.get("cells") or ()):
            kept.setdefault(name.casefold(), cell)
        return kept


def _news(raw: List[bytes], project: Project, kind: str) -> _News:
    """Read lines of a watch; one that tells of an error is the last."""
    news = _News()
    for line in raw:
        if not line.strip():
            continue
        event = _parsed(line, kind)
        what, whole = event.get("type"), event.get("object") or {}
        if what == "ERROR":
            code = whole.get("code")
            reason = str(whole.get("message") or whole.get("reason") or "no word why")
            news.error = Rejected(SERVICE, code if isinstance(code, int) else 500, reason)
            break
        version = _version_of(whole)
        news.version = version or news.version
        if what == "BOOKMARK":
            continue
        for item in _items(whole) or () if whole.get("kind") == "Table" else (whole,):
            body = project(item)
            uid = str(body["uid"])
            if what == "DELETED":
                news.bodies.pop(uid, None)
                news.gone[uid] = None
            else:
                news.gone.pop(uid, None)
                news.bodies[uid] = body
    return news


def _version_of(whole: Mapping[str, Any]) -> str:
    """Return the version of an object, or of the (last) one in a table."""
    metadata = whole.get("metadata") or {}
    if whole.get("kind") == "Table" and not metadata.get("resourceVersion"):
        rows = whole.get("rows") or [{}]
        metadata = (rows[-1].get("object") or {}).get("metadata") or {}
    return str(metadata.get("resourceVersion", ""))
