"""An act from the command line to its real end, on the pretend cloud: previewed, confirmed, sent,
followed, and found in the record with who, when, what was sent and why.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Tuple

import pytest

from backend.deed import Deed, Outcome
from backend.kinds import every_kind
from backend.place import find_place
from backend.settings import CloudSettings, load
from backend.simulator import Simulator
from backend.sources.tls import Pins
from backend.station import Station
from backend.store.store import Store
from tests.program import ROOT, Ran, environment, run

SPEED = 400.0
WHY = "ticket 4711: new disk"


def openrc(simulator: Simulator) -> Dict[str, str]:
    """Return what the pretend cloud's openrc sets."""
    lines = (line[len("export ") :] for line in simulator.openrc().splitlines())
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}


@asynccontextmanager
async def pretend(home: Path, **more: Any) -> AsyncIterator[Tuple[Simulator, Dict[str, str]]]:
    async with Simulator(**{"speed": SPEED, **more}) as simulator:
        yield simulator, openrc(simulator)


def changes(simulator: Simulator) -> List[Tuple[str, str]]:
    """Return what was sent to change something, logins apart."""
    return [
        (method, path)
        for method, path, _ in simulator.requests
        if method != "GET" and "auth/tokens" not in path
    ]


async def deeds(home: Path, env: Dict[str, str]) -> List[Dict[str, Any]]:
    ran = await run(home, "history", "--deeds", "--since", "36500d", "-o", "json", env=env)
    assert ran.code == 0, ran.err
    found: List[Dict[str, Any]] = json.loads(ran.out)
    return found


async def test_a_lock_is_previewed_confirmed_followed_to_its_end_and_found_in_the_history(
    tmp_path: Path,
) -> None:
    async with pretend(tmp_path) as (simulator, env):
        ran = await run(
            tmp_path, "do", "host", "lock", "controller-1", "--yes", "--why", WHY, env=env
        )
        assert ran.code == 0, ran.said
        assert len(changes(simulator)) == 1
        (deed,) = await deeds(tmp_path, env)
        row = await run(tmp_path, "get", "hosts", "controller-1", "-o", "json", env=env)
        changed = await run(
            tmp_path, "history", "host", "controller-1", "--since", "36500d", env=env
        )
    # Before: what it is, what it sends, what an operator would type.
    assert ran.err.startswith("LOCK controller-1 ?")
    assert "PATCH sysinv/ihosts/" in ran.err
    assert "system host-lock controller-1" in ran.err
    # On the way: each step, and the end.
    steps = [line for line in ran.out.splitlines() if line.startswith("  ok  ")]
    assert len(steps) == 4
    assert "accepted by sysinv" in steps[0]
    assert ran.out.splitlines()[-1].startswith("done after ")
    # Afterwards: who, when, what, why; and what it was sent to is so.
    assert deed["why"] == WHY
    assert deed["what"] == "hosts controller-1"
    assert deed["how"].startswith("lock: done after ")
    assert deed["who"] == f"{find_place().user} (no terminal)"
    assert deed["at"].startswith("2026-11-21")
    assert json.loads(row.out)[0]["administrative"] == "locked"
    assert "administrative: unlocked -> locked" in changed.out


async def test_the_record_holds_what_was_sent_and_by_whom(tmp_path: Path) -> None:
    async with pretend(tmp_path) as (simulator, env):
        ran = await run(tmp_path, "do", "host", "lock", "controller-1", "--yes", env=env)
        assert ran.code == 0, ran.said
        station = await opened(tmp_path, simulator)
        try:
            (deed,) = station.watch.known.memory.deeds
        finally:
            await station.close()
    (sent,) = deed.sends
    assert sent.startswith("PATCH sysinv/ihosts/")
    assert '"value": "lock"' in sent
    assert deed.commands == ("system host-lock controller-1",)
    assert deed.who == find_place().user
    assert deed.outcome is Outcome.DONE
    assert deed.sent_ms is not None
    assert deed.answered_ms is not None
    assert deed.began_ms <= deed.sent_ms <= deed.answered_ms <= (deed.ended_ms or 0)
    assert list(deed.reached) == [
        "accepted by sysinv",
        "services move away (VIM)",
        "locked",
        "online, to be worked on",
    ]
    assert deed.before["administrative"] == "unlocked"


REFUSED = {
    "dry run": (["--dry-run", "--yes"], 0, "LOCK controller-1 ?"),
    "not confirmed": ([], 6, "not confirmed: it is DISRUPTIVE"),
    "wrongly confirmed": (["--confirm", "controller-0"], 6, "was to be typed"),
    "read-only": (["--read-only", "--yes"], 6, "read-only"),
    "a field it has not": (["--yes", "--colour", "red"], 6, "--colour"),
}


@pytest.mark.parametrize("how", REFUSED)
async def test_dry_run_read_only_and_what_is_not_confirmed_send_nothing(
    how: str, tmp_path: Path
) -> None:
    argv, code, words = REFUSED[how]
    async with pretend(tmp_path, frozen=True) as (simulator, env):
        ran = await run(tmp_path, "do", "host", "lock", "controller-1", *argv, env=env)
        assert changes(simulator) == []
        assert await deeds(tmp_path, env) == []
    assert (ran.code, words in ran.err) == (code, True), ran.said


