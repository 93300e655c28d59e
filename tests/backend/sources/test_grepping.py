"""Lines of a large file counted by grep and by us: the same, with progress, ended in between."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator, List

import pytest

from backend.logs.files import Here
from backend.logs.find import Bad, Text
from backend.logs.line import Stopped
from backend.logs.lines import blocks, count
from backend.sources import grepping
from backend.sources.grepping import counted

LINES = (
    b"2026-11-21T02:35:00.000 controller-0 mtcAgent Info : Heartbeat lost\n",
    b"2026-11-21T02:35:01.000 controller-0 HEARTBEAT heartbeat\xff\x00 of \xc3\x84rger\n",
    b"nothing of it here\r\n",
    b"\n",
    b"\x1b[2J" + b"x" * 70_000 + b" heartbeat\n",
)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(grepping, "LARGE", 0)
    path = tmp_path / "some.log"
    path.write_bytes(b"".join(LINES) * 40 + b"a last heartbeat without an end")
    return path


@pytest.fixture
def opened(log: Path) -> Iterator[int]:
    descriptor = os.open(log, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("words", ["heartbeat", "Heartbeat", "nowhere", "Ärger", "-e", "[2J", "."])
def test_grep_counts_what_we_count(log: Path, opened: int, words: str) -> None:
    find = Text(words)
    steps: List[int] = []
    ours = count(blocks(Here().open(str(log))), find, lambda _bytes: None)
    size = log.stat().st_size
    assert counted(opened, size, find, steps.append) == ours
    assert sum(steps) == size


def test_a_count_nobody_waits_for_is_ended_in_the_middle(log: Path, opened: int) -> None:
    gone: List[int] = []

    def step(size: int) -> None:
        gone.append(size)
        raise Stopped

    with pytest.raises(Stopped):
        counted(opened, log.stat().st_size, Text("heartbeat"), step)
    assert len(gone) == 1


def test_where_there_is_no_grep_and_for_what_grep_does_not_know_we_count(
    log: Path, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = log.stat().st_size
    assert counted(opened, size, Bad(), lambda _bytes: None) is None
    monkeypatch.setattr(grepping, "environment", lambda: {"PATH": "/nowhere"})
    monkeypatch.setenv("PATH", "/nowhere")
    assert counted(opened, size, Text("heartbeat"), lambda _bytes: None) is None


def test_a_log_that_is_truncated_while_it_is_counted_is_counted_as_far_as_it_goes(
    log: Path, opened: int
) -> None:
    size = log.stat().st_size
    os.truncate(log, len(LINES[0]))
    assert counted(opened, size, Text("Heartbeat"), lambda _bytes: None) == 1


def test_a_small_log_starts_no_program(
    log: Path, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grepping, "LARGE", 1 << 30)
    assert counted(opened, log.stat().st_size, Text("x"), lambda _bytes: None) is None
