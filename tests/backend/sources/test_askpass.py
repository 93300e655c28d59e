"""What ssh is told when it asks: its own program, really run, with the prompts ssh has."""

from __future__ import annotations

from pathlib import Path
from typing import AsyncIterator

import pytest

from backend.errors import SettingsError
from backend.secret import Password, Secret
from backend.sources import local
from backend.sources.askpass import Asked

MINE = "me@worker-0's password: "


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Asked]:
    one = Asked(tmp_path, Password(given=Secret(text="Knobel-7")))
    yield one
    await one.close()


async def answer(asked: Asked, host: str, prompt: str, *, is_new: bool = True) -> str:
    """Return what ssh hears to a prompt; ``is_new``: in a log-in that begins with it."""
    if is_new:
        await asked.environment(host)
    env = {
        **local.environment(),
        "STX_TUI_ASK": str(asked._room / "a"),
        "STX_TUI_ASK_FOR": host,
    }
    argv = (str(asked._room / "ask"), prompt)
    return (await local.run(argv, deadline_s=10, most_bytes=1000, env=env)).out.strip()


async def test_a_password_is_given_once_a_log_in(asked: Asked) -> None:
    assert await answer(asked, "worker-0", MINE) == "Knobel-7"
    assert await answer(asked, "worker-0", MINE, is_new=False) == ""
    assert await answer(asked, "worker-0", MINE) == "Knobel-7"


@pytest.mark.parametrize(
    "prompt",
    [
        "Enter passphrase for key '/root/password/id_ed25519': ",
        "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
        "Verification code: ",
        "",
    ],
)
async def test_nothing_else_is_answered(asked: Asked, prompt: str) -> None:
    assert await answer(asked, "worker-0", prompt) == ""
    assert not asked.must_change("worker-0")


@pytest.mark.parametrize(
    "prompt",
    [
        "Current password: ",
        "(current) UNIX password: ",
        "(me@worker-0) Current password: ",
        "New password: ",
        "Retype new password: ",
    ],
)
async def test_a_password_that_must_be_changed_is_not_given_and_is_no_matter_of_other_hosts(
    asked: Asked, prompt: str
) -> None:
    assert await answer(asked, "worker-1", prompt) == ""
    assert asked.must_change("worker-1")
    assert await answer(asked, "worker-0", MINE) == "Knobel-7"
    assert not asked.must_change("worker-0")


async def test_a_host_that_is_called_current_is_one_like_any(asked: Asked) -> None:
    assert await answer(asked, "current", "(me@current) Password: ") == "Knobel-7"
    assert await answer(asked, "current", "me@current's password: ") == "Knobel-7"


async def test_why_there_is_no_password_to_give_is_kept(tmp_path: Path) -> None:
    one = Asked(tmp_path, Password(command=("sh", "-c", "echo no such entry >&2; exit 1")))
    assert await answer(one, "worker-0", MINE) == ""
    assert isinstance(one.failure("worker-0"), SettingsError)
    await one.close()