async def test_what_the_service_would_refuse_is_refused_with_all_its_reasons(
    tmp_path: Path,
) -> None:
    async with pretend(tmp_path, frozen=True) as (simulator, env):
        ran = await run(tmp_path, "do", "host", "lock", "controller-0", "--yes", env=env)
        assert changes(simulator) == []
    assert ran.code == 6
    assert ran.err.startswith("CANNOT LOCK controller-0: 1 reason")


async def test_a_host_there_is_not_and_an_action_there_is_not_are_told_apart(
    tmp_path: Path,
) -> None:
    async with pretend(tmp_path, frozen=True) as (_, env):
        host = await run(tmp_path, "do", "host", "lock", "controller-7", "--yes", env=env)
        action = await run(tmp_path, "do", "host", "explode", "controller-1", env=env)
    assert (host.code, action.code) == (8, 8)
    assert "there is no host 'controller-7'" in host.err
    assert "have no action 'explode'" in action.err


async def test_a_reader_is_told_so_before_anything_is_sent(tmp_path: Path) -> None:
    async with pretend(tmp_path, frozen=True) as (simulator, env):
        reader = {**env, "OS_USERNAME": "reader"}
        ran = await run(tmp_path, "do", "host", "lock", "controller-1", "--yes", env=reader)
        assert changes(simulator) == []
    assert ran.code == 6
    assert "reader may look and not act" in ran.err


# --- the machine one sits on ---------------------------------------------------------------------


def settings_of(simulator: Simulator) -> CloudSettings:
    settings = load(env={**openrc(simulator), "HOME": "/nowhere"}, files=()).default
    assert settings is not None
    return settings


async def opened(
    home: Path, simulator: Simulator, root: Path = Path("/"), **endpoints: str
) -> Station:
    """Return a started station on the record of ``home``; ``endpoints`` stand in by service."""
    state = home / ".local" / "state" / "stx-tui"
    from backend.units import system_ms

    station = Station(
        replace(settings_of(simulator), endpoints=endpoints),
        store=Store(state / "record.db", now_ms=system_ms, kinds=every_kind()),
        place=find_place(root),
        now_ms=system_ms,
        pins=Pins(state / "pins.json"),
    )
    await station.start()
    return station


# Opens a station where platform.conf says one sits, unlocks that host, and goes down with it.
SAWS_ITS_BRANCH = """
import asyncio, os, signal, sys
from pathlib import Path
from backend.kind import Nothing
from tests.test_whole_act import opened

class Openrc:
    def openrc(self):
        return os.environ["OPENRC"]

async def main():
    station = await opened(Path.home(), Openrc(), root=Path())
    kind = station.lookout.kinds["hosts"]
    action = kind.action("unlock")
    for name in dict.fromkeys(("hosts", *kind.needs, *action.needs)):
        await station.watch.read_now(name)
    row = next(row for row in station.watch.known.rows("hosts") if row.hostname == "controller-1")
    preview = station.acts.preview(kind, action, [row.uuid], Nothing())
    print(preview.ends_session, [reason.words for reason in preview.blocked], flush=True)
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="new disk is in")
    print(deed.number, deed.outcome.value, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def sawn(home: Path, simulator: Simulator, uuid: str) -> Ran:
    """Run the script on the machine of that uuid."""
    (home / "etc" / "platform").mkdir(parents=True, exist_ok=True)
    (home / "etc" / "platform" / "platform.conf").write_text(
        f"nodetype=controller\nsystem_type=All-in-one\nsystem_mode=duplex\nUUID={uuid}\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SAWS_ITS_BRANCH,
        cwd=home,
        env={**environment(home), "OPENRC": simulator.openrc(), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Ran(process.returncode or 0, out.decode(), err.decode(), out + err)


async def ended(station: Station, number: str, within_s: float = 120.0) -> Deed:
    """Watch until the deed of that number is at its end."""
    running = asyncio.ensure_future(station.run())
    ends = asyncio.get_running_loop().time() + within_s
    try:
        while True:
            deeds_now = station.watch.known.memory.deeds
            deed = next(one for one in deeds_now if one.number == number)
            if not deed.is_open or asyncio.get_running_loop().time() > ends:
                return deed
            await asyncio.sleep(0.1)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.slow
async def test_unlocking_the_machine_one_sits_on_is_recorded_first_and_told_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with pretend(tmp_path) as (simulator, env):
        locked = await run(tmp_path, "do", "host", "lock", "controller-1", "--yes", env=env)
        assert locked.code == 0, locked.said
        rows = await run(tmp_path, "get", "hosts", "controller-1", "-o", "json", env=env)
        uuid = json.loads(rows.out)[0]["uuid"]
        went = await sawn(tmp_path, simulator, uuid)
        assert went.code == -9, went.said
        assert went.out.startswith("True []"), went.said
        number = went.out.splitlines()[1].split(" ")[0]
        assert len(changes(simulator)) == 2
        # The next start: it says what was left, follows it, and sends nothing.
        station = await opened(tmp_path, simulator, root=tmp_path)
        try:
            assert [deed.number for deed in station.found] == [number]
            deed = await ended(station, number)
        finally:
            await station.close()
        assert len(changes(simulator)) == 2
        newest, *_ = await deeds(tmp_path, env)
    assert deed.outcome is Outcome.DONE, deed
    assert newest["how"].startswith("unlock: done after ")
    assert newest["why"] == "new disk is in"
