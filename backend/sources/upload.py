"""Files on their way to a service: a multipart form, read from the disk as it is sent."""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import AsyncIterator, BinaryIO, Callable, List, Mapping, Optional, Sequence, Tuple

from backend.errors import Missing

BLOCK_BYTES = 64 * 1024
"""Of a file that is held at a time."""
SLOWEST_BYTES_S = 50_000
"""A line slower than this is given up: it adds to the deadline of the answer."""

# The vendor's client calls a lone file so; most services look only that there is a name.
FILE_NAME = "for_upload"

# Told how many bytes of how many are on their way.
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Part:
    """A file of a form: its path, the field it stands in, and the name it goes under."""

    path: str
    field: str = "file"
    name: str = FILE_NAME


class FileForm:
    """A form with files and fields beside them; may be sent again from its beginning.

    ``length`` is of the whole body, in bytes. Raises ``Missing`` where a file cannot be read:
    nothing was sent then.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        fields: Mapping[str, str],
        told: Optional[Told] = None,
        patience_s: float = 0.0,
        types: Optional[Mapping[str, str]] = None,
    ) -> None:
        """``patience_s`` is how much longer than usual the service may take over what it got.

        ``types`` are media types by field, for services that want them said.
        """
        boundary, types = secrets.token_hex(16), types or {}
        self.content_type = f"multipart/form-data; boundary={boundary}"
        said = (_field(boundary, key, value, types.get(key)) for key, value in fields.items())
        self._head = "".join(said).encode()
        self._files = [_File(boundary, part, types.get(part.field)) for part in parts]
        self._tail = f"--{boundary}--\r\n".encode()
        self._told = told
        self._patience_s = patience_s
        self.length = len(self._head) + sum(one.length for one in self._files) + len(self._tail)

    @property
    def takes_s(self) -> float:
        """How long sending it may take on the slowest line, and the service over it, in seconds."""
        return self.length / SLOWEST_BYTES_S + self._patience_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body; of a file that grew meanwhile what it had at first."""
        gone = 0
        async for block in self._blocks():
            yield block
            gone += len(block)
            if self._told is not None:
                self._told(gone, self.length)

    async def _blocks(self) -> AsyncIterator[bytes]:
        if self._head:
            yield self._head
        for file in self._files:
            async for block in file.blocks():
                yield block
        yield self._tail


class RawFile(FileForm):
    """A file as it is, without a form around it."""

    def __init__(self, path: str, told: Optional[Told] = None, patience_s: float = 0.0) -> None:
        """Raises ``Missing`` where the file cannot be read."""
        super().__init__((), {}, told, patience_s)
        self.content_type = "application/octet-stream"
        self._raw = _File("", Part(path=path))
        self.length = self._raw.size

    async def _blocks(self) -> AsyncIterator[bytes]:
        async for block in self._raw.content():
            yield block


class _File:
    """One file of a form, with what stands around it."""

    def __init__(self, boundary: str, part: Part, sort: Optional[str] = None) -> None:
        self._path = Path(part.path)
        opening = f'Content-Disposition: form-data; name="{part.field}"; filename="{part.name}"'
        self._head = f"--{boundary}\r\n{opening}{_type(sort)}\r\n\r\n".encode()
        with self._open() as file:
            self.size = os.fstat(file.fileno()).st_size
        self.length = len(self._head) + self.size + 2

    async def blocks(self) -> AsyncIterator[bytes]:
        yield self._head
        async for block in self.content():
            yield block
        yield b"\r\n"

    async def content(self) -> AsyncIterator[bytes]:
        """Yield what is in it, of one that grew meanwhile what it had at first."""
        with self._open() as file:
            left = self.size
            while left:
                block = await asyncio.to_thread(file.read, min(left, BLOCK_BYTES))
                if not block:
                    break
                left -= len(block)
                yield block

    def _open(self) -> BinaryIO:
        try:
            # What is no file may have nothing to give for ever: it is not waited for.
            handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            raise Missing(f"{self._path} cannot be read: {why}", "nothing was sent") from error
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            os.close(handle)
            why = "is a directory" if stat.S_ISDIR(mode) else "it is no file"
            raise Missing(f"{self._path} cannot be read: {why}", "nothing was sent")
        return os.fdopen(handle, "rb")


def named(paths: Sequence[str]) -> Tuple[Part, ...]:
    """Return files that each go under their own name, as a field of that name."""
    found: List[Part] = []
    for path in paths:
        name = Path(path).name.replace('"', "%22")
        found.append(Part(path=path, field=name, name=name))
    return tuple(found)


def _field(boundary: str, name: str, value: str, sort: Optional[str] = None) -> str:
    opening = f'Content-Disposition: form-data; name="{name}"{_type(sort)}'
    return f"--{boundary}\r\n{opening}\r\n\r\n{value}\r\n"


def _type(sort: Optional[str]) -> str:
    return f"\r\nContent-Type: {sort}" if sort else ""
