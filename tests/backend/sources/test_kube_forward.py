"""Ports that lead to pods, over real websockets whose far end is the test."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from contextlib import contextmanager
from typing import Any, Iterator, List

from backend.pods import PodForward
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

    async def beside(self, _path: str) -> Any:
        return self._url, {}, None, ""


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
