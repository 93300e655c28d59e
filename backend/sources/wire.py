"""The connections to one service: certificates held, deadlines kept, failures told in words."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping, Optional, Union

import anyio
import httpx

from backend.errors import Malformed, NotConfigured, StxError, Unreachable, Untrusted
from backend.settings import CloudSettings
from backend.sources.tls import OtherCertificate, Pins, context
from backend.sources.trouble import CUTS, TROUBLES, openssl, unconnected, unverified
from backend.sources.upload import FileForm

CONNECT_S = 5.0
"""Until a connection stands: name, TCP, TLS."""
WHOLE_S = 30.0
"""Until the last byte of an answer, however slowly a service drips."""
MOST_CONNECTIONS = 4
"""To one service at a time, so that a slow one is not made slower."""
CLOSE_S = 1.0
"""Until one who is called away waits no longer for connections to close."""
KEEP_S = 60.0
"""How long an idle connection is kept: longer than any poll's period."""
MOST_BYTES = 256 << 20
"""Of one answer; 10,000 hosts are 19 MB."""

Content = Union[None, bytes, FileForm]
"""What goes with a request: nothing, JSON, or a form with a file."""

_LIMITS = httpx.Limits(
    max_connections=MOST_CONNECTIONS,
    max_keepalive_connections=MOST_CONNECTIONS,
    keepalive_expiry=KEEP_S,
)

# They would write URLs, and below that headers, to whatever log somebody has configured.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers, and the whole body, not shown by repr."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)


@dataclass
class _Lane:
    """Kept connections to one endpoint under one pin; closed when retired and left by all."""

    pinned: Optional[str]
    tls: Optional[ssl.SSLContext]
    transport: httpx.AsyncBaseTransport
    users: int = 0
    is_retired: bool = False

    async def __aenter__(self) -> _Lane:
        self.users += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.users -= 1
        await self.close_if_left()

    async def retire(self) -> None:
        """Let nobody in any more."""
        self.is_retired = True
        await self.close_if_left()

    async def close_if_left(self) -> None:
        if self.is_retired and not self.users:
            await _closed(self.transport)


