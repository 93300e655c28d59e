"""What runs for a password: without the console's terminal, and ended in time."""

from __future__ import annotations

import sys
import time

import pytest

from backend.errors import SettingsError
from backend.secret import Password


def said(code: str) -> str:
    """Return the password that a program prints."""
    return Password(command=(sys.executable, "-c", code), key="auth.password_command").read().text


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(9)",
        "import time\nwhile 1: print(1, flush=True); time.sleep(.01)",
        "import os, time; os.close(1); os.close(2); time.sleep(9)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(9)",
    ],
    ids=["silent", "never done", "closes what it prints on", "will not end"],
)
def test_one_that_hangs_is_given_up(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.secret.COMMAND_S", 0.4)
    began = time.monotonic()
    with pytest.raises(SettingsError, match=r"within 0\.4 s") as told:
        said(code)
    assert time.monotonic() - began < 6
    assert "no terminal here" in told.value.advice


def test_one_that_prints_without_end_is_stopped() -> None:
    with pytest.raises(SettingsError, match="printed more than 65536 bytes, and no password"):
        said("while 1: print('y' * 9999)")


def test_what_one_leaves_running_is_not_waited_for() -> None:
    began = time.monotonic()
    assert said("import subprocess; subprocess.Popen(['sleep', '9']); print('it')") == "it"
    assert time.monotonic() - began < 6


def test_one_finds_neither_our_terminal_nor_our_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPG_TTY", "/dev/tty")
    code = (
        "import os, sys; print(os.getsid(0) == os.getpid(), [sys.stdin.read()], dict(os.environ))"
    )
    alone, read, env = said(code).split(" ", 2)
    # Who leads a session that opened no terminal has none.
    assert (alone, read) == ("True", "['']")
    assert "GPG_TTY" not in env


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('the vault is locked')", "failed with exit code 1: the vault is"),
        ("print()", "gave no password"),
    ],
)
def test_what_one_complains_is_told_and_what_it_prints_is_not(code: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as told:
        said(f"print('half', end='')\n{code}" if "exit" in code else code)
    assert "half" not in str(told.value)
