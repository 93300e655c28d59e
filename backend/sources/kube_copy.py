"""A file copied into a container, or out of it: tar through exec, compared, then named.

What arrives half is never found under its name: it stands beside it until it was compared.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import stat
import tarfile
import time
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, Callable, Iterator, Optional, Tuple

from backend.errors import Rejected, StxError, Unreachable
from backend.home import at_home
from backend.kind import Json
from backend.pods import PodCopy
from backend.sources.kube_api import KubeApi
from backend.sources.kube_program import Ran, Talk, program, run
from backend.sources.kubeconfig import SERVICE

Told = Callable[[int, int], None]
BLOCK = 65_536
# What stands beside a file until it was compared.
PART = ".stx-part"
IS_FOLDER = 21
# By size: no message can say that this was all, and tar would wait for more.
_TAKE = 'head -c "$1" | tar -xmof - -C "$2"'
_SUM = '{ sha256sum < "$1" || wc -c < "$1"; } 2>/dev/null'
_NAME = f'if [ -d "$2" ]; then exit {IS_FOLDER}; fi; mv -f "$1" "$2"'


async def copy(api: KubeApi, write: PodCopy, told: Optional[Told] = None) -> Json:
    """Copy, compare and name; the answer says how large it was and whether it was compared.

    Raises ``StxError``: the container's own words, or what is wrong here.
    """
    loop = asyncio.get_running_loop()

    def tells(gone: int, of: int) -> None:
        if told is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(told, gone, of)

    return await (_into if write.into else _out)(api, write, tells)


# --- into it -----------------------------------------------------------------------------------


async def _into(api: KubeApi, write: PodCopy, told: Told) -> Json:
    there = PurePosixPath(write.there)
    part = there.with_name(f".{there.name}{PART}")
    try:
        file = await asyncio.to_thread(_opened, write.here)
    except OSError as error:
        raise Rejected("this machine", 0, f"{write.here}: {error.strerror}") from error
    with file:
        try:
            return await _named(api, write, file, part, told)
        except Rejected:
            # What arrived half fills their disk, and nobody would look for it.
            with suppress(StxError):
                await run(api, write, ("rm", "-f", str(part)))
            raise


async def _named(
    api: KubeApi, write: PodCopy, file: io.FileIO, part: PurePosixPath, told: Told
) -> Json:
    """Send it beside its name, compare, and give it the name."""
    size = os.fstat(file.fileno()).st_size
    summed = hashlib.sha256()
    head, tail = _framed(part.name, size, os.fstat(file.fileno()).st_mode)
    whole = str(len(head) + size + len(tail))
    argv = ("sh", "-c", _TAKE, "sh", whole, str(part.parent))
    _hold(await run(api, write, argv, _blocks(file, size, summed, head, tail, told)), write)
    said = await _sum(api, write, str(part))
    if not _is_same(said, summed.hexdigest(), size):
        raise Rejected(SERVICE, 0, "what arrived is not what was sent; nothing was changed there")
    ran = await run(api, write, ("sh", "-c", _NAME, "sh", str(part), write.there))
    if ran.code == IS_FOLDER:
        raise Rejected(SERVICE, 0, f"{write.there} is a folder", "name the file in it")
    _hold(ran, write)
    return _told(size, said)


def _opened(path: str) -> io.FileIO:
    file = io.FileIO(path)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(0, "it is no regular file")
    return file


def _framed(name: str, size: int, mode: int) -> Tuple[bytes, bytes]:
    """Return what stands before and after a file in a tar."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, stat.S_IMODE(mode), int(time.time())
    head = info.tobuf(tarfile.PAX_FORMAT)
    return head, b"\0" * (-size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)


def _blocks(
    file: io.FileIO, size: int, summed: Any, head: bytes, tail: bytes, told: Told
) -> Iterator[bytes]:
    yield head
    left = size
    while left:
        try:
            block = file.read(min(BLOCK, left))
        except OSError as error:
            words = f"the file can't be read to its end: {error.strerror or error}"
            raise Rejected("this machine", 0, words) from error
        if not block:
            raise Rejected("this machine", 0, "the file became shorter while it was read")
        left -= len(block)
        summed.update(block)
        yield block
        told(size - left, size)
    yield tail


# --- out of it ---------------------------------------------------------------------------------


async def _out(api: KubeApi, write: PodCopy, told: Told) -> Json:
    there = PurePosixPath(write.there)
    here = await asyncio.to_thread(_place, write.here, there.name)
    part = here.with_name(f".{here.name}{PART}")
    argv = ("tar", "-chf", "-", "-C", str(there.parent), f"./{there.name}")
    try:
        return await _taken(api, write, argv, part, here, told)
    except OSError as error:
        raise _here(here, error) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _place(named: str, name: str) -> Path:
    """Return where a file goes here: under its own name where a folder was named."""
    here = at_home(named)
    here = here / name if here.is_dir() else here
    if here.exists():
        raise Rejected("this machine", 0, f"{here} is there already", "name another")
    return here


