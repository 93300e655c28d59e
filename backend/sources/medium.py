"""A file onto a medium that a person carries away: written, synced, read back, compared."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Callable, ContextManager, Iterator, Optional, Protocol, Tuple

from backend.errors import Rejected, StxError
from backend.kind import FileCopy, Json

_CHUNK = 1024 * 1024
# What the kernel says of a medium that is not there any more.
_GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.EBADF, errno.ESTALE)
_GONE_ALSO = (errno.ENOENT, errno.EROFS)


class Source(Protocol):
    """Where a file comes from. Its calls block."""

    def size(self) -> int:
        """Return its bytes. Raises ``StxError`` where it cannot be read."""

    def open(self) -> ContextManager[BinaryIO]:
        """Open it, to be read from its beginning to its end."""

    def prove(self, digest: str) -> None:
        """Raise ``StxError`` where it is not of that SHA-256 where it comes from."""


async def copy(
    write: FileCopy,
    is_mount: Callable[[Path], bool] = os.path.ismount,
    source: Optional[Source] = None,
) -> Json:
    """Copy a file and return its size and SHA-256; the thread stops when nobody waits any more.

    Raises ``Rejected`` before anything is written: no such file, no medium, no room. Raises
    ``StxError`` where it failed midway or reads back otherwise; then nothing half stays there
    under the file's own name. ``source`` is where it comes from, where that is not here.
    """
    stop = threading.Event()
    try:
        found = source or Here(Path(write.path))
        return await asyncio.to_thread(_copy, write, found, is_mount, stop)
    finally:
        stop.set()


def _copy(
    write: FileCopy, source: Source, is_mount: Callable[[Path], bool], stop: threading.Event
) -> Json:
    name, folder = Path(write.path).name, Path(write.folder)
    size = source.size()
    _check(name, size, folder, is_mount)
    target, partial = folder / name, folder / f".{name}.part"
    try:
        wrote = _written(source, partial, stop)
        _compare(target, wrote, _hash_of(partial, stop))
        source.prove(wrote)
        partial.replace(target)
        _written_text(folder / f"{name}.sha256", f"{wrote}  {name}\n")
        _sync(folder)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise _midway(write, error) from error
    except StxError:
        with suppress(OSError):
            partial.unlink()
        raise
    return {"path": str(target), "bytes": size, "sha256": wrote}


class Here:
    """A file of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._began: Optional[Tuple[int, ...]] = None

    def __str__(self) -> str:
        return str(self._path)

    def size(self) -> int:
        """Return its bytes."""
        path = self._path
        try:
            there = path.stat()
            size, self._began = there.st_size, _state(there)
        except OSError as error:
            words = f"{error.filename or path}: {error.strerror}"
            raise Rejected("medium", error.errno or 0, words) from error
        if not path.is_file():
            raise Rejected("medium", errno.EISDIR, f"{path} is no file")
        if not os.access(path, os.R_OK):
            words = f"{path} may not be read by this user"
            raise Rejected("medium", errno.EACCES, words, "root may: sudo -E stx-tui")
        return size

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it."""
        with self._path.open("rb") as file:
            yield file

    def prove(self, digest: str) -> None:
        """It was read where it lies: what changed meanwhile is not what was read."""
        del digest
        try:
            now = self._path.stat()
        except OSError as error:
            raise StxError(f"{self._path} went away while it was copied") from error
        if self._began is not None and _state(now) != self._began:
            words = f"{self._path} changed while it was copied"
            raise StxError(words, "wait until it is whole, and copy it again")


def _state(there: os.stat_result) -> Tuple[int, ...]:
    return there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns


def _check(name: str, size: int, folder: Path, is_mount: Callable[[Path], bool]) -> None:
    """Raise ``Rejected`` where there is no medium, or no room for so many bytes."""
    try:
        if not is_mount(folder):
            words = f"nothing is mounted at {folder}: it would fill this machine's own disk"
            raise Rejected("medium", errno.ENODEV, words, ":media says what is plugged in")
        if os.path.lexists(folder / name):
            words = f"there is a {name} at {folder} already"
            raise Rejected("medium", errno.EEXIST, words, "rename it there, or take it away")
        there = os.statvfs(folder)
    except OSError as error:
        words = f"{error.filename or folder}: {error.strerror}"
        raise Rejected("medium", error.errno or 0, words) from error
    free = there.f_bavail * there.f_frsize
    if free < size:
        words = f"{folder} has {free} bytes free, {name} takes {size}"
        raise Rejected("medium", errno.ENOSPC, words, "make room there, or take another")


def _written(source: Source, partial: Path, stop: threading.Event) -> str:
    digest = hashlib.sha256()
    with source.open() as read, _fresh(partial) as write:
        while True:
            chunk = _from(source, read, stop)
            if not chunk:
                break
            digest.update(chunk)
            write.write(chunk)
        write.flush()
        os.fsync(write.fileno())
        # What is read back is to come from the medium, and not from memory.
        os.posix_fadvise(write.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest()


def _hash_of(path: Path, stop: threading.Event) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as read:
        for chunk in iter(lambda: _chunk(read, stop), b""):
            digest.update(chunk)
    return digest.hexdigest()


def _from(source: Source, file: BinaryIO, stop: threading.Event) -> bytes:
    """Read on; what cannot be read where it comes from is no fault of the medium."""
    try:
        return _chunk(file, stop)
    except OSError as error:
        words = f"{source} cannot be read to its end: {error.strerror or error}"
        raise StxError(words, "the disk that it lies on is at fault, not the medium") from error


def _chunk(file: BinaryIO, stop: threading.Event) -> bytes:
    if stop.is_set():
        raise StxError("the copy was given up; nothing was left there under its name")
    return file.read(_CHUNK)


def _compare(target: Path, wrote: str, read: str) -> None:
    if wrote != read:
        words = f"{target} reads back otherwise than it was written: the medium is damaged"
        raise StxError(words, "use another medium; nothing was left there under its name")


def _written_text(path: Path, text: str) -> None:
    with _fresh(path) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _fresh(path: Path) -> BinaryIO:
    """Open a file of our own: where a link lies in its place, what that leads to is left alone."""
    with suppress(FileNotFoundError):
        path.unlink()
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _midway(write: FileCopy, error: OSError) -> StxError:
    """Return what an error in the middle of it means."""
    reason = error.strerror or str(error)
    if error.errno == errno.ENOSPC:
        words = f"{write.folder} is full before {write.path} was all there"
        return StxError(words, "what was written of it is removed; make room, or take another")
    if error.errno == errno.EFBIG:
        words = f"{write.path} is larger than the filesystem at {write.folder} takes"
        return StxError(words, "FAT takes 4 GiB: format it exFAT or ext4, or take another")
    if error.errno in (*_GONE, *_GONE_ALSO):
        words = f"the medium at {write.folder} was pulled out or failed in mid-write: {reason}"
        return StxError(words, "nothing on it is to be trusted; plug it in and copy again")
    return StxError(f"{write.path} was not copied to {write.folder}: {reason}")
