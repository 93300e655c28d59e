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
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union, cast

from backend.ceph import Ceph, CephCommand, CephWrite, Told
from backend.ceph_settings import CephWay
from backend.errors import (
    Absent,
    Forbidden,
    Malformed,
    NotFound,
    Rejected,
    StxError,
    Unauthorized,
    Unreachable,
)
from backend.kind import Body, Json
from backend.plan import HERE
from backend.refresh import Answer
from backend.sources import ceph_teller, local
from backend.sources.machines import Machines

SOURCE = "ceph"
# How long the way to Ceph and one answer may take, in seconds: more than the teller's own limit.
CONNECT_S, ANSWER_S = 20.0, 10.0
# An answer that is no older is one: of kinds that are read together each command is asked once.
FRESH_S = 0.3
# A process's own ends: it may be gone by itself.
_END_S = 1.0
_MOST_BYTES = 64 * 1024 * 1024
_ASK_FIRST = "see that a monitor runs: ceph -s"
# The system's Python, not that of an environment we are in: there the library is.
_PYTHON = "/usr/bin/python3"


class CephSource:
    """One cluster, asked over the way its settings name; nothing is started before it is asked."""

    def __init__(self, way: CephWay, machines: Machines, kubeconfig: str = "") -> None:
        """``kubeconfig`` is for Rook's pod on this machine; a controller has its own."""
        self._way = way
        self._machines = machines
        self._kubeconfig = kubeconfig
        self._talk: Optional[_Talk] = None
        self._opening = asyncio.Lock()
        self._has_no_library = False
        self._fresh: Dict[str, Tuple[float, asyncio.Future[_Said]]] = {}

    async def ask(self, read: Ceph, parent: str = "") -> Answer:
        """Ask what ``read`` says and return its answer, to be read row by row.

        Raises the errors of ``backend.errors`` for what must be answered; what may be missing is.
        """
        must = [one.under(parent) for one in read.commands]
        may = [one.under(parent) for one in read.extras]
        said = await asyncio.gather(
            *(self._shared(one) for one in (*must, *may)), return_exceptions=True
        )
        answers: List[Tuple[str, _Said]] = []
        for at, (command, one) in enumerate(zip((*must, *may), said)):
            error = one if isinstance(one, BaseException) else _refusal(command, one, read.codes)
            if error is None:
                answers.append((command.prefix, cast("_Said", one)))
            elif at < len(must) or not isinstance(error, StxError):
                raise error
        return lambda: _rows(read, answers, parent)

    async def send(self, write: CephWrite) -> Json:
        """Have one command done. Raises ``Rejected`` with Ceph's own words where it says no."""
        self._fresh.clear()
        said = await self._one(write.ask)
        self._fresh.clear()
        error = _refusal(write.ask, said, ())
        if error is not None:
            raise error
        return {"said": said.words, "out": said.out.decode("utf-8", "replace")[:4000]}

    async def close(self) -> None:
        """End the process."""
        if self._talk is not None:
            await self._talk.close()
            self._talk = None

    # --- one command ---------------------------------------------------------------------------

    async def _shared(self, command: CephCommand) -> _Said:
        """Ask one command, or join who asked it just now."""
        key = json.dumps(command.body)
        last = self._fresh.get(key)
        if last is not None and self._is_fresh(last):
            return await asyncio.shield(last[1])
        task = asyncio.ensure_future(self._one(command))
        # Whoever waits hears of an error; where nobody does any more it is no news.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._fresh = {key: one for key, one in self._fresh.items() if self._is_fresh(one)}
        self._fresh[key] = (asyncio.get_running_loop().time(), task)
        return await asyncio.shield(task)

    @staticmethod
    def _is_fresh(asked: Tuple[float, asyncio.Future[_Said]]) -> bool:
        """Whether an answer is under way, or came just now: a failure is asked anew."""
        at_s, task = asked
        if not task.done():
            return True
        is_new = asyncio.get_running_loop().time() - at_s < FRESH_S
        return is_new and not task.cancelled() and task.exception() is None

    async def _one(self, command: CephCommand) -> _Said:
        talk = await self._reached()
        if talk is None:
            return await self._program(command)
        return await talk.ask(command)

    async def _reached(self) -> Optional[_Talk]:
        """Return the process that answers, begun where there is none; None: there is no library."""
        async with self._opening:
            if self._talk is not None and self._talk.is_over:
                await self._talk.close()
                self._talk = None
            if self._talk is None and not self._has_no_library:
                talk = _Talk()
                try:
                    await talk.begin(await self._argv(_PYTHON, "-c", _text(), self._options()))
                except _NoLibrary:
                    self._has_no_library = True
                    return None
                self._talk = talk
            return self._talk

    async def _program(self, command: CephCommand) -> _Said:
        """Ask by ``ceph`` itself, a process each."""
        if command.prefix == "rbd images":
            return _Said(errno.ENOSYS, "they are told by python3-rbd, which is not there", b"")
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
        return _Said(printed.code, " ".join(printed.err.split()), printed.out.encode())

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


