"""Through tmux, GNU screen and minicom the same screens arrive, and nothing else is printed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.peers import Direct, Minicom, Peer, Screen, Tmux, command

PEERS: dict[str, Callable[[list[str], Path], Peer]] = {
    "tmux": Tmux,
    "screen": Screen,
    "minicom": Minicom,
}
# A cursor step, a scroll, panes, a dialog, help: rows of text, bars, and screens all new.
KEYS = (b"j", b"j", b"\x1b[B" * 11, b"2", b"1", b"a", b"q", b"?", b"q", b"\x0c")

pytestmark = pytest.mark.peer

Start = Callable[..., Peer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    peers: list[Peer] = []

    def started(name: str, term: str, lang: str, app: str = "standin", **options: Any) -> Peer:
        line = command(term, lang, app, options)
        if name == "direct":
            peers.append(Direct(line))
        elif shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        else:
            peers.append(PEERS[name](line, tmp_path))
        return peers[-1]

    yield started
    for peer in peers:
        peer.close()


@pytest.mark.parametrize(
    ("name", "term", "lang"),
    [
        ("tmux", "vt100", "C"),
        ("tmux", "linux", "C.UTF-8"),
        ("tmux", "xterm", "C.UTF-8"),
        ("screen", "vt100", "C"),
        ("screen", "vt220", "C"),
        ("screen", "screen", "C.UTF-8"),
        ("screen", "linux", "C.UTF-8"),
        ("minicom", "vt100", "C"),
        ("minicom", "vt220", "C"),
    ],
)
def test_every_screen_arrives_as_it_was_meant(
    start: Start, name: str, term: str, lang: str
) -> None:
    peer = start(name, term, lang, scrub=False, colour="mono")
    direct = start("direct", term, lang, scrub=False, colour="mono")
    assert isinstance(direct, Direct)
    direct.far.quiet(1.0)
    assert peer.comes_to(direct.settled) == []
    for keys in KEYS:
        direct.type(keys)
        peer.type(keys)
        assert (keys, peer.comes_to(direct.settled)) == (keys, [])


@pytest.mark.parametrize(("name", "term"), [("tmux", "vt100"), ("screen", "vt220")])
def test_line_drawing_arrives_where_it_is_asked_for(start: Start, name: str, term: str) -> None:
    peer = start(name, term, "C", "little", glyphs="dec", scrub=False)
    direct = start("direct", term, "C.UTF-8", "little", glyphs="utf8", scrub=False)
    assert isinstance(direct, Direct)
    direct.far.quiet(1.0)
    wanted = direct.settled()
    drawn = [seen._replace(text=glyph) for seen, glyph in zip(wanted[3], "├── ea ??")]
    wanted[3] = drawn + wanted[3][len(drawn) :]
    assert peer.comes_to(lambda: wanted) == []


@pytest.mark.parametrize("name", ["tmux", "screen"])
def test_unicode_arrives_as_it_is(start: Start, name: str) -> None:
    peer = start(name, "linux", "C.UTF-8", "little", scrub=False, colour="mono")
    direct = start("direct", "linux", "C.UTF-8", "little", scrub=False, colour="mono")
    assert isinstance(direct, Direct)
    direct.far.quiet(1.0)
    assert "├── éa 漢" in direct.far.emulator.text()
    assert peer.comes_to(direct.settled) == []
