"""Ports of this machine that lead to pods: each connection is a websocket to the API server."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from contextlib import suppress
from typing import Any, Callable, Dict, List, Set
from urllib.parse import urlencode

from websocket import ABNF, WebSocketTimeoutException

from backend.errors import Rejected, StxError
from backend.kind import Body, Json
from backend.pods import ForwardEnd, PodForward
from backend.sources.kube_api import KubeApi
from backend.sources.kube_exec import connect
from backend.sources.kube_line import TROUBLES, Line

LOOPBACK = "127.0.0.1"
# Where a free port is looked for: below what kernels hand out to connections that go out.
FIRST_PORT, LAST_PORT, TRIES = 20_000, 32_767, 60
# What a message is of: the port's data, or what went wrong. The first of each names the port.
DATA, TROUBLE, NAMES = 0, 1, 2
BLOCK, BACKLOG = 65_536, 16
# How long an answer may still take once the caller has said all, in seconds.
HALF_S = 10.0
# How soon it is tried again to let somebody in, in seconds.
AGAIN_S = 1.0


class Carried:
    """One connection, carried between a socket of ours and a websocket: a thread for each way.

    An end that takes nothing for a while holds up what is said to it, and nothing else.
    """

    def __init__(self, near: socket.socket, line: Any) -> None:
        """``near`` is whoever connected here, ``line`` leads to the pod."""
        self._near = near
        self._line = Line(line)
        self._is_over = threading.Event()
        self._heard_s = time.monotonic()
        self.sent = self.received = 0
        self.trouble = ""
        self._named: Set[int] = set()

    def run(self) -> None:
        """Carry until either end has said all; blocks."""
        up = threading.Thread(target=self._up, name="port-forward-up", daemon=True)
        up.start()
        with suppress(*TROUBLES):  # it was cut, or whoever connected here left
            try:
                while self._down():
                    pass
            except WebSocketTimeoutException as error:
                self.trouble = f"the line is gone: {error}"
        self.end()
        up.join()
        self._line.close()
        self._near.close()

    def end(self) -> None:
        """Have it end; from any thread. A far end that takes or says nothing is not waited for."""
        self._is_over.set()
        with suppress(*TROUBLES):
            self._near.shutdown(socket.SHUT_RDWR)
        self._line.cut()

    def _up(self) -> None:
        """Pass on what is said here, then wait for what the pod still answers."""
        with suppress(*TROUBLES):
            while data := self._near.recv(BLOCK):
                self._line.say(DATA, data)
                self.sent += len(data)
            # No message can tell the pod that we have said all: its silence is its end.
            self._heard_s = time.monotonic()
            while (left_s := self._heard_s + HALF_S - time.monotonic()) > 0:
                if self._is_over.wait(left_s):
                    break
        self.end()

    def _down(self) -> bool:
        """Pass on one message of the pod; False once it has said all."""
        opcode, data = self._line.hear()
        if opcode == ABNF.OPCODE_CLOSE or not data:
            return False
        sort, rest = data[0], data[1:]
        if sort not in self._named:
            self._named.add(sort)
            rest = rest[NAMES:]
        if sort == TROUBLE and rest:
            self.trouble = rest.decode("utf-8", "replace").strip()
            return False
        if sort == DATA and rest:
            self._near.sendall(rest)
            self.received += len(rest)
            self._heard_s = time.monotonic()
        return True


class Forward:
    """One port that listens, and the connections over it."""

    def __init__(self, api: KubeApi, write: PodForward, began_ms: int) -> None:
        self._api = api
        self._write = write
        self._began_ms = began_ms
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # As every server's: a port whose last connections just ended can be listened on again.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._open: Dict[Carried, threading.Thread] = {}
        self._before = [0, 0]
        self._tasks: Set[asyncio.Task[None]] = set()
        self.local = write.local
        self.total = 0
        self.trouble = ""

    async def begin(self) -> None:
        """Try the way once, then listen. Raises ``StxError``: the pod's, or that it is taken."""
        try:
            line = await self._line()
            await asyncio.to_thread(line.shutdown)
            self._listen()
        except BaseException:  # cancelled too: nobody else knows of it yet
            self._socket.close()
            raise
        self._begin(self._accept())

    @property
    def id(self) -> str:
        """Its port: no two listen on the same."""
        return str(self.local)

    @property
    def body(self) -> Body:
        """How it stands, as a row."""
        self._forget()
        return {
            "id": self.id,
            "local": self.local,
            "namespace": self._write.namespace,
            "pod": self._write.pod,
            "of": self._write.of,
            "port": self._write.port,
            "began_ms": self._began_ms,
            "open": len(self._open),
            "total": self.total,
            "sent": self._before[0] + sum(one.sent for one in self._open),
            "received": self._before[1] + sum(one.received for one in self._open),
            "trouble": self.trouble,
        }

    async def end(self) -> None:
        """Listen no more, and end what is connected."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._socket.close()
        for one in self._open:
            one.end()
        for thread in list(self._open.values()):
            await asyncio.to_thread(thread.join)
        self._forget()

    # --- private -------------------------------------------------------------------------------

    def _listen(self) -> None:
        ports = [self.local] if self.local else random.sample(_FREE, TRIES)
        for port in ports:
            try:
                self._socket.bind((LOOPBACK, port))
            except OSError as error:
                refused = error
                continue
            self._socket.listen(BACKLOG)
            self._socket.setblocking(False)
            self.local = port
            return
        words = f"port {ports[-1]} cannot be listened on: {refused.strerror}"
        raise Rejected("this machine", 0, words, "another port, or none for a free one")

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                near, _ = await loop.sock_accept(self._socket)
            except OSError as error:
                # Too many open files, as a rule: those that are open may end.
                self.trouble = f"nobody is let in: {error.strerror or error}"
                await asyncio.sleep(AGAIN_S)
                continue
            self.total += 1
            self._begin(self._connected(near))

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connected(self, near: socket.socket) -> None:
        try:
            line = await self._line()
        except StxError as error:
            self.trouble = str(error)
            near.close()
            return
        except asyncio.CancelledError:
            near.close()
            raise
        self.trouble = ""
        self._forget()
        near.setblocking(True)
        carried = Carried(near, line)
        thread = threading.Thread(target=carried.run, name="port-forward", daemon=True)
        self._open[carried] = thread
        thread.start()

    async def _line(self) -> Any:
        query = urlencode({"ports": self._write.port})
        return await self._api.beside(f"{self._write.path}?{query}", connect)

    def _forget(self) -> None:
        """Count what is over, and keep why."""
        for one, thread in list(self._open.items()):
            if not thread.is_alive():
                del self._open[one]
                self._before[0] += one.sent
                self._before[1] += one.received
                self.trouble = one.trouble or self.trouble


class ForwardsHere:
    """All ports of this console that lead to pods."""

    def __init__(self, api: KubeApi, now_ms: Callable[[], int]) -> None:
        self._api = api
        self._now_ms = now_ms
        self._open: Dict[str, Forward] = {}

    async def begin(self, write: PodForward) -> Json:
        """Listen; the answer says where."""
        forward = Forward(self._api, write, self._now_ms())
        await forward.begin()
        self._open[forward.id] = forward
        return {"local": forward.local, "address": f"{LOOPBACK}:{forward.local}"}

    async def end(self, write: ForwardEnd) -> Json:
        """Listen no more; the answer says what went over it."""
        forward = self._open.pop(write.id, None)
        if forward is None:
            raise Rejected("this machine", 0, f"{write.called} is not there any more")
        await forward.end()
        return dict(forward.body)

    def rows(self) -> List[Body]:
        """Return them as rows."""
        return [forward.body for forward in self._open.values()]

    async def close(self) -> None:
        """End them all."""
        for forward in list(self._open.values()):
            await forward.end()
        self._open.clear()


_FREE = range(FIRST_PORT, LAST_PORT + 1)
