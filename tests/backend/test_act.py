"""The one door: gate, record, send, in that order; what is unsure is never sent again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, List, Tuple

import pytest

from backend.act import Acts
from backend.deed import Deed, Outcome
from backend.errors import Refused, Rejected, StoreError, Unreachable
from backend.kind import Nothing, RestWrite, Risk
from backend.preview import Preview
from backend.watch import Watch
from tests.backend.things import KINDS, NOTE, PLACE, STOP, THINGS, Book, Clock, Service, thing


class Door:
    """The door with fakes at the wire and at the record."""

    def __init__(self, *bodies: Any, read_only: bool = False) -> None:
        self.service, self.book, self.clock = Service(*bodies), Book(), Clock()
        self.watch = Watch(
            KINDS,
            self.service.ask,
            cloud="c",
            place=PLACE,
            now_ms=self.clock,
            read_only=read_only,
        )
        self.deeds: List[Deed] = []
        self.acts = Acts(self.watch, self.service, self.book, KINDS, self.clock, self.deeds.append)

    async def ready(self) -> Door:
        await self.watch.read_now("things")
        return self

    def preview(self, *ids: str, action: Any = STOP) -> Preview:
        return self.acts.preview(THINGS, action, ids, Nothing())

    async def do(self, *ids: str, typed: str = "yes") -> Tuple[Deed, ...]:
        return await self.acts.do(self.preview(*ids), typed=typed, why="")


async def test_a_preview_shows_everything_and_sends_nothing() -> None:
    door = await Door(thing("a")).ready()
    preview = door.preview("id-a")
    assert preview.title == "STOP a"
    assert preview.wants == "yes"
    assert preview.commands == ("thing stop a",)
    assert preview.requests == (
        'PATCH things/things/id-a [{"op": "replace", "path": "/action", "value": "stop"}]',
    )
    assert [said.words for said in preview.consequences] == ["a stops"]
    assert door.service.sent == []
    assert door.book.written == []


async def test_the_deed_is_written_before_anything_is_sent() -> None:
    door = await Door(thing("a")).ready()
    seen: List[Tuple[Outcome, bool]] = []

    async def send(_write: Any) -> None:
        last = door.book.written[-1]
        seen.append((last.outcome, last.sent_ms is not None))

    door.service.send = send  # type: ignore[method-assign,assignment]
    (deed,) = await door.do("id-a")
    assert seen == [(Outcome.OPEN, True)]
    assert deed.outcome is Outcome.FOLLOWED
    assert (deed.who, deed.terminal) == ("ann", "ttyS0")
    assert deed.before["state"] == "up"
    assert "beat" not in deed.before


async def test_one_wrong_letter_does_not_confirm() -> None:
    door = await Door(thing("a")).ready()
    for typed in ("", "y", "YES", "yes ", "a"):
        with pytest.raises(Refused):
            await door.do("id-a", typed=typed)
    assert door.service.sent == []


async def test_what_is_destructive_wants_the_name() -> None:
    door = await Door(thing("core")).ready()
    assert door.preview("id-core").wants == "core"


async def test_several_rows_raise_the_risk_and_stop_at_the_first_failure() -> None:
    door = await Door(thing("a"), thing("b"), thing("c")).ready()
    preview = door.preview("id-a", "id-b", "id-c")
    assert preview.risk is Risk.DESTRUCTIVE
    assert preview.wants == "3 things"
    door.service.send_error = Rejected("things", 400, "not today")
    deeds = await door.acts.do(preview, typed="3 things", why="")
    assert [deed.outcome for deed in deeds] == [Outcome.REFUSED]
    assert deeds[0].answer == "not today"


async def test_a_blocking_reason_is_refused_though_confirmed() -> None:
    door = await Door(thing("a", state="held")).ready()
    assert door.preview("id-a").blocked
    with pytest.raises(Refused, match="it is held"):
        await door.do("id-a")
    assert door.book.written == []


async def test_read_only_is_asked_here() -> None:
    door = await Door(thing("a"), read_only=True).ready()
    with pytest.raises(Refused, match="read-only"):
        await door.do("id-a")


async def test_a_reader_is_told_before_the_service_says_it() -> None:
    door = await Door(thing("a")).ready()
    door.watch.take(roles=frozenset({"reader"}))
    with pytest.raises(Refused, match="reader"):
        await door.do("id-a")


async def test_an_act_with_the_network_gone_says_why_it_cannot() -> None:
    door = await Door(thing("a")).ready()
    door.service.error = Unreachable("things", "connection refused")
    await door.watch.read_now("things")
    with pytest.raises(Refused, match="connection refused"):
        await door.do("id-a")


async def test_a_row_that_vanished_while_its_dialog_was_open_is_refused() -> None:
    door = await Door(thing("a")).ready()
    preview = door.preview("id-a")
    door.service.bodies = ()
    await door.watch.read_now("things")
    with pytest.raises(Refused, match="not there any more"):
        await door.acts.do(preview, typed="yes", why="")


async def test_a_row_renamed_while_its_dialog_was_open_is_refused() -> None:
    door = await Door(thing("a")).ready()
    preview = door.preview("id-a")
    door.service.bodies = ({**thing("z"), "uuid": "id-a"},)
    await door.watch.read_now("things")
    with pytest.raises(Refused, match="not what was shown"):
        await door.acts.do(preview, typed="yes", why="")


async def test_a_line_that_drops_after_sending_leaves_the_outcome_unknown() -> None:
    door = await Door(thing("a")).ready()
    door.service.send_error = Unreachable("things", "connection reset", sent=True)
    (deed,) = await door.do("id-a")
    assert deed.outcome is Outcome.UNKNOWN
    assert deed.is_open
    assert len(door.service.sent) == 1


async def test_a_line_that_was_never_there_sent_nothing() -> None:
    door = await Door(thing("a")).ready()
    door.service.send_error = Unreachable("things", "connection refused", sent=False)
    (deed,) = await door.do("id-a")
    assert deed.outcome is Outcome.NEVER_SENT


async def test_a_second_act_on_the_same_row_is_refused_while_the_first_runs() -> None:
    door = await Door(thing("a")).ready()
    (deed,) = await door.do("id-a")
    memory = replace(door.watch.known.memory, deeds=(deed,))
    door.watch.remember(memory)
    with pytest.raises(Refused, match="under way"):
        await door.do("id-a")


async def test_two_confirmations_at_once_send_once() -> None:
    door = await Door(thing("a")).ready()
    keep = door.deeds.append

    def on_deed(deed: Deed) -> None:
        keep(deed)
        door.watch.remember(replace(door.watch.known.memory, deeds=(deed,)))

    door.acts._on_deed = on_deed
    preview = door.preview("id-a")
    both = await asyncio.gather(
        door.acts.do(preview, typed="yes", why=""),
        door.acts.do(preview, typed="yes", why=""),
        return_exceptions=True,
    )
    assert len(door.service.sent) == 1
    assert isinstance(both[1], Refused)


async def test_a_deed_that_shows_no_sign_bars_others_only_for_a_while() -> None:
    door = await Door(thing("a")).ready()
    (deed,) = await door.do("id-a")
    door.watch.remember(replace(door.watch.known.memory, deeds=(deed,)))
    door.clock.ms += 901_000
    await door.watch.read_now("things")
    assert not door.preview("id-a").blocked


async def test_each_further_row_is_judged_on_what_those_before_it_left() -> None:
    door = await Door(thing("a"), thing("b")).ready()
    preview = door.preview("id-a", "id-b")
    send = door.service.send

    async def spoil(write: Any) -> Any:
        door.service.bodies = (thing("a"), thing("b", state="held"))
        await door.watch.read_now("things")
        return await send(write)

    door.service.send = spoil  # type: ignore[method-assign]
    deeds = await door.acts.do(preview, typed="2 things", why="")
    assert [deed.outcome for deed in deeds] == [Outcome.FOLLOWED, Outcome.NEVER_SENT]
    assert deeds[1].answer == "it is held"
    assert len(door.service.sent) == 1


async def test_a_record_that_cannot_be_written_refuses_then_asks_a_step_higher() -> None:
    door = await Door(thing("a")).ready()
    door.book.error = StoreError("disk full")
    with pytest.raises(Refused, match="could not be recorded"):
        await door.do("id-a")
    assert door.service.sent == []
    door.watch.known = replace(door.watch.known, trouble="disk full")
    preview = door.preview("id-a")
    assert preview.wants == "a"
    (deed,) = await door.acts.do(preview, typed="a", why="")
    assert deed.outcome is Outcome.FOLLOWED
    assert len(door.service.sent) == 1


async def test_a_record_that_fails_just_before_the_sending_keeps_it_from_being_sent() -> None:
    door = await Door(thing("a")).ready()
    write = door.book.update_deed

    async def fail_once(deed: Deed) -> None:
        door.book.update_deed = write  # type: ignore[method-assign]
        raise StoreError("disk full")

    door.book.update_deed = fail_once  # type: ignore[method-assign]
    (deed,) = await door.do("id-a")
    assert deed.outcome is Outcome.NEVER_SENT
    assert door.service.sent == []


async def test_what_only_we_remember_is_kept_by_the_record_alone() -> None:
    door = await Door(thing("a")).ready()
    preview = door.preview("id-a", action=NOTE)
    assert preview.wants == ""
    (deed,) = await door.acts.do(preview, typed="", why="")
    assert deed.outcome is Outcome.DONE
    assert door.book.marks == [("things", "id-a", {"note": "hot"})]
    assert door.service.sent == []


def test_a_secret_is_masked_in_what_is_shown_and_recorded() -> None:
    for body in (
        [{"op": "replace", "path": "/bm_password", "value": "hunter2"}],
        {"bm_password": "hunter2", "name": "x"},
    ):
        write = RestWrite(
            service="things",
            method="PATCH",
            path="/things/1",
            body=body,
            secret=frozenset({"bm_password"}),
        )
        assert "hunter2" not in write.request
