"""Conversations with the line mode on a pretend cloud: all said at once, or by a hand in time."""

from __future__ import annotations

import asyncio
import io
import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Coroutine, List, Optional, Tuple

from backend.kinds import every_kind
from backend.place import Place
from backend.settings import CloudSettings, load
from backend.simulator import Simulator
from backend.sources.tls import Pins
from backend.station import Station
from backend.store.glance import Glance
from backend.store.store import Store
from stx_tui.plain import run
from stx_tui.plain.talk import Opener

PLACE = Place(hostname="laptop", user="sysadmin", terminal="ttyS0")
WIDTH = 80
PATIENCE_S = 120.0


class PretendCloud:
    """The pretend cloud on a thread and a loop of its own, that ends with it."""

    def __init__(self, **of: Any) -> None:
        self.simulator = Simulator(**of)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> PretendCloud:
        self._thread.start()
        self._run(self.simulator.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self.simulator.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, asked: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(asked, self._loop).result(PATIENCE_S)

    def now_ms(self) -> int:
        return round(self.simulator.clock.now().timestamp() * 1000)

    def go(self, speed: float) -> None:
        """Let the pretend clock run from now on."""
        self._loop.call_soon_threadsafe(self.simulator.clock.go, speed)

    def order(self, fault: str, **of: Any) -> None:
        """Let a fault happen, and return when it has: when nobody listens any more, say."""

        async def ordered() -> None:
            self.simulator.order(fault, **of)
            await self.simulator.advance(0)

        asyncio.run_coroutine_threadsafe(ordered(), self._loop).result(timeout=30)

    def settings(self, folder: Path, name: str) -> CloudSettings:
        """Return the settings of the pretend cloud, read as those of any other."""
        path = folder / "clouds.yaml"
        # JSON is YAML.
        path.write_text(json.dumps({"clouds": {name: self.simulator.settings()}}), "utf-8")
        path.chmod(0o600)
        found = load(env={"HOME": str(folder)}, cloud=name, files=(path,)).default
        assert found is not None
        return found


class Printout(io.StringIO):
    """Paper that a test may wait at."""

    def __init__(self) -> None:
        super().__init__()
        self._news = threading.Condition()
        self._read = 0

    def write(self, text: str) -> int:
        with self._news:
            count = super().write(text)
            self._news.notify_all()
        return count

    def wait_for(self, words: str = "") -> str:
        """Return what was printed since the last call until these words; they must come.

        Without words until a question stands there, unanswered.
        """
        ends_s = time.monotonic() + PATIENCE_S
        with self._news:
            while not self._has(words):
                left_s = ends_s - time.monotonic()
                assert left_s > 0, f"{words!r} never came:\n{self.getvalue()[self._read :]}"
                self._news.wait(left_s)
            begun, text = self._read, self.getvalue()
            self._read = text.index(words, begun) + len(words) if words else len(text)
            return text[begun : self._read]

    def _has(self, words: str) -> bool:
        news = self.getvalue()[self._read :]
        return words in news if words else news.endswith("> ")


class Hand:
    """A person at a pipe: reads what is printed, then types a line."""

    def __init__(
        self, opener: Opener, cloud: PretendCloud, glance: Optional[Glance] = None
    ) -> None:
        self.paper = Printout()
        self._ours, self._theirs = os.pipe()
        self._codes: List[int] = []
        self._thread = threading.Thread(target=self._run, args=(opener, cloud, glance))
        self._is_gone = False

    def __enter__(self) -> Hand:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._thread.join(PATIENCE_S)
        os.close(self._ours)
        assert not self._thread.is_alive()
        assert_plain(self.paper.getvalue())

    def _run(self, opener: Opener, cloud: PretendCloud, glance: Optional[Glance]) -> None:
        with open(self._ours, "rb", closefd=False) as stdin:
            self._codes.append(
                run(opener, glance, stdin=stdin, stdout=self.paper, now_ms=cloud.now_ms)
            )

    def type(self, text: str) -> None:
        self.send(f"{text}\n".encode())

    def send(self, data: bytes) -> None:
        os.write(self._theirs, data)

    def say(self, text: str, until: str = "") -> str:
        """Type a line, and return what is printed up to the next question."""
        self.type(text)
        return self.paper.wait_for(until)

    def hang_up(self) -> None:
        if not self._is_gone:
            self._is_gone = True
            os.close(self._theirs)

    def left(self) -> int:
        """Return the exit code, once it was left."""
        self._thread.join(PATIENCE_S)
        assert self._codes, self.paper.getvalue()[-2000:]
        return self._codes[0]


def opener_of(cloud: PretendCloud, folder: Path, *, read_only: bool = False) -> Opener:
    """Return what opens a station on the pretend cloud, with a record in ``folder``."""
    settings = cloud.settings(folder, "site-7")
    return opener_with(settings, cloud, folder, read_only=read_only)


def opener_with(
    settings: CloudSettings, cloud: PretendCloud, folder: Path, *, read_only: bool = False
) -> Opener:
    from dataclasses import replace

    async def opener() -> Station:
        store = Store(folder / "record.db", now_ms=cloud.now_ms, kinds=every_kind())
        station = Station(
            replace(settings, read_only=read_only),
            store=store,
            place=PLACE,
            now_ms=cloud.now_ms,
            pins=Pins(folder / "pins.json"),
        )
        await station.start()
        return station

    return opener


def spoken(
    opener: Opener, cloud: PretendCloud, *lines: str, glance: Optional[Glance] = None
) -> str:
    """Say all lines at once, as from a file, and return what was printed; it ends well."""
    return heard(opener, cloud, io.StringIO("".join(f"{line}\n" for line in lines)), glance)


def heard(opener: Opener, cloud: PretendCloud, stdin: Any, glance: Optional[Glance] = None) -> str:
    paper = io.StringIO()
    assert run(opener, glance, stdin=stdin, stdout=paper, now_ms=cloud.now_ms) == 0
    assert_plain(paper.getvalue())
    return paper.getvalue()


def assert_plain(text: str) -> None:
    """Hold the promise: printable ASCII, no escapes, no carriage returns, never too long."""
    assert text.isascii()
    for line in text.split("\n"):
        assert line.isprintable(), repr(line)
        assert len(line.split("> ")[0]) < WIDTH, repr(line)
        assert len(line) < WIDTH or "> " in line, repr(line)


def sent(cloud: PretendCloud) -> List[Tuple[str, str, int]]:
    """Return the requests that would change something; logging in is none."""
    return [
        one
        for one in cloud.simulator.requests
        if one[0] != "GET" and not one[1].startswith("/identity")
    ]
