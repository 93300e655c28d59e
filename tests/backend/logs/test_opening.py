"""Several logs opened at once, and left before all of them are open."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, List

from backend.kube import PodLog
from backend.listening import open_here
from backend.logs.opening import open_all, told_apart
from backend.logs.reader import Reader
from backend.streams import Journal, LogFile
from tests.backend.logs.things import BEGAN_MS, fill


async def test_logs_that_are_open_are_closed_where_nobody_waits_for_the_others() -> None:
    closed: List[str] = []
    second = asyncio.Event()

    class Open:
        def __init__(self, name: str) -> None:
            self.name = name

        def close(self) -> None:
            closed.append(self.name)

    async def opener(stream: Any) -> Any:
        if stream.name == "b":
            second.set()
            await asyncio.Event().wait()
        return Open(stream.name)

    streams = [LogFile(path=f"/{name}", name=name) for name in "ab"]
    opening = asyncio.ensure_future(open_all(streams, opener))
    await second.wait()
    opening.cancel()
    await asyncio.wait([opening])
    assert closed == ["a"]


async def test_two_files_of_one_name_are_two_logs_each_read_from_its_own_place(
    tmp_path: Path,
) -> None:
    streams = []
    for at, (folder, count) in enumerate((("web-0", 900), ("web-1", 30), ("web-1/web-1", 30))):
        path = tmp_path / folder / "0.log"
        path.parent.mkdir(exist_ok=True)
        times = range(BEGAN_MS + at, BEGAN_MS + at + count * 1000, 1000)
        fill(path, times, f"h app: info of {at} {{at}}")
        streams.append(LogFile(path=str(path)))
    logs, errors = await open_all(streams, open_here)
    assert not errors
    assert [log.name for log in logs] == ["0", "web-1/0", "web-1/0 (2)"]
    reader = Reader(logs)
    await reader.to_last(1000)
    texts = [line.text for line in reader.view.lines]
    assert len(set(texts)) == len(texts) == 960
    await reader.close()


def test_pods_of_one_name_say_their_namespace_and_a_stream_is_opened_once() -> None:
    one, other = (PodLog(namespace=space, pod="web-0", container="app") for space in "ab")
    found = list(told_apart((one, other, one, Journal(), Journal(units=("a", "b")))))
    assert [stream.called for stream in found[:2]] == ["web-0/app", "b/web-0/app"]
    assert len(found) == 4
