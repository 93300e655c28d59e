"""Who of many hosts is given a password first, and what the others make of what came of it."""

from __future__ import annotations

import asyncio
from typing import List

import pytest

from backend.errors import SettingsError, StxError, Unauthorized
from backend.sources.ssh_trials import TAKEN_S, UNTOLD_S, Trials


class Clock:
    """A clock that only the test moves, in seconds."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_one_host_is_first_and_the_others_hear_what_it_says() -> None:
    trials = Trials()
    with trials.calling("sysadmin", "a"), trials.calling("sysadmin", "b"):
        assert trials.may_try("sysadmin", "a")
        assert not trials.may_try("sysadmin", "b")
        # What another account is told is no matter of this one.
        assert trials.may_try("root", "b")
        trials.took("sysadmin", "a")
        assert trials.may_try("sysadmin", "b")


def test_what_was_taken_is_tried_on_one_host_first_again_after_a_while() -> None:
    clock = Clock()
    trials = Trials(clock)
    trials.took("sysadmin", "a")
    clock.now_s += TAKEN_S
    assert trials.may_try("sysadmin", "b")
    assert not trials.may_try("sysadmin", "c")


def test_a_refusal_stands_until_somebody_asks_again() -> None:
    clock = Clock()
    trials = Trials(clock)
    with trials.calling("sysadmin", "a"):
        assert trials.may_try("sysadmin", "a")
        trials.refused("sysadmin", "a")
    clock.now_s += 1e6
    with pytest.raises(Unauthorized, match="refused by a") as told:
        trials.may_try("sysadmin", "b")
    assert "before you ask for it" in told.value.advice
    trials.retry()
    assert trials.may_try("sysadmin", "b")


def test_a_refusal_of_one_host_where_others_took_it_is_its_own_matter() -> None:
    trials = Trials()
    trials.took("sysadmin", "a")
    trials.refused("sysadmin", "b")
    assert trials.may_try("sysadmin", "c")


def test_a_password_that_cannot_be_told_is_asked_for_again_after_a_while() -> None:
    clock = Clock()
    trials = Trials(clock)
    trials.untold("sysadmin", "a", SettingsError("the vault is locked"))
    with pytest.raises(SettingsError, match="the vault is locked"):
        trials.may_try("sysadmin", "b")
    clock.now_s += UNTOLD_S
    assert trials.may_try("sysadmin", "b")


async def test_a_call_that_ended_without_a_word_gives_the_turn_to_the_next() -> None:
    trials, order = Trials(), []

    async def call(host: str) -> None:
        with trials.calling("sysadmin", host):
            await trials.turn("sysadmin", host)
            order.append(host)
            await asyncio.sleep(0)

    await asyncio.gather(*map(call, "abc"))
    assert sorted(order) == ["a", "b", "c"]


async def test_many_that_wait_all_hear_of_a_refusal() -> None:
    trials = Trials()

    async def call(host: str) -> StxError:
        with trials.calling("sysadmin", host):
            try:
                await trials.turn("sysadmin", host)
            except StxError as error:
                return error
            await asyncio.sleep(0)
            trials.refused("sysadmin", host)
            return Unauthorized(host, "tried")

    said: List[str] = [str(one) for one in await asyncio.gather(*map(call, "abcd"))]
    assert sum(one.partition(": ")[2] == "tried" for one in said) == 1
    assert sum("was refused by" in one for one in said) == 3


def test_the_host_that_refused_last_waits_for_the_others_when_somebody_asks_again() -> None:
    trials = Trials()
    with trials.calling("sysadmin", "odd"):
        assert trials.may_try("sysadmin", "odd")
        trials.refused("sysadmin", "odd")
    trials.retry()
    with trials.calling("sysadmin", "odd"):
        with trials.calling("sysadmin", "b"):
            assert not trials.may_try("sysadmin", "odd")
        # Nobody else is called any more: then it is its turn.
        assert trials.may_try("sysadmin", "odd")