async def _taken(
    api: KubeApi, write: PodCopy, argv: Tuple[str, ...], part: Path, here: Path, told: Told
) -> Json:
    async with program(api, write, argv, gives=False) as line:
        size, digest, ran = await asyncio.to_thread(unpack, line, write.there, part, told)
    _hold(ran, write)
    said = await _sum(api, write, write.there)
    if not _is_same(said, digest, size):
        raise Rejected(SERVICE, 0, "it changed while it was copied: nothing was kept of it")
    await asyncio.to_thread(part.replace, here)
    return _told(size, said)


def unpack(line: Any, there: str, part: Path, told: Told) -> Tuple[int, str, Ran]:
    """Write the one file of a tar that comes; whatever else it has is refused. Blocks."""
    heard = _Heard(line)
    wanted, digest, size = PurePosixPath(there).name, "", 0
    try:
        with tarfile.open(fileobj=heard, mode="r|") as tar:
            members = iter(tar)
            first = next(members, None)
            if first is None:
                return 0, "", heard.rest()
            _hold_to(first, wanted)
            size = first.size
            stream = tar.extractfile(first)
            assert stream is not None
            digest = _kept(stream, part, size, told)
            for more in members:
                raise Rejected(SERVICE, 0, f"the container sent {more.name!r} as well: refused")
    except tarfile.TarError as error:
        ran = heard.rest()
        if ran.code:
            return 0, "", ran
        raise Rejected(SERVICE, 0, f"what came is no tar: {error}") from error
    return size, digest, heard.rest()


def _kept(stream: Any, part: Path, size: int, told: Told) -> str:
    """Write a stream to a file and the disk; return its SHA-256."""
    summed = hashlib.sha256()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        # Buffered: a file of its own may take a part of what it is given, and say nothing.
        file = os.fdopen(os.open(part, flags, 0o600), "wb")
    except OSError as error:
        raise _here(part, error) from error
    try:
        with file:
            for block in iter(lambda: _read(stream), b""):
                summed.update(block)
                file.write(block)
                told(file.tell(), size)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _here(part, error) from error
    return summed.hexdigest()


def _read(stream: Any) -> bytes:
    """Read on; what goes wrong on the line is the line's, and no fault of the file's."""
    try:
        block: bytes = stream.read(BLOCK)
    except OSError as error:
        raise Unreachable(SERVICE, f"the line is gone: {error}", sent=True) from error
    return block


def _here(path: Path, error: OSError) -> Rejected:
    return Rejected("this machine", 0, f"{path}: {error.strerror or error}")


def _hold_to(member: tarfile.TarInfo, wanted: str) -> None:
    """Refuse what is not the one file that was asked for: it would be written elsewhere."""
    if member.name not in (wanted, f"./{wanted}"):
        raise Rejected(SERVICE, 0, f"the container sent {member.name!r}, not {wanted}: refused")
    if not member.isreg():
        what = "a folder" if member.isdir() else "no regular file"
        raise Rejected(SERVICE, 0, f"{wanted} is {what}: only files are copied")


class _Heard(io.RawIOBase):
    """What a program prints, as a file to read; blocks."""

    def __init__(self, line: Any) -> None:
        self._talk = Talk(line)
        self._printed = bytearray()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return that many bytes, fewer at the end."""
        while not self._talk.is_over and (size < 0 or len(self._printed) < size):
            self._printed += self._talk.next()
        taken = bytes(self._printed[:size] if size >= 0 else self._printed)
        del self._printed[: len(taken)]
        return taken

    def rest(self) -> Ran:
        """Read to the end, keep nothing, and return how it ended."""
        while not self._talk.is_over:
            self._talk.next()
        return self._talk.ran


async def _sum(api: KubeApi, write: PodCopy, path: str) -> str:
    """Return the SHA-256 of a file there, or its size where nothing can sum it."""
    ran = await run(api, write, ("sh", "-c", _SUM, "sh", path))
    _hold(ran, write)
    words = ran.printed.decode("ascii", "replace").split()
    return words[0] if words else ""


def _is_same(said: str, digest: str, size: int) -> bool:
    return said == digest or said == str(size)


def _told(size: int, said: str) -> Json:
    how = "SHA-256 is the same there" if len(said) == 64 else "size alone: nothing there can sum it"
    return {"bytes": size, "compared": how}


def _hold(ran: Ran, write: PodCopy) -> None:
    """Raise what a program complained of, where it failed."""
    if ran.code:
        lacks = "executable file not found" in ran.words or "not found" in ran.words
        advice = f"copying takes sh and tar in {write.container}" if lacks else ""
        raise Rejected(SERVICE, 0, ran.words, advice)
