"""A session in a container, its websocket played: how it ends, and who says so."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import queue
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest
import websocket
from websocket import ABNF

from backend.channel import Heard, Notice
from backend.errors import Forbidden, Unreachable, Untrusted
from backend.sources import kube_line
from backend.sources.kube_exec import CLOSE_S, ENDED, PROTOCOL, STDOUT, ExecChannel, connect
from backend.sources.tls import context
from tests.backend.sources.authority import Certificate
from tests.backend.sources.loopback import Reply, serving


class Line:
    """Stands where the websocket stands: says what a test gives it, or raises that."""

    def __init__(self, *said: Any) -> None:
        self.lock, self.pings = threading.Lock(), 0
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for one in said:
            self._said.put(one)

    def recv_data(self, *, control_frame: bool) -> Tuple[int, bytes]:
        assert control_frame, "a pong is a sign of life"
        one = self._said.get()
        if isinstance(one, Exception):
            raise one
        opcode, data = one
        return opcode, data

    def ping(self) -> None:
        self.pings += 1

    def shutdown(self) -> None:
        pass


SILENT = websocket.WebSocketTimeoutException("timed out")
CLOSES, PONG = (ABNF.OPCODE_CLOSE, b""), (ABNF.OPCODE_PONG, b"")


def out(stream: int, words: bytes) -> Tuple[int, bytes]:
    return ABNF.OPCODE_BINARY, bytes([stream]) + words


async def to_its_end(line: Line) -> List[Heard]:
    channel = ExecChannel(line)
    heard: List[Heard] = []
    while not heard or heard[-1] != b"":
        heard.append(await channel.read())
    return heard


async def test_a_server_that_closes_the_line_politely_ends_the_session_in_words() -> None:
    heard = await to_its_end(Line(out(STDOUT, b"$ "), CLOSES))
    assert heard == [b"$ ", Notice("the server closed the line", is_down=True), b""]


async def test_a_command_that_ended_is_told_once() -> None:
    status = json.dumps({"status": "Success"}).encode()
    heard = await to_its_end(Line(out(ENDED, status), CLOSES))
    assert heard == [Notice("it ended", is_down=True), b""]


@pytest.mark.parametrize(
    "error",
    [
        websocket.WebSocketConnectionClosedException("lost"),
        ConnectionResetError("reset"),
        ValueError("Read on closed or unwrapped SSL socket."),
    ],
)
async def test_a_line_that_is_cut_or_closed_meanwhile_is_gone_in_words(error: Exception) -> None:
    first, last = await to_its_end(Line(error))
    assert isinstance(first, Notice)
    assert "the line is gone" in first.words
    assert last == b""


async def test_a_far_end_that_answers_no_question_any_more_is_gone() -> None:
    line = Line(out(STDOUT, b"$ "), *[SILENT] * 9)
    first, gone, last = await asyncio.wait_for(to_its_end(line), 5)
    assert (first, last) == (b"$ ", b"")
    assert isinstance(gone, Notice)
    assert "the line is gone: nothing was heard for 60 s" in gone.words
    assert line.pings == 2


async def test_a_far_end_that_is_silent_and_answers_stays() -> None:
    line = Line(*[SILENT, SILENT, PONG] * 20, out(STDOUT, b"$ "), CLOSES)
    heard = await asyncio.wait_for(to_its_end(line), 5)
    assert heard[0] == b"$ "
    assert line.pings == 40


async def test_what_is_typed_into_a_program_that_reads_nothing_for_a_while_arrives_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kube_line, "UNANSWERED", 1_000_000)
    with deaf() as (line, far):
        line.settimeout(0.05)
        channel = ExecChannel(line)
        writing = asyncio.ensure_future(channel.write(b"x" * (4 << 20)))
        while not line.lock.locked():  # noqa: ASYNC110 - a lock of threads
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        assert not writing.done()
        # Its length stands before the mask of four bytes; the first byte names the stream.
        reading = asyncio.to_thread(_taken, far, 10 + 4 + 1 + (4 << 20))
        assert len(await asyncio.wait_for(reading, 20)) == 15 + (4 << 20)
        await writing
        await channel.close()


def _taken(far: socket.socket, size: int) -> bytes:
    taken = bytearray()
    while len(taken) < size:
        part = far.recv(size - len(taken))
        assert part, "the line ended before that"
        taken += part
    return bytes(taken)


async def test_what_was_said_last_is_read_before_the_end_however_busy_the_loop_is() -> None:
    channel = ExecChannel(Line(*[out(STDOUT, b"x")] * 500, CLOSES))
    for thread in threading.enumerate():
        if thread.name == "exec":
            thread.join()  # all was said, and the loop has not heard a word
    heard = [await channel.read() for _ in range(503)]
    assert heard[:500] == [b"x"] * 500
    assert heard[501:] == [b"", b""]


@contextmanager
def deaf() -> Iterator[Tuple[Any, socket.socket]]:
    """Yield both ends of a session whose far end reads nothing of it and says no word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        came: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()

        def serve() -> None:
            line, _ = listening.accept()
            asked = b""
            while not asked.endswith(b"\r\n\r\n"):
                asked += line.recv(1024)
            headers = dict(one.split(": ", 1) for one in asked.decode().split("\r\n")[1:-2])
            key = headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
            line.sendall(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
                f"Sec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n".encode()
            )
            came.put(line)

        threading.Thread(target=serve, daemon=True).start()
        line = connect(f"http://127.0.0.1:{listening.getsockname()[1]}/exec", {}, None, "")
        far = came.get()
        try:
            yield line, far
        finally:
            far.close()


