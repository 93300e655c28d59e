"""Kubernetes behind ``ask``, ``send`` and ``teller``: lists in pages, then what changes."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Tuple,
    Union,
)

from backend.channel import Channel
from backend.errors import Absent, NotFound, Rejected
from backend.kind import Body, Json, Kube, KubeHealth, KubeWrite
from backend.kube import Ended, KubeWhole, PodExec, PodLog
from backend.logs.line import Log
from backend.pods import ForwardEnd, PodAttach, PodCopy, PodWrite
from backend.refresh import Answer
from backend.settings import CloudSettings
from backend.sources.flow import lines
from backend.sources.kube_api import PULSE_S, KubeApi
from backend.sources.kube_discovery import headings, resources, version_of
from backend.sources.kube_last import LastLinesOf
from backend.sources.kube_logs import ContainerLog, open_log
from backend.sources.kube_news import FIRST, Tabled, after, is_older, news_of, page_of, whole_of
from backend.sources.kubeconfig import SERVICE
from backend.sources.projection import projection
from backend.sources.tls import Pins
from backend.told import Telling, Told, telling

if TYPE_CHECKING:
    from backend.sources.kube_forward import ForwardsHere

# Told how many bytes of how many were copied.
Copied = Callable[[int, int], None]
# How long changes are gathered before they are told, in seconds.
GATHER_S = 0.2
# The same of the pages of a list behind its first.
ARRIVE_S = 0.4
# The server ends a watch itself after so long; a bookmark comes every minute: silence is longer.
WATCH_S, SILENCE_S = 600, 150.0
# How long a watch takes at least: one that is ended at once is not asked for over and over.
LEAST_S = 1.0
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
GONE, NO_SUCH, NOT_READY = 410, 404, 500
# Who may list may not always watch, and some servers' own kinds (metrics) nobody can; how often
# such a list is asked for, in seconds.
UNHEARD, POLL_S = (403, 405), 10.0
# A check of /readyz that failed stands as ``[-]etcd failed: reason withheld``.
_CHOSEN = re.compile(r"^/apis/([^/]+)/\*/(namespaces/[^/]+/)?([^/?]+)(.*)$")
_FAILED = re.compile(r"\[-\](\S+)")


class KubeSource:
    """The kinds of one cluster; the API server is not asked before somebody looks."""

    def __init__(
        self, settings: CloudSettings, pins: Pins, now_ms: Callable[[], int], **more: Any
    ) -> None:
        """``more`` is for ``KubeApi``."""
        self.api = KubeApi(settings, pins, now_ms, **more)
        self._now_ms = now_ms
        self._forwards: Optional[ForwardsHere] = None
        self._versions: Dict[Tuple[str, str], str] = {}
        self._logs: List[ContainerLog] = []
        self._last = LastLinesOf(self.api)

    async def ask(self, read: Kube) -> Answer:
        """List all objects, page by page."""
        bodies: List[Body] = []
        teller = KubeTeller(self, read)
        async for told in teller.list():
            bodies = [*([] if told.begins else bodies), *told.bodies]
        return lambda: iter(bodies)

    async def health(self, read: KubeHealth) -> Answer:
        """Ask whether the server is ready; that it is not is an answer too."""
        began_s = asyncio.get_running_loop().time()
        text = await self.api.look(read.path, takes=(NOT_READY,))
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
        key = (read.group, read.plural)
        if key not in self._versions:
            self._versions[key] = await version_of(self.api, read.group, read.plural)
        return f"/apis/{read.group}/{self._versions[key]}/{read.plural}"

    def forget(self, read: Kube) -> None:
        """Ask again in which version a resource is served: it was not found in that."""
        self._versions.pop((read.group, read.plural), None)

    async def namespace(self) -> str:
        """Return the namespace of the context, as kubectl takes it where none is named."""
        return (await self.api.access()).namespace

    async def exec(self, session: Union[PodExec, PodAttach]) -> Channel:
        """Open a session in a container. Raises ``StxError``."""
        from backend.sources.kube_exec import ExecChannel, connect, path_of

        line = await self.api.beside(path_of(session), connect)
        return ExecChannel(line, has_terminal=isinstance(session, PodExec) or session.terminal)

    async def reach(self, write: PodWrite, told: Optional[Copied] = None) -> Json:
        """Do what is done with one pod by other ways than a request. Raises ``StxError``."""
        from backend.sources.kube_copy import copy
        from backend.sources.kube_forward import ForwardsHere

        if isinstance(write, PodCopy):
            return await copy(self.api, write, told)
        self._forwards = self._forwards or ForwardsHere(self.api, self._now_ms)
        if isinstance(write, ForwardEnd):
            return await self._forwards.end(write)
        return await self._forwards.begin(write)

    async def forwards(self) -> Answer:
        """Return the ports of this console that lead to pods."""
        rows = self._forwards.rows() if self._forwards is not None else []
        return lambda: iter(rows)

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
        raw = await self.api.get(await self._chosen(whole.path), packed=True)
        # A large one is unpacked on a thread: keys are answered meanwhile.
        return await asyncio.to_thread(whole_of, raw, is_helm=whole.is_helm)

    async def _chosen(self, path: str) -> str:
        """Return a path with the version that the server prefers where it says ``*``."""
        chosen = _CHOSEN.match(path)
        if chosen is None:
            return path
        group, within, plural, rest = chosen.groups(default="")
        root = await self.root(Kube(group=group, version="", plural=plural))
        return f"{root[: -len(plural)]}{within}{plural}{rest}"

    async def open(self, stream: PodLog) -> Log:
        """Open the log of a container. Raises ``StxError``."""
        self._logs = [log for log in self._logs if not log.task.done()]
        self._logs.append(await open_log(self.api, stream))
        return self._logs[-1]

    async def last(self, ended: Iterable[Ended]) -> Answer:
        """Return the last lines of containers that ended."""
        return await self._last.ask(ended)

    async def close(self) -> None:
        """Close all connections."""
        if self._forwards is not None:
            await self._forwards.close()
        for log in self._logs:
            await log.end()
        await self.api.close()


class KubeTeller:
    """Tells of one kind: its list, then what changes; goes on where it stopped, or lists anew."""

    def __init__(self, source: KubeSource, read: Kube) -> None:
        self._source = source
        self._read = read
        self._project = Tabled() if read.table else projection(read.keep)
        self._accept = TABLE if read.table else "application/json"
        self._version = ""

    async def tell(self) -> Telling:
        """Tell until cancelled; an error ends it, and called again it goes on."""
        now_s = asyncio.get_running_loop().time
        while True:
            if not self._version:
                async with telling(self.list()) as pages:
                    async for told in pages:
                        yield told
            began_s = now_s()
            try:
                async with telling(self._watch()) as news:
                    async for told in news:
                        yield told
            except Rejected as error:
                if error.status not in (GONE, NO_SUCH, *UNHEARD):
                    raise
                # What the server remembers is newer than what we know: list anew, unnoticed. What
                # it serves no more is absent then; what cannot be watched, or not by us, is
                # listed time and again.
                self._version = ""
                if error.status in UNHEARD:
                    await asyncio.sleep(POLL_S)
            await asyncio.sleep(max(LEAST_S - (now_s() - began_s), 0.0))

    async def list(self) -> Telling:
        """Tell all there is, page by page; the next one comes while the last is read."""
        path = await self._source.root(self._read)
        get = self._page
        query: Optional[Dict[str, str]] = {"limit": str(FIRST)}
        coming = asyncio.ensure_future(get(path, query))
        is_first = True
        now_s = asyncio.get_running_loop().time
        told_s = now_s()
        bodies: Tuple[Body, ...] = ()
        try:
            while query is not None:
                try:
                    raw = await coming
                except Rejected as error:
                    if error.status != GONE or not query:
                        raise
                    # Where it was cut is forgotten already: all of it anew then, in one piece.
                    query, is_first, bodies = {}, True, ()
                    coming = asyncio.ensure_future(get(path, query))
                    continue
                page = await asyncio.to_thread(page_of, raw, self._project, self._read.plural)
                query = after(page)
                if query is not None:
                    coming = asyncio.ensure_future(get(path, query))
                bodies += page.bodies
                # The first page is a screen full; of the rest a few a second are told.
                if is_first or query is None or now_s() - told_s >= ARRIVE_S:
                    yield Told(bodies=bodies, begins=is_first, ends=query is None)
                    told_s, bodies, is_first = now_s(), (), False
                self._version = page.version if query is None else ""
        finally:
            coming.cancel()
            await asyncio.wait([coming])

    async def _page(self, path: str, query: Optional[Mapping[str, str]]) -> bytes:
        try:
            return await self._source.api.get(path, query, self._accept, packed=True)
        except NotFound as error:
            # A resource that is served is never not found, though it has no objects.
            self._source.forget(self._read)
            group = f".{self._read.group}" if self._read.group else ""
            words = f"this cluster has no {self._read.plural}{group}"
            raise Absent(words, "not installed, or not of its release: :api-resources") from error

    async def _watch(self) -> Telling:
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
                    news = await asyncio.to_thread(news_of, raw, self._project, self._read.plural)
                    if is_older(news.version, self._version):
                        words = "its versions go back: it was restored from a backup"
                        raise Rejected(SERVICE, GONE, words)
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
            # Where more came while the last were read too: else each line is told by itself.
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
