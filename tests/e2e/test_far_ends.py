"""The console through tmux, GNU screen and minicom: the screens arrive, and nothing else does."""

from __future__ import annotations

import shutil
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import pytest

from tests.e2e.far import HAND_S, ROOT, environment
from tests.stage import stage
from tests.terminal.emulator import Seen
from tests.terminal.peers import Direct, Minicom, Peer, Screen, Tmux

pytestmark = [pytest.mark.slow, pytest.mark.peer]

# A dialog hears no key before.
HEARS_S = 0.7
DIALOGS = {"L", "?"}
AT_ONCE = 6

Cells = List[List[Seen]]
Combination = Tuple[str, str, str]

PEERS = {"tmux": Tmux, "screen": Screen, "minicom": Minicom}
COMBINATIONS = tuple(product(PEERS, ("vt100", "vt220", "linux", "xterm"), ("C", "C.UTF-8")))
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
LIVE = "live 02:41Z"
MONO = ("--colour", "mono")


def console(folder: Path, home: Path, term: str, lang: str) -> List[str]:
    """Return a console at the stage in ``folder`` as a command line with its environment."""
    env = {**environment(home, TERM=term, LANG=lang), "PYTHONPATH": str(ROOT)}
    words = [f"{name}={value}" for name, value in env.items()]
    return ["env", "-i", *words, sys.executable, "-m", "tests.stage", str(folder), *MONO]


def press(peer: Peer, keys: str) -> None:
    """Type as a hand does."""
    for key in keys:
        peer.type(key.encode())
        time.sleep(max(HAND_S, 0.6 if key == "\x1b" else 0.0))


def shows(peer: Peer, words: str, within_s: float = 120.0) -> str:
    """Wait until the words are seen; return the screen as text."""
    until = time.monotonic() + within_s
    while True:
        text = "\n".join(peer.text())
        if words in text or time.monotonic() > until:
            return text
        time.sleep(0.1)


def shown(peer: Peer) -> Iterator[Tuple[int, str, str, str]]:
    """Walk, and yield number and keys of each step, the words it wants, and the screen's text."""
    for number, (keys, words) in enumerate(WALK):
        press(peer, keys)
        yield number, keys, words, shows(peer, words)
        if keys in DIALOGS:
            time.sleep(HEARS_S)


def seen_directly(folder: Path, home: Path) -> Dict[int, Cells]:
    """What a terminal with nothing between shows at each step of the walk."""
    direct = Direct(console(folder, home, "vt100", "C"))
    screens: Dict[int, Cells] = {}
    try:
        assert LIVE in shows(direct, LIVE)
        for number, _keys, words, text in shown(direct):
            assert words in text
            screens[number] = direct.settled()
    finally:
        direct.close()
    return screens


def walked(
    folder: Path, home: Path, wanted: Dict[int, Cells], name: str, term: str, lang: str
) -> None:
    """Walk through a program between, and hold each screen against the one without."""
    peer = PEERS[name](console(folder, home, term, lang), home)
    try:
        text = shows(peer, LIVE)
        assert LIVE in text, text
        for number, keys, words, text in shown(peer):
            assert words in text, text
            assert (keys, peer.comes_to(partial(wanted.__getitem__, number))) == (keys, [])
    finally:
        peer.close()


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dict[Combination, Future[None]]]:
    """All walks, several at once on one pretend cloud: each is mostly waiting for a hand."""
    with stage("demo") as at, ThreadPoolExecutor(AT_ONCE) as pool:
        wanted = seen_directly(at.folder, tmp_path_factory.mktemp("direct"))
        yield {
            each: pool.submit(walked, at.folder, tmp_path_factory.mktemp(each[0]), wanted, *each)
            for each in COMBINATIONS
            if shutil.which(each[0])
        }


@pytest.mark.parametrize(("name", "term", "lang"), COMBINATIONS)
def test_every_screen_of_the_console_arrives_cell_by_cell(
    walks: Dict[Combination, Future[None]], name: str, term: str, lang: str
) -> None:
    if (name, term, lang) not in walks:
        pytest.skip(f"{name} is not installed")
    walks[name, term, lang].result()
