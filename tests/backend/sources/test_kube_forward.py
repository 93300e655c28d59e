"""Ports that lead to pods, over real websockets whose far end is the test."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Iterator, List, Tuple

import pytest

from backend.pods import PodForward
from backend.sources import kube_line
from backend.sources.kube_exec import PROTOCOL, connect
from backend.sources.kube_forward import Carried, Forward

WRITE = PodForward(namespace="lab", pod="web", port=80)


@contextmanager
def pods(far: List[socket.socket]) -> Iterator[str]:
    """Serve websockets as the API server does, and put the far end of each into ``far``."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                asked = b""
                while not asked.endswith(b"\r\n\r\n"):
                    asked += line.recv(1024)
                headers = dict(one.split(": ", 1) for one in asked.decode().split("\r\n")[1:-2])
                key = headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
                accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
                far.append(line)
                line.sendall(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
                    f"Sec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n".encode()
                )

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/forward"
        listening.shutdown(socket.SHUT_RDWR)
        for one in far:
            one.close()


class Api:
    """Stands where the API server's address and credentials come from."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def beside(self, _path: str, connecting: Any) -> Any:
        return connecting(self._url, {}, None, "")


async def test_a_port_is_closed_though_the_server_takes_nothing_any_more() -> None:
    far: List[socket.socket] = []
    near, caller = socket.socketpair()
    with pods(far) as url:
        carried = Carried(near, connect(url, {}, None, ""))
        thread = threading.Thread(target=carried.run, daemon=True)
        thread.start()
        caller.setblocking(False)
        refused = 0
        while refused < 3:  # until nothing goes on any more: whoever carries it is held
            try:
                caller.send(b"x" * 65_536)
                refused = 0
            except BlockingIOError:
                refused += 1
                thread.join(0.1)
        carried.end()
        thread.join(5.0)
        assert not thread.is_alive()
    caller.close()


def frame(data: bytes, opcode: int = 2) -> bytes:
    """Return a frame as a server sends it: unmasked."""
    size = len(data)
    length = bytes([size]) if size < 126 else b"\x7f" + size.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + length + data


@contextmanager
def carrying(url: str) -> Iterator[Tuple[Carried, socket.socket, Any]]:
    """Carry between a caller and the far end of a websocket, as a forwarded port does."""
    near, caller = socket.socketpair()
    line = connect(url, {}, None, "")
    line.settimeout(0.05)
    carried = Carried(near, line)
    thread = threading.Thread(target=carried.run, daemon=True)
    thread.start()
    try:
        yield carried, caller, line
    finally:
        carried.end()
        thread.join(5.0)
        caller.close()
        assert not thread.is_alive()


def heard(caller: socket.socket, size: int) -> bytes:
    caller.settimeout(5.0)
    taken = b""
    while len(taken) < size and (part := caller.recv(size - len(taken))):
        taken += part
    return taken


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a far end be late with its answers: this machine may be busy."""
    monkeypatch.setattr(kube_line, "UNANSWERED", 1_000_000)


@pytest.mark.usefixtures("patient")
def test_a_connection_that_is_silent_for_long_stays_as_long_as_the_server_answers() -> None:
    far: List[socket.socket] = []
    with pods(far) as url, carrying(url) as (carried, caller, _line):
        pong = frame(b"", 0x0A)
        for _ in range(5):
            # Each silence is asked about: an empty frame, masked.
            assert heard(far[0], 6)[:2] == b"\x89\x80"
            far[0].sendall(pong)
        far[0].sendall(frame(b"\0\x50\0hello"))
        assert heard(caller, 5) == b"hello"
        assert carried.trouble == ""


def test_a_connection_whose_server_answers_no_question_any_more_is_over_and_says_why() -> None:
    far: List[socket.socket] = []
    with pods(far) as url, carrying(url) as (carried, caller, _line):
        assert heard(caller, 1) == b""
        assert "nothing was heard" in carried.trouble


@pytest.mark.usefixtures("patient")
def test_a_pod_that_takes_nothing_for_a_while_is_heard_all_the_same() -> None:
    far: List[socket.socket] = []
    with pods(far) as url, carrying(url) as (carried, caller, line):
        caller.setblocking(False)
        while not line.lock.locked():
            with suppress(BlockingIOError):
                caller.send(b"x" * 65_536)
        far[0].sendall(frame(b"\0\x50\0" + b"y" * 200_000))
        assert heard(caller, 200_000) == b"y" * 200_000
        assert carried.trouble == ""


@pytest.mark.usefixtures("patient")
def test_a_caller_that_reads_nothing_for_a_while_is_heard_all_the_same_and_loses_nothing() -> None:
    far: List[socket.socket] = []
    with pods(far) as url, carrying(url) as (_, caller, _line):
        whole = frame(b"\0\x50\0" + b"y" * (4 << 20))
        threading.Thread(target=far[0].sendall, args=(whole,), daemon=True).start()
        caller.sendall(b"hello")
        # A frame of one byte for the stream and five of data, masked.
        assert len(heard(far[0], 12)) == 12
        assert heard(caller, 4 << 20) == b"y" * (4 << 20)


async def test_a_port_can_be_listened_on_again_right_after_it_ended() -> None:
    far: List[socket.socket] = []
    with pods(far) as url:
        forward = Forward(Api(url), WRITE, 0)  # type: ignore[arg-type]
        await forward.begin()
        reader, writer = await asyncio.open_connection("127.0.0.1", forward.local)
        while not forward.body["open"]:  # noqa: ASYNC110 - a thread says so to nobody
            await asyncio.sleep(0)
        far[-1].sendall(frame(b"\0\x50\0bye") + frame(b"", 8))
        # Our side closes first, and its port lingers.
        assert await reader.read() == b"bye"
        await forward.end()
        again = Forward(Api(url), replace(WRITE, local=forward.local), 0)  # type: ignore[arg-type]
        await again.begin()
        await again.end()
        writer.close()


async def test_connections_that_are_over_are_not_held_though_nobody_looks_at_the_port() -> None:
    far: List[socket.socket] = []
    with pods(far) as url:
        forward = Forward(Api(url), WRITE, 0)  # type: ignore[arg-type]
        for _ in range(20):
            near, caller = socket.socketpair()
            await forward._connected(near)
            far.pop().close()
            caller.close()
            for thread in list(forward._open.values()):
                thread.join()
        assert len(forward._open) == 1
        assert forward.body["open"] == 0
        await forward.end()
