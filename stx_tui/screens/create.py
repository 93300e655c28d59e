"""Objects of a file: read, edited, rehearsed by the API server, then confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Tuple

from backend.creating import lines_of, nothing_new, rehearse
from backend.kind import Form
from backend.kinds.kube_create import CreateForm
from stx_tui.keys import key
from stx_tui.screens.draft import DraftScreen

if TYPE_CHECKING:
    from backend.station import Station


class CreateScreen(DraftScreen):
    """A file's text; ``a`` asks the API server what would come of it, and again goes on."""

    BINDINGS = [
        key("t", "take", "take over", "take over fields that others keep, or not", footer=True),
    ]
    what = "CREATE"
    _forced = False

    def action_take(self) -> None:
        """Take over what others keep from now on, or leave it to them again."""
        self._forced, self.form = not self._forced, None
        self.what = "CREATE, TAKING OVER" if self._forced else "CREATE"
        self.put(self.text, f"{self.file or 'a text'}, not applied")

    async def drafted(self, station: Station) -> Tuple[Form, List[str]]:
        """Return the form of what would really change, as the API server says it."""
        asked = CreateForm(file=self.file, force=self._forced)
        form, tried = await rehearse(station, self.kind, self.action, self.text, asked)
        if not any(one.lines or not one.is_there for one in tried):
            raise nothing_new(tried)
        return form, lines_of(tried)
