"""What came of an act on many rows at once: a line a row as it stands now, what failed first."""

from __future__ import annotations

from typing import Mapping, Sequence, Tuple

from textual import on
from textual.app import ComposeResult

from backend.deed import Deed, Outcome
from backend.figure import Jump, Line
from backend.tone import Tone
from backend.units import stopwatch
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.messages import KnownChanged
from stx_tui.panes.figure import FigurePane
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.status import FootPane
from stx_tui.panes.text import safe
from stx_tui.screens.dialog import TitlePane
from stx_tui.screens.screen import ConsoleScreen
from stx_tui.theme import PLAIN, RULE

_UNDER_WAY = (Outcome.OPEN, Outcome.FOLLOWED)
_LABEL, _STAND = 20, 18


class ResultsScreen(ConsoleScreen[None], inherit_bindings=False):
    """Each row reported by itself, to its real end; leaving stops none of them."""

    BINDINGS = [
        key("enter", "open", "follow", "follow the act on this row, step by step", footer=True),
        key("q,escape", "app.back", "leave", "go back; nothing is stopped", footer=True),
        *keys.MOVING,
    ]

    def __init__(self, title: str, deeds: Tuple[Deed, ...]) -> None:
        super().__init__()
        self._title = title
        self._deeds = deeds

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield Pane(id="verdict")
        yield FigurePane(id="body")
        yield FootPane()

    def on_mount(self) -> None:
        self.query_one("#verdict").styles.height = 1
        self.call_after_refresh(self._show)

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @on(KnownChanged)
    def show_known(self) -> None:
        """Show how far each is now."""
        self._show()

    @property
    def deeds(self) -> Tuple[Deed, ...]:
        """The deeds as they stand now, those that came to no good first, in their order."""
        now: Mapping[str, Deed] = {deed.number: deed for deed in self.known.memory.deeds}
        found = [now.get(deed.number, deed) for deed in self._deeds]
        return tuple(sorted(found, key=lambda deed: not _is_bad(deed)))

    def action_open(self) -> None:
        from stx_tui.screens.follow import FollowScreen

        deed = self.deeds[self.query_one(FigurePane).at]
        self.console.push_screen(FollowScreen(deed.number, deed=deed))

    def _show(self) -> None:
        if not self.is_there:
            return
        deeds, width = self.deeds, self.size.width
        self.show_keys()
        self.query_one(TitlePane).show(f"{self._title}   {counted(deeds)}", self.known.cloud)
        rule = line((" " + RULE * max(width - 3, 0), PLAIN), width=width)
        self.query_one("#verdict", Pane).put([rule])
        self.query_one(FigurePane).show([line_of(deed, self.known.now_ms) for deed in deeds])


def counted(deeds: Sequence[Deed]) -> str:
    """Return how many of them stand how: ``1 failed, 2 of 3 done`` or ``1 under way, ...``."""
    bad = sum(map(_is_bad, deeds))
    under_way = sum(deed.outcome in _UNDER_WAY for deed in deeds)
    parts = [f"{bad} NOT DONE"] if bad else []
    parts += [f"{under_way} under way"] if under_way else []
    return ", ".join([*parts, f"{len(deeds) - bad - under_way} of {len(deeds)} done"])


def line_of(deed: Deed, now_ms: int) -> Line:
    """Return what became of one: whose it is, how it stands and since when, what was said."""
    took = deed.took_ms if deed.took_ms is not None else now_ms - (deed.sent_ms or deed.began_ms)
    stands = {
        Outcome.OPEN: "being sent",
        Outcome.FOLLOWED: f"under way {stopwatch(max(took, 0))}",
        Outcome.DONE: f"done after {stopwatch(max(took, 0))}",
    }.get(deed.outcome, deed.outcome.value)
    text = f"{safe(deed.label):<{_LABEL}} {stands:<{_STAND}} {safe(deed.answer or '')}".rstrip()
    tone = Tone.BAD if _is_bad(deed) else Tone.PLAIN
    return Line(text=text, tone=tone, jump=Jump(kind=deed.kind, id=deed.row_id))


def _is_bad(deed: Deed) -> bool:
    return deed.outcome not in (*_UNDER_WAY, Outcome.DONE)
