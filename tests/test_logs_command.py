"""``stx-tui logs``: logs merged by time, on a line, through a pipe."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List

import pytest

from stx_tui.cli import run
from tests.backend.logs.things import BEGAN_MS, fill, written


@pytest.fixture
def logs(tmp_path: Path) -> List[str]:
    fill(tmp_path / "sm.log", range(BEGAN_MS, BEGAN_MS + 100_000, 1000))
    text = "controller-0 kernel: err it broke {at}"
    fill(tmp_path / "kern.log", [BEGAN_MS + 50_500, BEGAN_MS + 90_500], text)
    return [str(tmp_path / "sm.log"), str(tmp_path / "kern.log")]


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> List[str]:
    assert run(["logs", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_the_last_lines_are_printed_merged(
    logs: List[str], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(capsys, *logs, "-n", "12")
    assert len(lines) == 12
    assert lines[-1] == "2026-11-21 02:01:39.000Z   sm controller-0 sm: info line 99"
    assert "2026-11-21 02:01:30.500Z ! kern controller-0 kernel: err it broke 1" in lines


def test_a_time_is_printed_with_what_led_to_it_and_what_came_of_it(
    logs: List[str], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(capsys, *logs, "--at", "2026-11-21T02:00:50Z", "-n", "4")
    assert [line[11:23] for line in lines] == [
        "02:00:48.000", "02:00:49.000", "02:00:50.000", "02:00:50.500",
    ]  # fmt: skip


def test_since_until_grep_and_errors_choose(
    logs: List[str], capsys: pytest.CaptureFixture[str]
) -> None:
    since = ("--since", "2026-11-21 02:00:50")
    assert len(printed(capsys, *logs, *since)) == 52
    assert len(printed(capsys, *logs, *since, "--until", "2026-11-21 02:01:00")) == 12
    assert len(printed(capsys, *logs, *since, "--grep", "line 9")) == 10
    assert len(printed(capsys, *logs, *since, "--errors")) == 2
    assert len(printed(capsys, *logs, "--errors", "--grep", "broke 1")) == 1
    assert printed(capsys, logs[0], "-n", "1", "--raw")[0].startswith("2026-11-21T02:01:39.000 c")


def test_what_is_not_there_is_said_and_the_others_are_printed(
    logs: List[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["logs", logs[0], "/no/such.log", "-n", "1"]) == 0
    said = capsys.readouterr()
    assert "there is no /no/such.log" in said.err
    assert len(said.out.splitlines()) == 1
    assert run(["logs", "/no/such.log"]) == 8
    assert run(["logs", logs[0], "--at", "soon"]) == 6
    assert "'soon' is no time" in capsys.readouterr().err


def test_without_a_name_the_logs_that_are_known_are_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = printed(capsys)
    assert any(line.startswith("mtcAgent") for line in lines)
    assert any(line.startswith("sysinv") for line in lines)


@contextmanager
def started(argv: List[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a program that hears an interrupt, even where the tests themselves do not (``&``)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        one = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with one:
        try:
            yield one
        finally:
            one.kill()


def test_following_prints_what_comes_until_it_is_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, [BEGAN_MS])
    argv = [sys.executable, "-m", "stx_tui", "logs", str(path), "-f"]
    with started(argv) as one:
        assert one.stdout is not None
        assert one.stdout.readline().endswith("line 0\n")
        with path.open("a") as log:
            log.write(f"{written(BEGAN_MS + 1, 'came 1')}\n")
        assert one.stdout.readline().endswith("came 1\n")
        path.rename(tmp_path / "sm.log.1")
        fill(path, [BEGAN_MS + 2])
        assert one.stdout.readline().endswith("line 0\n")
        time.sleep(0.1)
        os.kill(one.pid, signal.SIGINT)
        assert one.wait(timeout=20) == 130
        assert "rotated" in (one.stderr.read() if one.stderr else "")
