"""The journal: real files, written by systemd-journal-remote and read by journalctl."""

from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import List, Tuple

import pytest

from backend.errors import Absent, Missing, StxError, Unreachable
from backend.listening import open_here
from backend.logs.find import Bad, Text
from backend.logs.journal import JournalLog
from backend.logs.line import Log, LogLine
from backend.logs.view import View
from backend.sources.streaming import lines
from backend.streams import Journal
from backend.tone import Tone
from tests.apart import run_apart
from tests.backend.logs.things import BEGAN_MS, fill, no_step, opened

WRITER = "/lib/systemd/systemd-journal-remote"
needs_journal = pytest.mark.skipif(
    shutil.which("journalctl") is None or not Path(WRITER).exists(),
    reason="systemd-journal-remote is not installed",
)
BOOT = "0123456789abcdef0123456789abcdef"


def entry(at: int, message: bytes, *more: Tuple[str, str]) -> bytes:
    """Return one entry in the journal's export format."""
    fields = {
        "__REALTIME_TIMESTAMP": str((BEGAN_MS + at) * 1000),
        "__MONOTONIC_TIMESTAMP": str(1_000_000 + at * 1000),
        "_BOOT_ID": BOOT,
        "_HOSTNAME": "controller-0",
        "SYSLOG_IDENTIFIER": "kubelet",
        "_PID": "77",
        "PRIORITY": "6",
        "_SYSTEMD_UNIT": "kubelet.service",
        **dict(more),
    }
    text = "".join(f"{name}={value}\n" for name, value in fields.items()).encode()
    return text + b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n\n"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A folder with a journal of a hundred entries, one a second; the 50th is bad."""
    entries = [entry(at * 1000, b"line %d" % at) for at in range(100)]
    entries[50] = entry(50_000, b"it broke", ("PRIORITY", "3"), ("_SYSTEMD_UNIT", "etcd.service"))
    entries[51] = entry(51_000, b"\xff\xfe no \x1b[1m text\nof two lines")
    entries[52] = entry(52_000, b"x" * 1_000_000 + b" end")
    folder = tmp_path / "journal"
    folder.mkdir()
    done = subprocess.run(
        [WRITER, "-o", str(folder / "test.journal"), "-"],
        input=b"".join(entries),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def open_now(stream: Journal) -> Log:
    return run_apart(open_here(stream))


def times(found: List[LogLine]) -> List[int]:
    return [(line.at_ms - BEGAN_MS) // 1000 for line in found]


@needs_journal
def test_the_journal_is_gone_through_both_ways_by_its_cursors(journal: Path) -> None:
    log = open_now(Journal(folder=str(journal)))
    down = list(log.down(log.first(), None, no_step))
    assert times(down) == list(range(100))
    assert times(list(log.up(log.last(), None, no_step))) == list(range(99, -1, -1))
    assert times(list(islice(log.down(down[30].end, None, no_step), 2))) == [31, 32]
    assert times(list(islice(log.up(down[30].start, None, no_step), 2))) == [29, 28]
    at = log.at(BEGAN_MS + 40_000).position
    assert times(list(islice(log.down(at, None, no_step), 1))) == [40]
    assert times(list(islice(log.up(at, None, no_step), 1))) == [39]
    assert (log.extent().from_ms, log.extent().to_ms) == (BEGAN_MS, BEGAN_MS + 99_000)


@needs_journal
def test_entries_say_how_bad_they_are_and_reach_no_terminal_raw(journal: Path) -> None:
    log = open_now(Journal(folder=str(journal)))
    down = list(log.down(log.first(), None, no_step))
    assert down[50].tone is Tone.BAD
    assert down[50].text == "controller-0 kubelet[77]: err it broke"
    assert down[51].text == "controller-0 kubelet[77]: info \\xff\\xfe no  text\\nof two lines"
    assert len(down[52].raw) < 5000
    assert log.whole(down[52]).endswith(b"x end")
    assert times(list(log.down(log.first(), Bad(), no_step))) == [50]
    assert log.count(Text("line 9"), no_step) == 11


@needs_journal
def test_units_are_chosen_and_merged_with_files(journal: Path, tmp_path: Path) -> None:
    etcd = open_now(Journal(folder=str(journal), units=("etcd.service",)))
    assert times(list(etcd.down(etcd.first(), None, no_step))) == [50]
    fill(tmp_path / "sm.log", [BEGAN_MS + 49_500, BEGAN_MS + 50_500])
    view = View([etcd, opened(tmp_path / "sm.log")])
    view.to_last(10, no_step)
    assert [line.log for line in view.lines] == ["sm", "etcd", "sm"]


@needs_journal
def test_a_journal_that_is_empty_or_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    log = open_now(Journal(folder=str(tmp_path / "empty")))
    assert list(log.up(log.last(), None, no_step)) == []
    with pytest.raises(StxError, match="No such file"):
        open_now(Journal(folder=str(tmp_path / "none")))


@needs_journal
def test_entries_that_come_are_followed(journal: Path, tmp_path: Path) -> None:
    log = open_now(Journal(folder=str(journal)))
    view = View([log])
    view.to_last(5, no_step)
    assert view.more_down(10, no_step) == 0
    more = tmp_path / "journal" / "more.journal"
    subprocess.run(
        [WRITER, "-o", str(more), "-"],
        input=entry(100_000, b"came"),
        capture_output=True,
        check=True,
    )
    assert view.more_down(10, no_step) == 1
    assert view.lines[-1].text.endswith("came")


def test_a_machine_without_journalctl_says_so() -> None:
    log = JournalLog(Journal(), lambda argv: lines(["no-such-journalctl", *argv[1:]]))
    with pytest.raises(Absent, match="is not on this machine"):
        log.last()


def test_a_program_that_is_silent_is_ended_and_one_that_is_left_too() -> None:
    with pytest.raises(Unreachable, match="said nothing"):
        list(lines(["sleep", "60"], silent_s=0.1))
    with pytest.raises(Unreachable, match="after its last word"):
        list(lines(["sh", "-c", "echo a; exec >&- 2>&-; sleep 60"], silent_s=0.2))
    endless = lines(["yes", "a line"])
    assert next(endless) == b"a line"
    endless.close()
    with pytest.raises((Missing, StxError), match="No such file"):
        list(lines(["ls", "/no/such/folder"]))


def test_a_program_that_complains_without_end_still_gives_its_lines() -> None:
    complain = "import sys; sys.stderr.write('x' * 1_000_000); print('a line')"
    assert list(lines([sys.executable, "-c", complain], silent_s=20)) == [b"a line"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{broken", "no JSON"),
        (b'{"__REALTIME_TIMESTAMP": "today"}', "no time"),
        (b'{"__REALTIME_TIMESTAMP": null}', "no time"),
        (b'{"__REALTIME_TIMESTAMP": "99999999999999999999"}', "no time"),
    ],
)
def test_what_is_no_entry_is_an_error_not_a_crash(raw: bytes, words: str) -> None:
    log = JournalLog(Journal(), lambda _argv: (line for line in [raw]))
    with pytest.raises(StxError, match=words):
        log.last()
