"""One line to type in, in the last row: where to go, or what rows must contain."""

from __future__ import annotations

from typing import Callable, Sequence, Tuple

from textual import events

from backend.clean import cells, cut
from stx_tui import theme
from stx_tui.messages import FilterTyped, PlaceNamed, PromptLeft
from stx_tui.panes.pane import Pane, line
from stx_tui.panes.text import safe

# What no row and no kind is longer than.
LONGEST = 200

Complete = Callable[[str], Sequence[str]]


def no_choices(_text: str) -> Sequence[str]:
    """Return that nothing is known of what may be typed."""
    return ()


class PromptPane(Pane):
    """Typed text behind a sign, with what it may become; no cursor that blinks.

    ``:`` completes with Tab to the names of kinds, ``+`` to those of logs; ``/`` tells each key at
    once.
    """

    can_focus = True

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.sign = ""
        self.text = ""
        self._complete: Complete = no_choices
        self.display = False

    def open(self, sign: str, text: str = "", complete: Complete = no_choices) -> None:
        """Begin to ask: ``sign`` is ``:`` or ``/``."""
        self.sign, self.text, self._complete = sign, text, complete
        self.display = True
        # At once: focus() comes after the next key, which would be one of the screen's verbs.
        self.screen.set_focus(self)
        self.call_after_refresh(self._paint)

    def close(self) -> None:
        """Stop asking."""
        self.display = False
        self.screen.set_focus(None)

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self._paint()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._type(event.text.splitlines()[0] if event.text else "")

    def on_key(self, event: events.Key) -> None:
        """Every key is text here, or ends it: none reaches the screen's verbs."""
        if event.key == "ctrl+l":
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self._enter()
        elif event.key in ("escape", "ctrl+c"):
            self._leave()
        elif event.key in ("backspace", "ctrl+h", "delete"):
            if not self.text:
                self._leave()
            else:
                self._put(self.text[:-1])
        elif event.key == "ctrl+u":
            self._put("")
        elif event.key in ("tab", "ctrl+i"):
            self._finish()
        elif event.character and event.is_printable:
            self._type(event.character)

    def _type(self, text: str) -> None:
        kept = "".join(char for char in text if char.isprintable())
        self._put((self.text + kept)[:LONGEST])

    def _put(self, text: str) -> None:
        self.text = text
        if self.sign == "/":
            self.post_message(FilterTyped(text))
        self._paint()

    def _enter(self) -> None:
        if self.sign == "/":
            self.post_message(FilterTyped(self.text, done=True))
            return
        if not self.text.strip():
            self._leave()
            return
        self.post_message(PlaceNamed(self._whole(self.text)))

    def _leave(self) -> None:
        if self.sign == "/":
            self.post_message(FilterTyped("", done=True))
        else:
            self.post_message(PromptLeft())

    def _whole(self, text: str) -> str:
        """Return the one name that ``text`` begins, else the text."""
        choices = self._complete(text)
        return choices[0] if len(choices) == 1 and " " not in text.strip() else text

    def _finish(self) -> None:
        """Complete as far as all choices agree."""
        choices = self._complete(self.text)
        if choices:
            self._put(_shared(choices) if len(choices) > 1 else choices[0])

    def _paint(self) -> None:
        width = self.size.width
        if not width or not self.display:
            return
        typed = f" {self.sign} {safe(self.text)}"
        typed = typed[-(width - 3) :] if cells(typed) > width - 3 else typed
        choices = "  ".join(self._complete(self.text)) if self.sign in (":", "+") else ""
        room = width - 1 - cells(typed) - 4
        hint = f"   {cut(choices, room)}" if choices and room > 4 else ""
        self.put(
            [line((typed, theme.BOLD), (" ", theme.REVERSE), (hint, theme.PLAIN), width=width)]
        )


def _shared(choices: Sequence[str]) -> str:
    """Return the longest beginning that all have."""
    first, last = min(choices), max(choices)
    at = 0
    while at < min(len(first), len(last)) and first[at] == last[at]:
        at += 1
    return first[:at]


def split_place(text: str) -> Tuple[str, str]:
    """Return the kind and the row of ``hosts controller-1`` or ``hosts/controller-1``."""
    kind, _blank, row = text.strip().replace("/", " ", 1).partition(" ")
    return kind, row.strip()
