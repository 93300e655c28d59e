"""What panes say and where they put it: pure, without a screen."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.clean import cells
from backend.deed import Deed, Outcome
from backend.errors import Malformed, Unreachable
from backend.figure import Line
from backend.kind import Column
from backend.kinds import every_kind
from backend.known import Known, Memory, Reading
from backend.tone import Tone, Verdict
from backend.units import MINUTE_MS
from stx_tui import keys
from stx_tui.kept import Kept
from stx_tui.panes.columns import fit
from stx_tui.panes.late import Heard, as_it_was, is_news, late
from stx_tui.panes.rows import Rows
from stx_tui.panes.status import row_1, row_2, running, verdict_rows
from stx_tui.panes.strip import head_rule, painted, plural_of, said_of
from stx_tui.panes.text import safe
from stx_tui.screens.listing import ListingScreen
from stx_tui.screens.shape import STRIP_WIDTH, STRIP_WIDTH_LEAST, shape, small
from tests.tui.things import BOXES, NOW_MS, PLACE, ROOMS, Box, box

AWAY = Unreachable("store", "connection refused", "is it up?")
LOOKED_AT = (("boxes", ""),)


def reading(*bodies: Any, at_ms: int = NOW_MS, **more: Any) -> Reading[Any]:
    rows = {row.uuid: row for row in (Box.read(body) for body in bodies)}
    return Reading(
        kind="boxes",
        rows=tuple(rows.values()),
        by_id=MappingProxyType(rows),
        at_ms=at_ms,
        **more,
    )


def known(of: Optional[Reading[Any]] = None, **more: Any) -> Known:
    readings = MappingProxyType({("boxes", ""): of} if of is not None else {})
    return Known(cloud="site-7", now_ms=NOW_MS, place=PLACE, readings=readings, **more)


def text(strip: Any) -> str:
    return "".join(segment.text for segment in strip)


# --- row 1 -------------------------------------------------------------------------------------


LATE = ("AGE 14m sysinv", True)
LIVE = ("live", False)
PARTS = ("AIO-DX 24.09", "active controller-0", "C1 M3")


@pytest.mark.parametrize("width", range(1, 140))
def test_row_1_is_as_wide_as_the_screen(width: int):
    row = row_1(known(trouble="disk full", read_only=True), PARTS, LATE, width)
    assert cells(text(row)) == width


def test_row_1_keeps_the_counts_longest():
    assert "C1 M3" in text(row_1(known(), PARTS, LIVE, 12))
    assert "AIO" not in text(row_1(known(), PARTS, LIVE, 50))
    assert "AIO" in text(row_1(known(), PARTS, LIVE, 80))


def test_a_record_that_cannot_be_written_and_read_only_mode_are_said_in_row_1():
    row = text(row_1(known(trouble="disk full", read_only=True), (), LIVE, 80))
    assert "NO RECORD" in row
    assert "READ-ONLY" in row


def test_what_is_late_stands_out_of_the_reverse_row():
    def holes(ages: Any) -> List[str]:
        row = row_1(known(), (), ages, 80)
        return [segment.text for segment in row if segment.style and not segment.style.reverse]

    assert holes(LATE) == ["AGE 14m sysinv"]
    assert holes(LIVE) == []


class Clock:
    """Seconds that only a test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def ages_of(of: Reading[Any], silent_s: float) -> str:
    clock = Clock()
    heard = Heard(clock)
    heard.note(of)
    clock.now_s += silent_s
    return heard.ages(known(of), ROOMS, LOOKED_AT)[0]


def test_live_says_the_age_only_where_it_is_more_than_usual():
    assert ages_of(reading(box(1)), 19) == "live"
    assert ages_of(reading(box(1)), 25) == "live 20s"


def test_late_is_what_failed_what_is_remembered_and_what_was_silent_for_three_periods():
    ago = NOW_MS - 14 * MINUTE_MS
    assert ages_of(reading(box(1), at_ms=ago), 31) == "AGE 14m store"
    assert ages_of(reading(box(1), at_ms=ago, error=AWAY), 0) == "AGE 14m store"
    assert ages_of(reading(box(1), at_ms=ago, is_remembered=True), 0) == "AGE 14m store"
    assert ages_of(reading(at_ms=0, error=AWAY), 0) == "NO store"


def test_a_clock_that_jumps_makes_nothing_late():
    assert ages_of(reading(box(1), at_ms=NOW_MS - 60 * MINUTE_MS), 5) == "live"


