"""Programs are started on threads: what is left of one that nobody waits for."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from backend.sources import local, programs
from tests.backend.sources.test_local import until_gone


async def test_the_loop_goes_on_while_a_program_is_slow_to_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, may_start = programs._started, threading.Event()

    def slow(*args: object) -> object:
        may_start.wait(10)
        return start(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(programs, "_started", slow)
    task = asyncio.ensure_future(local.run(("echo", "up"), deadline_s=10, most_bytes=100))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    may_start.set()
    assert (await task).out == "up\n"


async def test_one_that_starts_when_nobody_waits_any_more_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, started = programs._started, asyncio.get_running_loop().create_future()
    may_start, loop = threading.Event(), asyncio.get_running_loop()

    def slow(*args: object) -> object:
        may_start.wait(10)
        process = start(*args)  # type: ignore[arg-type]
        loop.call_soon_threadsafe(started.set_result, process.pid)
        return process

    monkeypatch.setattr(programs, "_started", slow)
    task = asyncio.ensure_future(local.run(("sleep", "60"), deadline_s=10, most_bytes=100))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_start.set()
    await until_gone(await started)


async def test_where_the_kernel_tells_of_no_end_a_thread_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(_pid: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(programs.os, "pidfd_open", missing)
    argv = ("sh", "-c", "echo out; exit 3")
    printed = await local.run(argv, deadline_s=10, most_bytes=100)
    assert (printed.out, printed.code) == ("out\n", 3)
    pid = tmp_path / "pid"
    argv = ("sh", "-c", f"echo $$ > {pid}; sleep 60")
    with pytest.raises(local.Unreachable):
        await local.run(argv, deadline_s=0.5, most_bytes=100)
    await until_gone(int(pid.read_text(encoding="utf-8")))
