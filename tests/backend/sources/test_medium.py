"""Files onto a medium: real filesystems where root may mount them, each bad day by itself."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterator, List

import pytest

from backend.errors import Rejected, StxError
from backend.kind import FileCopy
from backend.sources import medium

TEXT = os.urandom(300_000)


def names(folder: Path) -> List[str]:
    return sorted(path.name for path in folder.iterdir())


def sized(path: Path, size: int) -> Path:
    with path.open("wb") as made:
        made.truncate(size)
    return path


def can_mount() -> bool:
    """Whether this user may mount a filesystem here (in a container root may not)."""
    argv = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    return (
        os.geteuid() == 0 and not subprocess.run(argv, capture_output=True, check=False).returncode
    )


mounts = pytest.mark.skipif(not can_mount(), reason="only root may mount")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "controller-0_platform_backup.tgz"
    path.write_bytes(TEXT)
    return path


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A real filesystem of its own, of 1 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=1m", "stick", str(folder)]
    subprocess.run(argv, check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


async def copy(file: Path, folder: Path, **more: Any) -> Dict[str, Any]:
    more.setdefault("is_mount", lambda _path: True)
    done = await medium.copy(FileCopy(path=str(file), folder=str(folder)), **more)
    assert isinstance(done, dict)
    return done


async def test_a_file_is_there_whole_with_its_sum_beside_it(file: Path, stick: Path) -> None:
    done = await copy(file, stick)
    digest = hashlib.sha256(TEXT).hexdigest()
    assert done == {"path": str(stick / file.name), "bytes": len(TEXT), "sha256": digest}
    assert names(stick) == [file.name, f"{file.name}.sha256"]
    argv = ["sha256sum", "-c", f"{file.name}.sha256"]
    assert await asyncio.to_thread(subprocess.call, argv, cwd=stick, stdout=-3) == 0


async def test_what_is_no_mounted_medium_is_refused(file: Path, stick: Path) -> None:
    with pytest.raises(Rejected, match="nothing is mounted at"):
        await copy(file, stick, is_mount=os.path.ismount)
    assert names(stick) == []


async def test_a_file_that_is_not_there_is_said(file: Path, stick: Path) -> None:
    with pytest.raises(Rejected, match="No such file"):
        await copy(file.with_name("none"), stick)
    with pytest.raises(Rejected, match="is no file"):
        await copy(file.parent, stick)


@mounts
async def test_a_medium_without_room_is_refused_before_anything_is_written(
    file: Path, small: Path
) -> None:
    sized(file, 2_000_000)
    with pytest.raises(Rejected, match="bytes free"):
        await copy(file, small, is_mount=os.path.ismount)
    assert names(small) == []


@mounts
async def test_a_medium_that_fills_in_mid_write_is_said_and_nothing_half_is_left(
    file: Path, small: Path, tmp_path: Path
) -> None:
    # A file that grows while it is copied: its size said that there was room.
    grows = sized(tmp_path / "grows", 900_000)
    with grows.open("ab") as made, pytest.raises(StxError, match="is full before"):
        await copy(grows, small, is_mount=_grow(made))
    assert names(small) == []


def _grow(file: Any) -> Any:
    """Return a check for a mount that lets the file grow once its size was taken."""

    def is_mount(path: Path) -> bool:
        file.write(b"x" * 3_000_000)
        file.flush()
        return os.path.ismount(path)

    return is_mount


@mounts
async def test_a_medium_that_is_pulled_out_in_mid_write_is_said(file: Path, small: Path) -> None:
    def is_mount(path: Path) -> bool:
        # What the kernel makes of a filesystem whose device fails it.
        subprocess.run(["mount", "-o", "remount,ro", str(path)], check=True)
        return True

    with pytest.raises(StxError, match="pulled out or failed in mid-write") as pulled:
        await copy(file, small, is_mount=is_mount)
    assert "copy again" in pulled.value.advice
    assert names(small) == []


async def test_a_file_that_changes_while_it_is_copied_is_no_copy(file: Path, stick: Path) -> None:
    def is_mount(_path: Path) -> bool:
        with file.open("ab") as more:
            more.write(b"more of it")
        return True

    with pytest.raises(StxError, match="changed while it was copied") as told:
        await copy(file, stick, is_mount=is_mount)
    assert "copy it again" in told.value.advice
    assert names(stick) == []


async def test_what_lies_on_a_medium_is_never_written_over(file: Path, stick: Path) -> None:
    # Every controller calls its backup alike, until it has another name.
    other = stick / file.name
    other.write_bytes(b"another site's")
    with pytest.raises(Rejected, match="already"):
        await copy(file, stick)
    assert other.read_bytes() == b"another site's"
    assert names(stick) == [file.name]


async def test_a_file_that_cannot_be_read_to_its_end_is_not_blamed_on_the_medium(
    file: Path, stick: Path
) -> None:
    class Broken(medium.Here):
        @contextmanager
        def open(self) -> Iterator[BinaryIO]:
            # Its first page cannot be read.
            with Path("/proc/self/mem").open("rb") as unreadable:
                yield unreadable

    with pytest.raises(StxError, match="cannot be read to its end") as told:
        await copy(file, stick, source=Broken(file))
    assert "not the medium" in told.value.advice
    assert names(stick) == []


async def test_a_medium_that_is_gone_with_its_folder_is_said(file: Path, stick: Path) -> None:
    def is_mount(path: Path) -> bool:
        path.rmdir()
        return True

    with pytest.raises(StxError, match="No such file"):
        await copy(file, stick, is_mount=is_mount)


async def test_a_copy_nobody_waits_for_stops_and_leaves_nothing(file: Path, stick: Path) -> None:
    sized(file, 20_000_000_000)
    task = asyncio.ensure_future(copy(file, stick))
    while not names(stick):  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    ends = time.monotonic() + 10
    while names(stick) and time.monotonic() < ends:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert names(stick) == []


@pytest.mark.parametrize("name", [".{}.part", "{}.sha256"])
async def test_a_link_that_lies_on_a_medium_leads_no_write_anywhere_else(
    file: Path, stick: Path, tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "shadow"
    victim.write_text("root:x\n", encoding="utf-8")
    (stick / name.format(file.name)).symlink_to(victim)
    await copy(file, stick)
    assert victim.read_text(encoding="utf-8") == "root:x\n"
    assert names(stick) == [file.name, f"{file.name}.sha256"]
    assert not (stick / f"{file.name}.sha256").is_symlink()
