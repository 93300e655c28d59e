"""One of a few values, chosen with printable keys; and the last rows, with their buttons."""

from __future__ import annotations

from typing import Optional, Tuple

from textual import events

from backend.clean import cells, clean, cut
from stx_tui import theme
from stx_tui.panes.entry import EntryPane
from stx_tui.panes.pane import Pane, line


class ChoicePane(EntryPane):
    """A label and one of ``choices``: space, h and l change it, digits and first letters pick."""

    def __init__(
        self,
        label: str,
        choices: Tuple[str, ...],
        *,
        value: str = "",
        hint: str = "",
        id: str | None = None,  # noqa: A002 - the library's word
    ) -> None:
        super().__init__(label, value=value if value in choices else "", hint=hint, id=id)
        self.choices = choices

    def is_cut(self, width: int) -> bool:
        """Whether the words to the right have no room on a line of that many cells."""
        taken = (
            cells(self.label) + cells(clean(self.value)) + len("[  ]  1 of 9  space next, h before")
        )
        return cells(clean(self.hint)) > width - taken - 8

    def step(self, by: int) -> None:
        """Take the next choice (1) or the one before (-1), round and round."""
        if not self.choices:
            return
        at = self.choices.index(self.value) if self.value in self.choices else -min(by, 0) - 1
        self._pick(self.choices[(at + by) % len(self.choices)])

    def repaint(self) -> None:
        """Put the line as it is now."""
        if not self.size.width:
            return
        width = self.size.width - 1
        label = f" {self.label} > "
        value = clean(self.value) or "(none)"
        at = f"{self.choices.index(self.value) + 1} of " if self.value in self.choices else ""
        of = f"{at}{len(self.choices)}" if self.choices else "nothing to choose"
        if self.has_focus:
            of += "  space next, h before"
        hint = f"  {of}  {clean(self.hint)}"
        room = max(width - cells(label) - 4, 1)
        shown = f"[ {cut(value, max(room - 2, 1))} ]"
        style = theme.REVERSE if self.has_focus else theme.PLAIN
        self.put(
            [
                line(
                    (label, theme.BOLD if self.has_focus else theme.PLAIN),
                    (shown, style),
                    (cut(hint, max(width - cells(label + shown), 0)), theme.PLAIN),
                    width=width,
                )
            ]
        )

    def on_paste(self, event: events.Paste) -> None:
        event.stop()

    def on_key(self, event: events.Key) -> None:
        """Change the value, or go on; letters that say nothing here go no further."""
        if event.key in ("ctrl+l", "ctrl+c"):
            return
        event.stop()
        event.prevent_default()
        if event.time < self.deaf_until:
            return
        key = event.key
        if key in ("space", "l", "right"):
            self.step(1)
        elif key in ("h", "left"):
            self.step(-1)
        elif key == "enter":
            self.post_message(self.Done(self, self.value, by_hand=True))
        elif key in ("tab", "down", "j"):
            self.post_message(self.Left(self, 1))
        elif key in ("shift+tab", "up", "k"):
            self.post_message(self.Left(self, -1))
        elif key in ("escape", "q"):
            self.post_message(self.Left(self))
        elif event.character:
            found = self._named(event.character)
            if found is not None:
                self._pick(found)

    def _named(self, character: str) -> Optional[str]:
        """Return the choice of that number, or the next one that begins with that letter."""
        # Not isdigit: a keyboard's own key for a square is a digit to it, and no number.
        at = "123456789".find(character)
        if 0 <= at < len(self.choices):
            return self.choices[at]
        at = self.choices.index(self.value) + 1 if self.value in self.choices else 0
        turned = self.choices[at:] + self.choices[:at]
        begins = (one for one in turned if one.casefold().startswith(character.casefold()))
        return next(begins, None)

    def _pick(self, value: str) -> None:
        self.value = value
        self.repaint()
        self.post_message(self.Changed(self))


class GoPane(Pane):
    """The last row of a form: go on, or leave."""

    can_focus = True

    def __init__(self, words: str) -> None:
        super().__init__(id="go")
        self.words = words

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self.repaint()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.repaint()

    def repaint(self) -> None:
        """Put the line as it is now; its last cell stays free."""
        width = self.size.width
        if not width:
            return
        style = theme.REVERSE if self.has_focus else theme.PLAIN
        keys = "Enter   k back   q leave" if self.has_focus else "Enter goes from field to field"
        parts = [("   ", theme.PLAIN), (f"[ {self.words} ]", style), (f"  {keys}", theme.PLAIN)]
        self.put([line(*parts, width=width - 1)])


class ButtonsPane(Pane):
    """The last row of a confirmation: [ No ], reverse while it is what Enter says, and the rest."""

    def __init__(self) -> None:
        super().__init__(id="buttons")
        self.styles.height = 1
        self._rest = ""
        self._free = True

    def show(self, rest: str, *, free: bool) -> None:
        """Show the words beside No; ``free`` says that nothing is being typed."""
        self._rest, self._free = rest, free
        width = self.size.width
        if not width:
            return
        no = ("[ No ]", theme.REVERSE) if free else ("  No  ", theme.PLAIN)
        words = cut(clean(rest), max(width - 11, 0))
        # The last cell stays free: written, it would scroll a VT100.
        self.put([line(("   ", theme.PLAIN), no, (f" {words}", theme.PLAIN), width=width - 1)])

    def on_resize(self, event: events.Resize) -> None:
        event.stop()
        self.show(self._rest, free=self._free)
