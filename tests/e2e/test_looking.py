"""Looking about in the console, end to end, at 80x24 on a VT100: nothing is acted on."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Iterator

import pytest

from tests.e2e.conftest import Sit, well_written
from tests.e2e.far import Far

pytestmark = pytest.mark.slow

FIRST = r"controller-1 is coming up"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """One console on the frozen pretend cloud for all that only look."""
    far = Far(["demo", "--freeze"], tmp_path_factory.mktemp("home"))
    far.until(FIRST, "live")
    yield far
    far.close()
    well_written(far)


@pytest.fixture
def far(shared: Far) -> Far:
    """Go back to the first screen with its cursor on the first row, whatever stood there."""
    for _ in range(4):
        if "1 Hosts  2 Alarms" in shared.still():
            break
        shared.press("escape")
    shared.press("1", "escape", "g", "1")
    shared.until(FIRST, r"7 of 7 hosts -+ selected: controller-0")
    return shared


def test_the_first_screen_says_in_row_3_what_is_wrong_and_marks_only_those_rows(far: Far) -> None:
    # The strip of another row may have hidden the last of the table till now.
    far.until(r"discovered on mgmt")
    rows = far.screen()
    assert rows[0].startswith(" site-7")
    assert "C1 M3 m0 w3" in rows[0]
    assert "~ controller-1 6:13/8:00" in rows[0]
    assert rows[0].endswith("02:41Z")
    assert rows[2].startswith(" NOT WELL  controller-1 is coming up, 6:13 of about 8:00.")
    assert "No standby: a swact and every strategy are refused" in rows[3]
    marks = {row[4:].split()[0]: row[1] for row in rows[6:18] if row[:4].strip("> ") or row[4:5]}
    assert marks["controller-1"] == "~"
    assert marks["worker-0"] == "!"
    assert marks["worker-1"] == "-"
    assert marks["00:1e:67:aa:07:31"] == "?"
    for well in ("controller-0", "worker-2", "worker-3"):
        assert marks[well] == " "
    assert any("Testing" in row and "step 5 of" in row and "gives up in" in row for row in rows)
    assert any("degraded by 200.006 process pmond" in row for row in rows)
    assert any("discovered on mgmt, no personality yet" in row for row in rows)
    assert rows[23].endswith("? keys")


def test_the_first_row_is_reverse_and_the_verdict_bold(far: Far) -> None:
    cells = far.glass.buffer
    assert all(cells[0][x].reverse for x in range(79))
    assert cells[2][1].bold
    assert not cells[2][40].reverse


def test_a_digit_goes_to_an_area_and_back(far: Far) -> None:
    far.press("2")
    far.until("6 of 7 block management actions", "C  100.104   controller-1 fs /var/log")
    far.until(r"(?m)^ CAUSE", r"(?m)^ DO ", r"(?m)^ VERIFY")
    far.press("1")
    far.until(FIRST)


def test_what_an_alarm_owes_to_an_act_is_said_beside_it(far: Far) -> None:
    far.press("2")
    far.until(r"M  250.001", r"EXPECTED: unlock controller-1, since 02:35Z")


def test_a_filter_shows_only_rows_with_it_and_escape_shows_all(far: Far) -> None:
    far.press("/")
    far.type("worker")
    far.until("4 of 7 hosts with 'worker'")
    far.press("enter")
    far.until_gone("00:1e:67")
    assert "controller-0 " not in "\n".join(far.screen()[5:18])
    far.press("escape")
    far.until("7 of 7 hosts")


def test_a_kind_is_gone_to_by_name_and_tab_completes_it(far: Far) -> None:
    far.press(":")
    far.type("alar")
    far.press("tab")
    far.until(": alarms")
    far.press("enter")
    far.until("7 ACTIVE")


def test_a_row_is_gone_to_by_its_name(far: Far) -> None:
    far.press(":")
    far.type("hosts worker-1")
    far.press("enter")
    far.until("> worker-1", "locked / disabled / online")


def test_a_name_that_no_kind_has_is_said_to_have_none(far: Far) -> None:
    far.press(":")
    far.type("wombats")
    far.press("enter")
    far.until("there is no kind 'wombats'")


def test_where_nothing_is_set_that_knows_a_kind_it_says_what_to_set(sit: Sit) -> None:
    here = sit("--cloud", "here")
    here.until("KNOWN BY", " here ")
    for name, words in (("wombats", "there is no kind 'wombats'"), ("hosts", "add auth:")):
        here.press(":")
        here.type(name)
        here.press("enter")
        here.until(words)


def test_n_goes_to_the_next_row_that_is_not_well(far: Far) -> None:
    far.press("n")
    far.until("selected: worker-0", r"(?m)^>!  worker-0")


def test_the_strip_explains_the_row_under_the_cursor(far: Far) -> None:
    far.press("j")
    far.until("selected: controller-1", r'unlock 02:35Z by sysadmin \(ttyS0\): "cfg change DNS"')


def test_enter_opens_a_row_and_its_pages_have_letters(far: Far) -> None:
    far.press("j", "enter")
    far.until("site-7 > hosts > controller-1", "unlocked / disabled / intest")
    far.press("A")
    far.until("250.001", "100.104")
    far.press("o")
    far.until("state +unlocked")
    far.press("q")
    far.until(FIRST, "selected: controller-1")


def test_the_page_of_keys_says_every_key_of_where_one_is(far: Far) -> None:
    far.press("?")
    text = far.until("KEYS  hosts")
    assert "to the next row that is not well" in text
    far.press("]")
    far.until("what breaks something asks first, and says what")
    far.press("q")
    far.until(FIRST)


def test_what_can_be_done_and_what_cannot_stands_on_one_page_with_the_reasons(far: Far) -> None:
    far.press("n", "a")
    text = far.until("WHAT CAN BE DONE with worker-0")
    assert "stops something: wants yes typed" in text
    assert "may not be undone: wants the name typed" in text
    assert "CANNOT: worker-0 is unlocked: lock it first" in text
    far.answer_dialog()
    far.press("q")
    far.until(FIRST)


def test_ctrl_l_mends_what_something_else_wrote_over_the_screen(far: Far) -> None:
    before = far.still()
    far.feed(b"\x1b[5;10Hkernel: oops\x1b[3;9r")
    assert far.text != before
    far.press("ctrl+l")
    far.until(FIRST)
    assert far.still() == before


def test_leaving_is_asked_and_no_is_what_enter_says(far: Far) -> None:
    far.press("q")
    far.until("LEAVE site-7", r"~ controller-1 6:13/8:00", "They go on by themselves")
    far.answer_dialog()
    far.press("enter")
    far.until(FIRST)


def test_noise_on_the_line_neither_ends_it_nor_breaks_its_screen(sit: Sit, tmp_path: Path) -> None:
    far = sit("demo", "--freeze")
    far.until(FIRST, "live")
    noise = random.Random(7)
    for _ in range(25):
        far.burst(bytes(noise.randrange(256) for _ in range(60)))
        far.look(0.02)
    far.still()
    assert far.process.isalive()


def test_a_wide_colour_terminal_has_the_detail_beside_the_table(sit: Sit) -> None:
    far = sit("demo", "--freeze", term="xterm-256color", lang="C.UTF-8", size=(160, 50))
    far.until(FIRST, "live", r"selected: controller-0")
    cells = far.glass.buffer
    assert cells[2][1].fg != "default"
    far.press("j")
    far.until(r'unlock 02:35Z by sysadmin \(ttyS0\): "cfg change DNS"')
    row = next(row for row in far.screen() if "by sysadmin (ttyS0)" in row)
    assert row.index("by sysadmin") > 80
    far.press("2")
    far.until("6 of 7 block management actions")
    far.press("H")
    far.until("WHAT CHANGED")
    far.press("q", "q")
    far.until("LEAVE site-7")
    far.answer_dialog()
    far.press("y")
    assert far.ended() == 0
    assert far.raw.endswith(b"\x1b[?1049l\x1b[?25h")
