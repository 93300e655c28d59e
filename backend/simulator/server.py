"""The HTTP/1.1 server in front of the pretend cloud: h11 over asyncio, one port, three prefixes."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
from typing import Callable, Optional, Union
from urllib.parse import parse_qsl, unquote

import h11

from backend.simulator.exchange import Answer, Request

Reply = Callable[[Request], Answer]
Wire = Union[h11.Request, h11.EndOfMessage, h11.Data, h11.ConnectionClosed]

HOST = "127.0.0.1"
PORTS = range(20000, 32000)
READ_BYTES = 64 * 1024
# How often an answer that goes on is asked what came, in seconds.
STREAM_S = 0.25
BODY_BYTES_MOST = 8 * 1024 * 1024
_TURNS = 5
"""Turns of the loop from the system's word of a connection to the task that serves it, and some."""


def free_socket(port: int) -> socket.socket:
    """A listening socket on that port of the loopback, or for 0 on a free one below 32768."""
    if port:
        return _bound(port)
    for candidate in random.SystemRandom().sample(PORTS, 200):
        with contextlib.suppress(OSError):
            return _bound(candidate)
    raise OSError("no free port between 20000 and 32000")


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
    except OSError:
        sock.close()
        raise
    return sock


async def accept_no_more(server: asyncio.AbstractServer) -> None:
    """Let what a server is accepting come to its task, and accept nothing more.

    asyncio drops a connection whose server is closed meanwhile, and leaves its socket open.
    """
    loop = asyncio.get_running_loop()
    for sock in getattr(server, "sockets", ()):
        loop.remove_reader(sock.fileno())
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class Server:
    """Reads requests, asks `reply`, writes answers. It can stop listening and come back."""

    def __init__(self, reply: Reply, *, tls: Optional[ssl.SSLContext] = None) -> None:
        self.port = 0
        self._reply = reply
        self._tls = tls
        self._server: Optional[asyncio.AbstractServer] = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def listening(self) -> bool:
        return self._server is not None

    @property
    def scheme(self) -> str:
        return "https" if self._tls else "http"

    async def listen(self, port: int) -> None:
        """Start to accept; `port` 0 takes a free one."""
        sock = free_socket(port)
        self.port = sock.getsockname()[1]
        self._server = await asyncio.start_server(
            self._accept, sock=sock, ssl=self._tls, backlog=128
        )

    async def close(self) -> None:
        """Refuse new connections and drop those there are."""
        server, self._server = self._server, None
        if server is None:
            return
        await accept_no_more(server)
        server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection outside a task")
        self._open.add(task)
        try:
            # The far end went, or we were told to stop: nothing is owed any more.
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await _Talk(reader, writer, self._reply, self.scheme).run()
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()


class _Talk:
    """One connection, from its first request to its end."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        reply: Reply,
        scheme: str,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._reply, self._scheme = reply, scheme
        self._state = h11.Connection(h11.SERVER, max_incomplete_event_size=READ_BYTES)

    async def run(self) -> None:
        try:
            while await self._exchange():
                self._state.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint)

    async def _exchange(self) -> bool:
        head = await self._next()
        if not isinstance(head, h11.Request):
            return False
        body = await self._body()
        request = _request(head, body, self._scheme)
        answer = self._reply(request)
        if answer.silent:
            await self._reader.read()  # Holds the line till the far end hangs up.
            return False
        if answer.goes_on is not None:
            await self._stream(answer, answer.goes_on)
            return False
        await self._send(answer, head_only=request.method == "HEAD")
        return self._state.our_state is h11.DONE and self._state.their_state is h11.DONE

    async def _next(self) -> Wire:
        while True:
            event = self._state.next_event()
            if event is h11.NEED_DATA:
                if self._state.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    await self._write(self._state.send(go_on))
                self._state.receive_data(await self._reader.read(READ_BYTES))
                continue
            if isinstance(event, (h11.Request, h11.Data, h11.EndOfMessage, h11.ConnectionClosed)):
                return event
            return h11.ConnectionClosed()

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        while isinstance(event := await self._next(), h11.Data):
            parts.append(bytes(event.data))
            if sum(map(len, parts)) > BODY_BYTES_MOST:
                raise h11.RemoteProtocolError("body too large", error_status_hint=413)
        return b"".join(parts)

    async def _send(self, answer: Answer, *, head_only: bool) -> None:
        headers = [(name, value) for name, value in answer.headers]
        if answer.status != 204:
            headers.append(("Content-Length", str(len(answer.body))))
        parts = [self._state.send(h11.Response(status_code=answer.status, headers=headers))]
        if not head_only and answer.body:
            parts.append(self._state.send(h11.Data(data=answer.body)))
        parts.append(self._state.send(h11.EndOfMessage()))
        # One write: in two, the second waits 40 ms for the far end's delayed acknowledgement.
        await self._write(b"".join(part for part in parts if part))

    async def _stream(self, answer: Answer, more: Callable[[], bytes]) -> None:
        """Send what comes, as it comes, till the far end hangs up."""
        headers = [*answer.headers, ("Transfer-Encoding", "chunked")]
        await self._write(
            self._state.send(h11.Response(status_code=answer.status, headers=headers))
        )
        hung_up = asyncio.ensure_future(self._reader.read())
        data = answer.body or more()
        try:
            while not hung_up.done():
                if data:
                    await self._write(self._state.send(h11.Data(data=data)))
                await asyncio.wait([hung_up], timeout=STREAM_S)
                data = more()
        finally:
            hung_up.cancel()

    async def _refuse(self, status: int) -> None:
        if self._state.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            await self._send(Answer(status=status), head_only=False)

    async def _write(self, data: Optional[bytes]) -> None:
        if data:
            self._writer.write(data)
            await self._writer.drain()


def _request(head: h11.Request, body: bytes, scheme: str) -> Request:
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in head.headers}
    target, _, query = head.target.decode("latin-1").partition("?")
    return Request(
        method=head.method.decode(),
        path=unquote(target),
        base=f"{scheme}://{headers.get('host', HOST)}",
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=body,
    )
