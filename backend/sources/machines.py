"""The machine one sits on and its neighbours: programs run here, or behind SSH."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING, List, Mapping, Optional, Tuple, Union

from backend import supervised
from backend.docker import SOCKET, Docker, DockerLog
from backend.errors import Absent, Forbidden, Malformed, NotConfigured, Rejected, StxError
from backend.kind import Body, Command, CommandWrite, FileCopy, Json
from backend.plan import HERE, OF, OF_ONE, OF_OTHER, PAGE
from backend.sources import local
from backend.sources.ssh import SshHosts

if TYPE_CHECKING:
    from backend.logs.line import Log
    from backend.refresh import Answer
    from backend.settings import CloudSettings
    from backend.sources.arriving import Arriving
    from backend.sources.docker import Engine
    from backend.sources.local import Printed
    from backend.sources.tls import Pins
    from backend.streams import Journal, LogFile

# What programs say on stderr where only root, or nobody, may.
_DENIED = ("permission denied", "operation not permitted", "must be root", "root privileges")
_ROOT = ("are you root", "as root", "not permitted", "superuser")
ROOT = "root may: sudo -E stx-tui"
# How long Docker may take behind SSH, in seconds, and how curl says that nobody took its call.
_DOCKER_S, _NO_CONNECTION = 10.0, 7
# How much of what a program complained is said.
_COMPLAINT = 200


class Machines:
    """Runs programs where they are to run; what a machine has not is absent."""

    def __init__(self, settings: CloudSettings, pins: Pins) -> None:
        """``pins`` are the host keys somebody accepted."""
        self._settings = settings
        self._pins = pins
        self._ssh: Optional[SshHosts] = None
        self._docker: Optional[Engine] = None

    async def ask(self, read: Command, parent: str) -> Answer:
        """Run what ``read`` says on the machine ``parent`` and return the bodies it printed.

        Raises ``Absent`` where none of its programs is there, and the first error where none
        answered; of several that are asked beside each other one answer is enough.
        """
        machine, _, of = (parent or HERE).partition("/")
        asked = await asyncio.gather(
            *(self._beside(part, machine, of) for part in (read, *read.also)),
            return_exceptions=True,
        )
        answers: List[List[Body]] = []
        errors: List[StxError] = []
        for one in asked:
            if isinstance(one, StxError):
                errors.append(one)
            elif isinstance(one, BaseException):
                raise one
            else:
                answers.append(one)
        broken = [error for error in errors if not isinstance(error, Absent)]
        if not answers:
            raise (broken or errors)[0]
        return lambda: ({**body, "machine": machine} for body in chain.from_iterable(answers))

    async def send(self, write: CommandWrite) -> Json:
        """Run a program that changes something; return its exit code and what it printed.

        What is to outlive this console is only started: ``:runs`` says how it goes on. Raises
        ``Rejected`` with its own words where it says no by its exit code.
        """
        argv = supervised.start(write.run, write.argv) if write.run else write.argv
        printed = await self.run(
            argv,
            write.machine or HERE,
            deadline_s=write.deadline_s,
            given=write.given.encode(),
        )
        _accept(write.argv, printed, write.codes)
        return {"code": printed.code, "out": printed.out, "err": printed.err}

    async def run(
        self,
        argv: Tuple[str, ...],
        machine: str,
        *,
        deadline_s: float,
        most_bytes: int = 4 * 1024 * 1024,
        given: bytes = b"",
    ) -> Printed:
        """Run a program on a machine, whatever its exit code; the errors of ``local.run``."""
        if machine == HERE:
            return await local.run(argv, deadline_s=deadline_s, most_bytes=most_bytes, given=given)
        return await self._hosts().run(
            argv, machine, deadline_s=deadline_s, most_bytes=most_bytes, given=given
        )

    async def reached(self, argv: Tuple[str, ...], machine: str) -> Tuple[str, ...]:
        """Return the argv that runs a program on a machine from here, as for a stream of lines."""
        return argv if machine == HERE else await self._hosts().reached(argv, machine)

    async def copy(self, write: FileCopy) -> Json:
        """Copy a file, of here or of another machine, onto a medium here; see ``medium.copy``."""
        from backend.sources import far_carry, medium

        if not write.is_far:
            return await medium.copy(write)
        ways = (far_carry.STAT, far_carry.CAT, far_carry.SUM)
        stat, cat, total = [await self.reached((*way, write.path), write.machine) for way in ways]
        there = far_carry.There(
            machine=write.machine, path=write.path, stat=stat, cat=cat, sum=total
        )
        return await medium.copy(write, source=there)

    async def open(self, stream: Union[LogFile, Journal]) -> Log:
        """Open a stream of a machine behind SSH. Raises ``StxError``, of the way there too."""
        from backend.sources.far_streams import open_there

        return await open_there(stream, self._hosts())

    async def listen(self, stream: DockerLog) -> Arriving:
        """Open the log of a container of this machine's Docker. Raises ``StxError``."""
        if stream.machine not in ("", HERE):
            raise NotConfigured(
                f"{stream.called} is a container of Docker on another machine",
                f"ssh {stream.machine} docker logs -f {stream.container[:12]}",
            )
        return await self._engine().open(stream)

    def _engine(self) -> Engine:
        if self._docker is None:
            from backend.sources.docker import Engine

            self._docker = Engine(self._settings, self._pins)
        return self._docker

    def _hosts(self) -> SshHosts:
        if self._settings.ssh is None:
            raise NotConfigured(
                "no machine behind SSH is set up", "add ssh: to this cloud in clouds.yaml"
            )
        if self._ssh is None:
            self._ssh = SshHosts(self._settings.ssh, self._pins)
        return self._ssh

    def retry(self) -> None:
        """Let passwords that were refused be tried once more: somebody asked for it."""
        if self._ssh is not None:
            self._ssh.retry()

    async def close(self) -> None:
        """Close all connections."""
        if self._ssh is not None:
            await self._ssh.close()
        if self._docker is not None:
            await self._docker.close()

    async def _beside(self, read: Union[Command, Docker], machine: str, of: str) -> List[Body]:
        """Return what one of those says that are asked beside each other."""
        if isinstance(read, Command):
            return await self._first(read, machine, of)
        if machine == HERE:
            raw = await self._engine().ask(read.asked)
            return await _parsed(read, raw.decode("utf-8", "replace"))
        printed = await self.run(read.argv, machine, deadline_s=_DOCKER_S)
        if printed.code == _NO_CONNECTION:
            raise Absent(f"docker has no socket there that answers: {SOCKET}")
        _accept(read.argv, printed, frozenset({0}))
        return await _parsed(read, printed.out)

    async def _first(self, read: Command, machine: str, of: str) -> List[Body]:
        """Return what the first of ``read`` and its alternatives says that can be read."""
        part: Optional[Command] = read
        first: Optional[StxError] = None
        while part is not None:
            try:
                return await self._one(part, machine, of)
            except Forbidden:
                raise
            except (Absent, Malformed, Rejected) as error:
                # What is there and can't be read says more than what is not there.
                if first is None or isinstance(first, Absent):
                    first = error
            part = part.otherwise
        assert first is not None
        raise first

    async def _one(self, read: Command, machine: str, of: str) -> List[Body]:
        text = PAGE.join(
            [await self._text(read, argv, machine, of) for argv in (read.argv, *read.then)]
        )
        return await _parsed(read, text)

    async def _text(self, read: Command, told: Tuple[str, ...], machine: str, of: str) -> str:
        """Return what one program printed, where it is an answer."""
        one, _, other = of.partition("/")
        filled = {OF: of, OF_ONE: one, OF_OTHER: other}
        argv = tuple(_filled(word, filled) for word in told)
        printed = await self.run(
            argv, machine, deadline_s=read.deadline_s, most_bytes=read.most_bytes
        )
        if printed.is_cut:
            words = f"printed more than {read.most_bytes} bytes, and was stopped"
            raise Malformed(read.source, "output", words)
        _accept(argv, printed, read.codes, read.absent)
        return printed.out


