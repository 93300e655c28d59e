"""The very same screens by Textual as it ships: its widgets, its theme, its driver, 256 colours.

What its guide shows for such a console: ``Header``, ``Tabs`` for the areas, a ``DataTable`` whose
changed cells are updated, ``Input`` for what is typed, ``Footer`` for the keys, ``Static`` for the
text between them, a ``Screen`` for what covers it. Only what differs is handed to a widget.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Callable, List, Optional, Tuple

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.coordinate import Coordinate
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, DataTable, Footer, Header, Input, Static, Tab, Tabs

Runs = List[List[str]]
HEADS = 5  # rows above the table
TABS = 1  # the row of the areas; its widget is two rows high, and underlined as row 5 is
NUMBERS = count(1)  # of the keys that are shown: none of them is pressed
PASSES, PASS_S = 4, 0.05  # a screen is laid out, then its widgets, then painted


def words(row: str) -> List[str]:
    """Return what stands apart in a row: an area, or a key with what it does."""
    return re.split(r" {2,}", row.strip())


@dataclass(frozen=True)
class Listing:
    """A screen with a table in it."""

    title: str
    areas: Tuple[str, ...]
    area: str
    verdict: Tuple[str, ...]
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
        title=texts[0].strip(),
        areas=tuple(words(texts[TABS])),
        area="".join(text for text, letters in frame[TABS] if letters).strip(),
        verdict=tuple(text.rstrip() for text in texts[TABS + 1 : HEADS - 1]),
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
        yield Header()
        yield Static("\n".join(self._lines[1:23]), markup=False, id="text")
        yield Footer()

    def on_mount(self) -> None:
        self.title = self._lines[0].strip()

    def turn(self, lines: List[str]) -> None:
        """Show other lines."""
        before, self._lines = self._lines, lines
        self.title = lines[0].strip()
        if lines[1:23] != before[1:23]:
            self.query_one("#text", Static).update("\n".join(lines[1:23]))


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
    Input { dock: bottom; display: none; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, frames: List[List[Runs]], painted: Callable[[], None]) -> None:
        super().__init__()
        self._frames = frames
        self._painted = painted
        self._shown: Optional[Listing] = None
        self._foot = ""

    def compose(self) -> ComposeResult:
        yield Header()
        first = next(listing for listing in map(read, self._frames) if listing)
        yield Tabs(*(Tab(area, id=tab_id(area)) for area in first.areas))
        for number in range(HEADS - TABS - 2):
            yield Static(id=f"verdict-{number}", markup=False)
        yield DataTable(cursor_type="row")
        yield Static(id="strip", markup=False)
        yield Input(compact=True)
        yield Footer()

    def on_mount(self) -> None:
        for foot in sorted({"".join(text for text, _ in frame[23]) for frame in self._frames}):
            for said in words(foot):
                key, _, what = said.partition(" ")
                action = f"told({foot!r}, {key!r})"
                self.bind(f"f{next(NUMBERS)}", action, description=what, key_display=key)
        self.step(0)

    def check_action(self, action: str, parameters: Tuple[object, ...]) -> Optional[bool]:
        """Offer the keys of the screen that is shown alone."""
        return parameters[0] == self._foot if action == "told" else True

    def step(self, number: int) -> None:
        """Show the screen of that number."""
        foot = "".join(text for text, _ in self._frames[number][23])
        if foot != self._foot:
            self._foot = foot
            self.refresh_bindings()
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
        if before is None or before.title != now.title:
            self.title = now.title
        if before is None or before.area != now.area:
            bottom.query_one(Tabs).active = tab_id(now.area)
        texts = {f"verdict-{number}": text for number, text in enumerate(now.verdict)}
        texts["strip"] = now.strip
        for name, text in texts.items():
            static = bottom.query_one(f"#{name}", Static)
            if before is None or static.content != text:
                static.update(text)
        self._type(bottom.query_one(Input), now.foot.strip())
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

    @staticmethod
    def _type(line: Input, foot: str) -> None:
        """Show what is typed into a filter or after a colon."""
        line.display = foot[:1] in {"/", ":"}
        if line.display and line.value != foot:
            line.value = foot


def tab_id(area: str) -> str:
    """Return a tab's id of ``2 Alarms``."""
    return "area-" + area.partition(" ")[0]


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
