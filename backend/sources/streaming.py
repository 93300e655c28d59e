"""Programs read line by line as they print, on a thread; none is left running behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from contextlib import suppress
from typing import Generator, Iterator, Optional, Sequence

from backend.errors import Absent, Forbidden, Unreachable, Unreadable
from backend.sources.local import environment

# How long a program may be silent, in seconds; the longest line that is kept of it, in bytes.
SILENT_S, LONGEST = 20.0, 16 * 1024 * 1024
_CHUNK = 64 * 1024

Lines = Generator[bytes, None, None]
_COMPLAINT = 300


def lines(argv: Sequence[str], *, silent_s: float = SILENT_S, lost: Optional[int] = None) -> Lines:
    """Give each line a program prints, without its end; ended with the iterator, or in the middle.

    Raises ``Absent``, ``Forbidden``, ``Unreachable`` where it is silent for too long or ends with
    the code ``lost`` (what came is not all then), and ``Unreadable`` in its own words where it
    fails before it printed anything.
    """
    with _started(argv) as process:
        complaint = bytearray()
        try:
            count = 0
            for line in _split(argv[0], process, complaint, silent_s):
                count += 1
                yield line
            said = " ".join(complaint.decode("utf-8", "backslashreplace").split())
            code = _ended(argv[0], process, silent_s)
            if code == lost:
                words = said or "the connection was lost before all of it was here"
                raise Unreachable(argv[0], words, sent=True)
            if code and not count and said:
                raise Unreadable(f"{argv[0]}: {said}")
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _started(argv: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment()),
            start_new_session=True,
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Absent(f"{argv[0]} is not on this machine") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Forbidden(argv[0], error.errno or 0, reason, "see who may run it") from error


def _ended(name: str, process: subprocess.Popen[bytes], silent_s: float) -> int:
    """Return what it ended with; it may go on though nobody hears it any more."""
    try:
        return process.wait(silent_s)
    except subprocess.TimeoutExpired as error:
        words = f"did not end within {silent_s:g} s after its last word, and was stopped"
        raise Unreachable(name, words, sent=True) from error


def _split(
    name: str, process: subprocess.Popen[bytes], complaint: bytearray, silent_s: float
) -> Iterator[bytes]:
    """Give each line; what it complains of is heard too, lest it waits for somebody who does."""
    rest = b""
    for chunk in _chunks(name, process, complaint, silent_s):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > LONGEST:
            raise Unreachable(name, f"printed a line of more than {LONGEST} bytes", sent=True)
    if rest:
        yield rest


def _chunks(
    name: str, process: subprocess.Popen[bytes], complaint: bytearray, silent_s: float
) -> Iterator[bytes]:
    assert process.stdout is not None
    assert process.stderr is not None
    printed, complained = process.stdout.fileno(), process.stderr.fileno()
    left = [printed, complained]
    while left:
        ready = select.select(left, [], [], silent_s)[0]
        if not ready:
            raise Unreachable(name, f"said nothing for {silent_s:g} s, and was stopped", sent=True)
        for descriptor in ready:
            chunk = os.read(descriptor, _CHUNK)
            if not chunk:
                left.remove(descriptor)
            elif descriptor == printed:
                yield chunk
            else:
                complaint += chunk[: _COMPLAINT - len(complaint)]
