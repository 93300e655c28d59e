from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.deed import Deed
from backend.errors import Unreachable
from backend.kinds.alarms import is_new
from backend.kinds.faults import (
    ALARMS,
    EVENTS,
    FAULTS,
    SUPPRESSIONS,
    Suppression,
    alarms_of,
    counts_text,
    severity_counts,
)
from backend.known import Mark, Reading
from backend.render import rows_text
from backend.tone import Mark as Sign
from backend.tone import Tone
from tests.backend.kinds.fm import NOW_MS, alarm, at, known, ordered, said, strip_of, with_alarms

GOLDEN = Path(__file__).parent / "golden"


# --- as it was recorded ------------------------------------------------------------------------


def test_the_nine_alarms_of_the_sample_are_shown_as_they_were() -> None:
    base = known(baseline_ms=at("2026-11-22T08:45:00Z"))
    text = rows_text(ALARMS, ordered(base), base, "wide")
    assert text == (GOLDEN / "fm_alarms.txt").read_text()


def test_the_events_of_the_sample_are_shown_newest_first() -> None:
    base = known()
    sort = EVENTS.sort
    assert sort is not None
    rows = sorted(base.rows("events"), key=lambda row: sort(row, base))
    assert [row.at_ms for row in rows] == sorted((row.at_ms for row in rows), reverse=True)
    assert rows_text(EVENTS, rows, base, "table") == (GOLDEN / "fm_events.txt").read_text()


def test_the_types_of_the_sample_are_shown_with_what_is_active() -> None:
    base = known("fm_alarms_suppressed.json")
    sort = SUPPRESSIONS.sort
    assert sort is not None
    rows = sorted(base.rows("suppressions"), key=lambda row: sort(row, base))
    text = rows_text(SUPPRESSIONS, rows, base, "table")
    assert text == (GOLDEN / "fm_suppressions.txt").read_text()


def test_every_alarm_of_the_sample_explains_itself() -> None:
    base = known()
    for row in base.rows("alarms"):
        told = said(row, base)
        assert told[row.alarm_id].startswith(row.reason)
        assert {"CAUSE", "DO", "VERIFY", "VENDOR"} <= told.keys()
        assert list(told).index("DO") < list(told).index("VENDOR")
        assert "<hostname>" not in "".join(told.values())


def test_a_timestamp_without_a_zone_is_utc() -> None:
    row = alarm(known(), "400.002")
    assert row.raised_ms == at("2026-11-22T08:18:00.123Z")
    zoned = {**row.body, "timestamp": "2026-11-22T09:18:00.123456+01:00"}
    assert with_alarms(known(), zoned).rows("alarms")[0].raised_ms == row.raised_ms


# --- new, seen, expected, suppressed -------------------------------------------------------------


def test_what_came_after_the_baseline_is_new_and_stands_first() -> None:
    base = known(baseline_ms=at("2026-11-22T08:45:00Z"))
    rows = ordered(base)
    assert [row.alarm_id for row in rows if is_new(row, base)] == ["100.104", "100.101", "100.103"]
    assert [ALARMS.look(row, base).mark for row in rows[:4]] == [Sign.NEW] * 3 + [Sign.NONE]
    ranks = "CMmw"
    old = [ranks.index(ALARMS.columns[0].cell(row, base)) for row in rows[3:]]
    assert old == sorted(old)


def test_the_ids_at_the_baseline_tell_new_ones_even_when_the_clocks_differ() -> None:
    base = known()
    ids = frozenset(row.uuid for row in base.rows("alarms") if row.alarm_id != "800.001")
    base = known(baseline_ms=NOW_MS + 3_600_000, baseline_ids=ids | {"gone-1", "gone-2"})
    assert [row.alarm_id for row in base.rows("alarms") if is_new(row, base)] == ["800.001"]
    verdict = ALARMS.verdict(base) if ALARMS.verdict else None
    assert verdict is not None
    assert verdict.word == "1 NEW"
    assert "8 were there   2 cleared   0 suppressed" in verdict.text


def test_without_a_baseline_nothing_is_new() -> None:
    base = known()
    assert not any(is_new(row, base) for row in base.rows("alarms"))
    assert ALARMS.verdict is not None
    verdict = ALARMS.verdict(base)
    assert verdict.word == "9 ACTIVE"
    assert "no baseline" in verdict.text


def test_the_last_visit_serves_where_nobody_set_a_baseline() -> None:
    base = known(visit_ms=at("2026-11-22T08:45:00Z"))
    assert ALARMS.verdict is not None
    assert ALARMS.verdict(base).word == "3 NEW"
    assert "your last visit (08:45Z)" in ALARMS.verdict(base).text


def test_the_verdict_says_how_many_refuse_management_and_fits_the_screen() -> None:
    base = known(baseline_ms=at("2026-11-21T08:45:00Z"), baseline_ids=frozenset())
    assert ALARMS.verdict is not None
    verdict = ALARMS.verdict(base)
    assert verdict.more.startswith("7 of 9 block management actions (strategy, upgrade)")
    assert verdict.more.endswith("b set baseline")
    assert verdict.tone is Tone.BAD
    assert max(len(verdict.more), len(f"{verdict.word} {verdict.text}")) <= 79


