"""How ``ssh`` gets a password that no command line, file or environment holds.

ssh runs a small program (``SSH_ASKPASS``) that sends its prompt over a socket in a folder of ours
alone and prints what comes back. Only the prompt for a password is answered: not a passphrase, not
"are you sure", and never "new password".
"""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path
from typing import Mapping, Optional

from backend.secret import Password

_CLIENT = """\
import os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(os.environ["STX_TUI_ASK"])
line.sendall((sys.argv[1] if sys.argv[1:] else "").encode() + b"\\0")
answer = b"".join(iter(lambda: line.recv(4096), b""))
sys.exit(1) if not answer else sys.stdout.write(answer.decode() + "\\n")
"""


class Asked:
    """Answers ssh's prompts; ``must_change``: one of them was for a new password."""

    def __init__(self, room: Path, password: Password) -> None:
        self._room = room
        self._password = password
        self._server: Optional[asyncio.AbstractServer] = None
        self.must_change = False

    async def environment(self) -> Mapping[str, str]:
        """Return what ssh has to see to ask here."""
        self.must_change = False
        program, client = self._room / "ask", self._room / "ask.py"
        if self._server is None:
            client.write_text(_CLIENT, encoding="utf-8")
            words = shlex.join((sys.executable, "-I", "-S", str(client)))
            program.write_text(f'#!/bin/sh\nexec {words} "$1"\n', encoding="utf-8")
            program.chmod(0o700)
            self._server = await asyncio.start_unix_server(self._answer, str(self._room / "a"))
        return {
            "SSH_ASKPASS": str(program),
            "SSH_ASKPASS_REQUIRE": "force",
            # What ssh before 8.4 wants to see before it asks a program.
            "DISPLAY": "stx-tui:0",
            "STX_TUI_ASK": str(self._room / "a"),
        }

    async def close(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            prompt = (await reader.readuntil(b"\0")).decode("utf-8", "replace").lower()
            self.must_change = self.must_change or "new password" in prompt or "current" in prompt
            if "password" in prompt and not self.must_change and "passphrase" not in prompt:
                secret = await asyncio.to_thread(self._password.read)
                writer.write(secret.text.encode())
                await writer.drain()
        finally:
            writer.close()
