"""A slice of the logs in a file of its own: as it was written, never over another file."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Optional

from backend.errors import Refused, Unreadable
from backend.home import at_home
from backend.logs.line import LogLine


@dataclass(frozen=True)
class Saved:
    """What was written: where, how many lines and bytes."""

    path: str
    lines: int
    size: int


def save(path: str, lines: Iterable[LogLine], *, named: bool) -> Saved:
    """Write ``lines`` to a new file, the log's name before each where they are of several.

    It is there whole and on the disk, or not at all. Raises ``Refused`` where there is such a file
    already, and ``Unreadable`` where it cannot be written.
    """
    target = at_home(path)
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise Refused(f"such a file is there already: {target}", "take another name") from error
    except OSError as error:
        raise _why(target, error, None) from error
    count = size = 0
    try:
        with os.fdopen(descriptor, "wb") as out:
            for line in lines:
                lead = f"{line.log}: ".encode() if named else b""
                size += out.write(lead + line.raw + b"\n")
                count += 1
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        target.unlink(missing_ok=True)
        raise _why(target, error, size) from error
    except BaseException:  # half a slice is no slice, whatever ended it
        target.unlink(missing_ok=True)
        raise
    return Saved(path=str(target), lines=count, size=size)


def _why(target: Path, error: OSError, size: Optional[int]) -> Unreadable:
    words = f"{error.strerror or error}: {target}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        gone = f" after {size} bytes; what was written of it was taken away again" if size else ""
        return Unreadable(
            f"{words}{gone}", "save it elsewhere, as under /media or /tmp, or less of it"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Unreadable(words, "save it where you may write, as in your home folder")
    return Unreadable(words)
