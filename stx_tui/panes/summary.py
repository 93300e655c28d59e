"""The whole on a few lines, between the verdict and the rows."""

from __future__ import annotations

from typing import Sequence

from backend.clean import cells
from backend.figure import Line
from backend.tone import Tone
from stx_tui import theme
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.strip import rule_only
from stx_tui.panes.text import safe

# Rows left to what stands below it: the table's own least, and the strip's.
LEAVES = 12


class SummaryPane(Pane):
    """A line each, its heading on the left; one row of the screen for a line, and a rule."""

    def __init__(self) -> None:
        super().__init__(id="summary")

    def show(self, lines: Sequence[Line], width: int) -> None:
        """Show ``lines``, each cut to its row."""
        room = max((cells(one.heading) for one in lines), default=0)
        rows = [
            line(
                (f" {safe(one.heading):<{room}}  ", theme.PLAIN),
                (safe(one.text), theme.BOLD if one.tone in (Tone.BAD, Tone.WARN) else theme.PLAIN),
                width=width,
            )
            for one in lines
        ]
        self.put([*rows, rule_only(width)] if rows else [])


def height_of(lines: Sequence[Line], height: int, status: int) -> int:
    """Return the rows it gets on a screen of ``height`` rows, 0 where others need them more."""
    wanted = len(lines) + 1 if lines else 0
    return wanted if height - status - wanted >= LEAVES else 0
