"""Programs run in a container without a terminal: what they are given, and how they end."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, AsyncIterator, Iterable, List, Tuple
from urllib.parse import urlencode

from websocket import ABNF

from backend.errors import Unreachable
from backend.pods import PodCopy
from backend.sources.kube_api import KubeApi
from backend.sources.kube_exec import ENDED, STDERR, STDIN, STDOUT, connect, ended, status_of
from backend.sources.kube_line import TROUBLES, Line
from backend.sources.kubeconfig import SERVICE
from backend.whole import value_at

# How long a program may say nothing though its server is there, in seconds: a sum over a large
# file takes minutes.
SILENCE_S = 900.0
_CODE = re.compile(r"exit (?:code|status) (\d+)")


@dataclass(frozen=True)
class Ran:
    """How a program in a container ended: what it printed, what it complained of."""

    code: int
    words: str
    printed: bytes = b""


class Talk:
    """What comes over the line of a program, message by message; blocks."""

    def __init__(self, line: Any) -> None:
        self.line = Line(line)
        self._said_s = time.monotonic()
        self._complaints = bytearray()
        self.is_over = False
        self.ran = Ran(-1, "it ended without a word how")

    def next(self) -> bytes:
        """Return what it printed next, b"" for anything else."""
        opcode, data = self.line.frame()
        if opcode == ABNF.OPCODE_CLOSE:
            self.is_over = True
            return b""
        if opcode in (ABNF.OPCODE_PING, ABNF.OPCODE_PONG):
            if time.monotonic() - self._said_s >= SILENCE_S:
                words = f"nothing was heard of the container for {SILENCE_S:g} s"
                raise Unreachable(SERVICE, words, sent=True)
            return b""
        self._said_s = time.monotonic()
        sort, rest = data[:1], data[1:]
        if sort == bytes([STDERR]):
            self._complaints = (self._complaints + rest)[-2000:]
        elif sort == bytes([ENDED]):
            self.ran = _ran(rest, self._complaints.decode("utf-8", "replace"))
        return rest if sort == bytes([STDOUT]) else b""


def _ran(status: bytes, complaints: str) -> Ran:
    said = status_of(status)
    if said.get("status") == "Success":
        return Ran(0, complaints)
    causes = value_at(said, ("details", "causes"))
    causes = [one for one in causes if isinstance(one, dict)] if isinstance(causes, list) else []
    codes = [one.get("message") for one in causes if one.get("reason") == "ExitCode"]
    # Not every kubelet counts it among the causes.
    codes += _CODE.findall(str(said.get("message") or ""))
    code = int(codes[0]) if codes and str(codes[0]).isdigit() else -1
    lines = [line for line in complaints.strip().splitlines() if line.strip()]
    return Ran(code, lines[0] if lines else ended(status))


@asynccontextmanager
async def program(
    api: KubeApi, write: PodCopy, argv: Tuple[str, ...], *, gives: bool
) -> AsyncIterator[Any]:
    """Give the line of a program for as long as a block lasts; cut when that is left early."""
    query: List[Tuple[str, str]] = [("container", write.container)]
    query += [("stdout", "true"), ("stderr", "true"), ("tty", "false")]
    query += [("stdin", "true")] if gives else []
    query += [("command", word) for word in argv]
    line = await api.beside(f"{write.path}?{urlencode(query)}", connect)
    try:
        yield line
    except TROUBLES as error:
        raise Unreachable(SERVICE, f"the line is gone: {error}", sent=True) from error
    finally:
        # Whoever still reads it on a thread wakes up; a server that hung up first has cut it.
        with suppress(*TROUBLES):
            line.abort()
        line.shutdown()


async def run(
    api: KubeApi, write: PodCopy, argv: Tuple[str, ...], given: Iterable[bytes] = ()
) -> Ran:
    """Run a program, give it what is given, and return how it ended."""
    async with program(api, write, argv, gives=bool(given)) as line:
        return await asyncio.to_thread(talked, line, given)


def talked(line: Any, given: Iterable[bytes]) -> Ran:
    talk, printed = Talk(line), bytearray()
    for block in given:
        while not talk.is_over and talk.line.has_more():
            printed += talk.next()
        if talk.is_over or talk.ran.code > 0:
            break
        talk.line.say(STDIN, block)
    while not talk.is_over:
        printed += talk.next()
    return replace(talk.ran, printed=bytes(printed))
