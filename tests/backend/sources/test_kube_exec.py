"""A session in a container, its websocket played: how it ends, and who says so."""

from __future__ import annotations

import json
import queue
import threading
from typing import Any, List, Tuple

import pytest
import websocket
from websocket import ABNF

from backend.channel import Heard, Notice
from backend.sources.kube_exec import ENDED, STDOUT, ExecChannel


class Line:
    """Stands where the websocket stands: says what a test gives it, or raises that."""

    def __init__(self, *said: Any) -> None:
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for one in said:
            self._said.put(one)

    def recv_data(self) -> Tuple[int, bytes]:
        one = self._said.get()
        if isinstance(one, Exception):
            raise one
        opcode, data = one
        return opcode, data

    def shutdown(self) -> None:
        pass


CLOSES = (ABNF.OPCODE_CLOSE, b"")


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


async def test_what_was_said_last_is_read_before_the_end_however_busy_the_loop_is() -> None:
    channel = ExecChannel(Line(*[out(STDOUT, b"x")] * 500, CLOSES))
    for thread in threading.enumerate():
        if thread.name == "exec":
            thread.join()  # all was said, and the loop has not heard a word
    heard = [await channel.read() for _ in range(503)]
    assert heard[:500] == [b"x"] * 500
    assert heard[501:] == [b"", b""]
