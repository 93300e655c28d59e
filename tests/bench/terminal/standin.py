"""A small console of the same make as the real one: header, table, strip, dialog, detail, help."""

from __future__ import annotations

from typing import ClassVar, Optional

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input, Static

from stx_tui.terminal import repaint
from stx_tui.terminal.profile import MONO, Profile
from tests.bench.terminal.measure import Step
from tests.bench.terminal.pages import PAGES

REVERSE, BOLD, PLAIN = Style(reverse=True), Style(bold=True), Style()
HEADS = {
    1: "   NAME          ROLE         ADMIN     OPER      AVAIL      CFG  ALARMS   FOR",
    2: "   S ID       WHERE                      WHAT                          FOR",
}
STATES = (
    ("ctl+wrk ACT", "unlocked", "enabled", "available", "ok", ""),
    ("ctl+wrk sby", "unlocked", "disabled", "intest", "OLD", "C1 M1"),
    ("worker", "unlocked", "enabled", "degraded", "ok", "M1"),
    ("worker", "locked", "disabled", "online", "ok", "w1"),
)


def host_line(number: int) -> str:
    role, admin, oper, avail, cfg, alarms = STATES[number % 4 if number < 8 else number % 3 + 1]
    named = f" {' ~!-'[number % 4]} host-{number:<9d}{role:<13s}"
    return f"{named}{admin:<10s}{oper:<10s}{avail:<11s}{cfg:<5s}{alarms:<9s}{number}d"


def alarm_line(number: int) -> str:
    where = f"host-{number} process pmond"
    said = f" + {'CMmw'[number % 4]} {200 + number}.{number:03d}  {where:<27s}"
    return f"{said}{'file system 92%':<30s}{number}m"


class Table(ScrollView, can_focus=True):
    """Lines with a cursor; formats only what is visible."""

    BINDINGS: ClassVar = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
    ]
    DEFAULT_CSS = "Table { height: 12; scrollbar-size: 0 0; }"
    cursor = reactive(0)

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def show(self, lines: list[str]) -> None:
        old, self.lines = self.lines, lines
        self.virtual_size = Size(80, len(lines))
        if len(old) != len(lines):
            self.cursor = min(self.cursor, max(0, len(lines) - 1))
            self.refresh()
            return
        for number, (one, two) in enumerate(zip(old, lines)):
            if one != two:
                self._refresh(number)

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        if number >= len(self.lines):
            return Strip.blank(self.size.width)
        chosen = number == self.cursor
        text = (">" if chosen else " ") + self.lines[number][1:]
        return Strip([Segment(text.ljust(self.size.width), REVERSE if chosen else PLAIN)])

    def watch_cursor(self, before: int, now: int) -> None:
        self._refresh(before)
        self._refresh(now)
        top, height = self.scroll_offset.y, self.size.height
        if now < top:
            self.scroll_to(y=now, animate=False)
        elif now >= top + height:
            self.scroll_to(y=now - height + 1, animate=False)

    def action_move(self, by: int) -> None:
        self.cursor = max(0, min(len(self.lines) - 1, self.cursor + by))
        self.app.chosen(self.cursor)  # type: ignore[attr-defined]

    def _refresh(self, number: int) -> None:
        y = number - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))


class Page(Screen[None]):
    """A whole screen of lines, as dialogs, details and help are."""

    BINDINGS: ClassVar = [Binding("q,escape", "app.pop_screen", show=False)]

    def __init__(self, name: str) -> None:
        super().__init__()
        self._lines = PAGES[name].splitlines()

    def compose(self) -> ComposeResult:
        looks = ("head", "", "verdict")
        for number, line in enumerate(self._lines):
            look = looks[number] if number < len(looks) else ""
            yield Static(line.ljust(80) if number == 0 else line, markup=False, classes=look)


