"""Whole processes, timed: on a terminal until a word is out, or until they end."""

from __future__ import annotations

import compileall
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import sysconfig
import termios
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Mapping, NoReturn, Sequence, Tuple

import pyte

ROOT = Path(__file__).parents[2]
ROWS, COLUMNS = 24, 80
LONGEST_S = 60.0


def compiled() -> None:
    """Compile our bytecode and that of what we import, as an installed console has it."""
    for folder in (ROOT / "backend", ROOT / "stx_tui", Path(sysconfig.get_path("purelib"))):
        compileall.compile_dir(folder, quiet=2)


def environment(home: Path, openrc: Mapping[str, str]) -> Dict[str, str]:
    """Return the environment of a person on a VT100 who sourced ``openrc`` and has this home."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "NO_COLOR"):
        env.pop(name, None)
    env.update(openrc, HOME=str(home), TERM="vt100", LANG="C.UTF-8")
    env.update(XDG_STATE_HOME=str(home / "state"), XDG_CONFIG_HOME=str(home / "config"))
    return env


def until_end(argv: Sequence[str], env: Mapping[str, str]) -> float:
    """Return how long a process took that must succeed; seconds."""
    began = time.perf_counter()
    subprocess.run(argv, env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


@dataclass(frozen=True)
class Shown:
    """What a process put on its terminal: the screen, after how many seconds, in how many bytes."""

    rows: Tuple[str, ...]
    took_s: float
    size: int


def until_shown(argv: Sequence[str], env: Mapping[str, str], last: bytes) -> Shown:
    """Start a process on a terminal of 80x24, and end it as soon as ``last`` is out."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        argv, stdin=slave, stdout=slave, stderr=slave, env=env, cwd=ROOT, start_new_session=True
    )
    os.close(slave)
    heard = b""
    try:
        while last not in heard:
            left = began + LONGEST_S - time.perf_counter()
            if not select.select([master], [], [], max(left, 0))[0]:
                _failed(f"{last!r} never came", heard)
            heard += _read(master) or _failed(f"ended before {last!r} came", heard)
        took_s = time.perf_counter() - began
    finally:
        process.kill()
        process.wait()
        os.close(master)
    return Shown(rows=screen(heard), took_s=took_s, size=len(heard))


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:
        # So says Linux that nobody has the other end any more.
        return b""


def _failed(words: str, heard: bytes) -> NoReturn:
    raise AssertionError("\n".join((words, *screen(heard))))


def screen(heard: bytes) -> Tuple[str, ...]:
    """Return the rows that a terminal shows which was sent this."""
    shown = pyte.Screen(COLUMNS, ROWS)
    pyte.ByteStream(shown).feed(heard)
    return tuple(shown.display)


def interleaved(
    times: int, works: Mapping[str, Callable[[], float]], warm: int = 1
) -> Dict[str, float]:
    """Return each one's median seconds, in turns, so that a busy machine hurts all alike."""
    spent: Dict[str, List[float]] = {name: [] for name in works}
    for turn in range(warm + times):
        for name, work in works.items():
            took_s = work()
            if turn >= warm:
                spent[name].append(took_s)
    return {name: statistics.median(each) for name, each in spent.items()}


@contextmanager
def pretend_cloud(*arguments: str) -> Iterator[Dict[str, str]]:
    """Serve a pretend cloud in a process of its own; yield what its openrc sets."""
    argv = [sys.executable, "-m", "stx_tui", "simulate", "--freeze", *arguments]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        openrc: Dict[str, str] = {}
        # Its last line.
        while "OS_INTERFACE" not in openrc:
            line = process.stdout.readline()
            assert line, "the pretend cloud ended before it said where it is"
            name, _equals, value = line.strip().partition("=")
            openrc[name.replace("export ", "")] = value.strip("'")
        yield openrc
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
