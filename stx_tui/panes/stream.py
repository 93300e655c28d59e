"""Lines of logs as they were written: their time, how bad they are, which log each is from."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, List, Optional, Pattern, Sequence, Tuple

from textual import events
from textual.strip import Strip

from backend.clean import cells, cut, pad, wrap
from backend.figure import Line
from backend.logs.line import LogLine
from backend.logs.moments import exact
from backend.tone import Tone
from stx_tui import theme
from stx_tui.messages import RowChosen
from stx_tui.panes.pane import Pane, line

# Cells for a log's name, where there are several; rows one line may take where it is wrapped.
NAME_MOST, ROWS_MOST = 12, 8
# From this width on the milliseconds are shown beside the names.
WIDE = 100
# Cells before the time: cursor, how bad, picked.
LEAD = 3

_MARKS = {Tone.BAD: "!", Tone.WARN: "w"}


class StreamPane(Pane):
    """Lines, the cursor on one of them; it stays on its line whatever comes or goes around it."""

    def __init__(self) -> None:
        super().__init__(id="stream")
        self.lines: Sequence[LogLine] = ()
        self.wraps = False
        self.has_times = True
        self.empty = ""
        # Where a slice that is to be saved begins.
        self.picked: Optional[LogLine] = None
        self._at = 0
        self._top = 0
        self._names = 0

    # --- what is shown -------------------------------------------------------------------------

    def call(self, logs: Sequence[str]) -> None:
        """Say of each line which log it is of, where there are several."""
        self._names = max(map(cells, logs)) if len(logs) > 1 else 0

    def show(self, lines: Sequence[LogLine], at: Optional[int] = None) -> None:
        """Show other lines; the cursor goes to the index ``at``, or stays on its line."""
        before, row = self.line, self._at - self._top
        self.lines = lines
        if at is not None:
            # A place that was asked for stands in the middle: what led to it is above it.
            self._at, row = at, self.room // 2
        elif before is not None:
            self._at = _index(lines, before, self._at)
        self._at = max(0, min(self._at, len(lines) - 1))
        self._top = max(0, self._at - row)
        self._paint()
        self.post_message(RowChosen(""))

    @property
    def line(self) -> Optional[LogLine]:
        """The line under the cursor."""
        return self.lines[self._at] if self._at < len(self.lines) else None

    @property
    def place(self) -> int:
        """The index of the line under the cursor."""
        return self._at

    @property
    def room(self) -> int:
        """Rows there are."""
        return max(self.size.height, 1)

    # --- moving --------------------------------------------------------------------------------

    def move(self, step: int) -> None:
        """Put the cursor so many lines further, as far as there are any."""
        self._at = max(0, min(self._at + step, len(self.lines) - 1))
        self._paint()
        self.post_message(RowChosen(""))

    def move_page(self, step: int) -> None:
        """Put the cursor so many screenfuls further."""
        self.move(step * max(self.room - 1, 1))

    def pick(self) -> None:
        """Begin a slice at the cursor, or forget where it began."""
        here = self.line
        self.picked = None if here is None or self.picked is here else here
        self._paint()

    def wrap(self) -> None:
        """Show long lines whole, or cut again."""
        self.wraps = not self.wraps
        self._paint()

    def show_times(self) -> None:
        """Show the time of each line beside it, or leave it to the strip below."""
        self.has_times = not self.has_times
        self._paint()

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self._paint()

    # --- painting ------------------------------------------------------------------------------

    def _paint(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        if not self.lines:
            self.put([line((f"   {cut(self.empty, width - 4)}", theme.PLAIN), width=width)])
            return
        rows = self._rows(width, height)
        self.put(rows[:height])

    def _rows(self, width: int, height: int) -> List[Strip]:
        """Return rows from the top line on, the top moved so that the cursor's are among them."""
        self._top = min(self._top, self._at)
        painted: Dict[int, List[Strip]] = {}
        used, first = 0, self._at
        for index in range(self._at, self._top - 1, -1):
            painted[index] = self._line(self.lines[index], index, width)
            used += len(painted[index])
            if used > height and index < self._at:
                break
            first = index
        self._top = first
        rows: List[Strip] = []
        for index in range(first, len(self.lines)):
            rows += painted.get(index) or self._line(self.lines[index], index, width)
            if len(rows) >= height:
                break
        # Where less follows than there is room for, more of what is before is shown.
        while len(rows) < height and self._top > 0:
            self._top -= 1
            rows = [*self._line(self.lines[self._top], self._top, width), *rows]
        return rows if self._top == first else rows[max(len(rows) - height, 0) :]

    def _line(self, one: LogLine, index: int, width: int) -> List[Strip]:
        is_here = index == self._at
        style = theme.REVERSE if is_here else theme.PLAIN
        mark = _MARKS.get(one.tone, " ")
        lead = f"{theme.CURSOR if is_here else ' '}{mark}"
        lead += theme.PICKED if one is self.picked else " "
        lead += self._beside(one, width)
        room = max(width - cells(lead) - 1, 10)
        text = brief(one)
        texts = wrap(text, room)[:ROWS_MOST] if self.wraps else [cut(text, room)]
        bold = theme.word(one.tone) if one.tone is Tone.BAD and not is_here else style
        strips = [
            line((lead, bold if mark == "!" else style), (texts[0], style), width=width, fill=style)
        ]
        blank = " " * cells(lead)
        strips += [line((blank + text, style), width=width, fill=style) for text in texts[1:]]
        return strips

    def _beside(self, one: LogLine, width: int) -> str:
        """Return a line's time and log, as far as there is room for them."""
        lead = ""
        if self.has_times:
            of_day = exact(one.at_ms)[11:-1] if one.at_ms else "-"
            room = 8 if self._names and width < WIDE else 12
            lead = f"{of_day[:room]:<{room}} "
        if self._names:
            # The end of a name says more than its beginning: hosts are before the colon.
            lead += pad(one.log[-NAME_MOST:], min(self._names, NAME_MOST)) + " "
        return lead


def brief(one: LogLine) -> str:
    """Return a line without what stands beside it anyway: process, host, and the log's own name.

    All of it stands in the strip below.
    """
    return _preamble(one.log.rpartition(":")[2]).sub("", one.text, count=1)


@lru_cache(maxsize=64)
def _preamble(name: str) -> Pattern[str]:
    own = rf"(?:[\w.-]+ )?{re.escape(name)}\w*(?:\[\d+\])?:? (?:\d+ )?"
    return re.compile(rf"^(?:\[\d+\.\d+\] )?(?:{own})?(?:--- )?")


def whole(one: LogLine) -> Tuple[Line, ...]:
    """Return all of a line for the strip below: when, from where, and every word of it."""
    at = exact(one.at_ms) if one.at_ms else "no time in it"
    return (Line(text=f"{at}  {one.log}", tone=one.tone), Line(text=one.text))


def _index(lines: Sequence[LogLine], wanted: LogLine, near: int) -> int:
    """Return where a line is now, ``near`` where it is not any more."""
    for index, one in enumerate(lines):
        if one is wanted:
            return index
    for index, one in enumerate(lines):
        if (one.log, one.start) == (wanted.log, wanted.start):
            return index
    return near
