"""A dialog whose body is a text: read, edited, or shown as what would change."""

from __future__ import annotations

from typing import Optional

from textual.app import ComposeResult
from textual.widgets import TextArea

from backend.clean import clean
from backend.whole import unshown
from stx_tui.panes.status import FootPane
from stx_tui.screens.dialog import Dialog, TitlePane


class TextDialog(Dialog[None]):
    """A title, a text, and the keys of where one is."""

    DEFAULT_CSS = """
    TextDialog TextArea {
        height: 1fr; border: none; padding: 0; background: $background; scrollbar-size: 0 0;
    }
    TextDialog TextArea:focus { border: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.shows = ""
        # The line of the text shown that is not as it stands, for a screen cannot show it.
        self._unshown: Optional[int] = None
        self._leaves = False

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield self.text_area()
        yield FootPane()

    def text_area(self) -> TextArea:
        """Return the widget of the text."""
        area = TextArea("", read_only=True, soft_wrap=False, show_line_numbers=False)
        area.indent_type = "spaces"
        return area

    def on_resize(self) -> None:
        self.call_after_refresh(self.look)

    @property
    def area(self) -> TextArea:
        """The text."""
        return self.query_one(TextArea)

    def foot(self) -> None:
        """Show the keys of where one is."""
        if self.area.read_only:
            self.show_keys()
        else:
            self.say("editing: Esc ends it")

    def put(self, text: str, shows: str, *, wraps: bool = False) -> None:
        """Show a text that is not edited, and what it is; sentences are wrapped."""
        self.shows = shows
        self.area.soft_wrap = wraps
        self.say("")
        self.area.read_only = True
        # No control character of it reaches the terminal; its lines and blanks stay.
        self._unshown, self._leaves = unshown(text), False
        self.area.load_text("\n".join(clean(line) for line in text.split("\n")))
        self.look()

    def begin_edit(self) -> None:
        """Have the text edited until Esc; not where that would change what is not shown."""
        if self._unshown is not None:
            self.say(f"line {self._unshown} has what no screen shows: edit it in its file")
            return
        self._leaves = False
        self.shows = "being edited"
        self.area.soft_wrap = False
        self.area.read_only = False
        self.area.focus()
        self.look()

    def leave(self, *, is_lost: bool) -> None:
        """Leave; where something would be lost by it, only when that is asked for twice."""
        if is_lost and not self._leaves:
            self._leaves = True
            self.say("what was edited is not applied: q again leaves and loses it")
        else:
            self.dismiss(None)

    def action_scroll(self, step: int) -> None:
        self.area.scroll_relative(y=step, animate=False)
