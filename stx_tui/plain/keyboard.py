"""Lines that somebody types, on a terminal, a pipe or from a file: whole, and never too long."""

from __future__ import annotations

import asyncio
import io
import os
import select
import stat
import termios
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any, Deque, Iterator, Optional

# Bytes of a line; what is longer is noise. A terminal's own line is never longer.
LONGEST = 4096
CHUNK = 4096
# How long nothing must arrive before an answer that confirms is heard, and how long that is tried.
QUIET_S, PATIENCE_S = 0.5, 5.0

_ERASERS = "\b\x7f"


class Ended(Exception):
    """Nothing more will be typed: the input ended, or the terminal hung up."""


@dataclass(frozen=True)
class Typed:
    """One line as it came, without its end; ``is_whole`` says that it had one.

    ``is_noise`` says that there are bytes in it that nobody types.
    """

    text: str
    is_whole: bool = True
    is_noise: bool = False

    @property
    def words(self) -> str:
        """The line as a command: what was erased is gone, blanks around it too."""
        kept = ""
        for character in self.text:
            kept = kept[:-1] if character in _ERASERS else kept + character
        return kept.replace("\t", " ").strip()


class Keyboard:
    """Reads only while somebody waits for a line, so that nothing is taken that nobody hears."""

    def __init__(self, stream: IO[Any]) -> None:
        """``stream`` may be a terminal, a pipe, a file, or text in memory."""
        self._stream = stream
        self._file = _descriptor(stream)
        self._can_wait = self._file is not None and _can_wait(self._file)
        self._lines: Deque[Typed] = deque()
        self._part = bytearray()
        self._is_too_long = False
        self._is_after_return = False
        self._is_over = False
        self._news = asyncio.Event()

    @property
    def is_terminal(self) -> bool:
        """Whether what is typed can be seen where it is typed."""
        return self._file is not None and os.isatty(self._file)

    async def line(self) -> Typed:
        """Return the next line; raises ``Ended`` after the last."""
        while not self._lines:
            if self._is_over:
                raise Ended
            await self._more()
        return self._lines.popleft()

    async def quiet(self, quiet_s: float = QUIET_S, patience_s: float = PATIENCE_S) -> bool:
        """Drop what was typed until nothing came for a while; return whether it ever was quiet.

        Raises ``Ended``. Of a file all was there before the question: nothing of it is an answer.
        """
        if not self._can_wait:
            self._lines.clear()
            self._is_over = True
            raise Ended
        ends_s = asyncio.get_running_loop().time() + patience_s
        while asyncio.get_running_loop().time() < ends_s:
            self._drop()
            try:
                await asyncio.wait_for(self._more(), timeout=quiet_s)
            except asyncio.TimeoutError:
                self._drop()
                return True
            if self._is_over:
                raise Ended
        return False

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Let a terminal not show what is typed meanwhile."""
        if self._file is None or not self.is_terminal:
            yield
            return
        before = termios.tcgetattr(self._file)
        after = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        termios.tcsetattr(self._file, termios.TCSADRAIN, after)
        try:
            yield
        finally:
            with suppress(termios.error):  # it hung up meanwhile
                termios.tcsetattr(self._file, termios.TCSADRAIN, before)

    # --- private -------------------------------------------------------------------------------

    def _drop(self) -> None:
        """Forget what came; a line that has begun goes on, and so is none that confirms."""
        self._lines.clear()
        if self._file is not None and self.is_terminal:
            # The terminal's driver keeps a line to itself until Enter.
            with suppress(termios.error):  # it hung up: who waits for a line hears of that
                termios.tcflush(self._file, termios.TCIFLUSH)

    async def _more(self) -> None:
        """Wait until something came, or it is over."""
        if not self._can_wait:
            self._take(self._read_at_once())
            return
        assert self._file is not None
        loop = asyncio.get_running_loop()
        self._news.clear()
        loop.add_reader(self._file, self._ready, self._file)
        try:
            await self._news.wait()
        finally:
            loop.remove_reader(self._file)

    def _read_at_once(self) -> bytes:
        if self._file is not None:
            return os.read(self._file, CHUNK)
        got = self._stream.readline()
        return got.encode("utf-8", "surrogateescape") if isinstance(got, str) else bytes(got)

    def _ready(self, file: int) -> None:
        # A terminal that was flushed meanwhile has nothing, and would let everything wait.
        if not select.select([file], [], [], 0)[0]:
            return
        try:
            self._take(os.read(file, CHUNK))
        except OSError:  # the terminal hung up
            self._take(b"")
        self._news.set()

    def _take(self, chunk: bytes) -> None:
        if not chunk:
            self._is_over = True
            if self._part:
                self._end(is_whole=False)
            return
        for byte in chunk:
            character = bytes((byte,))
            if character == b"\n" and self._is_after_return:
                self._is_after_return = False
                continue
            self._is_after_return = character == b"\r"
            if character in b"\r\n":
                self._end(is_whole=True)
            elif len(self._part) < LONGEST:
                self._part += character
            else:
                self._is_too_long = True

    def _end(self, *, is_whole: bool) -> None:
        text = self._part.decode("utf-8", "replace")
        typed = text.translate({ord(one): None for one in _ERASERS + "\t"})
        is_noise = self._is_too_long or not typed.isprintable() or "\ufffd" in typed
        self._lines.append(Typed(text=text, is_whole=is_whole, is_noise=is_noise))
        self._part.clear()
        self._is_too_long = False


def _descriptor(stream: IO[Any]) -> Optional[int]:
    try:
        return stream.fileno()
    except io.UnsupportedOperation:  # text in memory
        return None


def _can_wait(file: int) -> bool:
    """Whether bytes come when they come; of a file all are there."""
    mode = os.fstat(file).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(file)
