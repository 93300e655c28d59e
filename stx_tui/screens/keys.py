"""The keys of where one is, from its bindings and from what the kind can do."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from backend.figure import Line
from backend.kind import Action, Kind
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.lines import LinesPane
from stx_tui.panes.status import FootPane
from stx_tui.terminal import status

# What column 2 of every table says.
MARKS = (
    "!  not well      ~  under way     -  taken out on purpose",
    "+  new           x  gone          a  seen      ?  not ours yet, or not known",
)


class KeysScreen(Screen[None], inherit_bindings=False):
    """One line a key."""

    BINDINGS = [*keys.MOVING, keys.BACK, key("escape", "app.back", "back", "go back", name="leave")]

    def __init__(self, bindings: Sequence[Binding], kind: Optional[Kind[Any]]) -> None:
        super().__init__()
        self._shown = tuple(bindings)
        self._of = kind

    def compose(self) -> ComposeResult:
        name = self._of.name if self._of is not None else ""
        yield LinesPane(f"KEYS  {name}", self._lines())
        yield FootPane()

    def on_mount(self) -> None:
        self.query_one(FootPane).show(" j k down up   ] [ a page   q back")

    def action_move(self, step: int) -> None:
        self.query_one(LinesPane).move(step)

    def action_page(self, step: int) -> None:
        self.query_one(LinesPane).move_page(step)

    def _lines(self) -> Sequence[Line]:
        pages = keys.page(self._shown)
        lines = [Line(text=f"{names:<18} {says}") for names, says in pages]
        if self._of is not None and self._of.actions:
            lines += [Line(), Line(rule=True)]
            words = f"on a {self._of.singular}; what breaks something asks first, and says what"
            lines.append(Line(text=words))
            lines += [
                Line(text=f"{action.key or '(a)':<18} {_called(action)}")
                for action in self._of.actions
            ]
        lines += [Line(), Line(rule=True), *(Line(text=text) for text in MARKS)]
        speed = status(self.app)
        return [*lines, Line(), Line(text=f"this line: {speed}")] if speed else lines


def _called(action: Action[Any]) -> str:
    """Return an action's words, and its name where that is another: the command line takes it."""
    words, name = action.words, action.name
    return words if words.lower() == name else f"{words} ({name})"
