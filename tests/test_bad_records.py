"""A damaged, locked, read-only or full record, at the command line and on the screen: it is said,
and all that needs no record goes on. (The store itself: tests/backend/store/test_bad_days.py)
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Callable, ContextManager, Dict, Iterator

import pytest

from backend.deed import Deed
from backend.folders import seen_file
from backend.place import find_place
from backend.settings import CloudSettings
from backend.station import Station
from backend.store.store import Store
from backend.units import system_ms
from stx_tui.app import StxApp
from stx_tui.commands.desk import open_store
from tests.peers.replay import NOW_MS, let_it_lock, replaying
from tests.program import run
from tests.test_replay import LAPTOP, opened
from tests.tui.things import screen_text, until

DEED = Deed(
    number="",
    cloud=find_place().hostname,
    kind="hosts",
    action="lock",
    row_id="1",
    label="worker-0",
    who="ann",
    terminal="ttyS0",
    began_ms=0,
)
LOCK = ("do", "host", "lock", "controller-1")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen megabytes, that can be full or read-only."""
    path = tmp_path / "disk"
    path.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(path)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("only root may mount a small disk")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    remount(disk, "ro")
    try:
        yield
    finally:
        remount(disk, "rw")


@contextmanager
def full(disk: Path) -> Iterator[None]:
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def locked(disk: Path) -> Iterator[None]:
    with closing(sqlite3.connect(disk / "record.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def damaged(disk: Path) -> Iterator[None]:
    (disk / "record.db").write_bytes(b"this is no database " * 500)
    for end in ("-wal", "-shm"):
        (disk / f"record.db{end}").unlink(missing_ok=True)
    yield


TROUBLES: Dict[str, Callable[[Path], ContextManager[None]]] = {
    "damaged": damaged,
    "locked": locked,
    "read-only": read_only,
    "full": full,
}
WORDS = {"locked": "locked", "read-only": "only be read", "full": "no room"}
# A locked file is waited for, five seconds each time.
LOCKED = pytest.param("locked", marks=pytest.mark.slow)
each = pytest.mark.parametrize("how", ["damaged", LOCKED, "read-only", "full"])


@each
async def test_get_and_dry_run_need_no_record_whatever_is_wrong_with_it(
    how: str, disk: Path, tmp_path: Path
) -> None:
    store = ("--store", str(disk / "record.db"))
    async with replaying() as replay:
        before = await run(tmp_path, "sweep", *store, env=replay.env())
        assert "rows read into the record" in before.out
        with TROUBLES[how](disk):
            hosts = await run(tmp_path, "get", "hosts", *store, env=replay.env())
            dry = await run(tmp_path, *LOCK, "--dry-run", *store, env=replay.env())
        assert replay.sent == []
    assert (hosts.code, hosts.err) == (0, "")
    assert "storage-0" in hosts.out
    assert dry.code == 0, dry.said
    assert "LOCK controller-1" in dry.err
    assert "Traceback" not in dry.err


@pytest.mark.parametrize("how", [LOCKED, "read-only", "full"])
async def test_an_act_that_could_not_be_recorded_says_so_and_wants_the_name(
    how: str, disk: Path, tmp_path: Path
) -> None:
    store = ("--store", str(disk / "record.db"))
    async with replaying() as replay:
        await run(tmp_path, "sweep", *store, env=replay.env())
        with TROUBLES[how](disk):
            yes = await run(tmp_path, *LOCK, "--yes", *store, env=replay.env())
            assert replay.sent == []
            named = await run(
                tmp_path, *LOCK, "--confirm", "controller-1", "--no-wait", *store, env=replay.env()
            )
    assert yes.code == 6, yes.said
    assert WORDS[how] in yes.err
    assert "will not be in the history" in named.err, named.said
    assert len(replay.sent) == 1
    assert "deed unrecorded" in named.out
    for ran in (yes, named):
        assert "Traceback" not in ran.err


async def test_a_damaged_record_is_kept_aside_said_and_acted_on_with_a_new_one(
    disk: Path, tmp_path: Path
) -> None:
    store = ("--store", str(disk / "record.db"))
    with damaged(disk):
        async with replaying() as replay:
            told = await run(tmp_path, "history", *store, env=replay.env())
            offline = await run(tmp_path, "get", "hosts", "--offline", *store, env=replay.env())
            let_it_lock(replay)
            ran = await run(tmp_path, *LOCK, "--yes", "--no-wait", *store, env=replay.env())
            deeds = await run(
                tmp_path, "history", "--deeds", "--since", "36500d", *store, env=replay.env()
            )
    assert len(replay.sent) == 1, ran.said
    assert (told.code, offline.code) == (10, 10)
    assert "Traceback" not in told.err + offline.err + ran.err
    assert ran.code == 0, ran.said
    assert "the record was damaged: kept as" in ran.err
    assert "controller-1" in deeds.out
    assert list(disk.glob("record.db.damaged-*"))  # noqa: ASYNC240 - a disk in memory


@pytest.mark.parametrize("how", [LOCKED, "read-only", "full"])
async def test_a_reading_that_could_not_be_recorded_is_shown_and_exits_with_10(
    how: str, disk: Path, tmp_path: Path
) -> None:
    store = ("--store", str(disk / "record.db"))
    async with replaying() as replay:
        await run(tmp_path, "get", "networks", "--record", *store, env=replay.env())
        with TROUBLES[how](disk):
            ran = await run(tmp_path, "sweep", *store, env=replay.env())
    assert ran.code == 10, ran.said
    assert WORDS[how] in ran.err
    assert "Traceback" not in ran.err


@each
async def test_the_console_says_so_and_goes_on(how: str, disk: Path, tmp_path: Path) -> None:
    async with replaying() as replay:
        first = await opened(disk, replay)
        await first.watch.read_now("hosts")
        await first.close()
        with TROUBLES[how](disk):

            async def opener() -> Station:
                return await opened(disk, replay)

            app = StxApp(None, opener, now_ms=lambda: NOW_MS, place=LAPTOP)
            async with app.run_test(size=(80, 24)) as pilot:
                await until(pilot, lambda: "storage-0" in "".join(screen_text(app)), 20)
                if how != "damaged":
                    await until(pilot, lambda: WORDS[how] in app.known.trouble, 20)
                    await until(pilot, lambda: "record" in "".join(screen_text(app)).lower(), 20)
                await pilot.press("colon", *"alarms", "enter")
                await until(pilot, lambda: len(app.known.rows("alarms")) == 9)
                assert app.trouble is None


async def test_a_shared_record_that_is_away_still_tells_what_was_written_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://console@127.0.0.1:1/site"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    asked = argparse.Namespace(store=url)
    shared = open_store(asked, CloudSettings(name="c"))
    assert shared._copy is not None
    assert shared._copy.path == seen_file(url)
    await shared.close()
    copy = Store(seen_file(url), now_ms=system_ms)
    number = (await copy.open_deed(replace(DEED, began_ms=system_ms()))).number
    await copy.close()
    env = {"STX_TUI_STORE": url, "XDG_STATE_HOME": str(tmp_path / "state")}
    ran = await run(tmp_path, "history", "--deeds", "--cloud", "here", env=env)
    assert ran.code == 0, ran.said
    assert number in ran.out
    assert "the record is shared" in ran.err
