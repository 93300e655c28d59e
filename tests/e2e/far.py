"""The far end of a real process: a pty, a terminal to read its screen by, and a hand that types."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import time
import warnings
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import pexpect
import pyte

ROOT = Path(__file__).parents[2]
# Slower than this from key to key is a hand; faster, a paste or noise.
HAND_S = 0.07
# A process that shares two cores with everything else; nothing waits this long when all is well.
PATIENCE_S, GRACE_S = 120.0, 5.0
# How long the screen has to stand still to count as painted.
STILL_S = 0.3

KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "backspace": b"\x7f",
    "space": b" ",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "ctrl+c": b"\x03",
    "ctrl+l": b"\x0c",
}

# What of this machine's own environment would be seen.
_OURS = re.compile(
    "(LC_|XDG_|OS_|TEXTUAL)|^(NO_COLOR|COLORTERM|COLUMNS|LINES|TERM|LANG|PYTHONPATH"
    "|SSH_CONNECTION|SUDO_USER)$"
)


class _Glass(pyte.Screen):
    """pyte's screen; it notes a write into its last cell, where a VT100 would scroll."""

    def __init__(self, columns: int, lines: int) -> None:
        self.spilled: List[str] = []
        self.answers = b""
        super().__init__(columns, lines)

    def draw(self, data: str) -> None:
        for char in data:
            at = (self.cursor.x, self.cursor.y)
            if at[1] == self.lines - 1 and at[0] >= self.columns - 1:
                self.spilled.append(char)
            super().draw(char)

    def write_process_input(self, data: str) -> None:
        self.answers += data.encode()


