"""Two rows of a sort against each other: what differs, and Enter to where it stands."""

from __future__ import annotations

import shlex
from typing import Any, Callable, List, Optional, Tuple

from textual.app import ComposeResult

from backend.figure import Line
from backend.kind import Kind
from backend.tone import Tone, Verdict
from backend.twin import Compared, compare, figure, keys_of, twins_of, verdict
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.detail import find
from stx_tui.panes.figure import FigurePane
from stx_tui.panes.pane import Pane
from stx_tui.panes.status import FootPane, verdict_rows
from stx_tui.panes.text import safe
from stx_tui.screens import doing
from stx_tui.screens.dialog import Dialog, TitlePane


class TwinScreen(Dialog[None]):
    """It stays on its two rows by their ids; ``t`` takes the next twin."""

    deaf_s = 0.0

    BINDINGS = [
        key("enter", "open", "go there", "go to what differs", footer=True),
        key("t", "next", "next twin", "compare with the next one of its sort", footer=True),
        key("c", "copy", "copy command", "the command that prints this", footer=True),
        key("q,escape", "app.back", "back", "go back", footer=True),
        *keys.MOVING,
        keys.HELP,
        keys.REPAINT,
        keys.LEAVE,
    ]
    CSS = """
    TwinScreen #verdict { height: 2; }
    TwinScreen #body { height: 1fr; }
    """

    def __init__(self, kind: Kind[Any], row_id: str, twin_id: str) -> None:
        super().__init__()
        self.kind = kind
        self.row_id = row_id
        self.twin_id = twin_id
        self._leave: List[Callable[[], None]] = []
        self._names = (row_id, twin_id)

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield Pane(id="verdict")
        yield FigurePane(id="body")
        yield FootPane()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._begin()

    def on_screen_suspend(self) -> None:
        while self._leave:
            self._leave.pop()()

    def on_unmount(self) -> None:
        self.on_screen_suspend()

    def on_resize(self) -> None:
        self.call_after_refresh(self.look)

    def _begin(self) -> None:
        """Have polled all children of both, for as long as this is on top."""
        station = self.console.station
        if station is not None and not self._leave:
            wanted = keys_of(self.kind, self.console.rooms.kinds, self.row_id, self.twin_id)
            self._leave += [station.watch.look(name, of) for name, of in wanted]

    # --- verbs ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Show what differs now."""
        body = self.query_one(FigurePane)
        if not self.is_mounted or not body.size.width:
            return
        rows = self._rows()
        self._names = (self._called(self.row_id, rows[0]), self._called(self.twin_id, rows[1]))
        one, other = self._names
        self.query_one(TitlePane).show(f"TWINS  {one} | {other}", self.place)
        if rows[0] is None or rows[1] is None:
            gone = one if rows[0] is None else other
            self._show_verdict(Verdict(word="GONE", text=f"{gone} is not there", tone=Tone.BAD))
            body.show([Line(text="there is nothing to compare")])
        else:
            found: Compared = compare(
                self.known, self.kind, rows[0], rows[1], self.console.rooms.kinds
            )
            self._show_verdict(verdict(one, other, found))
            body.draw(figure(one, other, found), self.known.now_ms)
        bindings = (active.binding for active in self.active_bindings.values())
        self.query_one(FootPane).show(keys.footer(bindings, self.size.width - 1))

    def _rows(self) -> Tuple[Optional[Any], Optional[Any]]:
        one, other = (find(self.known, self.kind.name, of)[0] for of in (self.row_id, self.twin_id))
        return one, other

    def _called(self, row_id: str, row: Optional[Any]) -> str:
        return row_id if row is None else safe(self.kind.name_of(row))

    def _show_verdict(self, said: Verdict) -> None:
        pane = self.query_one("#verdict", Pane)
        if pane.size.width:
            pane.put([*verdict_rows(said, pane.size.width)][: pane.size.height])

    def say(self, words: str) -> None:
        """Say something in place of the keys."""
        self.query_one(FootPane).say(words)

    def action_open(self) -> None:
        jump = self.query_one(FigurePane).jump
        self.say(self.console.open(jump) if jump is not None else "this line points nowhere")

    def action_next(self) -> None:
        row = self._rows()[0]
        ids = [self.kind.id(one) for one in twins_of(self.kind, row, self.known)] if row else []
        if len(ids) < 2:
            self.say("there is no other one of its sort")
            return
        at = ids.index(self.twin_id) + 1 if self.twin_id in ids else 0
        self.twin_id = ids[at % len(ids)]
        self.on_screen_suspend()
        self._begin()
        self.query_one(FigurePane).to_top()
        self.look()

    def action_copy(self) -> None:
        words = ["stx-tui", "diff", self.kind.singular, *self._names]
        self.say(doing.copy(self.console, shlex.join(words)))

    def action_move(self, step: int) -> None:
        self.query_one(FigurePane).move(step)

    def action_page(self, step: int) -> None:
        self.query_one(FigurePane).move_page(step)
