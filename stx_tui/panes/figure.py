"""Any figure as styled lines, with a cursor that Enter follows along their jumps."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from rich.style import Style
from textual import events
from textual.strip import Strip

from backend.figure import Figure, Jump, Line
from backend.render import figure_lines
from stx_tui import theme
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.text import safe

# Cells before a line's text: cursor, mark, blank.
LEAD = 3
# What a heading takes beside its text, so that texts stand below each other.
HEADING = 10

Parts = List[Tuple[str, Style]]


class FigurePane(Pane):
    """Lines of a figure that scroll; the cursor stays on its line while the figure lives.

    With ``has_cursor`` false it only scrolls, for text that stands above something to answer.
    """

    def __init__(self, *, has_cursor: bool = True, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.has_cursor = has_cursor
        self._figure: Optional[Figure] = None
        self._now_ms = 0
        self._shown: Tuple[Line, ...] = ()
        self._cursor = 0
        self._top = 0

    # --- verbs ---------------------------------------------------------------------------------

    def draw(self, figure: Figure, now_ms: int) -> None:
        """Show a figure as it is at ``now_ms``; cursor and scroll stay where they were."""
        self._figure, self._now_ms = figure, now_ms
        if self.size.width:
            self._place(figure_lines(figure, self.room, now_ms))

    def show(self, lines: Sequence[Line]) -> None:
        """Show lines that are laid out already."""
        self._figure = None
        self._place(tuple(lines))

    def move(self, step: int) -> None:
        """Move the cursor by so many lines past rules, or scroll where there is no cursor."""
        if not self.has_cursor:
            self._top += step
        else:
            self._stand_at(self._cursor + step, 1 if step > 0 else -1)
        self._repaint()

    def move_page(self, step: int) -> None:
        """Move by so many screenfuls."""
        self.move(step * max(self.size.height - 1, 1))

    def to_top(self) -> None:
        """Go back to the first line, as when another figure is shown."""
        self._cursor = self._top = 0
        self._stand_at(0, 1)

    @property
    def room(self) -> int:
        """Cells for a line's text: the last column stays free."""
        return max(self.size.width - LEAD - 1, 1)

    @property
    def jump(self) -> Optional[Jump]:
        """Where Enter goes from the line under the cursor."""
        here = self.here
        return here.jump if here else None

    @property
    def here(self) -> Optional[Line]:
        """The line under the cursor."""
        return self._shown[self._cursor] if self._cursor < len(self._shown) else None

    @property
    def at(self) -> int:
        """Which line the cursor is on, from 0."""
        return self._cursor

    @property
    def hidden(self) -> int:
        """How many lines are below what is seen."""
        return max(len(self._shown) - self._top - self.size.height, 0)

    # --- events --------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        if self._figure is not None:
            self.draw(self._figure, self._now_ms)
        else:
            self._repaint()

    # --- private -------------------------------------------------------------------------------

    def _place(self, lines: Tuple[Line, ...]) -> None:
        before, cursor = self._shown, self._cursor
        self._shown = lines
        if before and cursor < len(before):
            found = _same(lines, before[cursor], cursor)
            self._top += found - cursor
            self._cursor = found
        self._stand_at(self._cursor, 1)
        self._repaint()

    def _stand_at(self, at: int, step: int) -> None:
        """Stand on the nearest line that is neither rule nor heads, looking that way first."""
        last = len(self._shown) - 1
        at = max(0, min(at, last))
        for way in (step, -step):
            found = at
            while 0 <= found <= last:
                if not self._shown[found].rule and (found or not self._is_headed):
                    self._cursor = found
                    return
                found += way
        self._cursor = 0

    @property
    def _is_headed(self) -> bool:
        """Whether the first line is but the heads of rows that can be gone to."""
        first, *rest = self._shown[:2] or (None,)
        is_heads = first is not None and bool(first.heading) and not (first.text or first.jump)
        return is_heads and any(line.jump is not None for line in rest)

    def _repaint(self) -> None:
        height = self.size.height
        if not height or not self.size.width:
            return
        if self.has_cursor:
            # With the first row its heads come back into sight.
            above = self._cursor - 1 if self._is_headed and self._cursor == 1 else self._cursor
            self._top = max(min(self._top, above), self._cursor - height + 1)
        self._top = max(0, min(self._top, len(self._shown) - height))
        visible = self._shown[self._top : self._top + height]
        self.put([self._strip(self._top + y, shown) for y, shown in enumerate(visible)])

    def _strip(self, at: int, shown: Line) -> Strip:
        width = self.size.width
        if shown.rule:
            return line((" " + theme.RULE * max(width - 3, 0), theme.PLAIN), width=width)
        here = self.has_cursor and at == self._cursor
        if shown.heading and not self.has_cursor and theme.sign(shown.tone) == " ":
            return line((" ", theme.PLAIN), *_words(shown), width=width)
        before = self._shown[at - 1] if at else Line()
        # The second line of a long one has no mark of its own.
        goes_on = shown.jump is not None and (before.jump, before.tone) == (shown.jump, shown.tone)
        sign = " " if goes_on else theme.sign(shown.tone)
        parts: Parts = [(theme.CURSOR if here else " ", theme.PLAIN)]
        parts.append((sign, theme.word(shown.tone)))
        parts.append((" ", theme.PLAIN))
        parts += _words(shown)
        if here:
            text = "".join(words for words, _style in parts)
            return line((text, theme.REVERSE), width=width, fill=theme.REVERSE)
        return line(*parts, width=width)


def _words(shown: Line) -> Parts:
    """Return a line's heading and text; a heading that stands alone or shouts is bold."""
    text = safe(shown.text)
    if not shown.heading:
        return [(text, theme.PLAIN)]
    heading = safe(shown.heading)
    loud = theme.BOLD if heading.isupper() or not text else theme.PLAIN
    if not text:
        return [(heading, loud)]
    return [
        (heading, loud),
        (" " * max(HEADING - len(heading), 1), theme.PLAIN),
        (text, theme.PLAIN),
    ]


def _same(lines: Sequence[Line], wanted: Line, at: int) -> int:
    """Return where ``wanted`` is now: by its jump, heading or text, nearest to ``at``."""
    key = _key(wanted)
    found = [index for index, one in enumerate(lines) if _key(one) == key]
    if not found:
        return max(0, min(at, len(lines) - 1))
    return min(found, key=lambda index: abs(index - at))


def _key(shown: Line) -> object:
    return shown.jump or shown.heading.strip() or shown.text
