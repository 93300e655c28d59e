"""A text that nobody shows, where it comes from, and who else could read it there."""

from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Mapping, Optional, Sequence, Tuple

from backend.clouds_yaml import Section, Spot
from backend.errors import SettingsError
from backend.home import at_home

COMMAND_S = 20.0
"""How long a ``password_command`` may take."""
LONGEST = 64 * 1024
"""Bytes that are taken of what it prints."""
NO_TERMINAL = "it has no terminal here: what asks for something is to be unlocked before"
# How often it is looked whether it ended, where it says nothing, in seconds.
_LOOK_S = 0.1


@dataclass(frozen=True)
class Secret:
    """A text that no repr, log or report shows; equal secrets compare equal."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return "******"


@dataclass(frozen=True)
class Password:
    """Where a secret comes from: the settings themselves, a command, or whoever sits there."""

    given: Optional[Secret] = None
    command: Tuple[str, ...] = ()
    key: str = "password"

    @property
    def is_missing(self) -> bool:
        """Whether somebody has to be asked."""
        return self.given is None and not self.command

    def read(self) -> Secret:
        """Return the secret, running the command where there is one; blocks up to COMMAND_S.

        Raises ``SettingsError``: none is known, or the command failed (its output is not shown).
        """
        if self.given is not None:
            return self.given
        if not self.command:
            raise SettingsError("no password is known", "set it, or answer when asked")
        name = self.command[0]
        try:
            code, out, err = _ran(self.command)
        except (OSError, ValueError) as error:
            raise SettingsError(f"{name} cannot be run: {error}", key=self.key) from error
        except subprocess.TimeoutExpired as error:
            words = f"{name} gave no password within {COMMAND_S:g} s"
            raise SettingsError(words, NO_TERMINAL, key=self.key) from error
        except _TooMuch as error:
            words = f"{name} printed more than {LONGEST} bytes, and no password"
            raise SettingsError(words, key=self.key) from error
        if code:
            first = (err.decode("utf-8", "replace").strip().splitlines() or [""])[0]
            words = f"{name} failed with exit code {code}: {first}"
            raise SettingsError(words.rstrip(": "), NO_TERMINAL, key=self.key)
        text = out.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            raise SettingsError(f"{name} gave no password", NO_TERMINAL, key=self.key)
        return Secret(text=text)


def _ran(argv: Sequence[str]) -> Tuple[int, bytes, bytes]:
    """Run a command without a terminal; return its exit code, what it printed and complained.

    It is a session's own, so that neither it nor what it starts finds the terminal by itself: that
    is the console's. Raises ``OSError``, ``ValueError``, ``TimeoutExpired`` and ``_TooMuch``.
    """
    # gpg would have its question drawn on the terminal that this names.
    env = {name: value for name, value in os.environ.items() if name != "GPG_TTY"}
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=env, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout as out, process.stderr as err:
        try:
            said = _heard(process, out, err, time.monotonic() + COMMAND_S)
        except (_TooMuch, subprocess.TimeoutExpired):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    return process.returncode, said[out], said[err]


class _TooMuch(Exception):
    """What a command printed is no password."""


def _heard(
    process: subprocess.Popen[bytes], out: IO[bytes], err: IO[bytes], ends_s: float
) -> Mapping[IO[bytes], bytes]:
    """Return what it prints and complains until it has ended."""
    said, left = {out: b"", err: b""}, [out, err]
    while left:
        has_ended = process.poll() is not None
        ready = select.select(left, [], [], _LOOK_S)[0]
        for pipe in ready:
            chunk = os.read(pipe.fileno(), LONGEST)
            said[pipe] = (said[pipe] + chunk)[:LONGEST]
            if not chunk:
                left.remove(pipe)
        if len(said[out]) >= LONGEST:
            raise _TooMuch
        if has_ended and not ready:
            break  # what it left running may hold its pipes for ever
        if time.monotonic() > ends_s:
            raise subprocess.TimeoutExpired(process.args, COMMAND_S)
    process.wait(max(ends_s - time.monotonic(), 0.0))
    return said


def password_of(said: Section) -> Password:
    """Return where the secret comes from; files that hold or name one must be ours alone."""
    spot = said.at("password_command", "password_file", "password")
    if spot is None:
        return Password()
    command = said.words("password_command")
    if command:
        _check_ours(spot)
        return Password(command=command, key=spot.key)
    if said.text("password_file"):
        path = at_home(said.text("password_file"))
        _check_private(path, spot)
        return Password(given=Secret(text=_first_line(path, spot)), key=spot.key)
    if spot.line:
        _check_private(Path(spot.file), spot)
    return Password(given=Secret(text=said.text("password")), key=spot.key)


def _first_line(path: Path, spot: Spot) -> str:
    try:
        return path.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
    except OSError as error:
        raise spot.wrong(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        # Without the error itself: it holds the bytes of the secret.
        raise spot.wrong(f"{path} cannot be read: it is no UTF-8") from None


def _check_private(path: Path, spot: Spot) -> None:
    """Refuse a file with a secret that others can read."""
    try:
        mode = path.stat().st_mode
        if not os.access(path, os.R_OK):
            raise spot.wrong(f"{path} cannot be read")
    except OSError as error:
        raise spot.wrong(f"{path} cannot be read: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        words = f"holds a secret, and others can read {path} (mode {stat.S_IMODE(mode):04o})"
        raise spot.wrong(words, f"chmod 600 {path}")


def _check_ours(spot: Spot) -> None:
    """Refuse to run what somebody else wrote into a file that we happen to find."""
    if not spot.line:
        return
    there = Path(spot.file).stat()
    if there.st_uid not in {0, os.geteuid()} or there.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise spot.wrong("names a command, and others can write this file", "chown, chmod 600")