def test_a_seen_alarm_is_marked_so_and_says_by_whom() -> None:
    row = alarm(known(), "250.001")
    marked = known(
        baseline_ms=1,
        marks={
            ("alarms", row.uuid): Mark(
                seen_by="ada",
                seen_ms=at("2026-11-22T08:30:00Z"),
                assigned_to="grace",
                note="DIMM\nA4",
                note_by="ada",
                note_ms=NOW_MS,
            )
        },
    )
    seen = ALARMS.look(row, marked)
    assert seen.mark is Sign.SEEN
    assert 'note, ada: "DIMM A4"' in seen.notes
    told = said(row, marked)
    assert told["OURS"] == "seen by ada 08:30Z, assigned to grace"
    assert told["NOTE"] == '"DIMM A4" (ada 09:05Z)'


def test_a_suppressed_alarm_is_listed_last_and_counted_apart() -> None:
    base = known("fm_alarms_suppressed.json", baseline_ms=1)
    rows = ordered(base)
    assert rows[-1].alarm_id == "100.101"
    assert ALARMS.look(rows[-1], base).mark is Sign.OUT
    assert not is_new(rows[-1], base)
    assert ALARMS.verdict is not None
    assert "1 suppressed" in ALARMS.verdict(base).text
    # It refuses upgrades all the same.
    hidden = sum(1 for row in base.rows("alarms") if row.blocks_management)
    assert ALARMS.verdict(base).more.startswith(f"{hidden} of 9")
    assert alarms_of(base, "controller-0") == ()
    assert sum(severity_counts(base.rows("alarms")).values()) == 8


def _deed(action: str, row_id: str, ended_ms: Any = None) -> Deed:
    return Deed(
        number="2211-0041",
        cloud="site-7",
        kind="hosts",
        action=action,
        row_id=row_id,
        label="worker-1",
        who="ada",
        terminal="ttyS0",
        began_ms=at("2026-11-22T09:03:40Z"),
        ended_ms=ended_ms,
    )


# --- is it well, of which host -------------------------------------------------------------------


def test_the_headline_is_as_bad_as_the_worst_alarm() -> None:
    base = known()
    assert FAULTS.headline(base).word == "NOT WELL"
    assert FAULTS.headline(base).text == "1 critical, 5 major, 1 minor, 2 warning alarms."
    assert FAULTS.headline(with_alarms(base, {"severity": "minor"})).word == "WARN"
    assert FAULTS.headline(with_alarms(base, {"severity": "warning"})).word == "WELL"
    none = FAULTS.headline(with_alarms(base))
    assert (none.word, none.text, none.tone) == ("WELL", "no alarms.", Tone.GOOD)


def test_what_is_hidden_is_told_in_the_headline_for_it_forbids_an_upgrade_all_the_same() -> None:
    hidden = {"suppression_status": "suppressed", "mgmt_affecting": "True"}
    said = FAULTS.headline(with_alarms(known(), hidden))
    assert (said.text, said.more) == (
        "no alarms. 1 suppressed.", "1 block strategies and upgrades.")  # fmt: skip


def test_before_alarms_are_read_nobody_says_that_all_is_well() -> None:
    base = replace(known(), readings={})
    assert FAULTS.headline(base).tone is Tone.PLAIN
    assert "not read yet" in FAULTS.headline(base).text
    away = Reading[Any](kind="alarms", tried_ms=NOW_MS, error=Unreachable("fm", "refused"))
    base = replace(base, readings={("alarms", ""): away})
    assert ALARMS.verdict is not None
    assert "fm: refused" in ALARMS.verdict(base).text
    assert ALARMS.verdict(base).word == "CAN'T TELL"


def test_the_alarms_of_a_host_are_those_on_it_and_in_it() -> None:
    base = known()
    assert [row.alarm_id for row in alarms_of(base, "controller-1")] == ["100.104", "250.001"]
    assert [row.alarm_id for row in alarms_of(base, "worker-0")] == ["100.103", "200.006"]
    assert alarms_of(base, "worker-9") == ()
    assert alarms_of(base, "") == ()


def test_counts_are_said_with_a_letter_each() -> None:
    base = known()
    assert counts_text(base.rows("alarms")) == "C1 M5 m1 w2"
    assert counts_text(alarms_of(base, "controller-1")) == "C1 M1"
    assert counts_text(()) == ""
    assert counts_text((), zeros=True) == "C0 M0 m0 w0"


# --- events and types ----------------------------------------------------------------------------


def test_a_log_line_that_is_no_alarm_has_no_severity_and_no_id() -> None:
    base = known()
    logs = [row for row in base.rows("events") if row.state == "log"]
    assert logs
    for row in logs:
        assert row.event_log_id is None
        assert [column.cell(row, base) for column in EVENTS.columns[2:4]] == [None, None]
        assert strip_of(row, base, EVENTS)
        assert EVENTS.look(row, base).mark is Sign.NONE


def test_a_clear_is_marked_gone_and_a_set_is_as_bad_as_its_alarm() -> None:
    base = known()
    for row in base.rows("events"):
        seen = EVENTS.look(row, base)
        assert (seen.mark is Sign.GONE) == (row.state == "clear")
        if row.state == "set" and row.severity == "critical":
            assert seen.tone is Tone.BAD


def test_a_hidden_type_with_active_alarms_says_so() -> None:
    base = known("fm_alarms_suppressed.json")
    row = base.rows("suppressions")[0]
    hidden = Suppression(
        uuid=row.uuid, alarm_id=row.alarm_id, suppression_status="suppressed", description="x"
    )
    seen = SUPPRESSIONS.look(hidden, base)
    assert (seen.mark, seen.notes) == (Sign.OUT, ("hides 1 active",))
    assert dict(strip_of(hidden, base, SUPPRESSIONS))["STATE"].startswith("hidden from everybody")
    assert SUPPRESSIONS.look(row, base).mark is Sign.NONE
