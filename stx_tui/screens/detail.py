"""One row of any kind: what it is, page by page, as long as it is there and after."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from rich.style import Style
from textual import events, on
from textual.app import ComposeResult

from backend.called import called
from backend.clean import cells
from backend.deed import Deed
from backend.errors import StxError
from backend.figure import Line
from backend.kind import Kind
from backend.known import Key, Reading
from backend.tone import Verdict
from backend.units import clock, span
from stx_tui import keys, theme
from stx_tui.keys import key
from stx_tui.messages import KnownChanged, PlaceNamed, PromptLeft, StationOpened
from stx_tui.panes.detail import (
    Page,
    find,
    history,
    letters,
    pages_of,
    related,
    verdict_of,
)
from stx_tui.panes.figure import FigurePane
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.prompt import PromptPane, split_place
from stx_tui.panes.status import FootPane, verdict_rows
from stx_tui.panes.strip import height_of
from stx_tui.panes.text import safe
from stx_tui.screens import doing
from stx_tui.screens.dialog import TitlePane
from stx_tui.screens.screen import ConsoleScreen

if TYPE_CHECKING:
    from backend.store.glance import Changed


# Rows this many of their kind's own periods old are late.
LATE_PERIODS = 3


class DetailScreen(ConsoleScreen[None], inherit_bindings=False):
    """A row by its id; it stays on its row, and says so when that is gone."""

    BINDINGS = [
        key("enter", "open", "go there", "go where the line points", footer=True),
        key("a", "acts", "act", "what can be done with it, what can't, and why", footer=True),
        key("l", "logs", "logs", "the logs that tell of it, at its moment", footer=True),
        key("w", "why_not", "why not", "what would refuse each action, and why", footer=True),
        key("y", "whole", "yaml", "the object whole, as YAML; there it is edited"),
        key("D", "compare", "twin", "what differs from its twin, over all its children"),
        key("c", "copy", "copy command", "the command that shows this row", footer=True),
        key("tab", "turn(1)", "next page", "to the next page", name="next-page"),
        key("shift+tab", "turn(-1)", "page before", "to the page before", name="page-before"),
        key("r", "ask_again", "ask again", "read it again now"),
        *keys.MOVING,
        *keys.WALKING,
    ]
    CSS = """
    DetailScreen #tabs { height: 1; }
    DetailScreen #verdict { height: 2; }
    DetailScreen #figure { height: 1fr; }
    DetailScreen #prompt { height: 1; }
    """

    def __init__(self, kind: Kind[Any], row_id: str, page: str = "") -> None:
        """``page`` is the letter of the page to begin with."""
        super().__init__()
        self.kind = kind
        self.row_id = row_id
        self.pages: Tuple[Page, ...] = ()
        self.page: Optional[Page] = None
        self._begin, self._child = page, ""
        self._row: Optional[Any] = None
        self._gone_ms: Optional[int] = None
        self._changes: Tuple[Changed, ...] = ()
        self._deeds: Tuple[Deed, ...] = ()
        self._asked_at = -1
        self._looks_at: Tuple[Key, ...] = ()

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield Pane(id="tabs")
        yield Pane(id="verdict")
        yield FigurePane(id="figure")
        yield FootPane()
        yield PromptPane()

    def on_mount(self) -> None:
        self.pages = pages_of(self.kind, self.console.rooms.kinds)
        self.page = letters(self.pages).get(self._begin, self.pages[0])

    # --- what is looked at ---------------------------------------------------------------------

    @on(StationOpened)
    def look(self) -> None:
        """Have polled what this page shows, while it is on top."""
        station, page = self.console.station, self.page
        if station is None or page is None or self._looks:
            return
        self._looks_at = self._wanted(page)
        self._looks += [station.watch.look(name, of) for name, of in self._looks_at]

    def _wanted(self, page: Page) -> Tuple[Key, ...]:
        row, reading = find(self.known, self.kind.name, self.row_id)
        there = {kind.name for kind in self.console.rooms.kinds}
        more = page.looks_at(row, self.row_id, self.known, there)
        return tuple(dict.fromkeys([(self.kind.name, reading.parent), *more]))

    def on_screen_resume(self) -> None:
        self.look()
        self.call_after_refresh(self._show)

    def on_screen_suspend(self) -> None:
        self.look_away()

    @on(KnownChanged)
    def show_known(self) -> None:
        """Show what is known now; which other rows the page looks at may be known only now."""
        if self._looks and self.page is not None and self._wanted(self.page) != self._looks_at:
            self.look_away()
            self.look()
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        height = event.size.height
        self.query_one("#tabs").display = height >= 6
        self.query_one("#verdict").styles.height = 2 if height >= 10 else 1
        self.call_after_refresh(self._show)

    # --- keys ----------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """A letter that is a page's turns to it."""
        page = letters(self.pages).get(event.character or "")
        if page is not None:
            event.stop()
            event.prevent_default()
            self._turn_to(page)

    def action_turn(self, step: int) -> None:
        if self.page is not None:
            at = self.pages.index(self.page)
            self._turn_to(self.pages[(at + step) % len(self.pages)])

    def action_open(self) -> None:
        jump = self.query_one(FigurePane).jump
        self.say(self.console.open(jump) if jump is not None else "this line points nowhere")

    def action_logs(self) -> None:
        self.say(doing.open_logs(self.console, self.kind, self._row))

    def action_whole(self) -> None:
        self.say(doing.open_whole(self.console, self.kind, self.row_id))

    def action_acts(self) -> None:
        page, jump = self.page, self.query_one(FigurePane).jump
        if page is not None and page.of and page.kind is not None and page.kind.actions:
            # The page is about its children: what can be done with the one under the cursor.
            ids = (jump.id,) if jump is not None and jump.kind == page.kind.name else ()
            self.say(doing.offer_acts(self.console, page.kind, ids, self.row_id))
        else:
            self.say(doing.offer_acts(self.console, self.kind, (self.row_id,)))

    def action_why_not(self) -> None:
        self.say(doing.why_not(self.console, self.kind, self.row_id))

    def action_compare(self) -> None:
        row = self._row
        self.say(doing.compare(self.console, self.kind, row) if row is not None else "it is gone")

    def action_copy(self) -> None:
        name = safe(self.kind.name_of(self._row)) if self._row is not None else self.row_id
        self.say(
            doing.copy(self.console, shlex.join(["stx-tui", "show", self.kind.singular, name]))
        )

    def action_ask_again(self) -> None:
        page = self.page
        if page is not None and page.of and page.kind is not None:
            # The page is about its children: those are what is asked for.
            self.say(doing.ask_again(self.console, page.kind, self.row_id))
            return
        _row, reading = find(self.known, self.kind.name, self.row_id)
        for name, of in self._looks_at:
            looked_at = self.console.rooms.kind(name)
            if of and looked_at is not None:  # as a host's page looks at its own baseboard
                doing.ask_again(self.console, looked_at, of)
        over = self.row_id
        if self.kind.parent is not None and self._row is not None:
            over = self._row.parent_id(self.known)
        self.say(doing.ask_again(self.console, self.kind, reading.parent, over))

    def action_move(self, step: int) -> None:
        self.say("")
        self.query_one(FigurePane).move(step)
        self._show_page()

    def action_page(self, step: int) -> None:
        self.query_one(FigurePane).move_page(step)
        self._show_page()

    def action_goto(self) -> None:
        self.say("")
        self.query_one(FootPane).display = False
        self.query_one(PromptPane).open(":", "", self.console.rooms.named)

    @on(PlaceNamed)
    def go_there(self, message: PlaceNamed) -> None:
        """Go to the kind that was named, or say that there is none."""
        self.leave_prompt()
        self.say(self.console.go(*split_place(message.text)))

    @on(PromptLeft)
    def leave_prompt(self) -> None:
        """Go on as before."""
        self.query_one(PromptPane).close()
        self.query_one(FootPane).display = True

    # --- showing -------------------------------------------------------------------------------

    def _turn_to(self, page: Page) -> None:
        self.page = page
        self._asked_at = -1
        self.look_away()
        self.look()
        self.query_one(FigurePane).to_top()
        self.say("")
        self._show()

    def _show(self) -> None:
        if not self.is_there or self.page is None:
            return
        row, reading = find(self.known, self.kind.name, self.row_id)
        if row is not None:
            self._row, self._gone_ms = row, None
        elif self._row is not None and self._gone_ms is None and reading.error is None:
            self._gone_ms = reading.at_ms
        self._show_head(reading)
        self._show_page()
        self.show_keys()

    def _show_head(self, reading: Reading[Any]) -> None:
        known, row = self.known, self._row
        name = called(self.kind, row, known) if row is not None else self.row_id
        age_ms = known.now_ms - reading.at_ms
        # An age is said where it tells something: each second of it would cost bytes.
        live = "live" if age_ms < LATE_PERIODS * 1000 * self.kind.every_s else f"AGE {span(age_ms)}"
        if not reading.was_read:
            live = "not read yet"
        elif reading.error is not None:
            live = f"AGE {span(age_ms)}"
        title = f"{known.cloud} > {self.kind.name} > {name}"
        self.query_one(TitlePane).show(title, f"{live} {clock(known.now_ms)}")
        self._show_tabs()
        pane = self.query_one("#verdict", Pane)
        if pane.size.width:
            width = pane.size.width
            first, more = verdict_rows(self._verdict(reading), width)
            if not "".join(segment.text for segment in more).strip():
                more = line((theme.RULE * (width - 2), theme.PLAIN), width=width)
            pane.put([first, more][: pane.size.height])

    def _verdict(self, reading: Reading[Any]) -> Verdict:
        """Return the sentence of the row; above all, whether it is there at all."""
        gone, known = "", self.known
        if self._gone_ms is not None:
            since = clock(self._gone_ms, seconds=True)
            gone = f"not in any answer since {since} ({span(known.now_ms - self._gone_ms)})"
        return verdict_of(self.kind, self._row, self.row_id, reading, known, gone)

    def _show_tabs(self) -> None:
        pane = self.query_one("#tabs", Pane)
        width = pane.size.width
        if not width:
            return
        here = self.pages.index(self.page) if self.page in self.pages else 0
        words = [f"{page.key} {page.title}".strip() for page in self.pages]
        first = 0
        # The page one is on is always in sight.
        while first < here and sum(cells(w) + 2 for w in words[first : here + 1]) > width - 2:
            first += 1
        parts: List[Tuple[str, Style]] = [(" " if not first else "<", theme.PLAIN)]
        used = 1
        for at in range(first, len(words)):
            wanted = cells(words[at]) + (3 if at + 1 < len(words) else 0)
            if used + wanted > width and at > here:
                parts.append((">".rjust(width - used), theme.PLAIN))
                break
            style = theme.HERE if at == here else theme.PLAIN
            parts += [(words[at], style), ("  ", theme.PLAIN)]
            used += cells(words[at]) + 2
        pane.put([line(*parts, width=width)])

    def _show_page(self) -> None:
        body, page, known = self.query_one(FigurePane), self.page, self.known
        if not body.size.width or page is None:
            return
        if self._row is None:
            body.show(())
        elif page.kind is not None:
            lines = related(page, self._row, self.row_id, known, body.room)
            body.show(self._below(page, lines))
        elif page.figure is not None:
            body.draw(page.figure(self._row, known), known.now_ms)
        else:
            self._ask_history()
            # What goes on now stands in memory; the record has what went before.
            deeds = {deed.number: deed for deed in (*self._deeds, *known.memory.deeds)}
            mine = [
                d for d in deeds.values() if (d.kind, d.row_id) == (self.kind.name, self.row_id)
            ]
            body.draw(history(mine, self._changes, known.now_ms), known.now_ms)

    def _below(self, page: Page, lines: Tuple[Line, ...]) -> Tuple[Line, ...]:
        """Return ``lines`` with what is said of the child the cursor was last on."""
        body, kind = self.query_one(FigurePane), page.kind
        children = [one.jump.id for one in lines if one.jump is not None]
        if not page.of or kind is None or kind.strip is None or not children:
            return lines
        if body.jump is not None:
            self._child = body.jump.id
        child = self._child if self._child in children else children[0]
        row = self.known.reading(kind.name, self.row_id).by_id.get(child)
        said = kind.strip(row, self.known).lines if row is not None else ()
        if not said or len(lines) + 1 + height_of(said, body.room) > body.size.height:
            return lines
        return (*lines, Line(rule=True), *(replace(one, jump=None) for one in said))

    # --- the record ----------------------------------------------------------------------------

    def _ask_history(self) -> None:
        """Ask the record for the row's changes, once and again after each reading of its kind."""
        station = self.console.station
        _row, reading = find(self.known, self.kind.name, self.row_id)
        if station is None or self._asked_at == reading.at_ms:
            return
        self._asked_at = reading.at_ms
        self.run_worker(self._read_history(), name="history", group="history", exclusive=True)

    async def _read_history(self) -> None:
        station = self.console.station
        assert station is not None
        try:
            changes = await station.store.changes(
                station.key, kind=self.kind.name, row_id=self.row_id
            )
            deeds = await station.store.deeds(station.key, row_id=self.row_id)
        except StxError as error:
            self.say(str(error))
            return
        self._changes, self._deeds = changes, deeds
        self._show()
