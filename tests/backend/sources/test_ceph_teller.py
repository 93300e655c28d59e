"""What runs beside Ceph's library, on a library of our own that counts what it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Iterator, List, cast

import pytest

from backend.sources import ceph_teller

# A monitor that answers of what stands in a file, and notes each question in another.
RADOS = """\
import json, pathlib
ROOM = pathlib.Path(__file__).parent
class Error(Exception):
    errno = 5
class Rados:
    DEFAULT_CONF_FILES = ""
    def __init__(self, **_said): pass
    def connect(self, timeout): pass
    def mon_command(self, text, _data):
        prefix = json.loads(text)["prefix"]
        with (ROOM / "asked").open("a") as asked:
            asked.write(prefix + "\\n")
        epoch = (ROOM / "epoch").read_text()
        if epoch == "no quorum":
            return -110, b"", "timed out"
        return 0, json.dumps({"epoch": epoch}).encode(), ""
"""
LOOKS = "LOOK_S, WHILE_S = 0.25, 10.0"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "rados.py").write_text(RADOS)
    (tmp_path / "epoch").write_text("1")
    (tmp_path / "asked").touch()
    return tmp_path


def says(room: Path, epoch: str) -> None:
    """Have the monitor answer so from now on; it never sees half of it."""
    (room / "next").write_text(epoch)
    (room / "next").replace(room / "epoch")


@contextmanager
def telling(room: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run it as it is sent, but that it looks more often and gives up sooner."""
    text = Path(ceph_teller.__file__).read_text(encoding="utf-8")
    assert LOOKS in text
    text = text.replace(LOOKS, "LOOK_S, WHILE_S = 0.02, 1.0")
    options = json.dumps({"conf": "x", "name": "client.admin", "more": {}})
    process = subprocess.Popen(
        [sys.executable, "-c", text, options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(room)},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def ask(process: subprocess.Popen[bytes], number: int) -> None:
    stdin = cast("IO[bytes]", process.stdin)
    stdin.write(json.dumps([number, {"prefix": "status"}]).encode() + b"\n")
    stdin.flush()


def heads(process: subprocess.Popen[bytes], *wanted: str) -> List[str]:
    """Read lines until each of these ids came; return the ids of all."""
    found: List[str] = []
    left = list(wanted)
    while left:
        line = cast("IO[bytes]", process.stdout).readline()
        assert line, "it ended"
        found.append(line.split(b" ")[0].decode())
        if found[-1] in left:
            left.remove(found[-1])
    return found


def looked(room: Path) -> int:
    return (room / "asked").read_text().split("\n").count("osd stat")


def test_a_new_map_is_told_by_itself_as_long_as_something_is_asked(room: Path) -> None:
    with telling(room) as process:
        assert heads(process, "0") == ["0"]
        # Before anybody asks nothing is looked at.
        assert looked(room) == 0
        ask(process, 1)
        heads(process, "1", "news")
        before = looked(room)
        while looked(room) < before + 3:
            time.sleep(0.01)
        says(room, "2")
        assert heads(process, "news") == ["news"]
        ask(process, 2)
        assert heads(process, "2") == ["2"]


def test_without_questions_it_is_looked_no_more_and_with_one_again(room: Path) -> None:
    with telling(room) as process:
        ask(process, 1)
        heads(process, "0", "1", "news")
        ends = time.monotonic() + 30
        last, still_s = looked(room), time.monotonic()
        while time.monotonic() - still_s < 0.5:
            assert time.monotonic() < ends
            time.sleep(0.02)
            if looked(room) != last:
                last, still_s = looked(room), time.monotonic()
        says(room, "2")
        ask(process, 2)
        assert set(heads(process, "2", "news")) == {"2", "news"}


def test_while_no_monitor_answers_there_is_no_news(room: Path) -> None:
    with telling(room) as process:
        ask(process, 1)
        heads(process, "0", "1", "news")
        says(room, "no quorum")
        before = looked(room)
        while looked(room) < before + 3:
            time.sleep(0.01)
        says(room, "1")
        before = looked(room)
        while looked(room) < before + 3:
            time.sleep(0.01)
        ask(process, 2)
        # The map is the one it was.
        assert heads(process, "2") == ["2"]
