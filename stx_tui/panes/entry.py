"""One line to type into: nothing blinks, a letter costs a byte or two, a paste is told apart."""

from __future__ import annotations

from typing import List

from textual import events
from textual.message import Message

from backend.clean import cells, clean, cut
from stx_tui import theme
from stx_tui.panes.pane import Pane, line

# Keys that come faster than this (seconds each, on the whole) were not typed by a hand.
HAND_S = 0.03
LONGEST = 500


class EntryPane(Pane, can_focus=True):
    """A label, what was typed, and words to its right; Enter posts ``Done``, Escape ``Left``."""

    can_focus = True

    class Done(Message):
        """Enter was pressed; ``by_hand`` is false where the keys came as one burst or a paste."""

        def __init__(self, entry: EntryPane, value: str, *, by_hand: bool) -> None:
            super().__init__()
            self.entry = entry
            self.value = value
            self.by_hand = by_hand

        @property
        def control(self) -> EntryPane:
            """The entry it is about."""
            return self.entry

    class Left(Message):
        """Escape was pressed, or (``step`` 1, -1) one goes to the next or the one before."""

        def __init__(self, entry: EntryPane, step: int = 0) -> None:
            super().__init__()
            self.entry = entry
            self.step = step

        @property
        def control(self) -> EntryPane:
            """The entry it is about."""
            return self.entry

    class Changed(Message):
        """The text is another."""

        def __init__(self, entry: EntryPane) -> None:
            super().__init__()
            self.entry = entry

        @property
        def control(self) -> EntryPane:
            """The entry it is about."""
            return self.entry

    def __init__(
        self,
        label: str,
        *,
        value: str = "",
        hint: str = "",
        room: int = 28,
        is_quiet: bool = False,
        is_secret: bool = False,
        id: str | None = None,  # noqa: A002 - the library's word
    ) -> None:
        """A quiet one shows its words alone until it is typed into; of a secret, only stars."""
        super().__init__(id=id)
        self.styles.height = 1
        self.is_quiet = is_quiet
        self.is_secret = is_secret
        self.label = label
        self.value = value
        self.hint = hint
        self.room = room
        self.was_pasted = False
        self.deaf_until = 0.0
        # What stood there already gives way to the first letter that is typed.
        self._is_fresh = bool(value)
        self._at = len(value)
        self._times: List[float] = []

    # --- verbs ---------------------------------------------------------------------------------

    def take(self, value: str, hint: str | None = None) -> None:
        """Hold ``value`` from now on, as if typed."""
        self.value, self._at = value, len(value)
        self.was_pasted = self._is_fresh = False
        self._times.clear()
        if hint is not None:
            self.hint = hint
        self.repaint()

    def say(self, hint: str) -> None:
        """Put words to the right of what is typed."""
        self.hint = hint
        self.repaint()

    def is_cut(self, width: int) -> bool:
        """Whether the words to the right have no room on a line of that many cells."""
        return cells(clean(self.hint)) > width - self.room - cells(self.label) - 8

    def repaint(self) -> None:
        """Put the line as it is now."""
        if not self.size.width:
            return
        # The last cell stays free: in the last row of a VT100 it would scroll.
        width = self.size.width - 1
        if self.is_quiet and not self.has_focus:
            words = cut(clean(self.hint), max(width - 4, 0))
            self.put([line(("   ", theme.PLAIN), (words, theme.BOLD), width=width)])
            return
        label = f" {self.label} > "
        room = max(min(self.room, width - cells(label) - 1), 3)
        start = max(self._at - room + 1, 0)
        text = "*" * len(self.value) if self.is_secret else self.value
        shown = text[start : start + room]
        at = self._at - start
        dots = "_" * max(room - cells(shown), 0)
        text = shown + dots
        here = theme.REVERSE if self.has_focus else theme.PLAIN
        parts = [
            (label, theme.BOLD if self.has_focus else theme.PLAIN),
            (text[:at], here if self._is_fresh else theme.PLAIN),
            (text[at : at + 1] or "_", here),
            (text[at + 1 :], theme.PLAIN),
            ("  " + cut(clean(self.hint), max(width - cells(label) - room - 3, 0)), theme.PLAIN),
        ]
        self.put([line(*parts, width=width)])

    # --- events --------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self.repaint()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.repaint()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if event.time < self.deaf_until:
            return
        self.was_pasted = True
        self._insert(clean(" ".join(event.text.split())))

    def on_key(self, event: events.Key) -> None:
        """Take every key for itself: what is typed must not reach a command."""
        if event.time < self.deaf_until:
            event.stop()
            event.prevent_default()
            return
        if event.character is not None and event.is_printable:
            self._times.append(event.time)
            self._insert(event.character)
        elif not self._command(event):
            return
        event.stop()
        event.prevent_default()

    # --- private -------------------------------------------------------------------------------

    def _command(self, event: events.Key) -> bool:
        """Do what a key that is no letter says; False where it is not for us."""
        key = event.key
        if key == "enter":
            self.post_message(self.Done(self, self.value, by_hand=self._by_hand(event.time)))
        elif key == "escape":
            self.post_message(self.Left(self))
        elif key in ("tab", "down"):
            self.post_message(self.Left(self, 1))
        elif key in ("shift+tab", "up"):
            self.post_message(self.Left(self, -1))
        elif key in ("backspace", "ctrl+h"):
            self._cut(self._at - 1, self._at)
        elif key in ("delete", "ctrl+d"):
            self._cut(self._at, self._at + 1)
        elif key == "ctrl+u":
            self._cut(0, len(self.value))
        elif key in ("left", "right", "home", "end", "ctrl+a", "ctrl+e"):
            self._go(key)
        else:
            return False
        return True

    def _by_hand(self, enter_s: float) -> bool:
        if self.was_pasted:
            return False
        if not self._times:
            return True
        return enter_s - self._times[0] >= HAND_S * len(self._times)

    def _insert(self, text: str) -> None:
        if self._is_fresh:
            self.value, self._at, self._is_fresh = "", 0, False
        text = text[: max(LONGEST - len(self.value), 0)]
        self.value = self.value[: self._at] + text + self.value[self._at :]
        self._at += len(text)
        self._tell()

    def _cut(self, start: int, end: int) -> None:
        start, self._is_fresh = max(start, 0), False
        self.value = self.value[:start] + self.value[end:]
        self._at = start
        if not self.value:
            self.was_pasted = False
            self._times.clear()
        self._tell()

    def _go(self, key: str) -> None:
        self._is_fresh = False
        at = {"left": self._at - 1, "right": self._at + 1, "home": 0, "ctrl+a": 0}
        self._at = max(0, min(at.get(key, len(self.value)), len(self.value)))
        self.repaint()

    def _tell(self) -> None:
        self.repaint()
        self.post_message(self.Changed(self))
