"""Left alone, the console shows nothing but that it is locked, until the password is typed."""

from __future__ import annotations

from typing import Awaitable, Callable

from textual import events
from textual.app import ComposeResult

from backend.clean import clean
from backend.errors import StxError
from stx_tui import theme
from stx_tui.panes.pane import Pane, line
from stx_tui.screens.screen import ConsoleScreen

# Wrong passwords are answered this much later, in seconds.
WRONG_S = 2.0
# No password is longer; what noise types for days is not kept.
LONGEST = 500


class LockedScreen(ConsoleScreen[None], inherit_bindings=False):
    """No key reaches what is behind it; nothing typed is shown, not even how much."""

    def __init__(self, is_password: Callable[[str], Awaitable[bool]]) -> None:
        """``is_password`` knows the one that the console itself was opened with."""
        super().__init__()
        self._is_password = is_password
        self._typed = ""
        self._is_waiting = False

    def compose(self) -> ComposeResult:
        yield Pane(id="locked")

    def on_mount(self) -> None:
        self.say("locked")

    def on_resize(self) -> None:
        self.say("locked")

    def say(self, words: str) -> None:
        """Show one word."""
        pane = self.query_one(Pane)
        if pane.size.width:
            pane.put([line((f" {words}", theme.BOLD), width=pane.size.width)])
        else:
            self.call_after_refresh(self.say, words)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if event.key == "ctrl+l":
            self.console.action_repaint()
        elif self._is_waiting:
            return
        elif event.key == "enter":
            self._is_waiting = True
            self.run_worker(self._try(), name="unlock")
        elif event.key in ("backspace", "ctrl+h"):
            self._typed = self._typed[:-1]
        elif event.key in ("ctrl+u", "escape"):
            self._typed = ""
        elif event.character and event.is_printable and len(self._typed) < LONGEST:
            self._typed += event.character

    async def _try(self) -> None:
        typed, self._typed = self._typed, ""
        right, words = False, "locked: no"
        try:
            right = await self._is_password(typed)
        except StxError as error:
            words = f"locked: {clean(str(error))}"
        finally:
            # Whatever goes wrong: a lock that listens no more would be one for ever.
            if not right and self.is_attached:
                self.say(words)
                self.set_timer(WRONG_S, self._listen_again)
        if right:
            self._is_waiting = False
            self.dismiss()

    def _listen_again(self) -> None:
        self._is_waiting = False
        self.say("locked")