def test_late_is_silent_of_what_nobody_looks_at():
    now = known(reading(at_ms=0, error=AWAY))
    assert late(now, ROOMS, (("lids", ""),)) == ()


def test_of_two_readings_of_one_source_the_older_is_said():
    old = reading(box(1), at_ms=NOW_MS - 9 * MINUTE_MS, error=AWAY)
    lids = replace(old, kind="lids", at_ms=NOW_MS - 5 * MINUTE_MS)
    now = replace(known(), readings={("lids", ""): lids, ("boxes", ""): old})
    both = (("lids", ""), ("boxes", ""))
    assert [str(one) for one in late(now, ROOMS, both)] == ["AGE 9m store"]
    assert [str(one) for one in late(now, ROOMS, both[::-1])] == ["AGE 9m store"]


def test_a_running_act_is_said_with_its_time_and_the_usual_one():
    deed = Deed(
        number="1", cloud="c", kind="boxes", action="topple", row_id="x", label="box-1",
        who="me", terminal="t", began_ms=NOW_MS - 400_000, sent_ms=NOW_MS - 372_000,
        outcome=Outcome.FOLLOWED,
    )  # fmt: skip
    usual = {("boxes", "topple", "box-1"): (461_000, 458_000, 460_000)}
    assert running(known(memory=Memory(deeds=(deed,), usual=usual))) == ("~ box-1 6:12/7:40",)
    assert running(known(memory=Memory(deeds=(deed,)))) == ("~ box-1 6:12",)


def test_the_areas_leave_out_what_has_no_room():
    assert text(row_2(ROOMS.areas, ROOMS.areas[1], 80)).rstrip().endswith(": go to")
    assert cells(text(row_2(ROOMS.areas, None, 9))) == 9


def test_a_slow_line_is_said_beside_the_areas_its_speed_longest():
    said = "9600 bd, full screen 1.9 s"
    areas = cells(text(row_2(ROOMS.areas, None, 80, "")).split(": go to")[0].rstrip()) + 3
    room = areas + len(f"{said}   : go to    ")
    assert text(row_2(ROOMS.areas, None, room, said)).endswith(f"{said}   : go to    ")
    assert text(row_2(ROOMS.areas, None, room - 1, said)).endswith("   9600 bd   : go to    ")
    assert "9600" not in text(row_2(ROOMS.areas, None, areas + 12, said))


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [(80, 24, ""), (200, 60, ""), (80, 23, "  80x23 of 80x24"), (40, 12, "  40x12 of 80x24")],
)
def test_a_small_screen_says_so_where_there_is_room(width: int, height: int, said: str):
    assert small(width, height) == said
    assert small(10, 3) == ""


def test_only_more_than_the_time_is_news():
    before = known(reading(box(1)))
    later = replace(before, now_ms=before.now_ms + 1000)
    same = replace(before.reading("boxes"), at_ms=later.now_ms, changed=(), gone=())
    assert not is_news(before, later, None)
    assert not is_news(before, later, same)
    assert is_news(before, later, replace(same, changed=("b1",)))
    assert is_news(before, later, replace(same, gone=("id-1",)))
    assert is_news(before, later, replace(same, error=AWAY))
    assert is_news(before, replace(later, trouble="disk full"), None)
    assert is_news(replace(before, readings=MappingProxyType({})), later, same)


# --- the verdict -------------------------------------------------------------------------------


def test_a_long_verdict_goes_on_in_row_4():
    words = "one two three four five six seven eight nine ten eleven twelve"
    first, second = verdict_rows(Verdict(word="WARN", text=words), 40)
    assert text(first).rstrip() == " WARN  one two three four five six"
    assert text(second).strip() == "seven eight nine ten eleven twelve"


@pytest.mark.parametrize("more", ["", "and what else there is to say of it"])
def test_a_verdict_that_has_no_room_ends_after_a_sentence_or_a_whole_word(more):
    words = "One thing is wrong. Another is as well: here. A third one is too. And a fourth."
    first, second = verdict_rows(Verdict(word="WARN", text=words, more=more), 40)
    if more:
        assert text(first).rstrip() == " WARN  One thing is wrong.."
        assert text(second).strip() == more
    else:
        assert text(first).rstrip() == " WARN  One thing is wrong. Another is"
        assert text(second).strip() == "as well: here. A third one is too.."
    long = "unquestionably interminable characterisation"
    first, second = verdict_rows(Verdict(word="", text="x", more=long), 40)
    assert text(second).strip() == "unquestionably interminable.."


