"""An act on its way: the steps as the system names them, to its real end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Optional, Tuple

from textual import events, on
from textual.app import ComposeResult

from backend.clean import cells, cut
from backend.deed import Deed
from backend.figure import Jump, Line, Lines, Timeline
from backend.kind import Kind
from backend.render import figure_lines
from backend.tone import Verdict
from stx_tui import keys, theme
from stx_tui.keys import key
from stx_tui.messages import KnownChanged, StationOpened
from stx_tui.panes.detail import find
from stx_tui.panes.figure import FigurePane
from stx_tui.panes.follow import bar, notes_of, share, title_of, verdict_of
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.status import FootPane
from stx_tui.panes.text import safe
from stx_tui.screens import doing
from stx_tui.screens.dialog import TitlePane
from stx_tui.screens.screen import ConsoleScreen


class FollowScreen(ConsoleScreen[None], inherit_bindings=False):
    """One deed, by its number; leaving never stops it, and nothing here ever sends it again."""

    BINDINGS = [
        key("enter", "open", "open", "open the row it is about", footer=True),
        key("l", "logs", "logs", "what the platform wrote of it, from its sending", footer=True),
        key("c", "copy", "copy", "the command that follows it from elsewhere", footer=True),
        key("q,escape", "app.back", "leave it running", "go back; nothing is stopped", footer=True),
        *keys.MOVING,
        *(one for one in keys.WALKING if one.id != keys.BACK.id),
    ]
    CSS = """
    FollowScreen #verdict { height: 3; }
    FollowScreen #body { height: 1fr; }
    """

    def __init__(self, deed_number: str, deed: Optional[Deed] = None) -> None:
        """``deed`` is what is known of it where the record could not be written."""
        super().__init__()
        self.number = deed_number
        self._deed = deed

    @property
    def deed(self) -> Optional[Deed]:
        """The deed as it stands now."""
        for deed in self.console.known.memory.deeds:
            if deed.number == self.number:
                self._deed = deed
        return self._deed

    @property
    def kind(self) -> Optional[Kind[Any]]:
        """The kind of the row it is about."""
        return self.console.rooms.kind(self.deed.kind) if self.deed else None

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield Pane(id="verdict")
        yield FigurePane(has_cursor=False, id="body")
        yield FootPane()

    # --- what is looked at ---------------------------------------------------------------------

    @on(StationOpened)
    def look(self) -> None:
        """Have the row's kind polled while this screen is on top."""
        station, kind = self.console.station, self.kind
        if station is not None and kind is not None and not self._looks:
            self._looks.append(station.watch.look(kind.name))

    def on_screen_resume(self) -> None:
        self.look()
        self.call_after_refresh(self._show)

    def on_screen_suspend(self) -> None:
        self.look_away()

    @on(KnownChanged)
    def show_known(self) -> None:
        """Show how far it is now."""
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        self.query_one("#verdict").styles.height = 3 if event.size.height >= 10 else 1
        self.call_after_refresh(self._show)

    # --- keys ----------------------------------------------------------------------------------

    def action_logs(self) -> None:
        self.query_one(FootPane).say(doing.open_logs_of_deed(self.console, self.deed))

    def action_open(self) -> None:
        deed = self.deed
        if deed is not None:
            self.say(self.console.open(Jump(kind=deed.kind, id=deed.row_id)))

    def action_copy(self) -> None:
        self.say(doing.copy(self.console, f"stx-tui follow {self.number}"))

    # --- painting ------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.is_there:
            return
        deed, station = self.deed, self.console.station
        self.show_keys()
        if deed is None or station is None:
            words = "not connected" if station is None else f"no deed {self.number} is known here"
            self.query_one(TitlePane).show(f"deed {self.number}: {words}", self.console.known.cloud)
            return
        timeline = station.timeline(deed)
        self.query_one(TitlePane).show(title_of(deed, self._words(deed)), self.console.known.cloud)
        self._show_verdict(verdict_of(deed, timeline), timeline)
        body = self.query_one(FigurePane)
        if body.size.width:
            body.show(self._lines(deed, timeline, body.room))

    def _words(self, deed: Deed) -> str:
        action = self.kind.action(deed.action) if self.kind else None
        return action.words if action is not None else deed.action

    def _expected(self, deed: Deed) -> Tuple[str, ...]:
        """Return the alarms that come with it."""
        kind, known = self.kind, self.console.known
        action = kind.action(deed.action) if kind is not None else None
        row = find(known, deed.kind, deed.row_id)[0]
        if action is None or action.expects is None or row is None:
            return ()
        return tuple(alarm.alarm_id for alarm in action.expects(row, known))

    def _lines(self, deed: Deed, timeline: Timeline, room: int) -> List[Line]:
        """Return the steps, and below a rule what else is known of it."""
        bare = replace(timeline, notes=Lines(), failed="")
        # The title and the progress stand above, bigger: from the rule on it is as everywhere.
        drawn = figure_lines(bare, room, timeline.now_ms)
        at = next((n for n, one in enumerate(drawn) if one.rule), -1)
        steps = list(drawn[at + 1 :]) if timeline.steps else []
        said = notes_of(deed, timeline, self._expected(deed))
        notes = figure_lines(said, room, timeline.now_ms)
        return [*steps, Line(rule=True), *notes] if steps else list(notes)

    def _show_verdict(self, verdict: Verdict, timeline: Timeline) -> None:
        pane = self.query_one("#verdict", Pane)
        width = pane.size.width
        if not width:
            return
        word = f"{verdict.word} " if verdict.word else ""
        text = safe(verdict.text)
        drawn = ""
        if not verdict.word:
            drawn = bar(share(timeline), width - cells(text) - 6)
        blank = " " * max(width - 3 - cells(word + text) - cells(drawn), 1)
        first = [
            (" ", theme.PLAIN),
            (word, theme.word(verdict.tone)),
            (text, theme.BOLD),
            (blank + drawn, theme.PLAIN),
        ]
        rows = [line(*first, width=width)]
        rows.append(line((" " + cut(safe(verdict.more), width - 2), theme.PLAIN), width=width))
        rows.append(line((theme.RULE * max(width - 2, 0), theme.PLAIN), width=width))
        pane.put(rows[: pane.size.height])
