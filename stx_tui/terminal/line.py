"""The line to the far screen: sends the newest frame at the pace the line has."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import termios
import threading
import time
from typing import Callable, Iterator, Optional, Sequence

from stx_tui.terminal.cells import Row
from stx_tui.terminal.flow import ASK, Flow
from stx_tui.terminal.paint import Painter
from stx_tui.terminal.profile import Profile
from stx_tui.terminal.scrub import Scrub

_AHEAD_S = 0.02
"""How much of the line's time may be bought in advance; a chunk more is then under way."""
_TOGETHER_S = 0.004
"""Textual paints one change in several writes: wait this long for the rest of them."""
_TOGETHER_SLOW_S = 0.01
_TOGETHER_WHOLE_S = 0.05
_TOGETHER_MAX_S = 0.15
_POLL_S = 0.2
_GATHERED = 2048
_CANCEL = b"\x18"


class Line(threading.Thread):
    """Takes whole screens by show() and sends what of the newest the far one lacks.

    A screen that was not begun when the next arrives is never sent; one that was is dropped
    between two rows. No call of it waits for the line, but finish(), and that has a deadline.
    """

    def __init__(
        self,
        fd: int,
        profile: Profile,
        size: tuple[int, int],
        on_failure: Callable[[Exception], None],
    ) -> None:
        """`size` is columns and rows; `on_failure` is told, on the thread, what ended it."""
        super().__init__(name="terminal-line", daemon=True)
        self._on_failure = on_failure
        self._fd = fd
        self._profile = profile
        self._painter = Painter(profile, *size)
        self._scrub = Scrub(profile.scrub_s)
        self._flow = Flow(profile.bps)
        self._changed = threading.Condition()
        self._wanted: Sequence[Row] = ()
        self._version = 0
        self._asked: list[Callable[[], None]] = []
        self._raw: list[bytes] = []
        self._closing = False
        self._gone = False
        self._cut = False
        self._deadline = float("inf")
        self._free_at = 0.0
        self._shown_version = 0
        self.sent = 0
        """Bytes given to the line since the start."""
        self.full_size: Optional[int] = None
        """Bytes of the last screen that was painted whole."""

    # What the event loop calls; none of it waits for the line.

    def show(self, rows: Sequence[Row]) -> None:
        """Make this the wanted screen; the sequence must not be changed any more."""
        with self._changed:
            self._wanted = rows
            self._version += 1
            self._changed.notify()

    def send(self, data: bytes) -> None:
        """Send bytes that move no cursor and change no cell, such as a bell, between two rows."""
        with self._changed:
            self._raw.append(data)
            self._changed.notify()

    def repaint(self, prelude: bytes) -> None:
        """Forget what the far screen shows and paint it all, after the bytes that set it up."""
        self._ask(lambda: self._forget(prelude))

    def resize(self, width: int, height: int, prelude: bytes) -> None:
        """Take a new size; nothing is sent until a screen of that size is shown."""

        def resized() -> None:
            self._painter.resize(width, height)
            self._raw.append(prelude)

        self._ask(resized)

    def heard(self, *, answer: bool) -> None:
        """Something came from the far end: an answer to ASK, or a key."""
        with self._changed:
            if answer:
                self._flow.answer(time.monotonic())
                self._changed.notify()
            else:
                self._flow.key()

    @property
    def unanswered(self) -> int:
        """Questions whose answers are still to come in as input."""
        return self._flow.outstanding

    def settled(self) -> bool:
        """Whether the far screen shows what was last wanted, as far as the pace tells."""
        with self._changed:
            if self._asked or self._raw or self._shown_version != self._version:
                return False
        return time.monotonic() >= self._free_at

    def finish(self, farewell: bytes, within_s: float) -> None:
        """Stop after the row under way, send the farewell, and wait for both so long at most."""
        self._deadline = time.monotonic() + within_s
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self.is_alive():
            self.join(within_s + _POLL_S)
        if not self.is_alive():
            # CAN ends a sequence that was cut, and is nothing otherwise.
            self._write(_CANCEL * self._cut + farewell)

    # The thread.

    def run(self) -> None:
        try:
            while not (self._closing or self._gone):
                self._wait_for_work()
                self._together()
                self._frame()
        except Exception as error:  # noqa: BLE001 - it is passed on
            # A screen that stands still without a word would be worse than none.
            self._on_failure(error)

    def _ask(self, call: Callable[[], None]) -> None:
        with self._changed:
            self._asked.append(call)
            self._changed.notify()

    def _forget(self, prelude: bytes) -> None:
        self._painter.forget()
        self._flow.forget()
        self._shown_version = -1
        self._raw.append(prelude)

    def _wait_for_work(self) -> None:
        with self._changed:
            while not (self._closing or self._asked or self._raw):
                if self._version != self._shown_version:
                    return
                pause = self._scrub.pause(time.monotonic())
                if pause == 0.0:
                    self._painter.forget_row(self._scrub.row(self._painter.height))
                    return
                self._changed.wait(pause)

    def _together(self) -> None:
        """Let the writes that belong to one change arrive, and the line become free."""
        pause = _TOGETHER_SLOW_S if self._profile.slow else _TOGETHER_S
        if self._profile.slow and self._painter.rows[0] is None:
            pause = _TOGETHER_WHOLE_S  # widgets come one after the other
        until = time.monotonic() + _TOGETHER_MAX_S
        version = -1
        while version != self._version and time.monotonic() < until and not self._closing:
            version = self._version
            # Not woken by each write: to take turns with the event loop costs it time.
            time.sleep(pause)

    def _frame(self) -> None:
        with self._changed:
            asked, self._asked = self._asked, []
            for call in asked:
                call()
            raw, self._raw = self._raw, []
            wanted, version = self._wanted, self._version
        for data in raw:
            self._write(data)
        height, width = self._painter.height, self._painter.width
        if len(wanted) != height or (wanted and len(wanted[0].text) != width):
            self._shown_version = version  # a frame of the size before; the next one fits
            return
        self._paint(wanted, version)

    def _paint(self, wanted: Sequence[Row], version: int) -> None:
        whole = self._painter.rows[0] is None and self._painter.rows[-1] is None
        before = self.sent
        for chunk in self._chunks(wanted):
            self._write(chunk)
            if self._pace(version):
                return  # newer rows are wanted: what is left of this frame is not sent
        self._shown_version = version
        if self.sent != before:
            self._scrub.touched(time.monotonic())
            if whole:
                self.full_size = self.sent - before

    def _chunks(self, wanted: Sequence[Row]) -> Iterator[bytes]:
        """The frame's rows, several at a time where no pace asks for single ones."""
        if self._profile.bps is not None:
            yield from self._painter.frame(wanted)
            return
        gathered = b""
        for chunk in self._painter.frame(wanted):
            gathered += chunk
            if len(gathered) >= _GATHERED:
                yield gathered
                gathered = b""
        if gathered:
            yield gathered

    def _pace(self, version: int) -> bool:
        """Wait until the line is nearly free; True if this frame is no longer the newest."""
        held = self._ask_if_due()
        while not self._closing:
            with self._changed:
                if not self._flow.has_room():
                    held, pause = True, _POLL_S
                else:
                    pause = self._free_at - _AHEAD_S - time.monotonic()
                    if pause <= 0:
                        break
                self._changed.wait(pause)
            self._ask_if_due()
        overtaken = self._version != version or bool(self._asked) or self._closing
        # Without a pace, frames are over before it would matter, unless the far end stalls.
        paced = self._profile.bps is not None
        return overtaken and (paced or held or self._closing or self._full())

    def _ask_if_due(self) -> bool:
        """Ask how far the far end is, if enough was sent since; True while it is too far behind."""
        now = time.monotonic()
        with self._changed:
            due = self._flow.wants_to_ask(now)
            if due:
                # Noted before it goes: a near terminal has answered before write() returns.
                self._flow.asked(now)
        if due:
            self._write(ASK)
        return not self._flow.has_room()

    def _full(self) -> bool:
        return not select.select([], [self._fd], [], 0)[1]

    def _write(self, data: bytes) -> None:
        """Give all of data to the line, waiting as long as it takes, or until finish() gives up."""
        left = memoryview(data)
        while left and not self._gone:
            try:
                count = os.write(self._fd, left)
            except OSError as error:
                if error.errno not in {errno.EAGAIN, errno.EINTR}:
                    self._gone = True  # hung up; the input thread tells the app
                    return
                count = 0
            left = left[count:]
            self.sent += count
            self._flow.sent(count)
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + self._profile.seconds(count)
            if left:
                if now > self._deadline:
                    self._cut = True
                    return
                select.select([], [self._fd], [], _POLL_S)
        if self._profile.serial:
            self._free_at = max(self._free_at, time.monotonic() + self._queued_s())

    def _queued_s(self) -> float:
        """Seconds of output the tty itself still holds, as far as its driver tells."""
        try:
            answer = fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0\0\0\0")
        except OSError:
            return 0.0
        return self._profile.seconds(struct.unpack("i", answer)[0])
