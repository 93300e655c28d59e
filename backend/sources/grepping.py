"""How many lines of a large file have a text: counted by this machine's own grep, beside us.

The file goes into grep's pipe inside the kernel, so that no thread of ours holds the others up, it
is known how far it is, and whoever does not wait any more ends it in the middle.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from contextlib import suppress
from typing import Callable, Optional

from backend.logs.find import Text
from backend.logs.line import Find
from backend.sources.local import environment

# What is smaller is counted here before a program would have started, in bytes.
LARGE = 8 * 1024 * 1024
_BLOCK = 1024 * 1024
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux; fcntl has its name from Python 3.10 on


def counted(descriptor: int, size: int, find: Find, step: Callable[[int], None]) -> Optional[int]:
    """Return how many lines of a file there are to find; None: nobody here counts that.

    ``step`` hears of each block, and may raise where nobody waits any more.
    """
    if not isinstance(find, Text) or size < LARGE:
        return None
    case = () if find.is_exact else ("-i",)
    word = find.words[0].decode("utf-8", "surrogateescape")
    argv = ("grep", "-a", "-c", "-F", *case, "-e", word)
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            argv, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=dict(environment())
        )
    except OSError:
        return None  # there is no grep: it is counted here
    with process:
        try:
            return _answer(process) if _fed(process, descriptor, size, step) else None
        finally:
            process.kill()


def _fed(
    process: subprocess.Popen[bytes], descriptor: int, size: int, step: Callable[[int], None]
) -> bool:
    """Give it the file, as far as it goes; whether it took all of it."""
    assert process.stdin is not None
    pipe, offset = process.stdin.fileno(), 0
    with suppress(OSError):  # more than an account may have: the usual size does as well
        fcntl.fcntl(pipe, _SET_PIPE_SIZE, _BLOCK)
    try:
        while offset < size:
            sent = os.sendfile(pipe, descriptor, offset, min(_BLOCK, size - offset))
            if not sent:  # truncated meanwhile
                break
            offset += sent
            step(sent)
    except OSError:
        return False
    return True


def _answer(process: subprocess.Popen[bytes]) -> Optional[int]:
    said = process.communicate()[0].strip()  # closes its input first: that was all
    return int(said) if process.returncode in (0, 1) and said.isdigit() else None
