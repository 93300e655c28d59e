"""A verdict and a figure on the whole screen, live: what is mended elsewhere goes from it."""

from __future__ import annotations

from textual.app import ComposeResult

from backend.figure import Line
from backend.tone import Tone, Verdict
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.figure import FigurePane
from stx_tui.panes.pane import Pane
from stx_tui.panes.status import FootPane, verdict_rows
from stx_tui.screens.dialog import Dialog, TitlePane


class FigureScreen(Dialog[None]):
    """A title, a verdict and a figure whose lines lead somewhere; each says what it looks at."""

    deaf_s = 0.0

    BINDINGS = [
        key("enter", "open", "go there", "go where the line points", footer=True),
        key("c", "copy", "copy command", "the command that prints this", footer=True),
        key("q,escape", "app.back", "back", "go back", footer=True),
        *keys.MOVING,
        keys.HELP,
        keys.REPAINT,
        keys.LEAVE,
    ]
    DEFAULT_CSS = """
    FigureScreen #verdict { height: 2; }
    FigureScreen #body { height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield Pane(id="verdict")
        yield FigurePane(id="body")
        yield FootPane()

    def begin(self) -> None:
        """Have polled what it looks at, for as long as this is on top."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it looks at")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.begin()

    def on_screen_suspend(self) -> None:
        self.look_away()

    def on_resize(self) -> None:
        self.call_after_refresh(self.look)

    # --- verbs ---------------------------------------------------------------------------------

    @property
    def body(self) -> FigurePane:
        """The figure."""
        return self.query_one(FigurePane)

    def show_verdict(self, said: Verdict) -> None:
        """Show the two rows below the title."""
        pane = self.query_one("#verdict", Pane)
        if pane.size.width:
            pane.put([*verdict_rows(said, pane.size.width)][: pane.size.height])

    def show_gone(self, name: str, words: str) -> None:
        """Say that what it is about is not there, and what that means here."""
        self.show_verdict(Verdict(word="GONE", text=f"{name} is not there", tone=Tone.BAD))
        self.body.show([Line(text=words)])

    def action_open(self) -> None:
        jump = self.body.jump
        self.say(self.console.open(jump) if jump is not None else "this line points nowhere")

    def action_move(self, step: int) -> None:
        self.body.move(step)

    def action_page(self, step: int) -> None:
        self.body.move_page(step)
