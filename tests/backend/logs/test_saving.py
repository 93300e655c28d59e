"""A slice in a file: whole and on the disk, or not at all, and never over another."""

from __future__ import annotations

import resource
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest

from backend.errors import Refused, Unreadable
from backend.logs.saving import save
from backend.logs.view import View
from tests.backend.logs.things import BEGAN_MS, all_down, fill, no_step, opened, written


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file grow beyond ``size``: the system says so as it does of a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def test_a_slice_is_what_was_written_with_its_long_lines_whole(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + 100))
    with path.open("a") as log:
        log.write(written(BEGAN_MS + 100, "z" * 100_000) + "\n")
    view = View([opened(path)])
    view.to_first(200, no_step)
    lines = view.between(view.lines[50], view.lines[100], None, no_step)
    saved = save(str(tmp_path / "slice"), map(view.whole, lines), named=False)
    assert saved.lines == 51
    assert (tmp_path / "slice").read_text().splitlines() == path.read_text().splitlines()[50:]
    assert (tmp_path / "slice").stat().st_size == saved.size


def test_lines_of_several_logs_say_which_they_are_of(tmp_path: Path) -> None:
    fill(tmp_path / "sm.log", [BEGAN_MS], "a")
    saved = save(str(tmp_path / "slice"), all_down(opened(tmp_path / "sm.log")), named=True)
    assert Path(saved.path).read_text().startswith("sm: 2026-11-21T02:00:00.000")


def test_saving_never_overwrites(tmp_path: Path) -> None:
    target = tmp_path / "slice"
    target.write_text("mine")
    with pytest.raises(Refused, match="there already"):
        save(str(target), [], named=False)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="there already"):
        save(str(tmp_path / "link"), [], named=False)
    assert target.read_text() == "mine"


def test_a_disk_that_is_full_while_saving_leaves_nothing_half(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + 5000))
    lines = all_down(opened(path))
    with disk_of(64 * 1024), pytest.raises(Unreadable) as error:
        save(str(tmp_path / "slice"), lines, named=False)
    assert "taken away again" in str(error.value)
    assert "/media" in error.value.advice
    assert not (tmp_path / "slice").exists()


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        save(str(tmp_path / "none" / "slice"), [], named=False)
