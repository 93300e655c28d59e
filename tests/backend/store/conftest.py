"""A record in a temporary folder, on a clock that only the test moves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict

import pytest

from backend.store.store import Store
from tests.backend.store.things import KINDS, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "record.db"


@pytest.fixture
async def open_store(path: Path, clock: Clock) -> AsyncIterator[Callable[..., Store]]:
    stores = []

    def opened(where: Any = path, **more: Any) -> Store:
        stores.append(Store(where, **{"now_ms": clock, "kinds": KINDS, **more}))
        return stores[-1]

    yield opened
    for store in stores:
        await store.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    return open_store()


@pytest.fixture
def count(path: Path) -> Callable[[], Dict[str, int]]:
    """Return how many rows were ever written: inserts by table, and the file's change counter."""

    def counted() -> Dict[str, int]:
        with closing(sqlite3.connect(path)) as base:
            return {
                table: base.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("item", "change", "deed", "event", "contact")
            }

    return counted
