"""What changed, and who did what, since the last visit or another time."""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.app import ComposeResult

from backend.errors import StxError
from backend.figure import Jump
from backend.tone import Tone, Verdict
from backend.units import day
from stx_tui import keys, theme
from stx_tui.keys import key
from stx_tui.messages import KnownChanged, RowChosen, StationOpened
from stx_tui.panes.history import folded, history_kind, reading_of, verdict
from stx_tui.panes.pane import line
from stx_tui.panes.past import MOST, Past, read_past, since
from stx_tui.panes.status import FootPane, StatusPane
from stx_tui.panes.strip import StripPane, said_of
from stx_tui.panes.table import TablePane
from stx_tui.screens import doing
from stx_tui.screens.screen import ConsoleScreen
from stx_tui.screens.shape import shape

STRIP = 5


class HistoryScreen(ConsoleScreen[None], inherit_bindings=False):
    """One row for what came of each thing, then the deeds; Enter goes there."""

    BINDINGS = [
        key("enter", "open", "go there", "to the row that changed, or the deed", footer=True),
        key("s", "span", "other span", "since the last visit, a day, a week, ever", footer=True),
        key("n", "next_bad", "next bad", "to the next that is not well now", footer=True),
        key("l", "logs", "logs", "the logs that tell of it, at its moment", footer=True),
        key("r", "ask_again", "read again", "read the record again", footer=True),
        *keys.MOVING,
        keys.HELP,
        keys.BACK,
        key("escape", "app.back", "back", "go back", name="leave"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._span = 0
        self._past = Past()
        self._trouble = ""

    def compose(self) -> ComposeResult:
        yield StatusPane(lambda: self.console.rooms, self.console.heard)
        yield TablePane(history_kind(self.console.rooms))
        yield StripPane()
        yield FootPane()

    def on_mount(self) -> None:
        self._arrange()
        self.query_one(TablePane).empty = "nothing changed, and nobody did anything"
        self.action_ask_again()

    def on_resize(self) -> None:
        self._arrange()
        self.call_after_refresh(self._show)

    @on(StationOpened)
    @on(KnownChanged)
    def show_known(self) -> None:
        """Say of each row how it is now."""
        self._show()

    @on(RowChosen)
    def show_row(self) -> None:
        """Say all of the row under the cursor."""
        self._show_strip()

    # --- reading -------------------------------------------------------------------------------

    def action_ask_again(self) -> None:
        self.run_worker(self._read(), name="history", exclusive=True)

    def action_span(self) -> None:
        self._span += 1
        self.action_ask_again()

    async def _read(self) -> None:
        station = self.console.station
        if station is None:
            self._trouble = "the record is not open yet"
        else:
            since_ms, _words = since(self.console.known, self._span)
            try:
                self._past = await read_past(station, self.console.rooms, since_ms)
                self._trouble = ""
            except StxError as error:
                self._trouble = str(error)
        self._show()

    # --- showing -------------------------------------------------------------------------------

    def _arrange(self) -> None:
        width, height = self.size
        now = shape(min(width, 119), height, STRIP)
        for selector, rows in (("#status", now.status), ("#strip", now.strip), ("#foot", now.foot)):
            self.query_one(selector).styles.height = rows
        self.query_one(StripPane).display = now.strip > 0
        self.query_one(FootPane).display = now.foot > 0

    def _show(self) -> None:
        if not self.is_there:
            return
        known = self.console.known
        self.query_one(TablePane).show(
            reading_of(folded(self._past.rows, known, self.console.rooms), known.now_ms), known
        )
        self._show_status()
        self._show_strip()
        self.show_keys()

    def _show_status(self) -> None:
        known, rooms = self.console.known, self.console.rooms
        said = verdict(self._past.rows, known, rooms)
        if self._trouble:
            said = Verdict(word="CANNOT", text=self._trouble, tone=Tone.BAD)
        elif self._past.is_cut:
            said = replace(said, more=f"only the last {MOST} changes are shown")
        title = f" WHAT CHANGED   since {since(known, self._span)[1]}  ->  now {day(known.now_ms)}"
        self.query_one(StatusPane).show(
            known,
            tuple((name, "") for name in rooms.banner_needs),
            said,
            lambda width: line((title, theme.BOLD), width=width),
        )

    def _show_strip(self) -> None:
        table, known = self.query_one(TablePane), self.console.known
        entry = table.entry
        lines = said_of(table.kind, entry.row, known).brief.lines if entry is not None else ()
        count = f"{len(table.rows.shown)} of {len(table.rows)}"
        self.query_one(StripPane).show((count, ""), lines)

    # --- keys ----------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        self.query_one(TablePane).move(step)

    def action_page(self, step: int) -> None:
        self.query_one(TablePane).move_page(step)

    def action_next_bad(self) -> None:
        if not self.query_one(TablePane).move_to_bad():
            self.query_one(FootPane).say("all of them are well now")

    def action_logs(self) -> None:
        entry = self.query_one(TablePane).entry
        row = entry.row if entry is not None else None
        console, foot = self.console, self.query_one(FootPane)
        if row is not None and row.deed:
            deeds = {deed.number: deed for deed in (*self._past.deeds, *console.known.memory.deeds)}
            foot.say(doing.open_logs_of_deed(console, deeds.get(row.deed)))
            return
        kind = console.rooms.kind(row.kind) if row is not None else None
        thing = console.known.row(row.kind, row.row_id) if row is not None else None
        foot.say(doing.open_logs(console, kind, thing, row.at_ms if row is not None else None))

    def action_open(self) -> None:
        entry = self.query_one(TablePane).entry
        row = entry.row if entry is not None else None
        if row is None:
            return
        if row.deed:
            from stx_tui.screens.follow import FollowScreen

            self.app.push_screen(FollowScreen(row.deed))
        elif row.row_id:
            self.query_one(FootPane).say(self.console.open(Jump(kind=row.kind, id=row.row_id)))
        else:
            self.query_one(FootPane).say(self.console.open(Jump(kind=row.kind)))
