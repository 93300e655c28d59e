"""A log in files: its lines both ways, its times, its parts."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest

from backend.errors import Missing, Unreadable
from backend.logs.files import Here
from backend.logs.find import Text
from tests.backend.logs.things import (
    BEGAN_MS,
    MINUTE_MS,
    all_down,
    all_up,
    fill,
    first,
    no_step,
    opened,
    texts,
    written,
)


def test_lines_are_the_same_down_and_up(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + 5000 * 100, 100))
    log = opened(path)
    down = all_down(log)
    assert len(down) == 5000
    assert down == all_up(log)[::-1]
    assert [line.at_ms for line in down] == list(range(BEGAN_MS, BEGAN_MS + 5000 * 100, 100))


def test_rotated_and_packed_parts_are_one_stream(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    parts = {
        "sm.log.4.bz2": bz2.compress,
        "sm.log.3.xz": lzma.compress,
        "sm.log.2.gz": gzip.compress,
        "sm.log.1": bytes,
        "sm.log": bytes,
    }
    for at, (name, pack) in enumerate(parts.items()):
        text = f"{written(BEGAN_MS + at * MINUTE_MS, f'a part {at}')}\n"
        (tmp_path / name).write_bytes(pack(text.encode()))
    (tmp_path / "sm.log.swp").write_text("no part\n")
    (tmp_path / "sm.logger").write_text("no part\n")
    log = opened(path)
    assert texts(all_down(log)) == ["0", "1", "2", "3", "4"]
    assert texts(all_up(log)) == ["4", "3", "2", "1", "0"]
    assert log.count(Text("part"), no_step) == 5
    extent = log.extent()
    assert (extent.from_ms, extent.to_ms) == (BEGAN_MS, BEGAN_MS + 4 * MINUTE_MS)
    assert texts(first(log.down(log.at(BEGAN_MS + MINUTE_MS + 1).position, None, no_step), 1)) == [
        "2"
    ]


def test_parts_by_date_are_ordered_by_it(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    for name, at in (
        ("sm.log-20261119.gz", 0),
        ("sm.log-20261120", 1),
        ("sm-20261121.log", 2),
        ("sm.log", 3),
    ):
        text = f"{written(BEGAN_MS + at, f'a part {at}')}\n".encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert texts(all_down(opened(path))) == ["0", "1", "2", "3"]


def test_lines_without_a_time_have_that_of_the_line_they_continue(tmp_path: Path) -> None:
    path = tmp_path / "sysinv.log"
    path.write_text(
        f"{written(BEGAN_MS)}\nTraceback (most recent):\n  File\n{written(BEGAN_MS + 5)}\n"
    )
    log = opened(path)
    times = [BEGAN_MS, BEGAN_MS, BEGAN_MS, BEGAN_MS + 5]
    assert [line.at_ms for line in all_down(log)] == times
    assert [line.at_ms for line in all_up(log)] == times[::-1]
    assert [line.at_ms for line in all_up(log, Text("file"))] == [BEGAN_MS]


def test_a_time_is_found_by_few_reads(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + 40_000 * 50, 50))
    log = opened(path)
    for ms in (BEGAN_MS - 1, BEGAN_MS, BEGAN_MS + 777_777, BEGAN_MS + 1_999_950):
        line = next(log.down(log.at(ms).position, None, no_step))
        assert line.at_ms == max(-(-(ms - BEGAN_MS) // 50) * 50, 0) + BEGAN_MS
    assert log.at(BEGAN_MS + 2_000_000).position == log.last()


def test_a_clock_that_was_set_back_is_said_and_its_last_time_is_found(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    there = list(range(BEGAN_MS, BEGAN_MS + 120 * MINUTE_MS, 200))
    again = list(range(BEGAN_MS + 60 * MINUTE_MS, BEGAN_MS + 180 * MINUTE_MS, 200))
    fill(path, there + again)
    log = opened(path)
    landing = log.at(BEGAN_MS + 90 * MINUTE_MS)
    lines = first(log.down(landing.position, None, no_step), 2)
    assert lines[0].at_ms == BEGAN_MS + 90 * MINUTE_MS
    assert int(texts(lines)[0]) > len(there)
    assert "set back" in landing.notes[0]
    assert "twice" in landing.notes[0]
    for alone in (30, 150):
        landing = log.at(BEGAN_MS + alone * MINUTE_MS)
        assert landing.notes == ()
        assert next(log.down(landing.position, None, no_step)).at_ms == BEGAN_MS + alone * MINUTE_MS


def test_a_clock_that_was_set_forward_is_found_behind_the_gap(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [*range(BEGAN_MS, BEGAN_MS + 2_000_000, 100), BEGAN_MS + 9_000_000])
    landing = opened(path).at(BEGAN_MS + 5_000_000)
    assert landing.notes == ()
    assert next(opened(path).down(landing.position, None, no_step)).at_ms == BEGAN_MS + 9_000_000


def test_lines_that_overtake_each_other_are_no_clock_set_back(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS + at * 100 + (at % 3) * 150 for at in range(20_000)])
    assert opened(path).at(BEGAN_MS + 1_000_000).notes == ()


def test_a_log_that_rotates_goes_on_in_its_new_file(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS, BEGAN_MS + 1])
    log = opened(path)
    end = log.last()
    path.rename(tmp_path / "sm.log.1")
    with (tmp_path / "sm.log.1").open("a") as old:  # syslog-ng writes on until it is told
        old.write(f"{written(BEGAN_MS + 2, 'late 2')}\n")
    path.write_text(f"{written(BEGAN_MS + 3, 'new 3')}\n")
    assert log.news() == ("sm rotated: it goes on in a new file",)
    assert log.news() == ()
    came = list(log.down(end, None, no_step))
    assert texts(came) == ["2", "3"]
    assert texts(all_up(log)) == ["3", "2", "1", "0"]


def test_parts_that_were_rotated_away_are_let_go_of_though_one_follows_for_weeks(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS])
    log = opened(path)
    end, came = log.last(), []
    for week in range(1, 9):
        for number in (2, 1):
            old = tmp_path / f"sm.log.{number}.gz"
            if old.exists():
                old.rename(tmp_path / f"sm.log.{number + 1}.gz")
        (tmp_path / "sm.log.1.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        fill(path, [BEGAN_MS + week], f"controller-0 sm: info {week}")
        log.news()
        for line in log.down(end, None, no_step):
            came.append(line)
            end = line.end
    assert texts(came) == [str(week) for week in range(1, 9)]
    descriptors = list(Path("/proc/self/fd").iterdir())
    held = [str(one.readlink()) for one in descriptors if one.is_symlink()]
    assert sum(str(tmp_path) in one and "(deleted)" in one for one in held) <= 2
    # What is packed meanwhile is read from there.
    assert texts(all_up(log))[:4] == ["8", "7", "6", "5"]
    log.close()


def test_a_new_file_that_got_the_inode_of_a_deleted_part_is_not_taken_for_it(
    tmp_path: Path,
) -> None:
    path, one, two = tmp_path / "sm.log", tmp_path / "sm.log.1", tmp_path / "sm.log.2"
    for at, part in enumerate((two, one, path)):
        fill(part, [BEGAN_MS + at], f"controller-0 sm: info {at}")
    log = opened(path)
    log.extent()
    end = log.last()
    # ext4 gives the number of what was deleted just now to what is made next.
    two.rename(tmp_path / "next")
    one.rename(two)
    path.rename(one)
    (tmp_path / "next").rename(path)
    fill(path, [BEGAN_MS + 3], "controller-0 sm: info 3")
    assert log.news() == ("sm rotated: it goes on in a new file",)
    assert texts(log.down(end, None, no_step)) == ["3"]
    assert texts(all_up(log)) == ["3", "2", "1"]


def test_a_part_that_is_packed_while_it_is_read_is_not_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS, BEGAN_MS + 1])
    log = opened(path)
    assert texts(all_down(log)) == ["0", "1"]
    (tmp_path / "sm.log.1.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    path.write_text(f"{written(BEGAN_MS + 2, 'new 2')}\n")
    assert log.news() == ("sm rotated: it goes on in a new file",)
    assert texts(all_down(log)) == ["0", "1", "2"]
    assert texts(all_down(opened(path))) == ["0", "1", "2"]


def test_a_log_that_is_truncated_goes_on_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "keystone.log"
    fill(path, [BEGAN_MS, BEGAN_MS + 1])
    log = opened(path)
    end = log.last()
    with path.open("w") as again:  # copytruncate: the same file, emptied
        again.write(f"{written(BEGAN_MS + 2, 'new 2')}\n")
    assert log.news() == ("keystone was truncated: what is there now is new",)
    assert texts(log.down(end, None, no_step)) == ["2"]


def test_a_log_that_is_deleted_can_still_be_read_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS, BEGAN_MS + 1])
    log = opened(path)
    assert texts(all_down(log)) == ["0", "1"]
    path.unlink()
    assert log.news() == ("sm was deleted; what is open of it can still be read",)
    assert log.news() == ()
    assert texts(all_up(log)) == ["1", "0"]
    path.write_text(f"{written(BEGAN_MS + 2, 'new 2')}\n")
    assert log.news() == ("sm rotated: it goes on in a new file",)
    assert texts(all_down(log)) == ["0", "1", "2"]


def test_lines_of_a_megabyte_are_read_whole_searched_and_passed_by(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    long = written(BEGAN_MS + 1, "x" * 1_000_000 + " needle 1")
    path.write_text(f"{written(BEGAN_MS, 'a 0')}\n{long}\n{written(BEGAN_MS + 2, 'b 2')}\n")
    log = opened(path)
    down = all_down(log)
    assert [line.at_ms - BEGAN_MS for line in down] == [0, 1, 2]
    assert all_up(log) == down[::-1]
    assert down[1].size == len(long)
    assert len(down[1].raw) < 5000
    assert log.whole(down[1]).decode() == long
    assert log.count(Text("needle"), no_step) == 1
    assert [line.at_ms - BEGAN_MS for line in all_down(log, Text("needle"))] == [1]
    assert next(log.down(log.at(BEGAN_MS + 2).position, None, no_step)).text == "b 2"


def test_a_line_longer_than_is_ever_kept_is_passed_by(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    with path.open("wb") as file:
        file.write(b"first 0\n" + b"y" * (17 * 1024 * 1024) + b"\nlast 2\n")
    log = opened(path)
    assert [line.size for line in all_down(log)] == [7, 17 * 1024 * 1024, 6]
    assert [line.size for line in all_up(log)] == [6, 17 * 1024 * 1024, 7]


def test_a_log_without_a_newline_at_its_end_has_its_last_line_and_goes_on_with_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sm.log"
    path.write_text("first 0\nhalf")
    log = opened(path)
    assert [line.raw for line in all_down(log)] == [b"first 0", b"half"]
    assert [line.raw for line in all_up(log)] == [b"half", b"first 0"]


def test_an_empty_log_and_one_of_empty_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    path.write_bytes(b"")
    log = opened(path)
    assert all_down(log) == all_up(log) == []
    assert log.extent().from_ms is None
    assert log.at(BEGAN_MS).position == log.last()
    path.write_bytes(b"\n\n\r\n")
    assert [line.raw for line in all_down(log)] == [b"", b"", b""]


def test_bytes_of_every_sort_are_shown_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    every = bytes(byte for byte in range(256) if byte not in b"\n")
    path.write_bytes(every + b"\n")
    (line,) = all_down(opened(path))
    assert line.raw == every
    assert line.text.isprintable()


def test_a_packed_part_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + 50_000))
    packed = gzip.compress(path.read_bytes())
    (tmp_path / "sm.log.1.gz").write_bytes(packed[: len(packed) // 2])
    path.write_text(f"{written(BEGAN_MS + 60_000, 'new 9')}\n")
    log = opened(path)
    lines = all_down(log)
    assert 1000 < len(lines) < 50_000
    assert lines[-1].text == "new 9"
    assert "cut off" in log.notes()[0]


def test_a_packed_part_that_is_damaged_says_where(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    path.write_text(f"{written(BEGAN_MS, 'new 9')}\n")
    (tmp_path / "sm.log.1.gz").write_bytes(b"no gzip at all")
    log = opened(path)
    assert texts(all_down(log)) == ["9"]
    assert "damaged at byte" in log.notes()[0]


@pytest.fixture
def nobodys_log() -> Iterator[Path]:
    """A log that only its owner may read, where anybody may go."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "auth.log"
        path.write_text("secret\n")
        path.chmod(0o600 if os.geteuid() == 0 else 0)
        yield path


def test_a_log_that_may_not_be_read_says_what_would_give_it(nobodys_log: Path) -> None:
    with as_nobody(), pytest.raises(Unreadable) as error:
        Here().open(str(nobodys_log))
    assert "no permission to read it" in str(error.value)
    assert "sudo stx-tui" in error.value.advice
    assert "-rw-------" in error.value.advice or os.geteuid() != 0


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be somebody who may do nothing, where we are root."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_log_that_is_not_there_and_what_is_no_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="there is no"):
        opened(tmp_path / "nothing.log").last()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unreadable, match="no file"):
        Here().open(str(tmp_path / "pipe"))
    with pytest.raises(Unreadable, match="no file"):
        Here().open(str(tmp_path))
