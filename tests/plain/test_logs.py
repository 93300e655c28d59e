"""Logs in the line mode: printed a page at a time, on paper."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, List

from backend.errors import NotConfigured
from stx_tui.plain import run
from tests.backend.logs.things import BEGAN_MS, fill
from tests.plain.spoken import WIDTH, assert_plain


async def nobody() -> Any:
    raise NotConfigured("no cloud is set up")


def said(*lines: str) -> str:
    """Say all lines at once, with no cloud at all, and return what was printed."""
    paper = io.StringIO()
    stdin = io.StringIO("".join(f"{line}\n" for line in lines))
    assert run(nobody, stdin=stdin, stdout=paper, width=WIDTH) == 0
    assert_plain(paper.getvalue())
    return paper.getvalue()


def printed(text: str, word: str = "line") -> List[int]:
    """Return the numbers of the lines that were printed."""
    rows = (row for row in text.splitlines() if f"{word} " in row and "11-21" in row)
    return [int(row.rpartition(" ")[2]) for row in rows]


def sm(tmp_path: Path) -> Path:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + 300_000, 1000), "sm: info line {at}")
    text = path.read_text().replace("info line 100\n", "err line 100\n")
    path.write_text(text)
    return path


def test_the_last_lines_are_printed_and_pages_go_up_and_down(tmp_path: Path) -> None:
    text = said(f"l {sm(tmp_path)}", "-", "-", "+", "+", "+", "q", "q")
    assert "STANDING  2026-11-21 02:00Z to 02:04:59Z" in text
    assert printed(text) == [
        *range(285, 300),
        *range(270, 285),
        *range(255, 270),
        *range(270, 285),
        *range(285, 300),
    ]
    assert "that was the last line" in text


def test_pages_go_on_beyond_what_was_read_at_once(tmp_path: Path) -> None:
    numbers = printed(said(f"l {sm(tmp_path)}", *["-"] * 19, "q", "q"))
    assert numbers[-15:] == list(range(15))
    assert sorted(numbers) == list(range(300))


def test_a_time_an_error_and_a_text_are_gone_to(tmp_path: Path) -> None:
    text = said(f"l {sm(tmp_path)}", "@02:01:00", "n", "n", "/line 20", "/", "@soon", "q", "q")
    assert "! 11-21 02:01:40.000" in text
    assert "no line after these says it is bad" in text
    assert "11 lines have 'line 20'" in text
    assert "'soon' is no time" in text


def test_lines_are_saved_and_never_over_a_file(tmp_path: Path) -> None:
    path, target = sm(tmp_path), tmp_path / "slice"
    text = said(f"l {path}", f"s {target}", f"s {target}", "t", "", "q", "q")
    assert "saved 15 lines" in text
    assert "such a file is there already" in text
    assert target.read_text().splitlines() == path.read_text().splitlines()[-15:]


def test_a_log_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "CANNOT  there is no" in said(f"l {tmp_path}/none.log", "+", "q", "q")


def test_one_more_log_is_added_to_those_one_looks_at(tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    fill(other, [BEGAN_MS + 298_500], "other: err it broke")
    text = said(f"l {sm(tmp_path)}", f"a {other}", "a pod:nobody", "q", "q")
    assert "LOGS  sm  other" in text
    assert "it broke" in text
    assert "no pod is called nobody" in text
