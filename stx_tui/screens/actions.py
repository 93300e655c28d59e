"""What can be done with these rows, what can't, and why."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from textual import events
from textual.app import ComposeResult

from backend.called import called
from backend.clean import cells, cut, pad, shorten, wrap
from backend.figure import Line
from backend.kind import Kind
from backend.offer import Offer
from backend.tone import Tone
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.confirm import risk_words
from stx_tui.panes.figure import FigurePane
from stx_tui.panes.status import FootPane
from stx_tui.panes.text import safe
from stx_tui.screens import doing
from stx_tui.screens.act import ActScreen
from stx_tui.screens.dialog import Dialog, TitlePane

# Keys that no action takes: one gets about with them.
WALK = frozenset({"j", "k", "g", "G", "q", "escape", "enter", "up", "down"})


class ActionsScreen(Dialog[None]):
    """Every action with its key and its risk in words; those that are refused say by what."""

    BINDINGS = [
        key(
            "enter", "choose", "do it (asks)", "go on with the action under the cursor", footer=True
        ),
        key("c", "copy", "copy command", "the same as a command", footer=True),
        key("q,escape", "app.back", "back", "go back; nothing is done", footer=True),
        *keys.MOVING,
        keys.HELP,
        keys.REPAINT,
        keys.LEAVE,
    ]
    CSS = """
    ActionsScreen #body { height: 1fr; }
    """

    def __init__(self, kind: Kind[Any], row_ids: Tuple[str, ...], of: str = "") -> None:
        """``of`` is the parent where there may be no rows under it."""
        super().__init__()
        self.kind = kind
        self.row_ids = row_ids
        self.of = of
        self.offers: Tuple[Offer, ...] = ()
        self._at: List[Offer] = []

    def compose(self) -> ComposeResult:
        yield TitlePane()
        yield FigurePane(id="body")
        yield FootPane()

    def on_resize(self) -> None:
        self.call_after_refresh(self.look)

    def on_key(self, event: events.Key) -> None:
        """A letter that is an action's goes on with it."""
        super().on_key(event)
        if self.is_deaf(event.time) or event.key in WALK:
            return
        offer = next((one for one in self.offers if one.action.key == event.character), None)
        if offer is not None:
            event.stop()
            event.prevent_default()
            self._go_on(offer)

    # --- verbs ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Show what can be done now."""
        if not self.is_there:
            return
        body = self.query_one(FigurePane)
        if not body.size.width:
            return
        self.offers = self._offers()
        names = [self._called(row_id) for row_id in self.row_ids]
        what = names[0] if len(names) == 1 else f"{len(names)} {self.kind.name}: {', '.join(names)}"
        what = what if names else self.kind.name
        self.query_one(TitlePane).show(f"WHAT CAN BE DONE with {what}", self.place)
        lines, self._at = [], []
        for offer in self.offers:
            said = offer_lines(offer, body.room)
            lines += said
            self._at += [offer] * len(said)
        body.show(lines or [Line(text=f"nothing can be done with {self.kind.name} from here")])
        self.show_keys()

    def action_choose(self) -> None:
        at = self.query_one(FigurePane).at
        if at < len(self._at):
            self._go_on(self._at[at])

    def action_copy(self) -> None:
        at = self.query_one(FigurePane).at
        preview = self._at[at].preview if at < len(self._at) else None
        if preview is not None and preview.commands:
            self.say(doing.copy(self.console, " ; ".join(preview.commands)))
        else:
            self.say("no command is known for it yet: it asks something first")

    # --- private -------------------------------------------------------------------------------

    def _go_on(self, offer: Offer) -> None:
        """Leave for the confirmation, or (harmless, and nothing to ask) do it at once."""
        console, rows, preview = self.console, offer.row_ids, offer.preview
        is_free = preview is not None and not preview.wants and not preview.blocked
        if offer.action.is_edit or (is_free and not offer.asks):
            self.dismiss(None)
            console.say(doing.act(console, self.kind, offer.action, rows))
        else:
            # In its place, not on it: what is below is not painted in between.
            console.switch_screen(ActScreen(self.kind, offer.action.name, rows))

    def _row(self, row_id: str) -> Optional[Any]:
        return self.known.find(self.kind.name, row_id)[0]

    def _called(self, row_id: str) -> str:
        row = self._row(row_id)
        return safe(called(self.kind, row, self.known)) if row is not None else f"{row_id} (gone)"

    def _offers(self) -> Tuple[Offer, ...]:
        station = self.console.station
        if station is None:
            return ()
        offers = station.acts.offers(self.kind, self.row_ids, self.of)
        # What can be done stands first: on 24 rows what can't would push it out of sight.
        return tuple(sorted(offers, key=lambda offer: bool(offer.why_not)))


def offer_lines(offer: Offer, width: int) -> List[Line]:
    """Return an action in one line, or two and more where something stands against it."""
    action = offer.action
    risk = risk_words(offer.preview.risk) if offer.preview is not None else ""
    asks = f"asks {', '.join(offer.asks)}" if offer.asks else ""
    what = "; ".join(part for part in (asks, risk) if part)
    tone = Tone.BAD if offer.why_not else Tone.PLAIN
    if offer.why_not:
        what = "CANNOT:"
    name = f"{action.key}  {pad(safe(action.words), 22)}  "
    head = name + what
    if len(offer.why_not) == 1 and len(head) + len(offer.why_not[0]) < width:
        return [Line(text=f"{head} {safe(offer.why_not[0])}", tone=tone)]
    text = name + shorten(what, max(width - cells(name), 0))
    lines = [Line(text=cut(text, width), tone=tone)]
    for why in offer.why_not:
        lines += [Line(text=f"     {part}") for part in wrap(safe(why), width - 6)]
    return lines
