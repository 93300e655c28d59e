"""What was seen in a session, as a text file: saved at its end, or written as it goes."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Deque, List, Optional, Tuple

from backend.clean import clean
from backend.folders import state_folder

FOLDER = "sessions"


def save(name: str, lines: List[str]) -> str:
    """Write all of it into a new file; return what to say of that."""
    if not lines:
        return "nothing was seen"
    path = _path(name, "txt")
    try:
        file = _opened(path)
    except OSError as error:
        return f"not saved: {error.strerror}"
    try:
        with file:
            file.writelines(f"{clean(line)}\n" for line in lines)
    except OSError as error:
        # Half of what was seen would pass for all of it.
        with suppress(OSError):
            path.unlink()
        return f"not saved: {error.strerror}"
    return f"saved: {path}"


class Log:
    """A file that gets each line as it leaves the top of the screen, and the rest at the end."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self.path = path
        self._file = file
        self._trouble = ""

    @classmethod
    def begin(cls, name: str, at: str) -> Tuple[Optional[Log], str]:
        """Return a new log and what to say of it; None where it cannot be written."""
        path = _path(name, "log")
        try:
            file = _opened(path)
        except OSError as error:
            return None, f"no log: {error.strerror}"
        file.write(f"# {clean(name)}, from {at}\n")
        return cls(path, file), f"log: {path}"

    def went_by(self, past: Deque[str], count: int) -> None:
        """Write the last ``count`` lines that went by."""
        if not count:
            return
        first = max(0, len(past) - count)
        self._write(list(islice(past, first, None)))

    def end(self, lines: List[str]) -> str:
        """Write what stands on the screen, and close; return what to say of it."""
        self._write(lines)
        try:
            self._file.close()
        except OSError as error:  # what could not be written before is tried once more by it
            self._trouble = f"the log ended: {error.strerror}"
        return self._trouble or f"log closed: {self.path}"

    def _write(self, lines: List[str]) -> None:
        if self._trouble:
            return
        try:
            self._file.writelines(f"{clean(line)}\n" for line in lines)
            self._file.flush()
        except OSError as error:
            self._trouble = f"the log ended: {error.strerror}"


def _path(name: str, end: str) -> Path:
    folder = state_folder() / FOLDER
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "session"
    path = folder / f"{stem}.{end}"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{stem}.{number}.{end}"
    return path


def _opened(path: Path) -> IO[str]:
    """Return a new file that only its owner can read: what was seen may be anything."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8")
