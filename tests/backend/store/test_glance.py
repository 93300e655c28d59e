from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from backend.errors import StoreError
from backend.known import Since
from backend.place import Place
from backend.store.glance import changes, deeds, events, glance
from backend.store.store import Store
from tests.backend.store.things import (
    ALARMS,
    BY_NAME,
    CLOUD,
    DISKS,
    EVENTS,
    HOSTS,
    START_MS,
    alarm,
    deed,
    host,
    reading,
)


@pytest.fixture
async def filled(open_store: Callable[..., Store], path: Path) -> Path:
    store = open_store()
    store.name_cloud(CLOUD, "site-7")
    store.record(HOSTS, reading(HOSTS, [host(2), host(1)]), CLOUD)
    store.record(
        HOSTS, reading(HOSTS, [host(2, availability="failed"), host(1)], START_MS + 10_000), CLOUD
    )
    store.record(DISKS, reading(DISKS, [host(7)], parent="h1"), CLOUD)
    store.record(DISKS, reading(DISKS, [host(8)], parent="h2"), CLOUD)
    alarms = [alarm(n, severity="critical" if n < 3 else "minor") for n in range(9)]
    store.record(ALARMS, reading(ALARMS, alarms), CLOUD)
    store.record(EVENTS, reading(EVENTS, [alarm(1)]), CLOUD)
    await store.open_deed(deed(cloud="site-7"))
    await store.set_baseline(CLOUD, ["a-00001"], START_MS)
    await store.visit(CLOUD, "anna", "ttyS0")
    await store.written()
    await store.close()
    return path


def test_a_glance_shows_rows_as_they_came_with_their_age(filled: Path) -> None:
    seen = glance(filled, "site-7", ["hosts", "disks", "nothing"])
    assert (seen.uuid, seen.name) == (CLOUD, "site-7")
    assert [(one.kind, len(one.bodies), one.at_ms) for one in seen.seen[:1]] == [
        ("hosts", 2, START_MS + 10_000)
    ]
    assert sorted(one.parent for one in seen.seen[1:]) == ["h1", "h2"]
    assert '"worker-2"' in seen.seen[0].bodies[0]
    assert seen.visit_ms == START_MS


def test_a_glance_becomes_what_the_panes_look_at(filled: Path) -> None:
    seen = glance(filled, CLOUD, ["hosts", "alarms"], who="anna")
    known = seen.known(BY_NAME, now_ms=START_MS + 60_000, place=Place())
    assert [row.hostname for row in known.rows("hosts")] == ["worker-2", "worker-1"]
    assert known.age_ms("hosts") == 50_000
    assert known.reading("hosts").is_remembered
    assert len(known.rows("alarms")) == 9
    assert known.since("hosts", "1111-0002", "availability") == Since(ms=START_MS + 10_000)
    assert known.since("hosts", "1111-0001", "availability") == Since(ms=START_MS, at_least=True)
    assert known.memory.baseline_ids == {"a-00001"}
    assert [deed.number for deed in known.running("hosts", "1111-0001")] == ["2211-0001"]


async def test_a_body_that_its_kind_no_longer_takes_is_left_out_and_said(
    filled: Path, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    broken = host(3)
    row = HOSTS.model.model_construct(uuid="x", hostname="x")
    row.__dict__["body"] = {**broken, "hostname": None}
    now = reading(HOSTS, [host(1)], START_MS + 20_000)
    from dataclasses import replace

    store.record(HOSTS, replace(now, rows=(*now.rows, row), by_id={**now.by_id, "x": row}), CLOUD)
    await store.written()
    known = glance(filled, CLOUD, ["hosts"]).known(BY_NAME, now_ms=0, place=Place())
    assert len(known.rows("hosts")) == 1
    assert len(known.reading("hosts").malformed) == 1


def test_history_can_be_read_without_the_store(filled: Path) -> None:
    assert [deed.why for deed in deeds(filled)] == ["DIMM A4"]
    assert deeds(filled, row="worker-9") == ()
    (change,) = changes(filled, "site-7", kind="hosts", row="worker-2")
    assert (change.field, change.old, change.new) == ("availability", '"available"', '"failed"')
    assert changes(filled, since_ms=START_MS + 20_000) == ()
    assert [event["uuid"] for event in events(filled)] == ["a-00001"]


def test_where_there_is_no_record_a_glance_is_empty(tmp_path: Path, filled: Path) -> None:
    assert glance(tmp_path / "none.db", None, ["hosts"]).is_empty
    assert glance(filled, "site-9", ["hosts"]).is_empty
    assert deeds(tmp_path / "none.db") == ()
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "empty.db").write_bytes(b"")
    assert glance(tmp_path / "empty.db", None, ["hosts"]).is_empty


def test_a_record_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"no database " * 100)
    with pytest.raises(StoreError, match="can't be read"):
        glance(tmp_path / "bad.db", None, ["hosts"])


def test_a_glance_loads_no_heavy_library(filled: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from backend.store.glance import glance;"
        f"glance(Path({str(filled)!r}), None, ['hosts', 'alarms']);"
        "print(sorted({'sqlmodel', 'sqlalchemy', 'pydantic', 'httpx'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert said.stdout == "[]\n"
