from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Callable, List, Tuple

import pytest

from backend.known import Since
from backend.store.glance import deeds, glance
from backend.store.schema import STEPS, VERSION
from backend.store.store import Store
from tests.backend.store.things import CLOUD, START_MS, deed

OLD = Path(__file__).with_name("version_1.sql")


@pytest.fixture
def old(path: Path) -> Path:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as base:
        base.executescript(OLD.read_text(encoding="utf-8"))
    return path


def shape(path: Path) -> List[Tuple[str, List[Tuple[str, str]]]]:
    with closing(sqlite3.connect(path)) as base:
        tables = base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        return [
            (name, sorted((c[1], c[2]) for c in base.execute(f"PRAGMA table_info({name})")))
            for (name,) in tables.fetchall()
        ]


async def test_an_old_file_migrates_and_keeps_all_it_held(
    open_store: Callable[..., Store], old: Path
) -> None:
    store = open_store()
    assert (await store.open_deed(deed())).number == "2211-0042"
    newest, oldest = await store.deeds(CLOUD)
    assert (oldest.number, oldest.why, oldest.process) == ("2211-0041", "cfg change DNS", "")
    assert newest.process == "controller-0/17"
    since = (await store.memory(CLOUD)).since
    assert since[("hosts", "1111-0001", "availability")] == Since(ms=START_MS + 10_000)


async def test_an_old_file_becomes_what_a_new_one_is(
    open_store: Callable[..., Store], old: Path, tmp_path: Path
) -> None:
    await open_store().open_deed(deed())
    fresh = tmp_path / "fresh.db"
    await open_store(fresh).open_deed(deed())
    assert shape(old) == shape(fresh)


def test_an_old_file_can_be_looked_at_before_it_migrates(old: Path) -> None:
    assert [deed.number for deed in deeds(old)] == ["2211-0041"]
    assert len(glance(old, "site-7", ["hosts"]).seen[0].bodies) == 1


def test_there_is_a_step_from_every_former_version() -> None:
    assert set(STEPS) == set(range(1, VERSION))
