"""What was seen in a session, kept in files: a disk that has no room is said, and stops nothing."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

from stx_tui.saved import Log, save
from tests.backend.logs.test_saving import disk_of

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
def test_a_log_that_finds_no_room_says_so_and_ends_without_a_fault() -> None:
    log = Log(FULL, FULL.open("w", encoding="utf-8"))
    log.went_by(deque(["one", "two"]), 2)
    assert log.end(["three"]) == "the log ended: No space left on device"


def test_what_finds_no_room_is_not_saved_and_nothing_half_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with disk_of(4096):
        assert save("controller-0", ["x" * 80] * 1000).startswith("not saved: ")
    assert list((tmp_path / "stx-tui" / "sessions").iterdir()) == []
