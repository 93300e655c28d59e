"""What is to be said of the selected row: below the table, or beside it where there is room."""

from __future__ import annotations

from typing import Any, Collection, List, Optional, Sequence, Tuple

from textual import events
from textual.strip import Strip

from backend.called import called
from backend.clean import cells, cut, wrap
from backend.figure import Line, Lines
from backend.kind import Kind
from backend.known import Known
from backend.tone import Tone
from stx_tui import theme
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.table import TablePane
from stx_tui.panes.text import safe

# Cells for the headings on the left, as CAUSE, DO, VERIFY.
HEADING = 9
# Cells before what goes on of a line that has no heading.
HANG = 4
# Lines one thing may take, so that one long text does not push the others out.
LONGEST = 3
# Said in the head where a brief strip leaves something out; `v` opens the row itself.
MORE = "   v: more of this"


class StripPane(Pane):
    """The lines a kind gives of a row, under a rule that says how many rows there are."""

    def __init__(self) -> None:
        super().__init__(id="strip")
        self._shown: Tuple[Tuple[str, str], Sequence[Line], bool] = (("", ""), (), False)

    def show(self, head: Tuple[str, str], lines: Sequence[Line], *, is_brief: bool = False) -> None:
        """Show the head (left and right words of the rule), then the lines.

        Where it is brief, a line that finds no room otherwise takes one row, and what is left out
        is said in the head.
        """
        width, height = self.size
        self._shown = (head, lines, is_brief)
        if not width or not height:
            return
        rows: List[Strip] = []
        for longest in (height, LONGEST, 1) if is_brief else (height, LONGEST):
            rows = painted(lines, width, longest=longest)
            if len(rows) < height:
                break
        left, right = head
        if is_brief and len(rows) >= height:
            left += MORE
        self.put([head_rule(left, right, width=width), *rows][:height])

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        head, lines, is_brief = self._shown
        self.show(head, lines, is_brief=is_brief)


def said_of(
    kind: Kind[Any],
    row: Optional[Any],
    known: Known,
    *,
    seen: Collection[int] = (),
    apart: bool = False,
) -> Lines:
    """Return what the kind says of a row; where it says nothing, the columns that are not ``seen``.

    ``apart`` gives each of these a line of its own.
    """
    if row is None:
        return Lines()
    if kind.strip is not None:
        return kind.strip(row, known)
    values = [
        (column.heading, safe(value))
        for at, column in enumerate(kind.columns)
        if at not in seen and (value := column.cell(row, known)) not in (None, "")
    ]
    if apart:
        return Lines(lines=tuple(Line(heading=heading, text=text) for heading, text in values))
    text = "   ".join(f"{heading} {text}" for heading, text in values)
    return Lines(lines=(Line(text=text),) if text else ())


def painted(lines: Sequence[Line], width: int, *, longest: int = LONGEST) -> List[Strip]:
    """Return lines as rows of ``width`` cells, long ones on several, headings on the left."""
    strips: List[Strip] = []
    for one in lines:
        strips += [rule_only(width)] if one.rule else _painted(one, width, longest)
    return strips


def height_of(lines: Sequence[Line], width: int) -> int:
    """Return how many rows ``lines`` take."""
    return len(painted(lines, width))


def _painted(one: Line, width: int, longest: int) -> List[Strip]:
    heading = safe(one.heading) if one.heading else ""
    lead = f" {heading:<{HEADING - 1}} " if heading else " "
    room = max(width - cells(lead) - 1, 1)
    hang = cells(lead) if heading else HANG
    rest = max(width - hang - 1, 1)
    text = safe(one.text)
    texts = wrap(text, room)
    if len(texts) > 1:
        texts = [texts[0], *wrap(text[len(texts[0]) :].lstrip(), rest)]
    if len(texts) > longest:
        texts = [*texts[: longest - 1], cut(texts[longest - 1] + " " + texts[longest], rest)]
    style = theme.BOLD if one.tone in (Tone.BAD, Tone.WARN) else theme.PLAIN
    strips = [line((lead, theme.PLAIN), (texts[0], style), width=width)]
    more = (line((" " * hang, theme.PLAIN), (text, style), width=width) for text in texts[1:])
    return [*strips, *more]


def head_rule(left: str, right: str, *, width: int) -> Strip:
    """Return a rule with words in it: `` 7 of 7 hosts ------ selected: controller-1``."""
    left = f" {left} " if left else ""
    right = f" {right}" if right else ""
    room = width - 2 - cells(left)
    if cells(right) > room:
        right = ""
    dashes = theme.RULE * max(room - cells(right) + (1 if right else 0), 0)
    return line((left + dashes + right, theme.PLAIN), width=width)


def rule_only(width: int) -> Strip:
    """Return an indented rule."""
    return line((" " + theme.RULE * max(width - 3, 0), theme.PLAIN), width=width)


def plural_of(kind: Kind[Any]) -> str:
    """Return what rows of a kind are called together; its name may be the whole's (``sel``)."""
    one = kind.singular
    is_plural = kind.name.endswith("s") or kind.name[:3] == one[:3]
    return kind.name if is_plural and not one.startswith(f"{kind.name}-") else f"{one}s"


def head_of(kind: Kind[Any], table: TablePane) -> Tuple[str, str]:
    """Return what stands in the rule: how many rows of how many, and which is meant."""
    rows, shown = len(table.rows), len(table.rows.shown)
    left = f"{shown} of {rows} {plural_of(kind)}"
    if table.rows.needle:
        left += f" with {safe(table.rows.needle)!r}"
    at, all_fit = table.place
    if not all_fit:
        left += f", row {at}"
    if table.picked:
        return left, f"picked: {len(table.chosen)}"
    entry = table.entry
    known = table.rows.known
    name = safe(called(kind, entry.row, known)) if entry is not None and known is not None else ""
    return left, f"selected: {name}" if name else ""