class _Said:
    """What one command said: its errno (0: well), words, and the JSON as it came."""

    def __init__(self, code: int, words: str, out: bytes) -> None:
        self.code = code
        self.words = words
        self.out = out


class _NoLibrary(Exception):
    """The library of Ceph is not where Ceph is asked."""


def _text() -> str:
    return Path(ceph_teller.__file__).read_text(encoding="utf-8")


def _rows(read: Ceph, answers: List[Tuple[str, _Said]], parent: str) -> Iterator[Body]:
    """Read the answers, on a thread, and yield the rows that they make, each under its parent."""
    try:
        told = {prefix: Told(_json(one), one.code, one.words) for prefix, one in answers}
        under = {"of": parent} if parent else {}
        yield from ({**body, **under} for body in read.rows(told))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        words = f"answers in a shape not known here: {error}"
        raise Malformed(SOURCE, " + ".join(prefix for prefix, _ in answers), words) from error


def _json(one: _Said) -> Any:
    # With a code an old Ceph has only words.
    return json.loads(one.out) if one.out.strip() else None


def _refusal(command: CephCommand, said: _Said, codes: Tuple[int, ...]) -> Optional[StxError]:
    """Return what an errno means that is no answer."""
    if not said.code or said.code in codes:
        return None
    words = " ".join(said.words.split()) or os.strerror(said.code)
    asked = f"{command.prefix}: {words}"
    if said.code in (errno.EPERM, errno.EACCES):
        return Forbidden(SOURCE, said.code, asked, "its keyring must allow it: ceph auth ls")
    if said.code in (errno.ETIMEDOUT, errno.ENOTCONN, errno.EINTR):
        return Unreachable(SOURCE, f"no quorum, or no manager, answered {asked}", _ASK_FIRST)
    if said.code == errno.ENOENT:
        return NotFound(SOURCE, said.code, asked)
    return Rejected(SOURCE, said.code, asked)


def _greeted(said: _Said) -> None:
    """Raise why Ceph was not reached, by what its library says of it."""
    if said.code == errno.ENOSYS:
        raise _NoLibrary
    if said.code:
        raise _not_reached(said)


def _not_reached(said: _Said) -> StxError:
    if said.code in (errno.EPERM, errno.EACCES):
        return Unauthorized(SOURCE, said.words, "see its keyring: who may read it, whose key it is")
    if said.code == errno.ENOENT:
        return Absent(f"ceph: {said.words}: this is no machine of a cluster, or name its conf")
    return Unreachable(SOURCE, said.words, _ASK_FIRST)


class _Talk(asyncio.SubprocessProtocol):
    """One process that answers by lines; each question is known by its number."""

    def __init__(self) -> None:
        self._waiting: Dict[int, asyncio.Future[_Said]] = {}
        self._parts: List[bytes] = []
        self._err = b""
        self._next = 0
        self._transport: Optional[asyncio.SubprocessTransport] = None
        self._exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._silent: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_over(self) -> bool:
        """Whether it ended by itself: nobody will answer."""
        return self._silent.done() or self._exited.done()

    async def begin(self, argv: Tuple[str, ...]) -> None:
        """Start it, and wait until it says that Ceph is reached; raises why it is not."""
        first = self._expect()
        try:
            self._transport = await local.begin(lambda: self, argv)
            _greeted(await self._answer(first, CONNECT_S, "Ceph was not reached"))
        except BaseException:  # cancelled too: nobody else knows of the process yet
            await self.close()
            raise

    async def ask(self, command: CephCommand) -> _Said:
        """Ask one command. Raises ``Unreachable``."""
        number, answer = self._next, self._expect()
        pipe = self._pipe()
        if self.is_over or pipe is None:
            raise self._lost()
        pipe.write(json.dumps([number, command.body]).encode() + b"\n")
        return await self._answer(answer, ANSWER_S, f"{command.prefix} was not answered")

    def _expect(self) -> asyncio.Future[_Said]:
        answer: asyncio.Future[_Said] = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = answer
        self._next += 1
        return answer

    async def _answer(self, answer: asyncio.Future[_Said], limit_s: float, what: str) -> _Said:
        done, _ = await asyncio.wait((answer, self._silent), timeout=limit_s,
                                     return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
        if answer in done:
            return answer.result()
        self._waiting = {key: one for key, one in self._waiting.items() if one is not answer}
        if done:
            raise self._lost()
        raise Unreachable(SOURCE, f"{what} within {limit_s:g} s", _ASK_FIRST, sent=True)

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
        # What is no answer of ours (a greeting of the far shell) is nothing to us.
        if len(parts) != 3 or not (parts[0].isdigit() and parts[1].isdigit()):
            return
        answer = self._waiting.pop(int(parts[0]), None)
        if answer is not None and not answer.done():
            answer.set_result(_Said(int(parts[1]), str(json.loads(parts[2])), out))

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
