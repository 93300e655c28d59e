"""Textual's driver for a far terminal: it keeps a model of the screen and sends differences."""

from __future__ import annotations

import atexit
import os
import select
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, Optional

from textual import events
from textual.driver import Driver
from textual.geometry import Size

from stx_tui.terminal import tty
from stx_tui.terminal.keys import Keys
from stx_tui.terminal.line import Line
from stx_tui.terminal.parse import Wanted
from stx_tui.terminal.profile import Profile
from stx_tui.terminal.session import farewell, setup, start

if TYPE_CHECKING:
    from textual.app import App

FALLBACK = (80, 24)
KEY_S = 0.35
"""How soon after a key the far screen should be right."""
_FINISH_S = 2.0
"""How long leaving may wait for a line that takes nothing."""
_ANSWER_S = 0.5
"""How long leaving may wait for answers that would else be typed into the shell."""
_GAP_S = 0.01
_BELL = "\x07"
_CLIPBOARD = "\x1b]52;"


class FarDriver(Driver):
    """Shows the newest screen on `profile`'s terminal; made by driver_class()."""

    profile: ClassVar[Profile]
    input_fd: ClassVar[Optional[int]] = None
    output_fd: ClassVar[Optional[int]] = None

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,  # noqa: ARG002 - the library says it; nothing here uses one
        size: Optional[tuple[int, int]] = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=False, size=size)
        self._forced_size = size
        self._in = self.input_fd if self.input_fd is not None else sys.__stdin__.fileno()  # type: ignore[union-attr]
        self._out = self.output_fd if self.output_fd is not None else _terminal_fd()
        self._own_out = -1
        self._modes: Optional[tty.Modes] = None
        self._line: Optional[Line] = None
        self._wanted = Wanted(self.profile, *FALLBACK)
        self._keys_thread: Optional[threading.Thread] = None
        self._stop_keys = threading.Event()
        self._typed_ahead = b""
        self._signals: dict[int, Any] = {}
        self._must_resume = False

    # What the console asks.

    def repaint(self) -> None:
        """Paint everything anew, whatever the far screen shows (Ctrl-L)."""
        if self._line is not None:
            self._line.repaint(setup(self.profile))

    def status(self) -> str:
        """The line's speed and what a full screen costs, where that is felt; else empty."""
        if not self.profile.slow or self.profile.bps is None:
            return ""
        seconds = self._full_s()
        speed = f"{self.profile.bps} bd"
        return f"{speed}, full screen {seconds:.1f} s" if seconds >= 0.2 else speed

    def interval_s(self, wished_s: float) -> float:
        """How often to refresh, so that whole screens would take half the line at most."""
        return max(wished_s, 2 * self._full_s())

    @property
    def key_room(self) -> Optional[int]:
        """Bytes that may follow a key, so that the screen is right KEY_S after it; None: any."""
        return (
            int(KEY_S * self.profile.bps / 10) if self.profile.slow and self.profile.bps else None
        )

    def _full_s(self) -> float:
        """Seconds a full screen takes: the last one that was painted, or one with no blanks."""
        full = (self._line and self._line.full_size) or self._wanted.width * self._wanted.height
        return self.profile.seconds(full)

    @property
    def settled(self) -> bool:
        """Whether the far screen shows what was last painted."""
        return self._line is None or self._line.settled()

    @property
    def bytes_sent(self) -> int:
        return self._line.sent if self._line is not None else 0

    # What Textual calls.

    @property
    def can_suspend(self) -> bool:
        return True

    def write(self, data: str) -> None:
        """Take what Textual paints; anything else that it writes is not for this terminal."""
        if self._line is None:
            return
        if data == _BELL or (data.startswith(_CLIPBOARD) and self.profile.abilities.clipboard):
            self._line.send(data.encode())
            return
        if self._wanted.feed(data):
            self._line.show(list(self._wanted.rows))

    def start_application_mode(self) -> None:
        self._own_out = tty.own_output(self._out)
        self._modes = tty.raw_mode(self._in, serial=self.profile.serial)
        atexit.register(self._restore)
        width, height = self._find_size()
        before, self._size = self._size, (width, height)
        if before not in {None, self._size}:
            self.send_message(events.Resize(Size(width, height), Size(width, height)))
        if (self._wanted.width, self._wanted.height) != self._size:
            self._wanted = Wanted(self.profile, width, height)
        if self.profile.slow:
            self._app.animation_level = "none"
        self._line = Line(self._own_out, self.profile, self._size, self._failed)
        self._line.send(start(self.profile))
        self._line.start()
        if any(row.end for row in self._wanted.rows):
            self._line.show(list(self._wanted.rows))  # back from a suspension
        self._catch_signals()
        self._stop_keys.clear()
        self._keys_thread = threading.Thread(
            target=self._run_keys, name="terminal-keys", daemon=True
        )
        self._keys_thread.start()
        if self._must_resume:
            self._must_resume = False
            self.send_message(self.SignalResume())

    def disable_input(self) -> None:
        thread, self._keys_thread = self._keys_thread, None
        if thread is not None:
            self._stop_keys.set()
            thread.join()

    def stop_application_mode(self) -> None:
        self.disable_input()
        self._restore()
        for number, before in self._signals.items():
            signal.signal(number, before)
        self._signals.clear()

    def close(self) -> None:
        self._restore()

    # The size.

    def _find_size(self) -> tuple[int, int]:
        """Columns and rows: as told, as the tty has them, as the terminal answers, or 80x24."""
        found = self._forced_size or tty.size_of(self._out) or tty.size_of(self._in)
        if found is None and self._modes is not None:
            found, self._typed_ahead = tty.asked_size(self._in, self._own_out)
        return found or FALLBACK

    def _resized(self) -> None:
        size = tty.size_of(self._out)
        if size is None or size == self._size or self._line is None:
            return
        self._size = size
        self._wanted.resize(*size)
        self._line.resize(*size, setup(self.profile))
        event = events.Resize(Size(*size), Size(*size))
        self.send_message(event)

    # Signals.

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        caught = {
            signal.SIGWINCH: self._on_winch,
            signal.SIGTERM: self._on_end,
            signal.SIGHUP: self._on_end,
            signal.SIGTSTP: self._on_stop,
        }
        for number, call in caught.items():
            self._signals[number] = signal.signal(number, call)

    def _on_winch(self, _number: int, _frame: Optional[FrameType]) -> None:
        self._loop.call_soon_threadsafe(self._resized)

    def _on_end(self, number: int, _frame: Optional[FrameType]) -> None:
        """Leave in order; the same signal once more ends the program as it would any other."""
        signal.signal(number, self._on_end_again)
        self._leave(128 + number)

    def _on_end_again(self, number: int, _frame: Optional[FrameType]) -> None:
        self._restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _on_stop(self, _number: int, _frame: Optional[FrameType]) -> None:
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_resume = True
        os.kill(os.getpid(), signal.SIGSTOP)
        # Runs on once SIGCONT has come.
        if self._auto_restart:
            self.resume_application_mode()

    def _leave(self, return_code: int) -> None:
        self._loop.call_soon_threadsafe(self._exit_app, return_code)

    def _exit_app(self, return_code: int) -> None:
        self._app.exit(return_code=return_code)

    # Input.

    def _run_keys(self) -> None:
        try:
            self._read_keys()
        except Exception as error:  # noqa: BLE001 - it is passed on
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """A thread of ours came upon a mistake of ours: the app ends and shows it."""
        self._loop.call_soon_threadsafe(self._app._handle_exception, error)

    def _read_keys(self) -> None:
        line = self._line
        if line is None:
            return
        keys = Keys(
            max(_GAP_S, 2.5 * self.profile.seconds(1)), on_answer=lambda: line.heard(answer=True)
        )
        self._tell(keys.feed(self._typed_ahead, time.monotonic()))
        self._typed_ahead = b""
        while not self._stop_keys.is_set():
            wait = keys.wait_s(time.monotonic())
            ready = select.select([self._in], [], [], 0.1 if wait is None else min(wait, 0.1))[0]
            if ready:
                data = self._read()
                if not data:
                    self._leave(128 + signal.SIGHUP)  # hung up
                    return
                line.heard(answer=False)
                self._tell(keys.feed(data, time.monotonic()))
            else:
                self._tell(keys.tick(time.monotonic()))

    def _read(self) -> bytes:
        try:
            return os.read(self._in, 4096)
        except OSError:
            return b""

    def _tell(self, found: Any) -> None:
        for event in found:
            self.process_message(event)

    # The end.

    def _restore(self) -> None:
        """Give the terminal back as it was found; does nothing the second time."""
        line, self._line = self._line, None
        if line is not None:
            line.finish(farewell(self.profile, self._wanted.height), _FINISH_S)
            tty.drain(self._in, line.unanswered, _ANSWER_S)
        modes, self._modes = self._modes, None
        if modes is not None:
            tty.restore(self._in, modes)
        own, self._own_out = self._own_out, -1
        if own >= 0:
            os.close(own)
        atexit.unregister(self._restore)


def _terminal_fd() -> int:
    """Where the screen is: standard output, or standard error if output goes elsewhere."""
    assert sys.__stdout__ is not None
    assert sys.__stderr__ is not None
    return next(
        (file.fileno() for file in (sys.__stdout__, sys.__stderr__) if file.isatty()),
        sys.__stdout__.fileno(),
    )


def driver_class(
    profile: Profile, *, input_fd: Optional[int] = None, output_fd: Optional[int] = None
) -> type[FarDriver]:
    """The driver for a terminal, to be given as App(driver_class=...).

    It reads standard input and writes standard output unless told other descriptors.
    """
    names = {"profile": profile, "input_fd": input_fd, "output_fd": output_fd}
    return type("FarDriver", (FarDriver,), names)
