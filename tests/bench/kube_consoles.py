"""Our console and k9s on the same cluster, each on a terminal of its own: the same steps, printed.

What is counted is what a serial line would carry, what a person waits for, and what a machine pays.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Mapping, Sequence, Tuple

import pyte

from tests.bench.process import COLUMNS, LONGEST_S, ROOT, ROWS, environment
from tests.peers import k9s
from tests.peers.cluster import Cluster

TIMES = 3
# How long it is left alone among changes, and until what it began with is over, in seconds.
ALONE_S, SETTLED_S = 20.0, 6.0
DOWN = b"\x1b[B"
ROW = "{:48} {:>12} {:>10}"

Changing = Callable[[int], "subprocess.Popen[bytes]"]


class Seat:
    """Somebody at a terminal of 80x24 with one program: what it sent, and what stands there."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self.sent = 0
        self._master = master
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def type(self, *keys: bytes) -> None:
        """Type as a quick person does."""
        for key in keys:
            os.write(self._master, key)
            self.watch(0.05)

    def until(self, words: str, seconds: float = LONGEST_S) -> None:
        """Read until these words stand there."""
        ends = time.monotonic() + seconds
        while words not in self.text:
            if time.monotonic() > ends or self.process.poll() is not None:
                raise RuntimeError(f"{words!r} never stood there:\n{self.text}")
            self.watch(0.02)

    def watch(self, seconds: float) -> None:
        """Read for so long."""
        ends = time.monotonic() + seconds
        while True:
            left = ends - time.monotonic()
            if left <= 0 or not select.select([self._master], [], [], left)[0]:
                return
            try:
                heard = os.read(self._master, 65536)
            except OSError as error:  # so says Linux that nobody has the other end any more
                raise RuntimeError(f"it ended by itself:\n{self.text}") from error
            self.sent += len(heard)
            self._stream.feed(heard)

    @property
    def resident_mb(self) -> float:
        """What the program holds in memory, MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def cpu_s(self) -> float:
        """The processor's time it took so far, s."""
        said = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def seated(argv: Sequence[str], env: Mapping[str, str]) -> Iterator[Seat]:
    """Start a program on a terminal, and end it with the block."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    # k9s opens /dev/tty: the terminal must be its session's own.
    process = subprocess.Popen(
        ("setsid", "--ctty", *argv), stdin=slave, stdout=slave, stderr=slave, env=env, cwd=ROOT
    )
    os.close(slave)
    try:
        yield Seat(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _person(peer: Cluster, home: Path) -> Dict[str, str]:
    """Return the environment of one at home with nothing but this cluster, on an xterm."""
    clouds = home / "clouds.yaml"
    home.mkdir(exist_ok=True)
    clouds.write_text(f"clouds:\n  site-7:\n    kubeconfig: {peer.kubeconfig}\n")
    config = home / "config" / "k9s" / "config.yaml"
    config.parent.mkdir(parents=True)
    # It would ask GitHub for a newer one of itself.
    config.write_text("k9s:\n  skipLatestRevCheck: true\n")
    env = {"OS_CLIENT_CONFIG_FILE": str(clouds), "KUBECONFIG": str(peer.kubeconfig)}
    return {**environment(home, env), "TERM": "xterm-256color"}


def _sat(argv: Sequence[str], first: bytes, peer: Cluster, home: Path, changing: Changing) -> Steps:
    """Return what the steps cost: seconds, bytes, bytes, bytes, MB, % of a core."""
    began = time.monotonic()
    with seated(argv, _person(peer, home)) as seat:
        if first:
            seat.until("? keys")
            seat.type(*(bytes([key]) for key in first))
        seat.until("app-000-")
        found = [time.monotonic() - began, float(seat.sent)]
        seat.watch(SETTLED_S)
        with changing(round(ALONE_S)):
            before, cpu_s, clock_s = seat.sent, seat.cpu_s, time.monotonic()
            while time.monotonic() - clock_s < ALONE_S:
                seat.watch(1.0)
            found.append(seat.sent - before)
            cpu = (seat.cpu_s - cpu_s) / (time.monotonic() - clock_s)
        seat.watch(SETTLED_S)
        before = seat.sent
        for _ in range(10):
            seat.type(DOWN)
            seat.watch(0.3)
        found += [seat.sent - before, seat.resident_mb, cpu * 100]
    return tuple(found)


Steps = Tuple[float, ...]
_STEPS = (
    ("first pod rows from its start, s", 2),
    ("  bytes sent to the terminal until then", 0),
    (f"{ALONE_S:.0f} s among 100 changes/s: bytes", 0),
    ("ten times cursor down: bytes", 0),
    ("memory, MB", 0),
    ("CPU among changes, % of a core", 0),
)


def beside(peer: Cluster, folder: Path, changing: Changing) -> Iterator[str]:
    """Yield the rows of a table: ours and k9s, medians of runs in turn."""
    ours = (sys.executable, "-m", "stx_tui", "--cloud", "site-7")
    theirs = (str(k9s.built()), "-A", "--command", "pods", "--splashless", "--logoless")
    found: Dict[str, List[Steps]] = {"ours": [], "k9s": []}
    for turn in range(TIMES):
        home = folder / f"ours-{turn}"
        found["ours"].append(_sat(ours, b":pods\r", peer, home, changing))
        found["k9s"].append(_sat(theirs, b"", peer, folder / f"k9s-{turn}", changing))
    yield ROW.format("at a terminal of 80x24", "ours", "k9s " + k9s.K9S)
    for at, (words, digits) in enumerate(_STEPS):
        mine, other = (statistics.median(one[at] for one in each) for each in found.values())
        yield ROW.format(words, f"{mine:.{digits}f}", f"{other:.{digits}f}")
