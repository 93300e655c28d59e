"""Why not: every action on a row with each of its reasons, and Enter to where it is mended."""

from __future__ import annotations

import shlex
from typing import Any, Callable, List, Optional

from textual.app import ComposeResult

from backend.figure import Line
from backend.kind import Kind
from backend.tone import Tone, Verdict
from backend.whynot import keys_of, verdict, why_not
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.detail import find
from stx_tui.panes.figure import FigurePane
from stx_tui.panes.pane import Pane
from stx_tui.panes.status import FootPane, verdict_rows
from stx_tui.panes.text import safe
from stx_tui.screens import doing
from stx_tui.screens.dialog import Dialog, TitlePane


class WhyNotScreen(Dialog[None]):
    """It stays on its row and is live: what is mended elsewhere goes from it."""

    deaf_s = 0.0

    BINDINGS = [
        key("enter", "open", "go there", "go where it is mended", footer=True),
        key("a", "acts", "act", "go on to what can be done", footer=True),
        key("c", "copy", "copy command", "the command that prints this", footer=True),
        key("q,escape", "app.back", "back", "go back", footer=True),
        *keys.MOVING,
        keys.HELP,
        keys.REPAINT,
        keys.LEAVE,
    ]
    CSS = """
    WhyNotScreen #verdict { height: 2; }
    WhyNotScreen #body { height: 1fr; }
    """

    def __init__(self, kind: Kind[Any], row_id: str) -> None:
        super().__init__()
        self.kind = kind
        self.row_id = row_id
        self._leave: List[Callable[[], None]] = []
        self._row: Optional[Any] = None

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield Pane(id="verdict")
        yield FigurePane(id="body")
        yield FootPane()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        station = self.console.station
        if station is not None and not self._leave:
            wanted = keys_of(self.known, self.kind, self.row_id, self.console.rooms.by_name)
            self._leave += [station.watch.look(name, of) for name, of in wanted]

    def on_screen_suspend(self) -> None:
        while self._leave:
            self._leave.pop()()

    def on_unmount(self) -> None:
        self.on_screen_suspend()

    def on_resize(self) -> None:
        self.call_after_refresh(self.look)

    # --- verbs ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Show how each action stands now."""
        body, known = self.query_one(FigurePane), self.known
        if not self.is_mounted or not body.size.width:
            return
        row, _reading = find(known, self.kind.name, self.row_id)
        self._row = row if row is not None else self._row
        name = safe(self.kind.name_of(self._row)) if self._row is not None else self.row_id
        self.query_one(TitlePane).show(f"WHY NOT  {self.kind.singular} {name}", self.place)
        if row is None:
            self._show_verdict(Verdict(word="GONE", text=f"{name} is not there", tone=Tone.BAD))
            body.show([Line(text="nothing can be done with what is not there")])
        else:
            self._show_verdict(verdict(known, self.kind, row))
            body.draw(why_not(known, self.kind, row), known.now_ms)
        bindings = (active.binding for active in self.active_bindings.values())
        self.query_one(FootPane).show(keys.footer(bindings, self.size.width - 1))

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

    def action_acts(self) -> None:
        self.say(doing.offer_acts(self.console, self.kind, (self.row_id,)))

    def action_copy(self) -> None:
        name = safe(self.kind.name_of(self._row)) if self._row is not None else self.row_id
        words = ["stx-tui", "show", self.kind.singular, name, "--why-not"]
        self.say(doing.copy(self.console, shlex.join(words)))

    def action_move(self, step: int) -> None:
        self.query_one(FigurePane).move(step)

    def action_page(self, step: int) -> None:
        self.query_one(FigurePane).move_page(step)
