"""The line's own thread and the answers that the input's thread hears."""

from __future__ import annotations

import os
import time
from typing import Any, Callable

import pytest

from stx_tui.terminal import line as room
from stx_tui.terminal.cells import PLAIN, Row
from stx_tui.terminal.flow import ASK
from stx_tui.terminal.line import Line
from stx_tui.terminal.profile import named

WIDTH, HEIGHT = 80, 24


def screen(letter: str) -> tuple[Row, ...]:
    return (Row((letter,) * WIDTH, (PLAIN,) * WIDTH),) * HEIGHT


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def failed(error: Exception) -> None:
    raise error


def test_an_answer_that_comes_with_the_question_is_not_lost_and_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, far = os.pipe()
    line = Line(far, named("vt100", bps=None), (WIDTH, HEIGHT), failed)
    write = os.write

    def answered_at_once(fd: int, data: Any) -> int:
        # The terminal is quicker than this thread: it answers before write() returns.
        if fd == far and bytes(data) == ASK:
            line.heard(answer=True)
        return write(fd, data)

    monkeypatch.setattr(room.os, "write", answered_at_once)
    line.start()
    for letter in "abcd":
        line.show(screen(letter))
        until(line.settled)
        os.read(out, 65536)
    assert line.unanswered == 0
    line.finish(b"", 5.0)
    os.close(out)
    os.close(far)
