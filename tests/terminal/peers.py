"""Real programs that read our bytes: tmux, GNU screen, minicom, each shown as cells."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
import tty
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Callable, Optional

import pyte.charsets

from tests.bench.terminal.far import FarEnd
from tests.terminal.emulator import Emulator, Seen

VT100_MAP = dict(enumerate(pyte.charsets.VT100_MAP))
_SHIFTED = re.compile(rb"\x0e([^\x0f]*)\x0f")
ROOT = Path(__file__).parents[2]


def command(term: str, lang: str, app: str, options: dict[str, Any]) -> list[str]:
    """The app under test as a command line that sets its own environment."""
    clean = [
        part for name in ("NO_COLOR", "COLORTERM", "LC_ALL", "LC_CTYPE") for part in ("-u", name)
    ]
    path = f"PYTHONPATH={ROOT}"
    app_line = [sys.executable, "-m", "tests.terminal.little", json.dumps(options), app]
    return ["env", *clean, f"TERM={term}", f"LANG={lang}", path, *app_line]


class Peer(ABC):
    """Something between our bytes and the eye: it takes keys and shows cells."""

    @abstractmethod
    def type(self, keys: bytes) -> None: ...

    @abstractmethod
    def cells(self) -> list[list[Seen]]: ...

    @abstractmethod
    def close(self) -> None: ...

    def text(self) -> list[str]:
        return ["".join(seen.text for seen in row).rstrip() for row in self.cells()]

    def comes_to(
        self, wanted: Callable[[], list[list[Seen]]], within_s: float = 60.0
    ) -> list[tuple[int, str, str]]:
        """Rows that still differ after so long, as (row, shown, wanted); [] as soon as none do.

        What is wanted is looked at each time: on a busy machine it may come later than this.
        """
        until = time.monotonic() + within_s
        while True:
            cells, shown = wanted(), self.cells()
            pairs = list(enumerate(zip(shown, cells)))
            if all(one[:79] == two[:79] for _, (one, two) in pairs) or time.monotonic() > until:
                return [
                    (y, _said(one), _said(two)) for y, (one, two) in pairs if one[:79] != two[:79]
                ]
            time.sleep(0.1)


def _drawn(match: re.Match[bytes]) -> bytes:
    """Line drawing as tmux writes it, in Unicode."""
    return match[1].decode("ascii").translate(VT100_MAP).encode()


def _said(row: list[Seen]) -> str:
    return "".join(f"[{seen.text}]" if seen.reverse or seen.bold else seen.text for seen in row)


class Direct(Peer):
    """No program between: the emulator of these tests, which the others are compared with."""

    def __init__(self, line: list[str]) -> None:
        self.far = FarEnd()
        self.process = _started(line, self.far.slave)
        # Before its first byte it is as quiet as after its last.
        while not self.far.count and self.process.poll() is None:
            time.sleep(0.05)

    def type(self, keys: bytes) -> None:
        self.far.type(keys)

    def cells(self) -> list[list[Seen]]:
        return self.far.emulator.cells(colours=False)

    def settled(self) -> list[list[Seen]]:
        self.far.quiet(0.5)
        return self.cells()

    def close(self) -> None:
        _end(self.process)
        self.far.close()


class Tmux(Peer):
    """tmux on a server of its own, with nobody attached."""

    def __init__(self, line: list[str], folder: Path) -> None:
        folder.joinpath("tmux.conf").write_text("set -g status off\n")
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", str(folder / "tmux.conf")]
        self._env = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        self._env.pop("TMUX", None)
        self._run("new-session", "-d", "-x", "80", "-y", "24", shlex.join(line))

    def _run(self, *words: str) -> bytes:
        line = [*self._tmux, *words]
        return subprocess.run(line, check=True, capture_output=True, env=self._env).stdout

    def type(self, keys: bytes) -> None:
        self._run("send-keys", "-H", *(f"{key:x}" for key in keys))

    def cells(self) -> list[list[Seen]]:
        emulator = Emulator(80, 25)
        rows = self._run("capture-pane", "-p", "-e", "-N").split(b"\n")
        emulator.feed(_SHIFTED.sub(_drawn, b"\r\n".join(rows[:24])))
        return emulator.cells(colours=False)[:24]

    def close(self) -> None:
        self._run("kill-server")


class Screen(Peer):
    """GNU screen, attached to an emulator."""

    def __init__(self, line: list[str], folder: Path) -> None:
        folder.chmod(0o700)
        folder.joinpath("rc").write_text("startup_message off\nvbell off\n")
        self.far = FarEnd()
        env = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "linux", "SCREENDIR": str(folder)}
        words = ["screen", "-c", str(folder / "rc"), "-U", "-S", "peer", *line]
        self.process = _started(words, self.far.slave, env)

    def type(self, keys: bytes) -> None:
        self.far.type(keys)

    def cells(self) -> list[list[Seen]]:
        return self.far.emulator.cells(colours=False)

    def close(self) -> None:
        self.far.type(b"\x01\\y")
        _end(self.process, signal.SIGHUP)
        self.far.close()


class Minicom(Peer):
    """minicom on one end of a wire that knows no size, the app on the other."""

    def __init__(self, line: list[str], folder: Path) -> None:
        folder.joinpath(".minirc.dfl").write_text("pu rtscts No\npu minit \npu mreset \n")
        self.far = FarEnd(width=80, height=25)  # the last row is minicom's own
        self._wire = [pty.openpty(), pty.openpty()]
        for _, slave in self._wire:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
        tty.setraw(self._wire[1][1])
        self._closed = False
        self._relay = threading.Thread(target=self._relayed, daemon=True)
        self._relay.start()
        env = {**os.environ, "TERM": "linux", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        device = os.ttyname(self._wire[1][1])
        words = ["minicom", "-o", "-c", "off", "-D", device, "-b", "115200"]
        self.process = _started(words, self.far.slave, env)
        while not self.far.count:
            time.sleep(0.05)
        self.far.quiet(0.5)
        self.app = _started(line, self._wire[0][1])

    def _relayed(self) -> None:
        one, two = self._wire[0][0], self._wire[1][0]
        while not self._closed:
            for ready in select.select([one, two], [], [], 0.1)[0]:
                try:
                    os.write(two if ready == one else one, os.read(ready, 4096))
                except OSError:
                    return

    def type(self, keys: bytes) -> None:
        self.far.type(keys)

    def cells(self) -> list[list[Seen]]:
        return self.far.emulator.cells(colours=False)[:24]

    def close(self) -> None:
        _end(self.app)
        _end(self.process, signal.SIGKILL)
        self._closed = True
        self._relay.join(2)
        for pair in self._wire:
            for fd in pair:
                os.close(fd)
        self.far.close()


def _started(
    line: list[str], slave: int, env: Optional[dict[str, str]] = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        line, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
    )


def _end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
