"""The one door: gate, record, send, in that order; what is unsure is never sent again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, List, Tuple

import pytest

from backend.act import Acts
from backend.deed import Deed, Outcome
from backend.errors import Refused, Rejected, StoreError, Unreachable
from backend.kind import Action, Form, Nothing, Plan, Reach, RestWrite, Risk
from backend.known import Known
from backend.preview import Preview
from backend.rests import rests_on
from backend.watch import Watch
from tests.backend.things import (
    KINDS,
    NOTE,
    PLACE,
    STOP,
    THINGS,
    Book,
    Clock,
    Service,
    Thing,
    thing,
)


class Door:
    """The door with fakes at the wire and at the record."""

    def __init__(self, *bodies: Any, read_only: bool = False) -> None:
        self.service, self.book, self.clock = Service(*bodies), Book(), Clock()
        self.kinds = dict(KINDS)
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

    async def send(_write: Any, _told: object) -> None:
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


@pytest.mark.parametrize(
    "name", ["", "  ", "k\x1b[2J", "k\u202eerif", pytest.param("n" * 10_000, id="long"), "k\n"]
)
async def test_a_name_that_nobody_can_type_gives_way_to_the_id_and_never_to_nothing(
    name: str,
) -> None:
    door = await Door({**thing("core"), "name": name}).ready()
    risky = replace(STOP, risk=lambda *_: Risk.DESTRUCTIVE)
    preview = door.preview("id-core", action=risky)
    assert preview.wants == "id-core"
    with pytest.raises(Refused, match="not confirmed"):
        await door.acts.do(preview, typed="", why="")
    assert door.service.sent == []


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


async def test_what_takes_long_holds_back_no_act_of_another_kind() -> None:
    door = await Door(thing("a")).ready()
    files = replace(THINGS, name="files")
    door.watch.put(replace(door.watch.known.reading("things"), kind="files"))
    release = asyncio.Event()

    async def send(write: RestWrite, _told: object) -> None:
        door.service.sent.append(write)
        if len(door.service.sent) == 1:
            await release.wait()

    door.service.send = send  # type: ignore[method-assign]
    upload = door.acts.preview(files, STOP, ("id-a",), Nothing())
    carrying = asyncio.ensure_future(door.acts.do(upload, typed="yes", why=""))
    while not door.service.sent:  # noqa: ASYNC110 - it is on its way
        await asyncio.sleep(0)
    (deed,) = await asyncio.wait_for(door.do("id-a"), 5)
    assert deed.outcome is Outcome.FOLLOWED
    assert not carrying.done()
    release.set()
    await carrying


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

    async def spoil(write: Any, told: Any) -> Any:
        door.service.bodies = (thing("a"), thing("b", state="held"))
        await door.watch.read_now("things")
        return await send(write, told)

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


# --- under a parent, and beside others ---------------------------------------------------------


def fit(row: Any, form: Any, _known: Any) -> Plan:
    write = RestWrite(
        service="things",
        method="POST",
        path="/parts",
        body={"of": row.uuid, "name": form.name},
        command=("thing", "part-add", row.name, form.name),
        sentence=f"fit a part to {row.name}",
    )
    return Plan.of(write)


class Fit(Form):
    name: str


def rename(row: Any, form: Any, _known: Any) -> Plan:
    write = RestWrite(
        service="things",
        method="PATCH",
        path=f"/parts/{row.uuid}",
        body=[{"op": "replace", "path": "/name", "value": form.name}],
        command=("thing", "part-rename", form.name),
        sentence="rename it",
    )
    return Plan.of(write)


class Part(Thing):
    def parent_id(self, _known: Known) -> str:
        return "id-a"


FIT: Action[Any] = Action(
    name="add",
    key="+",
    words="Add",
    plan=fit,
    risk=lambda *_: Risk.DISRUPTIVE,
    form=Fit,
    on_parent=True,
    needs=("parts",),
)
RENAME: Action[Any] = Action(
    name="rename",
    key="R",
    words="Rename",
    plan=rename,
    risk=lambda *_: Risk.DISRUPTIVE,
    form=Fit,
    needs=("parts",),
)
PARTED = replace(
    KINDS["parts"],
    model=Part,
    reach=Reach.PER_PARENT,
    label=lambda row: row.name,
    actions=(FIT, RENAME),
)


async def parted() -> Door:
    door = Door(thing("a"))
    door.kinds = {**KINDS, "parts": PARTED}
    door.watch = Watch(door.kinds, door.service.ask, cloud="c", place=PLACE, now_ms=door.clock)
    door.acts = Acts(door.watch, door.service, door.book, door.kinds, door.clock, door.deeds.append)
    await door.watch.read_now("things")
    await door.watch.read_now("parts", "id-a")
    return door


async def test_what_is_added_to_a_parent_is_done_under_its_row_and_seen_there_at_once() -> None:
    door = await parted()
    preview = door.acts.preview(PARTED, FIT, ["id-a"], Fit(name="bolt"))
    assert preview.title == "ADD part on a"
    assert preview.target.name == "things"
    assert [(one.name, one.now, one.value) for one in preview.given] == [("name", "", "bolt")]
    door.service.asked.clear()
    (deed,) = await door.acts.do(preview, typed="yes", why="")
    assert (deed.kind, deed.row_id, deed.label, deed.outcome) == (
        "parts",
        "id-a",
        "a",
        Outcome.DONE,
    )
    assert ("/things/{parent}/parts", "id-a") in door.service.asked


async def test_a_child_is_read_anew_under_its_own_parent_alone() -> None:
    door = await parted()
    preview = door.acts.preview(PARTED, RENAME, ["id-a"], Fit(name="nut"))
    keys = rests_on(door.kinds, PARTED, RENAME, ["id-a"], preview.known)
    assert keys == (("parts", "id-a"),)
    assert rests_on(door.kinds, PARTED, FIT, ["id-a"], preview.known) == (
        ("things", ""),
        ("parts", "id-a"),
    )


async def test_a_change_that_lost_a_race_is_not_sent() -> None:
    door = await parted()
    preview = door.acts.preview(PARTED, RENAME, ["id-a"], Fit(name="nut"))
    assert [(one.now, one.value) for one in preview.given] == [("a", "nut")]
    door.service.bodies = ({**thing("a"), "name": "screw"},)
    await door.watch.read_now("parts", "id-a")
    with pytest.raises(Refused, match="not what was shown"):
        await door.acts.do(preview, typed="yes", why="")
    assert door.service.sent == []


async def test_a_row_that_a_newer_reading_has_not_is_gone_though_an_older_one_has_it() -> None:
    door = await parted()
    await door.watch.read_now("parts")
    door.clock.ms += 1000
    door.service.bodies = ()
    await door.watch.read_now("parts", "id-a")
    with pytest.raises(Refused, match="not there any more"):
        door.acts.preview(PARTED, RENAME, ["id-a"], Fit(name="nut"))


async def test_what_can_be_done_stands_for_the_row_its_parent_and_the_kind() -> None:
    door = await parted()
    found = [(one.action.name, one.row_ids) for one in door.acts.offers(PARTED, ["id-a"])]
    assert found == [("rename", ("id-a",)), ("add", ("id-a",))]
    empty = [(one.action.name, one.row_ids) for one in door.acts.offers(PARTED, [], of="id-a")]
    assert empty == [("add", ("id-a",))]


async def test_an_answer_that_says_no_though_its_status_says_yes_is_a_refusal() -> None:
    """Uploads of sysinv are answered with 200 and ``{"error": "..."}``."""

    def plan(row: Any, form: Form, known: Known) -> Plan:
        (step,) = STOP.plan(row, form, known).steps
        return Plan(steps=(replace(step, refusal=lambda answer: str(answer["error"])),))

    door = await Door(thing("a")).ready()
    door.service.answer = {"success": "", "error": "License is invalid"}
    preview = door.preview("id-a", action=replace(STOP, plan=plan))
    (deed,) = await door.acts.do(preview, typed="yes", why="")
    assert (deed.outcome, deed.answer) == (Outcome.REFUSED, "License is invalid")
    assert deed.answered_ms is not None
