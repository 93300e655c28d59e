"""Logs, merged by time: followed, filtered, gone through by time and by what is bad in them."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Tuple

from textual import on
from textual.app import ComposeResult

from backend.errors import StxError, Untrusted
from backend.figure import Line
from backend.kinds.log_adding import beside, choices
from backend.logs.catalogue import word_of
from backend.logs.moments import WAYS, exact, moment_ms
from backend.logs.opening import open_all
from backend.logs.reader import PACE_S, Reader
from backend.streams import Logs
from stx_tui import keys, theme
from stx_tui.keys import key
from stx_tui.messages import FilterTyped, KnownChanged, PlaceNamed, PromptLeft, RowChosen
from stx_tui.panes.pane import line
from stx_tui.panes.prompt import Complete, PromptPane, no_choices
from stx_tui.panes.status import FootPane, StatusPane
from stx_tui.panes.stream import StreamPane, whole
from stx_tui.panes.strip import StripPane
from stx_tui.panes.told import Told, verdict
from stx_tui.screens.looking import LookingScreen, read_beside
from stx_tui.screens.shape import shape
from stx_tui.screens.slices import save_slice
from stx_tui.terminal import interval_s

# Rows the strip has; lines that are left on either side when more are read.
STRIP, NEAR = 5, 60
# How often progress is said, in seconds.
SAID_S = 0.4


class StreamScreen(LookingScreen):
    """Lines of one log or several; leaving it stops what is searched."""

    BINDINGS = [
        key("f", "follow", "follow", "stay at the end as lines come, or stop", footer=True),
        key("slash", "filter", "filter", "show only lines with a text in them", footer=True),
        key("n", "next_bad", "next error", "to the next line that says it is bad", footer=True),
        key("N", "bad_before", "error before", "to the one before that says it is bad"),
        key("t", "time", "time", f"go to a time, {WAYS}", footer=True),
        key("s", "save", "save", "save the slice, or what is read here, to a file", footer=True),
        key("space", "pick", "begin slice", "begin a slice here; s saves it, with the cursor's"),
        key("o", "only", "one log", "only the log of this line, or all again", footer=True),
        key("plus", "add", "add a log", "one more log beside these: kern, worker-0:sm, pod:..."),
        key("p", "before", "run before", "what was written before the last restart", footer=True),
        key("w", "wrap", "wrap", "show long lines whole, or cut", footer=True),
        key("T", "times", "times", "the time of each line, or more room for its words"),
        key("escape", "all", "all", "show all lines again; stop a search"),
        key("c", "copy", "copy command", "the command that shows these logs from here"),
        *(one for one in keys.MOVING if one.id not in ("first", "last")),
        key("home,g", "to_first", "first", "to the oldest line there is", name="first"),
        key("end,G", "to_last", "last", "to the newest line there is", name="last"),
        keys.HELP,
        keys.BACK,
    ]
    CSS = """
    StreamScreen #prompt { height: 1; }
    """

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self._logs = logs
        self._told = Told(names=logs.names, of=logs.of)
        self._asked = ""

    def compose(self) -> ComposeResult:
        yield StatusPane(lambda: self.console.rooms, self.console.heard)
        yield StreamPane()
        yield StripPane()
        yield FootPane()
        yield PromptPane()

    # --- opening -------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._arrange()
        self.pane.empty = "opening ..."
        self._open_soon()
        self.set_interval(interval_s(self.app, SAID_S), self._say_progress)

    async def _open(self) -> None:
        try:
            logs, errors = await open_all(self._logs.streams, self.console.open_stream)
        except Untrusted as error:
            if await self.console.trust.accepts(error):
                self._open_soon()
                return
            self._cannot(error)
            return
        except StxError as error:
            self._cannot(error)
            return
        self._told.names = tuple(log.name for log in logs)
        self._told.errors = tuple(errors)
        self.pane.call(self._told.names)
        self.pane.empty = "nothing is written there so far"
        reader = self._reader = Reader(logs)
        if self._logs.at_ms is None:
            self._follows = True
            await reader.to_last()
            self.pane.show(reader.view.lines, max(len(reader.view.lines) - 1, 0))
        else:
            await self._go_to(self._logs.at_ms)
        self._show()
        self.run_worker(self._measure(reader), name="measure", group="measure")
        self.run_worker(self._stay(reader), name="follow", group="follow")

    def _open_soon(self) -> None:
        self.run_worker(self._open(), name="open logs", group="look")

    def _cannot(self, error: StxError) -> None:
        self._told.cannot = f"{error}. {error.advice}".strip()
        self.pane.empty = "nothing to show"
        self.pane.show(())
        self._show()

    async def _measure(self, reader: Reader) -> None:
        """Learn from when to when the logs go: it reads the oldest part of each."""
        extent, self._told.notes = await asyncio.to_thread(reader.view.measure)
        self._told.from_ms, self._told.to_ms = extent.from_ms, extent.to_ms
        self._told.is_empty = not extent.size
        self._show()

    async def _stay(self, reader: Reader) -> None:
        """Take what comes, as long as the screen is there; stay at the end where that is wanted."""
        while True:
            await asyncio.sleep(interval_s(self.app, PACE_S))
            came, news = await reader.grow()
            if news:
                self._told.news = news
            if came:
                lines = reader.view.lines
                self._told.from_ms = self._told.from_ms or lines[0].at_ms
                self._told.to_ms = max(self._told.to_ms or 0, lines[-1].at_ms)
                self.pane.show(lines, len(lines) - 1 if self._follows else None)
            if came or news:
                self._show()

    async def on_unmount(self) -> None:
        if self._reader is not None:
            reader, self._reader = self._reader, None
            await reader.close()

    # --- showing -------------------------------------------------------------------------------

    @on(KnownChanged)
    def show_known(self) -> None:
        """Say what time it is."""
        self._show()

    @on(RowChosen)
    def show_line(self) -> None:
        """Say all of the line under the cursor, and read on where its neighbours end."""
        self.query_one(FootPane).say("")
        self._show_strip()
        reader, pane = self._reader, self.pane
        if reader is None or not pane.lines:
            return
        is_up = pane.place < NEAR and not reader.view.is_from_first
        is_down = pane.place > len(pane.lines) - NEAR and not reader.view.is_to_last
        if (is_up or is_down) and reader.progress is None:
            self.run_worker(self._more(up=is_up), name="more", group="look", exclusive=True)

    def on_resize(self) -> None:
        self._arrange()
        self.call_after_refresh(self._show)

    def _arrange(self) -> None:
        width, height = self.size
        now = shape(min(width, 119), height, STRIP)
        for selector, rows in (("#status", now.status), ("#strip", now.strip), ("#foot", now.foot)):
            self.query_one(selector).styles.height = rows
        prompt = self.query_one(PromptPane)
        self.query_one(StripPane).display = now.strip > 0
        self.query_one(FootPane).display = now.foot > 0 and not prompt.display

    def _show(self) -> None:
        # A look may end while the screen is taken apart.
        if not self.is_current or not self.query(FootPane):
            return
        known, rooms = self.console.known, self.console.rooms
        self.query_one(StatusPane).show(
            known,
            tuple((name, "") for name in rooms.banner_needs),
            verdict(self._told, self._reader, follows=self._follows, now_ms=known.now_ms),
            lambda width: line((self._title(width), theme.BOLD), width=width),
        )
        self._show_strip()
        self.show_keys()

    def _title(self, width: int) -> str:
        """What one looks at: the logs by their names, where those fit."""
        names, of = self._told.names, self._told.of
        only = self._reader.view.only if self._reader is not None else ""
        tail = f"   of {of}" if of else ""
        title = "  ".join((" LOGS", *((f"{only} alone",) if only else names))) + tail
        if len(title) > width and of and not only and len(names) > 1:
            return f" LOGS  {len(names)} merged by time{tail}"
        return title

    def _show_strip(self) -> None:
        pane, reader = self.pane, self._reader
        here = pane.line
        lines: Tuple[Line, ...] = whole(here) if here is not None else ()
        left = f"line {pane.place + 1} of {len(pane.lines)}"
        if reader is not None:
            view = reader.view
            above, below = not view.is_from_first, not view.is_to_last
            left += " read, more" * (above or below) + " above" * above
            left += " and" * (above and below) + " below" * below
        right = "slice begins at *" if pane.picked is not None else ""
        self.query_one(StripPane).show((left if pane.lines else "", right), lines)

    def _say_progress(self) -> None:
        reader = self._reader
        if reader is not None and (reader.progress or reader.counted):
            self._show()

    # --- going about ---------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        self._stand()
        self.pane.move(step)

    def action_page(self, step: int) -> None:
        self._stand()
        self.pane.move_page(step)

    def _stand(self) -> None:
        """Stay where one is, whatever comes."""
        if self._follows:
            self._follows = False
            self._show()

    def action_follow(self) -> None:
        self._follows = not self._follows
        if self._follows:
            self._look(self._to_last())
        self._show()

    def action_to_last(self) -> None:
        self._look(self._to_last())

    def action_to_first(self) -> None:
        self._follows = False
        self._look(self._to_first())

    def action_next_bad(self) -> None:
        self._follows = False
        self._look(self._to_bad(back=False))

    def action_bad_before(self) -> None:
        self._follows = False
        self._look(self._to_bad(back=True))

    def action_all(self) -> None:
        if self._reader is not None and (self._reader.text or self._reader.progress):
            self._reader.stop()
            self._look(self._search("", pause_s=0.0))

    def action_pick(self) -> None:
        self.pane.pick()
        self._show_strip()

    def action_only(self) -> None:
        if len(self._told.names) > 1:
            self._look(self._to_only())

    def action_before(self) -> None:
        """Look at the run before the last restart, or at this one again."""
        if not self._logs.before:
            self.query_one(FootPane).say("no run before this one is known")
            return
        self._logs = replace(self._logs, streams=self._logs.before, before=self._logs.streams)
        self._told = Told(names=self._logs.names, of=self._logs.of)
        self._look(self._anew())

    async def _anew(self) -> None:
        for group in ("measure", "follow"):
            self.workers.cancel_group(self, group)
        reader, self._reader = self._reader, None
        self.pane.show(())
        if reader is not None:
            await reader.close()
        await self._open()

    def action_add(self) -> None:
        """Ask which log is to be looked at beside these; which there are is read meanwhile."""
        self.run_worker(read_beside(self.console), name="which logs", group="which")
        self._ask("+", complete=lambda text: choices(text, self.console.known))

    def _add(self, text: str) -> None:
        """Look at one log more, where one is."""
        here = self.pane.line
        at_ms = None if self._follows or here is None else here.at_ms or None
        try:
            self._logs = beside(self._logs, text, self.console.known, at_ms)
        except StxError as error:
            self.query_one(FootPane).say(f"{error}: {error.advice}")
            return
        self._look(self._anew())

    def action_wrap(self) -> None:
        self.pane.wrap()

    def action_times(self) -> None:
        self.pane.show_times()

    def action_copy(self) -> None:
        here = self.pane.line
        if self._logs.command:
            self.query_one(FootPane).say(self.console.copy(shlex.join(self._logs.command)))
            return
        words = ["stx-tui", "logs", *filter(None, map(word_of, self._logs.streams))]
        if here is not None and here.at_ms:
            words += ["--at", exact(here.at_ms)[:19].replace(" ", "T") + "Z"]
        if self._reader is not None and self._reader.text:
            words += ["--grep", self._reader.text]
        self.query_one(FootPane).say(self.console.copy(shlex.join(words)))

    # --- what is typed -------------------------------------------------------------------------

    def action_filter(self) -> None:
        self._ask("/", self._reader.text if self._reader is not None else "")

    def action_time(self) -> None:
        self._ask("@")

    def action_save(self) -> None:
        here = self.pane.line
        if here is None:
            self.query_one(FootPane).say("there is no line to save")
            return
        stem = "-".join(name.replace(":", "-").replace("/", "-") for name in self._told.names[:3])
        at = exact(here.at_ms)[:19].replace(" ", "T").replace(":", "")
        self._ask(">", f"{Path.home()}/{stem}-{at}.log")

    def _ask(self, sign: str, text: str = "", complete: Complete = no_choices) -> None:
        self._asked = sign
        self.query_one(FootPane).say("")
        self.query_one(FootPane).display = False
        self.query_one(PromptPane).open(sign, text, complete)

    @on(PromptLeft)
    def leave_prompt(self) -> None:
        """Go on as before."""
        self.query_one(PromptPane).close()
        self._arrange()
        self._show()

    @on(FilterTyped)
    def filter_lines(self, message: FilterTyped) -> None:
        """Show the lines that have what was typed."""
        if message.done:
            self.leave_prompt()
        if self._reader is not None and message.text != self._reader.text:
            self._look(self._search(message.text))

    @on(PlaceNamed)
    def heard(self, message: PlaceNamed) -> None:
        """Go to the time that was typed, or save under the name that was."""
        self.leave_prompt()
        if self._asked == ">":
            self._look(self._save(message.text.strip()))
            return
        if self._asked == "+":
            self._add(message.text)
            return
        here = self.pane.line
        near = here.at_ms if here is not None and here.at_ms else self.console.known.now_ms
        try:
            ms = moment_ms(message.text, near)
        except StxError as error:
            self.query_one(FootPane).say(f"{error}: {error.advice}")
            return
        self._follows = False
        self._look(self._go_to(ms))

    # --- saving --------------------------------------------------------------------------------

    async def _save(self, path: str) -> None:
        reader, pane = self._reader, self.pane
        if reader is not None:
            self.query_one(FootPane).say(await save_slice(reader, pane, path))
            self._show()
