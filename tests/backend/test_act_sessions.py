"""Sessions through the door, and acts on many rows at once: recorded first, each to its own end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest

from backend.baseboard import Sol
from backend.channel import Heard
from backend.deed import Deed, Outcome
from backend.errors import Refused, Rejected, StoreError, StxError, Unreachable
from backend.kind import Action, Nothing, Plan, RestWrite, Risk, Step
from tests.backend.test_act import Door
from tests.backend.things import Thing, thing


class Line:
    """A channel that says what it is given, and keeps what it is told."""

    def __init__(self, *heard: Heard) -> None:
        self.heard: List[Heard] = [*heard, b""]
        self.typed: List[bytes] = []
        self.closed = 0

    async def read(self) -> Heard:
        return self.heard.pop(0) if self.heard else b""

    async def write(self, data: bytes) -> None:
        self.typed.append(data)

    def resize(self, columns: int, rows: int) -> None:
        self.typed.append(f"{columns}x{rows}".encode())

    async def close(self) -> None:
        self.closed += 1


def _talk(row: Thing, _form: Any, _known: Any) -> Plan:
    write = RestWrite(service="things", method="POST", path="/ready", sentence="make ready")
    return Plan(steps=(Step(write=write),), opens=Sol(server=row.name, command=("sol", row.name)))


TALK: Action[Thing] = Action(
    name="talk", key="T", words="Talk to", plan=_talk, risk=lambda *_: Risk.HARMLESS
)
PUSH: Action[Thing] = Action(
    name="push",
    key="P",
    words="Push",
    plan=lambda row, _form, _known: Plan.of(
        RestWrite(service="things", method="POST", path=f"/{row.name}", sentence="push it")
    ),
    risk=lambda *_: Risk.DISRUPTIVE,
    at_once=True,
)


async def talking(line: Line, **of: Any) -> Tuple[Door, Any]:
    door = await Door(thing("a"), thing("b"), **of).ready()

    async def open_(session: Sol) -> Line:
        assert session.server == "a"
        return line

    door.service.connect = open_  # type: ignore[attr-defined]
    return door, door.acts


async def test_a_session_is_a_deed_that_is_on_the_disk_before_it_opens() -> None:
    line = Line(b"login: ")
    door, acts = await talking(line)
    written: List[Outcome] = []

    async def open_(session: Sol) -> Line:
        written.extend(deed.outcome for deed in door.book.written)
        return line

    door.service.connect = open_  # type: ignore[attr-defined]
    preview = door.preview("id-a", action=TALK)
    assert preview.requests == ("POST things/ready", "SOL a")
    assert preview.commands == ("sol a",)
    deed, channel = await acts.open(preview, typed="", why="have a look")
    assert written
    assert set(written) == {Outcome.OPEN}
    assert [write.path for write in door.service.sent] == ["/ready"]
    assert deed.outcome is Outcome.DONE
    assert deed.sends == ("POST things/ready", "SOL a")
    # An open console bars nobody from acting on the same row.
    assert not deed.is_open
    assert await channel.read() == b"login: "
    await channel.write(b"root\r")
    door.clock.ms += 61_000
    await channel.close()
    await channel.close()
    assert line.closed == 1
    assert door.book.written[-1].answer == "stood 1:01: 7 bytes seen, 5 typed"


async def test_what_is_typed_is_in_no_deed() -> None:
    line = Line()
    door, acts = await talking(line)
    _deed, channel = await acts.open(door.preview("id-a", action=TALK), typed="", why="")
    await channel.write(b"hunter2\r")
    await channel.close()
    assert "hunter2" not in repr(door.book.written)


async def test_in_read_only_mode_no_session_is_opened() -> None:
    line = Line()
    door, acts = await talking(line, read_only=True)
    with pytest.raises(Refused, match="read-only"):
        await acts.open(door.preview("id-a", action=TALK), typed="", why="")
    assert door.book.written == []


async def test_a_session_that_somebody_else_holds_is_in_the_deed_and_raised() -> None:
    door, acts = await talking(Line())

    async def held(_session: Sol) -> Line:
        raise Rejected("BMC of a", 0x80, "somebody else has it")

    door.service.connect = held  # type: ignore[attr-defined]
    with pytest.raises(Rejected, match="somebody else"):
        await acts.open(door.preview("id-a", action=TALK), typed="", why="")
    assert door.book.written[-1].outcome is Outcome.REFUSED
    assert door.book.written[-1].answer == "somebody else has it"


async def test_a_session_that_cannot_be_recorded_is_not_opened_and_bars_nothing() -> None:
    door, acts = await talking(Line())
    write = door.book.update_deed

    async def fail_once(deed: Deed) -> None:
        door.book.update_deed = write  # type: ignore[method-assign]
        raise StoreError("disk full")

    plain = replace(TALK, plan=lambda row, *_: Plan(opens=Sol(server=row.name, command=("sol",))))
    door.book.update_deed = fail_once  # type: ignore[method-assign]
    with pytest.raises(Refused, match="disk full"):
        await acts.open(door.preview("id-a", action=plain), typed="", why="")
    assert door.deeds[-1].outcome is Outcome.NEVER_SENT
    assert not door.deeds[-1].is_open


async def test_a_step_before_the_session_that_fails_opens_nothing() -> None:
    door, acts = await talking(Line())
    door.service.send_error = Rejected("things", 409, "not now")
    with pytest.raises(Refused, match="not now"):
        await acts.open(door.preview("id-a", action=TALK), typed="", why="")


async def test_a_session_is_not_done_without_somebody_before_it_nor_with_several() -> None:
    door, acts = await talking(Line())
    with pytest.raises(Refused, match="somebody has to sit"):
        await acts.do(door.preview("id-a", action=TALK), typed="", why="")
    both = door.preview("id-a", "id-b", action=TALK)
    assert [reason.check for reason in both.blocked] == ["one at a time"]


# --- many at once ------------------------------------------------------------------------------


async def test_at_once_no_row_waits_for_a_dead_one_and_each_has_its_own_end() -> None:
    door = await Door(thing("a"), thing("dead"), thing("c")).ready()
    release = asyncio.Event()
    ends: Dict[str, StxError] = {"/dead": Unreachable("BMC of dead", "silent", sent=False)}
    done: List[str] = []

    async def send(write: RestWrite, _told: object) -> None:
        if write.path in ends:
            await release.wait()
            raise ends[write.path]
        done.append(write.path)

    door.service.send = send  # type: ignore[method-assign]
    preview = door.preview("id-a", "id-dead", "id-c", action=PUSH)
    # For several it is a step riskier than for one.
    assert preview.risk is Risk.DESTRUCTIVE
    assert preview.wants == "3 things"
    doing = asyncio.ensure_future(door.acts.do(preview, typed="3 things", why=""))
    while len(done) < 2:  # noqa: ASYNC110 - the others are on their way
        await asyncio.sleep(0)
    assert not doing.done()
    release.set()
    deeds = await doing
    assert [(deed.label, deed.outcome) for deed in deeds] == [
        ("a", Outcome.DONE),
        ("dead", Outcome.NEVER_SENT),
        ("c", Outcome.DONE),
    ]


async def test_at_once_all_deeds_are_on_the_disk_before_the_first_is_sent() -> None:
    door = await Door(thing("a"), thing("b")).ready()
    seen: List[int] = []

    async def send(_write: RestWrite, _told: object) -> None:
        seen.append(len({deed.number for deed in door.book.written}))

    door.service.send = send  # type: ignore[method-assign]
    await door.acts.do(door.preview("id-a", "id-b", action=PUSH), typed="2 things", why="")
    assert seen == [2, 2]


async def test_at_once_two_confirmations_of_the_same_rows_send_once() -> None:
    door = await Door(thing("a"), thing("b")).ready()
    keep, release, write = door.deeds.append, asyncio.Event(), door.book.open_deed

    async def open_deed(deed: Deed) -> Deed:
        await asyncio.sleep(0.01)  # as a disk takes its time
        return await write(deed)

    def on_deed(deed: Deed) -> None:
        keep(deed)
        others = [one for one in door.watch.known.memory.deeds if one.number != deed.number]
        memory = replace(door.watch.known.memory, deeds=(deed, *others))
        door.watch.remember(memory)

    async def send(write: RestWrite, _told: object) -> None:
        door.service.sent.append(write)
        await release.wait()
        raise Unreachable("things", "the line was cut", sent=True)

    door.acts._on_deed = on_deed
    door.book.open_deed = open_deed  # type: ignore[method-assign]
    door.service.send = send  # type: ignore[method-assign]
    preview = door.preview("id-a", "id-b", action=PUSH)
    doing = [
        asyncio.ensure_future(door.acts.do(preview, typed="2 things", why="")) for _ in range(2)
    ]
    while len(door.service.sent) < 2:  # noqa: ASYNC110 - both are on their way
        await asyncio.sleep(0)
    release.set()
    first, second = await asyncio.gather(*doing, return_exceptions=True)
    assert not isinstance(first, BaseException)
    assert isinstance(second, Refused)
    assert len(door.service.sent) == 2


async def test_at_once_one_deed_that_cannot_be_recorded_leaves_none_open() -> None:
    door = await Door(thing("a"), thing("b")).ready()
    write, opened = door.book.open_deed, []

    async def second_fails(deed: Deed) -> Deed:
        if opened:
            raise StoreError("disk full")
        opened.append(await write(deed))
        return opened[0]

    door.book.open_deed = second_fails  # type: ignore[method-assign]
    with pytest.raises(Refused, match="could not be recorded"):
        await door.acts.do(door.preview("id-a", "id-b", action=PUSH), typed="2 things", why="")
    assert door.service.sent == []
    assert [deed.outcome for deed in door.deeds] == [Outcome.OPEN, Outcome.NEVER_SENT]
    assert not door.deeds[-1].is_open


async def test_at_once_for_one_row_is_as_for_any() -> None:
    door = await Door(thing("a")).ready()
    preview = door.preview("id-a", action=PUSH)
    assert (preview.risk, preview.wants, preview.form) == (Risk.DISRUPTIVE, "yes", Nothing())
    (deed,) = await door.acts.do(preview, typed="yes", why="")
    assert deed.outcome is Outcome.DONE
