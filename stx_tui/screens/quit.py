"""Leaving: asked only at the top, and No is what Enter says."""

from __future__ import annotations

from typing import List

from textual.app import ComposeResult

from backend.figure import Line
from backend.tone import Tone
from stx_tui.keys import REPAINT, key
from stx_tui.panes.lines import LinesPane
from stx_tui.panes.status import FootPane, running
from stx_tui.screens.dialog import Dialog


class QuitScreen(Dialog[None]):
    """One question, and what goes on without the console."""

    BINDINGS = [
        key("n,q,escape,enter", "no", "no, stay", "stay", name="stay"),
        key("y", "yes", "yes, leave", "leave the console", name="leave-now"),
        REPAINT,
    ]

    def compose(self) -> ComposeResult:
        yield LinesPane(f"LEAVE {self.known.cloud or 'stx-tui'} ?")
        yield FootPane()

    def look(self) -> None:
        self.query_one(LinesPane).show(f"LEAVE {self.known.cloud or 'stx-tui'} ?", self._lines())
        self.query_one(FootPane).show(" [ No ] n or Enter     [ Yes ] y")

    def _lines(self) -> List[Line]:
        acts, left = running(self.known), self.console.rooms.reminders(self.known)
        lines = [Line(text=f"LEFT SO: {words}", tone=Tone.WARN) for words in left]
        lines += [Line(text="It stays so until somebody changes it back."), Line()] if left else []
        if self.known.place.is_to_stay:
            words = "Leave this program, but DO NOT LOG OUT of the shell before the first unlock."
            lines += [Line(text=words, tone=Tone.WARN), Line()]
        lines += [Line(text=act) for act in acts]
        if acts:
            lines.append(Line())
            lines.append(Line(text="They go on by themselves; the next start finds them again."))
        return lines if acts or left else [*lines, Line(text="Nothing is under way.")]

    def action_no(self) -> None:
        self.dismiss()

    def action_yes(self) -> None:
        self.app.exit()