class Wire:
    """Crosses to one service and back; raises ``Unreachable`` and ``Untrusted``, nothing of httpx.

    Neither proxies nor redirects are followed, no cookie is kept: a token goes where the
    catalogue says and nowhere else. Each new connection looks the name up anew.
    """

    def __init__(
        self,
        service: str,
        settings: CloudSettings,
        pins: Pins,
        *,
        connect_s: float = CONNECT_S,
        whole_s: float = WHOLE_S,
        transport: Optional[httpx.AsyncBaseTransport] = None,
        tls: Optional[Callable[[Optional[str]], ssl.SSLContext]] = None,
        server_name: str = "",
    ) -> None:
        """``transport`` stands in for the network, for all endpoints.

        ``tls(pinned)`` makes the context where the settings of the cloud do not say it, and
        ``server_name`` is whom the certificate is to name where that is not the host of the URL.
        """
        self.service = service
        self.whole_s = whole_s
        self._connect_s = connect_s
        self._settings = settings
        self._pins = pins
        self._stand_in = transport
        self._tls = tls or self._context
        self.server_name = server_name
        self._lanes: Dict[str, _Lane] = {}
        self._preparing = anyio.Lock()

    async def cross(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: Content = None,
        *,
        within_s: Optional[float] = None,
    ) -> Answer:
        """Send one request and return its whole answer, within ``within_s`` (``whole_s`` where
        that is not said) and its file's seconds.

        A GET whose kept connection turns out to be cut is asked once more on a new one: the
        floating address may have moved to the other controller. All else gets a new connection
        from the start, and is never repeated: where it was lost on the way, ``Unreachable.sent``
        says that it may have arrived.
        """
        request = self.request(method, url, headers, content)
        loop = asyncio.get_running_loop()
        within_s = self.whole_s if within_s is None else within_s
        if isinstance(content, FileForm):
            within_s += content.takes_s
        trip = Trip(self, request, loop.time() + within_s, within_s)
        if method != "GET":
            return await trip.alone()
        try:
            return await trip.pooled()
        except _Cut:
            return await trip.pooled()

    async def close(self) -> None:
        """Close all connections."""
        lanes = list(self._lanes.values())
        self._lanes.clear()
        for lane in lanes:
            await lane.retire()

    def request(
        self, method: str, url: str, headers: Mapping[str, str], content: Content
    ) -> httpx.Request:
        own = {
            "User-Agent": "stx-tui",
            "Accept": "application/json",
            # Unpacking costs more than it saves on a link of today, and hides how much comes.
            "Accept-Encoding": "identity",
        }
        if isinstance(content, FileForm):
            own["Content-Type"] = content.content_type
            own["Content-Length"] = str(content.length)
        elif content is not None:
            own["Content-Type"] = "application/json"
        try:
            request = httpx.Request(method, url, headers={**own, **headers}, content=content)
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise NotConfigured(f"{self.service}: {url!r} is no URL: {error}") from error
        if request.url.scheme not in {"http", "https"} or not request.url.host:
            raise NotConfigured(f"{self.service}: {url!r} is no http:// or https:// URL")
        return request

    async def lane(self, url: httpx.URL) -> _Lane:
        """Return the lane to the endpoint of ``url`` under the pin of this moment."""
        endpoint = endpoint_of(url)
        pinned = self._pins.get(endpoint) if url.scheme == "https" else None
        async with self._preparing:
            lane = self._lanes.get(endpoint)
            if lane is not None and lane.pinned == pinned and not lane.is_retired:
                return lane
            if lane is not None:
                await lane.retire()
            tls = None
            if url.scheme == "https":
                # Reading this machine's authorities takes tens of milliseconds.
                tls = await asyncio.to_thread(self._tls, pinned)
            lane = _Lane(pinned=pinned, tls=tls, transport=self.transport(tls))
            self._lanes[endpoint] = lane
            return lane

    def _context(self, pinned: Optional[str]) -> ssl.SSLContext:
        settings = self._settings
        return context(pinned=pinned, cacert=settings.cacert, verify=settings.verify)

    def transport(self, tls: Optional[ssl.SSLContext]) -> httpx.AsyncBaseTransport:
        if self._stand_in is not None:
            return self._stand_in
        # Without a context the endpoint is http://, where there is nothing to verify: https://
        # always has one (``_lane``). Loading authorities for nothing takes tens of milliseconds.
        return httpx.AsyncHTTPTransport(
            verify=False if tls is None else tls, limits=_LIMITS, trust_env=False
        )


class _Cut(Exception):
    """A kept connection was cut before an answer began."""


