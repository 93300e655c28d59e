"""A session on the whole screen: a serial console, a shell; every key goes to its far end."""

from __future__ import annotations

import asyncio
import time
from typing import Optional, Tuple

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from backend.channel import Channel, Notice
from backend.deed import Deed
from backend.errors import StxError
from backend.units import clock
from stx_tui import theme
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.session import COMMANDS, Escape, SessionPane, bytes_of, function_key
from stx_tui.panes.text import safe
from stx_tui.saved import Log, save
from stx_tui.screens.dialog import DEAF_S, TitlePane
from stx_tui.screens.screen import ConsoleScreen

FUNCTION_KEYS = "1234567890-="
LEAVES = "~. leaves   ~? keys"


class SessionScreen(ConsoleScreen[None], inherit_bindings=False):
    """One open channel; ``~.`` at the start of a line is the only way out, and stands in row 1."""

    BINDINGS = []
    CSS = """
    SessionScreen #far { height: 1fr; }
    SessionScreen #notice { height: 1; display: none; }
    """

    def __init__(
        self, deed: Deed, channel: Channel, size: Optional[Tuple[int, int]] = None
    ) -> None:
        """``size`` is what the far end takes our screen for, None where it is told."""
        super().__init__()
        # The console's own keys are asleep: all but "~" at the start of a line goes through.
        self._modal = True
        self.deed = deed
        self._channel = channel
        self._far_size = size
        self._escape = Escape()
        self._log: Optional[Log] = None
        self._is_down = False
        self._is_over = False
        # When it ended, or a key came after that (monotonic).
        self._heard_s = 0.0
        self._said = ""
        self._typed: asyncio.Queue[bytes] = asyncio.Queue()
        self._far = SessionPane(self._typed.put_nowait)
        # The file that what is seen goes into, once it is known where one is; what was saved.
        self._file = f"{deed.label}-{deed.number}"
        self._kept = ""

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield self._far
        yield Pane(id="notice")

    def on_mount(self) -> None:
        self._file = f"{self.console.known.cloud}-{self._file}"
        self.run_worker(self._listen(), name="session")
        self.run_worker(self._send(), name="typing")
        self.call_after_refresh(self._fit)

    async def on_unmount(self) -> None:
        self._keep()  # the console may end, or its line be cut, with nobody to leave the session
        await self._channel.close()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    @property
    def pane(self) -> SessionPane:
        """The far end's screen."""
        return self._far

    # --- what comes ----------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            heard = await self._channel.read()
            if heard == b"":
                break
            if isinstance(heard, Notice):
                self._is_down = heard.is_down
                self.say(heard.words)
                continue
            before = self.pane.far.passed
            self.pane.take(heard)
            if self._log is not None:
                self._log.went_by(self.pane.far.past, self.pane.far.passed - before)
        self._is_over, self._heard_s = True, time.monotonic()
        # What is to be done first: of a long reason there is no room for the end.
        self.say(f"it is over, any key leaves: {self._said or 'closed'}")

    def say(self, words: str) -> None:
        """Say something in a row of its own below the far end's screen; "" gives the row back."""
        self._said = words
        notice = self.query_one("#notice", Pane)
        notice.display = bool(words)
        width = self.size.width
        notice.put([line((f" {safe(words)}", theme.REVERSE), width=width, fill=theme.REVERSE)])
        # The far end's screen is a row smaller or larger than before.
        self.call_after_refresh(self._fit)

    def _title(self) -> None:
        label = self.deed.label or self.deed.row_id
        left = f"{self.console.known.cloud} > {self.deed.action} {label}"
        logs = "LOG   " if self._log is not None else ""
        self.query_one(TitlePane).show(left, f"{logs}{LEAVES}")

    def _fit(self) -> None:
        if not self.is_there:
            return
        width, height = self.pane.size
        columns, rows = self._far_size or (width, height)
        self.pane.fit(columns, rows)
        self._channel.resize(columns, rows)
        self._title()

    # --- what is typed -------------------------------------------------------------------------

    def on_paste(self, event: events.Paste) -> None:
        """Send what was typed in a burst, or pasted, line ends as Enter sends them."""
        event.stop()
        self._type(event.text.replace("\r\n", "\r").replace("\n", "\r").encode())

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if self._is_over:
            # What is typed on for the far end would leave, and then be keys of the console.
            late_s, self._heard_s = event.time - self._heard_s, event.time
            if late_s >= DEAF_S:
                self._close()
            return
        if self.pane.back and event.key in ("escape", "q"):
            self.pane.back = 0
            self.pane.show()
            self.say("")
            return
        is_application = self.pane.far.is_application
        self._type(bytes_of(event.key, event.character or "", is_application=is_application))

    def _type(self, typed: bytes) -> None:
        if self._said and not self._is_down:
            self.say("")
        send, word = self._escape.take(typed)
        if word:
            self._obey(word)
        elif self._escape.is_open:
            self.say("~ . leaves, ? keys, ~ sends one")
        if send:
            self._typed.put_nowait(send)

    async def _send(self) -> None:
        while True:
            typed = await self._typed.get()
            try:
                await self._channel.write(typed)
            except StxError as error:
                self.say(error.words)

    def _obey(self, word: str) -> None:
        if word == ".":
            self._close()
        elif word == "?":
            self.console.push_screen(SessionKeysScreen())
        elif word in "pn":
            self.pane.look_back(1 if word == "p" else -1)
            self.say(f"{self.pane.back} lines back: q to now" if self.pane.back else "")
        elif word == "s":
            self.say(save(self._file, self.pane.lines_seen))
        elif word == "l":
            self._toggle_log()
        else:
            number = FUNCTION_KEYS.index(word) + 1
            self._typed.put_nowait(function_key(number))
            self.say(f"sent F{number}")

    def _toggle_log(self) -> None:
        if self._log is not None:
            self.say(self._log.end(self.pane.lines_now))
            self._log = None
            return
        self._log, words = Log.begin(self._file, clock(self.console.known.now_ms, seconds=True))
        self.say(words)

    def _keep(self) -> str:
        """Save what was seen, once; return what to say of that."""
        if not self._kept:
            self._kept = save(self._file, self.pane.lines_seen)
            if self._log is not None:
                self._log.end(self.pane.lines_now)
        return self._kept

    def _close(self) -> None:
        words = self._keep()
        console = self.console
        self.dismiss()
        console.say(f"session closed; {words}")


class SessionKeysScreen(Screen[None], inherit_bindings=False):
    """What ``~`` does at the start of a line; any key goes back."""

    def __init__(self) -> None:
        super().__init__()
        self._modal = True

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield Pane(id="body")

    def on_mount(self) -> None:
        self.call_after_refresh(self.look)

    def on_resize(self) -> None:
        self.call_after_refresh(self.look)

    def look(self) -> None:
        """Show them."""
        pane = self.query_one("#body", Pane)
        width = pane.size.width
        if not width:
            return
        self.query_one(TitlePane).show("IN A SESSION, at the start of a line", "any key goes back")
        rows = ["", *(f"  ~ {key:<12} {says}" for key, says in COMMANDS), ""]
        rows += ["  All else goes to the far end: what is typed there no guard of ours sees."]
        pane.put([line((text, theme.PLAIN), width=width) for text in rows])

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.dismiss()