def test_a_verdict_of_old_rows_does_not_claim_to_know():
    well = Verdict(word="WELL", text="all is fine")
    gone = as_it_was(well, reading(box(1), at_ms=NOW_MS - MINUTE_MS, error=AWAY), NOW_MS)
    assert (gone.word, gone.text) == ("WAS WELL", "all is fine (as of 1m ago)")
    assert gone.more == "store: connection refused. is it up?"
    assert as_it_was(well, reading(box(1)), NOW_MS) is well
    never = as_it_was(well, reading(at_ms=0, error=AWAY), NOW_MS)
    assert (never.word, never.text) == ("CANNOT", "store: connection refused")
    memory = as_it_was(well, reading(box(1), is_remembered=True), NOW_MS)
    assert memory.word == "WAS WELL"


def test_rows_that_could_not_be_read_are_counted():
    fault = Malformed("boxes", "3.size", "is no number")
    said = as_it_was(Verdict(word="WELL", text="x"), reading(box(1), malformed=(fault,)), NOW_MS)
    assert said.more == "1 could not be read: boxes: 3.size: is no number"


# --- columns -----------------------------------------------------------------------------------

COLUMNS = tuple(
    Column[Any](heading=heading, wide=heading == "EXTRA")
    for heading in ("NAME", "ROLE", "STATE", "TEXT", "EXTRA")
)


def widths(room: int, wants: List[int]) -> List[int]:
    return [one.width for one in fit(COLUMNS, wants, room).columns]


def test_wide_columns_show_only_where_all_others_fit():
    assert widths(100, [10, 8, 9, 30, 20]) == [10, 8, 9, 30, 20]
    assert widths(80, [10, 8, 9, 30, 20]) == [10, 8, 9, 30]


def test_long_text_is_narrowed_before_a_column_goes():
    assert widths(50, [10, 8, 9, 30, 20]) == [10, 8, 9, 20]


def test_columns_go_from_the_right_and_the_name_is_whole_as_long_as_it_can():
    assert widths(25, [10, 8, 9, 30, 20]) == [10, 8, 5]
    assert widths(14, [10, 8, 9, 30, 20]) == [10, 3]
    assert widths(6, [10, 8, 9, 30, 20]) == [6]


def test_room_that_is_left_goes_to_what_was_cut_the_name_first():
    most = COLUMNS[0].most
    assert widths(100, [most + 5, 8, 9, 10, 3]) == [most + 5, 8, 9, 10, 5]
    assert widths(110, [most + 9, 3, 3, most + 9, 90]) == [most + 9, 4, 5, most + 6]
    assert widths(80, [most + 9, 3, 3, most + 9, 90]) == [most, 4, 5, 28]


@given(
    wants=st.lists(st.integers(min_value=1, max_value=120), min_size=5, max_size=5),
    room=st.integers(min_value=-3, max_value=200),
)
def test_columns_never_take_more_than_there_is(wants: List[int], room: int):
    fitted = fit(COLUMNS, wants, room)
    taken = sum(one.width for one in fitted.columns) + fitted.gap * (len(fitted.columns) - 1)
    assert taken <= max(room, 1)
    assert fitted.columns[0].index == 0


# --- rows --------------------------------------------------------------------------------------


def test_unchanged_rows_keep_their_entries_and_say_that_nothing_moved():
    rows, first = Rows(BOXES), reading(box(1), box(2))
    assert rows.show(first, known(first))
    entries = list(rows.shown)
    again = replace(first, rows=tuple(first.rows))
    assert not rows.show(again, known(again))
    assert all(a is b for a, b in zip(rows.shown, entries))


def test_rows_follow_the_order_of_their_kind_as_they_change():
    kind = replace(BOXES, sort=lambda row, _known: -row.size)
    rows, first = Rows(kind), reading(box(1), box(2), box(3))
    rows.show(first, known(first))
    assert [entry.row.size for entry in rows.shown] == [3, 2, 1]
    later = reading(box(1, size=9), box(2), box(3))
    rows.show(later, known(later))
    assert [entry.row.size for entry in rows.shown] == [9, 3, 2]


def test_what_is_sorted_by_another_reading_follows_it_in_time():
    kind = replace(
        BOXES,
        needs=("lids",),
        sort=lambda row, now: row.name not in [lid.name for lid in now.rows("lids")],
    )
    rows, first = Rows(kind), reading(box(1), box(2))
    rows.show(first, known(first))
    assert [entry.row.name for entry in rows.shown] == ["box-1", "box-2"]
    lids = replace(reading(box(9, name="box-2")), kind="lids")
    now = replace(known(first), readings={("boxes", ""): first, ("lids", ""): lids})
    rows.show(first, now)
    while rows.work(1.0):
        pass
    assert [entry.row.name for entry in rows.shown] == ["box-2", "box-1"]