async def test_a_session_is_left_at_once_though_the_far_end_answers_no_goodbye() -> None:
    with deaf() as (line, far):
        channel = ExecChannel(line)
        reading = asyncio.ensure_future(channel.read())
        await asyncio.sleep(0)
        began = time.monotonic()
        await channel.close()
        await channel.close()
        assert time.monotonic() - began < 4 * CLOSE_S
        assert await reading == b""
        # It was said goodbye to all the same: a close frame, masked, and the end of the line.
        far.settimeout(5)
        said = b""
        while part := far.recv(1024):
            said += part
        assert said[0] & 0x0F == ABNF.OPCODE_CLOSE


async def test_a_session_is_left_though_the_line_takes_nothing_any_more() -> None:
    with deaf() as (line, _far):
        channel = ExecChannel(line)
        writing = asyncio.ensure_future(channel.write(b"x" * (16 << 20)))
        # Until the buffers of both kernels are full, the thread that writes holds the line.
        while not line.lock.locked():  # noqa: ASYNC110 - a lock of threads
            await asyncio.sleep(0)
        began = time.monotonic()
        await channel.close()
        assert time.monotonic() - began < 6 * CLOSE_S
        with pytest.raises(Unreachable):
            await writing


async def test_a_session_that_ended_by_itself_is_left_too() -> None:
    with deaf() as (line, far):
        channel = ExecChannel(line)
        far.close()
        assert isinstance(await channel.read(), Notice)
        assert await channel.read() == b""
        await channel.close()
        with pytest.raises(Unreachable):
            await channel.write(b"x")


async def test_a_session_is_opened_with_no_other_certificate_than_the_accepted_one(
    tmp_path: Path,
) -> None:
    old, new = Certificate(tmp_path / "old.pem"), Certificate(tmp_path / "new.pem")
    token = {"Authorization": "Bearer t"}
    async with serving(lambda _asked: Reply(status=403), tls=new.server()) as server:
        url = f"https://127.0.0.1:{server.port}/exec"
        with pytest.raises(Untrusted, match="CHANGED") as caught:
            await asyncio.to_thread(connect, url, token, context(pinned=old.fingerprint), "")
        assert server.bytes_in == 0
        with pytest.raises(Forbidden):
            await asyncio.to_thread(connect, url, token, context(pinned=new.fingerprint), "")
        assert server.bytes_in > 0
    assert (caught.value.pinned, caught.value.fingerprint) == (old.fingerprint, new.fingerprint)


async def test_a_far_end_that_says_more_than_anybody_reads_is_held_up() -> None:
    block = b"x" * 65_536
    channel = ExecChannel(Line(*[out(STDOUT, block)] * 200, CLOSES))
    (thread,) = (one for one in threading.enumerate() if one.name == "exec")
    thread.join(1.0)
    assert thread.is_alive(), "all of it is in memory, and would be were it a disk's"
    heard = [await channel.read() for _ in range(200)]
    assert heard == [block] * 200
    assert isinstance(await channel.read(), Notice)
    await asyncio.to_thread(thread.join)


async def test_a_session_that_is_left_holds_no_thread_that_waits_for_a_reader() -> None:
    with deaf() as (line, far):
        channel = ExecChannel(line)
        far.sendall(b"\x82\x7f" + (4 << 20).to_bytes(8, "big") + b"\x01" + b"x" * ((4 << 20) - 1))
        far.sendall(b"\x82\x05\x01more")
        (thread,) = (one for one in threading.enumerate() if one.name == "exec")
        await channel.close()
        await asyncio.to_thread(thread.join, 5.0)
        assert not thread.is_alive()


async def test_a_new_size_of_the_screen_waits_for_no_line_that_takes_nothing() -> None:
    with deaf() as (line, _far):
        channel = ExecChannel(line)
        writing = asyncio.ensure_future(channel.write(b"x" * (16 << 20)))
        while not line.lock.locked():  # noqa: ASYNC110 - a lock of threads
            await asyncio.sleep(0)
        began = time.monotonic()
        channel.resize(132, 50)
        assert time.monotonic() - began < CLOSE_S
        await channel.close()
        with pytest.raises(Unreachable):
            await writing


async def test_however_often_the_screen_changes_a_line_that_takes_nothing_holds_one_thread() -> (
    None
):
    with deaf() as (line, _far):
        channel = ExecChannel(line)
        writing = asyncio.ensure_future(channel.write(b"x" * (16 << 20)))
        while not line.lock.locked():  # noqa: ASYNC110 - a lock of threads
            await asyncio.sleep(0)
        for columns in range(80, 120):
            channel.resize(columns, 24)
        # All else that blocks wants threads too: every list that is read.
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "read"), 5) == "read"
        await channel.close()
        with pytest.raises(Unreachable):
            await writing


async def test_of_the_sizes_of_a_screen_the_last_is_told() -> None:
    with deaf() as (line, far):
        channel = ExecChannel(line)
        for columns in range(80, 120):
            channel.resize(columns, 24)
        far.settimeout(5)
        said: List[Any] = []
        while not said or said[-1] != {"Width": 119, "Height": 24}:
            head = _taken(far, 6)
            mask, body = head[2:], _taken(far, head[1] & 0x7F)
            body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))
            assert body[:1] == b"\x04"
            said.append(json.loads(body[1:]))
            await asyncio.sleep(0)
        assert len(said) <= 40
        await channel.close()


async def test_an_end_that_is_told_in_no_shape_known_here_is_told_all_the_same() -> None:
    heard = await to_its_end(Line(out(ENDED, b"[1]"), CLOSES))
    assert heard == [Notice("[1]", is_down=True), b""]