async def _parsed(read: Union[Command, Docker], text: str) -> List[Body]:
    try:
        # An answer of many lines is read on a thread: keys are answered meanwhile.
        return await asyncio.to_thread(lambda: list(read.parse(text)))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        words = f"answers in a shape not known here: {error}"
        raise Malformed(read.source, "output", words) from error


def _filled(word: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        word = word.replace(name, value)
    return word


def _accept(
    argv: Tuple[str, ...], printed: Printed, codes: frozenset[int], absent: Tuple[str, ...] = ()
) -> None:
    """Raise what an exit code means that is none of an answer's."""
    missing = [words for words in absent if words in f"{printed.err}{printed.out}"]
    if missing:
        raise Absent(f"{argv[0]} has nothing to tell on this machine: {missing[0]}")
    said = " ".join((printed.err.strip() or printed.out.strip()).split())
    lowered = said.lower()
    # What may not be looked at is not nothing, where nothing there is an answer too.
    is_shut = printed.code and not printed.out.strip() and _DENIED[0] in lowered
    if printed.code in codes and not is_shut:
        return
    reason = said[:_COMPLAINT] or f"ended with code {printed.code} and said nothing"
    if argv[0] == "cat" and "no such file" in lowered:
        raise Absent(f"{' '.join(argv[1:])} is not there")
    if any(words in lowered for words in (*_DENIED, *_ROOT)):
        raise Forbidden(argv[0], printed.code, reason, ROOT)
    raise Rejected(argv[0], printed.code, reason)
