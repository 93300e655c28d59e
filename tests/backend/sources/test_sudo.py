"""Programs of other machines as root, by a real sudo behind a real sshd."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from typing import Iterator, Tuple

import pytest

from backend.errors import Forbidden, StxError, Unauthorized
from tests.backend.sources.sshd import IS_ROOT, PASSWORD, PROGRAM, Sshd, serving
from tests.backend.sources.test_ssh import HOSTS, Caller

pytestmark = [
    pytest.mark.peer,
    # They make accounts, which one at a time may.
    pytest.mark.xdist_group("accounts"),
    pytest.mark.skipif(
        PROGRAM is None or not IS_ROOT or shutil.which("sudo") is None,
        reason="no sshd, no sudo, or not root",
    ),
]
WHO = ("id", "-un")


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    with serving() as sshd:
        sshd.trusted(*HOSTS.values())
        yield sshd


def caller(sshd: Sshd, rule: str, password: str = PASSWORD) -> Caller:
    """One who logs in as an account that may do what ``rule`` says."""
    name = sshd.account("stxsudo")
    if rule:
        sshd.may_sudo(name, rule)
    settings = sshd.settings(HOSTS, user=name, password=password, sudo=True)
    return Caller(sshd, settings)


@pytest.mark.parametrize("rule", ["ALL=(ALL) ALL", "ALL=(ALL) NOPASSWD: ALL"])
async def test_what_runs_there_runs_as_root_with_or_without_a_password(
    sshd: Sshd, rule: str
) -> None:
    async with caller(sshd, rule) as there:
        assert (await there.run("worker-0", *WHO)).out == "root\n"
        told = await there.hosts.run(
            ("cat",), "worker-0", deadline_s=10, most_bytes=1000, given=b"its own input"
        )
        assert told.out == "its own input"
        ran = await there.run("worker-0", "sh", "-c", "cat /proc/$PPID/cmdline; ps -ef")
        assert PASSWORD not in ran.out


async def test_without_sudo_in_the_settings_it_runs_as_whom_one_logs_in_to(sshd: Sshd) -> None:
    name = sshd.account("stxsudo")
    async with Caller(sshd, sshd.settings(HOSTS, user=name, password=PASSWORD)) as there:
        assert (await there.run("worker-0", *WHO)).out == f"{name}\n"


async def test_who_may_not_is_told_so_once_and_not_asked_again(sshd: Sshd) -> None:
    async with caller(sshd, "") as there:
        said = [await refused(there) for _ in range(2)]
    assert isinstance(said[0][1], Forbidden)
    assert "sudoers" in said[0][0]
    assert said[0][1] is said[1][1]


async def test_a_wrong_password_for_sudo_is_tried_once(sshd: Sshd) -> None:
    name = sshd.account("stxsudo")
    sshd.may_sudo(name, "ALL=(ALL) ALL")
    settings = sshd.settings(HOSTS, user=name, password="not-it", sudo=True)
    # The key logs in; the password is for sudo alone.
    keyed = Caller(sshd, type(settings)(**{**vars(settings), "key": str(sshd.key)}))
    async with keyed as there:
        said = [await refused(there) for _ in range(3)]
    assert isinstance(said[0][1], Unauthorized)
    assert "1 incorrect password attempt" in said[0][0]
    assert len({id(error) for _, error in said}) == 1


async def test_a_wrong_password_for_sudo_is_tried_on_one_of_many_hosts(sshd: Sshd) -> None:
    name, log = sshd.account("stxsudo"), sshd.folder / "sudo.log"
    sshd.may_sudo(name, f"ALL=(ALL) ALL\nDefaults:{name} logfile={log}")
    settings = sshd.settings(HOSTS, user=name, password="not-it", sudo=True)
    async with Caller(sshd, replace(settings, key=str(sshd.key))) as there:
        said = await asyncio.gather(*(refused(there, host) for host in HOSTS))
    assert all(isinstance(error, Unauthorized) for _, error in said)
    assert sum("was refused by" in words for words, _ in said) == 2
    assert log.read_text(encoding="utf-8").count("incorrect password attempt") == 1


async def test_without_a_password_it_is_said_what_to_give(sshd: Sshd) -> None:
    name = sshd.account("stxsudo")
    sshd.may_sudo(name, "ALL=(ALL) ALL")
    async with Caller(sshd, sshd.settings(HOSTS, user=name, sudo=True)) as there:
        words, error = await refused(there)
    assert "asks for a password" in words
    assert "password_command" in error.advice


async def refused(there: Caller, host: str = "worker-0") -> Tuple[str, StxError]:
    with pytest.raises(StxError) as told:
        await there.run(host, *WHO)
    return str(told.value), told.value
