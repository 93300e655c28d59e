"""Programs of this machine as they are, on their worst days."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from backend.errors import Absent, Forbidden, Unreachable
from backend.sources import local


async def run(*argv: str, deadline_s: float = 10.0, **more: Any) -> local.Printed:
    return await local.run(argv, deadline_s=deadline_s, **{"most_bytes": 65536, **more})


async def python(code: str, **more: Any) -> local.Printed:
    return await run(sys.executable, "-c", code, **more)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (ProcessLookupError, FileNotFoundError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def until_gone(pid: int) -> None:
    """Wait for one that was killed: it takes its turn on a processor to die."""
    ends = time.monotonic() + 5
    while is_there(pid):
        assert time.monotonic() < ends, f"{pid} is still there"
        await asyncio.sleep(0.005)


async def test_what_a_program_prints_comes_with_its_exit_code() -> None:
    printed = await python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (printed.out, printed.err, printed.code) == ("out\n", "err\n", 3)
    assert not printed.is_cut


async def test_a_program_is_given_its_input_and_speaks_the_language_of_parsers() -> None:
    code = "import os, sys; print(sys.stdin.read(), os.environ['LC_ALL'])"
    assert (await python(code, given=b"secret")).out == "secret C\n"


async def test_arguments_meet_no_shell() -> None:
    odd = "$(id) `id` ; id > /tmp/x 'q' \"d\" \n *"
    code = "import sys; print(repr(sys.argv[1]))"
    printed = await run(sys.executable, "-c", code, odd)
    assert printed.out == f"{odd!r}\n"


async def test_a_program_that_is_missing_is_absent_and_not_broken() -> None:
    with pytest.raises(Absent, match="no-such-program is not on this machine"):
        await run("no-such-program", "--json")


async def test_a_program_that_may_not_be_run_says_why(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o644)
    with pytest.raises(Forbidden, match="Permission denied"):
        await run(str(program))


async def test_a_command_that_hangs_is_stopped_with_all_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import subprocess, os, time; child = subprocess.Popen(['sleep', '60']);"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}'); time.sleep(60)"
    )
    began = time.monotonic()
    with pytest.raises(Unreachable, match="did not end within 1 s") as stopped:
        await python(code, deadline_s=1.0)
    assert stopped.value.sent
    assert time.monotonic() - began < 5
    for pid in map(int, pids.read_text(encoding="utf-8").split()):
        await until_gone(pid)


async def test_a_command_that_is_no_longer_awaited_is_stopped(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"import os, time; open({str(pids)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    task = asyncio.ensure_future(python(code))
    while not (pids.exists() and pids.read_text(encoding="utf-8")):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until_gone(int(pids.read_text(encoding="utf-8")))


async def test_a_command_that_prints_a_gigabyte_is_cut_and_stopped_at_once() -> None:
    began = time.monotonic()
    printed = await run("head", "-c", "1000000000", "/dev/zero", most_bytes=100_000)
    assert printed.is_cut
    assert len(printed.out) == 100_000
    assert time.monotonic() - began < 5


async def test_bytes_that_are_no_utf8_are_shown_as_what_they_were() -> None:
    printed = await python(r"import sys; sys.stdout.buffer.write(b'a\xff\xfe\x1b[2Jb')")
    assert printed.out == "a\\xff\\xfe\x1b[2Jb"


async def test_a_child_that_goes_on_by_itself_does_not_hold_the_answer() -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '3'], start_new_session=True); print(1)"
    began = time.monotonic()
    assert (await python(code)).out == "1\n"
    assert time.monotonic() - began < 2.5
