# These tests wait for nobody else: the loop may stand still while a disk is mounted.
# ruff: noqa: ASYNC110, ASYNC221, ASYNC240
from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest

from backend.errors import StoreError
from backend.known import Memory
from backend.store import database, writer
from backend.store.database import Cause, Trouble
from backend.store.glance import changes, glance
from backend.store.store import Store
from tests.backend.store.things import CLOUD, HOSTS, START_MS, deed, host, reading

Opened = Callable[..., Store]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait tenths of a second where the real one waits seconds; nothing else differs."""
    monkeypatch.setattr(database, "BUSY_S", 0.1)
    monkeypatch.setattr(writer, "_FIRST_S", 0.05)
    monkeypatch.setattr(writer, "_LONGEST_S", 0.1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)], check=False
    )
    if made.returncode:
        pytest.skip("this machine lets nobody mount")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def cause(store: Store) -> Cause:
    assert isinstance(store.trouble, Trouble)
    return store.trouble.cause


def fill(file: Path) -> None:
    with file.open("ab", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)


async def filled(store: Store) -> None:
    store.record(HOSTS, reading(HOSTS, [host(1), host(2)]), CLOUD)
    await store.written()


def failed(at: int) -> Any:
    return reading(HOSTS, [host(1, availability="failed"), host(2)], START_MS + at)


async def eventually(store: Store) -> None:
    """Wait until the writer came through with all that waited."""
    for _ in range(200):
        await asyncio.sleep(0.02)
        if store.trouble is None:
            await store.written()
            return
    raise AssertionError(store.trouble)


@pytest.mark.parametrize("how", ["no database at all", "a torn page"])
async def test_a_damaged_store_is_kept_aside_and_a_new_one_begun(
    open_store: Opened, path: Path, how: str
) -> None:
    if how == "a torn page":
        first = open_store()
        await filled(first)
        await first.close()
        whole = bytearray(path.read_bytes())
        whole[4096 : 4096 * 3] = b"\x5a" * 8192
        path.write_bytes(whole)
    else:
        path.parent.mkdir()
        path.write_bytes(b"this is no database " * 500)
    damaged = path.read_bytes()
    store = open_store()
    store.record(HOSTS, reading(HOSTS, [host(1), host(2)]), CLOUD)
    await store.written()
    await eventually(store)
    store.record(HOSTS, failed(10), CLOUD)
    await store.written()
    aside = path.with_name(f"record.db.damaged-{START_MS}")
    assert aside.read_bytes() == damaged
    assert str(aside) in store.notices[0]
    assert len(await store.changes(CLOUD)) == 1
    assert (await store.open_deed(deed())).number == "2211-0001"


async def test_a_store_damaged_in_mid_session_loses_no_reading(
    open_store: Opened, path: Path
) -> None:
    store = open_store()
    await filled(store)
    # Another console, on another file of that name by now.
    store._database._close_writer()
    store._database._close_reader()
    path.write_bytes(b"overwritten " * 1000)
    store.record(HOSTS, failed(10), CLOUD)
    await store.written()
    await eventually(store)
    assert [len(seen.bodies) for seen in glance(path, None, ["hosts"]).seen] == [2]


async def test_two_consoles_that_meet_a_damaged_store_begin_one_new(
    open_store: Opened, path: Path
) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database " * 500)
    one, other = open_store(), open_store()
    for store in (one, other):
        store.record(HOSTS, reading(HOSTS, [host(1)]), CLOUD)
    for store in (one, other):
        await store.written()
        await eventually(store)
    assert len(list(path.parent.glob("*.damaged-*"))) == 1


async def test_a_locked_store_says_so_and_loses_nothing(open_store: Opened, path: Path) -> None:
    store = open_store()
    await filled(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.record(HOSTS, failed(10), CLOUD)
        await store.written()
        assert cause(store) is Cause.LOCKED
        with pytest.raises(StoreError, match="locked"):
            await store.open_deed(deed())
        with pytest.raises(StoreError, match="locked"):
            await store.mark(CLOUD, "hosts", "1111-0001", {"note": "x"})
        # What was can still be read.
        assert ("hosts", "1111-0001", "availability") in (await store.memory(CLOUD)).since
        other.execute("ROLLBACK")
    await eventually(store)
    await store.written()
    assert [c.new for c in await store.changes(CLOUD)] == ['"failed"']


async def test_a_deed_s_end_that_could_not_be_written_is_written_later(
    open_store: Opened, path: Path
) -> None:
    store = open_store()
    opened = await store.open_deed(deed())
    sent = replace(opened, sent_ms=START_MS + 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            await store.update_deed(sent)
        answered = replace(sent, answered_ms=START_MS + 2, ended_ms=START_MS + 2)
        await store.update_deed(answered)
        other.execute("ROLLBACK")
    await eventually(store)
    assert await store.deeds(CLOUD) == (answered,)


async def test_a_read_only_store_is_read_and_says_so(open_store: Opened, small_disk: Path) -> None:
    file = small_disk / "record.db"
    store = open_store(file)
    await filled(store)
    await store.open_deed(deed())
    await store.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    store = open_store(file)
    store.record(HOSTS, failed(10), CLOUD)
    await store.written()
    assert cause(store) is Cause.READ_ONLY
    with pytest.raises(StoreError, match="only be read"):
        await store.open_deed(deed())
    assert len((await store.memory(CLOUD)).deeds) == 1
    assert len(glance(file, CLOUD, ["hosts"]).seen[0].bodies) == 2
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    await eventually(store)
    assert len(await store.changes(CLOUD)) == 1


async def test_a_store_killed_on_a_disk_that_became_read_only_is_read_with_its_last_words(
    open_store: Opened, path: Path, small_disk: Path
) -> None:
    """After a kill the last words are in the WAL alone, which SQLite can't open read-only."""
    store = open_store()
    await filled(store)
    store.record(HOSTS, failed(10), CLOUD)
    await store.written()
    for end in ("", "-wal"):
        (small_disk / f"record.db{end}").write_bytes(Path(f"{path}{end}").read_bytes())
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert [c.new for c in changes(small_disk / "record.db")] == ['"failed"']


