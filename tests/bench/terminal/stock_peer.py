"""The very same screens by Textual as it ships: its widgets, its theme, its driver, 256 colours.

What its guide shows for such a console: a ``DataTable`` whose changed cells are updated, ``Static``
for what is around it, a ``Screen`` for what covers it. Only what differs is handed to a widget.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import dataclass
from functools import partial
from typing import Callable, List, Optional, Tuple

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.coordinate import Coordinate
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, DataTable, Static

Runs = List[List[str]]
HEADS = 5  # rows above the table
PASSES, PASS_S = 4, 0.05  # a screen is laid out, then its widgets, then painted


@dataclass(frozen=True)
class Listing:
    """A screen with a table in it."""

    above: Tuple[str, ...]
    heads: Tuple[str, ...]
    rows: Tuple[Tuple[str, ...], ...]
    cursor: int
    strip: str
    foot: str


def read(frame: List[Runs]) -> Optional[Listing]:
    """Return the table of a screen and what is around it; None where it has none."""
    starts = [0]
    heads: List[str] = []
    at = 0
    for text, letters in frame[HEADS]:
        if "u" in letters and len(text) > 1:
            starts.append(at)
            heads.append(text.strip())
        at += len(text)
    if len(heads) < 3:
        return None
    texts = ["".join(text for text, _ in row) for row in frame]
    rule = next(y for y in range(HEADS + 1, 24) if "selected:" in texts[y])
    body = [y for y in range(HEADS + 1, rule) if texts[y].strip()]
    ends = [*starts[1:], 80]
    return Listing(
        above=tuple(text.rstrip() for text in texts[:HEADS]),
        heads=("", *heads),
        rows=tuple(tuple(texts[y][a:b].rstrip() for a, b in zip(starts, ends)) for y in body),
        cursor=next((n for n, y in enumerate(body) if texts[y][0] == ">"), 0),
        strip="\n".join(text.rstrip() for text in texts[rule:23]),
        foot=texts[23].rstrip(),
    )


class Page(Screen[None]):
    """What covers the table: a title, text, keys."""

    def __init__(self, lines: List[str]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        for name, text in self.parts(self._lines).items():
            yield Static(text, markup=False, id=name)

    def turn(self, lines: List[str]) -> None:
        """Show other lines."""
        before, self._lines = self.parts(self._lines), lines
        for name, text in self.parts(lines).items():
            if text != before[name]:
                self.query_one(f"#{name}", Static).update(text)

    @staticmethod
    def parts(lines: List[str]) -> dict[str, str]:
        return {"title": lines[0], "text": "\n".join(lines[1:23]), "keys": lines[23]}


class Dialog(ModalScreen[None]):
    """What is asked over the table, as Textual's guide has dialogs: a box on the dimmed screen."""

    CSS = """
    Dialog { align: center middle; }
    #box { width: 76; height: 22; background: $surface; }
    #said { height: 1fr; }
    Horizontal { height: 3; }
    """

    def __init__(self, lines: List[str], *, is_asked: bool) -> None:
        super().__init__()
        self._lines = lines
        self._is_asked = is_asked

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static("\n".join(self._lines), markup=False, id="said")
            if self._is_asked:
                with Horizontal():
                    yield Button("No")
                    yield Button("Yes")


class Stock(App[None]):
    """Shows screens it is given, one after the other."""

    CSS = """
    Static { height: auto; }
    #text { height: 22; }
    DataTable { height: 1fr; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, frames: List[List[Runs]], painted: Callable[[], None]) -> None:
        super().__init__()
        self._frames = frames
        self._painted = painted
        self._shown: Optional[Listing] = None

    def compose(self) -> ComposeResult:
        for number in range(HEADS):
            yield Static(id=f"above-{number}", markup=False)
        yield DataTable(cursor_type="row")
        yield Static(id="strip", markup=False)
        yield Static(id="foot", markup=False)

    def on_mount(self) -> None:
        self.step(0)

    def step(self, number: int) -> None:
        """Show the screen of that number."""
        self._cover(number)
        self._rest(PASSES)

    def _rest(self, passes: int) -> None:
        """Say that it is painted, once nothing that was put off is left to do."""
        if passes:
            self.set_timer(PASS_S, partial(self._rest, passes - 1))
        else:
            self._painted()

    def _cover(self, number: int) -> None:
        listing = read(self._frames[number])
        if listing is None:
            lines = ["".join(text for text, _ in row) for row in self._frames[number]]
            is_asked = any("[ No ]" in text for text in lines)
            if isinstance(self.screen, Page):
                self.screen.turn(lines)
            elif is_asked or "WHAT CAN BE DONE" in lines[0]:
                lines = [text.strip() for text in lines if text.strip() and "[ No ]" not in text]
                self.push_screen(Dialog(lines, is_asked=is_asked))
            else:
                self.push_screen(Page(lines))
            return
        if isinstance(self.screen, (Dialog, Page)):
            self.pop_screen()
        self.set_timer(PASS_S, partial(self._list, listing))

    def _list(self, now: Listing) -> None:
        before, self._shown = self._shown, now
        bottom = self.screen_stack[0]
        texts = {f"above-{number}": text for number, text in enumerate(now.above)}
        texts.update(strip=now.strip, foot=now.foot)
        for name, text in texts.items():
            static = bottom.query_one(f"#{name}", Static)
            if before is None or static.content != text:
                static.update(text)
        table = bottom.query_one(DataTable)
        if before is None or before.heads != now.heads:
            table.clear(columns=True)
            table.add_columns(*now.heads)
            table.add_rows(now.rows)
        elif len(before.rows) != len(now.rows):
            table.clear()
            table.add_rows(now.rows)
        else:
            for y, (old, new) in enumerate(zip(before.rows, now.rows)):
                for x, (one, two) in enumerate(zip(old, new)):
                    if one != two:
                        table.update_cell_at(Coordinate(y, x), two, update_width=True)
        table.move_cursor(row=now.cursor)


def main(path: str, ready_fd: int, go_fd: int) -> None:
    """Show each screen of a JSON file when a byte comes on go_fd; say so on ready_fd."""
    with open(path, encoding="ascii") as file:  # noqa: PTH123
        frames = json.load(file)
    app = Stock(frames, lambda: os.write(ready_fd, b"."))

    def listen() -> None:
        for number in range(1, len(frames)):
            if not os.read(go_fd, 1):
                break
            app.call_from_thread(app.step, number)
        os.read(go_fd, 1)
        app.call_from_thread(app.exit)

    threading.Thread(target=listen, daemon=True).start()
    app.run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
