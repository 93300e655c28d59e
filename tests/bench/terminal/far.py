"""A pty whose far end counts bytes, shows them, and takes them no faster than a line would."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import threading
import time
from typing import Optional

from tests.terminal.emulator import Emulator


class FarEnd:
    """The master side of a pty and an emulator behind it.

    `bps` makes it take ten bits a byte and no faster; stall() makes it take nothing. `log` has
    (when, bytes so far) for every read.
    """

    def __init__(self, *, bps: Optional[int] = None, width: int = 80, height: int = 24) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.emulator = Emulator(width, height)
        self.bps = bps
        self.count = 0
        self.log: list[tuple[float, int]] = []
        self.raw = bytearray()
        self._stalled = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def stall(self) -> None:
        self._stalled.set()

    def resume(self) -> None:
        self._stalled.clear()

    def close(self) -> None:
        self._closed = True
        self._thread.join(2)
        for fd in (self.master, self.slave):
            os.close(fd)

    def quiet(self, for_s: float = 0.3, within_s: float = 30.0) -> int:
        """Wait until nothing has come for so long; the bytes so far."""
        until = time.monotonic() + within_s
        seen, since = self.count, time.monotonic()
        while time.monotonic() < until:
            time.sleep(0.01)
            if self.count != seen:
                seen, since = self.count, time.monotonic()
            elif time.monotonic() - since >= for_s:
                return seen
        raise TimeoutError(f"still sending after {within_s} s")

    def _read(self) -> None:
        due = time.monotonic()
        while not self._closed:
            if self._stalled.is_set():
                time.sleep(0.01)
                continue
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            size = 65536 if self.bps is None else 16
            try:
                data = os.read(self.master, size)
            except OSError:
                return
            if self.bps is not None:
                due = max(due, time.monotonic()) + len(data) * 10 / self.bps
                time.sleep(max(0.0, due - time.monotonic()))
            self.emulator.feed(data)
            if answers := self.emulator.answers():
                os.write(self.master, answers)
            self.raw += data
            self.count += len(data)
            self.log.append((time.monotonic(), self.count))
