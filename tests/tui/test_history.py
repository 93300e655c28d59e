"""What changed: what came of it all, not every step."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Optional

import pytest

from backend.area import Contents
from backend.deed import Deed, Outcome
from backend.known import Known, Reading
from backend.store.glance import Changed
from backend.units import DAY_MS, HOUR_MS, MINUTE_MS
from stx_tui.panes.history import folded, happenings, moment, weighed
from tests.tui.things import (
    BOXES,
    NOW_MS,
    PLACE,
    ROOMS,
    Box,
    Wire,
    box,
    console,
    screen_text,
    until,
)


def change(
    row: str, field: str, old: Optional[str], new: Optional[str], ago_ms: int, source: str = "poll"
) -> Changed:
    return Changed(
        kind="boxes",
        row_id=f"id-{row}",
        label=f"box-{row}",
        field=field,
        old=old,
        new=new,
        at_ms=NOW_MS - ago_ms,
        source=source,
    )


def deed(**more: Any) -> Deed:
    return Deed(
        number="2211-0041",
        cloud="site-7",
        kind="boxes",
        action="topple",
        row_id="id-00001",
        label="box-1",
        who="admin",
        terminal="tty1",
        began_ms=NOW_MS - HOUR_MS,
        outcome=Outcome.DONE,
        sent_ms=NOW_MS - HOUR_MS,
        ended_ms=NOW_MS - HOUR_MS + 7 * MINUTE_MS,
        **more,
    )


def test_several_steps_of_a_field_are_one_from_first_to_last():
    steps = [
        change("1", "state", '"slow"', '"ill"', 1 * MINUTE_MS),
        change("1", "state", '"fine"', '"slow"', 2 * MINUTE_MS),
    ]
    (found,) = happenings(steps, (), 0)
    assert found.says == "state fine -> ill"
    assert found.at_ms == NOW_MS - MINUTE_MS


def test_what_changed_and_changed_back_is_left_out():
    steps = [
        change("1", "state", '"ill"', '"fine"', 1 * MINUTE_MS),
        change("1", "state", '"fine"', '"ill"', 2 * MINUTE_MS),
    ]
    assert happenings(steps, (), 0) == ()


def test_what_came_and_went_is_counted():
    steps = [
        change("1", "", '"box-1"', None, 1 * MINUTE_MS),
        change("2", "", '"box-2"', None, 1 * MINUTE_MS),
        change("1", "", None, '"box-1"', 2 * MINUTE_MS),
        change("2", "", None, '"box-2"', 2 * MINUTE_MS),
        change("3", "", None, '"box-3"', 3 * MINUTE_MS),
        change("4", "", '"box-4"', None, 3 * MINUTE_MS),
    ]
    found = {row.label: row.says for row in happenings(steps, (), 0)}
    assert found == {
        "box-3": "came",
        "box-4": "went",
        "2 others": "came and went meanwhile: box-1, box-2",
    }


def test_many_fields_of_a_row_are_one_line():
    steps = [change("1", f"f{n}", "1", "2", MINUTE_MS) for n in range(5)]
    (found,) = happenings(steps, (), 0)
    assert found.says.endswith("and 2 more")
    assert len(found.fields) == 5


def test_the_fields_that_say_the_state_come_first():
    steps = [change("1", f, '"a"', '"b"', MINUTE_MS) for f in ("x", "y", "z", "state")]
    (found,) = happenings(steps, (), 0, {"boxes": ("state",)})
    assert found.says == "state a -> b, z a -> b, y a -> b, and 1 more"


def test_many_that_differ_alike_and_are_well_are_one_line_and_the_ill_one_stays():
    boxes = [Box.read(box(n, uuid=f"id-{n}", state="ill" if n == 3 else "fine")) for n in range(8)]
    by_id = {row.uuid: row for row in boxes}
    reading = Reading(kind="boxes", rows=tuple(boxes), by_id=by_id, at_ms=NOW_MS)
    known = Known(cloud="c", now_ms=NOW_MS, place=PLACE, readings={("boxes", ""): reading})
    steps = [change(str(n), "size", "1", "2", MINUTE_MS) for n in range(8)]
    found = folded(happenings(steps, (), 0), known, ROOMS)
    assert [(row.label, row.says) for row in found] == [
        ("box-3", "size 1 -> 2"),
        ("7 of them", "size differ"),
    ]
    few = happenings(steps[:4], (), 0)
    assert folded(few, known, ROOMS) == few


def test_deeds_before_the_span_are_left_out():
    assert happenings((), (deed(),), NOW_MS - 2 * HOUR_MS)[0].label == "topple box-1"
    assert happenings((), (deed(),), NOW_MS) == ()


def test_an_instant_says_its_day_where_it_was_not_today():
    assert moment(NOW_MS, NOW_MS).endswith("Z")
    assert len(moment(NOW_MS - 2 * DAY_MS, NOW_MS).split()) == 2
    assert len(moment(NOW_MS - 20 * DAY_MS, NOW_MS).split()) == 3


KNOWN = Known(cloud="c", now_ms=NOW_MS, place=PLACE)
WAYS = {
    "fell ill": ("fine", "ill", "worse"),
    "got well": ("ill", "fine", "better"),
    "changed without harm": ("fine", "calm", ""),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_row_is_worse_or_better_by_what_its_kind_says_of_it_then_and_now(way: str):
    was, now, course = WAYS[way]
    body = json.dumps({**box(1), "state": now})
    step = replace(change("1", "state", f'"{was}"', f'"{now}"', MINUTE_MS), body=body)
    (row,) = weighed(happenings([step], (), 0), KNOWN, ROOMS)
    assert row.course == course


def test_what_changed_is_called_as_its_kind_calls_it_on_a_screen():
    kind = replace(BOXES, called=lambda row, _known: f"{row.name} of hall 7")
    area = replace(ROOMS.areas[0], open=lambda: Contents((kind,), ROOMS.areas[0].headline))
    rooms = replace(ROOMS, areas=(area,))
    changed = change("1", "state", '"fine"', '"ill"', MINUTE_MS)
    body = json.dumps({**box(1), "state": "ill"})
    for text, label in ((body, "box-1 of hall 7"), ("", "box-1"), ('{"name": []}', "box-1")):
        (row,) = weighed(happenings([replace(changed, body=text)], (), 0), KNOWN, rooms)
        assert row.label == label


def test_what_came_ill_is_worse_and_what_went_ill_is_better():
    body = json.dumps({**box(1), "state": "ill"})
    came = replace(change("1", "", None, '"box-1"', MINUTE_MS), body=body)
    went = replace(change("1", "", '"box-1"', None, MINUTE_MS), body=body)
    for step, course in ((came, "worse"), (went, "better")):
        (row,) = weighed(happenings([step], (), 0), KNOWN, ROOMS)
        assert row.course == course


async def test_the_history_says_what_is_unwell_now_first_and_who_did_what():
    wire = Wire(bodies={"/boxes": [box(1, state="ill"), box(2)]})
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        app.station.store.changed = (
            change("00002", "size", "1", "2", 1 * MINUTE_MS),
            replace(
                change("00001", "state", '"fine"', '"ill"', 2 * MINUTE_MS, "found"),
                body=json.dumps(box(1, state="ill")),
            ),
        )
        app.station.store.done = (deed(why="it stood in the way"),)
        await pilot.press("H")
        await until(pilot, lambda: any("topple" in row for row in screen_text(app)))
        rows = screen_text(app)
        assert rows[1].startswith(" WHAT CHANGED   since a day ago  ->  now ")
        assert rows[2].startswith(" WORSE in 1  different in 1, 1 not well now. Acts: 1, 1 of them")
        assert rows[3].strip().startswith("1 was found later")
        assert rows[6].startswith(">!  boxes  box-00001     state fine -> ill")
        assert rows[7].startswith("    boxes  box-00002     size 1 -> 2")
        assert rows[8].startswith("    boxes  topple box-1  done after 7:00, by admin (tty1)")
        await pilot.press("s", "s")
        await until(pilot, lambda: "since the record began" in screen_text(app)[1])
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "DetailScreen")


async def test_l_on_a_deed_opens_the_logs_at_the_moment_it_was_sent():
    app = console(Wire(bodies={"/boxes": [box(1)]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))
        app.station.store.done = (deed(),)
        await pilot.press("H")
        await until(pilot, lambda: any("topple" in row for row in screen_text(app)))
        await pilot.press("l")
        await until(pilot, lambda: type(app.screen).__name__ == "StreamScreen")
        assert app.screen._logs.at_ms == NOW_MS - HOUR_MS
        assert app.screen._logs.of == "topple box-1"


async def test_a_record_that_cannot_be_read_is_said():
    from backend.errors import StoreError

    wire = Wire(bodies={"/boxes": [box(1)]})
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.known.has("boxes"))

        async def broken(cloud: str, **wanted: Any) -> Any:
            raise StoreError("the record is damaged")

        app.station.store.changes = broken
        await pilot.press("H")
        await until(pilot, lambda: "CANNOT  the record is damaged" in screen_text(app)[2])