class Standin(App[None]):
    """The stand-in console; keys as in the real one."""

    CSS = """
    .mono Screen { background: ansi_default; color: ansi_default; }
    Static { height: 1; }
    .head { text-style: reverse; }
    .verdict { text-style: bold; }
    .heads { text-style: underline; }
    #strip { height: 4; }
    #filter { display: none; height: 1; border: none; padding: 0; }
    .mono #filter { background: ansi_default; }
    #filter.on { display: block; }
    """
    BINDINGS: ClassVar = [
        Binding("1", "pane(1)", show=False),
        Binding("2", "pane(2)", show=False),
        Binding("slash", "filter", show=False),
        Binding("enter", "page('detail')", show=False, priority=False),
        Binding("o", "page('detail')", show=False),
        Binding("a", "page('dialog')", show=False),
        Binding("question_mark", "page('help')", show=False),
        Binding("ctrl+l", "repaint", show=False),
        Binding("Q", "quit", show=False),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *, mono: bool, **how: object) -> None:
        super().__init__(ansi_color=mono, **how)  # type: ignore[arg-type]
        self.set_class(mono, "mono")
        self.pane = 1
        self.sought = ""
        self.touched = 0

    def compose(self) -> ComposeResult:
        self.table = Table()
        yield Static(
            " site-7  AIO-DX 24.09   active controller-0    C1 M3 m0 w3      live 3s 02:41Z  ",
            classes="head",
        )
        yield Static(
            " 1 Hosts   2 Alarms   3 Storage   4 Containers   5 Patches           : go to",
            id="tabs",
        )
        yield Static("", id="verdict", classes="verdict", markup=False)
        yield Static("-" * 78, id="rule")
        yield Static("", id="heads", classes="heads", markup=False)
        yield self.table
        yield Static("", id="foot", markup=False)
        yield Static("", id="strip", markup=False)
        yield Input(id="filter", select_on_focus=False)
        yield Static(
            " Enter open  a act  s console  / filter  n next bad  c copy command  ? keys", id="keys"
        )

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.action_pane(1)
        self.table.focus()

    def fill(self) -> None:
        line = host_line if self.pane == 1 else alarm_line
        count = 40 if self.pane == 1 else 9
        lines = [line(number) for number in range(count)]
        for touched in range(self.touched):
            number, column = touched % count, 58 if touched < 10 else 70
            lines[number] = lines[number][:column] + "x" + lines[number][column + 1 :]
        self.table.show([each for each in lines if self.sought in each])
        self.query_one("#heads", Static).update(HEADS[self.pane])
        self.query_one("#foot", Static).update(f" {len(self.table.lines)} of {count} " + "-" * 66)
        said = (
            "NOT WELL  host-1 is coming up, 6:12 of about 7:40. 1 critical alarm.",
            "2 NEW since you started (02:28Z)   5 were there   1 cleared",
        )
        self.query_one("#verdict", Static).update(" " + said[self.pane - 1])
        self.chosen(self.table.cursor)

    def chosen(self, number: int) -> None:
        text = (
            f" unlocked 02:{number:02d}Z by sysadmin (ttyS0)      last took 7:{number:02d} 7:38\n"
            " BMC power on, health ok   SOL last line: [ OK ] Started Kubelet.\n"
            " 250.001 config out-of-date stays until this unlock ends"
        )
        self.query_one("#strip", Static).update(text)

    def action_pane(self, number: int) -> None:
        self.pane = number
        self.table.cursor = 0
        self.fill()

    def action_page(self, name: str) -> None:
        self.push_screen(Page(name))

    def action_filter(self) -> None:
        field = self.query_one(Input)
        field.add_class("on")
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.sought = event.value
        self.fill()

    def on_input_submitted(self) -> None:
        self.query_one(Input).remove_class("on")
        self.table.focus()

    def action_one(self) -> None:
        self.touched = 5
        self.fill()

    def action_twenty(self) -> None:
        self.touched = 20
        self.fill()

    def action_repaint(self) -> None:
        repaint(self)


STEPS = (
    Step("cursor down", b"j"),
    Step("cursor down again", b"j"),
    Step("", b"\x1b[B" * 9),
    Step("cursor down that scrolls", b"j"),
    Step("scrolls again", b"j"),
    Step("one cell changed", hook="one"),
    Step("twenty cells changed", hook="twenty"),
    Step("pane 1 to 2", b"2"),
    Step("pane 2 to 1", b"1"),
    Step("", b"/"),
    Step("filter key", b"3"),
    Step("filter key back", b"\x7f"),
    Step("", b"\r"),
    Step("dialog open", b"a"),
    Step("dialog close", b"q"),
    Step("detail open", b"o"),
    Step("detail close", b"q"),
    Step("help open", b"?"),
    Step("help close", b"q"),
)
HOOKS = {"one": Standin.action_one, "twenty": Standin.action_twenty}


def make(profile: Optional[Profile], **how: object) -> App[None]:
    """The app as a profile wants it; None is Textual's own driver, with Textual's own theme."""
    return Standin(mono=profile is not None and profile.colours == MONO, **how)
