"""Programs over a connection that ``ssh`` holds open, without a process of ours for each.

The one ``ssh`` that holds a connection (``ControlMaster``) takes orders on a socket, in the
protocol of OpenSSH's PROTOCOL.mux (version 4, since 2010): a command, and the three pipes that it
is to have. To start ``ssh -S`` for it takes 6 ms of processor a question, this half a millisecond.
"""

from __future__ import annotations

import array
import asyncio
import os
import socket
import struct
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from backend.errors import Unreachable
from backend.sources.local import Printed

VERSION = 4
_HELLO, _NEW_SESSION = 0x00000001, 0x10000002
_DENIED, _FAILURE, _EXIT, _OPENED = 0x80000002, 0x80000003, 0x80000004, 0x80000006
_NO_ESCAPE = 0xFFFFFFFF
# How long what was printed may come after the exit code, as of a child that went on, in seconds.
_CHILDREN_S = 0.5
# The longest message that is taken of it: no answer of ours has a thousand bytes.
_LONGEST = 256 * 1024


class Gone(Unreachable):
    """Nobody holds that connection any more: nothing was asked."""


async def run(
    path: Path, command: str, *, name: str, deadline_s: float, most_bytes: int, given: bytes = b""
) -> Printed:
    """Run ``command`` by the ssh that listens at ``path``; what it printed, as ``local.run`` does.

    Its code is 255 where it ended without one. Raises ``Gone`` where nobody listens, and
    ``Unreachable`` where the far side takes no session, and past ``deadline_s``; leaving ends what
    runs there, as far as its sshd ends what nobody listens to.
    """
    session = _Session(name, most_bytes)
    late = asyncio.get_running_loop().call_later(deadline_s, session.end)
    try:
        await session.call(path)
        code = await session.talk(command, given)
    finally:
        late.cancel()
        session.close()
    if session.is_ended and not session.is_full:
        words = f"did not end within {deadline_s:g} s, and was stopped"
        raise Unreachable(name, words, sent=True)
    return session.printed(code)


def is_held(path: Path) -> bool:
    """Whether an ssh listens at ``path``: one that was killed leaves its socket behind."""
    with socket.socket(socket.AF_UNIX) as line:
        line.setblocking(False)
        return line.connect_ex(str(path)) == 0


class _Pipe(asyncio.Protocol):
    """One end of what it prints."""

    def __init__(self, session: _Session) -> None:
        self._session = session
        self.said: List[bytes] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.said.append(self._session.take(data))

    def connection_lost(self, exc: Optional[Exception]) -> None:  # noqa: ARG002
        if not self.over.done():
            self.over.set_result(None)

    @property
    def text(self) -> str:
        return b"".join(self.said).decode("utf-8", "backslashreplace")


class _Given(asyncio.Protocol):
    """The end of what it is given: written, then closed."""

    def __init__(self) -> None:
        self._transport: Optional[asyncio.WriteTransport] = None

    def give(self, transport: asyncio.WriteTransport, given: bytes) -> None:
        self._transport = transport
        transport.write(given)
        transport.close()

    def connection_lost(self, exc: Optional[Exception]) -> None:  # noqa: ARG002
        self._transport = None

    def drop(self) -> None:
        """Give no more: nobody reads it."""
        if self._transport is not None:
            self._transport.abort()


