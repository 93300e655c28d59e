"""The console through tmux, GNU screen and minicom: the screens arrive, and nothing else does."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import pytest

from tests.e2e.far import HAND_S, ROOT, environment
from tests.terminal.emulator import Seen
from tests.terminal.peers import Direct, Minicom, Peer, Screen, Tmux

pytestmark = [pytest.mark.slow, pytest.mark.peer]

# A dialog hears no key before.
HEARS_S = 0.7

Cells = List[List[Seen]]

PEERS = {"tmux": Tmux, "screen": Screen, "minicom": Minicom}
# What is typed, key by key, and words of the screen that comes of it.
WALK: Tuple[Tuple[str, str], ...] = (
    ("", "controller-1 is coming up"),
    ("j", "selected: controller-1"),
    ("j", "selected: worker-0"),
    ("2", "selected: 100.104 controller-1 fs /var/log"),
    ("1", "selected: worker-0"),
    ("/0", "hosts with '0'"),
    ("\r\x1b", "7 of 7 hosts"),
    ("L", "LOCK worker-0"),
    ("q", "selected: worker-0"),
    ("v", "> worker-0"),
    ("q", "selected: worker-0"),
    ("?", "KEYS  hosts"),
    ("q\x0c", "selected: worker-0"),
)


def console(home: Path, term: str, lang: str) -> List[str]:
    """Return the console on its frozen pretend cloud as a command line with its environment."""
    env = {**environment(home, TERM=term, LANG=lang), "PYTHONPATH": str(ROOT)}
    words = [f"{name}={value}" for name, value in env.items()]
    program = [sys.executable, "-m", "stx_tui", "demo", "--freeze", "--colour", "mono"]
    return ["env", "-i", *words, *program]


def press(peer: Peer, keys: str) -> None:
    """Type as a hand does, and let a dialog come to hear."""
    for key in keys:
        peer.type(key.encode())
        time.sleep(max(HAND_S, 0.6 if key == "\x1b" else 0.0))


def shows(peer: Peer, words: str, within_s: float = 30.0) -> str:
    """Wait until the words are seen and the source is live; return the screen as text."""
    until = time.monotonic() + within_s
    while True:
        text = "\n".join(peer.text())
        if words in text or time.monotonic() > until:
            return text
        time.sleep(0.1)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dict[int, Cells]]:
    """What a terminal with nothing between shows at each step of the walk."""
    direct = Direct(console(tmp_path_factory.mktemp("home"), "vt100", "C"))
    screens: Dict[int, Cells] = {}
    try:
        shows(direct, "live 02:41Z")
        for number, (keys, words) in enumerate(WALK):
            press(direct, keys)
            assert words in shows(direct, words)
            time.sleep(HEARS_S)
            screens[number] = direct.settled()
        yield screens
    finally:
        direct.close()


@pytest.mark.parametrize(
    ("name", "term", "lang"),
    [
        ("tmux", "vt100", "C"),
        ("tmux", "xterm", "C.UTF-8"),
        ("screen", "vt220", "C"),
        ("screen", "linux", "C.UTF-8"),
        ("minicom", "vt100", "C"),
        ("minicom", "vt220", "C.UTF-8"),
    ],
)
def test_every_screen_of_the_console_arrives_cell_by_cell(
    wanted: Dict[int, Cells], tmp_path: Path, name: str, term: str, lang: str
) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    home = tmp_path / "home"
    home.mkdir()
    peer = PEERS[name](console(home, term, lang), tmp_path)
    try:
        assert "live 02:41Z" in shows(peer, "live 02:41Z")
        for number, (keys, words) in enumerate(WALK):
            press(peer, keys)
            assert words in shows(peer, words)
            assert (keys, peer.comes_to(wanted[number])) == (keys, [])
            time.sleep(HEARS_S)
    finally:
        peer.close()
