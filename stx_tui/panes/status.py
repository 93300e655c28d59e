"""Row 1 (where, how it stands, how late), the areas, the verdict, and the footer of keys."""

from __future__ import annotations

from typing import Callable, List, Mapping, Optional, Sequence, Tuple

from rich.style import Style
from textual import events
from textual.strip import Strip

from backend.area import Area
from backend.clean import cells, cut, shorten, wrap
from backend.deed import Deed
from backend.known import Key, Known
from backend.tone import Verdict
from backend.units import clock, stopwatch
from stx_tui import theme
from stx_tui.kept import Kept
from stx_tui.panes.late import Heard
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.text import safe
from stx_tui.rooms import Rooms

Part = Tuple[str, Style]
Shown = Tuple[Known, Sequence[Key], Verdict, Callable[[int], Strip]]


def running(known: Known) -> Tuple[str, ...]:
    """Return the acts still running as ``~ controller-1 6:12/7:40``, oldest first."""
    return tuple(_running(deed, known) for deed in reversed(known.running()))


def _running(deed: Deed, known: Known) -> str:
    gone = known.now_ms - (deed.sent_ms or deed.began_ms)
    usual = sorted(known.usual_ms(deed.kind, deed.action, deed.label))
    of = f"/{stopwatch(usual[len(usual) // 2])}" if usual else ""
    return f"~ {safe(deed.label or deed.kind)} {stopwatch(gone)}{of}"


def row_1(known: Known, banner: Sequence[str], ages: Tuple[str, bool], width: int) -> Strip:
    """Return the reverse row: what has no room goes, the cloud's name and the counts last.

    ``ages`` are the words of how old all is, and whether they are bad news.
    """
    left = [safe(known.cloud), *map(safe, banner)]
    words, are_late = ages
    told: List[Part] = [(words, theme.HOLE if are_late else theme.REVERSE)] if words else []
    acts: List[Part] = [(text, theme.REVERSE) for text in running(known)]
    if known.trouble:
        told.append(("NO RECORD", theme.HOLE))
    if known.read_only:
        told.append(("READ-ONLY", theme.REVERSE))
    now: List[Part] = [(clock(known.now_ms), theme.REVERSE)]
    # What goes first stands first: the time, the acts, then what is told of the ages.
    right = {"now": now, "acts": acts, "told": told}
    gap = 3
    while _width(left, right, gap) > width:
        if gap > 2:
            gap = 2
        elif len(left) > 2:
            left.pop(1)
        elif right:
            right.pop(next(iter(right)))
        elif len(left) > 1:
            left.pop(0)
        else:
            break
    return _row_1(left, right, gap, width)


def _row_1(left: Sequence[str], right: Mapping[str, Sequence[Part]], gap: int, width: int) -> Strip:
    blank = width - _width(left, right, gap) + 1
    parts: List[Part] = [(" " + (" " * gap).join(left), theme.REVERSE)]
    parts.append((" " * blank, theme.REVERSE))
    for name in ("acts", "told", "now"):
        for part in right.get(name, ()):
            parts += [part, (" ", theme.REVERSE)]
    return line(*parts, width=width, fill=theme.REVERSE)


def _width(left: Sequence[str], right: Mapping[str, Sequence[Part]], gap: int) -> int:
    """Return what a row 1 of these parts takes: blanks around each, ``gap`` between the left."""
    said = sum(cells(text) + 1 for parts in right.values() for text, _style in parts)
    return 2 + sum(map(cells, left)) + gap * (len(left) - 1) + said


def row_2(areas: Sequence[Area], here: Optional[Area], width: int, line_says: str = "") -> Strip:
    """Return the areas with their digits, the one we are in underlined.

    On the right, where there is room, what is to be said of a slow line: its speed goes last.
    """
    parts: List[Part] = [(" ", theme.PLAIN)]
    whole = sum(cells(area.title) + 2 for area in areas) + 3 * len(areas)
    gap = "   " if whole <= width else "  "
    for area in areas:
        style = theme.HERE if area is here else theme.PLAIN
        parts += [(f"{area.digit} {area.title}", style), (gap, theme.PLAIN)]
    taken = sum(cells(text) for text, _style in parts)
    goto = ": go to    "
    told = [line_says, line_says.split(",", maxsplit=1)[0]] if line_says else []
    for end in (*(f"{words}   {goto}" for words in told), goto):
        if taken + cells(end) <= width:
            parts += [(" " * (width - taken - cells(end)), theme.PLAIN), (end, theme.PLAIN)]
            break
    return line(*parts, width=width)


def verdict_rows(verdict: Verdict, width: int) -> Tuple[Strip, Strip]:
    """Return rows 3 and 4: the word and the text in bold, then what else there is to say."""
    room = width - 2
    word, text, more = safe(verdict.word), safe(verdict.text), safe(verdict.more)
    lead = f"{word}  " if word else ""
    first = shorten(text, room - cells(lead))
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
    return top, line((" " * indent + shorten(more, width - indent - 1), theme.PLAIN), width=width)


def rule(width: int) -> Strip:
    """Return a line across the screen that ends before the last two cells."""
    return line((theme.RULE * max(width - 2, 0), theme.PLAIN), width=width)


class StatusPane(Pane):
    """The rows above what is listed: one where the screen is low, five where there is room."""

    def __init__(self, rooms: Callable[[], Rooms], heard: Heard) -> None:
        """``rooms`` are those of the moment: more are known once all areas were loaded."""
        super().__init__(id="status")
        self._rooms = rooms
        self._heard = heard
        self._banner = Kept(lambda known: rooms().banner(known))
        self._shown: Optional[Shown] = None

    def show(
        self,
        known: Known,
        looked_at: Sequence[Key],
        verdict: Verdict,
        second: Callable[[int], Strip],
    ) -> None:
        """Show row 1, a second row of that width, the verdict and a rule, as far as it is high."""
        width, height = self.size
        self._shown = (known, looked_at, verdict, second)
        if not width:
            return
        ages = self._heard.ages(known, self._rooms(), looked_at)
        first = row_1(known, self._banner.of(known), ages, width)
        said, more = verdict_rows(verdict, width)
        if height < 4:
            self.put([first, said, more][:height])
        else:
            self.put([first, second(width), said, more, rule(width)][:height])

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        if self._shown is not None:
            self.show(*self._shown)


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
