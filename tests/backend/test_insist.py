"""What a service said "not now" to is sent again, beside everything else, until it is over."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, List, Tuple

import pytest

from backend import insist
from backend.deed import Deed, Outcome
from backend.errors import NotFound, Rejected, StxError
from backend.insist import Insisting
from backend.kind import Action, KubeWrite, Plan, Risk, Step
from tests.backend.test_act import Door
from tests.backend.test_watch import until
from tests.backend.things import STOP, thing

NOT_NOW = Rejected("kubernetes", 429, "the budget lets nobody go")


def step(name: str) -> Step:
    write = KubeWrite(method="POST", path=f"/{name}", sentence=f"{name} is asked to leave")
    return Step(write=write, patient=True)


DRAIN: Action[Any] = replace(
    STOP,
    plan=lambda _row, _form, _known: Plan((step("a"), step("b"), step("c"))),
    risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
    is_patient=True,
)


class Leaving:
    """Answers each write with what is in store for its path; then it is taken."""

    def __init__(self, **errors: List[StxError]) -> None:
        self.errors = errors
        self.sent: List[str] = []

    async def send(self, write: Any, _told: object = None) -> None:
        name = write.path.strip("/")
        self.sent.append(name)
        if self.errors.get(name):
            raise self.errors[name].pop(0)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insist, "AGAIN_S", 0.0)


async def drained(service: Leaving) -> Tuple[Door, Deed]:
    door = await Door(thing("a")).ready()
    door.service.send = service.send  # type: ignore[method-assign,assignment]

    def on_deed(deed: Deed) -> None:
        door.deeds.append(deed)
        memory = replace(door.watch.known.memory, deeds=(deed,))
        door.watch.remember(memory)

    door.acts._on_deed = on_deed
    preview = door.preview("id-a", action=DRAIN)
    (deed,) = await door.acts.do(preview, typed="yes", why="")
    return door, deed


async def test_the_others_are_asked_meanwhile_and_what_waits_is_said() -> None:
    service = Leaving(a=[NOT_NOW] * 3)
    door, deed = await drained(service)
    assert service.sent[:3] == ["a", "b", "c"]
    assert deed.outcome is Outcome.FOLLOWED
    assert deed.answer == "a is asked to leave: not now. the budget lets nobody go"
    await until(lambda: service.sent.count("a") == 4, 5)
    await until(lambda: door.deeds[-1].answer == "", 5)
    await asyncio.sleep(0.01)
    assert service.sent.count("a") == 4


async def test_what_is_gone_by_then_is_left_alone() -> None:
    service = Leaving(a=[NOT_NOW, NotFound("kubernetes", 404, "gone")], b=[NOT_NOW] * 2)
    door, _deed = await drained(service)
    await until(lambda: service.sent.count("b") == 3, 5)
    assert service.sent.count("a") == 2
    assert door.deeds[-1].is_open


async def test_a_refusal_that_is_no_not_now_ends_it() -> None:
    service = Leaving(a=[NOT_NOW, Rejected("kubernetes", 403, "may not")])
    door, _deed = await drained(service)
    await until(lambda: door.deeds[-1].outcome is Outcome.FAILED, 5)
    assert "may not" in door.deeds[-1].answer


async def test_it_ends_with_its_deed() -> None:
    service = Leaving(a=[NOT_NOW] * 1000)
    door, _deed = await drained(service)
    over = replace(door.deeds[-1], outcome=Outcome.FAILED, ended_ms=1)
    door.watch.remember(replace(door.watch.known.memory, deeds=(over,)))
    insisting: Insisting = door.acts.insisting
    await until(lambda: not insisting._tasks, 5)
