"""The driver on a real pty: sizes, leaving, noise, stopped lines."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from typing import Any, Optional

import pytest

from tests.bench.terminal.far import FarEnd

Start = Callable[..., "Session"]


class Session:
    """The little app on a pty, and the far end of it."""

    def __init__(
        self,
        term: str,
        *,
        size: tuple[int, int],
        far_size: Optional[tuple[int, int]],
        **options: Any,
    ) -> None:
        width, height = far_size or size
        self.far = FarEnd(width=width, height=height)
        self.resize(*size)
        self.modes = termios.tcgetattr(self.far.slave)
        env = {**os.environ, "TERM": term, "LANG": "C"}
        for name in ("NO_COLOR", "COLORTERM", "LC_ALL", "LC_CTYPE", "COLUMNS", "LINES"):
            env.pop(name, None)
        line = [sys.executable, "-m", "tests.terminal.little", json.dumps(options)]
        self.process = subprocess.Popen(
            line,
            stdin=self.far.slave,
            stdout=self.far.slave,
            stderr=self.far.slave,
            env=env,
            start_new_session=True,
        )

    def resize(self, width: int, height: int) -> None:
        size = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self.far.slave, termios.TIOCSWINSZ, size)

    def sees(self, text: str, within_s: float = 60.0) -> None:
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if any(text in line for line in self.far.emulator.text()):
                return
            time.sleep(0.02)
        raise AssertionError(f"{text!r} not in {self.far.emulator.text()}")

    def ends(self, within_s: float = 60.0) -> int:
        return self.process.wait(within_s)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.far.close()


@pytest.fixture
def start() -> Iterator[Start]:
    sessions: list[Session] = []

    def started(
        term: str = "vt100",
        *,
        size: tuple[int, int] = (80, 24),
        far_size: Optional[tuple[int, int]] = None,
        **options: Any,
    ) -> Session:
        session = Session(term, size=size, far_size=far_size, **options)
        sessions.append(session)
        return session

    yield started
    for session in sessions:
        session.close()


@pytest.mark.parametrize("term", ["vt100", "vt220", "linux", "screen", "xterm", "nonsense"])
def test_it_shows_the_screen_and_takes_keys(start: Start, term: str) -> None:
    session = start(term)
    session.sees("80x24")
    session.sees("+-- ea ??")
    session.far.type(b"k")
    session.sees("key k")
    assert session.far.emulator.cells()[0][0].reverse


def test_a_vt100_is_sent_nothing_it_lacks(start: Start) -> None:
    session = start("vt100")
    session.sees("80x24")
    session.far.quiet(0.3)
    raw = bytes(session.far.raw)
    assert b"\x1b[?1049h" not in raw
    assert b"\x1b[?25l" not in raw
    assert b"\x1b]" not in raw
    assert b"2026" not in raw
    assert raw.isascii()


def test_a_size_the_tty_does_not_know_is_asked_of_the_terminal(start: Start) -> None:
    session = start("vt100", size=(0, 0), far_size=(100, 30))
    session.sees("100x30")
    assert b"80x" not in session.far.raw


@pytest.mark.parametrize("size", [(40, 12), (10, 3), (2, 1), (132, 50), (300, 100)])
def test_odd_sizes_do_no_harm(start: Start, size: tuple[int, int]) -> None:
    session = start("vt220", size=size)
    session.sees("LITTLE"[: min(size[0], 6) - 1])
    session.far.quiet(0.3)
    assert session.process.poll() is None


def test_a_new_size_is_taken(start: Start) -> None:
    session = start("vt220")
    session.sees("80x24")
    session.far.emulator.screen.resize(20, 60)
    session.resize(60, 20)
    session.sees("60x20")


@pytest.mark.parametrize("term", ["vt100", "xterm"])
@pytest.mark.parametrize("how", ["quit", "term", "hup", "crash"])
def test_the_terminal_is_given_back_as_it_was(start: Start, term: str, how: str) -> None:
    session = start(term)
    session.sees("80x24")
    assert termios.tcgetattr(session.far.slave) != session.modes
    if how in {"crash", "quit"}:
        session.far.type(b"\x18" if how == "crash" else b"\x19")
    else:
        session.process.send_signal(signal.SIGTERM if how == "term" else signal.SIGHUP)
    code = session.ends()
    session.far.quiet(0.2)
    assert termios.tcgetattr(session.far.slave) == session.modes
    raw = bytes(session.far.raw)
    assert (b"crash, as asked" in raw) == (how == "crash")
    assert code == {"quit": 0, "term": 143, "hup": 129, "crash": 1}[how]
    last = raw.rindex(b"\x1b[?7h")
    assert (b"\x1b[?1049l" in raw[last:]) == (term == "xterm")
    assert (b"\x1b[?25h" in raw[last:]) == (term == "xterm")


def test_a_stopped_program_gives_the_terminal_back_and_takes_it_again(start: Start) -> None:
    session = start("xterm")
    session.sees("80x24")
    session.far.quiet(0.3)
    before = session.far.emulator.cells()
    session.process.send_signal(signal.SIGTSTP)
    os.waitpid(session.process.pid, os.WUNTRACED)
    session.far.quiet(0.2)
    assert termios.tcgetattr(session.far.slave) == session.modes
    assert bytes(session.far.raw).endswith(b"\x1b[?1049l\x1b[?25h")
    session.far.emulator.screen.reset()
    session.process.send_signal(signal.SIGCONT)
    session.far.quiet(0.5)
    assert session.far.emulator.cells() == before
    session.far.type(b"k")
    session.sees("key k")


def test_a_line_that_hangs_up_ends_the_program(start: Start) -> None:
    session = start("vt100")
    session.sees("80x24")
    os.close(session.far.slave)
    session.far.stall()
    time.sleep(0.1)
    os.close(session.far.master)
    assert session.ends() == 129
    session.far.master, session.far.slave = os.pipe()


def test_ctrl_l_mends_what_was_written_over_the_screen(start: Start) -> None:
    session = start("vt100")
    session.sees("80x24")
    session.far.quiet(0.3)
    before = session.far.emulator.cells()
    session.far.emulator.feed(b"\x1b[2;1H\x1b[7mkernel: oops\x1b[3;9r\x0e")
    assert session.far.emulator.cells() != before
    session.far.type(b"\x0c")
    session.far.quiet(0.3)
    assert session.far.emulator.cells() == before


def test_the_scrub_mends_it_row_by_row_without_being_asked(start: Start) -> None:
    session = start("vt100", line=115200, scrub=True)
    session.sees("115200 bd")
    session.far.quiet(0.5)
    before = session.far.emulator.cells()
    session.far.emulator.feed(b"\x1b[1;5Hkernel: oops\x1b[1;60H")
    until = time.monotonic() + 8
    while session.far.emulator.cells() != before and time.monotonic() < until:
        time.sleep(0.1)
    assert session.far.emulator.cells() == before


def test_nothing_is_sent_while_nothing_changes(start: Start) -> None:
    session = start("vt100", scrub=False)
    session.sees("80x24")
    count = session.far.quiet(0.5)
    time.sleep(2)
    assert session.far.count == count


def test_flow_control_bytes_and_noise_do_not_end_it(start: Start) -> None:
    session = start("vt100")
    session.sees("80x24")
    session.far.type(b"\x11\x13\x00\xff\xfe\x1b")
    noise = random.Random(3)
    quits = bytes([0x0C, 0x18, 0x19, 0x1A])  # what the little app itself acts on
    for _ in range(60):
        session.far.type(bytes(b for b in noise.randbytes(200) if b not in quits))
        time.sleep(0.01)
    session.far.type(b"\x11")
    time.sleep(1.5)
    session.far.type(b"k")
    session.sees("key k")


def test_a_paste_of_ten_kilobytes_arrives_whole_and_presses_no_key(start: Start) -> None:
    session = start("vt100")
    session.sees("80x24")
    text = b"0123456789" * 1000
    for at in range(0, len(text), 500):
        session.far.type(text[at : at + 500])
    session.sees("pasted 10000")


def test_a_stopped_line_shows_the_newest_screen_when_it_goes_on(start: Start) -> None:
    session = start("vt100", line=9600, scrub=False)
    session.sees("80x24")
    session.far.quiet(0.5)
    session.far.stall()
    for number in range(120):
        session.far.type(b"abcdefghij"[number % 10 :][:1])
        time.sleep(0.03)
    count = session.far.count
    session.far.type(b"z")
    time.sleep(0.2)
    session.far.resume()
    session.sees("key z")
    assert session.far.count - count < 1500
