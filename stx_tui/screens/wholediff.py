"""What two rows differ in, whole: the lines of one that are not the other's."""

from __future__ import annotations

import asyncio
from typing import Any, FrozenSet, Optional

from backend.deed import Outcome
from backend.errors import StxError
from backend.kind import Body, Kind, Nothing
from backend.whole import difference, hidden
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.text import safe
from stx_tui.screens.dialog import TitlePane
from stx_tui.screens.text import TextDialog


class WholeDiffScreen(TextDialog):
    """The difference from one row to another of its sort; what is secret is hidden until asked."""

    BINDINGS = [
        key("v", "values", "show values", "show what is secret; that it was is recorded"),
        key("r", "again", "read again", "read both anew", footer=True),
        key("q,escape", "leave", "back", "go back", footer=True),
        key("j", "scroll(1)", "down", "a line down", name="down"),
        key("k", "scroll(-1)", "up", "a line up", name="up"),
        keys.HELP,
        keys.LEAVE,
    ]

    def __init__(self, kind: Kind[Any], from_id: str, to_id: str) -> None:
        super().__init__()
        self.kind = kind
        self.ids = (from_id, to_id)
        self.shows = "reading both ..."
        self._is_open = False

    def on_mount(self) -> None:
        self._read()

    def look(self) -> None:
        """Say what is shown."""
        if self.is_there:
            names = [
                safe(self.kind.name_of(row)) if row else "?" for row in map(self._row, self.ids)
            ]
            self.query_one(TitlePane).show(f"{names[0]} -> {names[1]}: {self.shows}", self.place)
            self.foot()

    def _row(self, row_id: str) -> Optional[Any]:
        return self.known.find(self.kind.name, row_id)[0]

    def _read(self) -> None:
        self.run_worker(self._fetch(), name="read both", group="whole", exclusive=True)

    async def _fetch(self) -> None:
        station = self.console.station
        rows = [row for row in map(self._row, self.ids) if row is not None]
        if station is None or len(rows) < len(self.ids):
            self.say("one of them is not there any more")
            return
        try:
            old, new = await asyncio.gather(*(station.whole(self.kind, row) for row in rows))
        except StxError as error:
            self.say(f"{error}. {error.advice}".strip())
            return
        secret = self._secret(rows[0])
        lines = await asyncio.to_thread(_lines, old, new, secret)
        shows = "values hidden, v shows them" if secret else "what differs"
        self.put("\n".join(lines) or "they say the same", shows)

    def _secret(self, row: Any) -> FrozenSet[str]:
        if self._is_open or self.kind.whole is None:
            return frozenset()
        return self.kind.whole(row).secret

    def action_again(self) -> None:
        self._read()

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_values(self) -> None:
        if self.kind.action("reveal") is not None and not self._is_open:
            self.run_worker(self._reveal(), name="reveal", group="whole", exclusive=True)

    async def _reveal(self) -> None:
        """Have it recorded that somebody asks for the values of both, then show them."""
        station, action = self.console.station, self.kind.action("reveal")
        if station is None or action is None:
            return
        try:
            preview = station.acts.preview(self.kind, action, self.ids, Nothing())
            deeds = await station.acts.do(preview, typed=preview.wants, why="")
        except StxError as error:
            self.say(f"not shown: {error}")
            return
        self._is_open = all(deed.outcome is Outcome.DONE for deed in deeds)
        await self._fetch()


def _lines(old: Body, new: Body, secret: FrozenSet[str]) -> list[str]:
    return difference(hidden(old, secret), hidden(new, secret))