class Trip:
    """One request on its way, and how far it got."""

    def __init__(
        self, wire: Wire, request: httpx.Request, until: float, within_s: float = WHOLE_S
    ) -> None:
        self._wire = wire
        self.request = request
        self._until = until
        self._within_s = within_s
        self._endpoint = endpoint_of(request.url)
        self._connected = False
        self._sent = False
        self._answered = False

    async def pooled(self) -> Answer:
        """Go over a kept connection, or one to be kept; ``_Cut`` where an old one was cut."""
        self._connected = self._sent = self._answered = False
        async with await self._wire.lane(self.request.url) as lane:
            try:
                return await self._go(lane, lane.transport)
            except Unreachable as error:
                if self._connected:
                    raise
                # What was kept leads nowhere any more; the other kept ones do neither.
                await lane.retire()
                if isinstance(error.__cause__, CUTS):
                    raise _Cut from error
                raise

    async def alone(self) -> Answer:
        """Go over a new connection of one's own."""
        self._connected = self._sent = self._answered = False
        lane = await self._wire.lane(self.request.url)
        transport = self._wire.transport(lane.tls)
        try:
            return await self._go(lane, transport)
        finally:
            await _closed(transport)

    async def _go(self, lane: _Lane, transport: httpx.AsyncBaseTransport) -> Answer:
        try:
            return await self._over(transport)
        except TROUBLES as error:
            why = unverified(error)
            if why is not None:
                return await self._unvouched(why)
            raise self.told(error, lane) from error

    def told(self, error: Exception, lane: _Lane) -> StxError:
        """Return what a failure on the way means, in words."""
        service = self._wire.service
        if isinstance(error, OtherCertificate):
            return Untrusted(service, self._endpoint, error.fingerprint, lane.pinned)
        if isinstance(error, (TimeoutError, httpx.TimeoutException)):
            return self._late(error)
        if isinstance(error, (httpx.ConnectError, ssl.SSLError)):
            return unconnected(service, self._endpoint, error)
        sent = self._sent or isinstance(error, CUTS)
        words = "the connection was cut before the answer was complete"
        if isinstance(error, httpx.LocalProtocolError):
            words, sent = f"the request cannot be sent: {error}", False
        return Unreachable(service, words, sent=sent)

    async def _over(self, transport: httpx.AsyncBaseTransport) -> Answer:
        left = self._until - asyncio.get_running_loop().time()
        with anyio.fail_after(max(left, 0)):
            response = await self.begin(transport)
            try:
                body = await _body(self._wire.service, response)
            finally:
                await response.aclose()
        return Answer(status=response.status_code, headers=response.headers, body=body)

    async def begin(
        self, transport: httpx.AsyncBaseTransport, read_s: Optional[float] = None
    ) -> httpx.Response:
        """Send it, and return the answer whose body is still to come."""
        left = self._until - asyncio.get_running_loop().time()
        connect_s = min(self._wire._connect_s, max(left, 0))
        self.request.extensions = {
            "timeout": {"connect": connect_s, "read": read_s, "write": None, "pool": None},
            "trace": self._trace,
        }
        if self._wire.server_name:
            self.request.extensions["sni_hostname"] = self._wire.server_name
        response = await transport.handle_async_request(self.request)
        self._answered = True
        return response

    async def _trace(self, event: str, _details: Any) -> None:
        if event == "connection.connect_tcp.started":
            self._connected = True
        elif event == "http11.send_request_headers.started":
            self._sent = True

    async def _unvouched(self, why: ssl.SSLError) -> Answer:
        """Learn which certificate it is; cross all the same where this host is known by it."""
        probe = self._wire.transport(context(pinned=""))
        try:
            return await self._over(probe)
        except OtherCertificate as other:
            shown = other.fingerprint
        except (TimeoutError, httpx.TransportError, OSError) as error:
            raise Unreachable(self._wire.service, f"no TLS: {why.reason}") from error
        finally:
            await _closed(probe)
        pins = self._wire._pins
        if not pins.vouches(self._endpoint, shown):
            untrusted = Untrusted(self._wire.service, self._endpoint, shown)
            untrusted.advice = f"{openssl(why)}; {untrusted.advice}"
            raise untrusted from why
        pins.pin(self._endpoint, shown)
        return await self.alone()

    def _late(self, error: Exception) -> Unreachable:
        if isinstance(error, httpx.ConnectTimeout) or not (self._sent or self._answered):
            words = f"{self._endpoint} does not answer (waited {self._wire._connect_s:g} s)"
            return Unreachable(self._wire.service, words, "is the address right, is it up?")
        words = f"took the request, and had not answered after {self._within_s:g} s"
        return Unreachable(self._wire.service, words, sent=True)


async def _closed(transport: httpx.AsyncBaseTransport) -> None:
    """Close all its connections, though whoever waits for that is cancelled meanwhile.

    A pool forgets its connections before it closes them: one that was interrupted left them open.
    """
    closing = asyncio.ensure_future(transport.aclose())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        until = asyncio.get_running_loop().time() + CLOSE_S
        while not closing.done() and asyncio.get_running_loop().time() < until:
            with suppress(asyncio.CancelledError):  # it is raised again below
                await asyncio.wait({closing}, timeout=CLOSE_S)
        raise


def endpoint_of(url: httpx.URL) -> str:
    """Return ``host:port`` of a URL, an IPv6 literal in brackets."""
    host = url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _body(service: str, response: httpx.Response) -> bytes:
    parts = []
    size = 0
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("a transport of async bytes is wanted")
    async for part in response.stream:
        size += len(part)
        if size > MOST_BYTES:
            raise Malformed(service, "$", f"more than {MOST_BYTES >> 20} MiB in one answer")
        parts.append(part)
    return b"".join(parts)
