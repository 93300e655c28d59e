"""What is started on another machine and outlives us, and its files on a medium here; real sshd."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Iterator, List

import pytest

from backend.errors import Rejected, StxError
from backend.kind import CommandWrite, FileCopy
from backend.kinds.machine_runs import RUN_LINES, RUNS, STOP, Run
from backend.kinds.machine_start import BOOTSTRAP
from backend.known import Known
from backend.place import Place
from backend.plan import Plan
from backend.settings import CloudSettings
from backend.sources import medium
from backend.sources.far_carry import CAT, STAT, SUM, There
from backend.sources.machines import Machines
from backend.sources.tls import Pins
from tests.backend.sources.sshd import IS_ROOT, PROGRAM, Sshd, serving
from tests.backend.sources.test_medium import names

pytestmark = [
    pytest.mark.peer,
    # They make accounts, which one at a time may.
    pytest.mark.xdist_group("accounts"),
    pytest.mark.skipif(PROGRAM is None or not IS_ROOT, reason="no sshd, or not root"),
]
FAR = "controller-1"


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    with serving() as sshd:
        sshd.trusted("127.0.1.1")
        sshd.account("stxruns")
        yield sshd


def console(sshd: Sshd) -> Machines:
    """Return what a console has: any, also one that is started later."""
    ssh = sshd.settings({FAR: "127.0.1.1"})
    return Machines(CloudSettings(name="c", ssh=ssh), Pins(sshd.folder / "pins.json"))


@pytest.fixture
async def later(sshd: Sshd) -> AsyncIterator[Machines]:
    one = console(sshd)
    yield one
    await one.close()


async def start(sshd: Sshd, *argv: str, given: str = "") -> None:
    """Start it under supervision, and end the console that did."""
    first = console(sshd)
    write = CommandWrite(argv=argv, machine=FAR, run="try", given=given)
    await first.send(write)
    await first.close()


async def found(machines: Machines, is_so: Callable[[Any], bool]) -> Any:
    rows: List[Any] = []
    for _ in range(200):
        answer = await machines.ask(RUNS.read, FAR)  # type: ignore[arg-type]
        rows = [Run.read(body) for body in answer()]
        if rows and is_so(rows[0]):
            return rows[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"never so: {rows}")


async def test_a_far_run_outlives_the_console_that_started_it_and_is_found_again_with_its_end(
    sshd: Sshd, later: Machines
) -> None:
    loop = 'echo begun; while [ ! -e "$HOME/go" ]; do sleep 0.02; done; echo last word; exit 3'
    await start(sshd, "sh", "-c", loop)
    row = await found(later, lambda row: row.is_running and row.last == "begun")
    assert (row.machine, row.name) == (FAR, "try")
    await later.send(CommandWrite(argv=("touch", "go"), machine=FAR))
    ended = await found(later, lambda row: not row.is_running)
    assert (ended.stands, ended.last) == ("failed (3)", "last word")
    answer = await later.ask(RUN_LINES.read, f"{FAR}/{ended.run}")  # type: ignore[arg-type]
    assert [body["text"] for body in answer()] == ["begun", "last word"]


async def test_a_far_run_is_ended_with_all_it_started(sshd: Sshd, later: Machines) -> None:
    await start(sshd, "sh", "-c", "sleep 60 & sleep 60; wait")
    row = await found(later, lambda row: row.is_running)
    plan: Plan = STOP.plan(row, None, Known(cloud="c", now_ms=0, place=Place()))
    (step,) = plan.steps
    assert isinstance(step.write, CommandWrite)
    assert step.write.machine == FAR
    await later.send(step.write)
    assert (await found(later, lambda row: not row.is_running)).stands == "lost"


async def test_a_password_of_a_far_run_goes_by_its_input_alone(sshd: Sshd, later: Machines) -> None:
    await start(sshd, "sh", "-c", "read word; echo ${#word}", given="Knobel-7\n")
    assert (await found(later, lambda row: row.status == 0)).last == "8"
    printed = await later.run(("grep", "-rl", "Knobel-7", ".local/state"), FAR, deadline_s=10)
    assert printed.out == ""


def test_what_can_be_started_there_can_be_told_where() -> None:
    assert "machine" in BOOTSTRAP.form.model_fields


# --- its files -----------------------------------------------------------------------------------


async def there(machines: Machines, path: str) -> There:
    stat, cat, total = [await machines.reached((*way, path), FAR) for way in (STAT, CAT, SUM)]
    return There(machine=FAR, path=path, stat=stat, cat=cat, sum=total)


async def carried(machines: Machines, path: str, folder: Path) -> Any:
    write = FileCopy(path=path, folder=str(folder), machine=FAR)
    return await medium.copy(write, lambda _: True, await there(machines, path))


async def test_a_far_file_is_on_the_medium_whole_and_compared_with_what_lies_there(
    tmp_path: Path, later: Machines
) -> None:
    size = 3_000_001
    argv = ("sh", "-c", f"head -c {size} /dev/urandom >bundle.tar; sha256sum bundle.tar")
    said = await later.run(argv, FAR, deadline_s=10)
    wrote = await carried(later, "bundle.tar", tmp_path)
    content = await asyncio.to_thread((tmp_path / "bundle.tar").read_bytes)
    assert len(content) == size == wrote["bytes"]
    assert said.out.split()[0] == wrote["sha256"] == hashlib.sha256(content).hexdigest()
    beside = await asyncio.to_thread((tmp_path / "bundle.tar.sha256").read_text)
    assert beside == f"{wrote['sha256']}  bundle.tar\n"


@pytest.mark.parametrize(
    ("make", "path", "words"),
    [
        ("true", "gone.tar", "No such file"),
        ("mkdir folder.tar", "folder.tar", "is no file, but a directory"),
        ("true", "/etc/shadow", "ermission denied"),
    ],
)
async def test_a_far_file_that_cannot_be_read_is_said_and_nothing_is_left(
    tmp_path: Path, later: Machines, make: str, path: str, words: str
) -> None:
    await later.run(("sh", "-c", make), FAR, deadline_s=10)
    with pytest.raises(Rejected, match=words):
        await carried(later, path, tmp_path)
    assert names(tmp_path) == []


async def test_a_far_file_that_changes_while_it_is_copied_is_said_and_nothing_is_left(
    tmp_path: Path, later: Machines
) -> None:
    await later.run(("sh", "-c", "echo whole >bundle.tar"), FAR, deadline_s=10)
    way = await there(later, "bundle.tar")
    other = await later.reached((*SUM, "/etc/hostname"), FAR)
    changed = There(machine=FAR, path=way.path, stat=way.stat, cat=way.cat, sum=other)
    write = FileCopy(path="bundle.tar", folder=str(tmp_path), machine=FAR)
    with pytest.raises(StxError, match="it changes there"):
        await medium.copy(write, lambda _: True, changed)
    assert names(tmp_path) == []
