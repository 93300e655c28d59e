"""The logs of a machine as rows: those that are there, how far they go, how bad they are."""

from __future__ import annotations

from pathlib import Path

from backend.kinds.log_list import LOGS, LogRow
from backend.known import Known, Reading
from backend.logs.files import Here
from backend.logs.listing import logs_here
from backend.place import Place
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
