"""Ceph, asked through one long-lived process that uses Ceph's own library where Ceph is.

Measured with Ceph 16 on one machine: a process a question is 0.6 s each; ``ceph`` without words
reads commands from standard input, but answers them in tables and ends with the first that is
wrong; its library (which the program itself is written with, so it is wherever that is) connects
in 0.16 s and answers in 0.3 to 4 ms. So a few lines of ours run beside it (``ceph_teller``): on
this machine, behind SSH, or in Rook's tools pod. Where the library is missing it is a process each.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple, Union, cast

from backend.ceph import CephCommand
from backend.ceph_settings import CephWay
from backend.errors import Absent, StxError, Unauthorized, Unreachable
from backend.plan import HERE
from backend.sources import ceph_teller, local
from backend.sources.ceph_said import ASK_FIRST, SOURCE, Said
from backend.sources.machines import Machines

# How long the way to Ceph and one answer may take, in seconds: more than the teller's own limit.
CONNECT_S, ANSWER_S = 20.0, 10.0
# A process's own ends: it may be gone by itself.
_END_S = 1.0
_MOST_BYTES = 64 * 1024 * 1024
_NEWS = b"news"
# The system's Python, not that of an environment we are in: there the library is.
_PYTHON = "/usr/bin/python3"


class Direct:
    """Ceph's own library or program, on a machine or in a pod, begun when it is first asked."""

    def __init__(
        self, way: CephWay, machines: Machines, on_news: Callable[[], None], kubeconfig: str = ""
    ) -> None:
        """``on_news`` hears that Ceph's map of its OSDs is another, as long as one asks something.

        ``kubeconfig`` is for Rook's pod on this machine; a controller has its own.
        """
        self._way = way
        self._machines = machines
        self._on_news = on_news
        self._kubeconfig = kubeconfig
        self._talk: Optional[_Talk] = None
        self._opening = asyncio.Lock()
        self._has_no_library = False

    async def ask(self, command: CephCommand) -> Said:
        """Ask one command. Raises ``StxError`` where Ceph was not reached."""
        talk = await self._reached()
        if talk is None:
            return await self._program(command)
        return await talk.ask(command)

    async def close(self) -> None:
        """End the process."""
        if self._talk is not None:
            await self._talk.close()
            self._talk = None

    async def _reached(self) -> Optional[_Talk]:
        """Return the process that answers, begun where there is none; None: there is no library."""
        async with self._opening:
            if self._talk is not None and self._talk.is_over:
                await self._talk.close()
                self._talk = None
            if self._talk is None and not self._has_no_library:
                talk = _Talk(self._on_news)
                try:
                    await talk.begin(await self._argv(_PYTHON, "-c", _text(), self._options()))
                except _NoLibrary:
                    self._has_no_library = True
                    return None
                except Absent as error:
                    where = f"kubectl -n {self._way.namespace} get {self._way.pod}"
                    error.advice = f"is it there: {where}" if self._way.pod else error.advice
                    raise
                self._talk = talk
            return self._talk

    async def _program(self, command: CephCommand) -> Said:
        """Ask by ``ceph`` itself, a process each."""
        if command.prefix == "rbd images":
            return Said(errno.ENOSYS, "they are told by python3-rbd, which is not there", b"")
        way = self._way
        words = [*(("--conf", way.conf) if way.conf else ()), "--name", way.name]
        words += ["--keyring", way.keyring] if way.keyring else []
        words += ["--connect-timeout", ceph_teller.LIMIT_S]
        printed = await self._machines.run(
            (*self._pod(), "ceph", *words, *command.words, "--format", "json"),
            way.machine,
            deadline_s=CONNECT_S + ANSWER_S,
            most_bytes=_MOST_BYTES,
        )
        return Said(printed.code, " ".join(printed.err.split()), printed.out.encode())

    async def _argv(self, *words: str) -> Tuple[str, ...]:
        argv = (*self._pod(), *words)
        return tuple(await self._machines.reached(argv, self._way.machine))

    def _pod(self) -> Tuple[str, ...]:
        """Return what runs a program in Rook's pod, nothing where Ceph is asked directly."""
        if not self._way.pod:
            return ()
        conf = self._kubeconfig if self._way.machine == HERE else ""
        conf = conf or "/etc/kubernetes/admin.conf"
        into = ("exec", "-i", self._way.pod, "--")
        return ("kubectl", f"--kubeconfig={conf}", "-n", self._way.namespace, *into)

    def _options(self) -> str:
        way = self._way
        more = {"keyring": way.keyring} if way.keyring else {}
        return json.dumps({"conf": way.conf, "name": way.name, "more": more})


class _NoLibrary(Exception):
    """The library of Ceph is not where Ceph is asked."""


def _text() -> str:
    return Path(ceph_teller.__file__).read_text(encoding="utf-8")


