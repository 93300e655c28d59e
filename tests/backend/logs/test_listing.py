"""The logs of a machine as rows: those that are there, how far they go, how bad they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.kinds.log_list import LOGS, LogRow
from backend.known import Known, Reading
from backend.logs.files import Here
from backend.logs.listing import logs_here
from backend.place import Place
from backend.tone import Mark
from tests.backend.logs.things import BEGAN_MS, MINUTE_MS, fill, written

NOW_MS = BEGAN_MS + 120 * MINUTE_MS


def test_logs_that_are_there_say_their_size_times_and_errors_of_the_last_hour(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, NOW_MS, MINUTE_MS), "controller-0 sm: err line {at}")
    (tmp_path / "kern.log").write_text(f"{written(BEGAN_MS)}\n")
    (tmp_path / "pipe.log").mkdir()
    names = {
        "sm": (str(tmp_path / "none.log"), str(path)),
        "kern": (str(tmp_path / "kern.log"),),
        "gone": (str(tmp_path / "gone.log"),),
        "pipe": (str(tmp_path / "pipe.log"),),
    }
    rows = [LogRow.model_validate(body) for body in logs_here(NOW_MS, Here(), names)()]
    assert [row.name for row in rows] == ["sm", "kern", "pipe"]
    assert (rows[0].from_ms, rows[0].to_ms) == (BEGAN_MS, NOW_MS - MINUTE_MS)
    assert rows[0].size == path.stat().st_size
    assert (rows[0].bad, rows[1].bad) == (60, 0)
    assert "is no file" in rows[2].error
    by_id = {row.name: row for row in rows}
    reading = Reading(kind="logs", rows=tuple(rows), by_id=by_id, at_ms=NOW_MS)
    known = Known(cloud="", now_ms=NOW_MS, place=Place(), readings={("logs", ""): reading})
    assert LOGS.verdict is not None
    said = LOGS.verdict(known)
    assert said.word == "WARN"
    assert "most sm (60)" in said.text
    assert "1 cannot be read" in said.more


def test_what_was_not_gone_through_is_not_said_to_be_without_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.logs.listing.LAST", 100_000)
    loud, mute = tmp_path / "haproxy.log", tmp_path / "cron.log"
    fill(loud, range(NOW_MS - 60 * MINUTE_MS, NOW_MS, 200))
    loud.write_text(f"{written(NOW_MS - 59 * MINUTE_MS, 'ha: err first')}\n{loud.read_text()}")
    mute.write_text("no time at all\n")
    names = {"haproxy": (str(loud),), "cron": (str(mute),)}
    rows = [LogRow.model_validate(body) for body in logs_here(NOW_MS, Here(), names)()]
    assert (rows[0].bad, rows[0].is_cut, rows[1].bad) == (0, True, None)
    known = Known(cloud="", now_ms=NOW_MS, place=Place())
    assert LOGS.look is not None
    assert [LOGS.look(row, known).mark for row in rows] == [Mark.UNKNOWN] * 2
    reading = Reading(kind="logs", rows=tuple(rows), at_ms=NOW_MS)
    assert LOGS.verdict is not None
    said = LOGS.verdict(replace(known, readings={("logs", ""): reading}))
    assert said.word != "WELL"
    assert said.more == "not told by haproxy, cron"


def test_where_no_log_can_be_read_it_is_not_said_that_no_line_is_bad() -> None:
    shut = LogRow(name="sm", path="/var/log/sm.log", error="permission denied")
    fine = LogRow(name="kern", path="/var/log/kern.log", bad=0)
    assert LOGS.verdict is not None
    for rows, word in (((shut,), "CANNOT"), ((shut, fine), "WELL")):
        reading = Reading(kind="logs", rows=rows, at_ms=NOW_MS)
        known = Known(cloud="", now_ms=NOW_MS, place=Place(), readings={("logs", ""): reading})
        said = LOGS.verdict(known)
        assert said.word == word
    assert said.text.startswith("1 logs, no line")
