"""Files of a machine as bytes at offsets: nothing is copied, nothing is loaded whole."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Protocol, Sequence, Tuple

from backend.errors import Missing, StxError, Unreachable, Unreadable
from backend.logs.line import Find

Identity = Tuple[int, int]  # device and inode: what a file stays when it is renamed


@dataclass(frozen=True)
class Facts:
    """What a folder says of a file: bytes, last change (epoch ms), who it is."""

    size: int
    changed_ms: int
    identity: Identity


@dataclass(frozen=True)
class Found:
    """Where words stand in a file, ascending, as far as ``upto``: a machine looked for itself."""

    offsets: Sequence[int]
    upto: int


class Bytes(Protocol):
    """An opened file; what is renamed, truncated or deleted stays open."""

    identity: Identity

    def size(self) -> int:
        """Return how many bytes it has now."""

    def read(self, offset: int, count: int) -> bytes:
        """Return up to so many bytes from there on; fewer only at the end."""

    def found(self, find: Find) -> Optional[Found]:
        """Return where its words stand, where its machine looks for them; None: read it."""

    def counted(self, find: Find, step: Callable[[int], None]) -> Optional[int]:
        """Return how many lines there are to find, where its machine counts them; None: read it."""

    def close(self) -> None:
        """Let go of it."""


# Counts the lines of an opened file of so many bytes, None where it does not.
Counting = Callable[[int, int, Find, Callable[[int], None]], Optional[int]]


def _uncounted(*_: Any) -> None:
    return None


class Files(Protocol):
    """The files of one machine. Every call may block; all raise ``StxError``.

    ``keeps_open`` says that a file which is open stays the same one when it is renamed.
    """

    keeps_open: bool

    def facts(self, path: str) -> Optional[Facts]:
        """Return what is known of a file, None where there is none."""

    def names(self, folder: str) -> List[str]:
        """Return the names in a folder, none where there is no such folder."""

    def open(self, path: str) -> Bytes:
        """Open a file; raises ``Missing`` and ``Unreadable``."""


class OpenFile:
    """A file of this machine."""

    def __init__(self, path: str, descriptor: int, counting: Counting = _uncounted) -> None:
        self._path = path
        self._counting = counting
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.identity = (status.st_dev, status.st_ino)

    def size(self) -> int:
        """Return how many bytes it has now."""
        return os.fstat(self._descriptor).st_size

    def read(self, offset: int, count: int) -> bytes:
        """Return up to so many bytes from there on."""
        try:
            return os.pread(self._descriptor, count, offset)
        except OSError as error:
            raise why(self._path, error) from error

    def found(self, find: Find) -> Optional[Found]:
        """Return nothing: it is read here as fast as anybody could."""
        del find
        return None

    def counted(self, find: Find, step: Callable[[int], None]) -> Optional[int]:
        """Return how many lines there are to find, where a program of this machine counts them."""
        return self._counting(self._descriptor, self.size(), find, step)

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Here:
    """The files of this machine."""

    keeps_open = True

    def __init__(self, counting: Counting = _uncounted) -> None:
        """``counting`` counts the lines of large ones, faster than we do."""
        self._counting = counting

    def facts(self, path: str) -> Optional[Facts]:
        """Return what is known of a file, None where there is none."""
        try:
            status = Path(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise why(path, error) from error
        identity = (status.st_dev, status.st_ino)
        changed_ms = status.st_mtime_ns // 1_000_000
        return Facts(size=status.st_size, changed_ms=changed_ms, identity=identity)

    def names(self, folder: str) -> List[str]:
        """Return the names in a folder, none where there is no such folder."""
        try:
            return os.listdir(folder)  # noqa: PTH208 - names are wanted, thousands of them
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise why(folder, error) from error

    def open(self, path: str) -> Bytes:
        """Open a file; a pipe or a device is no log, and would wait for ever."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise why(path, error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Unreadable(f"{path} is no file")
        return OpenFile(path, descriptor, self._counting)


_SAYS: Dict[int, str] = {
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.EIO: "the disk cannot read it",
    errno.ESTALE: "its file server has another file there now",
}


def why(path: str, error: OSError) -> StxError:
    """Return an error of the system in our words, with what can be done."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Missing(f"there is no {path} on this machine")
    words = f"{path}: {_SAYS.get(error.errno or 0, error.strerror or str(error))}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unreadable(words, f"run it as root: sudo stx-tui; {_owner(path)}".rstrip("; "))
    if error.errno in (errno.ETIMEDOUT, errno.EHOSTDOWN):
        return Unreachable(path, words)
    return Unreadable(words)


def _owner(path: str) -> str:
    """Return who may read a file, as far as that may be known."""
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    mode = stat.filemode(status.st_mode)
    group = f"a member of group {status.st_gid}" if status.st_mode & stat.S_IRGRP else "no group"
    return f"its mode is {mode}: {group} may read it too"
