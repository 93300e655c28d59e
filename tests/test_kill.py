"""kill -9 at the worst moments of an act: nothing is lost, nothing is sent twice.

The console is a real process. It is killed where a slow disk or a slow service holds it; then the
next one says what came of it, and the service counts what it was sent.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from backend.deed import Deed, Outcome
from backend.kind import Nothing
from tests.backend.sources.loopback import Reply
from tests.peers.replay import NOW_MS, Replay, listed, replaying, rows_of, ticking
from tests.program import run, start
from tests.test_replay import opened

C1 = "11111111-1111-4111-8111-000000000002"
PATCH = f"PATCH /sysinv/v1/ihosts/{C1}"
LOCK = ("do", "host", "lock", "controller-1", "--yes", "--why", "ticket 4711")
# A disk so slow that it never comes to an end.
SLOW_DISK = """
CREATE TRIGGER slow_disk BEFORE UPDATE ON deed BEGIN
  SELECT count(*) FROM (
    WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000000000)
    SELECT x FROM n
  );
END
"""


def record(home: Path) -> Path:
    return home / ".local" / "state" / "stx-tui" / "record.db"


def deeds_in(home: Path) -> int:
    with closing(sqlite3.connect(f"file:{record(home)}?mode=ro", uri=True)) as base:
        return int(base.execute("SELECT count(*) FROM deed").fetchone()[0])


async def until(is_so: Callable[[], bool], within_s: float = 120.0) -> None:
    ends = asyncio.get_running_loop().time() + within_s
    while not is_so():
        assert asyncio.get_running_loop().time() < ends, "it did not come to that"
        await asyncio.sleep(0.02)


async def told(home: Path, replay: Replay) -> List[Dict[str, Any]]:
    ran = await run(home, "history", "--deeds", "--since", "36500d", "-o", "json", env=replay.env())
    assert ran.code == 0, ran.err
    found: List[Dict[str, Any]] = json.loads(ran.out)
    return found


def as_it_goes_on(replay: Replay, **state: str) -> None:
    """Let the recorded controller-1 be in another state from now on."""
    rows = rows_of("/sysinv/v1/ihosts", "ihosts")
    rows = [{**row, **state} if row["uuid"] == C1 else row for row in rows]
    replay.instead["GET /sysinv/v1/ihosts"] = listed("ihosts", rows)


async def test_kill_9_between_deed_and_sending_was_never_sent_and_says_so(tmp_path: Path) -> None:
    async with replaying(ticking()) as replay:
        assert (await run(tmp_path, "sweep", env=replay.env())).code in (0, 5)
        with closing(sqlite3.connect(record(tmp_path))) as base:
            base.execute(SLOW_DISK)
            base.commit()
        process = await start(tmp_path, *LOCK, env=replay.env())
        try:
            await until(lambda: deeds_in(tmp_path) == 1)
        finally:
            process.kill()
            await process.communicate()
        with closing(sqlite3.connect(record(tmp_path))) as base:
            base.execute("DROP TRIGGER slow_disk")
            base.commit()
        assert replay.sent == []
        (open_deed,) = await told(tmp_path, replay)
        followed = await run(tmp_path, "follow", open_deed["deed"], env=replay.env())
        (deed,) = await told(tmp_path, replay)
        assert replay.sent == []
    assert open_deed["how"] == "lock: open"
    assert followed.code == 9
    assert "never sent the console ended before anything was sent" in followed.out
    assert deed["how"].startswith("lock: never sent")
    assert deed["why"] == "ticket 4711"


async def killed_while_it_waits(home: Path, replay: Replay) -> None:
    """Lock controller-1 of a service that takes the order and never answers, and kill -9."""
    replay.instead[PATCH] = Reply(hang=True)
    process = await start(home, *LOCK, env=replay.env())
    try:
        await until(lambda: len(replay.sent) == 1)
    finally:
        process.kill()
        await process.communicate()
    del replay.instead[PATCH]


async def test_kill_9_between_sending_and_answer_is_read_from_the_system_and_never_sent_again(
    tmp_path: Path,
) -> None:
    async with replaying(ticking()) as replay:
        await killed_while_it_waits(tmp_path, replay)
        (deed,) = await told(tmp_path, replay)
        as_it_goes_on(
            replay,
            administrative="locked",
            operational="disabled",
            availability="online",
            vim_progress_status="services-disabled",
        )
        followed = await run(tmp_path, "follow", deed["deed"], env=replay.env())
        (ended,) = await told(tmp_path, replay)
        assert len(replay.sent) == 1
    assert followed.code == 0, followed.said
    assert "done after" in followed.out
    assert ended["how"].startswith("lock: done")


async def test_kill_9_in_mid_sending_of_what_never_arrived_stays_unknown_and_bars_nobody(
    tmp_path: Path,
) -> None:
    replay = Replay()
    async with replaying(replay):
        await killed_while_it_waits(tmp_path, replay)
        (deed,) = await told(tmp_path, replay)
        # The service forgot it, too; three minutes later.
        replay.now_ms = lambda: NOW_MS + 180_000
        followed = await run(tmp_path, "follow", deed["deed"], env=replay.env())
        assert len(replay.sent) == 1
        again = await run(
            tmp_path, "do", "host", "lock", "controller-1", "--dry-run", env=replay.env()
        )
    assert followed.code == 9
    assert "unknown after" in followed.out
    assert "of it was seen within" in followed.out
    assert (again.code, "under way" in again.err) == (0, False)


async def test_while_the_outcome_is_unknown_a_second_act_on_it_is_refused(tmp_path: Path) -> None:
    async with replaying(ticking()) as replay:
        await killed_while_it_waits(tmp_path, replay)
        again = await run(tmp_path, *LOCK, env=replay.env())
        assert len(replay.sent) == 1
    assert again.code == 6
    assert "is under way (deed" in again.err


async def test_the_next_start_of_a_console_says_what_came_of_it(tmp_path: Path) -> None:
    async with replaying(ticking()) as replay:
        await killed_while_it_waits(tmp_path, replay)
        station = await opened(record(tmp_path).parent, replay)
        try:
            (found,) = station.found
            assert found.outcome is Outcome.UNKNOWN
            assert "not sent again" in found.answer
            assert (found.label, found.why) == ("controller-1", "ticket 4711")
            assert isinstance(station.watch.known.memory.deeds[0], Deed)
        finally:
            await station.close()
        assert len(replay.sent) == 1


async def test_a_login_that_is_lost_before_the_sending_is_no_unknown_outcome(
    tmp_path: Path,
) -> None:
    async with replaying(ticking()) as replay:
        station = await opened(tmp_path, replay)
        try:
            kind = station.lookout.kinds["hosts"]
            action = kind.action("lock")
            assert action is not None
            for name in dict.fromkeys(("hosts", *kind.needs, *action.needs)):
                await station.watch.read_now(name)
            preview = station.acts.preview(kind, action, [C1], Nothing())
            # The token ends just now, and Keystone takes the login and is cut.
            replay.refused.append("token-1")
            replay.instead["POST /identity/v3/auth/tokens"] = Reply(cut=True)
            (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
        finally:
            await station.close()
        assert replay.logins == 2
        assert replay.sent == []
    assert deed.outcome is Outcome.NEVER_SENT
    assert "keystone" in deed.answer


@pytest.mark.parametrize("how", ["cut", "502"])
async def test_an_answer_that_is_lost_leaves_the_outcome_unknown_and_is_not_repeated(
    how: str, tmp_path: Path
) -> None:
    async with replaying(ticking()) as replay:
        replay.instead[PATCH] = Reply(cut=True) if how == "cut" else Reply(b"", status=502)
        ran = await run(tmp_path, *LOCK, env=replay.env())
        (deed,) = await told(tmp_path, replay)
        assert len(replay.sent) == 1
    assert ran.code == 9
    assert "unknown" in ran.out
    assert deed["how"] == "lock: unknown"
