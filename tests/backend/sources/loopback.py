"""A real HTTP server on loopback that answers, hangs, drips, hangs up, and remembers all."""

from __future__ import annotations

import asyncio
import random
import ssl
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import AsyncIterator, Callable, Dict, List, Optional

from backend.simulator.server import accept_no_more


@dataclass
class Asked:
    """One request as it came: ``connection`` numbers the connections from 1."""

    method: str
    target: str
    headers: Dict[str, str]
    body: bytes
    connection: int


@dataclass
class Reply:
    """One answer; ``drip_s`` sends it byte by byte, ``hang`` never, ``cut`` closes instead."""

    body: bytes = b"{}"
    status: int = 200
    headers: Dict[str, str] = field(default_factory=dict)
    hang: bool = False
    cut: bool = False
    drip_s: float = 0.0


Script = Callable[[Asked], Reply]


class Server:
    """Listens until closed; ``bytes_in`` is all that ever came, whole requests or not."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: List[Asked] = []
        self.connections = 0
        self.bytes_in = 0
        self.port = 0
        self._writers: List[asyncio.StreamWriter] = []
        self._tasks: List[asyncio.Task[None]] = []
        self._server: Optional[asyncio.AbstractServer] = None

    async def start(self, host: str, tls: Optional[ssl.SSLContext], port: int = 0) -> None:
        for _ in range(50):
            # The ephemeral range begins at 32768.
            self.port = port or random.SystemRandom().randint(20_000, 32_000)
            try:
                self._server = await asyncio.start_server(self._connected, host, self.port, ssl=tls)
            except OSError:
                if port:
                    raise
            else:
                return
        raise AssertionError("no free port")

    def cut_all(self) -> None:
        """Reset every connection, as a controller does whose address has moved away."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def stop(self) -> None:
        if self._server is not None:
            await accept_no_more(self._server)
            self._server.close()
        self.cut_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.append(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await self._talk(reader, writer, self.connections)
        writer.transport.abort()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.bytes_in += len(head)
            first, *lines = head.decode("latin-1").strip().split("\r\n")
            method, target, _ = first.split(" ")
            headers = {
                key.lower(): value for key, _, value in (line.partition(": ") for line in lines)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            asked = Asked(method, target, headers, body, number)
            self.asked.append(asked)
            reply = self.script(asked)
            if reply.cut:
                return
            if reply.hang:
                await asyncio.sleep(60)
            await self._reply(writer, reply)

    async def _reply(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        raw = f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode() + reply.body
        if not reply.drip_s:
            writer.write(raw)
            await writer.drain()
            return
        for byte in raw:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(reply.drip_s)


@asynccontextmanager
async def serving(
    script: Script, *, tls: Optional[ssl.SSLContext] = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Server]:
    """Serve ``script`` while the block lasts."""
    server = Server(script)
    await server.start(host, tls, port)
    try:
        yield server
    finally:
        await server.stop()
