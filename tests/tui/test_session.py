"""A session on the screen: only cells reach it, every key goes through, and ``~.`` leads out."""

from __future__ import annotations

import asyncio
import time
from typing import Any, List, Tuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.channel import Heard, Notice
from backend.clean import clean
from backend.deed import Deed
from backend.errors import Unreachable
from stx_tui.panes.far import MARKS_MOST, Far, FarStream
from stx_tui.panes.session import Escape, bytes_of
from stx_tui.screens.dialog import DEAF_S
from stx_tui.screens.session import SessionScreen
from tests.tui.desk import Desk, machine
from tests.tui.things import until

DEED = Deed(
    number="2211-0001",
    cloud="c",
    kind="machines",
    action="console",
    row_id="id-a",
    label="controller-1",
    who="ann",
    terminal="ttyS0",
    began_ms=0,
)


class Line:
    """A channel whose far end is the test."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()
        self.typed = b""
        self.sizes: List[Tuple[int, int]] = []
        self.closed = False
        self.is_down = False

    async def read(self) -> Heard:
        return await self.heard.get()

    async def write(self, data: bytes) -> None:
        if self.is_down:
            raise Unreachable("BMC of controller-1", "the console is down; nothing was sent")
        self.typed += data

    def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))

    async def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


async def opened(desk: Desk, size: Any = (80, 24)) -> Tuple[SessionScreen, Line]:
    line = Line()
    screen = SessionScreen(DEED, line, size)
    desk.app.push_screen(screen)
    await desk.pilot.pause()
    return screen, line


async def say(desk: Desk, line: Line, *heard: Heard) -> None:
    for one in heard:
        line.heard.put_nowait(one)
    await desk.pilot.pause()
    await desk.pilot.pause()


async def test_what_the_far_end_sends_stands_on_the_screen_and_what_is_typed_goes_there() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        screen, line = await opened(desk)
        await say(desk, line, b"Debian GNU/Linux 11\r\n\r\ncontroller-1 login: ")
        assert desk.lines[1].startswith("Debian GNU/Linux 11")
        assert desk.lines[3].startswith("controller-1 login:")
        assert "controller-1" in desk.lines[0]
        assert "~. leaves" in desk.lines[0]
        await desk.press("r", "q", "?", ":", "enter", on=SessionScreen)
        assert line.typed == b"rq?:\r"
        assert desk.app.screen is screen


async def test_the_printable_escape_leads_out_and_closes_it_and_saves_what_was_seen(
    tmp_path: Any,
) -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        _screen, line = await opened(desk)
        await say(desk, line, b"one\r\ntwo\r\n")
        await desk.press("x", "~", ".", on=SessionScreen)
        assert line.typed == b"x~."  # within a line it is just a tilde
        await desk.press("enter", "~", ".")
        await desk.pilot.pause()
        assert line.closed
        assert not isinstance(desk.app.screen, SessionScreen)
        (saved,) = (tmp_path / "stx-tui" / "sessions").iterdir()
        assert saved.read_text().splitlines() == ["one", "two"]
        assert saved.stat().st_mode & 0o077 == 0


async def test_what_was_seen_is_saved_though_the_console_ends_in_the_middle_of_it(
    tmp_path: Any,
) -> None:
    """As where the line hangs up: nobody is there to leave it."""
    desk = Desk(machine("a"))
    async with desk.sat_at():
        _screen, line = await opened(desk)
        await desk.press("~", "l", on=SessionScreen)
        await say(desk, line, b"one\r\ntwo\r\n")
    assert line.closed
    folder = tmp_path / "stx-tui" / "sessions"
    (saved,), (log,) = folder.glob("*.txt"), folder.glob("*.log")
    assert saved.read_text().splitlines() == ["one", "two"]
    assert log.read_text().splitlines()[1:] == ["one", "two"]


async def test_a_dropped_line_says_so_and_what_is_typed_meanwhile_is_said_to_be_lost() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        _screen, line = await opened(desk)
        await say(desk, line, Notice(words="dropped: silence; trying again", is_down=True))
        assert "dropped: silence" in desk.lines[23]
        line.is_down = True
        await desk.press("r", on=SessionScreen)
        assert "nothing was sent" in desk.lines[23]
        line.is_down = False
        await say(desk, line, Notice(words="reconnected"), b"login: ")
        assert "reconnected" in desk.lines[23]
        assert desk.lines[1].startswith("login:")


async def test_when_it_is_over_any_key_leads_back() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        _screen, line = await opened(desk)
        await say(desk, line, Notice(words="somebody else took it over", is_down=True), b"")
        assert "somebody else took it over" in desk.lines[23]
        await desk.settle()
        await desk.press("k")
        await desk.pilot.pause()
        assert not isinstance(desk.app.screen, SessionScreen)


async def test_what_went_by_can_be_looked_at_and_written_into_a_log(tmp_path: Any) -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        screen, line = await opened(desk)
        await desk.press("~", "l", on=SessionScreen)
        assert "LOG" in desk.lines[0]
        text = "".join(f"line {number}\r\n" for number in range(100))
        await say(desk, line, text.encode())
        assert "line 99" in desk.text
        await desk.press("~", "p", on=SessionScreen)
        assert "line 99" not in desk.text
        assert "line 60" in desk.text
        await desk.press("q", on=SessionScreen)
        assert "line 99" in desk.text
        await desk.press("~", "l", on=SessionScreen)
        (log,) = (tmp_path / "stx-tui" / "sessions").glob("*.log")
        assert log.read_text().splitlines()[1:] == [f"line {number}" for number in range(100)]
        assert screen.pane.far.passed


async def test_a_far_end_that_follows_is_told_the_size_of_the_screen() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at(size=(100, 30)):
        screen, line = await opened(desk, size=None)
        assert line.sizes[-1] == (100, 29)
        assert (screen.pane.far.columns, screen.pane.far.lines) == (100, 29)


async def test_a_far_end_larger_than_the_screen_is_followed_at_its_cursor() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        _screen, line = await opened(desk)
        await say(desk, line, b"\x1b[1;1Htop\x1b[24;1Hbottom")
        assert "bottom" in desk.lines[23]
        assert "top" not in desk.text


async def test_function_keys_have_keys_that_every_line_has() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        _screen, line = await opened(desk)
        await desk.press("~", "2", "~", "-", "~", "=", on=SessionScreen)
        assert line.typed == b"\x1bOQ\x1b[23~\x1b[24~"


async def test_a_paste_goes_through_as_typed() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        _screen, line = await opened(desk)
        await desk.paste("ls\nls -l\n")
        await desk.pilot.pause()
        assert line.typed == b"ls\rls -l\r"


# --- nothing of the far end reaches the terminal but cells -------------------------------------


# What control sequences are made of, whole and broken.
PARTS = [b"\x1b[", b"\x9b", b"\x1b]", b"\x07", b"?", b">", b";", b"$", b"\xc3", b"\n", b"x"]
PARTS += [bytes([code]) for code in (*b"0123456789", *b"@ABCDEFGHJKLMPXacdefghlmnr`'")]


@given(st.binary(max_size=400) | st.lists(st.sampled_from(PARTS), max_size=200).map(b"".join))
@example(b"\x1b[?4m of vim \x1b[1;2;3A\x1b[9K\x1b[?6n")
def test_whatever_bytes_come_only_printable_cells_are_shown(data: bytes) -> None:
    far = Far(40, 10, lambda _answer: None)
    FarStream(far).feed(data)
    for y in range(far.lines):
        text = far.text(y)
        assert clean(text) == text


def test_a_far_end_that_asks_where_its_cursor_is_gets_an_answer_and_nothing_else() -> None:
    answers: List[bytes] = []
    far = Far(80, 24, answers.append)
    FarStream(far).feed(b"\x1b[3;5H\x1b[6n\x1b]0;evil\x07\x1bP+q544e\x1b\\")
    assert answers == [b"\x1b[3;5R"]


@pytest.mark.parametrize(
    ("name", "character", "sent"),
    [
        ("a", "a", b"a"),
        ("enter", "\r", b"\r"),
        ("ctrl+c", "\x03", b"\x03"),
        ("ctrl+l", "\x0c", b"\x0c"),
        ("escape", "\x1b", b"\x1b"),
        ("backspace", "\x7f", b"\x7f"),
        ("f12", "", b"\x1b[24~"),
        ("pagedown", "", b"\x1b[6~"),
        ("é", "é", "é".encode()),
        ("f99", "", b""),
    ],
)
def test_each_key_sends_what_a_terminal_sends(name: str, character: str, sent: bytes) -> None:
    assert bytes_of(name, character, is_application=False) == sent


def test_arrows_follow_what_the_application_asked_for() -> None:
    assert bytes_of("up", "", is_application=False) == b"\x1b[A"
    assert bytes_of("up", "", is_application=True) == b"\x1bOA"
    far = Far(80, 24, lambda _answer: None)
    FarStream(far).feed(b"\x1b[?1h")
    assert far.is_application


def test_a_tilde_is_a_word_to_us_only_at_the_start_of_a_line() -> None:
    escape = Escape()
    assert escape.take(b"~") == (b"", "")
    assert escape.take(b"~") == (b"~", "")
    assert escape.take(b"~") == (b"~", "")
    assert escape.take(b"\r") == (b"\r", "")
    assert escape.take(b"~") == (b"", "")
    assert escape.take(b"x") == (b"~x", "")
    assert escape.take(b"\r") == (b"\r", "")
    assert escape.take(b"~") == (b"", "")
    assert escape.take(b".") == (b"", ".")


async def test_what_the_console_was_opened_for_is_asked_for_at_once() -> None:
    from stx_tui.screens import doing

    desk = Desk(machine("a"))
    async with desk.sat_at():
        await until(desk.pilot, lambda: desk.app.station is not None)
        assert desk.app.station is not None
        await doing.begin(desk.app, desk.app.station, ("machines", "no-such", "a"))
        await desk.pilot.pause()
        assert "there is nothing here that has a no-such" in desk.text
        action = desk.app.rooms.by_name["machines"].actions[0].name
        await doing.begin(desk.app, desk.app.station, ("machines", action, "nobody"))
        await desk.pilot.pause()
        assert "there is no machine 'nobody'" in desk.text
        await doing.begin(desk.app, desk.app.station, ("machines", action, "a"))
        await desk.settle()
        assert desk.app.screen is not desk.app.screen_stack[0]


async def test_what_is_typed_on_after_its_end_neither_leaves_nor_reaches_the_console() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        screen, line = await opened(desk)
        await say(desk, line, Notice("it ended", is_down=True), b"")
        assert "any key leaves" in desk.text
        # In the time of the hand alone: a slow machine comes late to what was said.
        desk._hand_s = screen._heard_s = time.monotonic() + 60.0
        await desk.press(*"reboot", "enter", "q", every_s=0.1, on=SessionScreen)
        assert desk.app.screen is screen
        await desk.press("q", every_s=DEAF_S)
        assert desk.app.screen is not screen
        assert line.closed


async def test_a_session_whose_reading_breaks_says_so() -> None:
    desk = Desk(machine("a"))
    async with desk.sat_at():
        _screen, line = await opened(desk)

        async def broken() -> Heard:
            raise ZeroDivisionError("a mistake of ours")

        line.read = broken  # type: ignore[method-assign]
        await say(desk, line, b"last words")
        await until(desk.pilot, lambda: "ZeroDivisionError: a mistake of ours" in desk.text)


def test_of_thousands_of_marks_on_one_letter_a_few_are_kept() -> None:
    far = Far(80, 24, lambda _said: None)
    stream = FarStream(far)
    for _ in range(5):
        stream.feed(("e" + "\u0316" * 2000).encode())
    stream.feed("\u0316\u0316 and on".encode())
    assert all(len(far.buffer[0][x].data) <= 1 + MARKS_MOST for x in range(80))
    assert far.text(0).endswith(" and on")
    stream.feed("\r\ncafe\u0301".encode())
    assert far.text(1) == "caf\u00e9"


@pytest.mark.parametrize(
    "noise",
    [
        b"\x1b[\xc2\xb2m",
        b"\x1b[" + b"1" * 6000,
        b"\x1b]0;a title without an end\r\n",
        b"\xc2\x9d0;a title\x1b[0m",
        b"\x1b]0;a title\x18",
        b"\x1b]0;" + b"t" * 6000,
        b"\x1b]0;a title\x1b\x1b[m",
    ],
    ids=("square", "digits", "line end", "sequence", "cancelled", "long", "escape twice"),
)
def test_noise_ends_no_session_and_swallows_nothing_of_what_follows(noise: bytes) -> None:
    far = Far(80, 24, lambda _said: None)
    stream = FarStream(far)
    for at in range(len(noise)):
        stream.feed(noise[at : at + 1])
    stream.feed(b"\r\nand \x1b[1mon.\x1b]0;a title\x1b\\\x1b]2;two\x07")
    rows = [far.text(y) for y in range(24)]
    assert [row for row in rows if "and on." in row] == ["and on."]
    assert far.title == "two"
