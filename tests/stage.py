"""The pretend cloud at the moments that are photographed: ``python -m tests.stage later``.

To live up to a moment takes seconds; consoles of other processes join it by its folder instead.
"""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Awaitable, Callable, Dict, Iterator, Sequence, Tuple

from backend.kinds import every_kind
from backend.place import Place
from backend.settings import CloudSettings, load
from backend.simulator.scenes import CALM_START
from backend.station import Station
from backend.store.glance import Glance, glance
from backend.store.store import Store
from stx_tui.commands.console import FIRST, show
from stx_tui.commands.demo import PretendCloud
from stx_tui.story import CHAPTERS, NOW, PLACE, Chapter, live
from stx_tui.usage import parser

SIMPLEX = replace(PLACE, platform=MappingProxyType({**PLACE.platform, "system_mode": "simplex"}))


def _at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Moment:
    """A scene that began at one time and was lived through to another."""

    scene: str
    began: datetime
    now: datetime
    chapters: Sequence[Chapter]
    place: Place = PLACE
    # Whether its Kubernetes and its Ceph are reached too.
    has_cluster: bool = False


def _alone(*days: Tuple[int, str]) -> Tuple[Chapter, ...]:
    """Return the locks and unlocks of the one machine of a site."""
    return tuple(
        Chapter(at=_at(day, 3, minute), action=action, host="controller-0", why=why)
        for day, why in days
        for action, minute in (("lock", 0), ("unlock", 4))
    )


MOMENTS: Dict[str, Moment] = {
    # What `stx-tui demo --freeze` opens on.
    "demo": Moment("site-7-calm", CALM_START, NOW, CHAPTERS),
    # The same with all that the demo reaches.
    "cluster": Moment("site-7-calm", CALM_START, NOW, CHAPTERS, has_cluster=True),
    # The same as the first, when the unlock is over.
    "later": Moment("site-7-calm", CALM_START, NOW + timedelta(minutes=10), CHAPTERS),
    # One machine that is everything, locked: what remains is its unlock.
    "alone": Moment(
        "site-9",
        _at(7, 3, 0),
        _at(21, 3, 12, 44),
        (
            *_alone((9, "BIOS update"), (12, "memory"), (17, "cfg change NTP")),
            Chapter(at=_at(21, 3, 8), action="lock", host="controller-0", why="cfg change OAM"),
        ),
        SIMPLEX,
    ),
}


@dataclass(frozen=True)
class Stage:
    """What a console needs to be sat at, its clock standing still; ``folder`` is for joining it."""

    settings: CloudSettings
    seen: Glance
    opener: Callable[[], Awaitable[Station]]
    now_ms: Callable[[], int]
    place: Place
    folder: Path


@contextmanager
def stage(name: str) -> Iterator[Stage]:
    """Live up to a moment of ``MOMENTS``, and let the clock stand."""
    moment = MOMENTS[name]
    cloud = PretendCloud(scene=moment.scene, frozen=True, seed=7, start=moment.began)
    site = moment.scene.replace("-calm", "")
    with tempfile.TemporaryDirectory(prefix="stx-tui-stage-") as folder, cloud:
        here = Path(folder)
        settings = cloud.settings(here, site, cluster=moment.has_cluster)

        async def lived() -> None:
            past = _station(here, settings, cloud.now_ms, moment.place)
            try:
                await live(past, cloud.now_ms, cloud.advance, moment.chapters, moment.now)
            finally:
                await past.close()

        asyncio.run(lived())
        told = {"moment": name, "site": site, "now_ms": cloud.now_ms()}
        (here / "stage.json").write_text(json.dumps(told), "utf-8")
        with joined(here) as at:
            yield at


@contextmanager
def joined(folder: Path) -> Iterator[Stage]:
    """Sit at a stage that is held open, here or by another process, with a record of one's own."""
    told = json.loads((folder / "stage.json").read_text("utf-8"))
    moment, now_ms = MOMENTS[told["moment"]], told["now_ms"]
    settings = load(
        env={"HOME": str(folder)}, cloud=told["site"], files=(folder / "clouds.yaml",)
    ).default
    assert settings is not None
    with tempfile.TemporaryDirectory(prefix="stx-tui-record-") as home:
        own = Path(home)
        shutil.copy(folder / "record.db", own)

        async def opener() -> Station:
            opened = _station(own, settings, lambda: now_ms, moment.place)
            await opened.start()
            return opened

        seen = glance(own / "record.db", settings.name, FIRST)
        yield Stage(settings, seen, opener, lambda: now_ms, moment.place, folder)


def _station(
    folder: Path, settings: CloudSettings, now_ms: Callable[[], int], place: Place
) -> Station:
    store = Store(folder / "record.db", now_ms=now_ms, kinds=every_kind())
    return Station(settings, store=store, place=place, now_ms=now_ms)


def main(where: str, *options: str) -> int:
    """Show the console at a moment, or at the one of a folder, on the terminal that is there."""
    logging.getLogger("backend").addHandler(logging.NullHandler())
    with stage(where) if where in MOMENTS else joined(Path(where)) as at:
        arguments = parser().parse_args(["demo", *options])
        return show(arguments, at.settings, at.seen, at.opener, at.now_ms, at.place)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
