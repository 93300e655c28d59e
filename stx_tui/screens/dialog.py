"""What every dialog does: takes the whole screen, is deaf at first, and lets no key past it."""

from __future__ import annotations

import time
from typing import Generic, TypeVar

from textual import events
from textual.strip import Strip

from backend.clean import cells, cut
from backend.known import Known
from backend.units import clock
from stx_tui import theme
from stx_tui.messages import KnownChanged
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.text import safe
from stx_tui.screens.screen import ConsoleScreen

T = TypeVar("T")

# What is typed before somebody can have read the dialog is not meant for it.
DEAF_S = 0.5


class TitlePane(Pane):
    """The first row, reverse: what it is about, and where and when."""

    def __init__(self) -> None:
        super().__init__(id="title")
        self.styles.height = 1
        self._words = ("", "")

    def show(self, left: str, right: str) -> None:
        """Show words on the left and right; the right ones stay whole as long as they fit."""
        self._words = (safe(left), safe(right))
        width = self.size.width
        if width:
            self.put([title_row(*self._words, width=width)])

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self.show(*self._words)


class Dialog(ConsoleScreen[T], Generic[T], inherit_bindings=False):
    """A screen that keys do not get past, and that hears none in its first half second."""

    deaf_s = DEAF_S

    def __init__(self) -> None:
        super().__init__()
        # Bindings below a modal screen are not looked at; it paints its whole ground all the same.
        self._modal = True
        self._deaf_until = float("inf")

    @property
    def place(self) -> str:
        """The cloud and the time, as they stand in every first row."""
        left = self.console.rooms.reminders(self.known)
        return "   ".join((*left, place_of(self.known)))

    def look(self) -> None:
        """Show what is known now; each dialog says how."""
        # Textual's metaclass leaves no room for an abstract method.
        raise NotImplementedError(f"{type(self).__name__} does not say how it looks")

    def is_deaf(self, at_s: float) -> bool:
        """Whether a key that came at ``at_s`` (monotonic) was too early."""
        return at_s < self._deaf_until

    def on_screen_resume(self) -> None:
        self._deaf_until = float("inf")
        self.call_after_refresh(self._painted)

    def on_known_changed(self, message: KnownChanged) -> None:
        message.stop()
        if self.is_there:
            self.look()

    def on_key(self, event: events.Key) -> None:
        """Drop what came too early; bindings are looked at only for keys that get past here."""
        if self.is_deaf(event.time):
            event.stop()
            event.prevent_default()

    def _painted(self) -> None:
        self._deaf_until = time.monotonic() + self.deaf_s
        if self.is_there:
            self.look()


def place_of(known: Known) -> str:
    """Return the cloud and the time of day, as they stand in the first row of a dialog."""
    return f"{known.cloud}   {clock(known.now_ms, seconds=True)}"


def title_row(left: str, right: str, *, width: int) -> Strip:
    """Return the reverse row; of what has no room the left is cut, then the right goes."""
    room = width - 2 - cells(right)
    if room < 12:
        right, room = "", width - 2
    words = cut(left, max(room - 1, 0))
    blank = " " * max(width - 2 - cells(words) - cells(right), 0)
    return line((f" {words}{blank}{right} ", theme.REVERSE), width=width, fill=theme.REVERSE)
