"""How one is let in to a host: by key, agent, or a password that is tried on one host first."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Dict, Mapping, Sequence

from backend.errors import Absent, StxError, Unauthorized, Unreachable
from backend.secret import Password
from backend.sources import local
from backend.sources.askpass import Asked
from backend.sources.local import Printed
from backend.sources.ssh_trials import ADVICE, Trials

# How long a connection may take to be made, and how long it stays after the last use, in seconds.
CONNECT_S, STAYS_S = 10, 60
# What is left of a deadline for the way there and back, in seconds.
WAY_S = 5.0

_NOISE = re.compile(r"^(Warning: Permanently added|\*\* |Connection to .* closed)", re.MULTILINE)
_DENIED = re.compile(r"Permission denied \(([\w,-]*)\)")
_USER = re.compile(r"^user (.+)$", re.MULTILINE)


class Logins:
    """Opens connections that stay; what a host was told and said of it is kept."""

    def __init__(self, room: Path, password: Password) -> None:
        """``room`` is a folder of ours alone."""
        self.trials = Trials()
        self.asked = Asked(room, password, self.trials)
        self._password = password
        self._accounts: Dict[str, str] = {}

    async def account(self, host: str, user: str, argv: Sequence[str], target: str) -> str:
        """Return as whom one logs in to a host: ``user``, else what the person's config says."""
        if not user and host not in self._accounts:
            asked = (*argv, "-G", target)
            printed = await local.run(asked, deadline_s=CONNECT_S, most_bytes=262_144)
            found = _USER.search(printed.out)
            self._accounts[host] = found[1] if found is not None else ""
        return user or self._accounts[host]

    async def made(self, host: str, account: str, argv: Sequence[str], target: str) -> Printed:
        """Log in and stay; return what ssh said, ``argv`` being what it is told of that host."""
        if self._password.is_missing:
            return await self._logged_in(host, (*argv, "-o", "BatchMode=yes"), target, {})
        with self.trials.calling(account, host):
            printed = await self._by_password(host, account, argv, target)
            while self.asked.is_held(host):
                await self.trials.turn(account, host)
                printed = await self._by_password(host, account, argv, target)
            self._judge(host, account, printed)
        return printed

    def why_not(self, host: str, target: str, printed: Printed) -> StxError:
        """Return why one was not let in, beside what is to be said of its key."""
        said_now, untold = said(printed.err), self.asked.failure(host)
        if untold is not None:
            return untold
        if self.asked.must_change(host) or must_change(said_now):
            return change_first(host, target)
        if self.asked.is_asked_again(host):
            return Unauthorized(host, "it asked for the password once more", ADVICE)
        if _is_refused(said_now):
            advice = f"give a key, an agent or ssh: password_command; by hand: ssh {target}"
            return Unauthorized(host, said_now, advice if self._password.is_missing else ADVICE)
        return Unreachable(host, said_now or f"ssh ended with code {printed.code}")

    async def close(self) -> None:
        """Answer nobody any more."""
        await self.asked.close()

    async def _by_password(
        self, host: str, account: str, argv: Sequence[str], target: str
    ) -> Printed:
        """Log in; a password is tried once, by one of the two ways that take one."""
        once = (*argv, "-o", "NumberOfPasswordPrompts=1")
        alone = (*once, "-o", "KbdInteractiveAuthentication=no")
        env = await self.asked.environment(host, account)
        printed = await self._logged_in(host, alone, target, env)
        if printed.code and _takes_answers_alone(printed.err):
            printed = await self._logged_in(host, once, target, env)
        return printed

    def _judge(self, host: str, account: str, printed: Printed) -> None:
        """Tell the others what that host made of the password, where it was given it."""
        if not self.asked.is_answered(host):
            return
        if not printed.code or self.asked.must_change(host):
            self.trials.took(account, host)
        elif self.asked.is_asked_again(host) or _is_refused(printed.err):
            self.trials.refused(account, host)

    async def _logged_in(
        self, host: str, argv: Sequence[str], target: str, more: Mapping[str, str]
    ) -> Printed:
        stay = ("-o", "ControlMaster=yes", "-o", f"ControlPersist={STAYS_S}", "-f", "-N", target)
        env = {**local.environment(), **more}
        running: asyncio.Future[Any] = asyncio.ensure_future(
            local.run((*argv, *stay), deadline_s=CONNECT_S + WAY_S, most_bytes=65536, env=env)
        )
        try:
            over: asyncio.Future[Any] = self.asked.over(host)
            await asyncio.wait({running, over}, return_when=asyncio.FIRST_COMPLETED)
            # It asked for what it does not get: no answer, and an empty one, would be a try.
            ended = Printed(out="", err="", code=255)
            printed: Printed = running.result() if running.done() else ended
        except Unreachable as error:
            raise Unreachable(host, "the connection was not made in time") from error
        except Absent as error:
            raise Absent("ssh is not on this machine: apt-get install openssh-client") from error
        finally:
            running.cancel()
            await asyncio.wait({running})
            if not running.cancelled():
                running.exception()  # told above, or nobody waits for it any more
        return printed


def _is_refused(words: str) -> bool:
    return "Permission denied" in words or "Too many authentication" in words


def _takes_answers_alone(words: str) -> bool:
    """Whether ssh was refused by a host that takes a password as an answer to a question alone."""
    denied = _DENIED.search(words)
    ways = denied[1].split(",") if denied is not None else []
    return "keyboard-interactive" in ways and "password" not in ways


def must_change(words: str) -> bool:
    """Whether a host says that the account must change its password first."""
    lowered = words.lower()
    return "password change required" in lowered or "required to change your password" in lowered


def change_first(host: str, target: str) -> Unauthorized:
    """Return the error of an account that must change its password first."""
    words = "the account must change its password first"
    return Unauthorized(host, words, f"log in once by hand and do: ssh {target}")


def said(text: str) -> str:
    """Return what ssh complained of, on one line, without what it says each time."""
    lines = [line.strip() for line in text.splitlines() if not _NOISE.match(line)]
    return " ".join(line for line in lines if line)[:300]
