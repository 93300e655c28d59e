"""Starts the measured program on a pty, presses keys, and counts what arrives and when."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from tests.bench.terminal.far import FarEnd


@dataclass(frozen=True)
class Step:
    """What to do for one row of the table; rows without a name are only on the way."""

    name: str
    keys: bytes = b""
    hook: str = ""
    wait_s: float = 0.0


class Run:
    """The app of a module under one driver, with the far end of its terminal."""

    def __init__(
        self, app: str, variant: str, *, bps: Optional[int] = None, is_throttled: bool = True
    ) -> None:
        self.far = FarEnd(bps=bps if is_throttled else None)
        ask, self._ask = os.pipe()
        self._answer, answer = os.pipe()
        env = {**os.environ, "LANG": "C.UTF-8", "TEXTUAL_ANIMATIONS": "none"}
        env["TERM"] = "vt100" if variant == "mono" else "linux"
        for name in ("NO_COLOR", "COLORTERM", "PYTHONDONTWRITEBYTECODE"):
            env.pop(name, None)
        fds = [str(fd) for fd in (ask, answer)]
        line = [sys.executable, "-m", "tests.bench.terminal.child", app, variant, str(bps or 0)]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*line, *fds],
            stdin=self.far.slave,
            stdout=self.far.slave,
            stderr=self.far.slave,
            pass_fds=(ask, answer),
            env=env,
            start_new_session=True,
        )
        os.close(ask)
        os.close(answer)
        self._answers = os.fdopen(self._answer)
        self._first()

    def _first(self) -> None:
        until = time.monotonic() + 180
        while not self.far.count and time.monotonic() < until:
            time.sleep(0.01)
        self.far.quiet(0.6)

    def ask(self, word: str) -> Any:
        os.write(self._ask, word.encode() + b"\n")
        return json.loads(self._answers.readline())

    def do(self, step: Step, quiet_s: float = 0.8) -> int:
        """Bytes that a step costs."""
        before = self.far.count
        if step.keys:
            self.far.type(step.keys)
        if step.hook:
            self.ask(step.hook)
        if step.wait_s:
            time.sleep(step.wait_s)
        return self.far.quiet(quiet_s) - before

    def frame(self) -> list[list[list[str]]]:
        """The screen as rows of [text, attributes], for the curses program."""
        return [_runs(row) for row in self.far.emulator.cells(colours=False)]

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.far.close()
        os.close(self._ask)
        self._answers.close()


def _runs(row: list[Any]) -> list[list[str]]:
    found: list[list[str]] = []
    for seen in row:
        letters = "b" * seen.bold + "u" * seen.underline + "r" * seen.reverse
        if found and found[-1][1] == letters:
            found[-1][0] += seen.text
        else:
            found.append([seen.text, letters])
    return found


def by_curses(frames: list[list[list[list[str]]]]) -> list[int]:
    """Bytes that ncurses sends at TERM=vt100 for each of these screens, one after the other."""
    return _by("curses_peer", "vt100", frames)


def by_stock(frames: list[list[list[list[str]]]]) -> list[int]:
    """Bytes that Textual sends for them as it ships: its widgets, theme, driver, 256 colours."""
    return _by("stock_peer", "xterm-256color", frames)


def _by(peer: str, term: str, frames: list[list[list[list[str]]]]) -> list[int]:
    far = FarEnd()
    ready, ready_child = os.pipe()
    go_child, go = os.pipe()
    env = {**os.environ, "TERM": term, "TEXTUAL_ANIMATIONS": "none"}
    for name in ("NO_COLOR", "COLORTERM"):
        env.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frames.json")
        path.write_text(json.dumps(frames), encoding="ascii")
        line = [sys.executable, "-m", f"tests.bench.terminal.{peer}", str(path)]
        process = subprocess.Popen(
            [*line, str(ready_child), str(go_child)],
            stdin=far.slave,
            stdout=far.slave,
            stderr=far.slave,
            pass_fds=(ready_child, go_child),
            env=env,
        )
        # Its own end alone is open: that it ended is read as the end.
        os.close(ready_child)
        counts = [0]
        for _ in frames:
            if not os.read(ready, 1):
                raise RuntimeError(f"{peer} ended after {len(counts) - 1} screens")
            counts.append(far.quiet(0.1))
            os.write(go, b".")
        process.wait(10)
    far.close()
    for fd in (ready, go_child, go):
        os.close(fd)
    return [after - before for before, after in zip(counts, counts[1:])]
