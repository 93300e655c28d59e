"""Row 1 (where, how it stands, how late), the areas, the verdict, and the footer of keys."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from rich.style import Style
from textual import events
from textual.strip import Strip

from backend.clean import cells, cut, wrap
from backend.deed import Deed
from backend.kind import Area
from backend.known import Key, Known
from backend.tone import Verdict
from backend.units import clock, span, stopwatch
from stx_tui import theme
from stx_tui.kept import Kept
from stx_tui.panes.late import late
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.text import safe
from stx_tui.rooms import Rooms

# Ages are said in steps, so that a screen on which nothing happens stays as it is.
STEP_MS = 10_000

Part = Tuple[str, Style]


def running(known: Known) -> Tuple[str, ...]:
    """Return the acts still running as ``~ controller-1 6:12/7:40``, oldest first."""
    return tuple(_running(deed, known) for deed in reversed(known.running()))


def _running(deed: Deed, known: Known) -> str:
    gone = known.now_ms - (deed.sent_ms or deed.began_ms)
    usual = sorted(known.usual_ms(deed.kind, deed.action, deed.label))
    of = f"/{stopwatch(usual[len(usual) // 2])}" if usual else ""
    return f"~ {safe(deed.label or deed.kind)} {stopwatch(gone)}{of}"


def row_1(
    known: Known, rooms: Rooms, looked_at: Sequence[Key], banner: Sequence[str], width: int
) -> Strip:
    """Return the reverse row: what has no room goes, the cloud's name and the counts last."""
    left = [safe(known.cloud), *map(safe, banner)]
    lates = late(known, rooms, looked_at)
    ages: List[Part] = [(str(one), theme.HOLE) for one in lates]
    if not lates and (live := _live(known, rooms, looked_at)):
        ages = [(live, theme.REVERSE)]
    acts: List[Part] = [(text, theme.REVERSE) for text in running(known)]
    if known.trouble:
        ages.append(("NO RECORD", theme.HOLE))
    if known.read_only:
        ages.append(("READ-ONLY", theme.REVERSE))
    now: List[Part] = [(clock(known.now_ms), theme.REVERSE)]
    right = [*acts, *ages, *now]
    while _width(left, right) > width and (len(left) > 1 or right):
        if len(left) > 2:
            left.pop(1)
        elif right:
            right.pop(-1 if len(right) > 1 else 0)
        else:
            left.pop(0)
    return _row_1(left, right, width)


def _row_1(left: Sequence[str], right: Sequence[Part], width: int) -> Strip:
    blank = width - _width(left, right) + 1
    parts: List[Part] = [(" " + "   ".join(left), theme.REVERSE), (" " * blank, theme.REVERSE)]
    for part in right:
        parts += [part, (" ", theme.REVERSE)]
    return line(*parts, width=width, fill=theme.REVERSE)


def _width(left: Sequence[str], right: Sequence[Part]) -> int:
    """Return what a row 1 of these parts takes: blanks around each, three between the left."""
    return (
        1
        + sum(map(cells, left))
        + 3 * (len(left) - 1)
        + 1
        + sum(cells(text) + 1 for text, _style in right)
    )


def _live(known: Known, rooms: Rooms, looked_at: Sequence[Key]) -> str:
    """Return ``live``, with the age of what is listed where that is more than usual."""
    name, parent = looked_at[0] if looked_at else ("", "")
    kind, age = rooms.kind(name), known.age_ms(name, parent)
    if kind is None or age is None:
        return ""
    return "live" if age < 2000 * kind.every_s else f"live {span(age // STEP_MS * STEP_MS)}"


def row_2(areas: Sequence[Area], here: Optional[Area], width: int) -> Strip:
    """Return the areas with their digits, the one we are in underlined."""
    parts: List[Part] = [(" ", theme.PLAIN)]
    for area in areas:
        style = theme.HERE if area is here else theme.PLAIN
        parts += [(f"{area.digit} {area.title}", style), ("   ", theme.PLAIN)]
    taken = sum(cells(text) for text, _style in parts)
    goto = ": go to    "
    if taken + len(goto) <= width:
        parts += [(" " * (width - taken - len(goto)), theme.PLAIN), (goto, theme.PLAIN)]
    return line(*parts, width=width)


def verdict_rows(verdict: Verdict, width: int) -> Tuple[Strip, Strip]:
    """Return rows 3 and 4: the word and the text in bold, then what else there is to say."""
    room = width - 2
    word, text, more = safe(verdict.word), safe(verdict.text), safe(verdict.more)
    lead = f"{word}  " if word else ""
    first = cut(text, max(room - cells(lead), 0))
    if first != text and not more:
        # What is cut off goes on below where nothing else stands there.
        first, *rest = wrap(text, room - cells(lead))
        more = " ".join(rest)
    indent = 1 + cells(lead)
    if indent + cells(more) > width - 1:
        indent = 1
    top = line(
        (" ", theme.PLAIN), (lead, theme.word(verdict.tone)), (first, theme.BOLD), width=width
    )
    return top, line((" " * indent + cut(more, width - indent - 1), theme.PLAIN), width=width)


def rule(width: int) -> Strip:
    """Return a line across the screen that ends before the last two cells."""
    return line((theme.RULE * max(width - 2, 0), theme.PLAIN), width=width)


class StatusPane(Pane):
    """The rows above what is listed: one where the screen is low, five where there is room."""

    def __init__(self, rooms: Rooms) -> None:
        super().__init__(id="status")
        self._rooms = rooms
        self._banner = Kept(rooms.banner)

    def show(
        self,
        known: Known,
        looked_at: Sequence[Key],
        *,
        here: Optional[Area],
        verdict: Verdict,
    ) -> None:
        """Show row 1, the areas, the verdict and a rule, as far as this pane is high."""
        width, rooms = self.size.width, self._rooms
        if not width:
            return
        first = row_1(known, rooms, looked_at, self._banner.of(known), width)
        areas = row_2(rooms.areas, here, width)
        said, more = verdict_rows(verdict, width)
        order = {
            1: [first],
            2: [first, said],
            3: [first, said, more],
            4: [first, areas, said, more],
        }
        height = self.size.height
        self.put(order.get(height, [first, areas, said, more, rule(width)]))


class FootPane(Pane):
    """The last row: the keys of where one is, or what was just said; never its last cell."""

    def __init__(self) -> None:
        super().__init__(id="foot")
        self._keys = ""
        self._said = ""

    def show(self, keys: str) -> None:
        """Show these keys, unless something was said that is not read yet."""
        self._keys = keys
        self._paint()

    def say(self, words: str) -> None:
        """Show words in place of the keys ("" brings the keys back)."""
        self._said = safe(words)
        self._paint()

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self._paint()

    def _paint(self) -> None:
        width = self.size.width
        if not width:
            return
        text, style = (f" {self._said}", theme.BOLD) if self._said else (self._keys, theme.PLAIN)
        # A VT100 scrolls when its last cell is written.
        self.put([line((cut(text, width - 1), style), width=width)])
