"""What ssh is told when it asks: its own program, really run, with the prompts ssh has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import AsyncIterator, List

import pytest

from backend.errors import SettingsError
from backend.secret import Password, Secret
from backend.sources import local
from backend.sources.askpass import Asked
from backend.sources.ssh_trials import Trials

MINE = "me@worker-0's password: "


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Asked]:
    one = Asked(tmp_path, Password(given=Secret(text="Knobel-7")), Trials())
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
    command = ("sh", "-c", "echo no such entry >&2; exit 1")
    one = Asked(tmp_path, Password(command=command), Trials())
    assert await answer(one, "worker-0", MINE) == ""
    assert isinstance(one.failure("worker-0"), SettingsError)
    await one.close()


async def test_who_closes_waits_for_no_ssh_that_says_nothing(tmp_path: Path) -> None:
    one = Asked(tmp_path, Password(given=Secret(text="Knobel-7")), Trials())
    await one.environment("worker-0")
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "a"))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(one.close())
    await asyncio.wait({closing}, timeout=5)
    assert closing.done()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_an_ssh_that_is_gone_before_it_is_answered_is_no_fault_of_ours(
    tmp_path: Path,
) -> None:
    faults: List[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: faults.append(str(context)))
    one = Asked(tmp_path, Password(given=Secret(text="Knobel-7")), Trials())
    await one.environment("worker-0")
    for said in (b"", b"worker-0\0me@worker-0's pass", b"worker-0\0me@worker-0's password: \0"):
        _, writer = await asyncio.open_unix_connection(str(tmp_path / "a"))
        writer.write(said)
        await writer.drain()
        writer.transport.abort()
    for _ in range(50):
        await asyncio.sleep(0.005)
    await one.close()
    assert faults == []
