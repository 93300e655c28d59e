"""An act as it was asked for: on which rows, and whether it is still the same thing."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.act import Acts
from backend.deed import carrying
from backend.errors import Refused
from backend.kind import Action, Form, Kind, Row
from backend.known import Known
from backend.preview import Preview
from backend.units import clock
from stx_tui.panes.confirm import is_news


class Asked:
    """The rows are held by their ids and compared with what they were when it was asked.

    ``ended`` says why nothing can be sent any more; that never changes back: what was shown is
    not what is there.
    """

    def __init__(self, kind: Kind[Any], action: Action[Any], row_ids: Tuple[str, ...]) -> None:
        self.kind = kind
        self.action = action
        self.row_ids = row_ids
        self.preview: Optional[Preview] = None
        self.ended = ""
        self._target = kind
        self._rows: Tuple[Row, ...] = ()

    def look(self, acts: Acts, known: Known, form: Form) -> bool:
        """Work out what would happen now; return whether it is not what was read before."""
        if self.ended:
            return False
        before = self.preview
        try:
            after = acts.preview(self.kind, self.action, self.row_ids, form)
        except Refused as error:
            self.ended = self._gone(known) or str(error)
            return True
        self._target = after.target
        self._rows = self._rows or after.rows
        self.ended = self._renamed(after)
        if self.ended:
            return True
        self.preview = after
        return before is not None and is_news(before, after)

    def sending(self, known: Known) -> str:
        """Return how much of its file is on its way, "" where it carries none."""
        ours = (one for one in known.running(self.kind.name) if one.action == self.action.name)
        return next(filter(None, map(carrying, ours)), "")

    def _gone(self, known: Known) -> str:
        """Say which row went and when, and whether another one has its name now."""
        for row in self._rows:
            target = self._target
            found, reading = known.find(target.name, target.id(row))
            if found is not None:
                continue
            name, since = target.name_of(row), clock(reading.at_ms, seconds=True)
            other = target.find(reading.rows, name)
            more = f"; another {target.singular} has its name now" if other is not None else ""
            return f"{name} is gone since {since}{more}"
        return ""

    def _renamed(self, after: Preview) -> str:
        for was, row in zip(self._rows, after.rows):
            name, now = self._target.name_of(was), self._target.name_of(row)
            if name != now:
                return f"{name} is called {now} now"
        return ""
