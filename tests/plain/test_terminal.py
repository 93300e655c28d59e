"""The line mode as a program of its own, on a terminal that can do nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator, List

import pexpect
import pytest

from tests.plain.spoken import PretendCloud
from tests.program import command, environment

PROMPT = r"(?:q|leave|back)> "


@pytest.fixture
def site() -> Iterator[PretendCloud]:
    with PretendCloud(scene="site-7-calm", speed=60.0) as made:
        yield made


def opened(site: PretendCloud, home: Path, *argv: str) -> Any:
    """Start the console as on a controller whose openrc was sourced."""
    told = re.findall(r"export (\w+)='?([^'\n]*)'?", site.simulator.openrc())
    first, *rest = command(*argv)
    env = {**environment(home, dict(told)), "TERM": "dumb"}
    child = pexpect.spawn(
        first,
        rest,
        env=env,
        cwd=str(home),
        dimensions=(24, 80),
        timeout=30,
        encoding="utf-8",
        codec_errors="replace",
    )
    child.logfile_read = Log()
    return child


class Log:
    """Keeps all that was printed."""

    def __init__(self) -> None:
        self.parts: List[str] = []

    def write(self, text: str) -> None:
        self.parts.append(text)

    def flush(self) -> None:
        sys.stdout.flush()

    @property
    def lines(self) -> List[str]:
        return "".join(self.parts).split("\r\n")


def ended(child: Any) -> int:
    child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus)


def test_a_dumb_terminal_gets_lines_and_nothing_else(site: PretendCloud, tmp_path: Path) -> None:
    child = opened(site, tmp_path)
    child.expect(PROMPT)
    child.sendline(":hosts")
    child.expect(r"controller-1")
    child.expect(PROMPT)
    child.sendline("1")
    child.expect(PROMPT)
    child.sendline("q")
    child.expect(PROMPT)
    child.sendeof()
    assert ended(child) == 0
    lines = child.logfile_read.lines
    assert all(line.isascii() and line.isprintable() for line in lines), lines
    assert all(len(line.split("> ")[0]) < 80 for line in lines)


def test_where_stdout_is_no_terminal_the_menus_come_by_themselves(
    site: PretendCloud, tmp_path: Path
) -> None:
    told = re.findall(r"export (\w+)='?([^'\n]*)'?", site.simulator.openrc())
    env = {**environment(tmp_path, dict(told)), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    done = subprocess.run(
        command(),
        check=False,
        input=":hosts\nq\nq\n",
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "controller-1" in done.stdout
    assert all(line.isascii() and line.isprintable() for line in done.stdout.splitlines())


@pytest.mark.slow
def test_expect_locks_and_unlocks_a_host_to_the_end(site: PretendCloud, tmp_path: Path) -> None:
    child = opened(site, tmp_path, "--plain")
    child.expect(PROMPT)
    for action, last in (("lock", "online, to be worked on"), ("unlock", "available")):
        child.sendline(":hosts worker-2")
        child.expect(r"\n[^\n]*, q> ")
        child.sendline("a")
        child.expect("leaves> ")
        child.sendline(action)
        child.expect(r"none\)> ")
        child.sendline("ticket 4711")
        child.expect(r"answer the next line with exactly: (\S+)")
        word = child.match.group(1)
        child.sendline(word)  # too soon: it is dropped
        child.expect("confirm> ")
        child.sendline(word)
        child.expect(f"ok  {last}")
        child.expect("REALLY DONE")
        child.expect(", q> ")
    child.sendline("q")
    child.sendline("q")
    child.sendline("q")
    assert ended(child) == 0


def test_a_yes_too_soon_is_dropped_on_a_terminal(site: PretendCloud, tmp_path: Path) -> None:
    child = opened(site, tmp_path, "--plain")
    child.expect(PROMPT)
    child.send(":hosts worker-2\na\nlock\nticket\nyes\nyes\nyes\n")
    child.expect("confirm> ")
    assert child.expect(["sending", pexpect.TIMEOUT], timeout=1) == 1
    child.sendline("no")
    child.expect("not confirmed: nothing was sent")
    child.sendintr()
    child.expect("interrupted; what is under way goes on")
    assert ended(child) == 130


def test_bytes_of_a_bad_line_neither_end_nor_move_it(site: PretendCloud, tmp_path: Path) -> None:
    child = opened(site, tmp_path, "--plain")
    child.expect(PROMPT)
    os.write(child.child_fd, b"\x00\xff\xfe\x1b[A\x80\x1b\n")
    child.expect("noise on the line")
    child.expect(PROMPT)
    child.send(("x" * 200 + "\n") * 20)
    for _ in range(20):
        child.expect("says nothing here")
    child.expect(PROMPT)
    child.sendeof()
    assert ended(child) == 0
