"""Two rows of a sort against each other: what differs, and Enter to where it stands."""

from __future__ import annotations

import shlex
from typing import Any, Optional, Tuple

from backend.kind import Kind
from backend.twin import Compared, compare, figure, keys_of, twins_of, verdict
from stx_tui.keys import key
from stx_tui.panes.detail import find
from stx_tui.panes.text import safe
from stx_tui.screens import doing
from stx_tui.screens.dialog import TitlePane
from stx_tui.screens.figure import FigureScreen


class TwinScreen(FigureScreen):
    """It stays on its two rows by their ids; ``t`` takes the next twin."""

    BINDINGS = [
        key("enter", "open", "go there", "go to what differs", footer=True),
        key("t", "next", "next twin", "compare with the next one of its sort", footer=True),
    ]

    def __init__(self, kind: Kind[Any], row_id: str, twin_id: str) -> None:
        super().__init__()
        self.kind = kind
        self.row_id = row_id
        self.twin_id = twin_id
        self._names = (row_id, twin_id)

    def begin(self) -> None:
        """Have polled all children of both."""
        station = self.console.station
        if station is not None and not self._looks:
            wanted = keys_of(self.kind, self.console.rooms.kinds, self.row_id, self.twin_id)
            self._looks += [station.watch.look(name, of) for name, of in wanted]

    def look(self) -> None:
        """Show what differs now."""
        if not self.is_there or not self.body.size.width:
            return
        rows = self._rows()
        self._names = (self._called(self.row_id, rows[0]), self._called(self.twin_id, rows[1]))
        one, other = self._names
        self.query_one(TitlePane).show(f"TWINS  {one} | {other}", self.place)
        if rows[0] is None or rows[1] is None:
            self.show_gone(one if rows[0] is None else other, "there is nothing to compare")
        else:
            found: Compared = compare(
                self.known, self.kind, rows[0], rows[1], self.console.rooms.kinds
            )
            self.show_verdict(verdict(one, other, found))
            self.body.draw(figure(one, other, found), self.known.now_ms)
        self.show_keys()

    def _rows(self) -> Tuple[Optional[Any], Optional[Any]]:
        one, other = (find(self.known, self.kind.name, of)[0] for of in (self.row_id, self.twin_id))
        return one, other

    def _called(self, row_id: str, row: Optional[Any]) -> str:
        return row_id if row is None else safe(self.kind.name_of(row))

    def action_next(self) -> None:
        row = self._rows()[0]
        ids = [self.kind.id(one) for one in twins_of(self.kind, row, self.known)] if row else []
        if len(ids) < 2:
            self.say("there is no other one of its sort")
            return
        at = ids.index(self.twin_id) + 1 if self.twin_id in ids else 0
        self.twin_id = ids[at % len(ids)]
        self.look_away()
        self.begin()
        self.body.to_top()
        self.look()

    def action_copy(self) -> None:
        words = ["stx-tui", "diff", self.kind.singular, *self._names]
        self.say(doing.copy(self.console, shlex.join(words)))
