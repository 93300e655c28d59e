"""An action whose form is a text: what is there now is edited, its difference shown, confirmed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, List, Optional, Tuple, Type

from backend.edits import TextForm
from backend.errors import Refused
from backend.kind import Form
from backend.rests import rests_on
from stx_tui.panes.text import safe
from stx_tui.screens.draft import DraftScreen

if TYPE_CHECKING:
    from backend.station import Station


class TextFormScreen(DraftScreen):
    """The text there is; ``e`` edits it, ``f`` takes a file's, ``a`` shows what would change."""

    def on_mount(self) -> None:
        self.shows = "reading it ..."
        self.run_worker(self._begin(), name="read text", group="file", exclusive=True)

    @property
    def _row(self) -> Optional[Any]:
        return self.known.find(self.kind.name, self.row_ids[0])[0]

    @property
    def _texts(self) -> Type[TextForm]:
        assert issubclass(self.action.form, TextForm)
        return self.action.form

    async def _begin(self) -> None:
        """Read what it rests on, and show the text there is."""
        station, row = self.console.station, self._row
        if station is None or row is None:
            self.say("it is not there any more" if station is not None else "not connected yet")
            return
        self.what = f"{self.action.words.upper()} {safe(self.kind.name_of(row))}"
        kinds = self.console.rooms.by_name
        asked = rests_on(kinds, self.kind, self.action, self.row_ids, self.known)
        readings = await asyncio.gather(*(station.watch.read_now(*one) for one in asked))
        error = next((one.error for one in readings if one.error is not None), None)
        self.text = self.read_text = self._texts.begins(row, self.known)
        self.area.focus()
        self.put(self.text, str(error) if error is not None else "as it is now")

    async def drafted(self, station: Station) -> Tuple[Form, List[str]]:
        """Return the form of the text, and what it changes."""
        row = self._row
        if row is None:
            raise Refused("it is not there any more")
        form = self._texts.of(row, station.watch.known, self.text)
        return form, form.lines(row, station.watch.known)
