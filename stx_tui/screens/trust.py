"""A certificate or host key that nobody vouches for, shown once: yes in letters pins it."""

from __future__ import annotations

from typing import Tuple

from textual import on
from textual.app import ComposeResult

from backend.errors import Untrusted
from backend.figure import Line
from backend.tone import Tone
from stx_tui.keys import REPAINT, key
from stx_tui.panes.entry import EntryPane
from stx_tui.panes.lines import LinesPane
from stx_tui.panes.status import FootPane
from stx_tui.screens.dialog import Dialog

YES = "yes"


class TrustScreen(Dialog[bool]):
    """Closes with True where the certificate was accepted; no credential was sent before that."""

    BINDINGS = [
        key("n,q,escape", "no", "no", "leave it; nothing is asked of that endpoint", name="refuse"),
        REPAINT,
    ]

    def __init__(self, error: Untrusted) -> None:
        super().__init__()
        self.error = error

    def compose(self) -> ComposeResult:
        yield LinesPane(f"TRUST {self.error.endpoint} ?", self._lines())
        yield EntryPane("ACCEPT IT", hint="type yes and Enter", room=6)
        yield FootPane()

    def look(self) -> None:
        self.query_one(FootPane).show(" [ No ] Esc      [ Accept ] type yes and Enter")
        self.query_one(EntryPane).focus()

    def _lines(self) -> list[Line]:
        what, pairs = self.error.what, self.error.fingerprint
        return [
            Line(text=f"Nobody vouches for its {what}. SHA-256 of it:", tone=Tone.WARN),
            Line(),
            *(Line(text=part) for part in _parts(pairs)),
            Line(),
            Line(text=f"{self.error.advice}:"),
            Line(text=f"From then on another {what} there is refused."),
        ]

    @on(EntryPane.Done)
    def answer(self, message: EntryPane.Done) -> None:
        """Accept what somebody typed out; what came with a paste is dropped."""
        if message.value.strip() == YES and message.by_hand:
            self.dismiss(result=True)
        else:
            message.entry.take("", "type yes and Enter, by hand")

    @on(EntryPane.Left)
    def leave(self) -> None:
        """Leave it as it is."""
        self.action_no()

    def action_no(self) -> None:
        self.dismiss(result=False)


def _parts(fingerprint: str) -> Tuple[str, ...]:
    """Return a fingerprint in lines that fit: hex pairs take two, ssh's own form one."""
    if len(fingerprint) < 60:
        return (fingerprint,)
    return fingerprint[: len(fingerprint) // 2], fingerprint[len(fingerprint) // 2 :]
