"""A file on its way to a service: a multipart form, read from the disk as it is sent."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from typing import AsyncIterator, BinaryIO, Mapping

from backend.errors import Missing

BLOCK_BYTES = 64 * 1024
"""Of a file that is held at a time."""
SLOWEST_BYTES_S = 50_000
"""A line slower than this is given up: it adds to the deadline of the answer."""
# The vendor's client calls every file so; the services look at nothing but that there is a name.
FILE_NAME = "for_upload"


class FileForm:
    """A form with one file and fields beside it; may be sent again from its beginning.

    ``length`` is of the whole body, in bytes. Raises ``Missing`` where the file cannot be read:
    nothing was sent then.
    """

    def __init__(self, path: str, name: str, fields: Mapping[str, str]) -> None:
        """``name`` is the form's field of the file."""
        self.path = Path(path)
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        parts = [_field(boundary, key, value) for key, value in fields.items()]
        opening = f'Content-Disposition: form-data; name="{name}"; filename="{FILE_NAME}"\r\n\r\n'
        self._head = "".join([*parts, f"--{boundary}\r\n{opening}"]).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        with self._open() as file:
            self._size = os.fstat(file.fileno()).st_size
        self.length = len(self._head) + self._size + len(self._tail)

    @property
    def takes_s(self) -> float:
        """How long sending it may take on the slowest line, in seconds."""
        return self.length / SLOWEST_BYTES_S

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body; of a file that grew meanwhile what it had at first."""
        yield self._head
        with self._open() as file:
            left = self._size
            while left:
                block = await asyncio.to_thread(file.read, min(left, BLOCK_BYTES))
                if not block:
                    break
                left -= len(block)
                yield block
        yield self._tail

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            raise Missing(f"{self.path} cannot be read: {why}", "nothing was sent") from error


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