class _Session:
    """One program there: the line to the ssh that runs it, and its pipes."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self._name = name
        self._room = most_bytes
        self._line = socket.socket(socket.AF_UNIX)
        self._line.setblocking(False)
        self._ends = ExitStack()
        self._ends.callback(self._line.close)
        self._pipes: Dict[int, _Pipe] = {}
        # Whether we ended it, and whether that was for too much.
        self.is_ended = self.is_full = False

    def take(self, data: bytes) -> bytes:
        """Return what of it there is room for."""
        taken = data[: self._room]
        self._room -= len(taken)
        if len(taken) < len(data):
            self.is_full = True
            self.end()
        return taken

    def end(self) -> None:
        """Have it ended: the line ends, which whoever listens to it hears."""
        self.is_ended = True
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    async def call(self, path: Path) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(self._line, str(path))
            await self._tell(struct.pack(">II", _HELLO, VERSION))
            sort, body = await self._hear()
        except (OSError, EOFError) as error:
            if self.is_ended:
                raise Unreachable(self._name, "its ssh does not answer us") from error
            raise Gone(self._name, "the connection was lost") from error
        if sort != _HELLO or struct.unpack_from(">I", body)[0] != VERSION:
            words = f"this ssh shares its connection in another way than that of version {VERSION}"
            raise Unreachable(self._name, words)

    async def talk(self, command: str, given: bytes) -> int:
        """Return its exit code (255: it ended without one), once all that it printed is here."""
        try:
            await self._order(command, given)
            code = await self._ended()
        except (OSError, EOFError) as error:
            if self.is_ended:
                return 255
            raise Unreachable(self._name, "the connection was lost", sent=True) from error
        if not self.is_ended:
            await asyncio.wait([one.over for one in self._pipes.values()], timeout=_CHILDREN_S)
        return code

    async def _order(self, command: str, given: bytes) -> None:
        """Send the command and the pipes it is to have; raises why it is not begun."""
        flags = struct.pack(
            ">6I", 0, 0, 0, 0, 0, _NO_ESCAPE
        )  # reserved, tty, X11, agent, subsystem
        term, line = _string(b""), _string(command.encode())
        await self._tell(struct.pack(">II", _NEW_SESSION, 0) + flags + term + line)
        theirs = [await self._stdin(given), await self._out(1), await self._out(2)]
        try:
            for descriptor in theirs:
                await self._pass(descriptor)
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        sort, body = await self._hear()
        if sort in (_DENIED, _FAILURE):
            size = struct.unpack_from(">I", body, 4)[0]
            raise Unreachable(self._name, body[8 : 8 + size].decode("utf-8", "replace"))

    async def _ended(self) -> int:
        with suppress(EOFError):
            sort, body = await self._hear()
            while sort != _EXIT:
                sort, body = await self._hear()
            return int(struct.unpack_from(">I", body, 4)[0])
        return 255

    def printed(self, code: int) -> Printed:
        out, err = (self._pipes[fd].text for fd in (1, 2))
        return Printed(out=out, err=err, code=code, is_cut=self.is_full)

    def close(self) -> None:
        """Leave nothing open; the ssh that holds the connection ends the session then."""
        # Before its number is another's: what was awaited of it is looked after a turn later.
        asyncio.get_running_loop().remove_reader(self._line)
        self._ends.close()

    # --- pipes ---------------------------------------------------------------------------------

    async def _stdin(self, given: bytes) -> int:
        """Return their end of a pipe that ``given`` goes through, nothing's where that is empty."""
        if not given:
            return os.open(os.devnull, os.O_RDONLY)
        theirs, ours = os.pipe()
        transport, giving = await asyncio.get_running_loop().connect_write_pipe(
            _Given, os.fdopen(ours, "wb", buffering=0)
        )
        giving.give(transport, given)
        self._ends.callback(giving.drop)
        return theirs

    async def _out(self, fd: int) -> int:
        """Return their end of a pipe whose other end is listened to."""
        ours, theirs = os.pipe()
        transport, self._pipes[fd] = await asyncio.get_running_loop().connect_read_pipe(
            lambda: _Pipe(self), os.fdopen(ours, "rb", buffering=0)
        )
        self._ends.callback(transport.close)
        return theirs

    # --- messages ------------------------------------------------------------------------------

    async def _tell(self, message: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._line, _string(message))

    async def _pass(self, descriptor: int) -> None:
        """Give a descriptor over, with the one byte that must go with it."""
        while True:
            try:
                rights = array.array("i", [descriptor])
                self._line.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            except BlockingIOError:
                await asyncio.sleep(0)
            else:
                return

    async def _hear(self) -> Tuple[int, bytes]:
        """Return sort and body of the next message. Raises ``EOFError`` after the last."""
        size = struct.unpack(">I", await self._exactly(4))[0]
        if not 4 <= size <= _LONGEST:
            raise Unreachable(self._name, f"its ssh said something of {size} bytes", sent=True)
        message = await self._exactly(size)
        return struct.unpack_from(">I", message)[0], message[4:]

    async def _exactly(self, size: int) -> bytes:
        loop, read = asyncio.get_running_loop(), b""
        while len(read) < size:
            part = await loop.sock_recv(self._line, size - len(read))
            if not part:
                raise EOFError
            read += part
        return read


def _string(words: bytes) -> bytes:
    return struct.pack(">I", len(words)) + words
