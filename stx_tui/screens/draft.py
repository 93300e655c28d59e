"""A text for an action: read of a file or written here, its difference shown, then confirmed."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from textual import on
from textual.app import ComposeResult

from backend.deed import Deed, Outcome
from backend.errors import StxError
from backend.home import at_home
from backend.kind import Action, Form, Kind
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.entry import EntryPane
from stx_tui.panes.status import FootPane
from stx_tui.screens.act import ActScreen
from stx_tui.screens.dialog import TitlePane
from stx_tui.screens.text import TextDialog

if TYPE_CHECKING:
    from backend.station import Station

# Of a file: what is larger is none that somebody looks through.
MOST_BYTES = 4 * 1024 * 1024


class DraftScreen(TextDialog):
    """A text; ``a`` shows what would come of it, and again goes on. Each says how it is drafted."""

    BINDINGS = [
        key("f", "name", "file", "name the file to read", footer=True),
        key("e", "edit", "edit", "change the text, or write one; Esc ends that", footer=True),
        key("a", "apply", "apply", "what would change; then it asks", footer=True),
        key("escape", "back_to_text", "text", "end editing; back to the text"),
        key("q", "leave", "back", "go back; what was edited and not applied is lost", footer=True),
        key("j", "scroll(1)", "down", "a line down", name="down"),
        key("k", "scroll(-1)", "up", "a line up", name="up"),
        keys.HELP,
        keys.LEAVE,
    ]

    # What the first row begins with.
    what = ""

    def __init__(self, kind: Kind[Any], action: Action[Any], row_ids: Tuple[str, ...] = ()) -> None:
        super().__init__()
        self.kind = kind
        self.action = action
        self.row_ids = row_ids
        self.file = self.text = ""
        # The text as it was read: what differs from it was edited here.
        self.read_text = ""
        # Whether what is shown is why not, in place of the text.
        self._refused = False
        self.form: Optional[Form] = None
        self.shows = "which file?"

    async def drafted(self, station: Station) -> Tuple[Form, List[str]]:
        """Return the form of the text, and what would change, as lines. Raises ``StxError``."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is drafted")

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield EntryPane("FILE", hint="(Enter reads it; empty: write it here)", id="file")
        yield self.text_area()
        yield FootPane()

    def on_mount(self) -> None:
        self._entry.focus()

    @property
    def _entry(self) -> EntryPane:
        return self.query_one("#file", EntryPane)

    def look(self) -> None:
        """Say what is shown."""
        if self.is_there:
            self.query_one(TitlePane).show(f"{self.what}: {self.shows}", self.place)
            if not self._entry.has_focus:
                self.foot()

    # --- the file ------------------------------------------------------------------------------

    @on(EntryPane.Done)
    def read(self, message: EntryPane.Done) -> None:
        """Read the file that was named; an empty name begins a text."""
        message.stop()
        name = self._entry.value.strip()
        if not name:
            self.begin_edit()
            return
        self.run_worker(self._read(name), name="read file", group="file", exclusive=True)

    async def _read(self, name: str) -> None:
        try:
            text = await asyncio.to_thread(_text_of, name)
        except (OSError, UnicodeDecodeError, ValueError) as error:
            self._entry.say(f"! {error}")
            return
        self.file, self.form = name, None
        self.text = self.read_text = text
        self._entry.say("")
        self.area.focus()
        self.put(text, f"{name}, not applied")

    @on(EntryPane.Left)
    def leave_name(self, message: EntryPane.Left) -> None:
        """Go on to the text; where there is none yet, leave."""
        message.stop()
        if self.text or message.step:
            self.area.focus()
            self.look()
        else:
            self.dismiss(None)

    def action_name(self) -> None:
        self._entry.focus()

    def action_edit(self) -> None:
        if self.form is not None or self._refused:
            self.put(self.text, "")
        self.form, self._refused = None, False
        self.begin_edit()

    def action_back_to_text(self) -> None:
        if self._entry.has_focus:
            self.area.focus()
        elif not self.area.read_only:
            self.text = self.area.text
            self.area.read_only = True
            self.shows = f"{self.file or 'a text'}, not applied"
            self.say("")
        elif self.form is not None or self._refused:
            self.form, self._refused = None, False
            self.put(self.text, f"{self.file or 'a text'}, not applied")
        self.look()

    def action_leave(self) -> None:
        self.leave(is_lost=self.text != self.read_text)

    # --- what would come of it -----------------------------------------------------------------

    def action_apply(self) -> None:
        if self.form is not None:
            screen = ActScreen(self.kind, self.action.name, self.row_ids, form=self.form)
            self.app.push_screen(screen, self._applied)
        elif self.text.strip() or self.row_ids:
            self.say("asking what would come of it ...")
            self.run_worker(self._draft(), name="draft", group="file", exclusive=True)
        else:
            self.say("there is no text yet: f names a file, e writes one")

    async def _draft(self) -> None:
        station = self.console.station
        if station is None:
            self.say("not connected yet")
            return
        try:
            form, lines = await self.drafted(station)
        except StxError as error:
            said = "\n".join(str(error).split("; "))
            self.put(said, "IT WOULD BE REFUSED; e mends it", wraps=True)
            self._refused = True
            return
        self.form = form
        self.put("\n".join(lines), "WHAT WOULD CHANGE; a goes on, Esc goes back")

    def _applied(self, deeds: Optional[Tuple[Deed, ...]]) -> None:
        if deeds and deeds[-1].outcome is Outcome.DONE:
            self.dismiss(None)


def _text_of(name: str) -> str:
    path = at_home(name)
    there = path.stat()
    if not stat.S_ISREG(there.st_mode):
        # A device gives text for ever, and what waits for a writer none.
        raise ValueError(f"{name} is no file")
    if there.st_size > MOST_BYTES:
        raise ValueError(f"{name} has more than {MOST_BYTES >> 20} MB")
    return path.read_text(encoding="utf-8")
