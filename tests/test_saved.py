"""What was seen in a session, kept in files: a disk that has no room is said, and stops nothing."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

from stx_tui.saved import Log

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
def test_a_log_that_finds_no_room_says_so_and_ends_without_a_fault() -> None:
    log = Log(FULL, FULL.open("w", encoding="utf-8"))
    log.went_by(deque(["one", "two"]), 2)
    assert log.end(["three"]) == "the log ended: No space left on device"
