"""The record in a real PostgreSQL, shared by two consoles, with a local copy for the first look."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from backend.store.glance import deeds, glance
from backend.store.store import Store
from tests.backend.store.conftest import clock, open_store, path
from tests.backend.store.things import CLOUD, HOSTS, KINDS, START_MS, Clock, deed, host, reading

pytest.importorskip("psycopg")
pytestmark = pytest.mark.peer
__all__ = ["clock", "open_store", "path"]


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    return found[-1].parent


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Start a PostgreSQL of our own, as the user postgres where we are root (it refuses root)."""
    programs = _programs()
    # pytest's own folders are for root alone.
    folder = Path(tempfile.mkdtemp(prefix="stx-postgresql-"))
    as_user: List[str] = []
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        # Below the ports that the system gives away by itself.
        for port in range(25432, 25532):
            if free.connect_ex(("127.0.0.1", port)):
                break
    data = str(folder / "data")
    init = [str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "stx", "-E", "UTF8", "-N"]
    subprocess.run([*as_user, *init], check=True, capture_output=True, cwd=folder)
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    ctl = [*as_user, str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log")]
    subprocess.run([*ctl, "-o", options, "start"], check=True, capture_output=True, cwd=folder)
    yield f"postgresql+psycopg://stx@127.0.0.1:{port}/postgres"
    subprocess.run([*ctl, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder)
    shutil.rmtree(folder)


async def test_two_consoles_share_one_postgresql_and_each_has_a_copy(
    url: str, tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    copies = [tmp_path / "one.db", tmp_path / "other.db"]
    consoles = [open_store(url, copy=copy) for copy in copies]
    for seconds, state in ((0, "available"), (10, "failed")):
        now = reading(HOSTS, [host(1, availability=state)], START_MS + seconds * 1000)
        for console in consoles:
            console.record(HOSTS, now, CLOUD)
        for console in consoles:
            await console.written()
    assert [store.trouble for store in consoles] == [None, None]
    assert [change.new for change in await consoles[1].changes(CLOUD)] == ['"failed"']
    opened = [await console.open_deed(deed()) for console in consoles]
    assert [one.number for one in opened] == ["2211-0001", "2211-0002"]
    ended = replace(opened[0], sent_ms=START_MS, ended_ms=START_MS + 5)
    await consoles[0].update_deed(ended)
    memory = await consoles[1].memory(CLOUD)
    assert memory.deeds == (opened[1], ended)
    assert memory.since[("hosts", "1111-0001", "availability")].ms == START_MS + 10_000
    for console in consoles:
        await console.close()
    assert deeds(copies[0]) == (ended,)
    assert deeds(copies[1]) == (opened[1],)
    assert '"failed"' in glance(copies[1], CLOUD, ["hosts"]).seen[0].bodies[0]


async def test_with_the_postgresql_away_the_copy_is_read(tmp_path: Path, clock: Clock) -> None:
    copy = tmp_path / "copy.db"
    local = Store(copy, now_ms=clock, kinds=KINDS)
    await local.open_deed(deed())
    await local.close()
    nobody = "postgresql+psycopg://stx:s3cret@127.0.0.1:1/postgres"
    store = Store(nobody, now_ms=clock, kinds=KINDS, copy=copy)
    store.record(HOSTS, reading(HOSTS, [host(1)]), CLOUD)
    await store.written()
    assert "does not answer" in str(store.trouble)
    assert "s3cret" not in str(store.trouble)
    assert len(await store.deeds(CLOUD)) == 1
    await store.close()