async def test_a_full_store_says_so_and_goes_on_when_there_is_room(
    open_store: Opened, small_disk: Path
) -> None:
    file = small_disk / "record.db"
    store = open_store(file)
    await filled(store)
    with pytest.raises(OSError, match="No space"):
        fill(small_disk / "filler")
    long = [host(n, note="y" * 3000) for n in range(60)]
    store.record(HOSTS, reading(HOSTS, long, START_MS + 10), CLOUD)
    await store.written()
    assert cause(store) is Cause.FULL
    with pytest.raises(StoreError, match="no room"):
        await store.open_deed(deed())
    assert isinstance(await store.memory(CLOUD), Memory)
    (small_disk / "filler").unlink()
    await eventually(store)
    assert len(glance(file, CLOUD, ["hosts"]).seen[0].bodies) == 60


async def test_what_waits_while_nothing_can_be_written_is_bounded(
    open_store: Opened, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 5)
    monkeypatch.setattr(writer, "_FIRST_S", 60.0)
    store = open_store()
    await filled(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(1, 20):
            now = reading(HOSTS, [host(1, task=f"step {number}")], START_MS + number)
            store.record(HOSTS, now, CLOUD)
        while store.trouble is None:
            await asyncio.sleep(0.01)
        assert "readings could not be recorded" in store.notices[0]
        other.execute("ROLLBACK")
    await store.close()
    assert changes(path, CLOUD, limit=1)[0].new in ('"step 19"', None)
    newest: Dict[str, Any] = {c.field: c.new for c in reversed(changes(path, CLOUD))}
    assert newest["task"] == '"step 19"'


async def test_a_file_of_a_newer_version_is_left_alone(open_store: Opened, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version = 99")
        base.execute("CREATE TABLE cloud (something_else)")
    store = open_store()
    with pytest.raises(StoreError, match="newer version"):
        await store.open_deed(deed())
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


async def test_a_closed_store_refuses_deeds_and_ends_nobody(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.open_deed(deed())


async def test_only_its_owner_may_read_the_record(store: Store, path: Path) -> None:
    await filled(store)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
