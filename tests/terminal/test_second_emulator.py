"""Random successions of screens, some dropped half sent, as a second emulator shows them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stx_tui.terminal.paint import Painter
from stx_tui.terminal.parse import Wanted
from stx_tui.terminal.profile import named
from tests.terminal.emulator import Emulator
from tests.terminal.peers import Tmux
from tests.terminal.screens import MONO_CODES, WORDS, successions, whole

WIDTH, HEIGHT = 80, 24
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]


@pytest.mark.parametrize("term", ["vt100", "vt220", "screen", "xterm"])
@given(data=st.data())
@settings(max_examples=3, deadline=None, phases=[Phase.generate])
def test_tmux_shows_what_was_wanted_cell_by_cell(term: str, data: st.DataObject) -> None:
    profile = named(term)
    wanted, painter = Wanted(profile, WIDTH, HEIGHT), Painter(profile, WIDTH, HEIGHT)
    stock = Emulator(WIDTH, HEIGHT)
    screens = data.draw(successions(width=WIDTH, height=HEIGHT, words=WORDS, codes=MONO_CODES))
    sent = b"leftover\r\n\x1b[7mrubbish\x1b[m\x1b[?7l"
    for number, parts in enumerate(screens):
        written = whole(parts, WIDTH, HEIGHT)
        wanted.feed(written)
        stock.screen.reset()
        stock.feed(b"\x1b[?7l" + written.replace("\n", "\r\n").encode())
        chunks = painter.frame(list(wanted.rows))
        if number < len(screens) - 1 and data.draw(st.booleans()):
            sent += next(chunks, b"")  # overtaken: the rest is never sent
            continue
        sent += b"".join(chunks)
    with tempfile.TemporaryDirectory(prefix="stx-tui-tmux-") as name:
        folder = Path(name)
        (folder / "sent").write_bytes(sent)
        script = 'stty raw -echo; cat "$0"; sleep 600'
        tmux = Tmux(["sh", "-c", script, str(folder / "sent")], folder)
        try:
            assert tmux.comes_to(lambda: stock.cells(colours=False), 4.0) == []
        finally:
            tmux.close()