def _greeted(said: Said) -> None:
    """Raise why Ceph was not reached, by what its library says of it."""
    if said.code == errno.ENOSYS:
        raise _NoLibrary
    if said.code:
        raise _not_reached(said)


def _not_reached(said: Said) -> StxError:
    if said.code in (errno.EPERM, errno.EACCES):
        return Unauthorized(SOURCE, said.words, "see its keyring: who may read it, whose key it is")
    if said.code == errno.ENOENT:
        return Absent(f"ceph: {said.words}: this is no machine of a cluster, or name its conf")
    return Unreachable(SOURCE, said.words, ASK_FIRST)


class _Talk(asyncio.SubprocessProtocol):
    """One process that answers by lines; each question is known by its number."""

    def __init__(self, on_news: Callable[[], None]) -> None:
        self._on_news = on_news
        self._waiting: Dict[int, asyncio.Future[Said]] = {}
        self._parts: List[bytes] = []
        self._err = b""
        self._next = 0
        self._is_lost = False
        self._transport: Optional[asyncio.SubprocessTransport] = None
        self._exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._silent: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_over(self) -> bool:
        """Whether it ended by itself, or is lost: nobody will answer."""
        return self._is_lost or self._silent.done() or self._exited.done()

    async def begin(self, argv: Tuple[str, ...]) -> None:
        """Start it, and wait until it says that Ceph is reached; raises why it is not."""
        first = self._expect()
        try:
            self._transport = await local.begin(lambda: self, argv)
            _greeted(await self._answer(first, CONNECT_S, "Ceph was not reached"))
        except BaseException:  # cancelled too: nobody else knows of the process yet
            await self.close()
            raise

    async def ask(self, command: CephCommand) -> Said:
        """Ask one command. Raises ``Unreachable``."""
        pipe = self._pipe()
        if self.is_over or pipe is None:
            raise self._lost()
        number, answer = self._next, self._expect()
        pipe.write(json.dumps([number, command.body]).encode() + b"\n")
        return await self._answer(answer, ANSWER_S, f"{command.prefix} was not answered")

    def _expect(self) -> asyncio.Future[Said]:
        answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = answer
        self._next += 1
        return answer

    async def _answer(self, answer: asyncio.Future[Said], limit_s: float, what: str) -> Said:
        done, _ = await asyncio.wait((answer, self._silent), timeout=limit_s,
                                     return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
        if answer in done:
            return answer.result()
        self._waiting = {key: one for key, one in self._waiting.items() if one is not answer}
        if done:
            raise self._lost()
        # It answers sooner, if only that Ceph does not: the way to it is gone, and a pod's or a
        # host's network may not say so for a quarter of an hour.
        self._is_lost = True
        raise Unreachable(SOURCE, f"{what} within {limit_s:g} s", ASK_FIRST, sent=True)

    def _lost(self) -> StxError:
        said = " ".join(self._err.decode("utf-8", "replace").split())[:300]
        if "No such file" in said or "not found" in said:
            return Absent(f"ceph: {said}")
        return Unreachable(SOURCE, said or "who asked it for us ended", sent=True)

    # --- what the process does -----------------------------------------------------------------

    def pipe_data_received(self, fd: int, data: Union[bytes, str]) -> None:
        chunk = cast("bytes", data)
        if fd != 1:
            self._err = (self._err + chunk)[-4000:]
            return
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            self._hear(b"".join((*self._parts, line)))
            self._parts = []
        self._parts.append(rest)

    def pipe_connection_lost(self, fd: int, exc: Optional[Exception]) -> None:  # noqa: ARG002
        if fd == 1 and not self._silent.done():
            self._silent.set_result(None)

    def process_exited(self) -> None:
        if not self._exited.done():
            self._exited.set_result(None)

    def _hear(self, line: bytes) -> None:
        head, _, out = line.partition(b"\t")
        parts = head.split(b" ", 2)
        if parts[0] == _NEWS and len(parts) == 3:
            self._on_news()
        # What is no answer of ours (a greeting of the far shell) is nothing to us.
        if len(parts) != 3 or not (parts[0].isdigit() and parts[1].isdigit()):
            return
        try:
            words = str(json.loads(parts[2]))
        except ValueError:
            return
        answer = self._waiting.pop(int(parts[0]), None)
        if answer is not None and not answer.done():
            answer.set_result(Said(int(parts[1]), words, out))

    def _pipe(self) -> Any:
        return self._transport.get_pipe_transport(0) if self._transport is not None else None

    async def close(self) -> None:
        """End it: its input ends, and where that is not enough it is killed."""
        transport = self._transport
        if transport is None:
            return
        pipe = self._pipe()
        if pipe is not None:
            pipe.close()
        if not self._exited.done():
            await asyncio.wait((self._exited,), timeout=_END_S)
        if not self._exited.done():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            await asyncio.wait((self._exited,), timeout=_END_S)
        transport.close()
