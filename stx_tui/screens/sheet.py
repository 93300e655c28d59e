"""What a confirmation shows: what an act does, whether it will be taken, what is typed for it."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from textual.app import ComposeResult

from backend.deed import Deed
from backend.figure import Line
from backend.kind import Action, Kind
from backend.preview import Preview
from stx_tui.panes import confirm
from stx_tui.panes.asked import Asked
from stx_tui.panes.choice import ButtonsPane
from stx_tui.panes.confirm import Sheet
from stx_tui.panes.entry import EntryPane
from stx_tui.panes.figure import FigurePane
from stx_tui.screens import doing
from stx_tui.screens.dialog import Dialog, TitlePane


class SheetScreen(Dialog[Tuple[Deed, ...]]):
    """The sheet of one action on these rows, from its title to its buttons; it sends nothing."""

    def __init__(self, kind: Kind[Any], action: Action[Any], row_ids: Tuple[str, ...]) -> None:
        super().__init__()
        self.kind = kind
        self.action = action
        self.asked = Asked(kind, action, row_ids)
        self._every = False
        self._sheet = Sheet(lines=())
        self._said = ""

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield FigurePane(has_cursor=False, id="body")
        yield EntryPane("WHY", hint="(for the record)", room=48, id="why")
        yield EntryPane("ANSWER", is_quiet=True, id="answer")
        yield ButtonsPane()

    @property
    def preview(self) -> Optional[Preview]:
        """What would happen, as it was known last."""
        return self.asked.preview

    @property
    def ended(self) -> str:
        """Why this dialog can send nothing any more, "" as long as it can."""
        return self.asked.ended

    def say(self, words: str) -> None:
        """Say something in the row above the buttons."""
        self._said = words
        self._paint_answer()

    def action_every(self) -> None:
        self._every = not self._every
        self._paint()

    def action_copy(self) -> None:
        commands = self.preview.commands if self.preview is not None else ()
        copied = doing.copy(self.console, " ; ".join(commands)) if commands else ""
        self.say(copied or "no command does the same")

    def action_mend(self, digit: str) -> None:
        if digit in self._sheet.digits:
            self.say(self.console.open(self._sheet.digits[digit]))

    # --- painting ------------------------------------------------------------------------------

    def _paint(self) -> None:
        if not self.is_there:
            return
        body = self.query_one(FigurePane)
        can = self.preview is not None and not self.preview.blocked and not self.ended
        self.query_one("#why").display = can and self.size.height >= 8
        answer = self.query_one("#answer")
        answer.display = self.size.height >= 4 or self.focused is answer
        title = f"{self.action.words.upper()} {self.kind.singular}"
        if self.ended:
            title = f"CANNOT {self.preview.title if self.preview else title}"
        elif self.preview is not None:
            title = confirm.title_of(self.preview)
        self.query_one(TitlePane).show(title, self.place)
        if body.size.width:
            body.show(self._lines(body))
        self._paint_answer()
        rest = "n" if self.ended or not self.preview else confirm.buttons(self.preview)
        self.query_one(ButtonsPane).show(rest, free=self.focused is None)

    def _lines(self, body: FigurePane) -> Tuple[Line, ...]:
        if self.ended:
            return confirm.ended_lines(self.ended)
        if self.preview is None:
            return (Line(text="asking ..." if self.console.station else doing.NOT_OPEN),)
        self._sheet = confirm.sheet(self.preview, body.room, body.size.height, every=self._every)
        return self._sheet.lines

    def _paint_answer(self) -> None:
        if not self.is_there:
            return
        entry = self.query_one("#answer", EntryPane)
        if self.focused is entry:
            wants = self.preview.wants if self.preview else ""
            entry.say(self._said or f"{wants} and Enter; Esc back to No")
        else:
            entry.say(self.asked.sending(self.known) or self._said or self._below())

    def _below(self) -> str:
        hidden = self.query_one(FigurePane).hidden
        return f"{hidden} more lines below: j" if hidden else ""
