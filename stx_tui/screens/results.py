"""What came of an act on many rows at once: a line a row, what failed first."""

from __future__ import annotations

from typing import Tuple

from textual.app import ComposeResult
from textual.screen import Screen

from backend.deed import Deed, Outcome
from backend.figure import Jump, Line
from backend.tone import Tone
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.lines import LinesPane
from stx_tui.panes.status import FootPane
from stx_tui.panes.text import safe

_WELL = (Outcome.DONE, Outcome.FOLLOWED)


class ResultsScreen(Screen[None], inherit_bindings=False):
    """Each row reported by itself; those still under way go on, wherever one looks."""

    BINDINGS = [*keys.MOVING, keys.BACK, key("escape", "app.back", "back", "go back", name="leave")]

    def __init__(self, title: str, deeds: Tuple[Deed, ...]) -> None:
        super().__init__()
        self._title = title
        self._deeds = deeds

    def compose(self) -> ComposeResult:
        done = sum(deed.outcome in _WELL for deed in self._deeds)
        title = f"{self._title}   {done} of {len(self._deeds)} taken"
        yield LinesPane(title, lines_of(self._deeds))
        yield FootPane()

    def on_mount(self) -> None:
        self.query_one(FootPane).show(
            " j k down up   ] [ a page   q back   H history, of each deed"
        )

    def action_move(self, step: int) -> None:
        self.query_one(LinesPane).move(step)

    def action_page(self, step: int) -> None:
        self.query_one(LinesPane).move_page(step)


def lines_of(deeds: Tuple[Deed, ...]) -> Tuple[Line, ...]:
    """Return a line a deed, those that failed first."""
    failed_first = sorted(deeds, key=lambda deed: deed.outcome in _WELL)
    return tuple(
        Line(
            text=f"{safe(deed.label):<20} {_outcome(deed):<12} {safe(deed.answer or '')}".rstrip(),
            tone=Tone.PLAIN if deed.outcome in _WELL else Tone.BAD,
            jump=Jump(kind=deed.kind, id=deed.row_id),
        )
        for deed in failed_first
    )


def _outcome(deed: Deed) -> str:
    return "taken" if deed.outcome is Outcome.FOLLOWED else deed.outcome.value
