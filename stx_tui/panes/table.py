"""A kind's rows as a table that formats only the lines one sees, with the cursor on a row's id."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Set, Tuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.timer import Timer

from backend.called import none_of
from backend.clean import cells, cut, pad, shorten
from backend.kind import Kind
from backend.known import Known, Reading
from backend.tone import Look, Tone
from stx_tui import theme
from stx_tui.messages import RowChosen
from stx_tui.panes.columns import Fit, Fitted, fit
from stx_tui.panes.late import unread
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.rows import Entry, Rows
from stx_tui.panes.text import safe
from stx_tui.terminal import key_room

# Cells before the first column: cursor, mark, picked, blank.
LEAD = 4
NOTE_INDENT = 6
# Screen widths that a key's room must have for the bar of the cursor to go over the whole row.
BAR_ROOM = 12
# Cells that a shorter bar has at least.
BAR_LEAST = 10
# Rows measured for the width of columns when a kind is shown first.
MEASURED = 100
# How long the loop is held at once by work on rows one does not see, and the pause after it.
WORK_S, REST_S = 0.004, 0.006

Parts = List[Tuple[str, Style]]


class TablePane(Pane):
    """The heading and the rows; ``show`` touches only what differs."""

    def __init__(self, kind: Kind[Any], *, cursor_id: str = "") -> None:
        super().__init__(id="table")
        self._worker: Optional[Timer] = None
        self.list(kind, cursor_id)

    # --- verbs ---------------------------------------------------------------------------------

    def list(self, kind: Kind[Any], cursor_id: str = "") -> None:
        """List a kind from now on: nothing of the one before stays."""
        self.kind = kind
        # What is said where there are no rows, other than that.
        self.empty = ""
        self.rows = Rows(kind)
        self.picked: Set[str] = set()
        self.cursor_id = cursor_id
        self._cursor = 0
        self._top = 0
        self._longest: List[int] = [0] * len(kind.columns)
        self._fit: Optional[Fit] = None
        self._reading: Reading[Any] = Reading(kind=kind.name)
        self._looks: Dict[str, Look] = {}

    def show(self, reading: Reading[Any], known: Known) -> None:
        """Show a reading as it is known now; the cursor stays on its row's id."""
        first = not self.rows.known
        self._reading = reading
        moved = self.rows.show(reading, known)
        if first:
            self._measure(self.rows.shown[:MEASURED])
        if self.picked and (moved or first):
            self.picked &= reading.by_id.keys()
        self._go_on()

    def search(self, needle: str) -> None:
        """Show only rows with ``needle`` in them."""
        self.rows.search(needle)
        self._go_on()

    def sort(self, step: int) -> str:
        """Sort by the next (1) or the one before (-1) of the columns shown; return its heading."""
        choices: List[Tuple[Optional[int], bool]] = [(None, False)]
        for fitted in self._fit.columns if self._fit else ():
            choices += [(fitted.index, False), (fitted.index, True)]
        now = (self.rows.column, self.rows.down)
        at = choices.index(now) if now in choices else 0
        column, down = choices[(at + step) % len(choices)]
        self.rows.sort(column, down=down)
        self._find_cursor()
        self._repaint()
        if column is None:
            return ""
        return f"{self.kind.columns[column].heading} {'downwards' if down else 'upwards'}"

    def move(self, step: int) -> None:
        """Move the cursor by so many rows, as far as there are any."""
        self._stand_at(self._cursor + step)

    def move_page(self, step: int) -> None:
        """Move the cursor by so many screenfuls."""
        self.move(step * max(self._body - 1, 1))

    def move_to_bad(self) -> bool:
        """Move to the next row that is not well, from the top after the last; False: none is."""
        shown = self.rows.shown
        for step in range(1, len(shown) + 1):
            at = (self._cursor + step) % len(shown)
            if self.rows.is_bad(shown[at]):
                self._stand_at(at)
                return True
        return False

    def move_to(self, row_id: str) -> None:
        """Put the cursor on a row, now or as soon as it is there."""
        self.cursor_id = row_id
        self._find_cursor()
        self._repaint()

    def pick(self) -> None:
        """Pick the row under the cursor for an act on several, or let it go; one row down."""
        if self.cursor_id:
            self.picked ^= {self.cursor_id}
            if self._cursor + 1 < len(self.rows.shown):
                self.move(1)
            else:
                self._repaint()

    def pick_all(self) -> None:
        """Pick all rows that the filter lets through, or let them go where all of them are."""
        shown = {entry.id for entry in self.rows.shown}
        self.picked = self.picked - shown if shown <= self.picked else self.picked | shown
        self._repaint()

    @property
    def chosen(self) -> Tuple[str, ...]:
        """The rows an act is asked for: those picked, else the one under the cursor."""
        picked = tuple(entry.id for entry in self.rows.shown if entry.id in self.picked)
        return picked or ((self.cursor_id,) if self.entry else ())

    @property
    def entry(self) -> Optional[Entry]:
        """The entry under the cursor."""
        shown = self.rows.shown
        if self._cursor < len(shown) and shown[self._cursor].id == self.cursor_id:
            return shown[self._cursor]
        return None

    @property
    def place(self) -> Tuple[int, bool]:
        """Which of the rows shown the cursor is on, from 1, and whether all fit on the screen."""
        return self._cursor + 1, len(self.rows.shown) <= self._body and not self._top

    # --- events --------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self._fit = None
        self._repaint()

    def on_unmount(self) -> None:
        if self._worker is not None:
            self._worker.stop()

    # --- the cursor ----------------------------------------------------------------------------

    @property
    def _body(self) -> int:
        """Lines below the heading."""
        return max(self.size.height - self._heads, 1)

    @property
    def _heads(self) -> int:
        return 1 if self.size.height > 2 else 0

    def _stand_at(self, at: int) -> None:
        shown = self.rows.shown
        self._cursor = max(0, min(at, len(shown) - 1))
        self._choose(shown[self._cursor].id if shown else "")
        self._repaint()

    def _find_cursor(self) -> None:
        """Put the cursor back on its row; where that is gone, on the one in its place."""
        shown = self.rows.shown
        if self._cursor < len(shown) and shown[self._cursor].id == self.cursor_id:
            return
        for at, entry in enumerate(shown):
            if entry.id == self.cursor_id:
                self._top += at - self._cursor
                self._cursor = at
                return
        waiting = self.cursor_id and not len(self.rows)
        self._cursor = max(0, min(self._cursor, len(shown) - 1))
        if not waiting:
            self._choose(shown[self._cursor].id if shown else "")

    def _choose(self, row_id: str) -> None:
        if row_id != self.cursor_id:
            self.cursor_id = row_id
            self.post_message(RowChosen(row_id))

    # --- painting ------------------------------------------------------------------------------

    def _repaint(self) -> None:
        if self.rows.known is None or not self.size.width or not self.size.height:
            return
        self._looks.clear()
        self._scroll()
        body = self._visible()
        if self._measure([entry for entry, _look in body]) or self._fit is None:
            self._fit = fit(self.kind.columns, self._longest, self.size.width - LEAD - 1)
        lines = [self._heading()] if self._heads else []
        for entry, look in body:
            lines.append(self._line(entry, look))
            lines += [self._note(note) for note in look.notes]
        if not body:
            lines += self._nothing()
        self.put(lines[: self.size.height])

    def taken(self, room: int) -> int:
        """Return how many of so many cells the columns would fill, as far as rows were shown."""
        return LEAD + 1 + fit(self.kind.columns, self._longest, room - LEAD - 1).cells

    @property
    def seen(self) -> FrozenSet[int]:
        """The columns, by number, that show the whole value of the cursor's row."""
        entry, known = self.entry, self.rows.known
        if self._fit is None or entry is None or known is None:
            return frozenset()
        return frozenset(
            one.index
            for one in self._fit.columns
            if cells(safe(one.column.cell(entry.row, known))) <= one.width
        )

    def _scroll(self) -> None:
        """Bring the cursor's row into sight, with its notes where they fit."""
        self._top = max(0, min(self._top, self._cursor))
        used, at = 0, self._cursor
        while at >= self._top and at < len(self.rows.shown):
            used += self._height(self.rows.shown[at])
            if used > self._body:
                self._top = min(at + 1, self._cursor)
                return
            at -= 1
        self._fill(used)

    def _fill(self, used: int) -> None:
        """Pull rows in from above where the last ones leave lines empty below."""
        shown = self.rows.shown
        at = self._cursor + 1
        while used < self._body and at < len(shown):
            used += self._height(shown[at])
            at += 1
        while at >= len(shown) and self._top > 0:
            used += self._height(shown[self._top - 1])
            if used > self._body:
                return
            self._top -= 1

    def _look(self, entry: Entry) -> Look:
        """Return how a row looks, asked once a painting."""
        look = self._looks.get(entry.id)
        if look is None:
            look = self._looks[entry.id] = self.rows.look(entry)
        return look

    def _height(self, entry: Entry) -> int:
        return 1 + len(self._look(entry).notes)

    def _visible(self) -> List[Tuple[Entry, Look]]:
        visible: List[Tuple[Entry, Look]] = []
        used = 0
        for entry in self.rows.shown[self._top : self._top + self._body]:
            look = self._look(entry)
            visible.append((entry, look))
            used += 1 + len(look.notes)
            if used >= self._body:
                break
        return visible

    def _measure(self, entries: Sequence[Entry]) -> bool:
        """Widen columns to what these rows take; return whether one grew: they never shrink."""
        known = self.rows.known
        assert known is not None
        grew = False
        for index, column in enumerate(self.kind.columns):
            if column.width:
                continue
            for entry in entries:
                takes = cells(safe(column.cell(entry.row, known)))
                if takes > self._longest[index]:
                    self._longest[index] = takes
                    grew = True
        return grew

    def _heading(self) -> Strip:
        assert self._fit is not None
        parts: Parts = [(" " * LEAD, theme.PLAIN)]
        for fitted in self._fit.columns:
            head = pad(fitted.column.heading, fitted.width, right=fitted.column.right)
            parts += [(head, theme.HEAD), (" " * self._fit.gap, theme.PLAIN)]
        # Behind the last one no gap was reckoned: where all just fits it would be cut off.
        return line(*parts[:-1], width=self.size.width)

    def _line(self, entry: Entry, look: Look) -> Strip:
        here = entry.id == self.cursor_id
        pick = theme.PICKED if entry.id in self.picked else " "
        if here and self._is_bar_short:
            return self._short_bar(entry, look, pick)
        parts = self._cells(entry, look)
        if here:
            words = "".join(text for text, _style in parts)
            words = f"{theme.CURSOR}{look.mark.value}{pick} {words}"
            return line((words, theme.REVERSE), width=self.size.width, fill=theme.REVERSE)
        mark = (look.mark.value, theme.mark(look))
        return line(
            (" ", theme.PLAIN), mark, (f"{pick} ", theme.PLAIN), *parts, width=self.size.width
        )

    @property
    def _is_bar_short(self) -> bool:
        """Whether the line is so slow that a bar over two whole rows would be waited for."""
        room = key_room(self.app)
        return room is not None and room < BAR_ROOM * self.size.width

    def _short_bar(self, entry: Entry, look: Look, pick: str) -> Strip:
        """Return the cursor's row with a bar that ends with the name, or what one sees of it."""
        assert self._fit is not None
        columns, gap = self._fit.columns, " " * self._fit.gap
        count, words = 0, ""
        while count < len(columns) and cells(words) < BAR_LEAST:
            words += self._cell(entry, columns[count]) + gap
            count += 1
        bar = (f"{theme.CURSOR}{look.mark.value}{pick} {words}", theme.REVERSE)
        return line(bar, *self._cells(entry, look, count), width=self.size.width)

    def _cell(self, entry: Entry, fitted: Fitted) -> str:
        """Return a cell's text, as wide as its column."""
        assert self.rows.known is not None
        text = safe(fitted.column.cell(entry.row, self.rows.known))
        return pad(text, fitted.width, right=fitted.column.right)

    def _cells(self, entry: Entry, look: Look, first: int = 0) -> Parts:
        """Return a row's cells from a column on; one of a letter says how bad, and has the ink."""
        assert self._fit is not None
        parts: Parts = []
        for fitted in self._fit.columns[first:]:
            text = self._cell(entry, fitted)
            is_letter = fitted.column.width == 1 and look.tone is not Tone.PLAIN
            parts.append((text, theme.letter(look.tone) if is_letter else theme.PLAIN))
            parts.append((" " * self._fit.gap, theme.PLAIN))
        return _joined(parts[:-1])

    def _note(self, note: str) -> Strip:
        width = self.size.width
        text = shorten(safe(note), width - NOTE_INDENT - 1)
        return line((" " * NOTE_INDENT + text, theme.PLAIN), width=width)

    def _nothing(self) -> List[Strip]:
        """Say why there are no rows: not asked yet, no answer, none there, none let through."""
        reading, width = self._reading, self.size.width
        if self.rows.needle:
            words = [f"no {self.kind.name} with {self.rows.needle!r}: / and Enter shows all again"]
        elif reading.error is not None:
            words = [unread(self.kind, reading.error), reading.error.advice]
        elif not reading.was_read:
            words = [f"asking for {self.kind.name} ..."]
        else:
            words = [self.empty or none_of(self.kind)]
        return [
            line((" " * LEAD + cut(safe(text), width - LEAD - 1), theme.PLAIN), width=width)
            for text in words
        ]

    # --- work on rows one does not see ---------------------------------------------------------

    def _go_on(self) -> None:
        """Paint, and work on: a little now, the rest whenever the loop is free."""
        if self.rows.work(WORK_S):
            if self._worker is None:
                self._worker = self.set_interval(REST_S, self._go_on, name="rows")
        elif self._worker is not None:
            self._worker.stop()
            self._worker = None
        self._find_cursor()
        self._repaint()


def _joined(parts: Parts) -> Parts:
    """Return parts with neighbours of one style put together: fewer segments, fewer bytes."""
    joined: List[Segment] = list(Segment.simplify(Segment(*part) for part in parts))
    return [(segment.text, segment.style or theme.PLAIN) for segment in joined]