def test_a_filter_finds_what_changed_meanwhile():
    rows, first = Rows(BOXES), reading(box(1), box(2))
    rows.show(first, known(first))
    rows.search("ill")
    while rows.work(1.0):
        pass
    assert rows.shown == []
    later = reading(box(1, state="ILL"), box(2))
    rows.show(later, known(later))
    while rows.work(1.0):
        pass
    assert [entry.row.name for entry in rows.shown] == ["box-1"]


def test_of_a_thousand_rows_only_those_that_changed_are_looked_at():
    asked: List[str] = []

    def id_of(row: Box) -> str:
        asked.append(row.uuid)
        return row.uuid

    many = [box(at) for at in range(1000)]
    rows, first = Rows(replace(BOXES, id=id_of)), reading(*many)
    rows.show(first, known(first))
    new = Box.read(box(7, state="ILL"))
    now = (*first.rows[:7], new, *first.rows[8:])
    later = replace(first, rows=now, by_id=MappingProxyType({row.uuid: row for row in now}))
    asked.clear()
    assert rows.show(later, known(later))
    assert set(asked) == {new.uuid}
    assert rows.shown[7].row is new


def test_rows_that_changed_their_places_are_all_there_in_the_new_order():
    rows, first = Rows(BOXES), reading(box(1), box(2), box(3))
    rows.show(first, known(first))
    later = reading(box(2), box(1, size=9), box(3))
    rows.show(later, known(later))
    assert [entry.row.name for entry in rows.shown] == ["box-2", "box-1", "box-3"]


def test_a_column_sorts_numbers_within_words_by_their_size_and_what_is_missing_last():
    names = ["worker-10", "", "worker-2", "2nd", "10th", "worker"]
    kind = replace(BOXES, columns=(Column(heading="NAME", value=lambda row: row.name),))
    rows, first = Rows(kind), reading(*(box(at, name=name) for at, name in enumerate(names)))
    rows.show(first, known(first))
    rows.sort(0)
    found = [entry.row.name for entry in rows.shown]
    assert found == ["2nd", "10th", "worker", "worker-2", "worker-10", ""]


def test_a_column_whose_number_is_none_sorts_it_last_and_ends_nothing():
    sizes = {"a": float("nan"), "b": 2.0, "c": float("inf"), "d": 1.0}
    value = lambda row: sizes[row.name]  # noqa: E731
    kind = replace(BOXES, columns=(Column(heading="SIZE", value=value),))
    rows, first = Rows(kind), reading(*(box(at, name=name) for at, name in enumerate(sizes)))
    rows.show(first, known(first))
    rows.sort(0)
    assert [entry.row.name for entry in rows.shown] == ["d", "b", "a", "c"]


def test_a_service_that_sends_a_row_twice_has_it_once():
    twice = reading(box(1), box(2))
    twice = replace(twice, rows=(*twice.rows, twice.rows[0]))
    rows = Rows(BOXES)
    rows.show(twice, known(twice))
    assert len(rows) == 2


def test_an_answer_is_kept_until_more_is_known():
    made: List[Known] = []
    kept = Kept(lambda now: made.append(now) or len(made))  # type: ignore[func-returns-value]
    first = reading(box(1))
    memory = Memory()
    assert kept.of(known(first, memory=memory)) == 1
    assert kept.of(replace(known(first, memory=memory), now_ms=NOW_MS + 1)) == 1
    assert kept.of(replace(known(first, memory=memory), now_ms=NOW_MS + MINUTE_MS)) == 2
    assert kept.of(known(reading(box(1)), memory=memory)) == 3


# --- the strip, the keys, the shape ------------------------------------------------------------


def test_headings_stand_on_the_left_and_long_text_goes_on_below_the_text():
    rows = [text(row) for row in painted((Line(heading="DO", text="word " * 20),), 40)]
    assert rows[0].startswith(" DO       word word")
    assert rows[1].startswith("          word")
    assert all(len(row) == 40 for row in rows)


def test_one_long_line_does_not_push_the_others_out():
    rows = [text(row).rstrip() for row in painted((Line(text="word " * 200),), 40)]
    assert len(rows) == 3
    assert rows[-1].endswith("..")


