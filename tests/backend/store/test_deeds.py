# ruff: noqa: ASYNC221 - the loop may stand still while a console is killed
from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest

from backend.deed import Outcome
from backend.errors import StoreError
from backend.store.glance import deeds as deeds_at_a_glance
from backend.store.store import Store
from tests.backend.store.things import CLOUD, START_MS, deed


async def test_a_deed_comes_back_as_it_was_written_with_a_number(store: Store, path: Path) -> None:
    opened = await store.open_deed(deed())
    assert opened == replace(deed(), number="2211-0001")
    assert await store.deeds(CLOUD) == (opened,)
    assert deeds_at_a_glance(path, CLOUD) == (opened,)


async def test_numbers_go_on_over_the_days_and_are_each_cloud_s_own(store: Store) -> None:
    day_ms = 24 * 3600 * 1000
    asked = [deed(), deed(began_ms=START_MS + day_ms), deed(cloud="other")]
    numbers = [(await store.open_deed(one)).number for one in asked]
    assert numbers == ["2211-0001", "2311-0002", "2211-0001"]


async def test_what_came_of_a_deed_is_kept(store: Store) -> None:
    opened = await store.open_deed(deed())
    sent = replace(opened, sent_ms=START_MS + 5)
    await store.update_deed(sent)
    assert await store.deeds(CLOUD) == (sent,)
    ended = replace(
        sent,
        answered_ms=START_MS + 9,
        ended_ms=START_MS + 48_000,
        outcome=Outcome.DONE,
        answer="ok",
        reached={"accepted": START_MS + 1000},
    )
    await store.update_deed(ended)
    assert await store.deed(CLOUD, "2211-0001") == ended
    assert await store.deed(CLOUD, "2211-0099") is None
    assert await store.deeds(CLOUD, row_id="nobody") == ()


async def test_a_deed_that_was_never_opened_cannot_go_on(store: Store) -> None:
    with pytest.raises(StoreError, match="no deed 2211-0007"):
        await store.update_deed(deed(number="2211-0007"))


async def test_a_deed_is_on_the_disk_before_the_call_returns(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The WAL is synced for deeds, and not for readings."""
    said = []
    trace = lambda sql: said.append(sql) if "synchronous" in sql else None  # noqa: E731
    await store.open_deed(deed())
    raw = store._database._raw
    assert raw is not None
    raw.set_trace_callback(trace)
    await store.update_deed(replace(deed(number="2211-0001"), sent_ms=START_MS))
    assert said == ["PRAGMA synchronous = FULL"]
    store.name_cloud(CLOUD, "site-7")
    await store.written()
    assert said[1:] == ["PRAGMA synchronous = NORMAL"] * 2


KILLED = """
import asyncio, os, signal, sys
from tests.backend.store.things import KINDS, START_MS, deed
from backend.store.store import Store
from dataclasses import replace

async def main():
    store = Store(sys.argv[1], now_ms=lambda: START_MS, kinds=KINDS)
    opened = await store.open_deed(deed())
    if sys.argv[2] == "sent":
        await store.update_deed(replace(opened, sent_ms=START_MS + 1))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.parametrize(("when", "sent_ms"), [("open", None), ("sent", START_MS + 1)])
async def test_kill_9_between_deed_sending_and_answer_leaves_it_open_as_it_was(
    open_store: Callable[..., Store], path: Path, when: str, sent_ms: Any
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), when], check=False, cwd=Path.cwd(), timeout=60
    )
    assert ended.returncode == -9
    (found,) = deeds_at_a_glance(path, CLOUD)
    assert found.is_open
    assert found.outcome is Outcome.OPEN
    assert found.sent_ms == sent_ms
    memory = await open_store().memory(CLOUD)
    assert memory.deeds == (found,)
