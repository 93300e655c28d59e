"""Leaving: asked only at the top, and No is what Enter says."""

from __future__ import annotations

from typing import TYPE_CHECKING, List

from textual.app import ComposeResult
from textual.screen import Screen

from backend.figure import Line
from stx_tui.keys import key
from stx_tui.panes.lines import LinesPane
from stx_tui.panes.status import FootPane, running

if TYPE_CHECKING:
    from stx_tui.app import StxApp


class QuitScreen(Screen[None], inherit_bindings=False):
    """One question, and what goes on without the console."""

    BINDINGS = [
        key("n,q,escape,enter", "no", "no, stay", "stay", name="stay", footer=True),
        key("y", "yes", "yes, leave", "leave the console", name="leave-now", footer=True),
    ]

    def compose(self) -> ComposeResult:
        yield LinesPane(f"LEAVE {self.console.known.cloud or 'stx-tui'} ?", self._lines())
        yield FootPane()

    def on_mount(self) -> None:
        self.query_one(FootPane).show(" [ No ] n or Enter     [ Yes ] y")

    @property
    def console(self) -> StxApp:
        from stx_tui.app import StxApp

        assert isinstance(self.app, StxApp)
        return self.app

    def _lines(self) -> List[Line]:
        acts = running(self.console.known)
        lines = [Line(text=act) for act in acts]
        if acts:
            lines.append(Line())
            lines.append(Line(text="They go on by themselves; the next start finds them again."))
        return lines or [Line(text="Nothing is under way.")]

    def action_no(self) -> None:
        self.dismiss()

    def action_yes(self) -> None:
        self.app.exit()
