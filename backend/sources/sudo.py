"""How a program runs as root on a host that one logs in to as somebody else: by its ``sudo``.

Whether that asks for a password is found out once a host, by running ``true``; the password that is
given is tried by that alone, once, and never again after a refusal: three wrong ones are reported,
and some sites lock the account. It goes to sudo's standard input and stands in no command line.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Awaitable, Callable, Dict, Sequence, Tuple

from backend.errors import Absent, Forbidden, StxError, Unauthorized
from backend.secret import Password
from backend.sources.local import Printed
from backend.sources.ssh_trials import ADVICE, Trials

# -k: what somebody's terminal there was told lately does not hold here, where input follows.
QUIET = ("sudo", "-k", "-n", "--")
ASKED = ("sudo", "-k", "-S", "-p", "", "--")
_MISSING = 127
_ASKS = ("password is required", "terminal is required", "a terminal")

# Runs words on a host with that input.
Run = Callable[[Sequence[str], bytes], Awaitable[Printed]]


@dataclass(frozen=True)
class Root:
    """What stands before a command, and what is given to it before its own input."""

    before: Tuple[str, ...] = ()
    given: bytes = field(default=b"", repr=False)


class Sudo:
    """What was found out of each host's sudo."""

    def __init__(self, password: Password, trials: Trials) -> None:
        """``password`` is that of the account one logs in to; ``trials`` what came of it so far."""
        self._password = password
        self._trials = trials
        self._ways: Dict[str, Root] = {}
        self._refused: Dict[str, StxError] = {}
        self._asking: Dict[str, asyncio.Lock] = {}

    async def root(self, host: str, account: str, run: Run) -> Root:
        """Return how to be root there; raises what sudo said, the same again without asking."""
        async with self._asking.setdefault(host, asyncio.Lock()):
            if host in self._refused:
                raise self._refused[host]
            if host not in self._ways:
                try:
                    self._ways[host] = await self._found(host, account, run)
                except (Absent, Forbidden, Unauthorized) as error:
                    self._refused[host] = error
                    raise
            return self._ways[host]

    def retry(self) -> None:
        """Ask anew where it was refused: somebody asked for it."""
        self._refused.clear()

    async def _found(self, host: str, account: str, run: Run) -> Root:
        printed = await run((*QUIET, "true"), b"")
        if not printed.code:
            return Root(before=QUIET)
        if printed.code == _MISSING:
            raise Absent(f"sudo is not on {host}: leave sudo: out, or log in as root")
        if not any(words in printed.err for words in _ASKS):
            raise Forbidden("sudo", printed.code, _line(printed), f"see sudo -l on {host}")
        if self._password.is_missing:
            words = f"sudo on {host} asks for a password"
            raise Unauthorized("sudo", words, "give ssh: password_command, or NOPASSWD there")
        with self._trials.calling(account, host):
            await self._trials.turn(account, host)
            return await self._tried(host, account, run)

    async def _tried(self, host: str, account: str, run: Run) -> Root:
        """Give the password, once."""
        given = (await asyncio.to_thread(self._password.read)).text.encode() + b"\n"
        printed = await run((*ASKED, "true"), given)
        if not printed.code:
            self._trials.took(account, host)
            return Root(before=ASKED, given=given)
        if "sudoers" in printed.err or "not allowed" in printed.err:
            # It asks who one is before it says what one may.
            self._trials.took(account, host)
            raise Forbidden("sudo", printed.code, _line(printed), f"see sudo -l on {host}")
        self._trials.refused(account, host)
        words = f"{_line(printed)} ({host})"
        raise Unauthorized("sudo", words, ADVICE)


def _line(printed: Printed) -> str:
    return " ".join(printed.err.split())[:200] or f"ended with code {printed.code}"
