"""An answer that goes on and on: a watch, a log; its bytes as they come."""

from __future__ import annotations

import asyncio
import math
from typing import Any, AsyncIterator, Coroutine, Mapping, Optional, TypeVar

import httpx

from backend.errors import Unreachable
from backend.sources.refusals import refusal
from backend.sources.trouble import TROUBLES
from backend.sources.wire import Trip, Wire

# Of a refusal, in bytes.
MOST_OF_A_REFUSAL = 64 * 1024
# How long what is under way may take where nobody waits for it any more, in seconds.
GRACE_S = 1.5

T = TypeVar("T")


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` does; who is cancelled meanwhile gives it a moment to end.

    A connection that is cut off while it is made leaks its socket.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=GRACE_S)
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=0.1)
        if not task.cancelled():
            task.exception()  # nobody is there to hear of it
        raise


async def flow(
    wire: Wire, url: str, headers: Mapping[str, str], *, idle_s: float = math.inf
) -> AsyncIterator[bytes]:
    """Ask over a connection of one's own, and yield what comes until the service ends it.

    Raises the errors of ``backend.errors``; silence longer than ``idle_s`` is ``Unreachable``.
    """
    trip = Trip(wire, wire.request("GET", url, headers, None), math.inf)
    lane = await wire.lane(trip.request.url)
    transport = wire.transport(lane.tls)
    try:
        read_s = None if math.isinf(idle_s) else idle_s
        response = await unbroken(trip.begin(transport, read_s=read_s))
        try:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            if not 200 <= response.status_code < 300:
                body = await _refused(response.stream)
                raise refusal(wire.service, response.status_code, body)
            async for part in response.stream:
                yield part
        finally:
            await response.aclose()
    except httpx.ReadTimeout as error:
        words = f"said nothing for {idle_s:g} s"
        raise Unreachable(wire.service, words, sent=True) from error
    except TROUBLES as error:
        raise trip.told(error, lane) from error
    finally:
        await transport.aclose()


async def _refused(parts: httpx.AsyncByteStream) -> bytes:
    """Return what a service says to its refusal, as far as anybody reads it."""
    body = b""
    async for part in parts:
        body += part
        if len(body) >= MOST_OF_A_REFUSAL:
            break
    return body[:MOST_OF_A_REFUSAL]


async def lines(parts: AsyncIterator[bytes], *, most: Optional[int] = None) -> AsyncIterator[bytes]:
    """Cut what comes into lines, without their ends; the last may have none.

    What has no end for ``most`` bytes is cut there.
    """
    rest = b""
    async for part in parts:
        whole, newline, tail = part.rpartition(b"\n")
        if not newline:
            rest += part
            if most is not None and len(rest) >= most:
                yield rest
                rest = b""
            continue
        for line in (rest + whole).split(b"\n"):
            yield line
        rest = tail
    if rest:
        yield rest
