"""A title and lines of text that one can page through."""

from __future__ import annotations

from typing import List, Sequence

from textual import events
from textual.strip import Strip

from backend.clean import cut
from backend.figure import Line
from stx_tui import theme
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.strip import painted
from stx_tui.panes.text import safe


class LinesPane(Pane):
    """Row 1 is the title (reverse), row 2 a rule, the rest are the lines."""

    def __init__(self, title: str, lines: Sequence[Line] = ()) -> None:
        super().__init__()
        self._title = title
        self._said = tuple(lines)
        self._top = 0

    def show(self, title: str, lines: Sequence[Line]) -> None:
        """Show other lines, from where one was."""
        self._title, self._said = title, tuple(lines)
        self._repaint()

    def move(self, step: int) -> None:
        """Scroll by so many lines, as far as there are any."""
        self._top += step
        self._repaint()

    def move_page(self, step: int) -> None:
        """Scroll by so many screenfuls."""
        self.move(step * max(self.size.height - 3, 1))

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self._repaint()

    def _repaint(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        title = line(
            (" " + cut(safe(self._title), width - 2), theme.REVERSE),
            width=width,
            fill=theme.REVERSE,
        )
        body: List[Strip] = painted(self._said, width)
        room = max(height - 2, 1)
        self._top = max(0, min(self._top, len(body) - room))
        head = [title, line(("-" * max(width - 2, 0), theme.PLAIN), width=width)]
        self.put([*head, *body[self._top : self._top + room]][:height])
