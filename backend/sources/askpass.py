"""How ``ssh`` gets a password that no command line, file or environment holds.

ssh runs a small program (``SSH_ASKPASS``) that sends its prompt over a socket in a folder of ours
alone and prints what comes back. Only the prompt for a password is answered: not a passphrase, not
"are you sure", and never "new password".
"""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Mapping, Optional, Set

from backend.errors import StxError
from backend.secret import Password
from backend.sources.ssh_trials import Trials

_CLIENT = """\
import os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(os.environ["STX_TUI_ASK"])
prompt = sys.argv[1] if sys.argv[1:] else ""
line.sendall(os.environ["STX_TUI_ASK_FOR"].encode() + b"\\0" + prompt.encode() + b"\\0")
answer = b"".join(iter(lambda: line.recv(4096), b""))
sys.exit(1) if not answer else sys.stdout.write(answer.decode() + "\\n")
"""
# What PAM asks of an account whose password is to be changed first: not "me@current's password".
_CHANGE = re.compile(r"new password|(?:^|[ (])current[) ]")


@dataclass
class _Login:
    """One log-in to a host: what it was told, and why it is to end."""

    over: asyncio.Future[None]
    # Whose password it is; "" where no other host is to be heard first.
    account: str = ""
    is_answered: bool = False
    is_asked_again: bool = False
    is_changing: bool = False
    is_held: bool = False
    failure: Optional[StxError] = None

    def ended(self, otherwise: str) -> Optional[str]:
        """End it and return nothing to say; where nobody ends its ssh, what that is told."""
        if not self.account:
            return otherwise
        if not self.over.done():
            self.over.set_result(None)
        return None


class Asked:
    """Answers the prompts of each host's ssh: the password once, and nothing else.

    An ssh that is to get no password is not told so: whatever it hears it takes to its host, as a
    try. Its log-in is ``over`` instead, and whoever runs it ends it.
    """

    def __init__(self, room: Path, password: Password, trials: Trials) -> None:
        self._room = room
        self._password = password
        self._trials = trials
        self._server: Optional[asyncio.AbstractServer] = None
        self._starting: Optional[asyncio.Lock] = None
        self._answering: Set[asyncio.Task[None]] = set()
        self._logins: Dict[str, _Login] = {}

    def must_change(self, host: str) -> bool:
        """Whether that host asked for a new password."""
        return host in self._logins and self._logins[host].is_changing

    def is_answered(self, host: str) -> bool:
        """Whether that host's ssh was given the password."""
        return host in self._logins and self._logins[host].is_answered

    def is_asked_again(self, host: str) -> bool:
        """Whether that host asked once more after it was told."""
        return host in self._logins and self._logins[host].is_asked_again

    def is_held(self, host: str) -> bool:
        """Whether another host is to say first whether it takes the password."""
        return host in self._logins and self._logins[host].is_held

    def failure(self, host: str) -> Optional[StxError]:
        """Return why there was no password to give to that host."""
        return self._logins[host].failure if host in self._logins else None

    def over(self, host: str) -> asyncio.Future[None]:
        """Return what is done when the log-in to that host is to be ended."""
        return self._login(host).over

    async def environment(self, host: str, account: str = "") -> Mapping[str, str]:
        """Return what the ssh to that host has to see to ask here, in a log-in that begins.

        Without an account, of whom a host took the password just now, no other is waited for.
        """
        self._logins.pop(host, None)
        self._login(host).account = account
        await self._start()
        return {
            "SSH_ASKPASS": str(self._room / "ask"),
            "SSH_ASKPASS_REQUIRE": "force",
            # What ssh before 8.4 wants to see before it asks a program.
            "DISPLAY": "stx-tui:0",
            "STX_TUI_ASK": str(self._room / "a"),
            "STX_TUI_ASK_FOR": host,
        }

    def _login(self, host: str) -> _Login:
        if host not in self._logins:
            self._logins[host] = _Login(over=asyncio.get_running_loop().create_future())
        return self._logins[host]

    async def _start(self) -> None:
        """Listen; of many hosts that are logged in to together one begins it."""
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            if self._server is not None:
                return
            program, client = self._room / "ask", self._room / "ask.py"
            client.write_text(_CLIENT, encoding="utf-8")
            words = shlex.join((sys.executable, "-I", "-S", str(client)))
            program.write_text(f'#!/bin/sh\nexec {words} "$1"\n', encoding="utf-8")
            program.chmod(0o700)
            self._server = await asyncio.start_unix_server(self._answer, str(self._room / "a"))

    async def close(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.close()
        for answering in self._answering:
            answering.cancel()
        if self._answering:
            await asyncio.wait(self._answering)

    def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering = asyncio.ensure_future(self._talk(reader, writer))
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)
        # Where it never began, too.
        answering.add_done_callback(lambda _ended: writer.close())

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            host, prompt = [
                (await reader.readuntil(b"\0"))[:-1].decode("utf-8", "replace") for _ in range(2)
            ]
            secret = await self._said(host, prompt.lower())
            if secret is None:
                await reader.read()  # until it is ended
                return
            writer.write(secret.encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # The ssh that asked was ended meanwhile: nobody is there to be answered.
            return

    async def _said(self, host: str, prompt: str) -> Optional[str]:
        """Return the answer to a prompt, "" for none; None where it is to hear nothing at all."""
        login = self._login(host)
        if _CHANGE.search(prompt):
            login.is_changing = True
            return login.ended("")
        if "password" not in prompt or "passphrase" in prompt:
            return ""
        if login.is_changing or login.is_answered:
            login.is_asked_again = login.is_answered
            return login.ended("")
        try:
            login.is_held = bool(login.account) and not self._trials.may_try(login.account, host)
            return login.ended("") if login.is_held else await self._told(host, login)
        except StxError as error:
            login.failure = error
            return login.ended("")

    async def _told(self, host: str, login: _Login) -> str:
        try:
            password = await asyncio.to_thread(self._password.read)
        except StxError as error:
            self._trials.untold(login.account, host, error)
            raise
        login.is_answered = True
        return password.text
