"""What is asked of the ``ssh`` that holds a connection, by a stand-in at the end of its socket."""

from __future__ import annotations

import array
import asyncio
import os
import socket
import struct
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

from backend.errors import Unreachable
from backend.sources import ssh_mux
from backend.sources.local import Printed

Answering = Callable[["Master"], None]


class Master:
    """Listens as an ssh does, for one that calls; ``answering`` says what it answers."""

    def __init__(self, path: Path, answering: Answering) -> None:
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(path))
        self.listening.listen()
        self.listening.settimeout(10)
        self.line: socket.socket
        self.pipes: List[int] = []
        self._thread = threading.Thread(target=self._serve, args=(answering,))
        self._thread.start()

    def _serve(self, answering: Answering) -> None:
        self.line, _ = self.listening.accept()
        self.line.settimeout(10)
        answering(self)

    def hello(self, version: int = ssh_mux.VERSION) -> None:
        self.tell(1, version)
        assert self.hear() == struct.pack(">II", 1, ssh_mux.VERSION)

    def order(self) -> str:
        """Return the command it is given, and keep the pipes."""
        message = self.hear()
        size = struct.unpack_from(">I", message, 36)[0]
        for _ in range(3):
            _, [(_, _, rights)], _, _ = self.line.recvmsg(1, socket.CMSG_SPACE(4))
            self.pipes.append(array.array("i", rights)[0])
        return message[40 : 40 + size].decode()

    def tell(self, sort: int, *words: Any) -> None:
        body = b"".join(
            struct.pack(">I", len(word)) + word
            if isinstance(word, bytes)
            else struct.pack(">I", word)
            for word in words
        )
        self.line.sendall(struct.pack(">II", len(body) + 4, sort) + body)

    def hear(self) -> bytes:
        size = struct.unpack(">I", self.line.recv(4, socket.MSG_WAITALL))[0]
        return self.line.recv(size, socket.MSG_WAITALL)

    def until_left(self) -> None:
        """Wait until who called is gone."""
        assert self.line.recv(1) == b""

    def close(self) -> None:
        self._thread.join(15)
        for pipe in self.pipes:
            os.close(pipe)
        self.line.close()
        self.listening.close()


@contextmanager
def master(answering: Answering) -> Iterator[Path]:
    # Not pytest's own folder: the path of a socket takes 108 bytes.
    with tempfile.TemporaryDirectory(prefix="stx-") as folder:
        path = Path(folder) / "c"
        one = Master(path, answering)
        try:
            yield path
        finally:
            one.close()


async def run(path: Path, deadline_s: float = 10.0, **more: Any) -> Printed:
    return await ssh_mux.run(
        path, "df -h", name="worker-0", deadline_s=deadline_s, **{"most_bytes": 65536, **more}
    )


async def test_what_it_prints_comes_by_its_pipes_and_its_code_by_the_socket() -> None:
    def answering(one: Master) -> None:
        one.hello()
        assert one.order() == "df -h"
        one.tell(0x80000006, 0, 7)
        os.write(one.pipes[1], b"out")
        os.write(one.pipes[2], os.read(one.pipes[0], 100))
        one.tell(0x80000004, 7, 3)
        while one.pipes:
            os.close(one.pipes.pop())

    with master(answering) as path:
        printed = await run(path, given=b"in")
    assert printed == Printed(out="out", err="in", code=3)


async def test_nobody_at_the_socket_was_asked_nothing(tmp_path: Path) -> None:
    with pytest.raises(ssh_mux.Gone) as gone:
        await run(tmp_path / "c")
    assert not gone.value.sent


async def test_an_ssh_of_another_way_is_said_and_given_no_command() -> None:
    with master(lambda one: one.hello(5)) as path, pytest.raises(Unreachable, match="version 4"):
        await run(path)


async def test_a_session_that_is_refused_says_why() -> None:
    def answering(one: Master) -> None:
        one.hello()
        one.order()
        one.tell(0x80000003, 0, b"Session open refused by peer")

    with master(answering) as path, pytest.raises(Unreachable, match="refused by peer"):
        await run(path)


async def test_an_ssh_that_says_nothing_is_left_at_the_deadline() -> None:
    def answering(one: Master) -> None:
        one.hear()
        one.until_left()

    with master(answering) as path, pytest.raises(Unreachable, match="does not answer"):
        await run(path, deadline_s=0.2)


async def test_a_connection_lost_while_it_runs_is_known_as_asked() -> None:
    def answering(one: Master) -> None:
        one.hello()
        one.order()
        one.tell(0x80000006, 0, 7)
        one.line.shutdown(socket.SHUT_RDWR)

    with master(answering) as path:
        printed = await run(path)
    assert printed.code == 255


async def test_one_nobody_awaits_any_more_leaves_the_socket_and_so_ends_the_session() -> None:
    is_asked = threading.Event()

    def answering(one: Master) -> None:
        one.hello()
        one.order()
        is_asked.set()
        one.until_left()

    with master(answering) as path:
        task = asyncio.ensure_future(run(path))
        await asyncio.to_thread(is_asked.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_garbage_at_the_socket_is_said() -> None:
    def answering(one: Master) -> None:
        one.line.sendall(b"\xff" * 64)
        # It is left with what it said half read.
        with suppress(ConnectionError):
            one.line.recv(100, socket.MSG_WAITALL)

    with master(answering) as path, pytest.raises(Unreachable, match="4294967295 bytes"):
        await run(path)
