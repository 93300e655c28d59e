"""A kind, listed: any kind."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any, Dict, Tuple

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container

from backend.figure import Jump, Line
from backend.kind import Action, Kind
from backend.known import Known, Reading
from backend.tone import Tone, Verdict
from stx_tui import keys
from stx_tui.kept import Kept
from stx_tui.keys import key
from stx_tui.messages import (
    FilterTyped,
    KnownChanged,
    PlaceNamed,
    PromptLeft,
    RowChosen,
    StationOpened,
)
from stx_tui.panes.late import as_it_was
from stx_tui.panes.prompt import PromptPane, split_place
from stx_tui.panes.status import FootPane, StatusPane, row_2
from stx_tui.panes.strip import StripPane, head_of, height_of, said_of
from stx_tui.panes.summary import SummaryPane
from stx_tui.panes.summary import height_of as rows_of_summary
from stx_tui.panes.table import TablePane
from stx_tui.panes.text import safe
from stx_tui.screens import doing
from stx_tui.screens.screen import ConsoleScreen
from stx_tui.screens.shape import (
    STRIP_LEAST,
    STRIP_MOST,
    STRIP_WIDTH,
    STRIP_WIDTH_LEAST,
    TABLE_LEAST,
    Shape,
    Sizes,
    Wants,
    arrange,
    shape,
    small,
    strip_most,
    table_least,
)
from stx_tui.terminal import key_room, status


class ListingScreen(ConsoleScreen[None], inherit_bindings=False):
    """The rows of a kind (under one parent where there is one), and what is to be said of one."""

    BINDINGS = [
        key("enter", "open", "open", "open the row, or go where it points", footer=True),
        key("a", "acts", "act", "what can be done with it, what can't, and why", footer=True),
        key("slash", "filter", "filter", "show only rows with a text in them", footer=True),
        key("escape", "all", "all", "show all rows again after a filter"),
        key("n", "next_bad", "next bad", "to the next row that is not well", footer=True),
        key("w", "why_not", "why not", "what would refuse each action on the row, and why"),
        key("c", "copy", "copy command", "the command that shows this row", footer=True),
        key("l", "logs", "logs", "the logs that tell of it, at its moment"),
        key("y", "whole", "yaml", "the object whole, as YAML; there it is edited"),
        key("v", "details", "details", "open the row itself where Enter goes elsewhere"),
        key("space", "pick", "pick", "pick rows, to act on several"),
        key("asterisk", "pick('all')", "pick all", "pick all rows that are shown", name="pick-all"),
        key("b", "baseline", "baseline", "from now on, what comes is new"),
        key("r", "ask_again", "ask again", "read it again now"),
        key("greater_than_sign", "sort(1)", "sort", "sort by the next column", name="sort"),
        key("less_than_sign", "sort(-1)", "sort", "sort by the column before", name="sort-back"),
        *keys.MOVING,
        *keys.WALKING,
    ]

    def __init__(self, kind: Kind[Any], *, parent: str = "", row_id: str = "") -> None:
        super().__init__()
        self.kind = kind
        self.of = parent
        self._row_id = row_id
        self._summary_lines = 0
        self._wants = Wants()
        self._seen: Dict[str, str] = {}
        self._verdict = Kept(self._well)
        self._summary = Kept(self._whole)

    def compose(self) -> ComposeResult:
        yield StatusPane(lambda: self.console.rooms, self.console.heard)
        yield SummaryPane()
        with Container(id="body"):
            yield TablePane(self.kind, cursor_id=self._row_id)
            yield StripPane()
        yield FootPane()
        yield PromptPane()

    def on_mount(self) -> None:
        self._arrange()

    # --- what is looked at ---------------------------------------------------------------------

    @on(StationOpened)
    def look(self) -> None:
        """Have the kind polled while this screen is on top."""
        station = self.console.station
        if station is not None and not self._looks:
            self._looks.append(station.watch.look(self.kind.name, self.of))

    def list(self, kind: Kind[Any]) -> None:
        """List another kind in place of this one, the cursor where it was when last seen here."""
        self._seen[self.kind.name] = self.table.cursor_id
        self.look_away()
        self.kind, self.of = kind, ""
        self._wants = Wants(least=self._wants.least)
        self._verdict, self._summary = Kept(self._well), Kept(self._whole)
        self.table.list(kind, self._seen.get(kind.name, ""))
        self.say("")
        self.look()
        if self._arrange():
            self.call_after_refresh(self._show)
        self._show()

    def give_back(self) -> None:
        """Give the table the rows that the strip took for one that had more to say."""
        self._wants = replace(self._wants, strip=0)
        if self._arrange():
            self.call_after_refresh(self._show)

    def on_screen_suspend(self) -> None:
        self.look_away()

    def on_screen_resume(self) -> None:
        self.look()
        self.call_after_refresh(self._show)

    # --- showing -------------------------------------------------------------------------------

    @on(KnownChanged)
    def show_known(self) -> None:
        """Show what is known now."""
        self._show()

    def on_resize(self) -> None:
        self._arrange()
        self.call_after_refresh(self._show)

    @on(RowChosen)
    def show_row(self) -> None:
        """Explain the row under the cursor."""
        self.say("")
        self._show_strip()

    @property
    def reading(self) -> Reading[Any]:
        """The last reading of this kind."""
        return self.known.reading(self.kind.name, self.of)

    @property
    def table(self) -> TablePane:
        """The rows."""
        return self.query_one(TablePane)

    def _show(self) -> None:
        if not self.is_there:
            return
        self.table.show(self.reading, self.known)
        self._show_status()
        is_whole = self._show_summary() and self._show_strip()
        self.show_keys(small(*self.size))
        if is_whole:
            self.console.shown()

    def _show_status(self) -> None:
        rooms = self.console.rooms
        verdict = as_it_was(self._verdict.of(self.known), self.reading, self.known.now_ms)
        area = rooms.area_of(self.kind)
        self.query_one(StatusPane).show(
            self.known,
            rooms.looked_at(self.kind, self.of),
            self.console.trouble or verdict,
            lambda width: row_2(rooms.areas, area, width, status(self.app)),
        )

    def _well(self, known: Known) -> Verdict:
        """Return the kind's own verdict, else that of its area, else how many there are."""
        if self.kind.verdict is not None:
            return self.kind.verdict(known)
        area = self.console.rooms.area_of(self.kind)
        if area is not None:
            return area.headline(known)
        return Verdict(word="", text=f"{len(self.reading.rows)} {self.kind.name}", tone=Tone.PLAIN)

    def _whole(self, known: Known) -> Tuple[Line, ...]:
        return () if self.kind.summary is None else self.kind.summary(known).lines

    def _show_summary(self) -> bool:
        """Return whether it has the rows it takes; else all is shown anew when it has."""
        lines, pane = self._summary.of(self.known), self.query_one(SummaryPane)
        before = (self._summary_lines, self._wants)
        self._summary_lines = len(lines)
        self._wants = replace(self._wants, least=self._least())
        if before != (self._summary_lines, self._wants) and self._arrange():
            self.call_after_refresh(self._show)
            return False
        if pane.display:
            pane.show(lines, self.size.width)
        return True

    def _show_strip(self) -> bool:
        """Return whether it has the rows it takes; else all is shown anew when it has."""
        table, strip = self.table, self.query_one(StripPane)
        entry = table.entry
        row = entry.row if entry is not None else None
        beside = self._shape.beside
        said = said_of(self.kind, row, self.known, seen=table.seen, apart=beside > 0)
        lines = said.lines if beside >= STRIP_WIDTH else said.brief.lines
        wants = self._wants.told(
            1 + height_of(lines, strip.size.width or self.size.width),
            table.taken(self.size.width - STRIP_WIDTH_LEAST),
            has_more=len(said.lines) > len(said.brief.lines),
        )
        if wants != self._wants:
            self._wants = wants
            if self._arrange():
                self.call_after_refresh(self._show)
                return False
        strip.show(head_of(self.kind, table), lines, is_brief=self._strip_most < STRIP_MOST)
        return True

    @property
    def _strip_most(self) -> int:
        """Rows the strip may have: on a slow line, what a key has time for."""
        return strip_most(self.size.width, key_room(self.app))

    @property
    def _shape(self) -> Shape:
        return shape(
            *self.size,
            max(self._wants.strip, STRIP_LEAST),
            most=self._strip_most,
            summary=self._summary_rows(),
            table=self._wants.table,
            least=self._wants.least,
        )

    def _arrange(self) -> bool:
        """Give each part its rows; return whether that changed anything."""
        summary, now = self._summary_rows(), self._shape
        wanted: Sizes = {
            "#status": (None, now.status),
            "#summary": (None, summary),
            "#strip": (now.beside or None, None if now.beside else now.strip),
            "#foot": (None, now.foot),
            "#prompt": (None, 1),
        }
        changed = arrange(self, "#body", wanted, is_beside=bool(now.beside))
        prompt = self.query_one(PromptPane)
        self.query_one(SummaryPane).display = summary > 0
        self.query_one(FootPane).display = now.foot > 0 and not prompt.display
        self.query_one(StripPane).display = bool(now.strip or now.beside)
        return changed

    def _least(self) -> int:
        # Of a long list there is nothing to reckon.
        rows = self.reading.rows[:TABLE_LEAST]
        taken = [1 + len(self.kind.look(row, self.known).notes) for row in rows]
        return table_least(taken, self._summary_lines)

    def _summary_rows(self) -> int:
        """Return how many rows the summary gets: the status above it is there in any case."""
        lines = self._summary.of(self.known)
        status = shape(self.size.width, self.size.height, 0).status
        return rows_of_summary(lines, self.size.height, status)

    # --- the prompt ----------------------------------------------------------------------------

    def action_goto(self) -> None:
        self._ask(":", complete=self.console.rooms.named)

    def action_filter(self) -> None:
        table = self.table
        table.search(table.rows.needle)
        self._ask("/", table.rows.needle)

    def _ask(self, sign: str, text: str = "", complete: Any = lambda _text: ()) -> None:
        self.say("")
        self.query_one(FootPane).display = False
        self.query_one(PromptPane).open(sign, text, complete)

    def _asked(self) -> None:
        self.query_one(PromptPane).close()
        self._arrange()

    @on(FilterTyped)
    def filter_rows(self, message: FilterTyped) -> None:
        """Show the rows that have what was typed."""
        if message.done:
            self._asked()
        self.table.search(message.text)
        self._show_strip()

    @on(PlaceNamed)
    def go_there(self, message: PlaceNamed) -> None:
        """Go to the kind that was named, or say that there is none."""
        self._asked()
        kind, row = split_place(message.text)
        words = self.console.go(kind, row)
        self.say(words)

    @on(PromptLeft)
    def leave_prompt(self) -> None:
        """Go on as before."""
        self._asked()

    # --- keys ----------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """A key that is none of the console's may be the kind's own."""
        if event.key in self.active_bindings and event.key not in keys.YIELDING:
            return
        action = next((a for a in self.kind.actions if a.key == event.character), None)
        if action is not None:
            event.stop()
            event.prevent_default()
            rows = self._rows_of(action)
            if rows or action.on_kind:
                self.say(self.console.act(self.kind, action, rows))

    def _rows_of(self, action: Action[Any]) -> Tuple[str, ...]:
        """Return what a key of the kind's own is meant for: these rows, or the one they are of."""
        if not action.on_parent:
            return () if action.on_kind else self.table.chosen
        entry = self.table.entry
        over = self.of or (entry.row.parent_id(self.known) if entry is not None else "")
        return (over,) if over else ()

    def action_move(self, step: int) -> None:
        self.table.move(step)

    def action_page(self, step: int) -> None:
        self.table.move_page(step)

    def action_next_bad(self) -> None:
        if not self.table.move_to_bad():
            self.say(f"no {self.kind.singular} is unwell")

    def action_all(self) -> None:
        self.say("")
        if self.table.rows.needle:
            self.table.search("")
            self._show_strip()

    def action_pick(self, which: str = "one") -> None:
        self.table.pick() if which == "one" else self.table.pick_all()
        self._show_strip()

    def action_sort(self, step: int) -> None:
        heading = self.table.sort(step)
        self.say(f"sorted by {heading}" if heading else "sorted as usual")

    def action_open(self) -> None:
        entry = self.table.entry
        if entry is None:
            return
        jump = self.kind.jump(entry.row, self.known) if self.kind.jump is not None else None
        if jump is None:
            jump = Jump(kind=self.kind.name, id=entry.id)
        self.say(self.console.open(jump))

    def action_details(self) -> None:
        if self.table.entry is not None:
            self.say(self.console.open(Jump(kind=self.kind.name, id=self.table.cursor_id)))

    def action_logs(self) -> None:
        entry = self.table.entry
        self.say(doing.open_logs(self.console, self.kind, entry.row if entry else None))

    def action_whole(self) -> None:
        self.say(doing.open_whole(self.console, self.kind, self.table.cursor_id))

    def action_acts(self) -> None:
        self.say(self.console.offer_acts(self.kind, self.table.chosen, self.of))

    def action_why_not(self) -> None:
        if self.table.entry is not None:
            self.say(doing.why_not(self.console, self.kind, self.table.cursor_id))

    def action_copy(self) -> None:
        entry = self.table.entry
        words = ["get", self.kind.name]
        if entry is not None:
            words = ["show", self.kind.singular, safe(self.kind.name_of(entry.row))]
        self.say(self.console.copy(shlex.join(["stx-tui", *words])))

    def action_ask_again(self) -> None:
        self.say(self.console.ask_again(self.kind, self.of))

    def action_baseline(self) -> None:
        self.say(doing.set_baseline(self.console))
