"""A file of another machine on its way to a medium here: read over SSH, and compared with there."""

from __future__ import annotations

import io
import select
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Iterator, Optional, Sequence, Tuple

from backend.errors import Rejected, StxError, Unreachable
from backend.sources.local import environment

# How long a look may take, how long a sum over gigabytes, and how long no byte may come.
LOOK_S, SUM_S, SILENT_S = 20.0, 1800.0, 30.0
STAT: Tuple[str, ...] = ("stat", "-L", "-c", "%F\t%s", "--")
SUM: Tuple[str, ...] = ("sha256sum", "--")
CAT: Tuple[str, ...] = ("cat", "--")


@dataclass(frozen=True)
class There:
    """A file of ``machine``: argvs that tell its size, give it and its SHA-256, run from here."""

    machine: str
    path: str
    stat: Sequence[str]
    cat: Sequence[str]
    sum: Sequence[str]

    def __str__(self) -> str:
        return f"{self.path} of {self.machine}"

    def size(self) -> int:
        """Return its bytes."""
        sort, _, size = self._said(self.stat, LOOK_S).strip().partition("\t")
        if "regular" not in sort or not size.isdigit():
            raise Rejected(self.machine, 0, f"{self.path} is no file, but a {sort or 'riddle'}")
        return int(size)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Read it as it comes; raises ``Unreachable`` where the line drops in the middle."""
        process = self._start(self.cat)
        assert process.stdout is not None
        try:
            with io.BufferedReader(_Coming(self.machine, process.stdout)) as coming:
                yield coming
            if self._code(process):
                raise self._why(process.returncode, _end_of(process))
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def _code(self, process: subprocess.Popen[bytes]) -> int:
        """Return what it ended with, once all that it printed was read."""
        try:
            return process.wait(LOOK_S)
        except subprocess.TimeoutExpired as error:
            words = f"gave all of {self.path}, and did not end within {LOOK_S:g} s"
            raise Unreachable(self.machine, words) from error

    def prove(self, digest: str) -> None:
        """Compare with what the other machine itself says of it, after all of it was read."""
        found = self._said(self.sum, SUM_S).split()
        # sha256sum puts a backslash before the sum of a file with an odd name.
        if not found or found[0].lstrip("\\") != digest:
            words = f"{self.path} is otherwise on {self.machine} than what came: it changes there"
            raise StxError(words, "wait until it is whole, and copy it again")

    def _said(self, argv: Sequence[str], within_s: float) -> str:
        process = self._start(argv)
        try:
            out, err = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            words = f"did not answer within {within_s:g} s what {self.path} is"
            raise Unreachable(self.machine, words) from error
        if process.returncode:
            raise self._why(process.returncode, err)
        return str(out.decode("utf-8", "replace"))

    def _start(self, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        env = dict(environment())
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            bufsize=0,
            env=env,
            # An ssh whose connection went would ask for a password on the console's terminal.
            start_new_session=True,
        )

    def _why(self, code: int, stderr: bytes) -> StxError:
        said = " ".join(stderr.decode("utf-8", "backslashreplace").split())[:200]
        if code == 255:
            return Unreachable(self.machine, said or "the connection was lost in the middle")
        advice = "give this account the right to read it there" if "denied" in said else None
        words = said or f"{self.path} was not read (code {code})"
        return Rejected(self.machine, code, words, advice or "")


class _Coming(io.RawIOBase):
    """What a program over there prints, given up where it falls silent."""

    def __init__(self, machine: str, pipe: Any) -> None:
        super().__init__()
        self._machine = machine
        self._pipe = pipe

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        """Read what is there, waiting for the first of it."""
        ready, _, _ = select.select([self._pipe], [], [], SILENT_S)
        if not ready:
            raise Unreachable(self._machine, f"no byte of it came for {SILENT_S:g} s")
        count: Optional[int] = self._pipe.readinto(buffer)
        return count


def _end_of(process: subprocess.Popen[bytes]) -> bytes:
    return process.stderr.read() if process.stderr is not None else b""
