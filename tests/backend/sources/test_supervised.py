"""Programs that outlive the console, really started, lost and found again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from backend.errors import Rejected
from backend.kind import CommandWrite
from backend.kinds.machine_runs import RUN_LINES, RUNS, Run
from backend.settings import CloudSettings
from backend.sources import local
from backend.sources.machines import Machines
from backend.sources.tls import Pins


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "stx-tui" / "runs"


def machines() -> Machines:
    """Return what another console, started later, would have."""
    return Machines(CloudSettings(name="c"), Pins(Path("/nonexistent/pins.json")))


async def start(*argv: str, run: str = "try", given: str = "") -> None:
    await machines().send(CommandWrite(argv=argv, run=run, given=given))


async def runs() -> List[Any]:
    answer = await machines().ask(RUNS.read, "here")  # type: ignore[arg-type]
    return [Run.read(body) for body in answer()]


async def lines(run: str) -> List[str]:
    answer = await machines().ask(RUN_LINES.read, f"here/{run}")  # type: ignore[arg-type]
    return [str(body["text"]) for body in answer()]


async def until(is_so: Callable[[Any], bool]) -> Any:
    for _ in range(400):
        found = await runs()
        if found and is_so(found[0]):
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"never so: {found}")


async def test_nothing_was_started_yet() -> None:
    assert await runs() == []


@pytest.mark.parametrize("there", ["a file", "as many bytes as there is room for"])
async def test_where_it_cannot_keep_what_it_prints_nothing_is_said_to_be_started(
    there: str, state: Path, tmp_path: Path
) -> None:
    if there == "a file":
        state.parents[1].write_text("in the way")
    elif os.geteuid() == 0:
        await local.run(("mkdir", "-p", str(state)), deadline_s=5, most_bytes=1000)
        mount = ("mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=3", "x", str(state))
        await local.run(mount, deadline_s=5, most_bytes=1000)
        (state / "full").write_bytes(bytes(4096))
    else:
        pytest.skip("only root can make a disk that is full")
    ran = tmp_path / "ran"
    try:
        with pytest.raises(Rejected) as told:
            await start("touch", str(ran))
    finally:
        await local.run(("umount", "-l", str(state)), deadline_s=5, most_bytes=1000)
    assert "mkdir" in str(told.value) or "No space left" in str(told.value)
    assert not ran.exists()


async def test_one_that_stands_there_is_one_that_can_be_told_how_it_stands(state: Path) -> None:
    await start("sleep", "60")
    for _ in range(100):
        rows = await runs()
        assert all(row.is_running for row in rows)
        if rows:
            os.killpg(rows[0].pid, signal.SIGKILL)
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it never stood in {state}")


async def test_it_runs_in_a_session_of_its_own_and_is_found_again_with_its_end(
    tmp_path: Path,
) -> None:
    go = tmp_path / "go"
    code = (
        f"import os, time; print('begun', flush=True)\n"
        f"while not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
        "print('last word'); raise SystemExit(3)"
    )
    await start(sys.executable, "-c", code)
    row = await until(lambda row: row.is_running and row.last == "begun")
    assert os.getsid(row.pid) == row.pid != os.getsid(0)
    assert row.name == "try"
    go.touch()
    ended = await until(lambda row: not row.is_running)
    assert (ended.stands, ended.status, ended.last) == ("failed (3)", 3, "last word")
    assert await lines(ended.run) == ["begun", "last word"]


@pytest.mark.parametrize("printed", ["10 %%\\r20 %%\\r30 %%", "30 %%\\r", "x\\n\\t30 %%"])
async def test_of_a_bar_that_writes_over_itself_what_stands_there_last_is_told(
    printed: str,
) -> None:
    await start("printf", printed)
    row = await until(lambda row: row.status == 0)
    assert row.last == "30 %"


async def test_words_reach_it_whole_and_a_password_only_by_its_input(state: Path) -> None:
    odd = "$(id) `id` 'q' \"d\" *"
    code = "import sys; print(sys.argv[1:], sys.stdin.read())"
    await start(sys.executable, "-c", code, odd, given="Knobel-7")
    row = await until(lambda row: row.status == 0)
    assert await lines(row.run) == [f"{[odd]!r} Knobel-7"]
    kept = {path.name: path.read_bytes() for path in (state / row.run).iterdir()}
    assert all(b"Knobel-7" not in text for name, text in kept.items() if name != "log")
    assert (state / row.run / "log").stat().st_mode & 0o077 == 0


async def test_one_that_was_killed_is_lost_and_not_said_to_run(state: Path) -> None:
    await start("sleep", "60")
    row = await until(lambda row: row.is_running)
    os.killpg(os.getpgid(row.pid), signal.SIGKILL)
    lost = await until(lambda row: not row.is_running)
    assert (lost.stands, lost.status) == ("lost", None)


async def test_after_a_reboot_another_with_its_number_is_not_taken_for_it(state: Path) -> None:
    await start("sleep", "60")
    row = await until(lambda row: row.is_running)
    (state / row.run / "boot").write_text("another boot\n", encoding="utf-8")
    assert (await runs())[0].stands == "lost"
    os.killpg(os.getpgid(row.pid), signal.SIGKILL)


async def test_a_program_that_is_missing_fails_with_its_own_words() -> None:
    await start("no-such-program")
    row = await until(lambda row: row.status is not None)
    assert row.status == 127
    assert "not found" in row.last


def test_the_samples_say_how_each_stands() -> None:
    from backend.kinds.machine_runs import runs_of
    from tests.backend.kinds.machines import text

    found: Dict[str, str] = {}
    for body in runs_of(text("runs")):
        row: Any = Run.read(body)
        found[row.name] = row.stands
    assert found == {"backup": "failed (2)", "collect": "running", "bootstrap": "lost"}