@pytest.mark.parametrize("width", [1, 5, 20, 40, 80, 160])
def test_the_rule_above_the_strip_ends_before_the_last_cells(width: int):
    row = text(head_rule("7 of 7 hosts", "selected: controller-1", width=width))
    assert len(row) == width
    if width > 50:
        assert row.startswith(" 7 of 7 hosts ---")
        assert row.endswith("- selected: controller-1 ")


def test_a_kind_that_says_nothing_of_a_row_has_what_its_table_does_not_show():
    silent = replace(BOXES, strip=None)
    (row,) = reading(box(3)).rows
    (line,) = said_of(silent, row, known(), seen={0, 2}).lines
    assert line.text == "STATE fine   WHERE a rather long place to stand in"
    apart = said_of(silent, row, known(), seen={0, 2}, apart=True).lines
    assert [(one.heading, one.text) for one in apart] == [
        ("STATE", "fine"),
        ("WHERE", "a rather long place to stand in"),
    ]
    assert said_of(silent, row, known(), seen={0, 1, 2, 3}).lines == ()


def test_a_wide_table_has_what_the_strip_beside_it_can_read_without():
    for table, beside in ((0, STRIP_WIDTH), (88, STRIP_WIDTH), (98, 62), (150, STRIP_WIDTH_LEAST)):
        assert shape(160, 50, 4, table=table).beside == beside
    # Where the table has its eighty cells alone, it keeps them.
    assert shape(132, 50, 4, table=200).beside == 52


def test_a_name_stands_whole_where_only_wide_columns_go_for_it():
    name = Column(heading="NAME", value=lambda b: b.name, most=20)
    state = Column(heading="STATE", value=lambda b: b.state)
    where = Column(heading="WHERE", value=lambda b: "", wide=True)
    longest = [40, 7, 30]
    assert [one.width for one in fit((name, state, where), longest, 90).columns] == [40, 7, 30]
    assert [one.width for one in fit((name, state, where), longest, 60).columns] == [40, 7]
    assert [one.width for one in fit((name, state, where), longest, 45).columns][:2] == [36, 7]


def test_the_footer_drops_keys_but_never_the_page_of_keys():
    bindings = ListingScreen.BINDINGS
    assert keys.footer(bindings, 79).endswith("? keys")
    assert keys.footer(bindings, 24) == " Enter open  ? keys"
    for width in range(80):
        assert len(keys.footer(bindings, width)) <= width


def test_every_key_of_a_listing_says_what_it_does_once():
    page = keys.page(ListingScreen.BINDINGS)
    assert all(says for _keys, says in page)
    assert ("1 2 3 4 5 6 7 8 9", "go to that area") in page
    assert ("/", "show only rows with a text in them") in page
    ids = [binding.id for binding in ListingScreen.BINDINGS]
    assert len(ids) == len(set(ids))


def test_no_verb_sits_on_a_navigation_key_and_none_needs_ctrl_alone():
    plain = {"enter", "space", "asterisk", "slash", "colon", "escape"}
    for binding in ListingScreen.BINDINGS:
        presses = binding.key.split(",")
        assert any(len(one) == 1 or "_" in one or one in plain for one in presses), binding


@pytest.mark.parametrize("width", [1, 10, 40, 80, 120, 160])
@pytest.mark.parametrize("height", range(1, 60))
def test_the_table_always_has_a_row(width: int, height: int):
    for wanted in (1, 4, 30):
        now = shape(width, height, wanted)
        assert height - now.status - now.strip - now.foot >= 1
        assert now.beside <= width - 80 or not now.beside


def test_values_of_every_sort_are_said_as_people_say_them():
    values = (None, "", True, False, 3, 2.5, ["a", 1], ("x",), "\x1b[1m", "z" * 9_999)
    assert [safe(value) for value in values] == [
        "-", "", "yes", "no", "3", "2.5", "a 1", "x", "\\x1b[1m", "z" * 500,
    ]  # fmt: skip


def test_bad_news_is_bold_without_colour():
    (row,) = painted((Line(text="it stops", tone=Tone.BAD),), 20)
    assert [segment.style.bold for segment in row if segment.text == "it stops"] == [True]


def test_rows_are_called_by_the_plural_of_one_of_them() -> None:
    said = {kind.name: plural_of(kind) for kind in every_kind()}
    assert said["storage-map"] == "places"
    assert said["sel"] == "sel-events"
    assert (said["hosts"], said["memory"], said["deployments"]) == (
        "hosts",
        "memory",
        "deployments",
    )
