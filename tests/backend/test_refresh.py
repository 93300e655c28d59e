"""One more look: what is kept, what is news, what stays when nobody answers."""

from __future__ import annotations

from typing import Any

from backend.errors import Malformed, Unreachable
from backend.known import Reading
from backend.refresh import refresh
from tests.backend.things import THINGS, Clock, Service, Thing, thing


async def look(service: Service, last: Reading[Thing], clock: Clock) -> Reading[Thing]:
    return await refresh(THINGS, last, service.ask, clock)


def nothing() -> Reading[Thing]:
    return Reading(kind="things")


async def test_a_row_that_did_not_change_keeps_its_object() -> None:
    service, clock = Service(thing("a"), thing("b")), Clock()
    first = await look(service, nothing(), clock)
    service.bodies = (thing("a"), thing("b", state="down"))
    second = await look(service, first, clock)
    assert second.rows[0] is first.rows[0]
    assert second.rows[1] is not first.rows[1]
    assert second.changed == ("id-b",)


async def test_an_unchanged_answer_keeps_the_very_tuple_of_rows() -> None:
    service, clock = Service(thing("a"), thing("b")), Clock()
    first = await look(service, nothing(), clock)
    second = await look(service, first, clock)
    assert second.rows is first.rows
    assert second.changed == ()


async def test_rows_that_move_keep_their_objects() -> None:
    service, clock = Service(thing("a"), thing("b")), Clock()
    first = await look(service, nothing(), clock)
    service.bodies = (thing("b"), thing("a"))
    second = await look(service, first, clock)
    assert second.rows == (first.rows[1], first.rows[0])
    assert all(second.by_id[i] is first.by_id[i] for i in first.by_id)


async def test_noise_makes_a_new_row_and_no_news() -> None:
    service, clock = Service(thing("a", beat=1)), Clock()
    first = await look(service, nothing(), clock)
    service.bodies = (thing("a", beat=2),)
    second = await look(service, first, clock)
    assert second.rows[0].beat == 2
    assert second.changed == ()


async def test_a_row_that_vanished_is_gone() -> None:
    service, clock = Service(thing("a"), thing("b")), Clock()
    first = await look(service, nothing(), clock)
    service.bodies = (thing("b"),)
    assert (await look(service, first, clock)).gone == ("id-a",)


async def test_refresh_keeps_rows_when_the_service_is_gone() -> None:
    service, clock = Service(thing("a")), Clock(1000)
    first = await look(service, nothing(), clock)
    clock.ms, service.error = 5000, Unreachable("things", "connection refused")
    second = await look(service, first, clock)
    assert second.rows is first.rows
    assert (second.at_ms, second.tried_ms) == (1000, 5000)
    assert second.error == service.error


async def test_a_mistyped_field_is_named_and_the_other_rows_stand() -> None:
    bad: Any = {**thing("b"), "beat": "often"}
    reading = await look(Service(thing("a"), bad), nothing(), Clock())
    assert [row.name for row in reading.rows] == ["a"]
    (error,) = reading.malformed
    assert isinstance(error, Malformed)
    assert (error.kind, error.path) == ("things", "1.beat")
    assert "'often'" in str(error)


async def test_a_row_that_turns_unreadable_is_not_called_gone() -> None:
    service, clock = Service(thing("a"), thing("b")), Clock()
    first = await look(service, nothing(), clock)
    service.bodies = (thing("a"), {"uuid": "id-b"})
    second = await look(service, first, clock)
    assert set(second.by_id) == {"id-a", "id-b"}
    assert second.gone == ()


async def test_an_extra_field_is_kept_whole() -> None:
    reading = await look(Service(thing("a", colour="red")), nothing(), Clock())
    assert reading.rows[0].body["colour"] == "red"