class Far:
    """``python -m stx_tui`` on a pty of its own, as somebody far away sees it and types into it."""

    def __init__(
        self,
        arguments: Sequence[str],
        home: Path,
        *,
        term: str = "vt100",
        lang: str = "C",
        size: Tuple[int, int] = (80, 24),
        env: Optional[Mapping[str, str]] = None,
        program: Sequence[str] = ("-m", "stx_tui"),
    ) -> None:
        """``home`` is where the process looks for settings and keeps its record."""
        width, height = size
        self.term = term
        self.glass = _Glass(width, height)
        self._stream = pyte.ByteStream(self.glass)
        if "UTF-8" not in lang:
            self._stream.select_other_charset("@")
        self.raw = bytearray()
        self._is_hung = False
        with warnings.catch_warnings():
            # forkpty beside threads of other tests: the child does nothing but exec.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process = pexpect.spawn(
                sys.executable,
                [*program, *arguments],
                env=environment(home, TERM=term, LANG=lang, **(env or {})),
                cwd=str(ROOT),
                dimensions=(height, width),
                timeout=PATIENCE_S,
            )
        self.process.delaybeforesend = None
        self.process.ptyproc.delayafterclose = 0.01
        self.modes = termios.tcgetattr(self.process.fileno())

    # --- the hand ------------------------------------------------------------------------------

    def press(self, *names: str) -> None:
        """Press keys as a hand does: names of ``KEYS``, or the letters themselves."""
        for name in names:
            self.look(HAND_S)
            os.write(self.process.fileno(), KEYS.get(name, name.encode()))

    def type(self, text: str) -> None:
        """Type a text letter by letter."""
        self.press(*text)

    def burst(self, data: bytes) -> None:
        """Send bytes all at once, as noise or a paste comes."""
        os.write(self.process.fileno(), data)

    def answer_dialog(self) -> None:
        """Wait until a dialog that just appeared hears keys: it is deaf for half a second."""
        self.still()
        self.look(0.6)

    def feed(self, data: bytes) -> None:
        """Let something else write onto the far screen, as a kernel does."""
        self._stream.feed(data)

    def hang_up(self) -> None:
        """Let the line drop: the near end hears of it as a modem's or sshd's would."""
        self._is_hung = True
        self.process.ptyproc.fileobj.close()

    # --- the eye -------------------------------------------------------------------------------

    def look(self, for_s: float = 0.0) -> bool:
        """Take what comes in so many seconds; False where the process has closed its end."""
        until = time.monotonic() + for_s
        while True:
            left = max(until - time.monotonic(), 0.0)
            if self._is_hung:
                time.sleep(left)
                return False
            try:
                data = self.process.read_nonblocking(65536, timeout=left)
            except pexpect.TIMEOUT:
                return True
            except pexpect.EOF:
                return False
            self.raw += data
            self._stream.feed(data)
            if self.glass.answers:
                said, self.glass.answers = self.glass.answers, b""
                os.write(self.process.fileno(), said)
            if left <= 0:
                return True

    def screen(self) -> List[str]:
        """Return the rows as they are seen, without the blanks at their ends."""
        return [row.rstrip() for row in self.glass.display]

    @property
    def text(self) -> str:
        return "\n".join(self.screen())

    def until(self, *words: str, within_s: float = PATIENCE_S) -> str:
        """Wait until all of these are seen; each is a regular expression. Return the text."""
        return self._until(
            lambda text: all(re.search(one, text) for one in words), f"{words} not seen", within_s
        )

    def until_gone(self, *words: str, within_s: float = PATIENCE_S) -> str:
        """Wait until none of these is seen any more."""
        return self._until(
            lambda text: not any(re.search(one, text) for one in words),
            f"{words} still seen",
            within_s,
        )

    def still(self, for_s: float = STILL_S) -> str:
        """Wait until the far screen has stood still; return its text."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            before = len(self.raw)
            self.look(for_s)
            if len(self.raw) == before:
                return self.text
        raise AssertionError(f"still painting:\n{self.text}")

    def ended(self, within_s: float = PATIENCE_S) -> int:
        """Wait for the end of the process; return its exit code, or 128 and its signal."""
        until = time.monotonic() + within_s
        while self.process.isalive() and time.monotonic() < until:
            self.look(0.05)
        assert not self.process.isalive(), f"still running:\n{self.text}"
        self.look(0.05)
        code, number = self.process.exitstatus, self.process.signalstatus
        return int(code) if code is not None else 128 + int(number)

    def modes_now(self) -> List[object]:
        """Return the modes of the tty as they are now."""
        return termios.tcgetattr(self.process.fileno())

    def close(self) -> None:
        """End the process, whatever it does: pexpect's own patience is a tenth of a second."""
        for number in (signal.SIGHUP, signal.SIGKILL):
            if self.process.isalive():
                self.process.kill(number)
            until = time.monotonic() + GRACE_S
            while self.process.isalive() and time.monotonic() < until:
                time.sleep(0.02)
        self.process.close()

    def _until(self, is_so: Callable[[str], bool], words: str, within_s: float) -> str:
        until = time.monotonic() + within_s
        while not is_so(self.text):
            is_alive = self.look(0.05)
            if is_so(self.text):
                break
            assert is_alive, f"{words}; it ended:\n{self.text}"
            assert time.monotonic() < until, f"{words} in {within_s} s:\n{self.text}"
        return self.text


def environment(home: Path, **more: str) -> Dict[str, str]:
    """Return an environment in which nothing of this machine's own settings is found."""
    kept = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
    return {**kept, "HOME": str(home), **more}


# What a VT100 obeys: cursor, erasing, attributes, margins, modes, the question how it is.
_KNOWN = re.compile(
    rb"[\x20-\x7e\r\n\x08\x07\x0e\x0f]"  # printable, CR LF BS BEL SO SI
    rb"|\x1b[M78D]|\x1b[()][B0]"
    rb"|\x1b\[[0-9;]*[ABCDHJKr]"
    rb"|\x1b\[(?:[01457]?(?:;[01457]?)*)m"
    rb"|\x1b\[\?7[hl]"
    rb"|\x1b\[5n"
)


def unknown_to_a_vt100(raw: bytes) -> List[bytes]:
    """Return what was written that a VT100 would not understand, with what follows it."""
    at, found = 0, []
    while at < len(raw):
        match = _KNOWN.match(raw, at)
        if match is None:
            found.append(bytes(raw[at : at + 12]))
        at = match.end() if match else at + 1
    return found
