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
from pathlib import Path
from typing import Dict, Mapping, Optional, Set

from backend.errors import StxError
from backend.secret import Password

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


class Asked:
    """Answers the prompts of each host's ssh: the password once, and nothing else."""

    def __init__(self, room: Path, password: Password) -> None:
        self._room = room
        self._password = password
        self._server: Optional[asyncio.AbstractServer] = None
        self._starting: Optional[asyncio.Lock] = None
        # Hosts that were answered, those that asked for a new password, and why there was none.
        self._answered: Set[str] = set()
        self._changing: Set[str] = set()
        self._failed: Dict[str, StxError] = {}

    def must_change(self, host: str) -> bool:
        """Whether that host asked for a new password."""
        return host in self._changing

    def failure(self, host: str) -> Optional[StxError]:
        """Return why there was no password to give to that host."""
        return self._failed.get(host)

    async def environment(self, host: str) -> Mapping[str, str]:
        """Return what the ssh to that host has to see to ask here."""
        self._answered.discard(host)
        self._changing.discard(host)
        self._failed.pop(host, None)
        await self._start()
        return {
            "SSH_ASKPASS": str(self._room / "ask"),
            "SSH_ASKPASS_REQUIRE": "force",
            # What ssh before 8.4 wants to see before it asks a program.
            "DISPLAY": "stx-tui:0",
            "STX_TUI_ASK": str(self._room / "a"),
            "STX_TUI_ASK_FOR": host,
        }

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
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            host, prompt = [
                (await reader.readuntil(b"\0"))[:-1].decode("utf-8", "replace") for _ in range(2)
            ]
            secret = await self._said(host, prompt.lower())
            writer.write(secret.encode())
            await writer.drain()
        finally:
            writer.close()

    async def _said(self, host: str, prompt: str) -> str:
        """Return the answer to a prompt, "" for none."""
        if _CHANGE.search(prompt):
            self._changing.add(host)
        is_ours = "password" in prompt and "passphrase" not in prompt
        if not is_ours or host in self._changing or host in self._answered:
            return ""
        self._answered.add(host)
        try:
            return (await asyncio.to_thread(self._password.read)).text
        except StxError as error:
            self._failed[host] = error
            return ""
