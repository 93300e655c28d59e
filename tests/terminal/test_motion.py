"""The cursor gets where it should, from anywhere, in no more bytes than by its address."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stx_tui.terminal.motion import UNKNOWN, motion
from tests.terminal.emulator import Emulator

rows, columns = st.integers(0, 23), st.integers(0, 79)


@given(rows, columns, rows, columns, st.booleans(), st.booleans())
def test_cursor_gets_there(
    y0: int, x0: int, y1: int, x1: int, row_known: bool, column_known: bool
) -> None:
    emulator = Emulator()
    emulator.feed(b"\x1b[%d;%dH" % (y0 + 1, x0 + 1))
    way = motion(y0 if row_known else UNKNOWN, x0 if column_known else UNKNOWN, y1, x1)
    emulator.feed(way)
    cursor = emulator.screen.cursor
    assert (cursor.y, cursor.x) == (y1, x1)
    assert len(way) <= len(b"\x1b[%d;%dH" % (y1 + 1, x1 + 1))


@given(rows, columns, rows, columns)
def test_cursor_gets_there_where_a_linefeed_returns_as_well(
    y0: int, x0: int, y1: int, x1: int
) -> None:
    emulator = Emulator()
    emulator.feed(b"\x1b[20h\x1b[%d;%dH" % (y0 + 1, x0 + 1))
    emulator.feed(motion(y0, x0, y1, x1, falls=False))
    assert (emulator.screen.cursor.y, emulator.screen.cursor.x) == (y1, x1)


def test_short_ways_are_found() -> None:
    assert motion(5, 7, 5, 7) == b""
    assert motion(5, 7, 6, 0) == b"\r\n"
    assert motion(5, 7, 5, 6) == b"\b"
    assert motion(5, 7, 4, 7) == b"\x1bM"
    assert motion(UNKNOWN, UNKNOWN, 0, 0) == b"\x1b[H"
    assert motion(UNKNOWN, UNKNOWN, 4, 0) == b"\x1b[5H"
