"""Threads for what blocks: nobody's end waits for them."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from backend import daemons
from backend.daemons import Pool

# A loop with a call under way that never ends, left as a console is left.
HANGS = """
import asyncio, threading
from backend.daemons import Pool

async def main():
    asyncio.get_running_loop().set_default_executor(Pool())
    hung = asyncio.ensure_future(asyncio.to_thread(threading.Event().wait))
    await asyncio.sleep(0.1)
    print("leaves")

asyncio.run(main())
"""


async def test_what_a_loop_gives_away_is_done_and_its_error_is_raised_where_it_is_awaited() -> None:
    asyncio.get_running_loop().set_default_executor(Pool())
    assert await asyncio.gather(*(asyncio.to_thread(str, n) for n in range(50))) == [
        str(n) for n in range(50)
    ]
    (error,) = await asyncio.gather(asyncio.to_thread(int, "x"), return_exceptions=True)
    assert isinstance(error, ValueError)


def test_a_program_ends_though_a_call_hangs_on_a_disk_that_takes_nothing() -> None:
    ran = subprocess.run(
        (sys.executable, "-c", HANGS), capture_output=True, text=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "leaves\n", "")


def test_one_thread_does_one_after_the_other_and_is_gone_when_idle() -> None:
    pool = daemons.Daemons("test", most=1, idle_s=0.05)
    done = []
    for number in range(20):
        pool.put(lambda number=number: done.append(number))  # type: ignore[misc]
    (thread,) = pool._alive
    thread.join(5)
    assert done == list(range(20))
    assert pool.alive == 0
