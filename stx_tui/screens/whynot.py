"""Why not: every action on a row with each of its reasons, and Enter to where it is mended."""

from __future__ import annotations

import shlex
from typing import Any, Optional

from backend.kind import Kind
from backend.whynot import keys_of, verdict, why_not
from stx_tui.keys import key
from stx_tui.panes.detail import find
from stx_tui.panes.text import safe
from stx_tui.screens import doing
from stx_tui.screens.dialog import TitlePane
from stx_tui.screens.figure import FigureScreen


class WhyNotScreen(FigureScreen):
    """It stays on its row and is live: what is mended elsewhere goes from it."""

    BINDINGS = [
        key("enter", "open", "go there", "go where it is mended", footer=True),
        key("a", "acts", "act", "go on to what can be done", footer=True),
    ]

    def __init__(self, kind: Kind[Any], row_id: str) -> None:
        super().__init__()
        self.kind = kind
        self.row_id = row_id
        self._row: Optional[Any] = None

    @property
    def _called(self) -> str:
        return safe(self.kind.name_of(self._row)) if self._row is not None else self.row_id

    def begin(self) -> None:
        """Have polled what the actions on the row look at."""
        station = self.console.station
        if station is not None and not self._looks:
            wanted = keys_of(self.known, self.kind, self.row_id, self.console.rooms.by_name)
            self._looks += [station.watch.look(name, of) for name, of in wanted]

    def look(self) -> None:
        """Show how each action stands now."""
        known = self.known
        if not self.is_there or not self.body.size.width:
            return
        row, _reading = find(known, self.kind.name, self.row_id)
        self._row = row if row is not None else self._row
        title = f"WHY NOT  {self.kind.singular} {self._called}"
        self.query_one(TitlePane).show(title, self.place)
        if row is None:
            self.show_gone(self._called, "nothing can be done with what is not there")
        else:
            self.show_verdict(verdict(known, self.kind, row))
            self.body.draw(why_not(known, self.kind, row), known.now_ms)
        self.show_keys()

    def action_acts(self) -> None:
        self.say(doing.offer_acts(self.console, self.kind, (self.row_id,)))

    def action_copy(self) -> None:
        words = ["stx-tui", "show", self.kind.singular, self._called, "--why-not"]
        self.say(doing.copy(self.console, shlex.join(words)))
