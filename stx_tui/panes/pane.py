"""A widget of ready lines that repaints only those that differ."""

from __future__ import annotations

from typing import List, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from backend.clean import cells, cut
from stx_tui import theme


class Pane(Widget, inherit_bindings=False):
    """Lines as they shall stand on the screen; ``put`` sends on only what changed."""

    ALLOW_SELECT = False
    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - the library's word
        super().__init__(id=id)
        self._lines: List[Strip] = []

    def put(self, lines: Sequence[Strip]) -> int:
        """Show ``lines`` from the first row on; return how many rows were painted anew."""
        before, self._lines = self._lines, list(lines)
        none = Strip([])
        changed = [
            y
            for y in range(max(len(before), len(lines)))
            if (before[y] if y < len(before) else none) != (lines[y] if y < len(lines) else none)
        ]
        regions = [Region(0, y, self.size.width, 1) for y in changed if y < self.size.height]
        if regions:
            self.refresh(*regions)
        return len(regions)

    def render_line(self, y: int) -> Strip:
        """Return row ``y``, blank beyond the last line."""
        if y < len(self._lines):
            return self._lines[y]
        return Strip.blank(self.size.width)


def line(*parts: tuple[str, Style], width: int, fill: Style = theme.PLAIN) -> Strip:
    """Return one row of ``width`` cells of ready text: cut, or filled up in ``fill``.

    The parts hold no control characters any more; ``text.safe`` saw to that.
    """
    segments: List[Segment] = []
    left = width
    for words, style in parts:
        shown = words if cells(words) <= left else cut(words, left)
        if shown:
            segments.append(Segment(shown, style))
            left -= cells(shown)
    if left > 0:
        segments.append(Segment(" " * left, fill))
    return Strip(segments, width)
