"""One API server of Kubernetes: asked as the kubeconfig says, its refusals in its own words."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import (
    AsyncIterator,
    Callable,
    Container,
    Dict,
    Mapping,
    Optional,
    Tuple,
    TypeVar,
)
from urllib.parse import urlencode

import httpx

from backend.errors import (
    Forbidden,
    NotConfigured,
    NotFound,
    Rejected,
    SettingsError,
    StxError,
    Unauthorized,
    Unreachable,
)
from backend.kind import Json, KubeWrite
from backend.settings import CloudSettings
from backend.sources import kubeconfig
from backend.sources.flow import flow, unbroken
from backend.sources.kube_credential import Credential, credential
from backend.sources.kubeconfig import SERVICE, Access
from backend.sources.refusals import refusal
from backend.sources.rest import CLOCKS_AGREE_MS, instant_of
from backend.sources.tls import Pins, context
from backend.sources.wire import Answer, Wire

# How long a sign of life of the API server vouches for what was told, in seconds.
PULSE_S = 5.0
# A request that only asks for a sign of life.
PULSE = "/version"
# A server that has too much to do says when to come again: how often, and for how long at most,
# in seconds, that is waited for.
BUSY, COMES_AGAIN, MOST_AGAIN_S = 429, 2, 5.0
FORBIDDEN, UNSERVED = 403, 503
# How long a credential that could not be had is not asked for again, in seconds: a plugin may take
# long to fail, and every kind that is looked at wants one.
FAILED_S = 5.0

T = TypeVar("T")
# Opens a connection that is no request's: of a URL, headers, TLS and whom that is to name.
Connect = Callable[[str, Mapping[str, str], Optional[ssl.SSLContext], str], T]


class KubeApi:
    """``get`` asks, ``send`` changes, ``flow`` asks for what goes on; nothing is known of kinds.

    The kubeconfig is read on a thread when it is first needed, and again after a 401.
    """

    def __init__(
        self,
        settings: CloudSettings,
        pins: Pins,
        now_ms: Callable[[], int],
        *,
        transport: Optional[httpx.AsyncBaseTransport] = None,
    ) -> None:
        """``transport`` stands in for the network."""
        self._settings = settings
        self._pins = pins
        self._now_ms = now_ms
        self._transport = transport
        self._access: Optional[Access] = None
        self._credential: Optional[Credential] = None
        self._failed: Optional[Tuple[float, StxError]] = None
        self._wire: Optional[Wire] = None
        # What the connections of that wire rest on.
        self._trusted: Optional[Tuple[object, ...]] = None
        self._entering = asyncio.Lock()
        self._pulse = asyncio.Lock()
        self._pulse_s = -PULSE_S
        # By how much its clock is ahead of ours, and how long its last sign of life took, in ms.
        self.clock_off_ms = 0
        self.took_ms: Optional[int] = None

    async def get(
        self,
        path: str,
        query: Optional[Mapping[str, str]] = None,
        accept: str = "application/json",
        *,
        packed: bool = False,
    ) -> bytes:
        """Return the body of an answer, unread; ``packed`` lets the server pack what is long.

        Ten thousand pods are 2 MB then instead of 25, in fewer pieces for the event loop.
        """
        headers = {"Accept": accept, **({"Accept-Encoding": "gzip"} if packed else {})}
        return (await self._ask("GET", path + _query(query), headers, None)).body

    async def look(self, path: str, takes: Container[int]) -> str:
        """Return the text of an answer whole, of which these statuses are no refusals."""
        headers = {"Accept": "text/plain"}
        answer = await self._ask("GET", path, headers, None, takes=takes)
        return answer.body.decode("utf-8", "replace")

    async def send(self, write: KubeWrite) -> Json:
        """Send one change and return its answer; never repeated, but for a 401."""
        content = None if write.body is None else json.dumps(write.body).encode()
        headers = {"Content-Type": write.content} if content is not None else {}
        answer = await self._ask(write.method, write.path, headers, content)
        try:
            found: Json = json.loads(answer.body) if answer.body.strip() else None
        except (ValueError, RecursionError):
            return answer.body.decode("utf-8", "replace")
        return found

    async def flow(
        self,
        path: str,
        query: Mapping[str, str],
        *,
        idle_s: float,
        accept: str = "application/json",
    ) -> AsyncIterator[bytes]:
        """Yield the bytes of an answer that goes on, until the server ends it.

        Silence for ``idle_s`` ends it too: who asks again learns whether the server is there. Not
        all that is watched has bookmarks (events have none), and not every container has words.
        """
        for is_last in (False, True):
            wire, access, headers = await self._enter()
            shown = self._credential
            url = access.server + path + _query(query)
            try:
                async for part in flow(wire, url, {**headers, "Accept": accept}, idle_s=idle_s):
                    yield part
            except StxError as error:
                if isinstance(error.__cause__, httpx.ReadTimeout):
                    return
                if is_last or not await self._mended(error, shown):
                    raise await self._explained(error) from error
            else:
                return

    async def beside(self, path: str, connect: Connect[T]) -> T:
        """Open a connection that is no request's; ``connect`` blocks, and raises ``StxError``."""
        is_last = False
        while True:
            wire, access, headers = await self._enter()
            shown = self._credential
            url = access.server + path
            lane = await wire.lane(httpx.URL(url))
            opening = asyncio.to_thread(connect, url, headers, lane.tls, access.server_name)
            try:
                return await unbroken(opening)
            except StxError as error:
                if is_last or not await self._mended(error, shown):
                    raise await self._explained(error) from error
                is_last = True

    async def pulse(self) -> None:
        """Return if the server showed a sign of life in the last seconds, else ask for one."""
        loop = asyncio.get_running_loop()
        async with self._pulse:
            began_s = loop.time()
            if began_s - self._pulse_s < PULSE_S:
                return
            try:
                await self.get(PULSE)
            except Rejected as error:
                # Whoever may not ask that is answered all the same.
                if error.status not in (FORBIDDEN, BUSY):
                    raise
            self._pulse_s = loop.time()
            self.took_ms = round((self._pulse_s - began_s) * 1000)

    async def access(self) -> Access:
        """Return the context in use; raises ``NotConfigured`` and ``SettingsError``."""
        return (await self._enter())[1]

    async def close(self) -> None:
        """Close all connections."""
        if self._wire is not None:
            await self._wire.close()

    # --- private -------------------------------------------------------------------------------

    async def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: Optional[bytes],
        takes: Container[int] = (),
    ) -> Answer:
        answer = await self._cross(method, path, headers, content)
        for _ in range(COMES_AGAIN if method == "GET" else 0):
            again_s = _again_s(answer)
            if again_s is None:
                break
            await asyncio.sleep(again_s)
            answer = await self._cross(method, path, headers, content)
        if 200 <= answer.status < 300 or answer.status in takes:
            return answer
        error = refusal(SERVICE, answer.status, answer.body, answer.headers.get("location", ""))
        raise await self._explained(error)

    async def _cross(
        self, method: str, path: str, headers: Mapping[str, str], content: Optional[bytes]
    ) -> Answer:
        """Ask; once more where what we knew of the server, or were known by, was old."""
        for is_last in (False, True):
            wire, access, own = await self._enter()
            shown = self._credential
            url = access.server + path
            try:
                answer = await unbroken(wire.cross(method, url, {**own, **headers}, content))
            except Unreachable as error:
                if is_last or not await self._mended(error, shown):
                    raise
                continue
            if answer.status != 401 or is_last or not await self._renew(shown):
                break
        said_ms = instant_of(answer.headers.get("date", ""))
        off_ms = 0 if said_ms is None else said_ms - self._now_ms()
        self.clock_off_ms = off_ms if abs(off_ms) >= CLOCKS_AGREE_MS else 0
        return answer

    async def _enter(self) -> tuple[Wire, Access, Dict[str, str]]:
        """Return the way to the server, and the header that says who one is."""
        async with self._entering:
            if self._access is None:
                paths = self._settings.kubeconfig
                if not paths:
                    raise NotConfigured(
                        f"{self._settings.name} has no kubeconfig in its settings",
                        "add kubeconfig: to clouds.yaml",
                    )
                self._access = await asyncio.to_thread(self._load)
            shown = self._credential
            if shown is None or (shown.ends_ms is not None and self._now_ms() >= shown.ends_ms):
                await self._show(self._access)
            assert self._wire is not None
            assert self._credential is not None
            header = self._credential.header
            headers = {"Authorization": header.text} if header else {}
            return self._wire, self._access, {**headers, **self._access.acts_as}

    async def _show(self, access: Access) -> None:
        """Take the credential of this moment; another certificate takes other connections."""
        now_s = asyncio.get_running_loop().time
        if self._failed is not None and now_s() - self._failed[0] < FAILED_S:
            raise self._failed[1]
        try:
            shown = await asyncio.to_thread(credential, access, self._now_ms)
        except StxError as error:
            self._failed = (now_s(), error)
            raise
        self._credential, self._failed = shown, None
        trusted = (access.ca, access.verify, access.server_name, shown.cert, shown.key)
        if trusted == self._trusted:
            return
        self._trusted = trusted
        if self._wire is not None:
            await self._wire.close()

        def tls(pinned: Optional[str]) -> ssl.SSLContext:
            if pinned is None:
                return kubeconfig.verifying(access, shown.cert, shown.key)
            return kubeconfig.with_client(
                context(pinned=pinned), access.where, shown.cert, shown.key
            )

        self._wire = Wire(
            SERVICE,
            self._settings,
            self._pins,
            transport=self._transport,
            tls=tls,
            server_name=access.server_name,
        )

    async def _mended(self, error: StxError, shown: Optional[Credential]) -> bool:
        """Return whether it is worth asking again: we are known by another credential now.

        Or the kubeconfig says something else, where nothing was sent: a root CA that was
        renewed, a server that moved.
        """
        if isinstance(error, Unauthorized):
            return await self._renew(shown)
        if not isinstance(error, Unreachable) or error.sent:
            return False
        async with self._entering:
            try:
                access = await asyncio.to_thread(self._load)
            except SettingsError:
                return False  # what it said before may well be right
            if access == self._access:
                return False
            await self._show(access)
            self._access = access
            return True

    async def _renew(self, shown: Optional[Credential]) -> bool:
        """Read the kubeconfig anew; return whether it says something else than was shown.

        Of many that were refused at once one reads it, and all go by what that one found.
        """
        async with self._entering:
            if self._credential is not shown:
                return True
            before = self._access
            self._access = await asyncio.to_thread(self._load)
            await self._show(self._access)
            return (before, _said(shown)) != (self._access, _said(self._credential))

    def _load(self) -> Access:
        return kubeconfig.load(self._settings.kubeconfig, self._settings.kube_context)

    async def _explained(self, error: StxError) -> StxError:
        """Give an error of the API server its advice."""
        access, shown = self._access, self._credential
        if access is None:
            return error
        user = access.user or "nobody"
        where = ":".join(str(part) for part in (access.where.file, access.where.line) if part)
        if isinstance(error, Unauthorized) and shown is not None:
            since = await asyncio.to_thread(kubeconfig.expired, shown.cert, self._now_ms())
            if since:
                words = f"the client certificate of {user} expired {since}"
                return Unauthorized(SERVICE, words, f"renew it; it stands in {where}")
            error.advice = f"it does not know {user} ({where}) any more, or never did"
        elif isinstance(error, Forbidden):
            error.advice = f"{user} may not; ask for the role, or use another context"
        elif (
            isinstance(error, NotFound) and "could not find the requested resource" in error.reason
        ):
            return NotConfigured("this cluster does not know the resource", "is it installed?")
        elif isinstance(error, Rejected) and error.status == UNSERVED:
            error.advice = "who answers that part of the API may be away: see :api-services"
        return error


def _said(shown: Optional[Credential]) -> Tuple[object, ...]:
    """Return what was shown, however long it holds."""
    return () if shown is None else (shown.header, shown.cert, shown.key)


def _again_s(answer: Answer) -> Optional[float]:
    """Return after how long the server wants to be asked again, None where it does not say."""
    said = answer.headers.get("retry-after", "")
    is_said = answer.status == BUSY and said.isascii() and said.isdigit()
    return float(said) if is_said and float(said) <= MOST_AGAIN_S else None


def _query(query: Optional[Mapping[str, str]]) -> str:
    return "?" + urlencode(query) if query else ""
