"""One password for many hosts: what it costs the accounts of a fleet when it is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Iterator, List, Union

import pytest

from backend.errors import StxError, Unauthorized
from backend.secret import Password
from tests.backend.sources.sshd import IS_ROOT, PASSWORD, PROGRAM, Sshd, serving
from tests.backend.sources.test_ssh import HOSTS, Caller

pytestmark = [
    pytest.mark.peer,
    # They make accounts, which one at a time may.
    pytest.mark.xdist_group("accounts"),
    pytest.mark.skipif(PROGRAM is None or not IS_ROOT, reason="no sshd, or not root"),
]
WHO = "stxtuia"


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    with serving() as sshd:
        sshd.account(WHO)
        sshd.trusted(*HOSTS.values())
        yield sshd


async def asked_together(caller: Caller) -> List[Union[str, StxError]]:
    """Ask all hosts at once who one is there; return what each says, or why it does not."""

    async def ask(name: str) -> Union[str, StxError]:
        try:
            return (await caller.run(name, "id", "-un")).out.strip()
        except StxError as error:
            return error

    return list(await asyncio.gather(*map(ask, HOSTS)))


def tried(sshd: Sshd) -> int:
    """Return how many wrong passwords the hosts were given."""
    log = (sshd.folder / "log").read_text(encoding="utf-8")
    return log.count("Failed password") + log.count("PAM: Authentication failure")


async def test_a_wrong_password_is_tried_on_one_of_many_hosts_that_are_asked_together(
    sshd: Sshd,
) -> None:
    async with Caller(sshd, sshd.settings(HOSTS, user=WHO, password="wrong-one")) as caller:
        said = await asked_together(caller)
        assert tried(sshd) == 1
        again = await asked_together(caller)
        assert tried(sshd) == 1
    assert all(isinstance(one, Unauthorized) for one in (*said, *again))
    words = sorted(str(one) for one in said)
    assert sum("Permission denied" in one for one in words) == 1
    assert sum(f"the password of {WHO} was refused by" in one for one in words) == 2


async def test_a_right_password_opens_all_hosts_that_are_asked_together(sshd: Sshd) -> None:
    async with Caller(sshd, sshd.settings(HOSTS, user=WHO, password=PASSWORD)) as caller:
        assert await asked_together(caller) == [WHO] * 3
    assert tried(sshd) == 0


async def test_who_is_let_in_by_key_waits_for_no_password(sshd: Sshd) -> None:
    settings = sshd.settings(HOSTS, user=WHO, password="wrong-one")
    async with Caller(sshd, replace(settings, key=str(sshd.key))) as caller:
        assert await asked_together(caller) == [WHO] * 3
    log = (sshd.folder / "log").read_text(encoding="utf-8")
    # Nobody was turned away for a while: one connection a host.
    assert log.count("Connection from") in (0, 3)
    assert log.count("Accepted publickey") == 3


async def test_a_password_that_one_account_does_not_take_is_tried_for_another(sshd: Sshd) -> None:
    other = sshd.account("stxtuib")
    (sshd.home / "config").write_text(
        f"Host 127.0.0.1\n  User {other}\nHost *\n  User stxtuic\n", encoding="utf-8"
    )
    settings = replace(sshd.settings(HOSTS, password=PASSWORD), user="")
    async with Caller(sshd, settings) as caller:
        said = await asked_together(caller)
    assert said[0] == other
    assert [isinstance(one, Unauthorized) for one in said] == [False, True, True]
    assert tried(sshd) == 1


async def test_a_host_with_a_password_of_its_own_does_not_keep_the_others_away_for_ever(
    sshd: Sshd,
) -> None:
    sshd.again("Match LocalAddress 127.0.0.1", f"  DenyUsers {WHO}")
    async with Caller(sshd, sshd.settings(HOSTS, user=WHO, password=PASSWORD)) as caller:
        with pytest.raises(Unauthorized):
            await caller.run("controller-0", "true")
        assert all(isinstance(one, Unauthorized) for one in await asked_together(caller))
        assert tried(sshd) == 1
        # Somebody asks for it: now it is the odd one that waits for the others.
        caller.hosts.retry()
        said = await asked_together(caller)
    assert said[1:] == [WHO] * 2
    assert isinstance(said[0], Unauthorized)


async def test_a_password_that_cannot_be_told_costs_no_try(sshd: Sshd) -> None:
    given = sshd.settings(HOSTS, user=WHO, password="-")
    untold = Password(command=("sh", "-c", "echo no such entry >&2; exit 1"))
    async with Caller(sshd, replace(given, password=untold)) as caller:
        said = await asked_together(caller)
    assert ["no such entry" in str(one) for one in said] == [True] * 3
    assert tried(sshd) == 0


async def test_a_login_that_is_given_up_in_its_middle_keeps_no_other_waiting(sshd: Sshd) -> None:
    slow = Password(command=("sh", "-c", f"sleep 1; echo {PASSWORD}"))
    settings = replace(sshd.settings(HOSTS, user=WHO, password="-"), password=slow)
    async with Caller(sshd, settings) as caller:
        first = asyncio.ensure_future(caller.run("controller-0", "true"))
        while caller.hosts.logins.trials.first(WHO) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        others = [
            asyncio.ensure_future(caller.run(name, "id", "-un"))
            for name in ("controller-1", "worker-0")
        ]
        first.cancel()
        assert [one.out.strip() for one in await asyncio.gather(*others)] == [WHO] * 2
