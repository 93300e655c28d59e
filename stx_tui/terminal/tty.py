"""The tty under the terminal: its modes, its size, and how to ask for a size it lacks."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import termios
import time
from typing import Any, Optional

ASK_S = 1.0
"""How long a terminal may take to say where its cursor is: a slow line, and SOL's packets."""
_SMALLEST, _LARGEST = 2, 1000
_ANSWER = re.compile(rb"\x1b\[(\d{1,4});(\d{1,4})R")
# The terminal stops at its last row and column; the cursor is put back.
_ASK = b"\x1b7\x1b[999;999H\x1b[6n\x1b8"

Modes = list[Any]


def raw_mode(fd: int, *, serial: bool) -> Optional[Modes]:
    """Put the tty into the mode a full screen needs; gives the modes it had, None if no tty.

    Output is not translated, so LF only moves down. Flow control stays as it was on a wire, where
    the terminal may need it, but then any key ends a stop; elsewhere it is off.
    """
    try:
        before = termios.tcgetattr(fd)
    except termios.error:
        return None
    modes = [*before[:6], list(before[6])]
    modes[0] &= ~(termios.BRKINT | termios.PARMRK | termios.ICRNL | termios.INLCR | termios.IGNCR)
    modes[0] |= termios.IGNBRK
    if serial and modes[0] & termios.IXON:
        modes[0] |= termios.IXANY
    else:
        modes[0] &= ~(termios.IXON | termios.IXOFF)
    modes[1] &= ~termios.OPOST
    modes[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
    termios.tcsetattr(fd, termios.TCSANOW, modes)
    return before


def restore(fd: int, modes: Modes) -> None:
    """Give the tty back the modes it had; a tty that is gone needs none."""
    try:
        termios.tcsetattr(fd, termios.TCSANOW, modes)
    except termios.error:
        return


def own_output(fd: int) -> int:
    """A descriptor of our own that never blocks; the shell's stays as it is.

    O_NONBLOCK belongs to the open file, which stdin, stdout and our parent share: so the tty is
    opened anew. What has no name (a pipe) is only duplicated.
    """
    try:
        return os.open(os.ttyname(fd), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return os.dup(fd)


def size_of(fd: int) -> Optional[tuple[int, int]]:
    """Columns and rows as the tty has them; None where it says 0, as serial ones do."""
    try:
        answer = fcntl.ioctl(fd, termios.TIOCGWINSZ, b"\0" * 8)
    except OSError:
        return None
    rows, columns, _, _ = struct.unpack("HHHH", answer)
    return (columns, rows) if columns and rows else None


def asked_size(input_fd: int, output_fd: int) -> tuple[Optional[tuple[int, int]], bytes]:
    """Columns and rows the terminal answers, if it does, and what was typed meanwhile.

    The tty must be in raw mode and nobody else reading it.
    """
    os.write(output_fd, _ASK)
    heard = b""
    until = time.monotonic() + ASK_S
    while time.monotonic() < until:
        if not select.select([input_fd], [], [], max(0.0, until - time.monotonic()))[0]:
            break
        more = os.read(input_fd, 1024)
        if not more:
            break
        heard += more
        answer = _ANSWER.search(heard)
        if answer:
            rows, columns = int(answer[1]), int(answer[2])
            rest = heard[: answer.start()] + heard[answer.end() :]
            fits = all(_SMALLEST <= each <= _LARGEST for each in (rows, columns))
            return ((columns, rows) if fits else None), rest
    return None, heard


def drain(fd: int, answers: int, within_s: float) -> None:
    """Read away so many answers of the terminal that are still to come, and what is with them."""
    until = time.monotonic() + within_s
    heard = b""
    while heard.count(b"n") < answers and time.monotonic() < until:
        try:
            if select.select([fd], [], [], max(0.0, until - time.monotonic()))[0]:
                more = os.read(fd, 1024)
                if not more:
                    return
                heard += more
        except OSError:
            return
